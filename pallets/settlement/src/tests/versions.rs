//! Batches of two versions of the protocol.
#![allow(clippy::unwrap_used)]
use super::{
    call,
    draft::{Draft, change, found_on, submit},
    refused,
};
use crate::{Circuits, Error, mock::*, simulator::Simulator};
use clearproof_primitives::{batch::PROTOCOL_VERSION, ids::CircuitId, shape::Shape, time::Millis};
use frame_support::{assert_ok, dispatch::DispatchResult};

type E = Error<Test>;

const OTHER: CircuitId = CircuitId::new(2);

fn register(circuit: CircuitId, version: u16) -> DispatchResult {
    let register = crate::Call::register_circuit {
        circuit,
        version,
        shape: Shape::TINY,
        chunk_key: Simulator::new(CHUNK).key(),
        closing_key: Simulator::new(CLOSING).key(),
        development: true,
    };
    call(register, RuntimeOrigin::root())
}

/// A circuit that a runtime of another version registered.
fn registered_before(circuit: CircuitId, version: u16) {
    register(circuit, PROTOCOL_VERSION).unwrap();
    Circuits::<Test>::mutate(circuit, |stored| stored.as_mut().unwrap().version = version);
}

/// The first batch of a new venue of a circuit, with the header of a version.
fn first_batch(circuit: CircuitId, version: u16) -> Draft {
    Timestamp::set_timestamp(CREATED.get());
    let venue = crate::NextVenue::<Test>::get();
    assert_ok!(found_on(circuit));
    let mut draft = Draft::first(venue);
    draft.header.version = version;
    draft
}

#[test]
fn a_circuit_of_a_version_that_the_chain_does_not_encode_is_refused() {
    new_test_ext().execute_with(|| {
        for version in [0, PROTOCOL_VERSION - 1, PROTOCOL_VERSION + 1, u16::MAX] {
            refused(E::UnsupportedVersion, || register(OTHER, version));
        }
        assert_ok!(register(OTHER, PROTOCOL_VERSION));
    });
}

#[test]
fn two_versions_settle_in_one_block() {
    new_test_ext().execute_with(|| {
        registered_before(OTHER, PROTOCOL_VERSION - 1);
        let newer = first_batch(CIRCUIT, PROTOCOL_VERSION);
        let older = first_batch(OTHER, PROTOCOL_VERSION - 1);
        let mut wrong = older.clone();
        wrong.header.version = PROTOCOL_VERSION;
        refused(E::WrongVersion, || submit(OPERATOR, &wrong.seal()));
        wrong = newer.clone();
        wrong.header.version = PROTOCOL_VERSION - 1;
        refused(E::WrongVersion, || submit(OPERATOR, &wrong.seal()));
        assert_ok!(submit(OPERATOR, &older.seal()));
        assert_ok!(submit(OPERATOR, &newer.seal()));
    });
}

/// The runtime of the next version is this one, to which the circuit's version is an older one.
#[test]
fn a_batch_on_its_way_settles_after_an_upgrade_of_the_runtime() {
    new_test_ext().execute_with(|| {
        registered_before(OTHER, PROTOCOL_VERSION - 1);
        let on_its_way = first_batch(OTHER, PROTOCOL_VERSION - 1).seal();
        System::set_block_number(2);
        assert_ok!(submit(OPERATOR, &on_its_way));
        let venue = on_its_way.header.venue;
        let mut next = Draft::next(venue, on_its_way.header.time_to + Millis::new(1));
        refused(E::WrongVersion, || submit(OPERATOR, &next.seal()));
        next.header.version = PROTOCOL_VERSION - 1;
        assert_ok!(submit(OPERATOR, &next.seal()));
    });
}

/// The version is that of the circuit under which the batch is due, not of the last one.
#[test]
fn a_venue_changes_version_with_its_circuit() {
    new_test_ext().execute_with(|| {
        registered_before(OTHER, PROTOCOL_VERSION - 1);
        let mut draft = first_batch(OTHER, PROTOCOL_VERSION - 1);
        let venue = draft.header.venue;
        assert_ok!(change(venue, CIRCUIT, 1));
        refused(E::WrongVersion, || submit(OPERATOR, &draft.seal()));
        draft.header.version = PROTOCOL_VERSION;
        assert_ok!(submit(OPERATOR, &draft.seal()));
        assert_eq!(Settlement::venue(venue).unwrap().circuit, CIRCUIT);
    });
}

#[test]
fn a_venue_does_not_change_to_another_encoding_of_its_accounts() {
    new_test_ext().execute_with(|| {
        registered_before(OTHER, PROTOCOL_VERSION - 1);
        Circuits::<Test>::mutate(OTHER, |stored| {
            stored.as_mut().unwrap().genesis_root = Default::default();
        });
        let venue = first_batch(CIRCUIT, PROTOCOL_VERSION).header.venue;
        refused(E::CircuitOfOtherShape, || change(venue, OTHER, 1));
    });
}
