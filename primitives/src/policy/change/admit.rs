//! Whether a list of changes is admitted, and which way it goes.

use super::{ChangeError, EntryList, Fault, PolicyChange};
use crate::policy::{
    Parameter, Policy,
    check::{Broken, counted_move},
};
use crate::shape::MarketShape;
use alloc::collections::BTreeMap;
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use scale_info::TypeInfo;
use serde::{Deserialize, Serialize};

/// Which way a change goes.
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
#[serde(rename_all = "camelCase")]
pub enum Direction {
    /// Every parameter that changes goes the way that is sure to tighten.
    Tightens,
    /// Any other change.
    Loosens,
}

/// A policy after a list of changes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Changed {
    /// The policy after all of them.
    pub policy: Policy,
    /// Which way it differs from the one before.
    pub direction: Direction,
}

impl Policy {
    /// The policy after a list of changes, taken together, and which way it goes.
    ///
    /// Refused, with the parameter, its limit and its present value: an entry that the market does
    /// not have; a parameter set twice; a value out of its bounds or further from the present one
    /// than one change may go; a rule between fields that does not hold after all changes; a list
    /// that changes nothing; one after which nothing trades any more ([`Policy::halted_by`]).
    pub fn with_changes(
        &self,
        changes: &[PolicyChange],
        market: &MarketShape,
    ) -> Result<Changed, ChangeError> {
        self.check_lengths(market)?;
        let mut policy = self.clone();
        let mut set = BTreeMap::new();
        for (index, change) in (0..).zip(changes) {
            let parameters = change.parameters();
            for parameter in &parameters {
                let refused = |fault| ChangeError::refused(index, *parameter, self, &policy, fault);
                parameter.entry(market).map_err(refused)?;
                if let Some(first) = set.insert(*parameter, index) {
                    return Err(refused(Fault::Repeated { first }));
                }
            }
            change.write(&mut policy);
            for parameter in parameters {
                let refused = |fault| ChangeError::refused(index, parameter, self, &policy, fault);
                let (before, after) = (parameter.read(self), parameter.read(&policy));
                parameter.judge(before, after).map_err(refused)?;
            }
        }
        if let Some(broken) = policy.broken_rule(market) {
            // The rule held before, so that something it is about was changed.
            let involved = set
                .iter()
                .filter(|(parameter, _)| broken.involves(parameter));
            if let Some((parameter, index)) = involved.max_by_key(|(_, index)| **index) {
                let fault = broken.fault(&policy);
                let refused = ChangeError::refused(*index, *parameter, self, &policy, fault);
                return Err(refused);
            }
        }
        policy.check(market)?;
        let mut direction = None;
        for moved in self.differences(&policy, market) {
            let descriptor = moved.parameter.descriptor();
            let tightens = descriptor.tightens(moved.before, moved.after);
            if !tightens {
                direction = Some(Direction::Loosens);
                break;
            }
            direction = Some(Direction::Tightens);
        }
        let direction = direction.ok_or(ChangeError::Nothing)?;
        if let Some(kind) = self.halted_by(&policy) {
            return Err(ChangeError::HaltsEveryMarket { kind });
        }
        Ok(Changed { policy, direction })
    }

    /// Refuses a list of changes which leaves a parameter further from its value in this policy,
    /// the one in force, than one change may go. `after` is the policy once the list and all that
    /// takes effect before it has: so changes that wait together add up to no more than one step.
    pub fn within_a_step(&self, changes: &[PolicyChange], after: &Self) -> Result<(), ChangeError> {
        for (index, change) in (0..).zip(changes) {
            for parameter in change.parameters() {
                let judged = parameter.judge(parameter.read(self), parameter.read(after));
                judged
                    .map_err(|fault| ChangeError::refused(index, parameter, self, after, fault))?;
            }
        }
        Ok(())
    }
}

impl Parameter {
    /// Refuses one that the market does not have.
    fn entry(&self, market: &MarketShape) -> Result<(), Fault> {
        let within = |index: u16, list, first: u16, count: u16| {
            let known = (first..count).contains(&index);
            let last = count.saturating_sub(1);
            let missing = Fault::NoSuchEntry { list, first, last };
            if known { Ok(()) } else { Err(missing) }
        };
        let (underlying, scenario) = match *self {
            Self::Haircut { asset } | Self::PegPrice { asset } | Self::PegSlope { asset } => {
                return within(asset.into(), EntryList::Collateral, 1, market.assets);
            }
            Self::PriceShock {
                underlying,
                scenario,
            }
            | Self::VolatilityShock {
                underlying,
                scenario,
            }
            | Self::Weight {
                underlying,
                scenario,
            } => (underlying, Some(scenario)),
            Self::InitialFactor { underlying }
            | Self::MaintenanceFactor { underlying }
            | Self::ShortPower { underlying }
            | Self::LongPower { underlying }
            | Self::VolatilityFloor { underlying }
            | Self::Charge { underlying, .. }
            | Self::FeeRate { underlying, .. }
            | Self::PositionLimit { underlying, .. }
            | Self::OpenInterestCap { underlying, .. }
            | Self::JumpLimit { underlying } => (underlying, None),
            Self::ProtocolShare
            | Self::PriceBand
            | Self::OptionBand
            | Self::FundingCap
            | Self::FundingInterval
            | Self::LiquidationRate => return Ok(()),
        };
        within(underlying, EntryList::Underlyings, 0, market.underlyings)?;
        let scenario = scenario.unwrap_or_default();
        within(scenario, EntryList::Scenarios, 0, market.scenarios)
    }

    /// Refuses a value out of its bounds, or too far from the present one. A peg that comes or goes
    /// has no step.
    fn judge(&self, before: Option<i128>, after: Option<i128>) -> Result<(), Fault> {
        let Some(after) = after else { return Ok(()) };
        let descriptor = self.descriptor();
        if !descriptor.admits(after) {
            let (low, high) = (descriptor.low, descriptor.high);
            return Err(Fault::OutOfBounds { low, high });
        }
        match before.map(|before| descriptor.reach(before)) {
            Some((low, high)) if !(low..=high).contains(&after) => {
                Err(Fault::StepTooLarge { low, high })
            }
            _ => Ok(()),
        }
    }
}

impl Broken {
    /// The error with which a change that breaks the rule is refused.
    fn fault(&self, after: &Policy) -> Fault {
        let value = |parameter: &Parameter| parameter.read(after).unwrap_or_default();
        match self {
            Self::BelowMaintenance {
                initial,
                maintenance,
            } => Fault::InitialBelowMaintenance {
                initial: value(initial),
                maintenance: value(maintenance),
            },
            Self::OneSided { .. } => Fault::OneSided,
            Self::CountedMove {
                underlying,
                scenario,
            } => {
                let of = after.underlyings.get(usize::from(*underlying));
                let spec = of.and_then(|of| of.scenarios.get(usize::from(*scenario)));
                let counted = spec.map(counted_move).unwrap_or_default();
                Fault::CountedMove { counted }
            }
        }
    }
}
