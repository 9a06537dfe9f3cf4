//! A batch's running sums as variables: the state between two chunks.

use crate::{
    gadgets::poseidon::hash_list,
    r1cs::{Bit, Cs, Num},
};
use clearproof_primitives::{
    boundary::{
        Boundary, DELEVERAGED_SHIFT, FILLS_SHIFT, INTEREST_SHIFT, PENALTY_SHIFT,
        TAKEN_AMOUNT_SHIFT, TAKEN_LOTS_SHIFT, WITHDRAWALS_SHIFT,
    },
    poseidon::Domain,
    shape::MarketShape,
};

/// A boundary's contents, elements as in the native [`Boundary::fields`].
#[derive(Clone)]
pub struct Running {
    /// Root of the accounts tree.
    pub accounts_root: Num,
    /// Numbers of deposits consumed, of withdrawals and of fills.
    pub counts: Num,
    /// Hash chain over the deposits.
    pub deposit_accumulator: Num,
    /// Hash chain over the withdrawals.
    pub withdrawals: Num,
    /// The transfer on its way; 0 for none.
    pub transfer: Num,
    /// Signed sum of quote flows.
    pub quote: Num,
    /// Sums of fees and penalties.
    pub charges: Num,
    /// Sum of the fractions that accruals rounded off, in 2^-32 quote units.
    pub remainder: Num,
    /// M signed sums of filled lots, of those that deleveraging filled, of the changes of |lots|,
    /// and of lots that the insurance fund took over.
    pub lots: Vec<Num>,
    /// K sums of deposits.
    pub deposited: Vec<Num>,
    /// K sums of withdrawals and of balances that the insurance fund took over.
    pub outflows: Vec<Num>,
}

impl Running {
    /// Allocates a boundary's contents and returns its commitment. Sums need no ranges: they are
    /// bounded by the contributions of range-checked steps, and the closing circuit compares them
    /// only after range checks of its own.
    pub fn open(cs: &mut Cs, market: &MarketShape, boundary: &Boundary) -> (Self, Num) {
        let fields = cs.alloc_all(&boundary.fields());
        let commitment = hash_list(cs, Domain::Boundary, &fields);
        let mut next = fields.into_iter().skip(1);
        let mut take = |n: usize| -> Vec<Num> { next.by_ref().take(n).collect() };
        let mut head = take(8).into_iter();
        let mut field = || head.next().unwrap_or_else(Num::zero);
        let running = Self {
            accounts_root: field(),
            counts: field(),
            deposit_accumulator: field(),
            withdrawals: field(),
            transfer: field(),
            quote: field(),
            charges: field(),
            remainder: field(),
            lots: take(market.instruments as usize),
            deposited: take(market.assets as usize),
            outflows: take(market.assets as usize),
        };
        (running, commitment)
    }

    /// The commitment to the present contents under a salt.
    pub fn commit(&self, cs: &mut Cs, salt: Num) -> Num {
        let mut fields = vec![
            salt,
            self.accounts_root.clone(),
            self.counts.clone(),
            self.deposit_accumulator.clone(),
            self.withdrawals.clone(),
            self.transfer.clone(),
            self.quote.clone(),
            self.charges.clone(),
            self.remainder.clone(),
        ];
        fields.extend(
            self.lots
                .iter()
                .chain(&self.deposited)
                .chain(&self.outflows)
                .cloned(),
        );
        hash_list(cs, Domain::Boundary, &fields)
    }

    /// Counts a deposit, if there is one.
    pub fn count_deposit(&mut self, active: &Bit) {
        self.counts = &self.counts + active.num();
    }

    /// Counts a withdrawal, if there is one.
    pub fn count_withdrawal(&mut self, active: &Bit) {
        self.counts = &self.counts + shifted(active.num(), WITHDRAWALS_SHIFT);
    }

    /// Counts fills.
    pub fn count_fills(&mut self, count: &Num) {
        self.counts = &self.counts + shifted(count, FILLS_SHIFT);
    }

    /// Adds filled lots, those of them that deleveraging filled, changes of |lots|, and lots taken
    /// over, by instrument.
    pub fn add_lots(
        &mut self,
        net: &[Num],
        deleveraged: &[Num],
        open_interest: &[Num],
        taken: &[Num],
    ) {
        let lots = net.iter().zip(deleveraged).zip(open_interest).zip(taken);
        for (sum, (((net, deleveraged), open_interest), taken)) in self.lots.iter_mut().zip(lots) {
            *sum = &*sum
                + net
                + shifted(deleveraged, DELEVERAGED_SHIFT)
                + shifted(open_interest, INTEREST_SHIFT)
                + shifted(taken, TAKEN_LOTS_SHIFT);
        }
    }

    /// Adds a fee and a penalty.
    pub fn add_charges(&mut self, fee: &Num, penalty: &Num) {
        self.charges = &self.charges + fee + shifted(penalty, PENALTY_SHIFT);
    }

    /// Adds balances taken over.
    pub fn add_taken_balances(&mut self, balances: &[Num]) {
        for (sum, taken) in self.outflows.iter_mut().zip(balances) {
            *sum = &*sum + shifted(taken, TAKEN_AMOUNT_SHIFT);
        }
    }
}

/// `value · 2^bits`. Linear.
pub fn shifted(value: &Num, bits: usize) -> Num {
    value.scale(Num::power_of_two(bits).value())
}
