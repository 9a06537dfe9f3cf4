//! Scheduled changes: delays, order, cancelling, dropped changes, and the limits of emergencies.

use super::development;
use crate::{Error, Event, Pending, mock::*};
use clearproof_primitives::{
    fixed::Rate,
    policy::{
        ChangeError, Direction, DropReason, Fault, MarginLevel, Parameter, PolicyChange,
        PositionSide, ProductKind,
    },
    time::Millis,
};
use frame_support::{assert_noop, assert_ok};
use sp_runtime::DispatchError::BadOrigin;

const NOW: Millis = Millis::new(1_000_000);

fn at(now: Millis, test: impl FnOnce()) {
    new_test_ext().execute_with(|| {
        Timestamp::set_timestamp(now.get());
        test();
    });
}

fn voters() -> RuntimeOrigin {
    RuntimeOrigin::signed(VOTERS)
}

fn committee() -> RuntimeOrigin {
    RuntimeOrigin::signed(COMMITTEE)
}

/// The charge for maintenance of long perpetuals: 0.5 % at genesis.
fn maintenance(ten_thousandths: u64) -> PolicyChange {
    PolicyChange::Charge {
        underlying: 0,
        kind: ProductKind::Perpetual,
        level: MarginLevel::Maintenance,
        side: PositionSide::Long,
        value: Rate::new(((1u64 << 32) * ten_thousandths / 10_000) as u32),
    }
}

/// The charge for initial margin: 1 % at genesis.
fn initial(ten_thousandths: u64) -> PolicyChange {
    PolicyChange::Charge {
        underlying: 0,
        kind: ProductKind::Perpetual,
        level: MarginLevel::Initial,
        side: PositionSide::Long,
        value: Rate::new(((1u64 << 32) * ten_thousandths / 10_000) as u32),
    }
}

/// Returns the parameter that [`maintenance`] sets.
fn in_force() -> u64 {
    let policy = RiskPolicy::policy().unwrap();
    (u64::from(policy.underlyings[0].charges.maintenance_long.get()) * 10_000).div_ceil(1 << 32)
}

fn schedule(change: PolicyChange) -> frame_support::dispatch::DispatchResult {
    RiskPolicy::schedule_change(voters(), vec![change])
}

fn pending() -> Vec<u32> {
    Pending::<Test>::get().iter().map(|c| c.id).collect()
}

#[test]
fn what_tightens_waits_shortly_and_what_loosens_for_long() {
    at(NOW, || {
        assert_ok!(schedule(maintenance(80)));
        System::assert_last_event(
            Event::ChangeScheduled {
                id: 0,
                direction: Direction::Tightens,
                effective_at: NOW + SHORT,
            }
            .into(),
        );
        RiskPolicy::advance(NOW + SHORT - Millis::new(1));
        assert_eq!((in_force(), RiskPolicy::version()), (50, 1));
        RiskPolicy::advance(NOW + SHORT);
        assert_eq!((in_force(), RiskPolicy::version()), (80, 2));
        System::assert_last_event(Event::ChangeInForce { id: 0, version: 2 }.into());

        assert_ok!(schedule(maintenance(60)));
        RiskPolicy::advance(NOW + LONG - Millis::new(1));
        assert_eq!(in_force(), 80);
        RiskPolicy::advance(NOW + LONG);
        assert_eq!((in_force(), RiskPolicy::version()), (60, 3));
    });
}

#[test]
fn a_change_with_a_part_that_loosens_waits_for_long() {
    at(NOW, || {
        let fee = PolicyChange::ProtocolShare {
            value: Rate::new(1 << 29),
        };
        assert_ok!(RiskPolicy::schedule_change(
            voters(),
            vec![maintenance(80), fee]
        ));
        let change = Pending::<Test>::get()[0].clone();
        assert_eq!(
            (change.direction, change.effective_at),
            (Direction::Loosens, NOW + LONG)
        );
    });
}

