//! The policy's parameters one by one: where each stands, what it is called, what it says.

use super::error::PolicyField;
use super::{ChargeRates, Policy, TradingTerms, UnderlyingPolicy};
use crate::fixed::Rate;
use crate::shape::MarketShape;
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use core::fmt;
use scale_info::TypeInfo;
use serde::{Deserialize, Serialize};

/// The kind of contract that charges and terms are for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[derive(
    Encode,
    Decode,
    DecodeWithMemTracking,
    MaxEncodedLen,
    TypeInfo,
    Serialize,
    Deserialize
)]
#[serde(rename_all = "camelCase")]
pub enum ProductKind {
    /// Perpetuals.
    Perpetual,
    /// Options.
    Option,
}

/// Which margin a charge adds to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[derive(
    Encode,
    Decode,
    DecodeWithMemTracking,
    MaxEncodedLen,
    TypeInfo,
    Serialize,
    Deserialize
)]
#[serde(rename_all = "camelCase")]
pub enum MarginLevel {
    /// Initial margin.
    Initial,
    /// Maintenance margin.
    Maintenance,
}

/// The side of a position.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[derive(
    Encode,
    Decode,
    DecodeWithMemTracking,
    MaxEncodedLen,
    TypeInfo,
    Serialize,
    Deserialize
)]
#[serde(rename_all = "camelCase")]
pub enum PositionSide {
    /// Positive quantities.
    Long,
    /// Negative quantities.
    Short,
}

impl ProductKind {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Perpetual, Self::Option];
}

impl MarginLevel {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Initial, Self::Maintenance];
}

impl PositionSide {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Long, Self::Short];
}

/// One number of the policy. Its text ([`fmt::Display`]) is its path in the policy's JSON:
/// `underlyings[2].charges.initial_long`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[derive(Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo)]
pub enum Parameter {
    /// [`UnderlyingPolicy::initial_factor`].
    InitialFactor {
        /// Underlying.
        underlying: u16,
    },
    /// [`UnderlyingPolicy::maintenance_factor`].
    MaintenanceFactor {
        /// Underlying.
        underlying: u16,
    },
    /// [`price_shock`](crate::options::ScenarioSpec::price_shock).
    PriceShock {
        /// Underlying.
        underlying: u16,
        /// Scenario.
        scenario: u16,
    },
    /// [`volatility_shock`](crate::options::ScenarioSpec::volatility_shock).
    VolatilityShock {
        /// Underlying.
        underlying: u16,
        /// Scenario.
        scenario: u16,
    },
    /// [`weight`](crate::options::ScenarioSpec::weight).
    Weight {
        /// Underlying.
        underlying: u16,
        /// Scenario.
        scenario: u16,
    },
    /// [`short_power`](crate::options::VolatilityScaling::short_power).
    ShortPower {
        /// Underlying.
        underlying: u16,
    },
    /// [`long_power`](crate::options::VolatilityScaling::long_power).
    LongPower {
        /// Underlying.
        underlying: u16,
    },
    /// [`floor_ms`](crate::options::VolatilityScaling::floor_ms).
    VolatilityFloor {
        /// Underlying.
        underlying: u16,
    },
    /// One of the [`ChargeRates`].
    Charge {
        /// Underlying.
        underlying: u16,
        /// Of perpetuals or of options.
        kind: ProductKind,
        /// Of initial or of maintenance margin.
        level: MarginLevel,
        /// Per lot held long or short.
        side: PositionSide,
    },
    /// [`TradingTerms::fee_rate`].
    FeeRate {
        /// Underlying.
        underlying: u16,
        /// Of perpetuals or of options.
        kind: ProductKind,
    },
    /// [`TradingTerms::position_limit`].
    PositionLimit {
        /// Underlying.
        underlying: u16,
        /// Of perpetuals or of options.
        kind: ProductKind,
    },
    /// [`TradingTerms::open_interest_cap`].
    OpenInterestCap {
        /// Underlying.
        underlying: u16,
        /// Of perpetuals or of options.
        kind: ProductKind,
    },
    /// [`UnderlyingPolicy::jump_limit`].
    JumpLimit {
        /// Underlying.
        underlying: u16,
    },
    /// One of [`Policy::haircuts`].
    Haircut {
        /// Collateral asset, from 1 on.
        asset: u8,
    },
    /// [`price`](super::Peg::price); has no value where the asset has no peg.
    PegPrice {
        /// Collateral asset, from 1 on.
        asset: u8,
    },
    /// [`slope`](super::Peg::slope); has no value where the asset has no peg.
    PegSlope {
        /// Collateral asset, from 1 on.
        asset: u8,
    },
    /// [`Policy::protocol_share`].
    ProtocolShare,
    /// [`Policy::price_band`].
    PriceBand,
    /// [`Policy::option_band`].
    OptionBand,
    /// [`Policy::funding_cap`].
    FundingCap,
    /// [`Policy::funding_interval`].
    FundingInterval,
    /// [`Policy::liquidation_rate`].
    LiquidationRate,
}

