//! Slashing, disabling, leaving, staying, reinstatement.
use super::*;
use crate::{MAX_UNBONDING, Offender};

fn signed(who: u64) -> RuntimeOrigin {
    RuntimeOrigin::signed(who)
}

fn noted(who: u64, session: u32, percent: u32, slashed: u128) -> Event<Test> {
    Event::OffenceNoted {
        who,
        session,
        fraction: Perbill::from_percent(percent),
        slashed,
    }
}

#[test]
fn an_offence_slashes_disables_and_expels() {
    run(|| {
        let issued = Balances::total_issuance();
        assert_ok!(report(1, 0, 4, 30));
        assert_eq!((held(4), Balances::free_balance(TREASURY)), (700, 300));
        assert_eq!(Balances::total_issuance(), issued);
        assert_eq!(Session::disabled_validators(), [3]);
        assert_eq!(events(), [noted(4, 0, 30, 300)]);
        pass_sessions(1);
        assert_eq!(events(), [Event::Expelled { who: 4 }]);
        assert_eq!(ValidatorSet::members(), [1, 2, 3]);
        assert_eq!(
            Session::disabled_validators(),
            [3],
            "as long as it validates"
        );
        pass_sessions(1);
        assert_eq!(Session::validators(), [1, 2, 3]);
        assert_eq!(Session::disabled_validators(), Vec::<u32>::new());
    });
}

#[test]
fn a_duplicate_report_is_refused_and_costs_nothing() {
    run(|| {
        assert_ok!(report(1, 0, 4, 30));
        assert_eq!(report(1, 0, 4, 30), Err(OffenceError::DuplicateReport));
        assert_eq!(held(4), 700);
    });
}

#[test]
fn of_several_offences_in_a_session_the_gravest_counts() {
    run(|| {
        assert_ok!(report(1, 0, 4, 30));
        assert_ok!(report(2, 0, 4, 20));
        assert_ok!(report(3, 0, 4, 30));
        assert_eq!(held(4), 700);
        assert_ok!(report(4, 0, 4, 50));
        assert_eq!(held(4), 500, "a half of what there was at first");
        assert_eq!(events(), [noted(4, 0, 30, 300), noted(4, 0, 50, 200)]);
        // An offence of another session counts separately, as a fraction of the remaining bond.
        pass_sessions(1);
        assert_ok!(report(5, 1, 4, 50));
        assert_eq!(held(4), 250);
    });
}

#[test]
fn what_was_bonded_after_the_first_report_is_not_its_base() {
    run(|| {
        assert_ok!(report(1, 0, 4, 30));
        assert_ok!(ValidatorSet::bond(signed(4), 1_000));
        assert_ok!(report(2, 0, 4, 100));
        assert_eq!(held(4), 1_000);
    });
}

#[test]
fn what_is_on_its_way_out_is_slashed_too() {
    run(|| {
        assert_ok!(ValidatorSet::request_unbond(signed(4), 200));
        pass_sessions(1);
        assert_ok!(ValidatorSet::request_unbond(signed(4), 300));
        assert_ok!(report(1, 0, 4, 60));
        // The active 500, then 100 of the later request.
        assert_eq!(ValidatorSet::bond_of(4), 0);
        let left: Vec<u128> = ValidatorSet::unbonding(4)
            .iter()
            .map(|u| u.amount)
            .collect();
        assert_eq!((left, held(4)), (vec![200, 200], 400));
        assert_ok!(report(2, 1, 4, 100));
        assert_eq!((ValidatorSet::unbonding(4), held(4)), (vec![], 0));
        assert_eq!(Balances::free_balance(TREASURY), 1_000);
    });
}

