//! Results of the operator's methods.

use super::{super::number::Decimal, order::OrderJson};
use clearproof_primitives::{
    chain::InstrumentKind,
    field::FieldBytes,
    ids::{AccountIndex, BatchNumber, Slot, SnapshotNumber, VenueId},
    margin::Margin,
    serde_hex,
    shape::Shape,
    time::Millis,
};
use serde::{Deserialize, Serialize};

/// A venue's state.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct StatusJson {
    /// Number on the chain.
    pub venue: VenueId,
    /// Hash of the chain's genesis block.
    #[serde(with = "serde_hex")]
    pub genesis: [u8; 32],
    /// Shape of its circuits.
    pub shape: Shape,
    /// Ed25519 key that signs receipts.
    #[serde(with = "serde_hex")]
    pub receipt_key: [u8; 32],
    /// Accounts, the insurance fund included.
    pub accounts: u64,
    /// Deposits consumed, the open batch included.
    pub deposits_consumed: u64,
    /// Last batch that is final on the chain.
    pub settled: SettledJson,
    /// Closed batches that are not final yet.
    pub pending: Vec<BatchNumber>,
    /// The open batch.
    pub open: Option<OpenJson>,
    /// Time of the last auction; 0 before the first.
    pub last_auction: Millis,
    /// The operator's clock.
    pub time: Millis,
    /// True if the operator's node replies.
    pub connected: bool,
}

/// The last final batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SettledJson {
    /// Its number; 0 before the first.
    pub batch: BatchNumber,
    /// State root after it.
    pub state_root: FieldBytes,
}

/// The open batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct OpenJson {
    /// Snapshot that it is margined at.
    pub snapshot: SnapshotNumber,
    /// Its first millisecond.
    pub time_from: Millis,
    /// Account steps so far.
    pub steps: u64,
}

/// An instrument.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct InstrumentJson {
    /// Its slot, which orders name.
    pub slot: Slot,
    /// Underlying.
    pub underlying: u16,
    /// A perpetual, or an option with its terms.
    pub kind: InstrumentKind,
    /// Name for people.
    pub symbol: String,
    /// Whole units of the underlying per lot, 32.32.
    pub units_per_lot: Decimal<u64>,
    /// Halted by the chain's admin.
    pub halted: bool,
    /// Mark price; 0 while it does not trade.
    pub mark: Decimal<u64>,
    /// Last clearing, if it traded since the operator started.
    pub last: Option<LastJson>,
    /// Funding that a lot held long has paid since the venue began, in 2^-32 quote units; negative
    /// if it has received funding.
    pub funding_index: Decimal<i64>,
    /// Lots held by all accounts, long and short added.
    pub lots_held: Decimal<u64>,
}

/// An instrument's last clearing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct LastJson {
    /// Time of the auction.
    pub time: Millis,
    /// Clearing price.
    pub price: Decimal<u64>,
}

/// The unfilled part of all live orders of an instrument, by limit.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct BookJson {
    /// Highest first; at most [`MAX_LEVELS`].
    pub bids: Vec<LevelJson>,
    /// Lowest first; at most [`MAX_LEVELS`].
    pub asks: Vec<LevelJson>,
}

/// Largest number of levels of a book, on each side.
pub const MAX_LEVELS: usize = 256;

/// A level of a book.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct LevelJson {
    /// Limit.
    pub price: Decimal<u64>,
    /// Lots: many orders add up beyond a JavaScript number.
    pub quantity: Decimal<u64>,
}

/// Largest number of batches in one result.
pub const MAX_BATCHES: u32 = 256;

