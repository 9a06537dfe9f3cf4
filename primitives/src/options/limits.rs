//! Units of time, and the largest time and volatility that options are priced with.

use crate::{fixed::ONE, time::Millis};

/// Milliseconds of a day.
pub const DAY_MS: Millis = Millis::new(86_400_000);
/// Milliseconds of a year of 365 days.
pub const YEAR_MS: Millis = Millis::new(365 * DAY_MS.get());
/// Longest time to expiry: ten years.
pub const MAX_TIME_MS: Millis = Millis::new(10 * YEAR_MS.get());
/// Largest volatility: 6,400 % per year.
pub const MAX_VOLATILITY: u64 = 64 * ONE;
