//! The value of one lot and its change under each scenario of the policy: the numbers of a snapshot
//! row.
//!
//! A scenario moves the forward by a share of itself and the volatility by a share that depends on
//! the time to expiry, since short-dated volatility moves more: by `shock · (30 days / T)^power`,
//! with one power below 30 days, another from there on, and a floor on T. The change counts by a
//! weight, which dampens extreme moves. This is the form of known exchanges' portfolio margin
//! (Deribit, "Portfolio Margin": a volatility range at 30 days, powers of
//! 0.30 and 0.13, an extended table of dampened price moves from −66 % to +500 %; CME's SPAN counts
//! its extreme moves in part likewise). An option keeps the volatility of its strike while the
//! forward moves.

use super::black76::{European, OptionKind, RootOfTime};
use super::error::{OptionError, OptionField};
use super::limits::{DAY_MS, MAX_VOLATILITY};
use super::math::{LOG_BITS, exp, ln_ratio, mul_shift};
use crate::fixed::{FACTOR_BITS, FRACTION_BITS, Factor, IndexPrice, ONE, Price};
use crate::snapshot::ROW_VALUE_BITS;
use crate::time::Millis;
use alloc::vec::Vec;
use codec::{Decode, DecodeWithMemTracking, Encode};
use scale_info::TypeInfo;
use serde::{Deserialize, Serialize};

/// A shock as a signed fraction of 2^16 of what it moves: a price shock of -6554 is -10 % of the
/// mark.
pub type Shock = i32;

/// One as a [`Shock`], [`Factor`] or weight.
const WHOLE: i32 = 1 << FACTOR_BITS;
/// Lowest price shock, −90 %.
pub const MIN_PRICE_SHOCK: Shock = -(WHOLE * 9 / 10);
/// Highest price shock, +500 %.
pub const MAX_PRICE_SHOCK: Shock = 5 * WHOLE;
/// Lowest volatility shock, −100 %.
pub const MIN_VOLATILITY_SHOCK: Shock = -WHOLE;
/// Highest volatility shock, +500 %.
pub const MAX_VOLATILITY_SHOCK: Shock = 5 * WHOLE;
/// The time to expiry at which volatility shocks are stated: 30 days.
pub const PIVOT_MS: Millis = Millis::new(30 * DAY_MS.get());
/// Least floor on the time that scales a volatility shock: one hour.
pub const MIN_FLOOR_MS: Millis = Millis::new(DAY_MS.get() / 24);

/// One scenario. All three are fractions of 2^16.
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
pub struct ScenarioSpec {
    /// Move of the forward as a share of itself: [`MIN_PRICE_SHOCK`] to [`MAX_PRICE_SHOCK`].
    pub price_shock: Shock,
    /// Move of the volatility as a share of itself, at 30 days to expiry: [`MIN_VOLATILITY_SHOCK`]
    /// to [`MAX_VOLATILITY_SHOCK`].
    pub volatility_shock: Shock,
    /// Share of the value change that counts: above 0, at most 1.
    pub weight: Factor,
}

impl ScenarioSpec {
    /// Hard bounds.
    pub fn check(&self) -> Result<(), OptionError> {
        let price = MIN_PRICE_SHOCK..=MAX_PRICE_SHOCK;
        let volatility = MIN_VOLATILITY_SHOCK..=MAX_VOLATILITY_SHOCK;
        require(price.contains(&self.price_shock), OptionField::PriceShock)?;
        require(
            volatility.contains(&self.volatility_shock),
            OptionField::VolatilityShock,
        )?;
        let weight = Factor::new(1)..=Factor::new(WHOLE as u32);
        require(weight.contains(&self.weight), OptionField::Weight)
    }
}

/// The dependence of volatility shocks on the time to expiry.
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
pub struct VolatilityScaling {
    /// Power below 30 days, a fraction of 2^16, at most 1.
    pub short_power: Factor,
    /// Power from 30 days on, a fraction of 2^16, at most 1.
    pub long_power: Factor,
    /// Times below this count as this: an hour to 30 days, in milliseconds.
    pub floor_ms: Millis,
}

impl VolatilityScaling {
    /// Hard bounds.
    pub fn check(&self) -> Result<(), OptionError> {
        let powers = self.short_power.max(self.long_power);
        require(powers <= Factor::new(WHOLE as u32), OptionField::Power)?;
        let floor = MIN_FLOOR_MS..=PIVOT_MS;
        require(floor.contains(&self.floor_ms), OptionField::Floor)
    }

    /// `(30 days / max(T, floor))^power`, 32 fraction bits, rounded down; exactly 1 at 30 days; at
    /// most 720.
    pub fn factor(&self, time_ms: Millis) -> Result<u64, OptionError> {
        self.check()?;
        let time = time_ms.max(self.floor_ms);
        let power = if time < PIVOT_MS {
            self.short_power
        } else {
            self.long_power
        };
        // Times are not 0, logarithms below 45, so neither step fails.
        let logarithm = ln_ratio(PIVOT_MS.get().into(), time.get().into()).unwrap_or(0);
        let factor = exp((logarithm * power.get() as i128) >> FACTOR_BITS).unwrap_or(0);
        Ok((factor >> (LOG_BITS - FRACTION_BITS)) as u64)
    }
}

/// The claim that a lot is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Product {
    /// The underlying itself, at its index price: a perpetual.
    Perpetual,
    /// A European option on the forward.
    European {
        /// Call or put.
        kind: OptionKind,
        /// Strike, 32 fraction bits.
        strike: IndexPrice,
        /// Volatility per year at that strike, 32 fraction bits.
        volatility: u64,
        /// Time to expiry in milliseconds.
        time_ms: Millis,
        /// Discount factor to expiry, 32 fraction bits.
        discount: u64,
    },
}

