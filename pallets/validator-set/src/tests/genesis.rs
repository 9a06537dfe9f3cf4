//! The conditions of a genesis.
use super::*;
use crate::Limits;
use sp_runtime::BuildStorage;

/// Builds a genesis that differs from the usual one.
fn build(change: impl FnOnce(&mut RuntimeGenesisConfig)) {
    let mut config = genesis(1..=4);
    change(&mut config);
    config.build_storage().unwrap();
}

#[test]
fn the_genesis_set_validates_from_the_first_session_on() {
    run(|| {
        assert_eq!(ValidatorSet::members(), [1, 2, 3, 4]);
        assert_eq!(Session::validators(), [1, 2, 3, 4]);
        assert_eq!(ValidatorSet::limits(), LIMITS);
        assert_eq!((held(1), ValidatorSet::bond_of(1)), (BOND, BOND));
        for session in 0..2 {
            let (_, count) = Historical::historical_root(session).unwrap();
            assert_eq!(count, 4, "session {session}");
        }
    });
}

#[test]
fn without_limits_the_loosest_hold() {
    let mut config = genesis(1..=4);
    config.validator_set.limits = None;
    sp_io::TestExternalities::new(config.build_storage().unwrap()).execute_with(|| {
        let loosest = Limits {
            minimum_bond: 100,
            minimum_validators: 1,
            maximum_validators: 8,
        };
        assert_eq!(ValidatorSet::limits(), loosest);
    });
}

#[test]
#[should_panic(expected = "every validator of validatorSet.validators needs keys")]
fn a_validator_without_keys_is_refused() {
    build(|config| config.session.keys.truncate(3));
}

#[test]
#[should_panic(expected = "AlreadyInSet")]
fn a_validator_that_is_named_twice_is_refused() {
    build(|config| config.validator_set.validators.push((1, BOND)));
}

#[test]
#[should_panic(expected = "BelowMinimumBond")]
fn a_bond_below_the_minimum_is_refused() {
    build(|config| config.validator_set.validators[0].1 = LIMITS.minimum_bond - 1);
}

#[test]
#[should_panic(expected = "validatorSet")]
fn a_bond_that_is_not_there_is_refused() {
    build(|config| config.validator_set.validators[0].1 = ENDOWMENT + 1);
}

#[test]
#[should_panic(expected = "SetAtMinimum")]
fn a_set_below_its_minimum_is_refused() {
    build(|config| {
        config.validator_set.limits = Some(Limits {
            minimum_validators: 5,
            ..LIMITS
        });
    });
}

#[test]
#[should_panic(expected = "SetFull")]
fn a_set_above_its_maximum_is_refused() {
    build(|config| {
        config.validator_set.limits = Some(Limits {
            maximum_validators: 3,
            ..LIMITS
        });
    });
}

#[test]
#[should_panic(expected = "MinimumBondBounds")]
fn limits_out_of_bounds_are_refused() {
    build(|config| {
        config.validator_set.limits = Some(Limits {
            minimum_bond: 1,
            ..LIMITS
        });
    });
}
