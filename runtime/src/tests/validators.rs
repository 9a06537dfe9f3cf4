//! The validator set in the runtime: keys, roots, refusals, wiring.

use super::{alice, bob, chain::Chain, ext_of, keys};
use crate::{
    Balances, Historical, Runtime, RuntimeCall, RuntimeOrigin, Session, System, ValidatorSet,
    constants::{money::CLR, time, validators},
    genesis_presets,
};
use frame_support::{
    assert_noop, assert_ok,
    traits::{Get, KeyOwnerProofSystem, fungible::Inspect},
};
use pallet_clearproof_validator_set::{Call, Error, Limits};
use pallet_session::SessionManager;
use sp_keyring::{Ed25519Keyring, Sr25519Keyring};
use sp_runtime::{DispatchError, traits::Dispatchable};

type Set = pallet_clearproof_validator_set::Pallet<Runtime>;

#[test]
fn the_genesis_sessions_have_historical_roots() {
    ext_of(genesis_presets::LOCAL).execute_with(|| {
        for session in 0..2 {
            let (_, count) = Historical::historical_root(session).unwrap();
            assert_eq!(count, 4, "session {session}");
        }
        let key = (
            sp_consensus_babe::KEY_TYPE,
            keys(Sr25519Keyring::Bob, Ed25519Keyring::Bob).babe,
        );
        let proof = Historical::prove(key.clone()).unwrap();
        assert_eq!(
            Historical::check_proof(key, proof.clone()),
            Some((bob(), ()))
        );
        let other = (
            sp_consensus_babe::KEY_TYPE,
            keys(Sr25519Keyring::Alice, Ed25519Keyring::Alice).babe,
        );
        assert_eq!(Historical::check_proof(other, proof), None);
    });
}

#[test]
fn the_set_is_named_anew_only_when_a_key_changes() {
    ext_of(genesis_presets::LOCAL).execute_with(|| {
        let named = || <Set as SessionManager<_>>::new_session(2);
        assert_eq!(named(), None);
        pallet_session::NextKeys::<Runtime>::insert(
            bob(),
            keys(Sr25519Keyring::Ferdie, Ed25519Keyring::Ferdie),
        );
        assert_eq!(named(), Some(Session::validators()));
        // The keys of another account change nothing.
        pallet_session::NextKeys::<Runtime>::insert(
            bob(),
            keys(Sr25519Keyring::Bob, Ed25519Keyring::Bob),
        );
        pallet_session::NextKeys::<Runtime>::insert(
            Sr25519Keyring::Eve.to_account_id(),
            keys(Sr25519Keyring::Eve, Ed25519Keyring::Eve),
        );
        assert_eq!(named(), None);
    });
}

#[test]
fn roots_older_than_the_report_period_are_pruned() {
    ext_of(genesis_presets::DEVELOPMENT).execute_with(|| {
        <Set as SessionManager<_>>::start_session(time::REPORT_SESSIONS);
        assert!(Historical::historical_root(0).is_some());
        <Set as SessionManager<_>>::start_session(time::REPORT_SESSIONS + 1);
        assert!(Historical::historical_root(0).is_none());
        assert!(Historical::historical_root(1).is_some());
    });
}

#[test]
fn keys_are_purged_by_nobody_who_needs_them() {
    ext_of(genesis_presets::LOCAL).execute_with(|| {
        let eve = Sr25519Keyring::Eve.to_account_id();
        let sessions = || RuntimeCall::Session(pallet_session::Call::purge_keys {});
        let ours = || RuntimeCall::ValidatorSet(Call::purge_keys {});
        let filtered: DispatchError = frame_system::Error::<Runtime>::CallFiltered.into();
        for who in [alice(), eve.clone()] {
            assert_noop!(sessions().dispatch(RuntimeOrigin::signed(who)), filtered);
        }
        // They are not purged through another call either.
        let calls = vec![sessions()];
        let batch = RuntimeCall::Utility(pallet_utility::Call::batch_all { calls });
        assert!(batch.dispatch(RuntimeOrigin::signed(alice())).is_err());
        assert!(Session::load_keys(&alice()).is_some());

        assert_noop!(
            ours().dispatch(RuntimeOrigin::signed(alice())),
            Error::<Runtime>::KeysInUse
        );
        assert_noop!(
            ours().dispatch(RuntimeOrigin::signed(eve)),
            pallet_session::Error::<Runtime>::NoKeys
        );
    });
}

