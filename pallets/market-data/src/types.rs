//! The types of listings and oracle values, and the interfaces to oracle, risk policy and
//! settlement.

pub use clearproof_primitives::chain::{
    Expiry, ExpiryView, Feed, FeedValue, Instrument, InstrumentKind, Listing, NotTaken,
    OptionTerms, SYMBOL_LENGTH, SnapshotInfo, Symbol,
};
use clearproof_primitives::{
    fixed::IndexPrice, ids::Slot, options::SviError, policy::Policy, rows::Smile, time::Millis,
};
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use frame_support::weights::Weight;
use scale_info::TypeInfo;
use serde::{Deserialize, Serialize};

/// A level that was accepted of a feed, and the time at which it was observed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[derive(Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo)]
pub struct TimedPrice {
    /// For a price: quote units (smallest) per whole unit, 32 fraction bits. For a smile: the
    /// volatility at the forward, per year, 32 fraction bits.
    pub value: IndexPrice,
    /// Milliseconds since the Unix epoch.
    pub timestamp: Millis,
}

/// A value of the oracle, and its time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Observation {
    /// A price, or a curve of total variance.
    pub value: FeedValue,
    /// Milliseconds since the Unix epoch.
    pub timestamp: Millis,
}

/// The source of prices and curves, an adapter to the oracle. It may return an old value, because
/// the timestamp is checked here.
pub trait OracleFeeds {
    /// Returns the latest value, if there has been one.
    fn latest(feed: &Feed) -> Option<Observation>;

    /// Makes `latest` return `observation` from now on.
    #[cfg(feature = "runtime-benchmarks")]
    fn set_latest(feed: &Feed, observation: Observation);
}

/// The source of the risk policy.
pub trait PolicySource {
    /// Returns the policy in force for the next snapshot, if one is set.
    fn policy() -> Option<Policy>;

    /// Returns the policy's version, counting from 1; 0 while none is set.
    fn version() -> u32;

    /// Puts a change into force that is due at `now`, in milliseconds since the Unix epoch. It is
    /// called when a snapshot is about to be taken, and by nothing else, so that a policy never
    /// changes between two snapshots.
    fn advance(now: Millis);

    /// Returns the weight of [`Self::advance`].
    fn advance_weight() -> Weight;

    /// Puts a policy into force at once.
    #[cfg(feature = "runtime-benchmarks")]
    fn set_policy(policy: Policy);
}

/// The positions of the venues, as settlement knows them.
pub trait OpenInterest {
    /// Returns true if any venue holds positions in an instrument slot, as of its last settled
    /// batch.
    fn any(slot: Slot) -> bool;
}

/// The reason for which a feed's last accepted value stays in place and nothing on it trades.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[derive(Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo)]
pub enum HaltReason {
    /// The oracle has no value.
    Missing,
    /// The oracle's value is older than `MaxPriceAge`.
    Stale,
    /// The oracle's level is further from the last accepted one than `MaxDeviation`, or
    /// `MaxVolatilityStep` for a smile. `accept_range` resolves it.
    Deviation,
    /// The price is 0 or at least 2^95, or a mark or weight would be 0 or at least 2^62; or the
    /// volatility at the forward is 0 or above 6,400 %.
    OutOfRange,
    /// A price was fed in place of a curve, or the reverse.
    WrongKind,
    /// The curve is out of its bounds, or allows arbitrage.
    Curve(SviError),
    /// The price is further from the time-weighted average of the accepted ones than
    /// `MaxAverageDeviation`. It is accepted once the average has followed, or by `accept_range`.
    FarFromAverage,
}

/// An inclusive range of prices that the admin expects.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[derive(Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo)]
pub struct PriceRange {
    /// Lowest price, as in [`TimedPrice::value`].
    pub low: IndexPrice,
    /// Highest price.
    pub high: IndexPrice,
}

/// The state of a feed.
#[derive(
    Clone,
    Copy,
    Debug,
    Default,
    PartialEq,
    Eq,
    Encode,
    Decode,
    MaxEncodedLen,
    TypeInfo
)]
pub struct FeedState {
    /// The last accepted price. Snapshots are computed with it, unless marks are held back from it.
    pub accepted: Option<TimedPrice>,
    /// The reason for which the latest price was not accepted, if it was not.
    pub halt: Option<HaltReason>,
    /// A price in this range is accepted next, however far it is from the last.
    pub expected: Option<PriceRange>,
    /// For an underlying or forward: the price that the last snapshot's marks were computed from.
    /// It follows the accepted one by at most the policy's jump limit from one snapshot to the
    /// next.
    pub marked: Option<IndexPrice>,
    /// The accepted prices' time-weighted average, and the time at which it was last moved. A
    /// volatility has none.
    pub average: Option<TimedPrice>,
    /// For a volatility: the last accepted smile.
    pub smile: Option<Smile>,
}

/// The settlement of an expiry: the time-weighted average of the index price over the window before
/// it.
#[derive(
    Clone,
    Copy,
    Debug,
    Default,
    PartialEq,
    Eq,
    Encode,
    Decode,
    MaxEncodedLen,
    TypeInfo
)]
pub struct Settlement {
    /// Σ accepted index price × milliseconds so far.
    pub sum: u128,
    /// Milliseconds over which `sum` was added up.
    pub weight: Millis,
    /// The average once the expiry has passed: quote units per whole unit, 32 fraction bits,
    /// rounded down.
    pub price: Option<IndexPrice>,
}

/// A collateral asset other than the quote.
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
pub struct Collateral {
    /// Asset index, 1 to K - 1.
    pub asset: u8,
    /// A whole unit is `10^decimals` smallest units; at most 18.
    pub decimals: u8,
}
