//! The chain's account of itself: venues, batches, deposit queues, instruments, snapshots. The
//! pallets store most of it as it is here; the runtime's interface, the node's JSON-RPC and the
//! operator speak of it in the same types.

use crate::{
    batch::Deposit,
    field::FieldBytes,
    fixed::{IndexPrice, Price, Rate},
    ids::{BatchNumber, CircuitId, Slot, SnapshotNumber},
    options::{OptionKind, SviCurve},
    shape::Shape,
    snapshot::Snapshot,
    time::Millis,
};
use alloc::vec::Vec;
use bounded_collections::{BoundedVec, ConstU32};
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use scale_info::TypeInfo;
use serde::{Deserialize, Serialize};

/// Largest number of venues that one call of the runtime's `venues` lists.
pub const MAX_VENUES_LISTED: usize = 512;

/// Largest length of an instrument's symbol, in bytes of UTF-8.
pub const SYMBOL_LENGTH: u32 = 16;
/// An instrument's name for people, such as `EUR/USD`.
pub type Symbol = BoundedVec<u8, ConstU32<SYMBOL_LENGTH>>;

/// A position in a venue's deposit queue, as stored; see [`crate::ledger::DepositCursor`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[derive(
    Encode,
    Decode,
    DecodeWithMemTracking,
    MaxEncodedLen,
    TypeInfo,
    Serialize,
    Deserialize
)]
#[serde(rename_all = "camelCase")]
pub struct Cursor {
    /// Deposits up to here.
    pub count: u64,
    /// Hash chain over them; 0 before the first.
    pub accumulator: FieldBytes,
}

/// A venue's deposit queue: the deposits that batches have consumed, and all that were made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[derive(
    Encode,
    Decode,
    DecodeWithMemTracking,
    MaxEncodedLen,
    TypeInfo,
    Serialize,
    Deserialize
)]
#[serde(rename_all = "camelCase")]
pub struct Queue {
    /// End of what the venue's batches have consumed.
    pub consumed: Cursor,
    /// End of the queue.
    pub made: Cursor,
}

/// A deposit that no batch has consumed yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[derive(
    Encode,
    Decode,
    DecodeWithMemTracking,
    MaxEncodedLen,
    TypeInfo,
    Serialize,
    Deserialize
)]
#[serde(rename_all = "camelCase")]
pub struct QueuedDeposit {
    /// The owner's compressed key, which `deposit.account_key` is the hash of.
    #[serde(with = "crate::serde_hex")]
    pub owner: [u8; 32],
    /// The deposit as the queue's hash chain records it.
    pub deposit: Deposit,
    /// The accumulator after this deposit.
    pub accumulator: FieldBytes,
}

/// The debts of a venue's custody account in one asset, in smallest units. The three sum to less
/// than 2^63.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[derive(
    Encode,
    Decode,
    DecodeWithMemTracking,
    MaxEncodedLen,
    TypeInfo,
    Serialize,
    Deserialize
)]
#[serde(rename_all = "camelCase")]
pub struct Held {
    /// Deposits still in the queue.
    pub queued: u64,
    /// Deposits consumed less withdrawals: what the accounts and fees of the venue hold.
    /// Withdrawals are paid from here only.
    pub consumed: u64,
    /// Withdrawals that could not be paid out and wait for a claim.
    pub claimable: u64,
}

/// Which of a circuit's two keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[derive(
    Encode,
    Decode,
    DecodeWithMemTracking,
    MaxEncodedLen,
    TypeInfo,
    Serialize,
    Deserialize
)]
#[serde(rename_all = "camelCase")]
pub enum ProofKind {
    /// A chunk proof.
    Chunk,
    /// A closing proof.
    Closing,
}

/// The reason that a proof is not accepted, for callers that are not a batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[derive(
    Encode,
    Decode,
    DecodeWithMemTracking,
    TypeInfo,
    Serialize,
    Deserialize
)]
#[serde(rename_all = "camelCase")]
pub enum ProofRefusal {
    /// No circuit is registered under this number.
    UnknownCircuit,
    /// The public input must be below the modulus of BN254's scalar field.
    NonCanonicalInput,
    /// The bytes are no proof: wrong length, or a point that is not canonical, on the curve and in
    /// the subgroup.
    Malformed,
    /// The proof does not hold for this key and input.
    Rejected,
}

