//! The rules of a sound policy: lists that fit the market, values within their bounds, and the
//! rules between fields.

use super::error::{PolicyError, PolicyField};
use super::parameter::{Parameter, pairs_of_margins};
use super::{ONE_FACTOR, Policy};
use crate::fixed::{FACTOR_BITS, Rate};
use crate::options::ScenarioSpec;
use crate::shape::MarketShape;

/// The outermost moves may count for at most 90 % of the mark, in fractions of 2^32.
pub(super) const LARGEST_MOVE: u64 = (ONE_FACTOR as u64 * 9 / 10) << FACTOR_BITS;

/// The part of a scenario's price move that counts, in fractions of 2^32 of the mark.
pub(super) fn counted_move(scenario: &ScenarioSpec) -> u64 {
    u64::from(scenario.price_shock.unsigned_abs()).saturating_mul(scenario.weight.get().into())
}

/// A rule between fields that a policy breaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Broken {
    /// The initial margin of a pair is below the maintenance margin.
    BelowMaintenance {
        initial: Parameter,
        maintenance: Parameter,
    },
    /// More than [`LARGEST_MOVE`] of a scenario counts.
    CountedMove { underlying: u16, scenario: u16 },
    /// All price shocks of an underlying that are not 0 go the same way, or there are none.
    OneSided { underlying: u16 },
}

impl Broken {
    /// Returns true if another value of `parameter` could fix it.
    pub(super) fn involves(&self, parameter: &Parameter) -> bool {
        match (*self, *parameter) {
            (
                Self::BelowMaintenance {
                    initial,
                    maintenance,
                },
                parameter,
            ) => parameter == initial || parameter == maintenance,
            (
                Self::CountedMove {
                    underlying,
                    scenario,
                },
                Parameter::PriceShock {
                    underlying: u,
                    scenario: s,
                }
                | Parameter::Weight {
                    underlying: u,
                    scenario: s,
                },
            ) => (underlying, scenario) == (u, s),
            (Self::OneSided { underlying }, Parameter::PriceShock { underlying: u, .. }) => {
                underlying == u
            }
            _ => false,
        }
    }
}

impl From<Broken> for PolicyError {
    fn from(broken: Broken) -> Self {
        match broken {
            Broken::BelowMaintenance { .. } => Self::InitialBelowMaintenance,
            Broken::CountedMove { .. } | Broken::OneSided { .. } => {
                Self::Bounds(PolicyField::Scenarios)
            }
        }
    }
}

impl Policy {
    /// Hard bounds and cross-field checks.
    pub fn check(&self, market: &MarketShape) -> Result<(), PolicyError> {
        self.check_lengths(market)?;
        if self.haircuts.first() != Some(&Rate::new(0)) {
            return Err(PolicyError::Bounds(PolicyField::Haircuts));
        }
        if self.pegs.first() != Some(&None) {
            return Err(PolicyError::Bounds(PolicyField::Pegs));
        }
        for parameter in Parameter::all(market) {
            let value = parameter.read(self);
            if value.is_some_and(|value| !parameter.descriptor().admits(value)) {
                return Err(PolicyError::Bounds(parameter.field()));
            }
        }
        self.broken_rule(market).map_or(Ok(()), |b| Err(b.into()))
    }

    pub(super) fn check_lengths(&self, market: &MarketShape) -> Result<(), PolicyError> {
        let fits = |length: usize, wanted: u16, field| match length == usize::from(wanted) {
            true => Ok(()),
            false => Err(PolicyError::Length(field)),
        };
        fits(
            self.underlyings.len(),
            market.underlyings,
            PolicyField::Underlyings,
        )?;
        fits(self.haircuts.len(), market.assets, PolicyField::Haircuts)?;
        fits(self.pegs.len(), market.assets, PolicyField::Pegs)?;
        for underlying in &self.underlyings {
            let scenarios = underlying.scenarios.len();
            fits(scenarios, market.scenarios, PolicyField::Scenarios)?;
        }
        Ok(())
    }

    /// The first rule between fields that does not hold.
    pub(super) fn broken_rule(&self, market: &MarketShape) -> Option<Broken> {
        let mut pairs = pairs_of_margins(market);
        let below =
            pairs.find(|(initial, maintenance)| initial.read(self) < maintenance.read(self));
        if let Some((initial, maintenance)) = below {
            return Some(Broken::BelowMaintenance {
                initial,
                maintenance,
            });
        }
        for (underlying, policy) in (0..).zip(&self.underlyings) {
            let scenarios = &policy.scenarios;
            let large = (0..)
                .zip(scenarios)
                .find(|(_, s)| counted_move(s) > LARGEST_MOVE);
            if let Some((scenario, _)) = large {
                return Some(Broken::CountedMove {
                    underlying,
                    scenario,
                });
            }
            let moves = |way: i32| scenarios.iter().any(|s| s.price_shock.signum() == way);
            if !moves(1) || !moves(-1) {
                return Some(Broken::OneSided { underlying });
            }
        }
        None
    }
}

#[cfg(test)]
mod tests;
