//! Validators that author nothing.
use super::*;
use crate::{Silence, Unresponsive};

const ALL: [u64; 4] = [1, 2, 3, 4];
const WITHOUT_4: [u64; 3] = [1, 2, 3];

fn noted(who: u64, session: u32, fraction: Perbill, slashed: u128) -> Event<Test> {
    Event::OffenceNoted {
        who,
        session,
        fraction,
        slashed,
    }
}

#[test]
fn a_silent_validator_is_reported_and_leaves() {
    run(|| {
        pass_session(&WITHOUT_4);
        // Eleven blocks of four validators are two turns.
        let first = Silence {
            sessions: 1,
            turns: 2,
        };
        assert_eq!(ValidatorSet::silence_of(4), first);
        assert_eq!(events(), []);
        pass_session(&WITHOUT_4);
        let none = Perbill::zero();
        assert_eq!(events(), [noted(4, 1, none, 0), Event::Expelled { who: 4 }]);
        assert_eq!(ValidatorSet::silence_of(4), Silence::default());
        assert_eq!(held(4), BOND, "a single silent validator loses nothing");
        assert_eq!(Session::disabled_validators(), Vec::<u32>::new());
        pass_session(&WITHOUT_4);
        assert_eq!(Session::validators(), [1, 2, 3]);
        assert_noop!(
            ValidatorSet::add_validator(RuntimeOrigin::root(), 4),
            Error::<Test>::IsOffender
        );
        assert_ok!(ValidatorSet::reinstate(RuntimeOrigin::root(), 4));
    });
}

#[test]
fn the_report_is_an_offence_of_its_own_kind() {
    run(|| {
        pass_session(&WITHOUT_4);
        pass_session(&WITHOUT_4);
        let kind = <Unresponsive<(u64, ())> as Offence<(u64, ())>>::ID;
        let reported = System::events().into_iter().any(|record| {
            matches!(record.event, RuntimeEvent::Offences(
                pallet_offences::Event::Offence { kind: found, .. }
            ) if found == kind)
        });
        assert!(reported);
    });
}

#[test]
fn one_block_ends_a_silence() {
    run(|| {
        for _ in 0..3 {
            pass_session(&WITHOUT_4);
            pass_session(&ALL);
        }
        assert_eq!(ValidatorSet::members(), ALL);
        assert_eq!(ValidatorSet::silence_of(4), Silence::default());
        assert_eq!(events(), []);
    });
}

#[test]
fn sessions_with_too_few_blocks_do_not_count() {
    run(|| {
        pass_session(&WITHOUT_4);
        let before = ValidatorSet::silence_of(4);
        // A chain that stands still: fewer blocks than validators, then the session's end.
        for _ in 0..5 {
            (0..2).for_each(|_| next_block(Some(1)));
            let end = (System::block_number() / SESSION + 1) * SESSION - 1;
            System::set_block_number(end);
            next_block(None);
        }
        assert_eq!(ValidatorSet::silence_of(4), before);
        assert_eq!(ValidatorSet::silence_of(2), Silence::default());
        assert_eq!(ValidatorSet::members(), ALL);
        pass_session(&WITHOUT_4);
        assert_eq!(ValidatorSet::members(), WITHOUT_4);
    });
}

#[test]
fn luck_is_kept_out_by_turns() {
    // Eight validators have one turn in a session of twelve blocks, so two sessions are not enough.
    let mut config = genesis(1..=8);
    config.validator_set.limits = Some(crate::Limits {
        maximum_validators: 8,
        ..LIMITS
    });
    let storage = sp_runtime::BuildStorage::build_storage(&config).unwrap();
    sp_io::TestExternalities::new(storage).execute_with(|| {
        System::set_block_number(1);
        let seven: Vec<u64> = (1..=7).collect();
        pass_session(&seven);
        pass_session(&seven);
        let silence = Silence {
            sessions: 2,
            turns: 2,
        };
        assert_eq!(ValidatorSet::silence_of(8), silence);
        assert_eq!(events(), []);
        pass_session(&seven);
        assert!(events().contains(&Event::Expelled { who: 8 }));
    });
}

