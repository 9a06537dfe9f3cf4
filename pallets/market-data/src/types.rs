//! What is listed, what the oracle says, and what a snapshot leaves for settlement.

pub use clearproof_primitives::chain::{
    Feed, Instrument, InstrumentKind, Listing, SnapshotInfo, Symbol, SYMBOL_LENGTH,
};
use clearproof_primitives::policy::IndexPrice;
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use scale_info::TypeInfo;
use serde::{Deserialize, Serialize};

/// An index price and when it was observed.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    Encode,
    Decode,
    DecodeWithMemTracking,
    MaxEncodedLen,
    TypeInfo,
)]
pub struct TimedPrice {
    /// Quote units (smallest) per whole unit, 32 fraction bits.
    pub value: IndexPrice,
    /// Milliseconds since the Unix epoch.
    pub timestamp: u64,
}

/// Where index prices come from. An adapter to the oracle; it may answer with an old price, for its timestamp is
/// checked here.
pub trait IndexPrices {
    /// The latest price, if there has been one.
    fn latest(feed: &Feed) -> Option<TimedPrice>;

    /// Makes `latest` answer with `price` from now on.
    #[cfg(feature = "runtime-benchmarks")]
    fn set_latest(feed: &Feed, price: TimedPrice);
}

/// Why a feed's last accepted price stays in place, and nothing on it trades.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    Encode,
    Decode,
    DecodeWithMemTracking,
    MaxEncodedLen,
    TypeInfo,
)]
pub enum HaltReason {
    /// The oracle has no price.
    Missing,
    /// The oracle's price is older than `MaxPriceAge`.
    Stale,
    /// The oracle's price is further from the last accepted one than `MaxDeviation`: `accept_range` resolves it.
    Deviation,
    /// The price is 0 or at least 2^95, or a mark or weight would be 0 or at least 2^62.
    OutOfRange,
}

/// An inclusive range of prices that the admin expects.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    Encode,
    Decode,
    DecodeWithMemTracking,
    MaxEncodedLen,
    TypeInfo,
)]
pub struct PriceRange {
    /// Lowest price, as in [`TimedPrice::value`].
    pub low: IndexPrice,
    /// Highest price.
    pub high: IndexPrice,
}

/// What is known of a feed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub struct FeedState {
    /// The last accepted price; snapshots are computed with it.
    pub accepted: Option<TimedPrice>,
    /// Why the latest price was not accepted, if it was not.
    pub halt: Option<HaltReason>,
    /// A price in this range is accepted next, however far it is from the last.
    pub expected: Option<PriceRange>,
}

/// A collateral asset other than the quote.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    Encode,
    Decode,
    DecodeWithMemTracking,
    MaxEncodedLen,
    TypeInfo,
    Serialize,
    Deserialize,
)]
pub struct Collateral {
    /// Asset index, 1 to K - 1.
    pub asset: u8,
    /// A whole unit is `10^decimals` smallest units; at most 18.
    pub decimals: u8,
}

/// Why no snapshot is taken.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    Encode,
    Decode,
    DecodeWithMemTracking,
    MaxEncodedLen,
    TypeInfo,
)]
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