/// The pauses of a venue. It works while no party pauses it; each party can lift only its own.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[derive(
    Encode,
    Decode,
    DecodeWithMemTracking,
    MaxEncodedLen,
    TypeInfo,
    Serialize,
    Deserialize
)]
#[serde(rename_all = "camelCase")]
pub struct Pauses {
    /// Its owner.
    pub owner: bool,
    /// The chain's admin.
    pub admin: bool,
    /// New deposits alone, by the chain's emergency committee: batches still settle, and so
    /// withdrawals are still paid.
    pub deposits: bool,
}

impl Pauses {
    /// Returns true if batches settle.
    pub fn settles(&self) -> bool {
        !self.owner && !self.admin
    }

    /// True if deposits are accepted.
    pub fn accepts_deposits(&self) -> bool {
        self.settles() && !self.deposits
    }
}

/// The circuit that a venue changes to, and when.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[derive(
    Encode,
    Decode,
    DecodeWithMemTracking,
    MaxEncodedLen,
    TypeInfo,
    Serialize,
    Deserialize
)]
#[serde(rename_all = "camelCase")]
pub struct NextCircuit {
    /// A registered circuit of the same shape.
    pub circuit: CircuitId,
    /// Number of the first batch that is proven with it.
    pub from_batch: BatchNumber,
}

/// When options on an underlying expire. Those that expire together share forward, volatility and
/// settlement price.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[derive(
    Encode,
    Decode,
    DecodeWithMemTracking,
    MaxEncodedLen,
    TypeInfo,
    Serialize,
    Deserialize
)]
#[serde(rename_all = "camelCase")]
pub struct Expiry {
    /// The underlying.
    pub underlying: u16,
    /// Milliseconds since the Unix epoch.
    pub time: Millis,
}

/// A quantity that the oracle's members feed values of; the oracle's key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[derive(
    Encode,
    Decode,
    DecodeWithMemTracking,
    MaxEncodedLen,
    TypeInfo,
    Serialize,
    Deserialize
)]
pub enum Feed {
    /// One whole unit of an underlying, in quote units.
    Underlying(u16),
    /// One whole unit of a collateral asset, in quote units. Asset 0 is the quote itself and has no
    /// feed.
    Asset(u8),
    /// The forward price of one whole unit of an underlying at an expiry, in quote units.
    Forward(Expiry),
    /// The volatility smile of an underlying at an expiry.
    Volatility(Expiry),
}

impl core::fmt::Display for Feed {
    /// As `underlying 0`, `forward of underlying 0 at 1798185600000`.
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        let (kind, Expiry { underlying, time }) = match self {
            Self::Underlying(underlying) => return write!(f, "underlying {underlying}"),
            Self::Asset(asset) => return write!(f, "asset {asset}"),
            Self::Forward(expiry) => ("forward", expiry),
            Self::Volatility(expiry) => ("volatility", expiry),
        };
        write!(f, "{kind} of underlying {underlying} at {time}")
    }
}

impl Feed {
    /// The expiry that it is about, if it is about one.
    pub fn expiry(&self) -> Option<Expiry> {
        match self {
            Self::Underlying(_) | Self::Asset(_) => None,
            Self::Forward(expiry) | Self::Volatility(expiry) => Some(*expiry),
        }
    }
}

/// A value that a member feeds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[derive(
    Encode,
    Decode,
    DecodeWithMemTracking,
    MaxEncodedLen,
    TypeInfo,
    Serialize,
    Deserialize
)]
pub enum FeedValue {
    /// Of all feeds but volatilities.
    Price(IndexPrice),
    /// Of volatilities: total implied variance by log-moneyness.
    Curve(SviCurve),
}

