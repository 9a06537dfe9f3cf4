//! Bonding, requesting back, withdrawing.
use super::*;
use crate::{MAX_UNBONDING, Unbonding};

fn signed(who: u64) -> RuntimeOrigin {
    RuntimeOrigin::signed(who)
}

#[test]
fn a_bond_is_held_and_counts_at_once() {
    run(|| {
        assert_ok!(ValidatorSet::bond(signed(5), 500));
        assert_ok!(ValidatorSet::bond(signed(5), 1));
        assert_eq!((held(5), ValidatorSet::bond_of(5)), (501, 501));
        let bonded = |amount| Event::Bonded { who: 5, amount };
        assert_eq!(events(), [bonded(500), bonded(1)]);
    });
}

#[test]
fn a_first_bond_below_the_minimum_is_refused() {
    run(|| {
        assert_noop!(
            ValidatorSet::bond(signed(5), 499),
            Error::<Test>::BelowMinimumBond
        );
        assert_noop!(ValidatorSet::bond(signed(5), 0), Error::<Test>::AmountZero);
        assert_noop!(ValidatorSet::bond(signed(1), 0), Error::<Test>::AmountZero);
    });
}

#[test]
fn nobody_bonds_what_it_does_not_own() {
    run(|| {
        assert!(ValidatorSet::bond(signed(5), ENDOWMENT + 1).is_err());
        assert_eq!((held(5), ValidatorSet::bond_of(5)), (0, 0));
        // A bond cannot be spent either.
        assert_ok!(ValidatorSet::bond(signed(5), ENDOWMENT - 100));
        assert!(Balances::transfer_allow_death(signed(5), 6, 200).is_err());
    });
}

#[test]
fn a_validator_cannot_go_below_the_minimum_bond() {
    run(|| {
        assert_noop!(
            ValidatorSet::request_unbond(signed(1), 501),
            Error::<Test>::BelowMinimumBond
        );
        assert_ok!(ValidatorSet::request_unbond(signed(1), 500));
        assert_noop!(
            ValidatorSet::request_unbond(signed(1), 1),
            Error::<Test>::BelowMinimumBond
        );
        assert_eq!(ValidatorSet::bond_of(1), 500);
        assert_eq!(held(1), 1_000, "it is held until it is withdrawn");
    });
}

#[test]
fn who_left_stays_bonded_until_it_validates_no_more() {
    run(|| {
        assert_ok!(ValidatorSet::leave(signed(1)));
        // In force and queued, then in force alone.
        for _ in 0..2 {
            assert_noop!(
                ValidatorSet::request_unbond(signed(1), 1_000),
                Error::<Test>::BelowMinimumBond
            );
            pass_sessions(1);
        }
        assert!(!Session::validators().contains(&1));
        assert_ok!(ValidatorSet::request_unbond(signed(1), 1_000));
    });
}

#[test]
fn who_has_been_added_cannot_take_its_bond_back_before_it_validates() {
    run(|| {
        add(5);
        assert_noop!(
            ValidatorSet::request_unbond(signed(5), 501),
            Error::<Test>::BelowMinimumBond
        );
        // Removed again, but queued by then.
        pass_sessions(1);
        assert_ok!(ValidatorSet::remove_validator(RuntimeOrigin::root(), 5));
        assert!(!Session::validators().contains(&5));
        assert_noop!(
            ValidatorSet::request_unbond(signed(5), 501),
            Error::<Test>::BelowMinimumBond
        );
    });
}

#[test]
fn more_than_is_bonded_cannot_be_asked_back() {
    run(|| {
        assert_noop!(
            ValidatorSet::request_unbond(signed(5), 1),
            Error::<Test>::NoBond
        );
        assert_ok!(ValidatorSet::bond(signed(5), 500));
        assert_noop!(
            ValidatorSet::request_unbond(signed(5), 501),
            Error::<Test>::MoreThanBonded
        );
        assert_noop!(
            ValidatorSet::request_unbond(signed(5), 0),
            Error::<Test>::AmountZero
        );
        assert_ok!(ValidatorSet::request_unbond(signed(5), 300));
        assert_noop!(
            ValidatorSet::request_unbond(signed(5), 201),
            Error::<Test>::MoreThanBonded
        );
    });
}

#[test]
fn what_was_asked_back_is_free_after_the_unbonding_period_and_not_before() {
    run(|| {
        assert_ok!(ValidatorSet::request_unbond(signed(1), 400));
        let until = UNBONDING_SESSIONS;
        assert_eq!(
            ValidatorSet::unbonding(1),
            [Unbonding { amount: 400, until }]
        );
        pass_sessions(UNBONDING_SESSIONS - 1);
        assert_noop!(
            ValidatorSet::withdraw_unbonded(signed(1)),
            Error::<Test>::NothingDue
        );
        pass_sessions(1);
        System::reset_events();
        assert_ok!(ValidatorSet::withdraw_unbonded(signed(1)));
        let withdrawn = Event::Withdrawn {
            who: 1,
            amount: 400,
        };
        assert_eq!(events(), [withdrawn]);
        assert_eq!((held(1), ValidatorSet::unbonding(1)), (600, vec![]));
        assert_noop!(
            ValidatorSet::withdraw_unbonded(signed(1)),
            Error::<Test>::NothingDue
        );
    });
}

#[test]
fn a_withdrawn_bond_leaves_nothing_behind() {
    run(|| {
        assert_ok!(ValidatorSet::bond(signed(9), 500));
        assert_ok!(ValidatorSet::request_unbond(signed(9), 500));
        pass_sessions(UNBONDING_SESSIONS);
        assert_ok!(ValidatorSet::withdraw_unbonded(signed(9)));
        assert!(!crate::Bonds::<Test>::contains_key(9));
        assert_noop!(
            ValidatorSet::withdraw_unbonded(signed(9)),
            Error::<Test>::NoBond
        );
        assert_eq!(Balances::free_balance(9), ENDOWMENT);
    });
}

#[test]
fn requests_of_one_session_are_one_part_and_there_are_not_too_many() {
    run(|| {
        assert_ok!(ValidatorSet::bond(signed(5), 10_000));
        assert_ok!(ValidatorSet::request_unbond(signed(5), 1));
        assert_ok!(ValidatorSet::request_unbond(signed(5), 2));
        assert_eq!(ValidatorSet::unbonding(5).len(), 1);
        for _ in 1..MAX_UNBONDING {
            pass_sessions(1);
            assert_ok!(ValidatorSet::request_unbond(signed(5), 1));
        }
        pass_sessions(1);
        assert_noop!(
            ValidatorSet::request_unbond(signed(5), 1),
            Error::<Test>::TooManyRequests
        );
        assert_ok!(ValidatorSet::withdraw_unbonded(signed(5)));
        assert_ok!(ValidatorSet::request_unbond(signed(5), 1));
    });
}
