//! The risk policy: the governed parameters that snapshot rows are computed with.

use crate::fixed::{Factor, Price, Rate, FACTOR_BITS, FRACTION_BITS, ONE};
use crate::shape::MarketShape;
use crate::snapshot::{InstrumentRow, SnapshotError, ROW_VALUE_BITS};
use alloc::vec::Vec;
use codec::{Decode, DecodeWithMemTracking, Encode};
use scale_info::TypeInfo;
use serde::{Deserialize, Serialize};

/// A price shock as a signed fraction of 2^16 of the mark: -6554 is -10 %.
pub type Shock = i32;

/// An index price as the oracle reports it: quote units per whole unit of the underlying or asset, with 32
/// fraction bits, below 2^[`INDEX_PRICE_BITS`]. Wider than [`Price`], since a whole unit may be worth more than
/// 2^32 quote units.
pub type IndexPrice = u128;

/// Index prices are below 2^95, so that their product with a [`Rate`] stays below 2^127.
pub const INDEX_PRICE_BITS: usize = 95;
/// Largest number of decimals that a collateral asset may have.
pub const MAX_DECIMALS: u8 = 18;

/// The mark of a lot of `units_per_lot` (32.32) units of an underlying: `price · units_per_lot`, rounded down.
///
/// Refuses a mark that is 0, which means "no instrument", or not below 2^62.
pub fn mark_price(price: IndexPrice, units_per_lot: u64) -> Result<Price, SnapshotError> {
    let product = price
        .checked_mul(units_per_lot as u128)
        .ok_or(SnapshotError::Mark)?;
    let mark = u64::try_from(product >> FRACTION_BITS).map_err(|_| SnapshotError::Mark)?;
    if mark == 0 || mark >= 1 << ROW_VALUE_BITS {
        return Err(SnapshotError::Mark);
    }
    Ok(mark)
}

