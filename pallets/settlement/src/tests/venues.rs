#![allow(clippy::unwrap_used)]
use super::{
    call,
    draft::{Draft, deposit, found_venue, submit},
    refused, signed,
};
use crate::{Error, NextCircuit, Pauses, mock::*, simulator::Simulator};
use clearproof_primitives::{
    batch::{PROTOCOL_VERSION, Withdrawal},
    ids::{BatchNumber, CircuitId, VenueId},
    ledger::genesis_state_root,
    shape::Shape,
    time::Millis,
};
use frame_support::{
    assert_ok,
    traits::fungible::{Inspect, InspectHold},
};
use sp_runtime::{DispatchError, TokenError};

type E = Error<Test>;

fn set_paused(
    origin: RuntimeOrigin,
    venue: VenueId,
    paused: bool,
) -> frame_support::dispatch::DispatchResult {
    call(crate::Call::set_paused { venue, paused }, origin)
}

#[test]
fn a_venue_starts_at_its_shapes_genesis_root_and_holds_a_deposit() {
    new_test_ext().execute_with(|| {
        let id = found_venue();
        assert_eq!(found_venue(), id.next());
        let venue = Settlement::venue(id).unwrap();
        assert_eq!(venue.state_root, genesis_state_root(&Shape::TINY).into());
        assert_eq!(
            (venue.batches.get(), venue.time_to, venue.pauses),
            (0, CREATED, Pauses::default())
        );
        assert_eq!(
            Balances::total_balance_on_hold(&account(OWNER)),
            2 * DEPOSIT
        );
        assert_eq!(Balances::balance(&Custody::custody_account(id)), 10);
        let operators: crate::Operators<_> = vec![account(OPERATOR)].try_into().unwrap();
        let create = |origin, circuit| {
            call(
                crate::Call::create_venue {
                    operators: operators.clone(),
                    circuit,
                },
                origin,
            )
        };
        refused(E::UnknownCircuit, || {
            create(signed(OWNER), CircuitId::new(9))
        });
        refused(TokenError::FundsUnavailable, || create(signed(50), CIRCUIT));
        refused(DispatchError::BadOrigin, || {
            create(RuntimeOrigin::root(), CIRCUIT)
        });
    });
}

#[test]
fn only_the_owner_appoints_operators() {
    new_test_ext().execute_with(|| {
        let draft = Draft::founded();
        let venue = draft.header.venue;
        let set = |by, operators: Vec<AccountId>, venue| {
            call(
                crate::Call::set_operators {
                    venue,
                    operators: operators.try_into().unwrap(),
                },
                signed(by),
            )
        };
        refused(E::NotOwner, || {
            set(OPERATOR, vec![account(OPERATOR)], venue)
        });
        refused(E::UnknownVenue, || set(OWNER, vec![], venue.next()));
        assert_ok!(set(OWNER, vec![account(BOB)], venue));
        refused(E::NotOperator, || submit(OPERATOR, &draft.seal()));
        let mut bobs = draft;
        bobs.header.submitter = [BOB; 32];
        assert_ok!(submit(BOB, &bobs.seal()));
    });
}

#[test]
fn owner_and_admin_each_have_a_stop() {
    new_test_ext().execute_with(|| {
        let draft = Draft::founded();
        let venue = draft.header.venue;
        let stopped = || {
            refused(E::VenuePaused, || submit(OPERATOR, &draft.seal()));
            refused(E::VenuePaused, || deposit(venue, 0, 10));
        };
        refused(E::NotOwner, || set_paused(signed(OPERATOR), venue, true));
        refused(E::UnknownVenue, || {
            set_paused(RuntimeOrigin::root(), venue.next(), true)
        });
        refused(DispatchError::BadOrigin, || {
            set_paused(RuntimeOrigin::none(), venue, true)
        });
        assert_ok!(set_paused(RuntimeOrigin::root(), venue, true));
        stopped();
        // The owner cannot lift the admin's pause.
        assert_ok!(set_paused(signed(OWNER), venue, false));
        stopped();
        assert_ok!(set_paused(signed(OWNER), venue, true));
        assert_ok!(set_paused(RuntimeOrigin::root(), venue, false));
        stopped();
        assert_ok!(set_paused(signed(OWNER), venue, false));
        assert_ok!(submit(OPERATOR, &draft.seal()));
    });
}

