//! Options in fixed point: what the chain computes an option's snapshot row with.
//!
//! European options on a forward are priced by Black's formula ([`black76`]) at the volatility that
//! an SVI curve gives for their strike ([`svi`]), and revalued under the policy's price and
//! volatility shocks ([`scenario`]). Nothing here uses floating point, so every node gets the same
//! bits; nothing panics; every input has a stated range, and what lies outside is an
//! [`OptionError`] that names the field and its limit.
//!
//! Units: prices are [`IndexPrice`](crate::fixed::IndexPrice), 32 fraction bits; volatility is per
//! year, 32 fraction bits, so that 2^32 is 100 %; times are milliseconds and a year has 365 days.

pub mod black76;
pub mod error;
pub mod greeks;
mod limits;
pub mod math;
pub mod medoid;
pub mod scenario;
pub mod svi;

pub use black76::{European, OptionKind};
pub use error::{OptionError, OptionField};
pub use greeks::Greeks;
pub use limits::{DAY_MS, MAX_TIME_MS, MAX_VOLATILITY, YEAR_MS};
pub use medoid::medoid;
pub use scenario::{Product, ScenarioSpec, Shock, Valuation, VolatilityScaling, revalue};
pub use svi::{LogMoneyness, SviCurve, SviError, SviField};