#[test]
fn a_bond_answers_until_the_last_session_in_which_an_offence_can_be_reported() {
    run(|| {
        assert_ok!(ValidatorSet::leave(signed(4)));
        pass_sessions(2);
        // It validated in session 1; this is session 2.
        assert_ok!(ValidatorSet::request_unbond(signed(4), BOND));
        pass_sessions(REPORT_SESSIONS - 1);
        assert!(Historical::historical_root(1).is_some());
        assert_noop!(
            ValidatorSet::withdraw_unbonded(signed(4)),
            Error::<Test>::NothingDue
        );
        assert_ok!(report(1, 1, 4, 100));
        assert_eq!((held(4), Balances::free_balance(TREASURY)), (0, 1_000));
        pass_sessions(2);
        assert!(Historical::historical_root(1).is_none());
        assert_noop!(
            ValidatorSet::withdraw_unbonded(signed(4)),
            Error::<Test>::NoBond
        );
    });
}

#[test]
fn fractions_round_against_the_offender() {
    run(|| {
        assert_ok!(ValidatorSet::bond(signed(4), 1));
        assert_ok!(report(1, 0, 4, 10));
        assert_eq!(held(4), 900);
    });
}

#[test]
fn a_treasury_that_cannot_take_it_gets_nothing_and_it_is_burnt() {
    run(|| {
        let issued = Balances::total_issuance();
        // 9 is below the existential deposit of 10.
        let offence = Equivocation {
            slot: 1,
            session: 0,
            offenders: vec![4],
            fraction: Perbill::from_rational(9u32, 1_000),
        };
        assert_ok!(Offences::report_offence(vec![], offence));
        assert_eq!((held(4), Balances::free_balance(TREASURY)), (991, 0));
        assert_eq!(Balances::total_issuance(), issued - 9);
    });
}

#[test]
fn no_more_than_a_third_is_disabled_and_the_gravest_offender_is() {
    run(|| {
        assert_ok!(report(1, 0, 3, 10));
        assert_eq!(Session::disabled_validators(), [2]);
        assert_ok!(report(2, 0, 4, 40));
        assert_eq!(Session::disabled_validators(), [3]);
        assert_ok!(report(3, 0, 2, 20));
        assert_eq!(Session::disabled_validators(), [3]);
    });
}

#[test]
fn the_set_keeps_its_minimum_whatever_happens() {
    run(|| {
        for who in 1..=4 {
            assert_ok!(report(who, 0, who, 10 * who as u32));
        }
        System::reset_events();
        pass_sessions(1);
        // One may leave: the gravest offender.
        let retained = |who| Event::Retained { who };
        assert_eq!(
            events(),
            [
                Event::Expelled { who: 4 },
                retained(3),
                retained(2),
                retained(1)
            ]
        );
        assert_eq!(ValidatorSet::members(), [1, 2, 3]);
        assert_eq!([held(1), held(2), held(3), held(4)], [900, 800, 700, 600]);
        assert!(ValidatorSet::offence_of(3).unwrap().retained);
        assert!(!ValidatorSet::offence_of(4).unwrap().retained);
        // They are not reported again, and are not disabled forever.
        pass_sessions(3);
        assert_eq!(events(), []);
        assert_eq!(Session::validators(), [1, 2, 3]);
        assert_eq!(Session::disabled_validators(), Vec::<u32>::new());
        // A validator that is added takes the place of the gravest offender.
        add(5);
        pass_sessions(2);
        assert_eq!(Session::validators(), [1, 2, 5]);
    });
}

#[test]
fn a_retained_offender_is_let_in_again_when_the_next_set_begins() {
    run(|| {
        assert_ok!(ValidatorSet::leave(signed(1)));
        pass_sessions(2);
        add(5);
        // Validators 2, 3, 4. No validator may be disabled among three, so five are needed.
        add(6);
        pass_sessions(2);
        assert_ok!(ValidatorSet::set_limits(
            RuntimeOrigin::root(),
            crate::Limits {
                minimum_validators: 5,
                ..LIMITS
            }
        ));
        assert_ok!(report(1, 4, 2, 10));
        assert_eq!(Session::disabled_validators(), [0]);
        pass_sessions(1);
        assert_eq!(Session::disabled_validators(), [0]);
        pass_sessions(1);
        assert!(Session::validators().contains(&2));
        assert_eq!(Session::disabled_validators(), Vec::<u32>::new());
        System::reset_events();
        pass_sessions(1);
        let queued = System::events().iter().any(|record| {
            matches!(
                record.event,
                RuntimeEvent::Session(pallet_session::Event::NewQueued)
            )
        });
        assert!(!queued, "nobody is disabled any more");
    });
}

