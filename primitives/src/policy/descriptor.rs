//! The properties of each parameter: its bounds, its unit, how far one change may move it, and
//! which way it tightens.
//!
//! This is the one definition. [`Policy::check`](super::Policy::check) takes the bounds from here,
//! and a change is judged by it.
//!
//! A change **tightens** if no account, whatever it holds, has less margin or more equity after it,
//! nor may hold more. Only what is sure to do that has a direction; everything else counts as
//! loosening, and waits longer.

use super::parameter::Parameter;
use super::{INDEX_PRICE_BITS, ONE_FACTOR, ONE_RATE};
use crate::fixed::{FACTOR_BITS, FRACTION_BITS, Rate};
use crate::options::DAY_MS;
use crate::options::scenario::{
    MAX_PRICE_SHOCK, MAX_VOLATILITY_SHOCK, MIN_FLOOR_MS, MIN_PRICE_SHOCK, MIN_VOLATILITY_SHOCK,
    PIVOT_MS,
};
use crate::shape::{INTEREST_BITS, QUANTITY_BITS};
use core::fmt;

/// The meaning of a parameter's number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// A fraction of 2^32, shown in percent.
    Rate,
    /// A fraction of 2^16, shown in percent.
    Share,
    /// A multiplier or power, 2^16 being one.
    Factor,
    /// Lots.
    Lots,
    /// Milliseconds.
    Milliseconds,
    /// Quote units per whole unit of an asset, 2^32 being one.
    Price,
}

/// Largest move of a parameter by one change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// To half or twice the present value, and by `allowance` beyond, so that zero can be left.
    Doubled {
        /// In the parameter's unit.
        allowance: i128,
    },
    /// By the present value over `divisor` and by `allowance` beyond.
    Share {
        /// Four for a quarter.
        divisor: i128,
        /// In the parameter's unit.
        allowance: i128,
    },
    /// By so much, whatever the present value.
    Distance(i128),
}

/// Which way a parameter tightens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tightening {
    /// A higher value tightens.
    Up,
    /// A lower value tightens.
    Down,
    /// Neither way is sure to.
    Neither,
}

/// The properties of a parameter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Descriptor {
    /// Lowest value.
    pub low: i128,
    /// Highest value.
    pub high: i128,
    /// The meaning of the number.
    pub unit: Unit,
    /// Largest move by one change.
    pub step: Step,
    /// Which way it tightens.
    pub tightens: Tightening,
}

const RATE: i128 = ONE_RATE as i128;
const FACTOR: i128 = ONE_FACTOR as i128;
/// A tenth of a percent, as a rate.
const PER_MILLE: i128 = RATE / 1_000;

impl Parameter {
    /// Its properties.
    pub const fn descriptor(&self) -> Descriptor {
        use Tightening::{Down, Neither, Up};
        use Unit::{Factor, Lots, Milliseconds, Price, Rate as Fraction, Share};
        const fn of(
            (low, high): (i128, i128),
            unit: Unit,
            step: Step,
            tightens: Tightening,
        ) -> Descriptor {
            Descriptor {
                low,
                high,
                unit,
                step,
                tightens,
            }
        }
        let quarter = Step::Share {
            divisor: 4,
            allowance: 0,
        };
        let doubled = Step::Doubled { allowance: 0 };
        match self {
            // They multiply the scan loss, which is never negative.
            Self::InitialFactor { .. } | Self::MaintenanceFactor { .. } => {
                of((FACTOR, 15 * FACTOR), Factor, quarter, Up)
            }
            // A wider shock asks more of every perpetual, but less of an account that loses most in
            // between, such as one with a butterfly.
            Self::PriceShock { .. } => of(
                (MIN_PRICE_SHOCK as i128, MAX_PRICE_SHOCK as i128),
                Share,
                Step::Distance(FACTOR / 10),
                Neither,
            ),
            // A deeper fall of volatility asks more of who is long options, and less of who is
            // short, where the price moves too.
            Self::VolatilityShock { .. } => of(
                (MIN_VOLATILITY_SHOCK as i128, MAX_VOLATILITY_SHOCK as i128),
                Share,
                Step::Distance(FACTOR / 4),
                Neither,
            ),
            // It multiplies what each portfolio loses in its scenario, and the largest loss over
            // all counts.
            Self::Weight { .. } => of(
                (1, FACTOR),
                Share,
                Step::Share {
                    divisor: 4,
                    allowance: FACTOR / 64,
                },
                Up,
            ),
            // They widen or narrow all volatility shocks at once: as for those.
            Self::ShortPower { .. } | Self::LongPower { .. } => {
                of((0, FACTOR), Factor, Step::Distance(FACTOR / 10), Neither)
            }
            Self::VolatilityFloor { .. } => of(
                (MIN_FLOOR_MS.get() as i128, PIVOT_MS.get() as i128),
                Milliseconds,
                doubled,
                Neither,
            ),
            // They add to margin by lot.
            Self::Charge { .. } => of(
                (0, RATE / 2),
                Fraction,
                Step::Doubled {
                    allowance: PER_MILLE,
                },
                Up,
            ),
            // Fees are no margin.
            Self::FeeRate { .. } => of(
                (0, RATE / 100),
                Fraction,
                Step::Doubled {
                    allowance: RATE / 10_000,
                },
                Neither,
            ),
            // Below it positions only become smaller; nothing above has to be closed.
            Self::PositionLimit { .. } => of((1, (1 << QUANTITY_BITS) - 1), Lots, doubled, Down),
            Self::OpenInterestCap { .. } => of((1, 1 << (INTEREST_BITS - 1)), Lots, doubled, Down),
            // A lower one protects from a wrong price, and keeps a right one from those who must be
            // liquidated.
            Self::JumpLimit { .. } => of((PER_MILLE, RATE / 2), Fraction, doubled, Neither),
            // Collateral counts for less; only the quote, which has no haircut, may be negative.
            Self::Haircut { .. } => of(
                (0, Rate::MAX.get() as i128),
                Fraction,
                Step::Distance(RATE / 10),
                Up,
            ),
            // A lower peg takes from who is above it, and forgives who is between it and the last
            // one. A new one takes away what no step can bound, since that depends on the price.
            Self::PegPrice { .. } => of(
                (1, (1 << INDEX_PRICE_BITS) - 1),
                Price,
                Step::Share {
                    divisor: 10,
                    allowance: 0,
                },
                Neither,
            ),
            // What is below the peg counts more times against the asset.
            Self::PegSlope { .. } => of((0, 16 * FACTOR), Factor, Step::Distance(FACTOR), Up),
            // Who gets the fees is no margin either.
            Self::ProtocolShare => of((0, RATE / 2), Fraction, Step::Distance(RATE / 10), Neither),
            // A narrower band protects from bad prices, and keeps liquidations from the prices that
            // they need.
            Self::PriceBand | Self::OptionBand => {
                of((PER_MILLE, RATE / 2), Fraction, doubled, Neither)
            }
            // Funding moves money between longs and shorts: whom it helps, the next premium says.
            Self::FundingCap => of(
                (0, RATE / 10),
                Fraction,
                Step::Doubled {
                    allowance: PER_MILLE,
                },
                Neither,
            ),
            Self::FundingInterval => of(
                ((DAY_MS.get() / 24) as i128, 7 * DAY_MS.get() as i128),
                Milliseconds,
                doubled,
                Neither,
            ),
            // The fund gets more, and who is liquidated keeps less.
            Self::LiquidationRate => of(
                (0, RATE / 10),
                Fraction,
                Step::Doubled {
                    allowance: PER_MILLE,
                },
                Neither,
            ),
        }
    }
}

