//! Levels as logs show them.

use clearproof_formats::decimal;
use clearproof_primitives::fixed::{FRACTION_BITS, IndexPrice};

/// Digits after the point of a level in logs.
const DIGITS: u32 = 6;

/// Returns a level in decimals: smallest quote units per whole unit of a price, or a volatility per
/// year (1 is 100 %).
pub fn level(level: IndexPrice) -> String {
    // Levels are below 2^95.
    let level = i128::try_from(level).unwrap_or(i128::MAX);
    decimal::format(level, FRACTION_BITS, DIGITS)
}
