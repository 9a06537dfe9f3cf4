//! The trading terms of instruments, and the intended value of collateral.

use crate::fixed::{FACTOR_BITS, Factor, IndexPrice, Rate};
use codec::{Decode, DecodeWithMemTracking, Encode};
use scale_info::TypeInfo;
use serde::{Deserialize, Serialize};

/// The trading terms of instruments of a kind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[derive(
    Encode,
    Decode,
    DecodeWithMemTracking,
    TypeInfo,
    codec::MaxEncodedLen,
    Serialize,
    Deserialize
)]
pub struct TradingTerms {
    /// Trading fee on both sides of a fill, as a fraction of 2^32 of its quote amount.
    pub fee_rate: Rate,
    /// Lots that an account's position may grow to.
    pub position_limit: u64,
    /// Lots that a venue's accounts may hold of an instrument, long and short together; beyond it
    /// they only become fewer.
    pub open_interest_cap: u64,
}

/// A collateral asset that is meant to be worth something fixed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[derive(
    Encode,
    Decode,
    DecodeWithMemTracking,
    TypeInfo,
    codec::MaxEncodedLen,
    Serialize,
    Deserialize
)]
pub struct Peg {
    /// The intended value of a whole unit; it never counts for more.
    pub price: IndexPrice,
    /// The multiple by which a shortfall below that counts against it, 16.16.
    pub slope: Factor,
}

impl Peg {
    /// The price that counts: at most the peg, and `price − slope · (peg − price)` below it,
    /// rounded down, at least 0.
    pub(super) fn counted(&self, price: IndexPrice) -> IndexPrice {
        let below = self.price.saturating_sub(price);
        let penalty = below
            .checked_mul(self.slope.get().into())
            .map_or(IndexPrice::MAX, |product| {
                product.div_ceil(1 << FACTOR_BITS)
            });
        price.min(self.price).saturating_sub(penalty)
    }
}