/// A parameter that two policies differ in. A value is absent if an asset has no peg.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    Encode,
    Decode,
    DecodeWithMemTracking,
    TypeInfo
)]
pub struct Difference {
    /// Which.
    pub parameter: Parameter,
    /// In the one.
    pub before: Option<i128>,
    /// In the other.
    pub after: Option<i128>,
}

/// The asset indices that have haircut and peg: all but the quote's. An asset index is one byte.
fn collateral(market: &MarketShape) -> impl Iterator<Item = u8> + use<> {
    (1..market.assets).map_while(|asset| u8::try_from(asset).ok())
}

/// The parameters of initial margin, each with the one of maintenance margin that it must not be
/// below.
pub(super) fn pairs_of_margins(
    market: &MarketShape,
) -> impl Iterator<Item = (Parameter, Parameter)> + use<> {
    (0..market.underlyings).flat_map(|underlying| {
        let factors = (
            Parameter::InitialFactor { underlying },
            Parameter::MaintenanceFactor { underlying },
        );
        let charges = ProductKind::ALL.into_iter().flat_map(move |kind| {
            PositionSide::ALL.map(|side| {
                let [initial, maintenance] = MarginLevel::ALL.map(|level| Parameter::Charge {
                    underlying,
                    kind,
                    level,
                    side,
                });
                (initial, maintenance)
            })
        });
        core::iter::once(factors).chain(charges)
    })
}

impl Parameter {
    /// All parameters of a market's policies: the margins, scenarios, terms of each underlying,
    /// then collateral, then the rest.
    pub fn all(market: &MarketShape) -> impl Iterator<Item = Self> + use<> {
        let scenarios = market.scenarios;
        let of_underlying = move |underlying| {
            let of_scenario = move |scenario| {
                [
                    Self::PriceShock {
                        underlying,
                        scenario,
                    },
                    Self::VolatilityShock {
                        underlying,
                        scenario,
                    },
                    Self::Weight {
                        underlying,
                        scenario,
                    },
                ]
            };
            let of_kind = move |kind| {
                [
                    Self::FeeRate { underlying, kind },
                    Self::PositionLimit { underlying, kind },
                    Self::OpenInterestCap { underlying, kind },
                ]
            };
            let rest = [
                Self::ShortPower { underlying },
                Self::LongPower { underlying },
                Self::VolatilityFloor { underlying },
                Self::JumpLimit { underlying },
            ];
            (0..scenarios)
                .flat_map(of_scenario)
                .chain(ProductKind::ALL.into_iter().flat_map(of_kind))
                .chain(rest)
        };
        let of_asset = |asset| {
            [
                Self::Haircut { asset },
                Self::PegPrice { asset },
                Self::PegSlope { asset },
            ]
        };
        let global = [
            Self::ProtocolShare,
            Self::PriceBand,
            Self::OptionBand,
            Self::FundingCap,
            Self::FundingInterval,
            Self::LiquidationRate,
        ];
        pairs_of_margins(market)
            .flat_map(|(initial, maintenance)| [initial, maintenance])
            .chain((0..market.underlyings).flat_map(of_underlying))
            .chain(collateral(market).flat_map(of_asset))
            .chain(global)
    }