#[test]
fn the_committee_stops_deposits_and_never_what_pays_withdrawals() {
    new_test_ext().execute_with(|| {
        let draft = Draft::founded();
        let venue = draft.header.venue;
        assert_ok!(set_paused(signed(COMMITTEE), venue, true));
        refused(E::VenuePaused, || deposit(venue, 0, 10));
        // No call of another origin lifts it.
        assert_ok!(set_paused(signed(OWNER), venue, false));
        assert_ok!(set_paused(RuntimeOrigin::root(), venue, false));
        refused(E::VenuePaused, || deposit(venue, 0, 10));
        assert_ok!(submit(OPERATOR, &draft.seal()));
        assert_ok!(set_paused(signed(COMMITTEE), venue, false));
        assert_ok!(deposit(venue, 0, 10));
    });
}

#[test]
fn a_venue_changes_to_another_circuit_at_a_batch_and_both_are_accepted_in_their_turn() {
    new_test_ext().execute_with(|| {
        let mut first = Draft::founded();
        let venue = first.header.venue;
        let other = CIRCUIT.next();
        let newer = (first.keys.0 + 10, first.keys.1 + 10);
        let register = |circuit, shape| {
            let [chunk_key, closing_key] =
                [newer.0, newer.1].map(|seed| Simulator::new(seed).key());
            call(
                crate::Call::register_circuit {
                    circuit,
                    version: PROTOCOL_VERSION,
                    shape,
                    chunk_key,
                    closing_key,
                    development: true,
                },
                RuntimeOrigin::root(),
            )
        };
        let change = |who, next: Option<(CircuitId, u64)>| {
            let next = next.map(|(circuit, from_batch)| NextCircuit {
                circuit,
                from_batch: BatchNumber::new(from_batch),
            });
            call(crate::Call::set_next_circuit { venue, next }, signed(who))
        };
        refused(E::UnknownCircuit, || change(OWNER, Some((other, 2))));
        assert_ok!(register(other, Shape::TINY));
        let deeper = Shape {
            depth: Shape::TINY.depth + 1,
            ..Shape::TINY
        };
        assert_ok!(register(other.next(), deeper));
        refused(E::CircuitOfOtherShape, || {
            change(OWNER, Some((other.next(), 2)))
        });
        refused(E::NotOwner, || change(OPERATOR, Some((other, 2))));
        refused(E::BatchAlreadySettled, || change(OWNER, Some((other, 0))));
        assert_ok!(change(OWNER, Some((other, 2))));

        let older = std::mem::replace(&mut first.keys, newer);
        refused(E::ProofRejected, || submit(OPERATOR, &first.seal()));
        first.keys = older;
        assert_ok!(submit(OPERATOR, &first.seal()));
        assert_eq!(Settlement::venue(venue).unwrap().circuit, CIRCUIT);

        let mut second = Draft::next(venue, first.header.time_to + Millis::new(1));
        refused(E::ProofRejected, || submit(OPERATOR, &second.seal()));
        second.keys = newer;
        assert_ok!(submit(OPERATOR, &second.seal()));
        let state = Settlement::venue(venue).unwrap();
        assert_eq!((state.circuit, state.next_circuit), (other, None));

        let mut third = Draft::next(venue, second.header.time_to + Millis::new(1));
        refused(E::ProofRejected, || submit(OPERATOR, &third.seal()));
        third.keys = newer;
        assert_ok!(submit(OPERATOR, &third.seal()));
        // The change can be withdrawn while it has not happened.
        assert_ok!(change(OWNER, Some((CIRCUIT, 9))));
        assert_ok!(change(OWNER, None));
        assert_eq!(Settlement::venue(venue).unwrap().next_circuit, None);
    });
}

#[test]
fn deposits_go_to_known_venues_only() {
    new_test_ext().execute_with(|| {
        refused(E::UnknownVenue, || deposit(VenueId::new(7), 0, 10));
    });
}

#[test]
fn an_emptied_venue_is_closed_its_deposit_released_and_its_number_never_used_again() {
    new_test_ext().execute_with(|| {
        let mut draft = Draft::founded();
        let venue = draft.header.venue;
        let close = |by| call(crate::Call::close_venue { venue }, signed(by));
        refused(E::NotOwner, || close(BOB));
        let not_empty = pallet_clearproof_custody::Error::<Test>::VenueNotEmpty;
        refused(not_empty, || close(OWNER));
        draft.withdrawals = vec![Withdrawal {
            recipient: [BOB; 32],
            asset: 0,
            amount: 500,
        }];
        assert_ok!(submit(OPERATOR, &draft.seal()));
        assert_ok!(close(OWNER));
        assert_eq!(Balances::total_balance_on_hold(&account(OWNER)), 0);
        assert!(
            Settlement::venue(venue).is_none()
                && Settlement::batch(venue, BatchNumber::new(1)).is_none()
        );
        refused(E::UnknownVenue, || close(OWNER));
        assert_eq!(found_venue(), venue.next());
    });
}
