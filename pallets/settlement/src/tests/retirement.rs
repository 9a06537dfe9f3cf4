//! Retirement of circuits.
#![allow(clippy::unwrap_used)]
use super::{
    call,
    draft::{Draft, change, deposit, found_on, found_venue, submit},
    refused, signed,
};
use crate::{Error, Event, ProofKind, Retirement, Retirements, mock::*, simulator::Simulator};
use clearproof_primitives::{
    batch::{PROTOCOL_VERSION, Withdrawal},
    field::Fr,
    ids::CircuitId,
    shape::Shape,
    time::Millis,
};
use frame_support::{assert_ok, dispatch::DispatchResult};
use sp_runtime::DispatchError;

type E = Error<Test>;

const ONE: Millis = Millis::new(1);
const SUCCESSOR: CircuitId = CircuitId::new(2);
const DEEPER: CircuitId = CircuitId::new(3);
/// Key seeds of the successor.
const NEWER: (u64, u64) = (11, 12);

fn register(circuit: CircuitId, shape: Shape) {
    let register = crate::Call::register_circuit {
        circuit,
        version: PROTOCOL_VERSION,
        shape,
        chunk_key: Simulator::new(NEWER.0).key(),
        closing_key: Simulator::new(NEWER.1).key(),
        development: true,
    };
    assert_ok!(call(register, RuntimeOrigin::root()));
}

/// Runs a test with a successor of the first circuit and a circuit of another shape.
fn run(test: impl FnOnce()) {
    new_test_ext().execute_with(|| {
        register(SUCCESSOR, Shape::TINY);
        let depth = Shape::TINY.depth + 1;
        let deeper = Shape {
            depth,
            ..Shape::TINY
        };
        register(DEEPER, deeper);
        test();
        assert_ok!(Settlement::check_circuits());
    });
}

fn retire(
    origin: RuntimeOrigin,
    circuit: CircuitId,
    at: Millis,
    successor: Option<CircuitId>,
) -> DispatchResult {
    let retire = crate::Call::retire_circuit {
        circuit,
        at,
        successor,
    };
    call(retire, origin)
}

/// By the circuit origin, as soon as the notice allows. Returns the time.
fn announce(successor: Option<CircuitId>) -> Millis {
    let at = Settlement::now() + NOTICE;
    assert_ok!(retire(signed(CIRCUIT_VOTERS), CIRCUIT, at, successor));
    at
}

#[test]
fn a_retirement_is_announced_ahead_with_a_successor_of_the_shape() {
    run(|| {
        found_venue();
        let (by, soon) = (signed(CIRCUIT_VOTERS), Settlement::now() + NOTICE);
        let refuse = |error: E, circuit, at, successor| {
            refused(error, || retire(by.clone(), circuit, at, successor));
        };
        for stranger in [signed(OWNER), signed(COMMITTEE), RuntimeOrigin::none()] {
            refused(DispatchError::BadOrigin, || {
                retire(stranger, CIRCUIT, soon, Some(SUCCESSOR))
            });
        }
        refuse(E::UnknownCircuit, CircuitId::new(9), soon, None);
        refuse(E::UnknownCircuit, CIRCUIT, soon, Some(CircuitId::new(9)));
        refuse(E::CircuitOfOtherShape, CIRCUIT, soon, Some(DEEPER));
        refuse(E::CircuitRetired, CIRCUIT, soon, Some(CIRCUIT));
        for early in [Millis::ZERO, Settlement::now(), soon - ONE] {
            refuse(E::RetirementTooSoon, CIRCUIT, early, Some(SUCCESSOR));
        }
        refuse(E::CircuitInUse, CIRCUIT, soon, None);
        assert_eq!(announce(Some(SUCCESSOR)), soon);
        let retirement = Retirement {
            at: soon,
            announced: CREATED,
            successor: Some(SUCCESSOR),
        };
        assert_eq!(Settlement::retirement(CIRCUIT), Some(retirement));
        System::assert_last_event(RuntimeEvent::Settlement(Event::CircuitRetirementSet {
            circuit: CIRCUIT,
            retirement,
            urgent: false,
        }));
        // What is about to be retired itself is no successor.
        refuse(E::CircuitRetired, SUCCESSOR, soon, Some(CIRCUIT));
        assert_ok!(retire(by, CIRCUIT, soon + NOTICE, Some(SUCCESSOR)));
    });
}

#[test]
fn nothing_settles_starts_or_pays_into_a_retired_circuit() {
    run(|| {
        let draft = Draft::founded();
        let venue = draft.header.venue;
        let (other, batch) = (draft.header.venue.next(), draft.seal());
        assert_ok!(found_on(SUCCESSOR));
        let at = announce(Some(SUCCESSOR));

        Timestamp::set_timestamp((at - ONE).get());
        assert_ok!(deposit(venue, 0, 10));
        assert_ok!(found_on(CIRCUIT));
        assert_ok!(change(other, CIRCUIT, 1));

        // The time of the block decides, not that of the batch.
        Timestamp::set_timestamp(at.get());
        refused(E::CircuitRetired, || submit(OPERATOR, &batch));
        refused(E::CircuitRetired, || found_on(CIRCUIT));
        refused(E::CircuitRetired, || change(other, CIRCUIT, 1));
        for venue in [venue, other] {
            refused(E::CircuitRetired, || deposit(venue, 0, 10));
        }
        // Nor is it brought back.
        for by in [signed(CIRCUIT_VOTERS), RuntimeOrigin::root()] {
            refused(E::CircuitRetired, || {
                retire(by, CIRCUIT, at + NOTICE * 2, Some(SUCCESSOR))
            });
        }
    });
}

