//! The risk policy: the governed parameters that snapshot rows are computed with.

mod development;
mod terms;

pub use development::development_scenarios;
pub use terms::{Peg, TradingTerms};

use crate::fixed::{Factor, Price, Rate, FACTOR_BITS, FRACTION_BITS, ONE};
use crate::options::{ScenarioSpec, VolatilityScaling, DAY_MS};
use crate::shape::{MarketShape, INTEREST_BITS, QUANTITY_BITS};
use crate::snapshot::{SnapshotError, ROW_VALUE_BITS};
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

/// Charges per lot, in fractions of 2^32 of a lot's mark, or for options of what its underlying is worth.
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
    /// S scenarios.
    pub scenarios: Vec<ScenarioSpec>,
    /// How the scenarios' volatility shocks depend on the time to expiry.
    pub scaling: VolatilityScaling,
    /// Charges per lot of a perpetual.
    pub charges: ChargeRates,
    /// Charges per lot of an option.
    pub option_charges: ChargeRates,
    /// How perpetuals trade.
    pub perpetual_terms: TradingTerms,
    /// How options trade.
    pub option_terms: TradingTerms,
    /// How far the price that marks are computed from may move between two snapshots, as a fraction of 2^32 of the last one. It is
    /// held back there while it moves further, and all instruments on the underlying are suspended.
    pub jump_limit: Rate,
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
    /// K pegs; asset 0, the quote, has none.
    pub pegs: Vec<Option<Peg>>,
    /// The chain's share of the fees, as a fraction of 2^32.
    pub protocol_share: Rate,
    /// Largest distance of a clearing price from the mark, as a fraction of 2^32 of the mark.
    pub price_band: Rate,
    /// The same for options, as a fraction of 2^32 of what the lot's underlying is worth, where that is more.
    pub option_band: Rate,
    /// Largest premium of a perpetual's clearing price over its mark that funding counts, as a fraction of 2^32 of the mark.
    pub funding_cap: Rate,
    /// The time in which a premium that stays is paid once, in milliseconds.
    pub funding_interval: u64,
    /// The most that a liquidated account pays to the insurance fund, as a fraction of 2^32 of each fill's quote amount.
    pub liquidation_rate: Rate,
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
    /// `scenarios`: S of them, at least one price up and one down. A price shock is within -90 % and +500 %, a volatility
    /// shock within -100 % and +500 %, a weight above 0 and at most 1; and weight times price shock is within ±90 %.
    Scenarios,
    /// `scaling`: powers at most 1, the floor an hour to 30 days.
    Scaling,
    /// `maintenance_factor`, `initial_factor`: 1 to 15.
    Factors,
    /// `charges`: at most 50 % of the mark.
    Charges,
    /// `haircuts`: K of them, at most 100 %, none on asset 0.
    Haircuts,
    /// `pegs`: K of them, none on asset 0; prices above 0 and below 2^95, slopes at most 16.
    Pegs,
    /// `fee_rate`: at most 1 %.
    FeeRate,
    /// `position_limit`: 1 to 2^48 - 1 lots.
    PositionLimit,
    /// `interest_cap`: 1 to 2^59 lots.
    InterestCap,
    /// `jump_limit`: 0.1 % to 50 %.
    JumpLimit,
    /// `protocol_share`: at most one half.
    ProtocolShare,
    /// `price_band`: 0.1 % to 50 %.
    PriceBand,
    /// `option_band`: 0.1 % to 50 %.
    OptionBand,
    /// `funding_cap`: at most 10 %.
    FundingCap,
    /// `funding_interval`: an hour to a week.
    FundingInterval,
    /// `liquidation_rate`: at most 10 %.
    LiquidationRate,
}

