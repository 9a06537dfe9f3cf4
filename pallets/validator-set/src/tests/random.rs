//! For all sequences of calls and reports, the state stays consistent and no money appears or
//! vanishes.
use super::*;
use proptest::{prelude::*, test_runner::RngSeed};

#[derive(Clone, Debug)]
enum Action {
    Bond(u64, u128),
    Unbond(u64, u128),
    Withdraw(u64),
    Add(u64),
    Remove(u64),
    Leave(u64),
    Reinstate(u64),
    Purge(u64),
    Report(u64, u32, u32),
    Limits(u128, u32, u32),
    Session(Vec<u64>),
}

fn who() -> impl Strategy<Value = u64> {
    1..=KEYLESS
}

fn action() -> impl Strategy<Value = Action> {
    use Action as A;
    prop_oneof![
        (who(), 0..2_000u128).prop_map(|(who, amount)| A::Bond(who, amount)),
        (who(), 0..2_000u128).prop_map(|(who, amount)| A::Unbond(who, amount)),
        who().prop_map(A::Withdraw),
        who().prop_map(A::Add),
        who().prop_map(A::Remove),
        who().prop_map(A::Leave),
        who().prop_map(A::Reinstate),
        who().prop_map(A::Purge),
        (who(), 0..4u32, 0..=100u32).prop_map(|(who, age, percent)| A::Report(who, age, percent)),
        (0..12_000u128, 0..5u32, 2..10u32).prop_map(|(bond, min, max)| A::Limits(bond, min, max)),
        prop::collection::vec(who(), 1..5).prop_map(A::Session),
        prop::collection::vec(who(), 1..5).prop_map(A::Session),
    ]
}

fn act(slot: u64, action: Action) {
    let (signed, root) = (RuntimeOrigin::signed, RuntimeOrigin::root());
    // Refusals are expected. The state after them is checked.
    let _ = match action {
        Action::Bond(who, amount) => ValidatorSet::bond(signed(who), amount),
        Action::Unbond(who, amount) => ValidatorSet::request_unbond(signed(who), amount),
        Action::Withdraw(who) => ValidatorSet::withdraw_unbonded(signed(who)),
        Action::Add(who) => ValidatorSet::add_validator(root, who),
        Action::Remove(who) => ValidatorSet::remove_validator(root, who),
        Action::Leave(who) => ValidatorSet::leave(signed(who)),
        Action::Reinstate(who) => ValidatorSet::reinstate(root, who),
        Action::Purge(who) => ValidatorSet::purge_keys(signed(who)),
        Action::Report(who, age, percent) => {
            let session = Session::current_index().saturating_sub(age);
            report(slot, session, who, percent).map_err(|_| "duplicate".into())
        }
        Action::Limits(minimum_bond, minimum_validators, maximum_validators) => {
            let limits = crate::Limits {
                minimum_bond,
                minimum_validators,
                maximum_validators,
            };
            ValidatorSet::set_limits(root, limits)
        }
        Action::Session(authors) => {
            pass_session(&authors);
            Ok(())
        }
    };
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 300,
        rng_seed: RngSeed::Fixed(4),
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn the_state_stays_consistent(actions in prop::collection::vec(action(), 1..120)) {
        ext_of(1..=4).execute_with(|| {
            let issued = Balances::total_issuance();
            for (slot, action) in (0u64..).zip(actions) {
                act(slot, action.clone());
                assert_eq!(ValidatorSet::check_state(), Ok(()), "after {action:?}");
                let queued: Vec<u64> = Session::queued_keys().iter().map(|(who, _)| *who).collect();
                if matches!(action, Action::Session(_)) {
                    // The state check ensures that these are at least the minimum.
                    assert_eq!(queued, ValidatorSet::members());
                }
                // Slashes below the existential deposit of a treasury without funds are burnt.
                assert!(issued - Balances::total_issuance() < 10 * 120);
                for validator in queued.iter().chain(&Session::validators()) {
                    assert!(Session::load_keys(validator).is_some(), "after {action:?}");
                }
            }
        });
    }
}
