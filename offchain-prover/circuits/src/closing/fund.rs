//! The insurance fund at the end of a batch.

use crate::{
    account::{AccountVars, PositionVars, enforce_balances},
    accrual::Funding,
    exposure::Exposure,
    gadgets::{
        bits::{range, to_bits},
        merkle,
    },
    r1cs::{Cs, Num},
};
use clearproof_primitives::{
    account::FUNDING_BASIS_BITS,
    field::fr_from_i128,
    shape::{AMOUNT_BITS, Shape},
    witness::ClosingWitness,
};

/// Bits of the penalties of a batch: 63 for each of at most 2^12 steps.
const PENALTY_BITS: usize = AMOUNT_BITS + 12;

/// The insurance fund before and after the batch's end, and the amounts that it receives.
pub struct Fund {
    pub before: AccountVars,
    /// K balances after it.
    pub balances: Vec<Num>,
    /// P positions after it.
    positions: Vec<PositionVars>,
    pub lots_before: Exposure,
    pub lots_after: Exposure,
    /// Penalties.
    pub penalties: Num,
    /// M signed lots taken over.
    pub taken: Vec<Num>,
}

impl Fund {
    /// Allocates both states and the lots that the fund takes over. Balances and positions after it
    /// are free as yet; all else stays.
    pub fn open(cs: &mut Cs, shape: &Shape, witness: &ClosingWitness) -> Self {
        let before = AccountVars::load(cs, shape, &witness.fund_before);
        let balances = witness.fund_after.balances.iter();
        let balances: Vec<_> = balances
            .map(|balance| cs.alloc(fr_from_i128(*balance as i128)))
            .collect();
        let positions = PositionVars::load_all(cs, shape, &witness.fund_after);
        PositionVars::enforce_canonical(cs, &positions);
        enforce_balances(cs, &balances);
        let slots = shape.market.instruments.into();
        let lots_before = Exposure::of(cs, slots, &before.positions);
        let lots_after = Exposure::of(cs, slots, &positions);
        let taken: Vec<_> = lots_after
            .quantity
            .iter()
            .zip(&lots_before.quantity)
            .map(|(after, before)| after - before)
            .collect();
        let penalties = cs.alloc(witness.last.penalties);
        range(cs, &penalties, PENALTY_BITS);
        Self {
            before,
            balances,
            positions,
            lots_before,
            lots_after,
            penalties,
            taken,
        }
    }

    /// Puts both leaves in the tree and returns the roots before and after. The fund's funding
    /// basis grows by the lots that it took over, at the indices in force.
    pub fn update(
        self,
        cs: &mut Cs,
        shape: &Shape,
        funding: &Funding,
        witness: &ClosingWitness,
    ) -> (Num, Num) {
        let funding_basis = &self.before.funding_basis + funding.funding_basis(cs, &self.taken);
        range(
            cs,
            &(&funding_basis + Num::power_of_two(FUNDING_BASIS_BITS)),
            FUNDING_BASIS_BITS + 1,
        );
        let after = AccountVars {
            balances: self.balances,
            positions: self.positions,
            funding_basis,
            ..self.before.clone()
        };
        let (old_leaf, new_leaf) = (self.before.leaf(cs), after.leaf(cs));
        let index = to_bits(cs, &Num::zero(), 2 * shape.depth as usize);
        merkle::update(cs, &index, &old_leaf, &new_leaf, &witness.fund_path)
    }
}
