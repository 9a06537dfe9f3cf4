//! The open batch.

use super::open_steps::OpenSteps;
use crate::terms::MarketTerms;
use clearproof_primitives::{
    fixed::{Factor, Rate},
    ids::{AccountIndex, Slot},
    snapshot::Snapshot,
    time::Millis,
};
use std::collections::BTreeSet;

/// An account whose position was closed, in part or whole, against the insurance fund's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Deleveraged {
    /// The account.
    pub account: AccountIndex,
    /// Slot of the instrument.
    pub instrument: Slot,
    /// Lots that it traded, negative where it sold.
    pub lots: i64,
}

/// The open batch.
#[derive(Clone, Debug)]
pub(crate) struct OpenBatch {
    /// The snapshot that it opened at.
    pub snapshot: Snapshot,
    pub terms: MarketTerms,
    /// Its first millisecond.
    pub time_from: Millis,
    /// Time of its last auction.
    pub last_auction: Option<Millis>,
    /// Number of deposits that it has consumed from the queue.
    pub deposits: u64,
    pub steps: OpenSteps,
    /// Accounts that were below their maintenance margin when the batch opened, and the insurance
    /// fund if it holds positions.
    pub at_risk: BTreeSet<AccountIndex>,
    /// Accounts that the insurance fund has taken over.
    pub taken_over: Vec<AccountIndex>,
    /// Positions that were closed against the insurance fund.
    pub deleveraged: Vec<Deleveraged>,
    /// The lowest rank among their accounts.
    pub deleverage_rank: Option<Factor>,
    /// The distance of the prices at which they were closed from the marks, as a fraction of 2^32.
    pub slack: Rate,
}

impl OpenBatch {
    /// A batch in which nothing has happened.
    pub fn new(snapshot: Snapshot, terms: MarketTerms, time_from: Millis) -> Self {
        Self {
            snapshot,
            terms,
            time_from,
            last_auction: None,
            deposits: 0,
            steps: OpenSteps::default(),
            at_risk: BTreeSet::new(),
            taken_over: Vec::new(),
            deleveraged: Vec::new(),
            deleverage_rank: None,
            slack: Rate::new(0),
        }
    }

    /// True if the instrument in a slot must not trade.
    pub fn is_halted(&self, slot: Slot) -> bool {
        self.terms
            .halted
            .get(slot.place())
            .copied()
            .unwrap_or(false)
    }

    /// Records that a part of an account's position was closed against the insurance fund.
    pub fn record_deleveraged(&mut self, deleveraged: Deleveraged, rank: Factor) {
        let lowest = self.deleverage_rank.unwrap_or(Factor::MAX);
        self.deleverage_rank = Some(lowest.min(rank));
        self.deleveraged.push(deleveraged);
    }
}
