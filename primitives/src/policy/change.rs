//! Changes of the policy: what each sets.

mod admit;
mod error;

pub use admit::{Changed, Direction};
pub use error::{ChangeError, EntryList, Fault};

use super::{
    ChargeRates, MarginLevel, Parameter, Peg, Policy, PositionSide, ProductKind, TradingTerms,
    UnderlyingPolicy,
};
use crate::fixed::{Factor, Rate};
use crate::options::{ScenarioSpec, VolatilityScaling};
use crate::time::Millis;
use alloc::{vec, vec::Vec};
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use scale_info::TypeInfo;
use serde::{Deserialize, Serialize};

/// A new value of one parameter, or of those that only make sense together. Units are the policy's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[derive(
    Encode,
    Decode,
    DecodeWithMemTracking,
    MaxEncodedLen,
    TypeInfo,
    Serialize,
    Deserialize
)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub enum PolicyChange {
    /// Sets an underlying's [`UnderlyingPolicy::initial_factor`].
    InitialFactor {
        /// Underlying.
        underlying: u16,
        /// New value.
        value: Factor,
    },
    /// Sets an underlying's [`UnderlyingPolicy::maintenance_factor`].
    MaintenanceFactor {
        /// Underlying.
        underlying: u16,
        /// New value.
        value: Factor,
    },
    /// Replaces one scenario.
    Scenario {
        /// Underlying.
        underlying: u16,
        /// Index of the scenario.
        scenario: u16,
        /// New value.
        value: ScenarioSpec,
    },
    /// Replaces an underlying's [`UnderlyingPolicy::scaling`].
    Scaling {
        /// Underlying.
        underlying: u16,
        /// New value.
        value: VolatilityScaling,
    },
    /// Sets one of the [`ChargeRates`].
    Charge {
        /// Underlying.
        underlying: u16,
        /// Of perpetuals or of options.
        kind: ProductKind,
        /// Of initial or of maintenance margin.
        level: MarginLevel,
        /// Per lot held long or short.
        side: PositionSide,
        /// New value.
        value: Rate,
    },
    /// Sets [`TradingTerms::fee_rate`].
    FeeRate {
        /// Underlying.
        underlying: u16,
        /// Of perpetuals or of options.
        kind: ProductKind,
        /// New value.
        value: Rate,
    },
    /// Sets [`TradingTerms::position_limit`].
    PositionLimit {
        /// Underlying.
        underlying: u16,
        /// Of perpetuals or of options.
        kind: ProductKind,
        /// New value.
        value: u64,
    },
    /// Sets [`TradingTerms::open_interest_cap`].
    OpenInterestCap {
        /// Underlying.
        underlying: u16,
        /// Of perpetuals or of options.
        kind: ProductKind,
        /// New value.
        value: u64,
    },
    /// Sets an underlying's [`UnderlyingPolicy::jump_limit`].
    JumpLimit {
        /// Underlying.
        underlying: u16,
        /// New value.
        value: Rate,
    },
    /// Sets the haircut of a collateral asset.
    Haircut {
        /// Asset, from 1 on.
        asset: u8,
        /// New value.
        value: Rate,
    },
    /// Sets the peg of a collateral asset, or takes it away.
    Peg {
        /// Asset, from 1 on.
        asset: u8,
        /// New value.
        value: Option<Peg>,
    },
    /// Sets [`Policy::protocol_share`].
    ProtocolShare {
        /// New value.
        value: Rate,
    },
    /// Sets [`Policy::price_band`].
    PriceBand {
        /// New value.
        value: Rate,
    },
    /// Sets [`Policy::option_band`].
    OptionBand {
        /// New value.
        value: Rate,
    },
    /// Sets [`Policy::funding_cap`].
    FundingCap {
        /// New value.
        value: Rate,
    },
    /// Sets [`Policy::funding_interval`].
    FundingInterval {
        /// New value.
        value: Millis,
    },
    /// Sets [`Policy::liquidation_rate`].
    LiquidationRate {
        /// New value.
        value: Rate,
    },
}

