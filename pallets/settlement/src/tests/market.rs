//! Funding indices and open interest: the state that a batch leaves for the next, and for the
//! instruments' slots.
#![allow(clippy::unwrap_used)]
use super::{
    draft::{Draft, price, submit},
    refused,
};
use crate::{Error, HoldingVenues, mock::*};
use clearproof_primitives::{
    fixed::ONE,
    funding::{FundingTerms, move_indices},
    ids::{Slot, SnapshotNumber},
    time::Millis,
};
use frame_support::assert_ok;
use pallet_clearproof_market_data::OpenInterest;

type E = Error<Test>;

#[test]
fn a_batchs_premiums_move_the_indices_that_the_next_batch_applies() {
    new_test_ext().execute_with(|| {
        let draft = Draft::founded();
        let venue = draft.header.venue;
        let stale = draft.header.funding_hash;
        assert_ok!(submit(OPERATOR, &draft.seal()));

        // The draft's prices, each once, in order; 10 above the mark is capped at 8.
        let from = draft.header.time_from;
        let entries = [
            price(0, from, 1_000 * ONE),
            price(0, from + Millis::new(100), 1_010 * ONE),
            price(1, from, 2_000 * ONE),
            price(3, from + Millis::new(400), 50 * ONE),
        ];
        let terms = FundingTerms {
            marks: &MARKS,
            caps: &[PREMIUM_CAP; 4],
            interval: FUNDING_INTERVAL,
            time_to: draft.header.time_to,
        };
        let mut expected = [0; 4];
        move_indices(&mut expected, &terms, &entries);
        let moved = (8 * ONE * 300 / FUNDING_INTERVAL.get()) as i64;
        assert_eq!(expected, [moved, 0, 0, 0]);
        assert_eq!(Settlement::market_of(venue).funding.to_vec(), expected);

        let mut next = Draft::next(venue, draft.header.time_to + Millis::new(1));
        assert_ne!(next.header.funding_hash, stale);
        next.header.funding_hash = stale;
        refused(E::FundingMismatch, || submit(OPERATOR, &next.seal()));
        let next = Draft::next(venue, draft.header.time_to + Millis::new(1));
        assert_ok!(submit(OPERATOR, &next.seal()));
        let twice = Settlement::market_of(venue).funding[0];
        assert_eq!(twice, 2 * moved);
    });
}

#[test]
fn open_interest_must_be_complete_and_the_proven_one() {
    new_test_ext().execute_with(|| {
        let mut draft = Draft::founded();
        draft.open_interest = vec![5, 0, 0];
        refused(E::OpenInterestMismatch, || submit(OPERATOR, &draft.seal()));
        draft.open_interest = vec![5, 0, 0, 2];
        let mut batch = draft.seal();
        batch.open_interest[1] = 1;
        refused(E::OpenInterestMismatch, || submit(OPERATOR, &batch));
        assert_ok!(submit(OPERATOR, &draft.seal()));
        let open_interest = Settlement::market_of(draft.header.venue).open_interest;
        assert_eq!(open_interest.to_vec(), [5, 0, 0, 2]);
    });
}

#[test]
fn open_interest_grows_to_the_cap_and_beyond_it_only_falls() {
    new_test_ext().execute_with(|| {
        let [cap, _, _, other] = INTEREST_CAPS;
        let mut draft = Draft::founded();
        let venue = draft.header.venue;
        for open_interest in [[cap + 1, 0, 0, 0], [cap, 0, 0, other + 1], [0, 0, 1, 0]] {
            draft.open_interest = open_interest.to_vec();
            refused(E::OpenInterestAboveCap, || submit(OPERATOR, &draft.seal()));
        }
        for open_interest in [1 << 60, u64::MAX] {
            draft.open_interest = vec![open_interest, 0, 0, 0];
            refused(E::OpenInterestOutOfRange, || {
                submit(OPERATOR, &draft.seal())
            });
        }
        draft.open_interest = vec![cap, 0, 0, other];
        assert_ok!(submit(OPERATOR, &draft.seal()));

        // The policy lowers the cap of the first instrument, and the last is delisted.
        TakenSnapshots::mutate(|taken| {
            let caps = &mut taken
                .get_mut(&SnapshotNumber::new(1))
                .unwrap()
                .open_interest_caps;
            (caps[0], caps[3]) = (10, 0);
        });
        let mut from = draft.header.time_to + Millis::new(1);
        let mut settle = |open_interest: [u64; 4], error: Option<E>| {
            let mut next = Draft::next(venue, from);
            next.open_interest = open_interest.to_vec();
            let batch = next.seal();
            match error {
                Some(error) => refused(error, || submit(OPERATOR, &batch)),
                None => {
                    assert_ok!(submit(OPERATOR, &batch));
                    from = next.header.time_to + Millis::new(1);
                }
            }
        };
        settle([cap + 1, 0, 0, other], Some(E::OpenInterestAboveCap));
        settle([cap, 0, 0, other], None);
        settle([cap - 1, 0, 0, other + 1], Some(E::OpenInterestAboveCap));
        settle([cap - 1, 0, 0, other - 1], None);
        settle([cap, 0, 0, other - 1], Some(E::OpenInterestAboveCap));
        settle([9, 0, 0, 0], None);
        settle([10, 0, 0, 0], None);
        settle([11, 0, 0, 0], Some(E::OpenInterestAboveCap));
    });
}

#[test]
fn a_slot_is_held_while_any_venue_has_interest_in_it() {
    new_test_ext().execute_with(|| {
        let held = || [0, 1, 2, 3].map(|slot| HoldingVenues::<Test>::get(Slot::new(slot)));
        let mut draft = Draft::founded();
        draft.open_interest = vec![5, 0, 0, 2];
        assert_ok!(submit(OPERATOR, &draft.seal()));
        let mut other = Draft::next(super::draft::found_venue(), NOW + Millis::new(1));
        Timestamp::set_timestamp(NOW.get() + 500);
        (other.header.snapshot_number, other.header.snapshot_hash) = (
            SnapshotNumber::new(2),
            TakenSnapshots::get()[&SnapshotNumber::new(2)].hash,
        );
        other.open_interest = vec![1, 7, 0, 0];
        assert_ok!(submit(OPERATOR, &other.seal()));
        assert_eq!(held(), [2, 1, 0, 1]);
        assert!(Settlement::any(Slot::new(0)) && !Settlement::any(Slot::new(2)));

        let mut next = Draft::next(draft.header.venue, draft.header.time_to + Millis::new(1));
        next.open_interest = vec![0; 4];
        assert_ok!(submit(OPERATOR, &next.seal()));
        assert_eq!(held(), [1, 1, 0, 0]);
        assert_ok!(Settlement::check_holders());
        Settlement::remove_market(other.header.venue);
        assert_eq!(held(), [0; 4]);
        assert_ok!(Settlement::check_holders());
    });
}