/// Charges per lot as a share of the mark, in fractions of 2^32.
#[derive(
    Clone,
    Copy,
    Debug,
    Default,
    PartialEq,
    Eq,
    Encode,
    Decode,
    DecodeWithMemTracking,
    codec::MaxEncodedLen,
    TypeInfo,
    Serialize,
    Deserialize,
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
#[derive(
    Clone,
    Debug,
    PartialEq,
    Eq,
    Encode,
    Decode,
    DecodeWithMemTracking,
    TypeInfo,
    Serialize,
    Deserialize,
)]
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
#[derive(
    Clone,
    Debug,
    PartialEq,
    Eq,
    Encode,
    Decode,
    DecodeWithMemTracking,
    TypeInfo,
    Serialize,
    Deserialize,
)]
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
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    Encode,
    Decode,
    DecodeWithMemTracking,
    TypeInfo,
    thiserror::Error,
)]
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
        length(
            self.underlyings.len() == market.underlyings as usize,
            F::Underlyings,
        )?;
        length(self.haircuts.len() == market.assets as usize, F::Haircuts)?;
        bounds(self.haircuts.first() == Some(&0), F::Haircuts)?;
        bounds((self.fee_rate as u64) <= ONE_RATE / 100, F::FeeRate)?;
        let band = self.price_band as u64;
        bounds(
            (ONE_RATE / 1000..=ONE_RATE / 2).contains(&band),
            F::PriceBand,
        )?;
        for u in &self.underlyings {
            length(u.shocks.len() == market.scenarios as usize, F::Shocks)?;
            let limit = ONE_FACTOR * 9 / 10;
            bounds(
                u.shocks.iter().all(|s| s.unsigned_abs() <= limit),
                F::Shocks,
            )?;
            bounds(
                u.shocks.iter().any(|s| *s > 0) && u.shocks.iter().any(|s| *s < 0),
                F::Shocks,
            )?;
            bounds(
                u.maintenance_factor >= ONE_FACTOR && u.initial_factor <= 15 * ONE_FACTOR,
                F::Factors,
            )?;
            let c = &u.charges;
            let all = [
                c.initial_long,
                c.initial_short,
                c.maintenance_long,
                c.maintenance_short,
            ];
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

    /// The collateral weight of an asset with `decimals` decimals: `price · (1 − haircut) / 10^decimals`, rounded
    /// down, 32.32 quote units per smallest unit. Asset 0 is the quote: exactly one, whatever `price` says.
    ///
    /// Refuses an asset without a haircut, a price that is not below 2^95, more than 18 decimals, and a weight that
    /// would not be below 2^62 without the haircut: so a price that fits under one policy fits under all.
    pub fn collateral_weight(
        &self,
        asset: usize,
        price: IndexPrice,
        decimals: u8,
    ) -> Result<Price, SnapshotError> {
        if asset == 0 {
            return Ok(ONE);
        }
        let haircut = *self
            .haircuts
            .get(asset)
            .ok_or(SnapshotError::Shape("haircuts"))?;
        if price >= 1 << INDEX_PRICE_BITS || decimals > MAX_DECIMALS {
            return Err(SnapshotError::Shape("weights"));
        }
        let units = 10u128.pow(decimals as u32);
        if price / units >= 1 << ROW_VALUE_BITS {
            return Err(SnapshotError::Shape("weights"));
        }
        let kept = price * (ONE_RATE - haircut as u64) as u128;
        u64::try_from(kept / (units << FRACTION_BITS)).map_err(|_| SnapshotError::Shape("weights"))
    }

    /// A policy for development chains and tests, of plausible size but calibrated to nothing: shocks evenly spread over
    /// ±25 %, the outermost pair being a move of 75 % of which 35 % counts; scan loss times 1 for maintenance and
    /// 1.25 for initial margin; charges of 0.5 % and 1 %; haircuts of 10 %; a fee of 0.02 %; a band of 5 %.
    pub fn development(market: &MarketShape) -> Self {
        let percent = |hundredths: u64| (ONE_RATE * hundredths / 10_000) as Rate;
        let underlying = UnderlyingPolicy {
            initial_factor: ONE_FACTOR * 5 / 4,
            maintenance_factor: ONE_FACTOR,
            shocks: development_shocks(market.scenarios as usize),
            charges: ChargeRates {
                initial_long: percent(100),
                initial_short: percent(100),
                maintenance_long: percent(50),
                maintenance_short: percent(50),
            },
        };
        let mut haircuts = alloc::vec![percent(1_000); market.assets as usize];
        if let Some(quote) = haircuts.first_mut() {
            *quote = 0;
        }
        Self {
            underlyings: alloc::vec![underlying; market.underlyings as usize],
            haircuts,
            fee_rate: percent(2),
            price_band: percent(500),
        }
    }

    /// The snapshot row of a perpetual on `underlying` whose mark is `mark` (32.32 quote units per lot).
    ///
    /// A perpetual's value moves with its index: delta = mark · shock, rounded down (against the holder of a long
    /// lot by less than 2^-32 units); charges = mark · rate, rounded up.
    pub fn perpetual_row(
        &self,
        underlying: usize,
        mark: Price,
    ) -> Result<InstrumentRow, SnapshotError> {
        let policy = self
            .underlyings
            .get(underlying)
            .ok_or(SnapshotError::Underlying)?;
        let charge = |rate: Rate| ((mark as u128 * rate as u128).div_ceil(ONE_RATE as u128)) as u64;
        let deltas = policy
            .shocks
            .iter()
            .map(|shock| {
                i64::try_from((mark as i128 * *shock as i128) >> FACTOR_BITS)
                    .map_err(|_| SnapshotError::Mark)
            })
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

/// `count` shocks: pairs evenly spread up to ±25 %, one dampened extreme pair, and a zero if `count` is odd.
fn development_shocks(count: usize) -> Vec<Shock> {
    let one = ONE_FACTOR as i32;
    let even = (count / 2).saturating_sub(1) as i32;
    let steps = (1..=even).map(|k| one * k / (4 * even));
    let extreme = one * 75 / 100 * 35 / 100;
    let mut shocks: Vec<_> = steps.chain([extreme]).flat_map(|s| [-s, s]).collect();
    shocks.resize(count, 0);
    shocks
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    const MARKETS: [MarketShape; 2] = [MarketShape::REFERENCE, MarketShape::TINY];

    #[test]
    fn the_development_policy_is_within_its_bounds() {
        for market in MARKETS {
            Policy::development(&market).check(&market).unwrap();
        }
        let shocks = development_shocks(16);
        assert_eq!(
            shocks.iter().max(),
            Some(&17_203),
            "75 % of which 35 % counts"
        );
        assert!(shocks.contains(&16_384) && shocks.contains(&-16_384));
        assert_eq!(shocks.iter().sum::<Shock>(), 0);
    }

    #[test]
    fn each_bound_is_refused_by_name() {
        use PolicyError::*;
        let market = MarketShape::REFERENCE;
        let refused = |change: &dyn Fn(&mut Policy)| {
            let mut policy = Policy::development(&market);
            change(&mut policy);
            policy.check(&market).unwrap_err()
        };
        assert_eq!(
            refused(&|p| p.underlyings.truncate(3)),
            Length(PolicyField::Underlyings)
        );
        assert_eq!(
            refused(&|p| p.haircuts.truncate(3)),
            Length(PolicyField::Haircuts)
        );
        assert_eq!(
            refused(&|p| p.underlyings[3].shocks.truncate(15)),
            Length(PolicyField::Shocks)
        );
        assert_eq!(
            refused(&|p| p.haircuts[0] = 1),
            Bounds(PolicyField::Haircuts)
        );
        assert_eq!(
            refused(&|p| p.fee_rate = (ONE / 100) as Rate + 1),
            Bounds(PolicyField::FeeRate)
        );
        assert_eq!(
            refused(&|p| p.price_band = (ONE / 1000) as Rate - 1),
            Bounds(PolicyField::PriceBand)
        );
        assert_eq!(
            refused(&|p| p.price_band = (ONE / 2) as Rate + 1),
            Bounds(PolicyField::PriceBand)
        );
        for shock in [i32::MIN, i32::MAX, 58_983, -58_983] {
            assert_eq!(
                refused(&|p| p.underlyings[1].shocks[2] = shock),
                Bounds(PolicyField::Shocks),
                "{shock}"
            );
        }
        assert_eq!(
            refused(&|p| p.underlyings[0].shocks.fill(-1)),
            Bounds(PolicyField::Shocks)
        );
        assert_eq!(
            refused(&|p| p.underlyings[0].maintenance_factor -= 1),
            Bounds(PolicyField::Factors)
        );
        assert_eq!(
            refused(&|p| p.underlyings[0].initial_factor = 15 * ONE_FACTOR + 1),
            Bounds(PolicyField::Factors)
        );
        assert_eq!(
            refused(&|p| p.underlyings[2].charges.initial_long = Rate::MAX),
            Bounds(PolicyField::Charges)
        );
        assert_eq!(
            refused(&|p| p.underlyings[2].charges.initial_short = 0),
            InitialBelowMaintenance
        );
        assert_eq!(
            refused(&|p| p.underlyings[2].maintenance_factor = 2 * ONE_FACTOR),
            InitialBelowMaintenance
        );
    }

    #[test]
    fn marks_and_weights_are_exact_rounded_down_and_bounded() {
        let price = 60_000_000_000u128 << FRACTION_BITS;
        assert_eq!(
            mark_price(price, ONE / 1024),
            Ok(((60_000_000_000u128 << FRACTION_BITS) / 1024) as u64)
        );
        assert_eq!(mark_price(3, ONE / 2), Ok(1), "1.5 rounded down");
        for (price, lot) in [
            (0, ONE),
            (1, ONE / 2),
            (1 << 62, ONE),
            (u128::MAX, u64::MAX),
            (u128::MAX, 1),
        ] {
            assert_eq!(
                mark_price(price, lot),
                Err(SnapshotError::Mark),
                "{price} {lot}"
            );
        }
        let policy = Policy {
            haircuts: alloc::vec![0, 1 << 31, 0, 0],
            ..Policy::development(&MarketShape::REFERENCE)
        };
        assert_eq!(policy.collateral_weight(0, 0, 0), Ok(ONE));
        assert_eq!(policy.collateral_weight(1, price, 8), Ok(300 * ONE));
        assert_eq!(
            policy.collateral_weight(2, 19, 1),
            Ok(1),
            "1.9 rounded down"
        );
        for (asset, price, decimals) in [
            (4, ONE as u128, 0),
            (1, 1 << 95, 18),
            (1, 1, 19),
            (1, 1 << 62, 0),
        ] {
            assert!(
                policy.collateral_weight(asset, price, decimals).is_err(),
                "{asset} {price} {decimals}"
            );
        }
    }

    #[test]
    fn a_perpetual_row_rounds_deltas_down_and_charges_up() {
        let mut policy = Policy::development(&MarketShape::TINY);
        policy.underlyings[1].shocks = alloc::vec![-1, 1];
        let row = policy.perpetual_row(1, ONE_FACTOR as u64 + 1).unwrap();
        assert_eq!(row.deltas, [-2, 1]);
        let rate = policy.underlyings[1].charges.initial_long as u128;
        assert_eq!(
            row.initial_long as u128,
            ((ONE_FACTOR as u128 + 1) * rate).div_ceil(1 << 32)
        );
        assert_eq!(policy.perpetual_row(2, 1), Err(SnapshotError::Underlying));
        assert_eq!(policy.perpetual_row(0, 1 << 62), Err(SnapshotError::Mark));
    }
}