    /// Its value in a policy; none where the policy has no such entry, or the asset no peg.
    ///
    /// A peg's price beyond 127 bits, which is far out of bounds, reads as the largest value.
    pub fn read(&self, policy: &Policy) -> Option<i128> {
        let of = |underlying: &u16| policy.underlyings.get(usize::from(*underlying));
        let scenario = |underlying: &u16, scenario: &u16| {
            let scenarios = &of(underlying)?.scenarios;
            scenarios.get(usize::from(*scenario))
        };
        let terms = |underlying: &u16, kind: &ProductKind| Some(of(underlying)?.terms(*kind));
        let peg = |asset: &u8| policy.pegs.get(usize::from(*asset)).copied().flatten();
        Some(match self {
            Self::InitialFactor { underlying } => of(underlying)?.initial_factor.get().into(),
            Self::MaintenanceFactor { underlying } => {
                of(underlying)?.maintenance_factor.get().into()
            }
            Self::PriceShock {
                underlying,
                scenario: s,
            } => scenario(underlying, s)?.price_shock.into(),
            Self::VolatilityShock {
                underlying,
                scenario: s,
            } => scenario(underlying, s)?.volatility_shock.into(),
            Self::Weight {
                underlying,
                scenario: s,
            } => scenario(underlying, s)?.weight.get().into(),
            Self::ShortPower { underlying } => of(underlying)?.scaling.short_power.get().into(),
            Self::LongPower { underlying } => of(underlying)?.scaling.long_power.get().into(),
            Self::VolatilityFloor { underlying } => of(underlying)?.scaling.floor_ms.get().into(),
            Self::Charge {
                underlying,
                kind,
                level,
                side,
            } => of(underlying)?
                .charges(*kind)
                .rate(*level, *side)
                .get()
                .into(),
            Self::FeeRate { underlying, kind } => terms(underlying, kind)?.fee_rate.get().into(),
            Self::PositionLimit { underlying, kind } => {
                terms(underlying, kind)?.position_limit.into()
            }
            Self::OpenInterestCap { underlying, kind } => {
                terms(underlying, kind)?.open_interest_cap.into()
            }
            Self::JumpLimit { underlying } => of(underlying)?.jump_limit.get().into(),
            Self::Haircut { asset } => (*policy.haircuts.get(usize::from(*asset))?).get().into(),
            Self::PegPrice { asset } => i128::try_from(peg(asset)?.price).unwrap_or(i128::MAX),
            Self::PegSlope { asset } => peg(asset)?.slope.get().into(),
            Self::ProtocolShare => policy.protocol_share.get().into(),
            Self::PriceBand => policy.price_band.get().into(),
            Self::OptionBand => policy.option_band.get().into(),
            Self::FundingCap => policy.funding_cap.get().into(),
            Self::FundingInterval => policy.funding_interval.get().into(),
            Self::LiquidationRate => policy.liquidation_rate.get().into(),
        })
    }

    /// The field that errors about it name.
    pub const fn field(&self) -> PolicyField {
        match self {
            Self::InitialFactor { .. } | Self::MaintenanceFactor { .. } => PolicyField::Factors,
            Self::PriceShock { .. } | Self::VolatilityShock { .. } | Self::Weight { .. } => {
                PolicyField::Scenarios
            }
            Self::ShortPower { .. } | Self::LongPower { .. } | Self::VolatilityFloor { .. } => {
                PolicyField::Scaling
            }
            Self::Charge { .. } => PolicyField::Charges,
            Self::FeeRate { .. } => PolicyField::FeeRate,
            Self::PositionLimit { .. } => PolicyField::PositionLimit,
            Self::OpenInterestCap { .. } => PolicyField::OpenInterestCap,
            Self::JumpLimit { .. } => PolicyField::JumpLimit,
            Self::Haircut { .. } => PolicyField::Haircuts,
            Self::PegPrice { .. } | Self::PegSlope { .. } => PolicyField::Pegs,
            Self::ProtocolShare => PolicyField::ProtocolShare,
            Self::PriceBand => PolicyField::PriceBand,
            Self::OptionBand => PolicyField::OptionBand,
            Self::FundingCap => PolicyField::FundingCap,
            Self::FundingInterval => PolicyField::FundingInterval,
            Self::LiquidationRate => PolicyField::LiquidationRate,
        }
    }
}

