//! The risk policy as voters and the committee use it: the committee's interval, and refusals by
//! name.
use super::{
    chain::call,
    governance::{committee, development, outcome},
};
use crate::{
    RiskPolicy, Runtime, RuntimeCall, RuntimeOrigin,
    constants::market::EMERGENCY_INTERVAL,
    governance::origins::{Origin, PeriodDivisor},
};
use clearproof_primitives::{
    fixed::Rate,
    policy::{
        Assessment, ChangeError, MarginLevel, Policy, PolicyChange, PolicyState, PositionSide,
        ProductKind,
    },
    time::Millis,
};
use frame_support::{assert_noop, assert_ok};
use pallet_clearproof_risk_policy::{Call, Error};

const NOW: Millis = Millis::new(1_800_000_000_000);

fn at(now: Millis) {
    pallet_timestamp::Now::<Runtime>::put(now.get());
}

/// The charge for maintenance of long perpetuals on underlying 0, in fractions of 2^32.
fn maintenance(value: Rate) -> PolicyChange {
    PolicyChange::Charge {
        underlying: 0,
        kind: ProductKind::Perpetual,
        level: MarginLevel::Maintenance,
        side: PositionSide::Long,
        value,
    }
}

fn state() -> PolicyState {
    call("RiskPolicyApi_policy_state", ())
}

fn present() -> Rate {
    state().current.unwrap().underlyings[0]
        .charges
        .maintenance_long
}

fn check(changes: Vec<PolicyChange>) -> Result<Assessment, ChangeError> {
    call("RiskPolicyApi_check_changes", changes)
}

#[test]
fn the_committee_tightens_one_step_an_hour() {
    development(|| {
        PeriodDivisor::<Runtime>::put(1);
        at(NOW);
        let tighten = |value| {
            assert_ok!(committee(RuntimeCall::RiskPolicy(Call::tighten {
                changes: vec![maintenance(value)]
            })));
            outcome()
        };
        let genesis = present();
        assert_eq!(tighten(Rate::new(genesis.get() / 4 * 6)), Ok(()));
        RiskPolicy::advance(NOW);
        assert_eq!(present(), Rate::new(genesis.get() / 4 * 6));

        let again = NOW + EMERGENCY_INTERVAL;
        assert_eq!(state().emergency_from, again);
        for (now, seconds) in [
            (NOW, 3_600),
            (NOW + Millis::new(30_000), 3_570),
            (again - Millis::new(1), 1),
        ] {
            at(now);
            let error = Error::<Runtime>::EmergencyTooSoon { seconds };
            assert_eq!(tighten(Rate::new(genesis.get() / 4 * 7)), Err(error.into()));
        }
        at(again);
        assert_eq!(tighten(Rate::new(genesis.get() / 4 * 7)), Ok(()));
        RiskPolicy::advance(again);
        assert_eq!(present(), Rate::new(genesis.get() / 4 * 7));
    });
}

#[test]
fn refusals_name_the_parameter_its_bound_and_its_present_value() {
    development(|| {
        at(NOW);
        let halt = (0..4).map(|underlying| PolicyChange::OpenInterestCap {
            underlying,
            kind: ProductKind::Option,
            value: 1,
        });
        // Caps so low that one step closes the market.
        let mut policy = Policy::development(&crate::constants::market::SHAPE);
        for underlying in &mut policy.underlyings {
            underlying.option_terms.open_interest_cap = 2;
        }
        assert_ok!(RiskPolicy::set_policy(RuntimeOrigin::root(), policy.into()));
        let cases: [(Vec<PolicyChange>, Error<Runtime>, &[&str]); 9] = [
            (vec![], Error::NothingChanges, &["changes", "nothing"]),
            (
                vec![maintenance(Rate::new(u32::MAX))],
                Error::OutOfBounds,
                &[
                    "changes[0]",
                    "underlyings[0].charges.maintenance_long",
                    "0 (0 %) to 2147483648 (50 %)",
                    "now 21474836 (0.5 %)",
                ],
            ),
            (
                vec![maintenance(Rate::new(1 << 30))],
                Error::StepTooLarge,
                &[
                    "underlyings[0].charges.maintenance_long",
                    "6442451 (0.15 %) to 47244639 (1.1 %)",
                    "now 21474836 (0.5 %)",
                ],
            ),
            (
                vec![maintenance(Rate::new(43_000_000))],
                Error::InitialBelowMaintenance,
                &["initial margin, 42949672 (1 %)", "now 21474836 (0.5 %)"],
            ),
            (
                vec![
                    maintenance(Rate::new(22_000_000)),
                    maintenance(Rate::new(23_000_000)),
                ],
                Error::SetTwice,
                &["changes[1]", "set by changes[0] already"],
            ),
            (
                vec![PolicyChange::JumpLimit {
                    underlying: 4,
                    value: Rate::new(1 << 30),
                }],
                Error::NoSuchEntry,
                &["underlyings[4].jump_limit", "underlyings go from 0 to 3"],
            ),
            (
                vec![PolicyChange::Haircut {
                    asset: 0,
                    value: Rate::new(1),
                }],
                Error::NoSuchEntry,
                &["haircuts[0]", "collateral assets go from 1 to 3"],
            ),
            (
                vec![maintenance(Rate::new(22_000_000)); 33],
                Error::TooManyChanges,
                &["33 are too many, at most 32 go together"],
            ),
            (
                halt.collect(),
                Error::HaltsEveryMarket,
                &["no contract of kind Option would trade any more", "root"],
            ),
        ];
        for (changes, error, words) in cases {
            let text = check(changes.clone()).unwrap_err().to_string();
            for word in words {
                assert!(text.contains(word), "{text}");
            }
            let admin = RuntimeOrigin::from(Origin::RiskAdmin);
            assert_noop!(RiskPolicy::schedule_change(admin, changes), error);
        }
        let root = RiskPolicy::set_policy(RuntimeOrigin::root(), {
            let mut policy = RiskPolicy::policy().unwrap();
            for underlying in &mut policy.underlyings {
                underlying.option_terms.open_interest_cap = 1;
            }
            policy.into()
        });
        assert_ok!(root);
    });
}