#[test]
fn a_disabled_validator_is_not_silent() {
    run(|| {
        assert_ok!(ValidatorSet::set_limits(
            RuntimeOrigin::root(),
            crate::Limits {
                minimum_validators: 4,
                ..LIMITS
            }
        ));
        assert_ok!(report(1, 0, 4, 10));
        pass_session(&WITHOUT_4);
        pass_session(&WITHOUT_4);
        assert_eq!(ValidatorSet::silence_of(4), Silence::default());
        // It stays because of the minimum, and is admitted again: now it counts.
        assert_eq!(Session::disabled_validators(), Vec::<u32>::new());
        pass_session(&WITHOUT_4);
        assert_eq!(ValidatorSet::silence_of(4).sessions, 1);
    });
}

#[test]
fn who_has_just_joined_is_not_silent() {
    run(|| {
        add(5);
        pass_session(&ALL);
        pass_session(&ALL);
        assert_eq!(ValidatorSet::silence_of(5), Silence::default());
        pass_session(&ALL);
        assert_eq!(ValidatorSet::silence_of(5).sessions, 1);
    });
}

#[test]
fn an_outage_of_the_network_is_nobodys_fault() {
    run(|| {
        pass_session(&[1, 2]);
        pass_session(&[1, 2]);
        let outage = Event::OutageNoted {
            session: 1,
            silent: 2,
        };
        assert_eq!(events(), [outage]);
        assert_eq!(ValidatorSet::members(), ALL);
        assert_eq!(ValidatorSet::silence_of(3), Silence::default());
        assert_eq!([held(3), held(4)], [BOND, BOND]);
        // One authors again; the other has as much time as before.
        pass_session(&WITHOUT_4);
        assert_eq!(events(), []);
        pass_session(&WITHOUT_4);
        assert_eq!(ValidatorSet::members(), WITHOUT_4);
    });
}

#[test]
fn many_silent_validators_lose_a_part_of_their_bonds() {
    run_with(1..=7, || {
        let five: Vec<u64> = (1..=5).collect();
        (0..3).for_each(|_| pass_session(&five));
        // Of seven validators two may fail, one of them without a slash: 7 % of three sevenths.
        let fraction = Perbill::from_parts(29_999_999);
        let slashed = Event::OffenceNoted {
            who: 7,
            session: 2,
            fraction,
            slashed: 30,
        };
        let seen = events();
        assert!(seen.contains(&slashed), "{seen:?}");
        assert_eq!([held(6), held(7)], [970, 970]);
        assert_eq!(Balances::free_balance(TREASURY), 60);
        assert_eq!(Session::disabled_validators(), Vec::<u32>::new());
        assert_eq!(ValidatorSet::members(), five);
    });
}

#[test]
fn a_silent_validator_stays_if_the_set_would_become_too_small() {
    run(|| {
        assert_ok!(ValidatorSet::set_limits(
            RuntimeOrigin::root(),
            crate::Limits {
                minimum_validators: 4,
                ..LIMITS
            }
        ));
        System::reset_events();
        pass_session(&WITHOUT_4);
        pass_session(&WITHOUT_4);
        let none = Perbill::zero();
        assert_eq!(events(), [noted(4, 1, none, 0), Event::Retained { who: 4 }]);
        assert_eq!(ValidatorSet::members(), ALL);
    });
}

#[test]
fn an_equivocator_is_disabled_although_others_are_silent() {
    run(|| {
        pass_session(&WITHOUT_4);
        pass_session(&WITHOUT_4);
        // Of four validators one can be disabled, and the silent one is not.
        assert_ok!(report(1, 2, 3, 56));
        assert_eq!(Session::disabled_validators(), [2]);
    });
}

#[test]
fn the_fraction_grows_with_the_share_of_the_silent() {
    let fraction = |validators, silent| {
        let offence = Unresponsive::<u64> {
            session: 0,
            validators,
            offenders: vec![],
        };
        offence.slash_fraction(silent).deconstruct()
    };
    assert_eq!([fraction(4, 1), fraction(50, 6), fraction(100, 11)], [0; 3]);
    // In parts per billion. Of a hundred validators, twelve lose 0.21 %, thirty-three 4.62 %.
    assert_eq!(fraction(100, 12), 2_100_000);
    assert_eq!(fraction(100, 33), 46_200_000);
    assert_eq!(fraction(100, 100), 70_000_000, "never more than 7 %");
    assert_eq!(fraction(0, 0), 0);
    assert_eq!(fraction(1, u32::MAX), 70_000_000);
}

#[test]
fn blocks_of_unknown_authors_count_for_nobody() {
    run(|| {
        (0..5).for_each(|_| next_block(None));
        assert_eq!(crate::Authored::<Test>::iter().count(), 0);
        next_block(Some(1));
        assert_eq!(crate::Authored::<Test>::get(1), 1);
    });
}
