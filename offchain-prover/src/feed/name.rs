//! What logs call feeds and levels.

use crate::calculators::decimal;
use clearproof_primitives::{
    chain::{Expiry, Feed},
    fixed::FRACTION_BITS,
    policy::IndexPrice,
};

/// Digits after the point of a level in logs.
const DIGITS: u32 = 6;

/// A feed, as `forward of underlying 0 at 1798185600000`.
pub fn feed(feed: &Feed) -> String {
    let of = |kind, Expiry { underlying, time }: &Expiry| {
        format!("{kind} of underlying {underlying} at {time}")
    };
    match feed {
        Feed::Underlying(underlying) => format!("underlying {underlying}"),
        Feed::Asset(asset) => format!("asset {asset}"),
        Feed::Forward(expiry) => of("forward", expiry),
        Feed::Volatility(expiry) => of("volatility", expiry),
    }
}

/// A level in decimals: smallest quote units per whole unit, or a volatility per year of which 1 is 100 %.
pub fn level(level: IndexPrice) -> String {
    // Levels are below 2^95.
    let level = i128::try_from(level).unwrap_or(i128::MAX);
    decimal::format(level, FRACTION_BITS, DIGITS)
}
