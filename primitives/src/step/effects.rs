//! A step's effects: what it adds to the batch's running sums.

use crate::{account::Position, batch::Withdrawal, field::Fr, ids::Slot};
use alloc::vec::Vec;

/// The effect of a step on the transfer on its way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Transfer {
    /// There is one now.
    Sent(Fr),
    /// It was received.
    Received,
}

/// A step's additions to the batch's running sums.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StepEffects {
    /// Signed filled lots by instrument, in the order of the fills.
    pub net: Vec<(Slot, i64)>,
    /// Quote received less quote paid, fees aside.
    pub quote: i128,
    /// Fees paid.
    pub fees: u128,
    /// The rounding of the account's accrual of funding, in 2^-32 quote units.
    pub remainder: u32,
    /// Penalty paid to the insurance fund.
    pub penalties: u64,
    /// The most that it may be.
    pub penalty_limit: u128,
    /// The balances and positions that the insurance fund took over.
    pub taken: Option<Taken>,
    /// Withdrawal to pay on the chain.
    pub withdrawal: Option<Withdrawal>,
    /// The effect on the transfer on its way.
    pub transfer: Option<Transfer>,
}

/// The balances and positions that the insurance fund takes over from a bankrupt account.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Taken {
    /// K balances.
    pub balances: Vec<i64>,
    /// Positions.
    pub positions: Vec<Position>,
}
