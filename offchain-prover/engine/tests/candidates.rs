//! Signatures that are checked before the venue sees the order set.
#![allow(clippy::unwrap_used)]

mod common;

use clearproof_engine::{Candidate, EngineError, VenueConfig};
use clearproof_primitives::{field::Fr, ids::VenueId, order::SignedOrderSet, shape::Shape};
use common::{key, open_venue, signed};

const SHAPE: Shape = Shape::TINY;

#[test]
fn a_checked_order_set_is_accepted_with_the_same_message() {
    let (mut venue, mut other) = (open_venue(&SHAPE, 2, 100), open_venue(&SHAPE, 2, 100));
    let set = signed(&SHAPE, 0, 1, vec![], None);
    let owner = key(0).public_key();
    let candidate = Candidate::check(set.clone(), venue.config(), &owner).unwrap();
    assert_eq!(candidate.signed(), &set);
    assert_eq!(venue.submit(candidate), other.submit(set));
    assert_eq!(venue.live_sets().len(), 1);
}

#[test]
fn what_cannot_be_accepted_is_no_candidate() {
    let venue = open_venue(&SHAPE, 2, 100);
    let (config, owner) = (venue.config(), key(0).public_key());
    let set = signed(&SHAPE, 0, 1, vec![], None);
    let refusal = |set: SignedOrderSet| Candidate::check(set, config, &owner).unwrap_err();
    let mut tampered = set.clone();
    tampered.set.sequence = 2;
    assert!(matches!(refusal(tampered), EngineError::Signature(_)));
    let foreign = signed(&SHAPE, 1, 1, vec![], None);
    assert!(matches!(refusal(foreign), EngineError::Signature(_)));
    let mut elsewhere = set.clone();
    elsewhere.set.venue = VenueId::new(9);
    assert_eq!(refusal(elsewhere), EngineError::OtherVenue(VenueId::new(9)));
    let mut malformed = set;
    malformed.set.sequence = 0;
    assert!(matches!(refusal(malformed), EngineError::OrderSet(_)));
}

#[test]
fn a_check_against_another_owner_or_chain_counts_for_nothing() {
    let mut venue = open_venue(&SHAPE, 2, 100);
    let config = venue.config().clone();
    // Signed by a stranger, and checked against the stranger's key.
    let mut set = signed(&SHAPE, 0, 1, vec![], None);
    set.signature = key(5).sign(set.set.message(&SHAPE, config.genesis));
    let candidate = Candidate::check(set, &config, &key(5).public_key()).unwrap();
    assert!(matches!(
        venue.submit(candidate),
        Err(EngineError::Signature(_))
    ));
    // Signed by the owner for another chain.
    let elsewhere = VenueConfig {
        genesis: config.genesis + Fr::from(1u64),
        ..config
    };
    let mut set = signed(&SHAPE, 0, 1, vec![], None);
    set.signature = key(0).sign(set.set.message(&SHAPE, elsewhere.genesis));
    let candidate = Candidate::check(set, &elsewhere, &key(0).public_key()).unwrap();
    assert!(matches!(
        venue.submit(candidate),
        Err(EngineError::Signature(_))
    ));
    assert!(venue.live_sets().is_empty());
}
