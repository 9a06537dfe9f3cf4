//! The batch's running sums as variables: the state between two chunks.

use crate::{
    gadgets::poseidon::hash_list,
    r1cs::{Cs, Num},
};
use clearproof_primitives::{batch::Boundary, poseidon::Domain, shape::MarketShape};

/// A boundary's contents, fields as in the native [`Boundary`].
#[derive(Clone)]
pub struct Running {
    /// Root of the accounts tree.
    pub accounts_root: Num,
    /// Deposits taken.
    pub deposit_count: Num,
    /// Their hash chain.
    pub deposit_accumulator: Num,
    /// Withdrawals of the batch.
    pub withdrawal_count: Num,
    /// Their hash chain.
    pub withdrawals: Num,
    /// Signed sum of quote flows.
    pub quote_sum: Num,
    /// Sum of fees.
    pub fee_sum: Num,
    /// Number of fills.
    pub fill_count: Num,
    /// Hash of per-instrument state at the start of the batch.
    pub funding_hash: Num,
    /// M signed sums of filled lots.
    pub net: Vec<Num>,
    /// K sums of deposits.
    pub deposited: Vec<Num>,
    /// K sums of withdrawals.
    pub withdrawn: Vec<Num>,
}

impl Running {
    /// Allocates a boundary's contents and answers its commitment. Sums need no ranges: they are bounded by what
    /// range-checked steps can add, and the closing circuit compares them only after range checks of its own.
    pub fn open(cs: &mut Cs, market: &MarketShape, boundary: &Boundary) -> (Self, Num) {
        let fields = cs.alloc_all(&boundary.fields());
        let commitment = hash_list(cs, Domain::Boundary, &fields);
        let mut next = fields.into_iter().skip(1);
        let mut take = |n: usize| -> Vec<Num> { next.by_ref().take(n).collect() };
        let mut head = take(9).into_iter();
        let mut field = || head.next().unwrap_or_else(Num::zero);
        let running = Self {
            accounts_root: field(),
            deposit_count: field(),
            deposit_accumulator: field(),
            withdrawal_count: field(),
            withdrawals: field(),
            quote_sum: field(),
            fee_sum: field(),
            fill_count: field(),
            funding_hash: field(),
            net: take(market.instruments as usize),
            deposited: take(market.assets as usize),
            withdrawn: take(market.assets as usize),
        };
        (running, commitment)
    }

    /// The commitment to the present contents under a salt.
    pub fn commit(&self, cs: &mut Cs, salt: Num) -> Num {
        let mut fields = vec![
            salt,
            self.accounts_root.clone(),
            self.deposit_count.clone(),
            self.deposit_accumulator.clone(),
            self.withdrawal_count.clone(),
            self.withdrawals.clone(),
            self.quote_sum.clone(),
            self.fee_sum.clone(),
            self.fill_count.clone(),
            self.funding_hash.clone(),
        ];
        fields.extend(
            self.net
                .iter()
                .chain(&self.deposited)
                .chain(&self.withdrawn)
                .cloned(),
        );
        hash_list(cs, Domain::Boundary, &fields)
    }
}
