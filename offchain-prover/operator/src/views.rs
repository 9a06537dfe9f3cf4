//! The views of a venue that the operator shows to traders.

use clearproof_primitives::{
    account::Account,
    chain::Instrument,
    field::FieldBytes,
    fixed::Price,
    ids::{AccountIndex, BatchNumber, SnapshotNumber, VenueId},
    margin::Margin,
    order::{Order, Side},
    shape::Shape,
    time::Millis,
};

/// A venue's state, for `venue_status`.
#[derive(Clone, Debug)]
pub struct Status {
    /// Number of the venue on the chain.
    pub venue: VenueId,
    /// Hash of the chain's genesis block.
    pub genesis: [u8; 32],
    /// Shape of its circuits.
    pub shape: Shape,
    /// Number of accounts, the insurance fund included.
    pub accounts: usize,
    /// Number of deposits consumed from the queue, the open batch included.
    pub deposits_consumed: u64,
    /// The last batch that is final on the chain.
    pub settled: FinalBatch,
    /// Closed batches that are not final yet: being built, proven or settled.
    pub pending: Vec<BatchNumber>,
    /// The open batch, if one is open.
    pub open: Option<OpenBatchStatus>,
    /// Time of the last auction, milliseconds since the Unix epoch; 0 before the first.
    pub last_auction: Millis,
    /// True while the node responds.
    pub connected: bool,
}

/// A batch that is final on the chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FinalBatch {
    /// Number of the batch; 0 before the first.
    pub number: BatchNumber,
    /// State root after it.
    pub state_root: FieldBytes,
}

/// The open batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OpenBatchStatus {
    /// Number of its snapshot.
    pub snapshot: SnapshotNumber,
    /// Its first millisecond since the Unix epoch.
    pub time_from: Millis,
    /// Account steps in it so far.
    pub steps: usize,
}

/// An instrument, for `venue_instruments`.
#[derive(Clone, Debug)]
pub struct InstrumentStatus {
    /// The instrument as the chain lists it.
    pub instrument: Instrument,
    /// Mark of the chain's last final snapshot, 32.32 quote units per lot; 0 while it does not
    /// trade.
    pub mark: Price,
    /// The last clearing, if the instrument traded since the operator started.
    pub last: Option<LastClearing>,
    /// Funding index after the last closed batch: the funding that a lot held long has paid since
    /// the venue began, in 2^-32 quote units.
    pub funding: i64,
    /// Σ |lots| over all accounts after the last built batch: twice the open interest until the
    /// instrument expires.
    pub open_interest: u64,
}

/// The last clearing of an instrument.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LastClearing {
    /// Time of the auction, milliseconds since the Unix epoch.
    pub time: Millis,
    /// Clearing price, 32.32 quote units per lot.
    pub price: Price,
}

/// A level of an aggregated book.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Level {
    /// Bid or ask.
    pub side: Side,
    /// Limit, 32.32 quote units per lot.
    pub price: Price,
    /// Lots that are not filled yet.
    pub quantity: u64,
}

/// An account, for its owner only.
#[derive(Clone, Debug)]
pub struct AccountStatus {
    /// Index of its leaf.
    pub index: AccountIndex,
    /// The account now: the open batch, funding and expired instruments are included.
    pub account: Account,
    /// Sequence of its live order set; 0 if it has none.
    pub live_sequence: u64,
    /// Orders of the live set.
    pub live_orders: Vec<Option<Order>>,
    /// Equity and margin at the open batch's snapshot, else at the last one that was used; units as
    /// in [`Margin`].
    pub margin: Option<Margin>,
}