#[test]
fn only_root_governs_the_set() {
    ext_of(genesis_presets::LOCAL).execute_with(|| {
        let remove = || RuntimeCall::ValidatorSet(Call::remove_validator { who: bob() });
        assert_noop!(
            remove().dispatch(RuntimeOrigin::signed(alice())),
            DispatchError::BadOrigin
        );
        assert_ok!(remove().dispatch(RuntimeOrigin::root()));
        assert!(!ValidatorSet::members().contains(&bob()));
    });
}

#[test]
fn bonds_outlive_every_report() {
    type Config = Runtime;
    let report = <Config as pallet_clearproof_validator_set::Config>::ReportSessions::get();
    let unbonding = <Config as pallet_clearproof_validator_set::Config>::UnbondingSessions::get();
    assert_eq!((report, unbonding), (7 * 144, 8 * 144));
}

#[test]
fn a_validator_enters_with_bond_and_keys_and_leaves_with_both() {
    ext_of(genesis_presets::LOCAL).execute_with(|| {
        let mut chain = Chain::start(&alice());
        let eve = Sr25519Keyring::Eve.to_account_id();
        let bond = 10_000 * CLR;
        let spendable = Balances::balance(&eve);
        assert_ok!(ValidatorSet::bond(RuntimeOrigin::signed(eve.clone()), bond));
        assert_eq!(Balances::balance(&eve), spendable - bond);
        let eves = keys(Sr25519Keyring::Eve, Ed25519Keyring::Eve);
        assert_noop!(
            ValidatorSet::add_validator(RuntimeOrigin::root(), eve.clone()),
            Error::<Runtime>::NoSessionKeys
        );
        pallet_session::NextKeys::<Runtime>::insert(&eve, eves.clone());
        assert_eq!(ValidatorSet::candidates(None), core::slice::from_ref(&eve));
        assert_ok!(ValidatorSet::add_validator(
            RuntimeOrigin::root(),
            eve.clone()
        ));
        chain.next_session(&alice());
        chain.next_session(&eve);
        assert!(Session::validators().contains(&eve));
        assert!(
            crate::Babe::authorities()
                .iter()
                .any(|(key, _)| *key == eves.babe)
        );

        assert_ok!(ValidatorSet::leave(RuntimeOrigin::signed(eve.clone())));
        chain.next_session(&alice());
        chain.next_session(&alice());
        let unbond = || ValidatorSet::request_unbond(RuntimeOrigin::signed(eve.clone()), bond);
        assert_ok!(unbond());
        let until = ValidatorSet::unbonding(eve.clone())[0].until;
        assert_eq!(until, 4 + validators::UNBONDING_SESSIONS);
        pallet_session::CurrentIndex::<Runtime>::put(until);
        assert_ok!(ValidatorSet::withdraw_unbonded(RuntimeOrigin::signed(
            eve.clone()
        )));
        assert_eq!(Balances::balance(&eve), spendable);
    });
}

#[test]
fn limits_are_bounded_as_the_constants_say() {
    ext_of(genesis_presets::LOCAL).execute_with(|| {
        let limits = ValidatorSet::limits();
        let set = |limits| ValidatorSet::set_limits(RuntimeOrigin::root(), limits);
        let bonds = [
            validators::LEAST_MINIMUM_BOND - 1,
            validators::LARGEST_MINIMUM_BOND + 1,
        ];
        for minimum_bond in bonds {
            let outside = Limits {
                minimum_bond,
                ..limits
            };
            assert_noop!(set(outside), Error::<Runtime>::MinimumBondBounds);
        }
        let outside = Limits {
            maximum_validators: validators::MAX_VALIDATORS + 1,
            ..limits
        };
        assert_noop!(set(outside), Error::<Runtime>::MaximumValidatorsBounds);
        assert_ok!(set(limits));
    });
}

#[test]
fn blocks_are_counted_by_author() {
    ext_of(genesis_presets::LOCAL).execute_with(|| {
        let mut chain = Chain::start(&alice());
        chain.block(&bob(), vec![]);
        chain.block(&bob(), vec![]);
        let counted = |who| pallet_clearproof_validator_set::Authored::<Runtime>::get(who);
        assert_eq!([counted(alice()), counted(bob())], [1, 2]);
        assert_eq!(System::block_number(), 3);
        chain.next_session(&bob());
        assert_eq!([counted(alice()), counted(bob())], [0, 1]);
    });
}