/// Figures of a settled batch. If it was settled while the operator was away, `bytes`, `refTime`
/// and `fee` are 0.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct BatchJson {
    /// The batch.
    pub number: BatchNumber,
    /// Order sets accepted while it was open.
    pub order_sets: u64,
    /// Fills in it.
    pub fills: u64,
    /// Account steps without padding.
    pub steps: u64,
    /// Chunks.
    pub chunks: u64,
    /// Constraints of all its proofs.
    pub constraints: u64,
    /// Milliseconds to compute all witnesses.
    pub witness_ms: Millis,
    /// Milliseconds to make and verify all proofs.
    pub proving_ms: Millis,
    /// Bytes of the extrinsic.
    pub bytes: u64,
    /// Weight of the extrinsic, picoseconds.
    pub ref_time: u64,
    /// Fee paid, in units of the native token.
    pub fee: Decimal<u128>,
    /// Block that settled it.
    pub block: u32,
}

/// An account, for the holders of its keys.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AccountJson {
    /// Index, which order sets name.
    pub index: AccountIndex,
    /// Its number among its owner's.
    pub number: u16,
    /// Mark of its trading key (the key's hash) or of its heir's key (the hash plus 1); 0 for none.
    pub trading_key: FieldBytes,
    /// True once its owner has set a viewing key.
    pub has_viewing_key: bool,
    /// Balances by asset, in smallest units.
    pub balances: Vec<Decimal<i64>>,
    /// Positions that are not empty.
    pub positions: Vec<PositionJson>,
    /// Sequence of the set that the account's last step used.
    pub sequence: Decimal<u64>,
    /// Lots filled of that set's orders, by slot.
    pub slots: Vec<SlotJson>,
    /// Sequence of the live order set; 0 if it has none.
    pub live_sequence: Decimal<u64>,
    /// Orders of the live set.
    pub live_orders: Vec<Option<OrderJson>>,
    /// Margin at the open batch's snapshot, if one is open.
    pub margin: Option<MarginJson>,
}

/// A position.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PositionJson {
    /// Instrument slot.
    pub instrument: Slot,
    /// Lots, negative if short.
    pub quantity: i64,
}

/// An order slot's progress.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SlotJson {
    /// Id of its order; 0 for none.
    pub id: u32,
    /// Lots filled so far.
    pub filled: u64,
}

/// An account's margin.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct MarginJson {
    /// Equity in 2^-32 quote units.
    pub equity: Decimal<i128>,
    /// Initial margin in 2^-48 quote units.
    pub initial: Decimal<u128>,
    /// Maintenance margin in 2^-48 quote units.
    pub maintenance: Decimal<u128>,
}

impl From<Margin> for MarginJson {
    fn from(margin: Margin) -> Self {
        Self {
            equity: Decimal(margin.equity),
            initial: Decimal(margin.initial),
            maintenance: Decimal(margin.maintenance),
        }
    }
}

/// The public part of an auction.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AuctionJson {
    /// Its time.
    pub time: Millis,
    /// Instruments that traded.
    pub clearings: Vec<ClearingJson>,
    /// Auctions before this one that this subscriber missed because it reads too slowly.
    pub missed: u64,
}

/// An instrument's clearing in an auction.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ClearingJson {
    /// Instrument slot.
    pub instrument: Slot,
    /// The price of all fills.
    pub price: Decimal<u64>,
    /// Lots that changed hands.
    pub volume: Decimal<u64>,
}

/// A change of an account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AccountUpdateJson {
    /// The account now.
    pub account: AccountJson,
    /// The auction that changed it; none if an order set did, or if the subscriber missed the
    /// auction.
    pub auction: Option<AccountAuctionJson>,
}

/// An auction as one account saw it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AccountAuctionJson {
    /// Its time.
    pub time: Millis,
    /// The account's fills.
    pub fills: Vec<FillJson>,
    /// The rule that its orders would have broken, if they were left out.
    pub left_out: Option<String>,
    /// True if its orders were cancelled by the timer that
    /// [`cancel_all_after`](crate::VenueClient::cancel_all_after) sets.
    pub cancelled_by_timer: bool,
}

/// One fill.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct FillJson {
    /// Slot of the order.
    pub slot: u64,
    /// Instrument slot.
    pub instrument: Slot,
    /// Lots, negative where sold.
    pub lots: i64,
    /// Price.
    pub price: Decimal<u64>,
}