#[test]
fn an_offender_must_be_reinstated_and_bonded_again() {
    run(|| {
        assert_ok!(report(1, 0, 4, 60));
        pass_sessions(1);
        let root = RuntimeOrigin::root;
        assert_noop!(
            ValidatorSet::add_validator(root(), 4),
            Error::<Test>::IsOffender
        );
        assert_noop!(
            ValidatorSet::reinstate(root(), 4),
            Error::<Test>::BelowMinimumBond
        );
        assert_noop!(
            ValidatorSet::reinstate(root(), 1),
            Error::<Test>::NoOffender
        );
        assert_ok!(ValidatorSet::bond(signed(4), 100));
        System::reset_events();
        assert_ok!(ValidatorSet::reinstate(root(), 4));
        assert_eq!(events(), [Event::Reinstated { who: 4 }]);
        assert_eq!(ValidatorSet::offence_of(4), None);
        pass_sessions(2);
        assert_eq!(Session::validators(), [1, 2, 3, 4]);
        // A report without news does not expel it again.
        assert_ok!(report(2, 0, 4, 60));
        assert_eq!((ValidatorSet::offence_of(4), held(4)), (None, 500));
    });
}

#[test]
fn an_offender_in_the_set_can_be_reinstated_before_it_leaves() {
    run(|| {
        assert_ok!(report(1, 0, 4, 10));
        assert_ok!(ValidatorSet::reinstate(RuntimeOrigin::root(), 4));
        pass_sessions(3);
        assert!(Session::validators().contains(&4));
        // With too small a bond it cannot be reinstated.
        assert_ok!(report(2, 3, 4, 90));
        assert_noop!(
            ValidatorSet::reinstate(RuntimeOrigin::root(), 4),
            Error::<Test>::BelowMinimumBond
        );
    });
}

#[test]
fn the_gravest_offence_is_remembered() {
    run(|| {
        assert_ok!(report(1, 0, 4, 20));
        pass_sessions(1);
        assert_ok!(report(2, 1, 4, 10));
        let gravest = Offender {
            session: 0,
            fraction: Perbill::from_percent(20),
            retained: false,
        };
        assert_eq!(ValidatorSet::offence_of(4), Some(gravest));
    });
}

#[test]
fn who_has_left_is_slashed_and_marked_all_the_same() {
    run(|| {
        assert_ok!(ValidatorSet::leave(signed(4)));
        pass_sessions(2);
        assert_ok!(report(1, 0, 4, 50));
        assert_eq!(held(4), 500);
        assert_eq!(Session::disabled_validators(), Vec::<u32>::new());
        assert_noop!(
            ValidatorSet::add_validator(RuntimeOrigin::root(), 4),
            Error::<Test>::IsOffender
        );
    });
}

#[test]
fn an_offender_without_a_bond_is_marked() {
    run(|| {
        assert_ok!(report(1, 0, 4, 100));
        assert_eq!((held(4), ValidatorSet::bond_of(4)), (0, 0));
        pass_sessions(1);
        System::reset_events();
        assert_ok!(report(2, 1, 4, 100));
        assert_eq!(events(), [noted(4, 1, 100, 0)]);
    });
}

#[test]
fn a_slashed_bond_with_many_parts_stays_what_is_held() {
    run(|| {
        assert_ok!(ValidatorSet::bond(signed(5), 10_000));
        for _ in 0..MAX_UNBONDING {
            assert_ok!(ValidatorSet::request_unbond(signed(5), 600));
            pass_sessions(1);
        }
        let session = Session::current_index();
        for percent in [1, 17, 33, 78, 100] {
            assert_ok!(report(u64::from(percent), session, 5, percent));
            assert_eq!(held(5), 10_000 - 100 * u128::from(percent));
            assert_eq!(ValidatorSet::check_state(), Ok(()));
        }
        assert!(!crate::Bonds::<Test>::contains_key(5));
    });
}
