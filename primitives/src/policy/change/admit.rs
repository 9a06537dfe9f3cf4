//! Admission of a list of changes, and the direction of the change.

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
    /// The policy after all changes of the list.
    pub policy: Policy,
    /// The direction in which it differs from the policy before.
    pub direction: Direction,
}

impl Policy {
    /// Returns the policy after a list of changes, taken together, and the direction of the change.
    ///
    /// A refusal names the parameter, its limit and its present value. These lists are refused: a
    /// list with an entry that the market does not have; with a parameter that is set twice; with a
    /// value out of its bounds, or further from the present one than one change may go; after which
    /// a rule between fields does not hold; that changes nothing; and after which no instrument
    /// trades any more ([`Policy::halted_by`]).
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
            // The rule held before, so one of its parameters was changed.
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

    /// Refuses a list of changes that leaves a parameter further from its value in this policy, the
    /// one in force, than one change may go. `after` is the policy once the list, and all changes
    /// that take effect before it, are in force. So the changes that are scheduled together add up
    /// to at most one step.
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
    /// Refuses a parameter that the market does not have.
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

    /// Refuses a value that is out of its bounds or too far from the present one. The limit on one
    /// step does not apply to a peg that is introduced or removed.
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
    /// Returns the error with which a change that breaks the rule is refused.
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
