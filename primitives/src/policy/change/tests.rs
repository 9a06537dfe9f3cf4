#![allow(clippy::unwrap_used)]

mod tightening;

use super::*;
use crate::{
    fixed::{Factor, Rate},
    policy::{PolicyError, PolicyField, Tightening},
    shape::MarketShape,
};
use alloc::{collections::BTreeSet, format, string::ToString};
use proptest::{prelude::*, test_runner::RngSeed};

pub(super) const MARKET: MarketShape = MarketShape::REFERENCE;
const ONE: u32 = 1 << 16;

impl Policy {
    /// The changes that make this policy into `other`, which must be of the same market.
    fn changes_to(&self, other: &Self) -> Vec<PolicyChange> {
        let differs = |change: &PolicyChange| {
            let mut parameters = change.parameters().into_iter();
            parameters.any(|p| p.read(self) != p.read(other))
        };
        other.as_changes().into_iter().filter(differs).collect()
    }

    /// The changes that set all that a change can set to what it is.
    fn as_changes(&self) -> Vec<PolicyChange> {
        use PolicyChange as C;
        let mut changes = Vec::new();
        for (underlying, policy) in (0..).zip(&self.underlyings) {
            changes.push(C::InitialFactor {
                underlying,
                value: policy.initial_factor,
            });
            changes.push(C::MaintenanceFactor {
                underlying,
                value: policy.maintenance_factor,
            });
            for (scenario, value) in (0..).zip(&policy.scenarios) {
                changes.push(C::Scenario {
                    underlying,
                    scenario,
                    value: *value,
                });
            }
            changes.push(C::Scaling {
                underlying,
                value: policy.scaling,
            });
            for kind in ProductKind::ALL {
                for level in MarginLevel::ALL {
                    changes.extend(PositionSide::ALL.map(|side| C::Charge {
                        underlying,
                        kind,
                        level,
                        side,
                        value: policy.charges(kind).rate(level, side),
                    }));
                }
                let terms = policy.terms(kind);
                changes.push(C::FeeRate {
                    underlying,
                    kind,
                    value: terms.fee_rate,
                });
                changes.push(C::PositionLimit {
                    underlying,
                    kind,
                    value: terms.position_limit,
                });
                changes.push(C::OpenInterestCap {
                    underlying,
                    kind,
                    value: terms.open_interest_cap,
                });
            }
            changes.push(C::JumpLimit {
                underlying,
                value: policy.jump_limit,
            });
        }
        let collateral = self.haircuts.iter().zip(&self.pegs).skip(1);
        for (asset, (haircut, peg)) in (1..=u8::MAX).zip(collateral) {
            changes.push(C::Haircut {
                asset,
                value: *haircut,
            });
            changes.push(C::Peg { asset, value: *peg });
        }
        changes.extend([
            C::ProtocolShare {
                value: self.protocol_share,
            },
            C::PriceBand {
                value: self.price_band,
            },
            C::OptionBand {
                value: self.option_band,
            },
            C::FundingCap {
                value: self.funding_cap,
            },
            C::FundingInterval {
                value: self.funding_interval,
            },
            C::LiquidationRate {
                value: self.liquidation_rate,
            },
        ]);
        changes
    }
}

/// The development policy with a peg of a dollar on every collateral asset.
pub(super) fn base() -> Policy {
    let mut policy = Policy::development(&MARKET);
    let peg = Peg {
        price: 1_000_000 << 32,
        slope: Factor::new(2 * ONE),
    };
    policy.pegs[1..].fill(Some(peg));
    policy
}

