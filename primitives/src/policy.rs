//! The risk policy: the governed parameters that snapshot rows are computed with.

use crate::fixed::{Factor, Price, Rate, FACTOR_BITS, FRACTION_BITS};
use crate::shape::MarketShape;
use crate::snapshot::{InstrumentRow, SnapshotError};
use alloc::vec::Vec;
use codec::{Decode, DecodeWithMemTracking, Encode};
use scale_info::TypeInfo;
use serde::{Deserialize, Serialize};

/// A price shock as a signed fraction of 2^16 of the mark: -6554 is -10 %.
pub type Shock = i32;

/// Charges per lot as a share of the mark, in fractions of 2^32.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, codec::MaxEncodedLen, TypeInfo, Serialize, Deserialize,
)]
pub struct ChargeRates {
    /// Initial margin, per lot held long.
    pub initial_long: Rate,
    /// Initial margin, per lot held short.
    pub initial_short: Rate,
    /// Maintenance margin, per lot held long.
    pub maintenance_long: Rate,
    /// Maintenance margin, per lot held short.
    pub maintenance_short: Rate,
}

/// Parameters of one underlying.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, TypeInfo, Serialize, Deserialize)]
pub struct UnderlyingPolicy {
    /// Multiplies the scan loss for initial margin; at least `maintenance_factor`.
    pub initial_factor: Factor,
    /// Multiplies the scan loss for maintenance margin; at least 1.
    pub maintenance_factor: Factor,
    /// S price shocks.
    pub shocks: Vec<Shock>,
    /// Charges per lot.
    pub charges: ChargeRates,
}

/// The policy in force. Bounds are in [`Policy::check`].
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, TypeInfo, Serialize, Deserialize)]
pub struct Policy {
    /// U underlyings.
    pub underlyings: Vec<UnderlyingPolicy>,
    /// K haircuts, fractions of 2^32; asset 0, the quote, has none.
    pub haircuts: Vec<Rate>,
    /// Trading fee on both sides of a fill, as a fraction of 2^32 of its quote amount.
    pub fee_rate: Rate,
    /// Largest distance of a clearing price from the mark, as a fraction of 2^32 of the mark.
    pub price_band: Rate,
}

/// Why a policy is refused. Each variant names the field and its limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, TypeInfo, thiserror::Error)]
pub enum PolicyError {
    /// A list has the wrong length.
    #[error("{0:?}: wrong number of entries for the market")]
    Length(PolicyField),
    /// A value is out of its bounds.
    #[error("{0:?}: out of bounds")]
    Bounds(PolicyField),
    /// Initial margin is below maintenance margin.
    #[error("initial margin must not be below maintenance margin")]
    InitialBelowMaintenance,
}

/// The field a [`PolicyError`] is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, TypeInfo)]
pub enum PolicyField {
    /// `underlyings`, one per underlying.
    Underlyings,
    /// `shocks`: S of them, each within ±90 %, at least one up and one down.
    Shocks,
    /// `maintenance_factor`, `initial_factor`: 1 to 15.
    Factors,
    /// `charges`: at most 50 % of the mark.
    Charges,
    /// `haircuts`: K of them, at most 100 %, none on asset 0.
    Haircuts,
    /// `fee_rate`: at most 1 %.
    FeeRate,
    /// `price_band`: 0.1 % to 50 %.
    PriceBand,
}

const ONE_RATE: u64 = 1 << FRACTION_BITS;
const ONE_FACTOR: u32 = 1 << FACTOR_BITS;

impl Policy {
    /// Hard bounds and cross-field checks.
    pub fn check(&self, market: &MarketShape) -> Result<(), PolicyError> {
        use PolicyError::*;
        use PolicyField as F;
        let length = |ok: bool, field| if ok { Ok(()) } else { Err(Length(field)) };
        let bounds = |ok: bool, field| if ok { Ok(()) } else { Err(Bounds(field)) };
        length(self.underlyings.len() == market.underlyings as usize, F::Underlyings)?;
        length(self.haircuts.len() == market.assets as usize, F::Haircuts)?;
        bounds(self.haircuts.first() == Some(&0), F::Haircuts)?;
        bounds((self.fee_rate as u64) <= ONE_RATE / 100, F::FeeRate)?;
        let band = self.price_band as u64;
        bounds(band >= ONE_RATE / 1000 && band <= ONE_RATE / 2, F::PriceBand)?;
        for u in &self.underlyings {
            length(u.shocks.len() == market.scenarios as usize, F::Shocks)?;
            let limit = (ONE_FACTOR as i32) * 9 / 10;
            bounds(u.shocks.iter().all(|s| s.abs() <= limit), F::Shocks)?;
            bounds(u.shocks.iter().any(|s| *s > 0) && u.shocks.iter().any(|s| *s < 0), F::Shocks)?;
            bounds(u.maintenance_factor >= ONE_FACTOR && u.initial_factor <= 15 * ONE_FACTOR, F::Factors)?;
            let c = &u.charges;
            let all = [c.initial_long, c.initial_short, c.maintenance_long, c.maintenance_short];
            bounds(all.iter().all(|r| (*r as u64) <= ONE_RATE / 2), F::Charges)?;
            let ordered = u.initial_factor >= u.maintenance_factor
                && c.initial_long >= c.maintenance_long
                && c.initial_short >= c.maintenance_short;
            if !ordered {
                return Err(InitialBelowMaintenance);
            }
        }
        Ok(())
    }

    /// The snapshot row of a perpetual on `underlying` whose mark is `mark` (32.32 quote units per lot).
    ///
    /// A perpetual's value moves with its index: delta = mark · shock, rounded down (against the holder of a long
    /// lot by less than 2^-32 units); charges = mark · rate, rounded up.
    pub fn perpetual_row(&self, underlying: usize, mark: Price) -> Result<InstrumentRow, SnapshotError> {
        let policy = self.underlyings.get(underlying).ok_or(SnapshotError::Underlying)?;
        let charge = |rate: Rate| ((mark as u128 * rate as u128).div_ceil(ONE_RATE as u128)) as u64;
        let deltas = policy
            .shocks
            .iter()
            .map(|shock| i64::try_from((mark as i128 * *shock as i128) >> FACTOR_BITS).map_err(|_| SnapshotError::Mark))
            .collect::<Result<_, _>>()?;
        let c = &policy.charges;
        InstrumentRow {
            mark,
            initial_long: charge(c.initial_long),
            initial_short: charge(c.initial_short),
            maintenance_long: charge(c.maintenance_long),
            maintenance_short: charge(c.maintenance_short),
            deltas,
        }
        .checked()
    }
}