#[test]
fn origins_are_kept_apart() {
    at(NOW, || {
        for origin in [RuntimeOrigin::signed(9), committee(), RuntimeOrigin::root()] {
            assert_noop!(
                RiskPolicy::schedule_change(origin, vec![maintenance(80)]),
                BadOrigin
            );
        }
        for origin in [RuntimeOrigin::signed(9), voters()] {
            assert_noop!(
                RiskPolicy::tighten(origin, vec![maintenance(80)]),
                BadOrigin
            );
        }
        assert_ok!(schedule(maintenance(80)));
        assert_noop!(RiskPolicy::cancel_change(committee(), 0), BadOrigin);
    });
}

#[test]
fn an_emergency_tightens_with_the_next_snapshot_and_loosens_nothing() {
    at(NOW, || {
        assert_ok!(RiskPolicy::tighten(committee(), vec![maintenance(90)]));
        RiskPolicy::advance(NOW);
        assert_eq!(in_force(), 90);
        Timestamp::set_timestamp((NOW + INTERVAL).get());
        assert_noop!(
            RiskPolicy::tighten(committee(), vec![maintenance(80)]),
            Error::<Test>::WouldLoosen
        );
    });
}

#[test]
fn pending_changes_are_listed_in_order_of_effect_and_can_be_taken_back() {
    at(NOW, || {
        let looser = PolicyChange::PriceBand {
            value: Rate::new(((1u64 << 32) / 100 * 6) as u32),
        };
        assert_ok!(schedule(looser));
        assert_ok!(schedule(maintenance(70)));
        assert_ok!(RiskPolicy::tighten(committee(), vec![maintenance(60)]));
        assert_eq!(pending(), [2, 1, 0]);
        assert_noop!(
            RiskPolicy::cancel_change(voters(), 7),
            Error::<Test>::NoSuchChange
        );
        assert_ok!(RiskPolicy::cancel_change(voters(), 1));
        assert_eq!(pending(), [2, 0]);
        System::assert_last_event(Event::ChangeCancelled { id: 1 }.into());
        RiskPolicy::advance(NOW + LONG);
        assert_eq!(pending(), [0], "one at each snapshot");
        RiskPolicy::advance(NOW + LONG);
        assert_eq!((pending().len(), RiskPolicy::version()), (0, 3));
    });
}

#[test]
fn a_change_is_judged_against_the_policy_of_its_time() {
    at(NOW, || {
        // Maintenance may be 1.05 % only once initial margin is more than its 1 %.
        assert_noop!(
            schedule(maintenance(105)),
            Error::<Test>::InitialBelowMaintenance
        );
        assert_ok!(schedule(initial(180)));
        assert_ok!(schedule(maintenance(105)));
        // It is still 1 %, but not for much longer.
        assert_noop!(schedule(initial(180)), Error::<Test>::NothingChanges);
        RiskPolicy::advance(NOW + SHORT);
        RiskPolicy::advance(NOW + SHORT);
        assert_eq!(in_force(), 105);
    });
}

#[test]
fn changes_that_wait_together_are_one_step_at_most() {
    at(NOW, || {
        assert_ok!(RiskPolicy::schedule_change(
            voters(),
            vec![initial(200), maintenance(100)]
        ));
        // A step from 1 %, which is scheduled, and more than one from 0.5 %, which is in force.
        assert_noop!(schedule(maintenance(150)), Error::<Test>::StepTooLarge);
        let refusal = RiskPolicy::check_changes(vec![maintenance(150)]).unwrap_err();
        assert!(
            matches!(
                refusal,
                ChangeError::Refused {
                    change: 0,
                    parameter: Parameter::Charge { .. },
                    present: Some(21_474_836),
                    fault: Fault::StepTooLarge { .. },
                    ..
                }
            ),
            "{refusal}"
        );
        assert_noop!(
            RiskPolicy::tighten(committee(), vec![maintenance(150)]),
            Error::<Test>::StepTooLarge
        );
        // Once the first is in force, the next step waits for its own delay.
        Timestamp::set_timestamp((NOW + SHORT).get());
        RiskPolicy::advance(NOW + SHORT);
        assert_ok!(schedule(maintenance(150)));
        RiskPolicy::advance(NOW + SHORT * 2 - Millis::new(1));
        assert_eq!(in_force(), 100);
        RiskPolicy::advance(NOW + SHORT * 2);
        assert_eq!(in_force(), 150);
    });
}