/// Milliseconds that a funding interval may take.
const FUNDING_INTERVALS: core::ops::RangeInclusive<u64> = DAY_MS / 24..=7 * DAY_MS;
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
        length(self.pegs.len() == market.assets as usize, F::Pegs)?;
        bounds(self.pegs.first() == Some(&None), F::Pegs)?;
        let sound = |peg: &Peg| {
            (1..1 << INDEX_PRICE_BITS).contains(&peg.price) && peg.slope <= 16 * ONE_FACTOR
        };
        bounds(self.pegs.iter().flatten().all(sound), F::Pegs)?;
        bounds(
            u64::from(self.protocol_share) <= ONE_RATE / 2,
            F::ProtocolShare,
        )?;
        let band = self.price_band as u64;
        bounds(
            (ONE_RATE / 1000..=ONE_RATE / 2).contains(&band),
            F::PriceBand,
        )?;
        let band = self.option_band as u64;
        bounds(
            (ONE_RATE / 1000..=ONE_RATE / 2).contains(&band),
            F::OptionBand,
        )?;
        bounds(u64::from(self.funding_cap) <= ONE_RATE / 10, F::FundingCap)?;
        bounds(
            FUNDING_INTERVALS.contains(&self.funding_interval),
            F::FundingInterval,
        )?;
        bounds(
            u64::from(self.liquidation_rate) <= ONE_RATE / 10,
            F::LiquidationRate,
        )?;
        for u in &self.underlyings {
            for terms in [&u.perpetual_terms, &u.option_terms] {
                bounds(u64::from(terms.fee_rate) <= ONE_RATE / 100, F::FeeRate)?;
                bounds(
                    (1..1 << QUANTITY_BITS).contains(&terms.position_limit),
                    F::PositionLimit,
                )?;
                bounds(
                    (1..=1 << (INTEREST_BITS - 1)).contains(&terms.interest_cap),
                    F::InterestCap,
                )?;
            }
            let jump = u64::from(u.jump_limit);
            bounds(
                (ONE_RATE / 1000..=ONE_RATE / 2).contains(&jump),
                F::JumpLimit,
            )?;
            length(u.scenarios.len() == market.scenarios as usize, F::Scenarios)?;
            let specs = u.scenarios.iter();
            let within = |s: &ScenarioSpec| s.check().is_ok() && counted_move(s) <= LARGEST_MOVE;
            bounds(specs.clone().all(within), F::Scenarios)?;
            bounds(
                specs.clone().any(|s| s.price_shock > 0)
                    && specs.clone().any(|s| s.price_shock < 0),
                F::Scenarios,
            )?;
            bounds(u.scaling.check().is_ok(), F::Scaling)?;
            bounds(
                u.maintenance_factor >= ONE_FACTOR && u.initial_factor <= 15 * ONE_FACTOR,
                F::Factors,
            )?;
            let charges = [&u.charges, &u.option_charges];
            let all = charges.iter().flat_map(|c| {
                [
                    c.initial_long,
                    c.initial_short,
                    c.maintenance_long,
                    c.maintenance_short,
                ]
            });
            bounds(
                all.into_iter().all(|r| (r as u64) <= ONE_RATE / 2),
                F::Charges,
            )?;
            let ordered = charges.iter().all(|c| {
                c.initial_long >= c.maintenance_long && c.initial_short >= c.maintenance_short
            });
            if !ordered || u.initial_factor < u.maintenance_factor {
                return Err(InitialBelowMaintenance);
            }
        }
        Ok(())
    }

    /// The collateral weight of an asset with `decimals` decimals: `price · (1 − haircut) / 10^decimals`, rounded
    /// down, 32.32 quote units per smallest unit; of an asset with a peg, the price that it counts for. Asset 0 is the quote: exactly
    /// one, whatever `price` says.
    ///
    /// Refuses an asset without a haircut, a price that is not below 2^95, more than 18 decimals, and a weight that
    /// would not be below 2^62 without haircut and peg: so a price that fits under one policy fits under all.
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
        let peg = self.pegs.get(asset).copied().flatten();
        let price = peg.map_or(price, |peg| peg.counted(price));
        let kept = price * (ONE_RATE - haircut as u64) as u128;
        u64::try_from(kept / (units << FRACTION_BITS)).map_err(|_| SnapshotError::Shape("weights"))
    }
}

