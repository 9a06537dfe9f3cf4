//! The chain's view of deleveraging, and the events about it.
#![allow(clippy::unwrap_used)]
use super::{
    draft::{Draft, deleverage, price, submit},
    refused,
};
use crate::{Error, Event, mock::*};
use clearproof_primitives::{
    fixed::{Factor, ONE},
    ids::{Slot, VenueId},
    time::Millis,
};
use frame_support::assert_ok;

type E = Error<Test>;

/// Instrument, price and rank of each event, in order.
fn reported(venue: VenueId) -> Vec<(Slot, u64, Factor)> {
    let events = System::events().into_iter();
    let of_venue = events.filter_map(|record| match record.event {
        RuntimeEvent::Settlement(Event::Deleveraged {
            venue: of,
            instrument,
            price,
            rank,
        }) if of == venue => Some((instrument, price, rank)),
        _ => None,
    });
    of_venue.collect()
}

/// A batch that deleverages instrument 0 in both chunks at different times, far outside the band,
/// and instrument 1.
fn draft() -> Draft {
    let mut draft = Draft::founded();
    let at = draft.header.time_from;
    draft.header.deleverage_rank = Factor::new(3 << 16);
    draft.lists = vec![
        vec![
            price(0, at, 1_008 * ONE),
            deleverage(0, at, 1),
            deleverage(1, at + Millis::new(1), 9_000 * ONE),
        ],
        vec![
            price(0, at, 1_008 * ONE),
            deleverage(0, at + Millis::new(400), 1),
        ],
    ];
    draft
}

#[test]
fn everybody_sees_what_is_deleveraged_and_at_what_price() {
    new_test_ext().execute_with(|| {
        let draft = draft();
        let venue = draft.header.venue;
        assert_ok!(submit(OPERATOR, &draft.seal()));
        let expected = [(0, 1), (1, 9_000 * ONE)]
            .map(|(i, price)| (Slot::new(i), price, Factor::new(3 << 16)));
        assert_eq!(reported(venue), expected, "each instrument once");
        let next = Draft::next(venue, draft.header.time_to + Millis::new(1));
        assert_ok!(submit(OPERATOR, &next.seal()));
        assert_eq!(reported(venue).len(), 2);
    });
}

#[test]
fn prices_of_deleveraging_move_no_funding() {
    new_test_ext().execute_with(|| {
        let with = draft();
        let mut without = with.clone();
        without.lists = vec![vec![with.lists[0][0]], vec![]];
        let funding = |draft: &Draft| {
            frame_support::storage::with_transaction(|| {
                assert_ok!(submit(OPERATOR, &draft.seal()));
                let funding = Settlement::market_of(draft.header.venue).funding;
                sp_runtime::TransactionOutcome::Rollback(Ok::<_, sp_runtime::DispatchError>(
                    funding.into_inner(),
                ))
            })
            .unwrap()
        };
        let moved = (8 * ONE * 400 / FUNDING_INTERVAL.get()) as i64;
        assert_eq!(funding(&with), [moved, 0, 0, 0]);
        assert_eq!(funding(&without), funding(&with));
    });
}

#[test]
fn one_price_per_instrument_in_the_whole_batch() {
    new_test_ext().execute_with(|| {
        let draft = draft();
        let mut wrong = draft.clone();
        wrong.lists[1][1].price = 2;
        refused(E::PriceConflict, || submit(OPERATOR, &wrong.seal()));
        wrong = draft.clone();
        wrong.lists[1].insert(1, deleverage(0, draft.header.time_from, 2));
        refused(E::PriceConflict, || submit(OPERATOR, &wrong.seal()));
        assert_ok!(submit(OPERATOR, &draft.seal()));
    });
}

#[test]
fn its_entries_keep_all_other_rules() {
    new_test_ext().execute_with(|| {
        let draft = draft();
        let at = draft.header.time_from;
        let with = |entry| {
            let mut wrong = draft.clone();
            wrong.lists[1] = vec![entry];
            wrong.seal()
        };
        for (entry, error) in [
            (deleverage(3, at, 0), E::PriceZero),
            (deleverage(3, at - Millis::new(1), 1), E::PriceTime),
            (deleverage(3, at + Millis::new(401), 1), E::PriceTime),
            (deleverage(2, at, 1), E::InstrumentNotListed),
            (deleverage(4, at, 1), E::InstrumentNotListed),
            // An entry of an auction still has its band.
            (price(3, at, 1), E::PriceOutsideBand),
        ] {
            refused(error, || submit(OPERATOR, &with(entry)));
        }
        // For the same instrument and time, the auction's entry comes first, and there is one of
        // each.
        let mut wrong = draft.clone();
        wrong.lists[0].swap(0, 1);
        refused(E::PricesUnsorted, || submit(OPERATOR, &wrong.seal()));
        wrong = draft.clone();
        wrong.lists[0][2] = wrong.lists[0][1];
        refused(E::PricesUnsorted, || submit(OPERATOR, &wrong.seal()));
        // The kind of an entry and the rank are proven.
        let mut batch = draft.seal();
        let rank = batch.header.deleverage_rank.get();
        batch.header.deleverage_rank = Factor::new(rank - 1);
        refused(E::ProofRejected, || submit(OPERATOR, &batch));
        batch = draft.seal();
        batch.chunks[0].prices[0].deleverages = true;
        batch.chunks[0].prices[1].deleverages = false;
        assert!(submit(OPERATOR, &batch).is_err());
        batch = draft.seal();
        let last = batch.chunks[1].prices.len() - 1;
        batch.chunks[1].prices[last].price = 1_000 * ONE;
        batch.chunks[1].prices[last].deleverages = false;
        refused(E::PricesHashMismatch, || submit(OPERATOR, &batch));
        assert_ok!(submit(OPERATOR, &draft.seal()));
    });
}
