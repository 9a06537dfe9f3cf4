//! What logs call levels.

use clearproof_formats::decimal;
use clearproof_primitives::fixed::{FRACTION_BITS, IndexPrice};

/// Digits after the point of a level in logs.
const DIGITS: u32 = 6;

/// A level in decimals: smallest quote units per whole unit, or a volatility per year of which 1 is
/// 100 %.
pub fn level(level: IndexPrice) -> String {
    // Levels are below 2^95.
    let level = i128::try_from(level).unwrap_or(i128::MAX);
    decimal::format(level, FRACTION_BITS, DIGITS)
}
