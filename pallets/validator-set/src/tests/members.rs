//! Entering, leaving, and the limits.
use super::*;
use crate::Limits;
use sp_runtime::DispatchError::BadOrigin;

fn signed(who: u64) -> RuntimeOrigin {
    RuntimeOrigin::signed(who)
}

fn root() -> RuntimeOrigin {
    RuntimeOrigin::root()
}

#[test]
fn only_the_admin_origin_governs_the_set() {
    run(|| {
        assert_ok!(ValidatorSet::bond(signed(5), BOND));
        assert_noop!(ValidatorSet::add_validator(signed(5), 5), BadOrigin);
        assert_noop!(ValidatorSet::remove_validator(signed(1), 2), BadOrigin);
        assert_noop!(ValidatorSet::reinstate(signed(1), 1), BadOrigin);
        assert_noop!(ValidatorSet::set_limits(signed(1), LIMITS), BadOrigin);
        assert_noop!(ValidatorSet::bond(root(), BOND), BadOrigin);
        assert_noop!(ValidatorSet::leave(root()), BadOrigin);
        assert_noop!(ValidatorSet::purge_keys(root()), BadOrigin);
    });
}

#[test]
fn who_is_added_needs_a_bond_and_keys() {
    run(|| {
        assert_noop!(
            ValidatorSet::add_validator(root(), 5),
            Error::<Test>::BelowMinimumBond
        );
        assert_ok!(ValidatorSet::bond(signed(KEYLESS), BOND));
        assert_noop!(
            ValidatorSet::add_validator(root(), KEYLESS),
            Error::<Test>::NoSessionKeys
        );
        assert_noop!(
            ValidatorSet::add_validator(root(), 1),
            Error::<Test>::AlreadyInSet
        );
        assert_ok!(ValidatorSet::bond(signed(5), LIMITS.minimum_bond));
        System::reset_events();
        assert_ok!(ValidatorSet::add_validator(root(), 5));
        assert_eq!(events(), [Event::Added { who: 5 }]);
        assert_eq!(ValidatorSet::members(), [1, 2, 3, 4, 5]);
    });
}

#[test]
fn what_is_on_its_way_out_does_not_count_towards_the_minimum() {
    run(|| {
        assert_ok!(ValidatorSet::bond(signed(5), 600));
        assert_ok!(ValidatorSet::request_unbond(signed(5), 101));
        assert_noop!(
            ValidatorSet::add_validator(root(), 5),
            Error::<Test>::BelowMinimumBond
        );
    });
}

#[test]
fn the_set_does_not_grow_beyond_its_maximum() {
    run(|| {
        [5, 6, 7].into_iter().for_each(add);
        assert_ok!(ValidatorSet::bond(signed(8), BOND));
        assert_noop!(
            ValidatorSet::add_validator(root(), 8),
            Error::<Test>::SetFull
        );
    });
}

#[test]
fn the_set_does_not_shrink_below_its_minimum() {
    run(|| {
        assert_ok!(ValidatorSet::leave(signed(1)));
        assert_ok!(ValidatorSet::bond(signed(5), BOND));
        for refused in [
            ValidatorSet::leave(signed(2)),
            ValidatorSet::remove_validator(root(), 2),
        ] {
            assert_eq!(refused, Err(Error::<Test>::SetAtMinimum.into()));
        }
        assert_eq!(ValidatorSet::members(), [2, 3, 4]);
        assert_ok!(ValidatorSet::add_validator(root(), 5));
        System::reset_events();
        assert_ok!(ValidatorSet::remove_validator(root(), 2));
        assert_eq!(events(), [Event::Removed { who: 2 }]);
    });
}

#[test]
fn who_is_not_in_the_set_cannot_leave_it() {
    run(|| {
        assert_noop!(ValidatorSet::leave(signed(5)), Error::<Test>::NotInSet);
        assert_noop!(
            ValidatorSet::remove_validator(root(), 5),
            Error::<Test>::NotInSet
        );
    });
}

