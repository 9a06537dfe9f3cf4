//! Accrual: bringing an account up to date, `clearproof_primitives::funding::accrue` in
//! constraints.

use crate::{
    account::AccountVars,
    exposure::Exposure,
    gadgets::{division::shift_floor_signed, poseidon::hash_list},
    market::Market,
    r1cs::{Cs, Num, Sum},
};
use clearproof_primitives::{
    field::fr_from_i128, fixed::FRACTION_BITS, funding::CREDIT_BITS, poseidon::Domain,
};

/// The venue's funding indices in force, M of them, signed, at most 2^62: the chain guarantees this
/// range, as it does the snapshot's.
pub struct Funding {
    indices: Vec<Num>,
}

/// The amount that an account is credited when it is touched.
pub struct Accrual {
    /// Quote units, signed.
    pub credit: Num,
    /// The fraction that was rounded off, in `[0, 2^32)` of 2^-32 quote units.
    pub remainder: Num,
}

impl Funding {
    /// Allocates the indices and returns their hash. Costs 540 per 13 of them.
    ///
    /// Sound: the caller ties the hash to the header's, which the chain compares with its own.
    pub fn open(cs: &mut Cs, indices: &[i64]) -> (Self, Num) {
        let values: Vec<_> = indices.iter().map(|f| fr_from_i128(*f as i128)).collect();
        let indices = cs.alloc_all(&values);
        let hash = hash_list(cs, Domain::Funding, &indices);
        (Self { indices }, hash)
    }

    /// `Σ quantity · index`. Costs M.
    pub fn funding_basis(&self, cs: &mut Cs, quantity: &[Num]) -> Num {
        let mut sum = Sum::new();
        for (quantity, index) in quantity.iter().zip(&self.indices) {
            sum.add(&cs.mul(quantity, index));
        }
        sum.finish()
    }

    /// `funding basis + Σ quantity · (expired mark − index)`, rounded down to whole units. Costs
    /// M + CREDIT_BITS + 33.
    ///
    /// Sound: quantities are within 2^48, marks and indices within 2^62, the funding basis within
    /// 2^116, so the sum lies within 2^118 for up to 64 positions, and its floor is the only
    /// quotient in range with a remainder in `[0, 2^32)`.
    pub fn accrue(
        &self,
        cs: &mut Cs,
        market: &Market,
        account: &AccountVars,
        exposure: &Exposure,
    ) -> Accrual {
        let fraction = FRACTION_BITS as usize;
        let mut due = Sum::new();
        due.add(&account.funding_basis);
        for ((quantity, row), index) in exposure
            .quantity
            .iter()
            .zip(&market.rows)
            .zip(&self.indices)
        {
            due.add(&cs.mul(quantity, &(&row.expired_mark - index)));
        }
        let due = due.finish();
        let credit = shift_floor_signed(cs, &due, fraction, CREDIT_BITS);
        let remainder = due - credit.scale(Num::power_of_two(fraction).value());
        Accrual { credit, remainder }
    }
}
