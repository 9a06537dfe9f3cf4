//! The inputs of the margin rule.

use super::reductions::Reduction;
use crate::{
    account::PositionVars,
    exposure::Exposure,
    forced::ForcedVars,
    r1cs::{Bit, Num},
};

/// The state of an account that margin is computed from.
pub struct Holdings<'a> {
    /// K balances.
    pub balances: &'a [Num],
    /// Positions by instrument.
    pub exposure: &'a Exposure,
}

/// The actions of a step that margin matters for.
pub struct Occasion<'a> {
    /// It fills something.
    pub trades: &'a Bit,
    /// Number of its fills.
    pub fill_count: &'a Num,
    /// Lots of all its fills, bought and sold alike.
    pub filled_lots: &'a Num,
    /// It withdraws, or sends a transfer.
    pub withdraws: &'a Bit,
    /// It is the venue's own.
    pub forced: &'a ForcedVars,
    /// P positions as they were loaded.
    pub loaded: &'a [PositionVars],
    /// P positions as they are stored.
    pub after: &'a [PositionVars],
    /// The P stored positions against those before, see [`reductions`](super::reductions()).
    pub reductions: &'a [Reduction],
    /// The batch's deleverage rank, 16.16.
    pub deleverage_rank: &'a Num,
    /// The batch's slack of deleveraging, a fraction of 2^32.
    pub slack: &'a Num,
}