/// The change that gives one parameter of a policy a value; none if its type does not hold it.
pub(super) fn setting(policy: &Policy, parameter: Parameter, value: i128) -> Option<PolicyChange> {
    let of_parameter = |change: &PolicyChange| change.parameters().contains(&parameter);
    let mut change = policy.as_changes().into_iter().find(of_parameter).unwrap();
    let bits = || u32::try_from(value).ok();
    use PolicyChange as C;
    match (&mut change, parameter) {
        (C::Scenario { value: spec, .. }, Parameter::PriceShock { .. }) => {
            spec.price_shock = value.try_into().ok()?;
        }
        (C::Scenario { value: spec, .. }, Parameter::VolatilityShock { .. }) => {
            spec.volatility_shock = value.try_into().ok()?;
        }
        (C::Scenario { value: spec, .. }, _) => spec.weight = Factor::new(bits()?),
        (C::Scaling { value: scaling, .. }, Parameter::ShortPower { .. }) => {
            scaling.short_power = Factor::new(bits()?);
        }
        (C::Scaling { value: scaling, .. }, Parameter::LongPower { .. }) => {
            scaling.long_power = Factor::new(bits()?);
        }
        (C::Scaling { value: scaling, .. }, _) => {
            scaling.floor_ms = Millis::new(value.try_into().ok()?);
        }
        (C::Peg { value: peg, .. }, Parameter::PegPrice { .. }) => {
            peg.as_mut().unwrap().price = value.try_into().ok()?;
        }
        (C::Peg { value: peg, .. }, _) => peg.as_mut().unwrap().slope = Factor::new(bits()?),
        (C::PositionLimit { value: lots, .. } | C::OpenInterestCap { value: lots, .. }, _) => {
            *lots = value.try_into().ok()?;
        }
        (C::FundingInterval { value: time }, _) => *time = Millis::new(value.try_into().ok()?),
        (C::InitialFactor { value, .. } | C::MaintenanceFactor { value, .. }, _) => {
            *value = Factor::new(bits()?);
        }
        (
            C::Charge { value, .. }
            | C::FeeRate { value, .. }
            | C::JumpLimit { value, .. }
            | C::Haircut { value, .. }
            | C::ProtocolShare { value }
            | C::PriceBand { value }
            | C::OptionBand { value }
            | C::FundingCap { value }
            | C::LiquidationRate { value },
            _,
        ) => *value = Rate::new(bits()?),
    }
    Some(change)
}

fn fault(policy: &Policy, changes: &[PolicyChange]) -> (u32, Parameter, Option<i128>, Fault) {
    match policy.with_changes(changes, &MARKET).unwrap_err() {
        ChangeError::Refused {
            change,
            parameter,
            present,
            fault,
            ..
        } => (change, parameter, present, fault),
        other => panic!("{other}"),
    }
}

#[test]
fn changes_set_every_parameter_once() {
    let changes = base().as_changes();
    let set: Vec<_> = changes.iter().flat_map(PolicyChange::parameters).collect();
    let distinct: BTreeSet<_> = set.iter().copied().collect();
    assert_eq!(set.len(), distinct.len());
    assert_eq!(distinct, Parameter::all(&MARKET).collect());
}

#[test]
fn each_parameter_is_refused_beyond_its_bounds_with_its_name_and_present_value() {
    let policy = base();
    for parameter in Parameter::all(&MARKET) {
        let descriptor = parameter.descriptor();
        let (low, high) = (descriptor.low, descriptor.high);
        for proposed in [low - 1, high + 1] {
            let Some(change) = setting(&policy, parameter, proposed) else {
                // Only where the type ends at the bound itself.
                assert!(proposed == -1 || parameter.field() == PolicyField::Haircuts);
                continue;
            };
            let refused = policy.with_changes(&[change], &MARKET).unwrap_err();
            let expected = ChangeError::Refused {
                change: 0,
                parameter,
                present: parameter.read(&policy),
                proposed: Some(proposed),
                fault: Fault::OutOfBounds { low, high },
            };
            assert_eq!(refused, expected, "{parameter} {proposed}");
            let text = refused.to_string();
            let now = format!("; now {}", parameter.read(&policy).unwrap());
            for part in [parameter.to_string(), high.to_string(), now] {
                assert!(text.contains(&part), "{text}");
            }
        }
    }
}