#[test]
fn an_emergency_is_not_repeated_before_its_interval_is_over() {
    at(NOW, || {
        let tighten = |change| RiskPolicy::tighten(committee(), vec![change]);
        let other = PolicyChange::Haircut {
            asset: 1,
            value: Rate::new(((1u64 << 32) / 100 * 15) as u32),
        };
        assert_eq!(RiskPolicy::state().emergency_from, Millis::ZERO);
        // A refused list does not count.
        assert_noop!(tighten(maintenance(40)), Error::<Test>::WouldLoosen);
        assert_ok!(tighten(maintenance(60)));
        let again = NOW + INTERVAL;
        assert_eq!(RiskPolicy::state().emergency_from, again);

        // Neither at once, nor after the snapshot, nor after it was cancelled, nor with another
        // parameter.
        assert_noop!(
            tighten(maintenance(70)),
            Error::<Test>::EmergencyTooSoon { seconds: 3 }
        );
        RiskPolicy::advance(NOW);
        for (now, seconds) in [(NOW + Millis::new(1_500), 1), (again - Millis::new(1), 1)] {
            Timestamp::set_timestamp(now.get());
            for change in [maintenance(70), other] {
                assert_noop!(tighten(change), Error::<Test>::EmergencyTooSoon { seconds });
            }
        }
        // Voters need not wait for the interval.
        assert_ok!(schedule(maintenance(65)));
        Timestamp::set_timestamp(again.get());
        assert_ok!(tighten(other));
        assert_ok!(RiskPolicy::cancel_change(voters(), 2));
        assert_noop!(
            tighten(other),
            Error::<Test>::EmergencyTooSoon { seconds: 3 }
        );
    });
}

#[test]
fn what_does_not_fit_any_more_is_dropped_with_its_reason() {
    at(NOW, || {
        assert_ok!(schedule(maintenance(60)));
        // Root was faster, so the change would loosen now.
        let mut policy = development();
        policy.underlyings[0].charges.maintenance_long =
            Rate::new(((1u64 << 32) / 1_000 * 9) as u32);
        assert_ok!(RiskPolicy::set_policy(
            RuntimeOrigin::root(),
            Box::new(policy)
        ));
        RiskPolicy::advance(NOW + SHORT);
        assert_eq!((in_force(), RiskPolicy::version()), (90, 2));
        System::assert_last_event(
            Event::ChangeDropped {
                id: 0,
                reason: DropReason::NoLongerTightens,
            }
            .into(),
        );
        assert!(pending().is_empty());

        assert_ok!(schedule(maintenance(95)));
        let mut policy = development();
        policy.underlyings[0].charges.maintenance_long = Rate::new(1 << 20);
        assert_ok!(RiskPolicy::set_policy(
            RuntimeOrigin::root(),
            Box::new(policy)
        ));
        RiskPolicy::advance(NOW + SHORT);
        let dropped = System::events().pop().unwrap().event;
        assert!(
            matches!(
                dropped,
                RuntimeEvent::RiskPolicy(Event::ChangeDropped {
                    id: 1,
                    reason: DropReason::Refused(ChangeError::Refused {
                        fault: Fault::StepTooLarge { .. },
                        ..
                    })
                })
            ),
            "{dropped:?}"
        );
    });
}