/// Terms of a European option that is settled in quote.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[derive(
    Encode,
    Decode,
    DecodeWithMemTracking,
    MaxEncodedLen,
    TypeInfo,
    Serialize,
    Deserialize
)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct OptionTerms {
    /// Call or put.
    #[serde(rename = "type")]
    pub kind: OptionKind,
    /// Quote units per whole unit of the underlying, 32 fraction bits; positive, below 2^95.
    #[serde(with = "crate::serde_decimal")]
    pub strike: IndexPrice,
    /// Milliseconds since the Unix epoch.
    pub expiry: Millis,
}

/// An instrument's kind of contract.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[derive(
    Encode,
    Decode,
    DecodeWithMemTracking,
    MaxEncodedLen,
    TypeInfo,
    Serialize,
    Deserialize
)]
#[serde(rename_all = "camelCase")]
pub enum InstrumentKind {
    /// A perpetual: its value moves with the index price.
    Perpetual,
    /// A European option.
    Option(OptionTerms),
}

impl OptionTerms {
    /// The value of the option on one whole unit at a settlement price, 32 fraction bits.
    pub fn intrinsic(&self, price: IndexPrice) -> IndexPrice {
        match self.kind {
            OptionKind::Call => price.saturating_sub(self.strike),
            OptionKind::Put => self.strike.saturating_sub(price),
        }
    }
}

/// An instrument as it is listed.
#[derive(Clone, Debug, PartialEq, Eq)]
#[derive(
    Encode,
    Decode,
    DecodeWithMemTracking,
    MaxEncodedLen,
    TypeInfo,
    Serialize,
    Deserialize
)]
#[serde(rename_all = "camelCase")]
pub struct Listing {
    /// Instrument slot; slots `u·n .. (u+1)·n` belong to underlying `u`, with `n = M / U`.
    pub slot: Slot,
    /// Underlying; must be the slot's.
    pub underlying: u16,
    /// Kind of contract.
    pub kind: InstrumentKind,
    /// Name for people.
    pub symbol: Symbol,
    /// Whole units of the underlying per lot, 32.32; never 0. A mark is the price of a unit times
    /// this, rounded down.
    pub units_per_lot: u64,
}

impl Listing {
    /// When it expires, if it is an option.
    pub fn expiry(&self) -> Option<Expiry> {
        match self.kind {
            InstrumentKind::Perpetual => None,
            InstrumentKind::Option(terms) => Some(Expiry {
                underlying: self.underlying,
                time: terms.expiry,
            }),
        }
    }
}

/// A listed instrument.
#[derive(Clone, Debug, PartialEq, Eq)]
#[derive(Encode, Decode, MaxEncodedLen, TypeInfo, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Instrument {
    /// The listing.
    pub listing: Listing,
    /// Halted by the admin: it keeps its mark and margin but does not trade.
    pub halted: bool,
}

/// The state of an expiry that options are listed on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, TypeInfo)]
pub struct ExpiryView {
    /// The expiry.
    pub expiry: Expiry,
    /// Last accepted forward price of a whole unit, quote units, 32 fraction bits.
    pub forward: Option<IndexPrice>,
    /// Volatility at the forward of the last accepted smile, per year, 32 fraction bits.
    pub volatility: Option<IndexPrice>,
    /// Forward or smile are not accepted at present: nothing on the expiry trades.
    pub halted: bool,
    /// Average index price that its options settle at, once it has passed; unit as of the forward.
    pub settlement: Option<IndexPrice>,
}

