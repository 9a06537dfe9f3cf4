//! Options in fixed point: what the chain computes an option's snapshot row with.
//!
//! European options on a forward are priced by Black's formula ([`black76`]) at the volatility that an SVI curve gives
//! for their strike ([`svi`]), and revalued under the policy's price and volatility shocks ([`scenario`]). Nothing here
//! uses floating point, so every node gets the same bits; nothing panics; every input has a stated range, and what lies
//! outside is an [`OptionError`] that names the field and its limit.
//!
//! Units: prices are [`IndexPrice`](crate::policy::IndexPrice), 32 fraction bits; volatility is per year, 32 fraction
//! bits, so that 2^32 is 100 %; times are milliseconds and a year has 365 days.

pub mod black76;
pub mod error;
pub mod greeks;
pub mod math;
pub mod medoid;
pub mod scenario;
pub mod svi;

pub use black76::{European, OptionKind};
pub use error::{OptionError, OptionField};
pub use greeks::Greeks;
pub use medoid::medoid;
pub use scenario::{Product, ScenarioSpec, Valuation, VolatilityScaling, revalue};
pub use svi::{LogMoneyness, SviCurve, SviError, SviField};

use crate::fixed::ONE;

/// Milliseconds of a day.
pub const DAY_MS: u64 = 86_400_000;
/// Milliseconds of a year of 365 days.
pub const YEAR_MS: u64 = 365 * DAY_MS;
/// Longest time to expiry: ten years.
pub const MAX_TIME_MS: u64 = 10 * YEAR_MS;
/// Largest volatility: 6,400 % per year.
pub const MAX_VOLATILITY: u64 = 64 * ONE;