impl fmt::Display for Parameter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let terms = |kind: &ProductKind| match kind {
            ProductKind::Perpetual => "perpetual_terms",
            ProductKind::Option => "option_terms",
        };
        match self {
            Self::InitialFactor { underlying: u } => write!(f, "underlyings[{u}].initial_factor"),
            Self::MaintenanceFactor { underlying: u } => {
                write!(f, "underlyings[{u}].maintenance_factor")
            }
            Self::PriceShock {
                underlying: u,
                scenario: s,
            } => write!(f, "underlyings[{u}].scenarios[{s}].price_shock"),
            Self::VolatilityShock {
                underlying: u,
                scenario: s,
            } => write!(f, "underlyings[{u}].scenarios[{s}].volatility_shock"),
            Self::Weight {
                underlying: u,
                scenario: s,
            } => write!(f, "underlyings[{u}].scenarios[{s}].weight"),
            Self::ShortPower { underlying: u } => {
                write!(f, "underlyings[{u}].scaling.short_power")
            }
            Self::LongPower { underlying: u } => write!(f, "underlyings[{u}].scaling.long_power"),
            Self::VolatilityFloor { underlying: u } => {
                write!(f, "underlyings[{u}].scaling.floor_ms")
            }
            Self::Charge {
                underlying: u,
                kind,
                level,
                side,
            } => {
                let charges = match kind {
                    ProductKind::Perpetual => "charges",
                    ProductKind::Option => "option_charges",
                };
                let level = match level {
                    MarginLevel::Initial => "initial",
                    MarginLevel::Maintenance => "maintenance",
                };
                let side = match side {
                    PositionSide::Long => "long",
                    PositionSide::Short => "short",
                };
                write!(f, "underlyings[{u}].{charges}.{level}_{side}")
            }
            Self::FeeRate {
                underlying: u,
                kind,
            } => write!(f, "underlyings[{u}].{}.fee_rate", terms(kind)),
            Self::PositionLimit {
                underlying: u,
                kind,
            } => write!(f, "underlyings[{u}].{}.position_limit", terms(kind)),
            Self::OpenInterestCap {
                underlying: u,
                kind,
            } => write!(f, "underlyings[{u}].{}.open_interest_cap", terms(kind)),
            Self::JumpLimit { underlying: u } => write!(f, "underlyings[{u}].jump_limit"),
            Self::Haircut { asset } => write!(f, "haircuts[{asset}]"),
            Self::PegPrice { asset } => write!(f, "pegs[{asset}].price"),
            Self::PegSlope { asset } => write!(f, "pegs[{asset}].slope"),
            Self::ProtocolShare => f.write_str("protocol_share"),
            Self::PriceBand => f.write_str("price_band"),
            Self::OptionBand => f.write_str("option_band"),
            Self::FundingCap => f.write_str("funding_cap"),
            Self::FundingInterval => f.write_str("funding_interval"),
            Self::LiquidationRate => f.write_str("liquidation_rate"),
        }
    }
}

impl Policy {
    /// The parameters of the market that have another value in `other`, in the order of
    /// [`Parameter::all`].
    pub fn differences<'a>(
        &'a self,
        other: &'a Self,
        market: &MarketShape,
    ) -> impl Iterator<Item = Difference> + 'a {
        let difference = move |parameter: Parameter| {
            let (before, after) = (parameter.read(self), parameter.read(other));
            let difference = Difference {
                parameter,
                before,
                after,
            };
            (before != after).then_some(difference)
        };
        Parameter::all(market).filter_map(difference)
    }
}

impl UnderlyingPolicy {
    /// Charges per lot of a kind of contract.
    pub fn charges(&self, kind: ProductKind) -> &ChargeRates {
        match kind {
            ProductKind::Perpetual => &self.charges,
            ProductKind::Option => &self.option_charges,
        }
    }

    /// The trading terms of a kind of contract.
    pub fn terms(&self, kind: ProductKind) -> &TradingTerms {
        match kind {
            ProductKind::Perpetual => &self.perpetual_terms,
            ProductKind::Option => &self.option_terms,
        }
    }
}

impl ChargeRates {
    /// The rate of one margin and side.
    pub fn rate(&self, level: MarginLevel, side: PositionSide) -> Rate {
        match (level, side) {
            (MarginLevel::Initial, PositionSide::Long) => self.initial_long,
            (MarginLevel::Initial, PositionSide::Short) => self.initial_short,
            (MarginLevel::Maintenance, PositionSide::Long) => self.maintenance_long,
            (MarginLevel::Maintenance, PositionSide::Short) => self.maintenance_short,
        }
    }
}

#[cfg(test)]
mod tests;