/// The outermost value that one change may give each parameter is admitted, or breaks a rule
/// between fields; one more is refused. Ends of the reach go the way that the descriptor says.
#[test]
fn each_parameter_has_its_largest_step_and_its_direction() {
    let policy = base();
    for parameter in Parameter::all(&MARKET) {
        let (descriptor, present) = (parameter.descriptor(), parameter.read(&policy).unwrap());
        let (low, high) = descriptor.reach(present);
        let ends = [(low, -1, Tightening::Down), (high, 1, Tightening::Up)];
        for (end, outwards, way) in ends {
            let change = setting(&policy, parameter, end).unwrap();
            let direction = match descriptor.tightens == way {
                true => Direction::Tightens,
                false => Direction::Loosens,
            };
            match policy.with_changes(&[change], &MARKET) {
                Ok(changed) => {
                    assert_eq!(parameter.read(&changed.policy), Some(end), "{parameter}");
                    assert_eq!(changed.direction, direction, "{parameter} {end}");
                    assert_eq!(policy.differences(&changed.policy, &MARKET).count(), 1);
                }
                Err(ChangeError::Nothing) => assert_eq!(end, present, "{parameter}"),
                Err(ChangeError::Refused { fault, .. }) => {
                    let between_fields = matches!(
                        fault,
                        Fault::InitialBelowMaintenance { .. } | Fault::CountedMove { .. }
                    );
                    assert!(between_fields, "{parameter} {end}: {fault:?}");
                }
                Err(other) => panic!("{parameter} {end}: {other}"),
            }
            let beyond = end + outwards;
            if descriptor.admits(beyond) {
                let change = setting(&policy, parameter, beyond).unwrap();
                let expected = (
                    0,
                    parameter,
                    Some(present),
                    Fault::StepTooLarge { low, high },
                );
                assert_eq!(fault(&policy, &[change]), expected);
            }
        }
    }
}

#[test]
fn entries_that_the_market_does_not_have_are_refused() {
    let policy = base();
    let (value, rate) = (Factor::new(ONE), Rate::new(ONE));
    let spec = policy.underlyings[0].scenarios[0];
    let (underlyings, scenarios) = (EntryList::Underlyings, EntryList::Scenarios);
    let collateral = EntryList::Collateral;
    for (change, list, first, last) in [
        (
            PolicyChange::InitialFactor {
                underlying: 4,
                value,
            },
            underlyings,
            0,
            3,
        ),
        (
            PolicyChange::JumpLimit {
                underlying: u16::MAX,
                value: rate,
            },
            underlyings,
            0,
            3,
        ),
        (
            PolicyChange::Scenario {
                underlying: 0,
                scenario: 16,
                value: spec,
            },
            scenarios,
            0,
            15,
        ),
        (
            PolicyChange::Haircut {
                asset: 4,
                value: rate,
            },
            collateral,
            1,
            3,
        ),
        // The quote has neither.
        (
            PolicyChange::Haircut {
                asset: 0,
                value: rate,
            },
            collateral,
            1,
            3,
        ),
        (
            PolicyChange::Peg {
                asset: 0,
                value: None,
            },
            collateral,
            1,
            3,
        ),
    ] {
        let known = PolicyChange::ProtocolShare {
            value: Rate::new(1 << 29),
        };
        let (index, parameter, _, found) = fault(&policy, &[known, change]);
        assert_eq!(
            (index, found),
            (1, Fault::NoSuchEntry { list, first, last })
        );
        assert_eq!(Some(&parameter), change.parameters().first());
    }
}

#[test]
fn a_parameter_is_set_once_and_something_must_change() {
    let policy = base();
    let share = |value| PolicyChange::ProtocolShare { value };
    let (index, parameter, _, found) = fault(
        &policy,
        &[share(Rate::new(1 << 29)), share(Rate::new(1 << 29))],
    );
    assert_eq!((index, found), (1, Fault::Repeated { first: 0 }));
    assert_eq!(parameter, Parameter::ProtocolShare);
    let nothing = [share(policy.protocol_share)];
    for list in [&nothing[..], &[]] {
        let refused = policy.with_changes(list, &MARKET);
        assert_eq!(refused, Err(ChangeError::Nothing));
    }
}