/// The outermost moves may count for at most 90 % of the mark.
const LARGEST_MOVE: u128 = (ONE_FACTOR as u128 * 9 / 10) << FACTOR_BITS;

/// What counts of a scenario's price move, in fractions of 2^32.
fn counted_move(scenario: &ScenarioSpec) -> u128 {
    u128::from(scenario.price_shock.unsigned_abs()) * u128::from(scenario.weight)
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
        let scenarios = development_scenarios(16);
        let distinct = |i: usize| scenarios.iter().position(|s| *s == scenarios[i]) == Some(i);
        assert!((0..16).all(distinct));
        assert_eq!(scenarios.iter().map(|s| s.price_shock).sum::<Shock>(), 0);
        assert_eq!(development_scenarios(20).len(), 20);
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
            refused(&|p| p.underlyings[3].scenarios.truncate(15)),
            Length(PolicyField::Scenarios)
        );
        assert_eq!(
            refused(&|p| p.haircuts[0] = 1),
            Bounds(PolicyField::Haircuts)
        );
        assert_eq!(
            refused(&|p| p.underlyings[1].option_terms.fee_rate = (ONE / 100) as Rate + 1),
            Bounds(PolicyField::FeeRate)
        );
        assert_eq!(
            refused(&|p| p.underlyings[0].perpetual_terms.position_limit = 1 << 48),
            Bounds(PolicyField::PositionLimit)
        );
        assert_eq!(
            refused(&|p| p.underlyings[0].perpetual_terms.interest_cap = 0),
            Bounds(PolicyField::InterestCap)
        );
        assert_eq!(
            refused(&|p| p.underlyings[0].jump_limit = Rate::MAX),
            Bounds(PolicyField::JumpLimit)
        );
        assert_eq!(
            refused(&|p| p.protocol_share = (1 << 31) + 1),
            Bounds(PolicyField::ProtocolShare)
        );
        assert_eq!(refused(&|p| p.pegs.truncate(1)), Length(PolicyField::Pegs));
        let peg = |price, slope| Some(Peg { price, slope });
        assert_eq!(
            refused(&|p| p.pegs[0] = peg(1, 0)),
            Bounds(PolicyField::Pegs)
        );
        assert_eq!(
            refused(&|p| p.pegs[1] = peg(0, 0)),
            Bounds(PolicyField::Pegs)
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
                refused(&|p| p.underlyings[1].scenarios[2].price_shock = shock),
                Bounds(PolicyField::Scenarios),
                "{shock}"
            );
        }
        assert_eq!(
            refused(&|p| p.underlyings[0]
                .scenarios
                .iter_mut()
                .for_each(|s| s.price_shock = -1)),
            Bounds(PolicyField::Scenarios)
        );
        assert_eq!(
            refused(&|p| p.underlyings[0].scenarios[1].weight = 0),
            Bounds(PolicyField::Scenarios)
        );
        assert_eq!(
            refused(&|p| p.underlyings[0].scaling.floor_ms = 0),
            Bounds(PolicyField::Scaling)
        );
        assert_eq!(
            refused(&|p| p.option_band = (ONE / 2) as Rate + 1),
            Bounds(PolicyField::OptionBand)
        );
        assert_eq!(
            refused(&|p| p.funding_cap = (ONE / 10) as Rate + 1),
            Bounds(PolicyField::FundingCap)
        );
        assert_eq!(
            refused(&|p| p.liquidation_rate = (ONE / 10) as Rate + 1),
            Bounds(PolicyField::LiquidationRate)
        );
        for interval in [DAY_MS / 24 - 1, 7 * DAY_MS + 1] {
            assert_eq!(
                refused(&|p| p.funding_interval = interval),
                Bounds(PolicyField::FundingInterval)
            );
        }
        assert_eq!(
            refused(&|p| p.underlyings[1].option_charges.initial_short = 0),
            InitialBelowMaintenance
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
    fn weights_are_exact_rounded_down_and_bounded() {
        let price = 60_000_000_000u128 << FRACTION_BITS;
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
}