impl PolicyChange {
    /// The parameters that it sets.
    pub fn parameters(&self) -> Vec<Parameter> {
        use Parameter as P;
        vec![match *self {
            Self::Scenario {
                underlying,
                scenario,
                ..
            } => {
                return vec![
                    P::PriceShock {
                        underlying,
                        scenario,
                    },
                    P::VolatilityShock {
                        underlying,
                        scenario,
                    },
                    P::Weight {
                        underlying,
                        scenario,
                    },
                ];
            }
            Self::Scaling { underlying, .. } => {
                return vec![
                    P::ShortPower { underlying },
                    P::LongPower { underlying },
                    P::VolatilityFloor { underlying },
                ];
            }
            Self::Peg { asset, .. } => return vec![P::PegPrice { asset }, P::PegSlope { asset }],
            Self::InitialFactor { underlying, .. } => P::InitialFactor { underlying },
            Self::MaintenanceFactor { underlying, .. } => P::MaintenanceFactor { underlying },
            Self::Charge {
                underlying,
                kind,
                level,
                side,
                ..
            } => P::Charge {
                underlying,
                kind,
                level,
                side,
            },
            Self::FeeRate {
                underlying, kind, ..
            } => P::FeeRate { underlying, kind },
            Self::PositionLimit {
                underlying, kind, ..
            } => P::PositionLimit { underlying, kind },
            Self::OpenInterestCap {
                underlying, kind, ..
            } => P::OpenInterestCap { underlying, kind },
            Self::JumpLimit { underlying, .. } => P::JumpLimit { underlying },
            Self::Haircut { asset, .. } => P::Haircut { asset },
            Self::ProtocolShare { .. } => P::ProtocolShare,
            Self::PriceBand { .. } => P::PriceBand,
            Self::OptionBand { .. } => P::OptionBand,
            Self::FundingCap { .. } => P::FundingCap,
            Self::FundingInterval { .. } => P::FundingInterval,
            Self::LiquidationRate { .. } => P::LiquidationRate,
        }]
    }

    /// Sets its values; none, and nothing set, if the policy has no such entry.
    fn write(&self, policy: &mut Policy) -> Option<()> {
        fn of(policy: &mut Policy, underlying: u16) -> Option<&mut UnderlyingPolicy> {
            policy.underlyings.get_mut(usize::from(underlying))
        }
        match *self {
            Self::InitialFactor { underlying, value } => {
                of(policy, underlying)?.initial_factor = value;
            }
            Self::MaintenanceFactor { underlying, value } => {
                of(policy, underlying)?.maintenance_factor = value;
            }
            Self::Scenario {
                underlying,
                scenario,
                value,
            } => {
                let scenarios = &mut of(policy, underlying)?.scenarios;
                *scenarios.get_mut(usize::from(scenario))? = value;
            }
            Self::Scaling { underlying, value } => of(policy, underlying)?.scaling = value,
            Self::Charge {
                underlying,
                kind,
                level,
                side,
                value,
            } => {
                let charges = of(policy, underlying)?.charges_mut(kind);
                *charges.rate_mut(level, side) = value;
            }
            Self::FeeRate {
                underlying,
                kind,
                value,
            } => of(policy, underlying)?.terms_mut(kind).fee_rate = value,
            Self::PositionLimit {
                underlying,
                kind,
                value,
            } => of(policy, underlying)?.terms_mut(kind).position_limit = value,
            Self::OpenInterestCap {
                underlying,
                kind,
                value,
            } => of(policy, underlying)?.terms_mut(kind).open_interest_cap = value,
            Self::JumpLimit { underlying, value } => of(policy, underlying)?.jump_limit = value,
            Self::Haircut { asset, value } => *policy.haircuts.get_mut(usize::from(asset))? = value,
            Self::Peg { asset, value } => *policy.pegs.get_mut(usize::from(asset))? = value,
            Self::ProtocolShare { value } => policy.protocol_share = value,
            Self::PriceBand { value } => policy.price_band = value,
            Self::OptionBand { value } => policy.option_band = value,
            Self::FundingCap { value } => policy.funding_cap = value,
            Self::FundingInterval { value } => policy.funding_interval = value,
            Self::LiquidationRate { value } => policy.liquidation_rate = value,
        }
        Some(())
    }
}

impl UnderlyingPolicy {
    fn charges_mut(&mut self, kind: ProductKind) -> &mut ChargeRates {
        match kind {
            ProductKind::Perpetual => &mut self.charges,
            ProductKind::Option => &mut self.option_charges,
        }
    }

    fn terms_mut(&mut self, kind: ProductKind) -> &mut TradingTerms {
        match kind {
            ProductKind::Perpetual => &mut self.perpetual_terms,
            ProductKind::Option => &mut self.option_terms,
        }
    }
}

impl ChargeRates {
    fn rate_mut(&mut self, level: MarginLevel, side: PositionSide) -> &mut Rate {
        match (level, side) {
            (MarginLevel::Initial, PositionSide::Long) => &mut self.initial_long,
            (MarginLevel::Initial, PositionSide::Short) => &mut self.initial_short,
            (MarginLevel::Maintenance, PositionSide::Long) => &mut self.maintenance_long,
            (MarginLevel::Maintenance, PositionSide::Short) => &mut self.maintenance_short,
        }
    }
}

#[cfg(test)]
mod tests;