#[test]
fn who_left_can_be_added_again() {
    run(|| {
        assert_ok!(ValidatorSet::leave(signed(1)));
        pass_sessions(3);
        assert_ok!(ValidatorSet::add_validator(root(), 1));
        pass_sessions(2);
        assert!(Session::validators().contains(&1));
    });
}

#[test]
fn an_honest_validator_cannot_leave_an_offender_in_its_place() {
    run(|| {
        assert_ok!(report(1, 0, 4, 10));
        // Four, one of which leaves for an offence; three must stay.
        assert_noop!(ValidatorSet::leave(signed(1)), Error::<Test>::SetAtMinimum);
        assert_ok!(ValidatorSet::leave(signed(4)));
        assert_eq!(ValidatorSet::members(), [1, 2, 3]);
    });
}

#[test]
fn limits_stay_within_their_bounds() {
    run(|| {
        let set = |limits| ValidatorSet::set_limits(root(), limits);
        let bond = |minimum_bond| Limits {
            minimum_bond,
            ..LIMITS
        };
        for outside in [99, 10_001] {
            assert_noop!(set(bond(outside)), Error::<Test>::MinimumBondBounds);
        }
        let least = |minimum_validators| Limits {
            minimum_validators,
            ..LIMITS
        };
        for outside in [0, 5] {
            assert_noop!(set(least(outside)), Error::<Test>::MinimumValidatorsBounds);
        }
        let largest = |maximum_validators| Limits {
            maximum_validators,
            ..LIMITS
        };
        for outside in [2, 3, 9] {
            assert_noop!(
                set(largest(outside)),
                Error::<Test>::MaximumValidatorsBounds
            );
        }
        let narrow = Limits {
            minimum_bond: 10_000,
            minimum_validators: 4,
            maximum_validators: 4,
        };
        assert_ok!(set(narrow));
        assert_eq!(events(), [Event::LimitsSet { limits: narrow }]);
        assert_eq!(ValidatorSet::limits(), narrow);
        // A member stays, but cannot withdraw anything.
        assert_eq!(ValidatorSet::members(), [1, 2, 3, 4]);
        assert_noop!(
            ValidatorSet::request_unbond(signed(1), 1),
            Error::<Test>::BelowMinimumBond
        );
        assert_noop!(ValidatorSet::leave(signed(1)), Error::<Test>::SetAtMinimum);
    });
}

#[test]
fn keys_in_use_cannot_be_purged_and_others_can() {
    run(|| {
        assert_noop!(
            ValidatorSet::purge_keys(signed(1)),
            Error::<Test>::KeysInUse
        );
        assert_ok!(ValidatorSet::leave(signed(1)));
        for _ in 0..2 {
            assert_noop!(
                ValidatorSet::purge_keys(signed(1)),
                Error::<Test>::KeysInUse
            );
            pass_sessions(1);
        }
        assert_ok!(ValidatorSet::purge_keys(signed(1)));
        assert_eq!(Session::load_keys(&1), None);
        assert_ok!(ValidatorSet::purge_keys(signed(5)));
        assert_noop!(
            ValidatorSet::purge_keys(signed(KEYLESS)),
            pallet_session::Error::<Test>::NoKeys
        );
    });
}

#[test]
fn candidates_are_those_who_could_be_added() {
    run(|| {
        assert_eq!(ValidatorSet::candidates(None), Vec::<u64>::new());
        for who in [5, 6, 7, KEYLESS] {
            assert_ok!(ValidatorSet::bond(signed(who), BOND));
        }
        assert_ok!(ValidatorSet::request_unbond(signed(7), BOND));
        let candidates = ValidatorSet::candidates(None);
        let mut sorted = candidates.clone();
        sorted.sort();
        assert_eq!(sorted, [5, 6]);
        assert_eq!(
            ValidatorSet::candidates(Some(candidates[0])),
            candidates[1..]
        );
        assert_ok!(ValidatorSet::add_validator(root(), 5));
        assert_ok!(report(1, 0, 6, 10));
        assert_eq!(ValidatorSet::candidates(None), Vec::<u64>::new());
    });
}