/// The values that settlement checks a batch against.
#[derive(
    Clone,
    Debug,
    PartialEq,
    Eq,
    Encode,
    Decode,
    TypeInfo,
    Serialize,
    Deserialize
)]
#[serde(rename_all = "camelCase")]
pub struct SnapshotInfo {
    /// The snapshot's hash.
    pub hash: FieldBytes,
    /// Milliseconds since the Unix epoch at which it was taken.
    pub taken_at: Millis,
    /// The same of the next snapshot, once there is one.
    pub next_taken_at: Option<Millis>,
    /// One per instrument slot: its mark, 32.32 quote units per lot, or 0 if it does not trade
    /// (empty or halted). One that is suspended in the snapshot and has a mark here is held back:
    /// it trades to reduce.
    pub marks: Vec<Price>,
    /// One per instrument slot: largest distance of a clearing price from the mark, 32.32 quote
    /// units per lot.
    pub bands: Vec<Price>,
    /// One per instrument slot: the largest premium that funding counts, 32.32 quote units per lot;
    /// 0 where there is no funding.
    pub premium_caps: Vec<Price>,
    /// The time in which a premium that stays is paid once, in milliseconds.
    pub funding_interval: Millis,
    /// One per instrument slot: the lots that a venue's accounts may hold, long and short together,
    /// before they may only become fewer.
    pub open_interest_caps: Vec<u64>,
    /// The chain's share of the fees, as a fraction of 2^32.
    pub protocol_share: Rate,
}

impl Held {
    /// All that is owed.
    pub fn owed(&self) -> u128 {
        u128::from(self.queued)
            .saturating_add(self.consumed.into())
            .saturating_add(self.claimable.into())
    }
}

/// All that the chain knows of a venue.
#[derive(
    Clone,
    Debug,
    PartialEq,
    Eq,
    Encode,
    Decode,
    TypeInfo,
    Serialize,
    Deserialize
)]
#[serde(rename_all = "camelCase")]
pub struct VenueView<AccountId> {
    /// The account that appoints operators and may close the venue.
    pub owner: AccountId,
    /// The accounts that may submit batches.
    pub operators: Vec<AccountId>,
    /// Circuit that its batches are proven with.
    pub circuit: CircuitId,
    /// The circuit that it changes to, if any.
    pub next_circuit: Option<NextCircuit>,
    /// Time, milliseconds since the Unix epoch, at which the circuit of its next batch is retired,
    /// if that was announced. From then on the chain accepts neither batches nor deposits, unless
    /// the venue changes to another circuit.
    pub retires_at: Option<Millis>,
    /// Their dimensions.
    pub shape: Shape,
    /// The circuit's keys come from an insecure set-up.
    pub development: bool,
    /// State root after the last batch.
    pub state_root: FieldBytes,
    /// Number of the last batch; 0 before the first.
    pub batches: BatchNumber,
    /// Last millisecond of the last batch's auctions; before the first, when the venue was created.
    pub time_to: Millis,
    /// Stops in force; none while it works.
    pub pauses: Pauses,
    /// The account that holds its money.
    pub custody_account: AccountId,
    /// Its deposit queue.
    pub queue: Queue,
    /// The debts of its custody account, by asset.
    pub totals: Vec<(u8, Held)>,
    /// Funding indices after the last batch, by slot, in 2^-32 quote units per lot.
    pub funding: Vec<i64>,
    /// Σ |lots| over all accounts after the last batch, by slot: twice the open interest until the
    /// instrument expires.
    pub open_interest: Vec<u64>,
}

/// A settled batch.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    Encode,
    Decode,
    TypeInfo,
    Serialize,
    Deserialize
)]
#[serde(rename_all = "camelCase")]
pub struct BatchView {
    /// State root after it.
    pub state_root: FieldBytes,
    /// Hash of its header.
    pub header_hash: FieldBytes,
    /// Snapshot it was margined at.
    pub snapshot_number: SnapshotNumber,
    /// Block that settled it.
    pub block: u32,
}

/// A snapshot with what settlement checks batches against.
#[derive(
    Clone,
    Debug,
    PartialEq,
    Eq,
    Encode,
    Decode,
    TypeInfo,
    Serialize,
    Deserialize
)]
#[serde(rename_all = "camelCase")]
pub struct SnapshotView {
    /// The snapshot.
    pub snapshot: Snapshot,
    /// Its hash, its time, the next one's time, and which instruments trade.
    pub info: SnapshotInfo,
}

/// The reason that no snapshot is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[derive(Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo)]
pub enum NotTaken {
    /// No risk policy is set.
    NoPolicy,
    /// No price of this underlying was ever accepted.
    NoPrice {
        /// The underlying.
        underlying: u16,
    },
    /// The snapshot would break its own bounds; a defect, since every input is checked before.
    Invalid,
}