/// Mark and scenario deltas of one long lot, as a snapshot row holds them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Valuation {
    /// Value of a lot, 32.32, positive and below 2^62.
    pub mark: Price,
    /// Weighted value change under each scenario, signed 32.32, magnitudes below 2^62.
    pub scenario_values: Vec<i64>,
}

/// Values one lot of `units_per_lot` (32.32) units of the underlying at the forward, and under each
/// scenario.
///
/// Rounding: the price of a unit, the value of a lot and each weighted delta are rounded down. A
/// delta is the rounded value under the scenario less the mark. The least mark of an option is
/// 2^-32, since a row whose mark is 0 means "no instrument". A perpetual's mark and deltas at
/// weight 1 are those of [`Policy::perpetual_row`](crate::policy::Policy::perpetual_row): its delta
/// is `mark · shock · weight`, rounded down once.
///
/// A shocked volatility is held within 0 and [`MAX_VOLATILITY`], a shocked forward above 0; so a
/// snapshot does not fail on a scenario's far end. Errors: an input, a scenario or the scaling out
/// of bounds; a shocked forward not below 2^95; a mark or delta not below 2^62; a perpetual whose
/// mark is 0.
pub fn revalue(
    product: &Product,
    forward: IndexPrice,
    units_per_lot: u64,
    scaling: &VolatilityScaling,
    scenarios: &[ScenarioSpec],
) -> Result<Valuation, OptionError> {
    scaling.check()?;
    scenarios.iter().try_for_each(ScenarioSpec::check)?;
    match *product {
        Product::Perpetual => perpetual(forward, units_per_lot, scenarios),
        Product::European {
            kind,
            strike,
            volatility,
            time_ms,
            discount,
        } => {
            let option = European {
                kind,
                forward,
                strike,
                volatility,
                time_ms,
                discount,
            };
            european(&option, units_per_lot, scaling.factor(time_ms)?, scenarios)
        }
    }
}

fn perpetual(
    price: IndexPrice,
    units_per_lot: u64,
    scenarios: &[ScenarioSpec],
) -> Result<Valuation, OptionError> {
    let mark = row_value(lot_value(price, units_per_lot)?, OptionField::Mark)?;
    require(mark > 0, OptionField::Mark)?;
    let delta =
        |s: &ScenarioSpec| weighted(mark as i128 * s.price_shock as i128, s, 2 * FACTOR_BITS);
    Ok(Valuation {
        mark: mark as Price,
        scenario_values: scenarios.iter().map(delta).collect::<Result<_, _>>()?,
    })
}

/// `factor` scales the volatility shocks.
fn european(
    option: &European,
    units_per_lot: u64,
    factor: u64,
    scenarios: &[ScenarioSpec],
) -> Result<Valuation, OptionError> {
    let root = RootOfTime::of(option.time_ms);
    let value = |option: &European| lot_value(option.price_given(root)?, units_per_lot);
    let mark = row_value(value(option)?, OptionField::Mark)?.max(1);
    let delta = |s: &ScenarioSpec| {
        let shocked = European {
            forward: shocked_forward(option.forward, s.price_shock),
            volatility: shocked_volatility(option.volatility, s.volatility_shock, factor),
            ..*option
        };
        weighted(value(&shocked)? - mark as i128, s, FACTOR_BITS)
    };
    Ok(Valuation {
        mark: mark as Price,
        scenario_values: scenarios.iter().map(delta).collect::<Result<_, _>>()?,
    })
}

/// The value of a lot at a price per unit, 32.32, rounded down; not negative.
fn lot_value(price: IndexPrice, units_per_lot: u64) -> Result<i128, OptionError> {
    mul_shift(price, units_per_lot, FRACTION_BITS)
        .and_then(|value| i128::try_from(value).ok())
        .ok_or(OptionError::Overflow(OptionField::Mark))
}

/// `change · weight / 2^bits`, rounded down.
fn weighted(change: i128, scenario: &ScenarioSpec, bits: u32) -> Result<i64, OptionError> {
    let product = change
        .checked_mul(scenario.weight.get() as i128)
        .ok_or(OptionError::Overflow(OptionField::Delta))?;
    row_value(product >> bits, OptionField::Delta)
}

/// A value that a snapshot row can hold: below 2^62 in magnitude.
fn row_value(value: i128, field: OptionField) -> Result<i64, OptionError> {
    i64::try_from(value)
        .ok()
        .filter(|v| v.unsigned_abs() < 1 << ROW_VALUE_BITS)
        .ok_or(OptionError::Overflow(field))
}

/// `forward · (1 + shock)`, rounded down but not to 0; the forward is below 2^95 and the shock has
/// 20 bits.
fn shocked_forward(forward: IndexPrice, shock: Shock) -> IndexPrice {
    let moved = forward as i128 + ((forward as i128 * shock as i128) >> FACTOR_BITS);
    moved.max(1) as IndexPrice
}

/// `volatility · (1 + shock · factor)`, rounded down and held within 0 and [`MAX_VOLATILITY`].
/// Volatility has 39 bits, the factor 42 and the shock 20.
fn shocked_volatility(volatility: u64, shock: Shock, factor: u64) -> u64 {
    let share = ONE as i128 + ((shock as i128 * factor as i128) >> FACTOR_BITS);
    let moved = (volatility as i128 * share) >> FRACTION_BITS;
    moved.clamp(0, MAX_VOLATILITY as i128) as u64
}

fn require(ok: bool, field: OptionField) -> Result<(), OptionError> {
    if ok {
        Ok(())
    } else {
        Err(OptionError::Bounds(field))
    }
}

#[cfg(test)]
mod tests;
