//! The sessions in which a set is announced and validates.
use super::*;
use codec::Encode;
use frame_support::traits::KeyOwnerProofSystem;
use pallet_session::Event as SessionEvent;
use sp_runtime::key_types::DUMMY;

fn signed(who: u64) -> RuntimeOrigin {
    RuntimeOrigin::signed(who)
}

/// Returns true if a set has been announced since the last call.
fn announced() -> bool {
    let queued = |record: &frame_system::EventRecord<RuntimeEvent, _>| {
        matches!(record.event, RuntimeEvent::Session(SessionEvent::NewQueued))
    };
    let any = System::events().iter().any(queued);
    System::reset_events();
    any
}

/// Replaces an account's keys as `session.set_keys` does. The mock's keys carry no proof.
fn set_keys(who: u64, key: u64) {
    pallet_session::NextKeys::<Test>::insert(who, keys(key));
}

#[test]
fn an_unchanged_set_is_never_announced() {
    run(|| {
        for _ in 0..5 {
            pass_sessions(1);
            assert!(!announced());
        }
    });
}

#[test]
fn who_enters_validates_from_the_session_after_next() {
    run(|| {
        add(5);
        assert!(!Session::validators().contains(&5));
        pass_sessions(1);
        assert!(announced());
        assert!(!Session::validators().contains(&5));
        pass_sessions(1);
        assert_eq!(Session::validators(), [1, 2, 3, 4, 5]);
        assert!(!announced(), "once is enough");
    });
}

#[test]
fn who_leaves_validates_for_this_session_and_the_next() {
    run(|| {
        assert_ok!(ValidatorSet::leave(signed(2)));
        pass_sessions(1);
        assert!(announced());
        assert!(Session::validators().contains(&2));
        pass_sessions(1);
        assert_eq!(Session::validators(), [1, 3, 4]);
    });
}

#[test]
fn who_leaves_and_enters_within_a_session_changes_nothing() {
    run(|| {
        assert_ok!(ValidatorSet::leave(signed(2)));
        assert_ok!(ValidatorSet::add_validator(RuntimeOrigin::root(), 2));
        pass_sessions(1);
        assert!(!announced());
    });
}

#[test]
fn new_keys_of_a_validator_announce_the_set_and_those_of_others_do_not() {
    run(|| {
        set_keys(5, 55);
        pass_sessions(1);
        assert!(!announced());
        set_keys(2, 22);
        pass_sessions(1);
        assert!(announced());
        let queued = |who| {
            let queued = Session::queued_keys();
            queued.into_iter().find(|(v, _)| *v == who).unwrap().1
        };
        assert_eq!(queued(2), keys(22));
        pass_sessions(1);
        assert!(!announced());
    });
}

#[test]
fn the_historical_root_of_a_session_commits_to_its_set() {
    run(|| {
        add(5);
        pass_sessions(2);
        let key = (DUMMY, keys(5).encode());
        let proof = Historical::prove(key.clone()).unwrap();
        assert_eq!((proof.session, proof.validator_count), (2, 5));
        pass_sessions(1);
        assert_eq!(Historical::check_proof(key, proof.clone()), Some((5, ())));
        assert_eq!(
            Historical::check_proof((DUMMY, keys(6).encode()), proof),
            None
        );
    });
}

#[test]
fn keys_are_proved_as_long_as_they_are_in_force_and_checked_ever_after() {
    run(|| {
        type Owners = crate::KeyOwners<Test>;
        let (old, new) = ((DUMMY, keys(2).encode()), (DUMMY, keys(22).encode()));
        set_keys(2, 22);
        // The new key is in force two sessions later, and the old one until then.
        let mut proofs = Vec::new();
        for _ in 0..2 {
            let proof = Owners::prove(old.clone()).unwrap();
            assert_eq!(
                Owners::check_proof(old.clone(), proof.clone()),
                Some((2, ()))
            );
            proofs.push(proof);
            let early = Owners::prove(new.clone()).unwrap();
            assert_eq!(Owners::check_proof(new.clone(), early), None);
            pass_sessions(1);
        }
        let proof = Owners::prove(new.clone()).unwrap();
        assert_eq!(Owners::check_proof(new, proof), Some((2, ())));
        for proof in proofs {
            assert_eq!(Owners::check_proof(old.clone(), proof), Some((2, ())));
        }
        assert_eq!(
            Session::load_keys(&2),
            Some(keys(22)),
            "what is registered stays"
        );
    });
}

#[test]
fn roots_and_punishments_last_as_long_as_offences_can_be_reported() {
    run(|| {
        assert_ok!(report(1, 0, 4, 10));
        pass_sessions(REPORT_SESSIONS);
        assert!(Historical::historical_root(0).is_some());
        assert!(crate::Punishments::<Test>::contains_key(0, 4));
        pass_sessions(1);
        assert!(Historical::historical_root(0).is_none());
        assert!(!crate::Punishments::<Test>::contains_key(0, 4));
        assert!(Historical::historical_root(1).is_some());
    });
}

#[test]
fn a_validator_whose_keys_are_gone_is_left_out_and_the_last_one_is_not() {
    // No call does this. A runtime that did it by other means would still have blocks.
    ext_of(1..=4).execute_with(|| {
        pallet_session::NextKeys::<Test>::remove(1);
        pass_sessions(2);
        assert_eq!(Session::validators(), [2, 3, 4]);
        let _ = pallet_session::NextKeys::<Test>::clear(u32::MAX, None);
        assert!(ValidatorSet::check_state().is_err());
        System::reset_events();
        let next = <ValidatorSet as pallet_session::SessionManager<u64>>::new_session(9);
        assert_eq!(next, None);
    });
}