#[test]
fn refusals_say_which_kind_and_leave_nothing() {
    at(NOW, || {
        let cases = [
            (vec![], Error::<Test>::NothingChanges),
            (vec![maintenance(80); 2], Error::SetTwice),
            (vec![maintenance(80); 9], Error::TooManyChanges),
            (
                vec![PolicyChange::JumpLimit {
                    underlying: 4,
                    value: Rate::new(1 << 30),
                }],
                Error::NoSuchEntry,
            ),
            (
                vec![PolicyChange::ProtocolShare {
                    value: Rate::new(u32::MAX),
                }],
                Error::OutOfBounds,
            ),
            (
                vec![PolicyChange::Haircut {
                    asset: 0,
                    value: Rate::new(1),
                }],
                Error::NoSuchEntry,
            ),
        ];
        for (changes, error) in cases {
            assert_noop!(RiskPolicy::schedule_change(voters(), changes), error);
        }
    });
    ext_with(None).execute_with(|| {
        assert_noop!(schedule(maintenance(80)), Error::<Test>::NoPolicy);
        RiskPolicy::advance(NOW);
    });
}

#[test]
fn no_more_changes_wait_than_fit() {
    at(NOW, || {
        // The last of four places is the emergency's.
        for step in 1..=3 {
            assert_ok!(schedule(maintenance(50 + step)));
        }
        assert_noop!(schedule(maintenance(60)), Error::<Test>::TooManyPending);
        let tighten = |step| RiskPolicy::tighten(committee(), vec![maintenance(step)]);
        assert_ok!(tighten(60));
        // No snapshot is taken, so none of them takes effect.
        Timestamp::set_timestamp((NOW + INTERVAL).get());
        assert_noop!(tighten(61), Error::<Test>::TooManyPending);
        assert_eq!(RiskPolicy::state().emergency_from, NOW + INTERVAL);
    });
}

#[test]
fn every_policy_that_was_in_force_is_remembered() {
    at(NOW, || {
        assert_ok!(schedule(maintenance(80)));
        Timestamp::set_timestamp(NOW.get() + 5_000);
        RiskPolicy::advance(NOW + Millis::new(5_000));
        let version = |n| RiskPolicy::at_version(n).map(|v| (v.policy, v.since));
        assert_eq!(version(1), Some((development(), Millis::ZERO)));
        assert_eq!(
            version(2),
            Some((RiskPolicy::policy().unwrap(), NOW + Millis::new(5_000)))
        );
        assert_eq!(version(3), None);
    });
}

#[test]
fn what_a_change_would_do_is_said_before_it_is_proposed() {
    at(NOW, || {
        let assess = |change| RiskPolicy::check_changes(vec![change]);
        let assessment = assess(maintenance(80)).unwrap();
        assert_eq!(assessment.direction, Direction::Tightens);
        assert_eq!(assessment.effective_at, NOW + SHORT);
        assert_ok!(schedule(maintenance(80)));
        RiskPolicy::advance(NOW + SHORT);
        assert_eq!(RiskPolicy::policy(), Some(assessment.policy));

        let refusal = assess(maintenance(5_000)).unwrap_err().to_string();
        for part in ["underlyings[0].charges.maintenance_long", "now"] {
            assert!(refusal.contains(part), "{refusal}");
        }
    });
}

#[cfg(feature = "try-runtime")]
#[test]
fn the_state_holds_together_and_an_emergency_of_tomorrow_does_not() {
    use crate::LastEmergency;
    use frame_support::traits::Hooks;

    at(NOW, || {
        assert_ok!(schedule(maintenance(60)));
        assert_ok!(RiskPolicy::tighten(committee(), vec![maintenance(70)]));
        RiskPolicy::advance(NOW);
        assert_ok!(RiskPolicy::try_state(1));
        LastEmergency::<Test>::put(NOW + Millis::new(1));
        assert_eq!(
            RiskPolicy::try_state(1),
            Err("LastEmergency: in the future".into())
        );
    });
}