#[test]
fn rules_between_fields_are_judged_after_all_changes() {
    let policy = base();
    let underlying = 1;
    let initial = PolicyChange::InitialFactor {
        underlying,
        value: Factor::new(ONE * 3 / 2),
    };
    let maintenance = PolicyChange::MaintenanceFactor {
        underlying,
        value: Factor::new(ONE * 5 / 4),
    };
    let more = PolicyChange::MaintenanceFactor {
        underlying,
        value: Factor::new(ONE * 5 / 4 + 1),
    };
    let both = policy.with_changes(&[maintenance, initial], &MARKET);
    assert_eq!(both.unwrap().direction, Direction::Tightens);
    // Initial margin falls below what maintenance margin becomes: the later of the two is named.
    let lower = PolicyChange::InitialFactor {
        underlying,
        value: Factor::new(ONE * 5 / 4 - 1),
    };
    let (index, parameter, present, found) = fault(&policy, &[lower, maintenance]);
    assert_eq!((index, present), (1, Some(ONE.into())));
    assert_eq!(parameter, Parameter::MaintenanceFactor { underlying });
    let (initial, maintenance) = (i128::from(ONE) * 5 / 4 - 1, i128::from(ONE) * 5 / 4);
    let expected = Fault::InitialBelowMaintenance {
        initial,
        maintenance,
    };
    assert_eq!(found, expected);
    assert!(matches!(
        fault(&policy, &[more]).3,
        Fault::StepTooLarge { .. }
    ));
}

#[test]
fn scenarios_keep_both_ways_and_count_for_nine_tenths() {
    let mut policy = base();
    let specs = &mut policy.underlyings[0].scenarios;
    // One scenario down, the least; all others up.
    for (index, spec) in specs.iter_mut().enumerate() {
        spec.price_shock = if index == 3 { -1 } else { 5 };
    }
    specs[7] = ScenarioSpec {
        price_shock: (ONE * 9 / 5) as i32,
        volatility_shock: 0,
        weight: Factor::new(ONE / 2),
    };
    policy.check(&MARKET).unwrap();
    let change = |scenario, value| PolicyChange::Scenario {
        underlying: 0,
        scenario,
        value,
    };
    let specs = &policy.underlyings[0].scenarios;
    let up = ScenarioSpec {
        price_shock: 5,
        ..specs[3]
    };
    let (_, parameter, present, found) = fault(&policy, &[change(3, up)]);
    assert_eq!((present, found), (Some(-1), Fault::OneSided));
    let named = Parameter::PriceShock {
        underlying: 0,
        scenario: 3,
    };
    assert_eq!(parameter, named);
    let heavier = ScenarioSpec {
        weight: Factor::new(ONE * 5 / 8),
        ..specs[7]
    };
    let found = fault(&policy, &[change(7, heavier)]).3;
    let counted = u64::from(ONE * 9 / 5) * u64::from(ONE * 5 / 8);
    assert_eq!(found, Fault::CountedMove { counted });
}

#[test]
fn what_halts_every_market_is_refused_and_one_short_of_it_is_not() {
    let mut policy = base();
    for underlying in &mut policy.underlyings {
        underlying.option_terms.open_interest_cap = 2;
    }
    let closing = |underlying| PolicyChange::OpenInterestCap {
        underlying,
        kind: ProductKind::Option,
        value: 1,
    };
    let all: Vec<_> = (0..4).map(closing).collect();
    let kind = ProductKind::Option;
    assert_eq!(
        policy.with_changes(&all, &MARKET),
        Err(ChangeError::HaltsEveryMarket { kind })
    );
    let most = policy.with_changes(&all[..3], &MARKET).unwrap();
    assert_eq!(most.direction, Direction::Tightens);
    // Each change may be harmless, and the last of them not.
    let last = most.policy.with_changes(&all[3..], &MARKET);
    assert_eq!(last, Err(ChangeError::HaltsEveryMarket { kind }));
}