impl Descriptor {
    /// Returns true if a value is within its bounds.
    pub fn admits(&self, value: i128) -> bool {
        (self.low..=self.high).contains(&value)
    }

    /// The values that one change may give instead of the present one: lowest and highest, within
    /// the bounds.
    pub fn reach(&self, present: i128) -> (i128, i128) {
        let (low, high) = self.step.reach(present);
        (low.max(self.low), high.min(self.high))
    }

    /// Returns true if going from one value to another is sure to tighten. A value is `None` where
    /// an asset has no peg.
    pub fn tightens(&self, before: Option<i128>, after: Option<i128>) -> bool {
        let (Some(before), Some(after)) = (before, after) else {
            return false;
        };
        match self.tightens {
            Tightening::Up => after > before,
            Tightening::Down => after < before,
            Tightening::Neither => false,
        }
    }
}

impl Step {
    fn reach(&self, present: i128) -> (i128, i128) {
        let around = |down: i128, up: i128, allowance: i128| {
            (
                present.saturating_sub(down).saturating_sub(allowance),
                present.saturating_add(up).saturating_add(allowance),
            )
        };
        let present = present.saturating_abs();
        match *self {
            Self::Doubled { allowance } => around(present - present / 2, present, allowance),
            Self::Share { divisor, allowance } => {
                let share = present.checked_div(divisor).unwrap_or(0);
                around(share, share, allowance)
            }
            Self::Distance(distance) => around(distance, distance, 0),
        }
    }
}

/// A value with its unit, for people. Fractions are rounded to the nearest that is shown: 2^31 - 1
/// of 2^32 is `50 %`.
#[derive(Clone, Copy, Debug)]
pub struct Shown {
    value: i128,
    unit: Unit,
}

impl Unit {
    /// A value in this unit as text: `0.5 %`, `1.25`, `28800000 ms`.
    pub const fn show(self, value: i128) -> Shown {
        Shown { value, unit: self }
    }
}

/// `value / 2^bits` with at most `digits` decimals, no trailing zeros.
fn decimal(
    f: &mut fmt::Formatter<'_>,
    value: i128,
    bits: u32,
    times: u128,
    digits: u32,
) -> fmt::Result {
    let sign = if value < 0 { "-" } else { "" };
    let magnitude = value.unsigned_abs();
    let scale = 10u128.pow(digits);
    let (whole, rest) = (magnitude >> bits, magnitude & ((1 << bits) - 1));
    // `rest` has at most 32 bits, so that only `whole · times` can be too large, for values that
    // are far out of bounds.
    let rest = (rest * times * scale + (1 << (bits - 1))) >> bits;
    let whole = whole.saturating_mul(times).saturating_add(rest / scale);
    write!(f, "{sign}{whole}")?;
    let mut fraction = rest % scale;
    if fraction == 0 {
        return Ok(());
    }
    let mut width = digits as usize;
    while fraction.is_multiple_of(10) {
        fraction /= 10;
        width -= 1;
    }
    write!(f, ".{fraction:0width$}")
}

impl fmt::Display for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let value = self.value;
        match self.unit {
            Unit::Rate => decimal(f, value, FRACTION_BITS, 100, 6)?,
            Unit::Share => decimal(f, value, FACTOR_BITS, 100, 4)?,
            Unit::Factor => return decimal(f, value, FACTOR_BITS, 1, 6),
            Unit::Lots => return write!(f, "{value} lots"),
            Unit::Milliseconds => return write!(f, "{value} ms"),
            Unit::Price => return decimal(f, value, FRACTION_BITS, 1, 6),
        }
        f.write_str(" %")
    }
}

#[cfg(test)]
mod tests;
