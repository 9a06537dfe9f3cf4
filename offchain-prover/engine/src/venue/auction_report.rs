//! The report of an auction.

use clearproof_primitives::{
    fixed::Price,
    ids::{AccountIndex, Slot},
    step::StepError,
    time::Millis,
};

/// One fill, as a trader sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Trade {
    /// Account.
    pub account: AccountIndex,
    /// Slot of the order.
    pub slot: usize,
    /// Instrument.
    pub instrument: Slot,
    /// Lots, negative if sold.
    pub lots: i64,
    /// Price.
    pub price: Price,
}

/// The clearing of one instrument.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InstrumentClearing {
    /// Instrument.
    pub instrument: Slot,
    /// The uniform price.
    pub price: Price,
    /// Lots that changed hands.
    pub volume: u64,
}

/// An account whose orders were left out of an auction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeftOut {
    /// The account.
    pub account: AccountIndex,
    /// The rule that its fills would have broken.
    pub rule: StepError,
}

/// An account that was liquidated in an auction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Liquidated {
    /// The account; 0 if the insurance fund closed a position.
    pub account: AccountIndex,
    /// The penalty that it paid, in quote units.
    pub penalty: u64,
}

/// The results of an auction.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AuctionReport {
    /// Time of the auction.
    pub time: Millis,
    /// Clearing prices and volumes, ascending by instrument.
    pub clearings: Vec<InstrumentClearing>,
    /// All fills.
    pub trades: Vec<Trade>,
    /// Accounts whose orders were left out of the auction.
    pub left_out: Vec<LeftOut>,
    /// Number of accounts that would have traded if a batch could hold more. Their orders wait for
    /// the next auction.
    pub waiting: usize,
    /// Accounts whose orders were cancelled before the auction by their dead man's switches.
    pub cancelled_by_switch: Vec<AccountIndex>,
    /// Accounts that were liquidated.
    pub liquidated: Vec<Liquidated>,
}