#[test]
fn an_unsound_policy_cannot_be_changed() {
    let change = [PolicyChange::ProtocolShare {
        value: Rate::new(1 << 29),
    }];
    let mut short = base();
    short.pegs.pop();
    let expected = PolicyError::Length(PolicyField::Pegs);
    assert_eq!(
        short.with_changes(&change, &MARKET),
        Err(ChangeError::Policy(expected))
    );
    let mut wide = base();
    wide.funding_cap = Rate::MAX;
    let expected = PolicyError::Bounds(PolicyField::FundingCap);
    assert_eq!(
        wide.with_changes(&change, &MARKET),
        Err(ChangeError::Policy(expected))
    );
}

#[test]
fn a_peg_that_comes_or_goes_has_no_step_and_loosens() {
    let with = base();
    let mut without = with.clone();
    without.pegs[2] = None;
    for (before, after) in [(&with, &without), (&without, &with)] {
        let changes = before.changes_to(after);
        assert_eq!(changes.len(), 1);
        let changed = before.with_changes(&changes, &MARKET).unwrap();
        assert_eq!(&changed.policy, after);
        assert_eq!(changed.direction, Direction::Loosens);
    }
}

#[test]
fn changes_have_one_text() {
    let change = PolicyChange::Charge {
        underlying: 2,
        kind: ProductKind::Option,
        level: MarginLevel::Initial,
        side: PositionSide::Short,
        value: Rate::new(7),
    };
    let text =
        r#"{"charge":{"underlying":2,"kind":"option","level":"initial","side":"short","value":7}}"#;
    assert_eq!(serde_json::to_string(&change).unwrap(), text);
    for change in base().as_changes() {
        let text = serde_json::to_string(&change).unwrap();
        assert_eq!(serde_json::from_str::<PolicyChange>(&text).unwrap(), change);
    }
    let unknown = r#"{"haircut":{"asset":1,"value":7,"x":1}}"#;
    assert!(serde_json::from_str::<PolicyChange>(unknown).is_err());
}

/// A few changes of random parameters, anywhere a little beyond what one change may do.
pub(super) fn some_changes() -> impl Strategy<Value = Vec<PolicyChange>> {
    let count = Parameter::all(&MARKET).count();
    let one = (0..count, -0.2..1.2f64);
    proptest::collection::vec(one, 1..6).prop_map(|picks| {
        let mut policy = base();
        let target = base();
        for (index, at) in picks {
            let parameter = Parameter::all(&MARKET).nth(index).unwrap();
            let present = parameter.read(&target).unwrap();
            let (low, high) = parameter.descriptor().reach(present);
            let value = low + ((high - low) as f64 * at) as i128;
            if let Some(change) = setting(&policy, parameter, value) {
                change.write(&mut policy);
            }
        }
        target.changes_to(&policy)
    })
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 1_000,
        failure_persistence: None,
        rng_seed: RngSeed::Fixed(20_261_125),
        ..Default::default()
    })]

    #[test]
    fn changes_are_refused_or_leave_a_sound_policy(changes in some_changes()) {
        let before = base();
        match before.with_changes(&changes, &MARKET) {
            Ok(changed) => {
                prop_assert_eq!(changed.policy.check(&MARKET), Ok(()));
                prop_assert_eq!(before.changes_to(&changed.policy).len(), changes.len());
                let again = before.with_changes(&before.changes_to(&changed.policy), &MARKET);
                prop_assert_eq!(again, Ok(changed));
            }
            Err(ChangeError::Refused { change, parameter, present, .. }) => {
                let change = changes[change as usize];
                prop_assert!(change.parameters().contains(&parameter));
                prop_assert_eq!(present, parameter.read(&before));
            }
            Err(error) => prop_assert_eq!((error, changes.len()), (ChangeError::Nothing, 0)),
        }
    }
}
