//! Units of time, and the largest time and volatility that options are priced with.

use crate::fixed::ONE;

/// Milliseconds of a day.
pub const DAY_MS: u64 = 86_400_000;
/// Milliseconds of a year of 365 days.
pub const YEAR_MS: u64 = 365 * DAY_MS;
/// Longest time to expiry: ten years.
pub const MAX_TIME_MS: u64 = 10 * YEAR_MS;
/// Largest volatility: 6,400 % per year.
pub const MAX_VOLATILITY: u64 = 64 * ONE;