#[test]
fn a_batch_settles_until_the_retirement() {
    run(|| {
        let draft = Draft::founded();
        let at = announce(Some(SUCCESSOR));
        Retirements::<Test>::mutate(CIRCUIT, |it| it.as_mut().unwrap().at = NOW);
        refused(E::CircuitRetired, || submit(OPERATOR, &draft.seal()));
        Retirements::<Test>::mutate(CIRCUIT, |it| it.as_mut().unwrap().at = NOW + ONE);
        assert_ok!(submit(OPERATOR, &draft.seal()));
        assert!(at > NOW);
    });
}

/// The owner's call is not stopped by the retirement, so that no venue is trapped that has a
/// successor.
#[test]
fn a_venue_of_a_retired_circuit_goes_on_with_the_successor() {
    run(|| {
        let mut draft = Draft::founded();
        let venue = draft.header.venue;
        assert_ok!(retire(RuntimeOrigin::root(), CIRCUIT, NOW, Some(SUCCESSOR)));
        refused(E::CircuitRetired, || submit(OPERATOR, &draft.seal()));
        // A change at a later batch would never come.
        assert_ok!(change(venue, SUCCESSOR, 2));
        refused(E::CircuitRetired, || submit(OPERATOR, &draft.seal()));
        refused(E::CircuitRetired, || deposit(venue, 0, 10));
        assert_ok!(change(venue, SUCCESSOR, 1));
        assert_ok!(deposit(venue, 0, 10));
        refused(E::ProofRejected, || submit(OPERATOR, &draft.seal()));
        draft.keys = NEWER;
        assert_ok!(submit(OPERATOR, &draft.seal()));
        assert_eq!(Settlement::venue(venue).unwrap().circuit, SUCCESSOR);
        refused(E::CircuitRetired, || change(venue, CIRCUIT, 2));
    });
}

#[test]
fn a_circuit_without_a_successor_is_retired_once_its_venues_are_wound_down() {
    run(|| {
        let mut draft = Draft::founded();
        let venue = draft.header.venue;
        let at = NOW + NOTICE;
        let by_voters = || retire(signed(CIRCUIT_VOTERS), CIRCUIT, at, None);
        refused(E::CircuitInUse, by_voters);
        draft.withdrawals = vec![Withdrawal {
            recipient: [BOB; 32],
            asset: 0,
            amount: 500,
        }];
        assert_ok!(submit(OPERATOR, &draft.seal()));
        refused(E::CircuitInUse, by_voters);
        assert_ok!(call(crate::Call::close_venue { venue }, signed(OWNER)));
        assert_ok!(by_voters());
        // A venue that began or came now would have nowhere to go.
        refused(E::CircuitRetired, || found_on(CIRCUIT));
        let other = crate::NextVenue::<Test>::get();
        assert_ok!(found_on(SUCCESSOR));
        refused(E::CircuitRetired, || change(other, CIRCUIT, 1));
    });
}

#[test]
fn a_venue_that_changed_is_counted_where_it_is() {
    run(|| {
        let mut draft = Draft::founded();
        let venue = draft.header.venue;
        assert_ok!(change(venue, SUCCESSOR, 1));
        draft.keys = NEWER;
        assert_ok!(submit(OPERATOR, &draft.seal()));
        let at = NOW + NOTICE;
        refused(E::CircuitInUse, || {
            retire(signed(CIRCUIT_VOTERS), SUCCESSOR, at, None)
        });
        announce(None);
    });
}

#[test]
fn root_retires_at_once_whatever_it_leaves() {
    run(|| {
        let draft = Draft::founded();
        let venue = draft.header.venue;
        assert_ok!(retire(RuntimeOrigin::root(), CIRCUIT, Millis::ZERO, None));
        let retirement = Retirement {
            at: NOW,
            announced: NOW,
            successor: None,
        };
        assert_eq!(Settlement::retirement(CIRCUIT), Some(retirement));
        System::assert_last_event(RuntimeEvent::Settlement(Event::CircuitRetirementSet {
            circuit: CIRCUIT,
            retirement,
            urgent: true,
        }));
        refused(E::CircuitRetired, || submit(OPERATOR, &draft.seal()));
        refused(E::CircuitRetired, || deposit(venue, 0, 10));
        refused(E::CircuitRetired, || found_on(CIRCUIT));
        // The money stays in custody until the owner chooses a circuit that works.
        assert_eq!(Custody::totals(venue)[0].1.queued, 500);
        assert_ok!(change(venue, SUCCESSOR, 1));
        assert_ok!(deposit(venue, 0, 10));
    });
}

#[test]
fn root_brings_an_announced_retirement_forward() {
    run(|| {
        let draft = Draft::founded();
        let at = announce(Some(SUCCESSOR));
        assert_ok!(retire(
            RuntimeOrigin::root(),
            CIRCUIT,
            NOW + ONE,
            Some(SUCCESSOR)
        ));
        assert_ok!(submit(OPERATOR, &draft.seal()));
        Timestamp::set_timestamp((NOW + ONE).get());
        refused(E::CircuitRetired, || found_on(CIRCUIT));
        assert!(NOW + ONE < at);
    });
}

/// Proofs that need not settle, such as of membership, hold for ever.
#[test]
fn a_retired_circuits_keys_still_verify() {
    run(|| {
        assert_ok!(retire(RuntimeOrigin::root(), CIRCUIT, Millis::ZERO, None));
        let proof = Simulator::new(CHUNK).prove(Fr::from(5u64), 0).to_vec();
        let input = Fr::from(5u64).into();
        let verdict = Settlement::verify_proof(CIRCUIT, ProofKind::Chunk, proof, input);
        assert_eq!(verdict, Ok(()));
    });
}
