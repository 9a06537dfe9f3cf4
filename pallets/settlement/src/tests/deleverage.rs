//! The chain's view of deleveraging, and the events about it.
#![allow(clippy::unwrap_used)]
use super::{
    draft::{Draft, deleverage, price, submit},
    refused,
};
use crate::{Error, Event, mock::*};
use clearproof_primitives::{
    fixed::{Factor, ONE, Rate},
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

/// A thirty-second part.
const SLACK: Rate = Rate::new(1 << 27);
/// The insurance fund sells instrument 0, whose mark is 1,000.
const SOLD: u64 = 1_031 * ONE + ONE / 4;
/// It buys instrument 1, whose mark is 2,000.
const BOUGHT: u64 = 1_937 * ONE + ONE / 2;

/// A batch that deleverages instrument 0 in both chunks at different times, and instrument 1 on the
/// other side.
fn draft() -> Draft {
    let mut draft = Draft::founded();
    let at = draft.header.time_from;
    draft.header.deleverage_rank = Factor::new(3 << 16);
    draft.header.slack = SLACK;
    draft.lists = vec![
        vec![
            price(0, at, 1_008 * ONE),
            deleverage(0, at, SOLD, true),
            deleverage(1, at + Millis::new(1), BOUGHT, false),
        ],
        vec![
            price(0, at, 1_008 * ONE),
            deleverage(0, at + Millis::new(400), SOLD, true),
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
        let expected =
            [(0, SOLD), (1, BOUGHT)].map(|(i, price)| (Slot::new(i), price, Factor::new(3 << 16)));
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

/// The price is the mark, moved by the slack to the fund's favour: nothing else, not by one unit.
#[test]
fn the_operator_chooses_no_price() {
    new_test_ext().execute_with(|| {
        let draft = draft();
        for price in [SOLD - 1, SOLD + 1, 1_000 * ONE, 969 * ONE - ONE / 4] {
            let mut wrong = draft.clone();
            wrong.lists[1][1].price = price;
            refused(E::DeleveragePrice, || submit(OPERATOR, &wrong.seal()));
        }
        for price in [BOUGHT - 1, BOUGHT + 1, 2_000 * ONE, 2_062 * ONE + ONE / 2] {
            let mut wrong = draft.clone();
            wrong.lists[0][2].price = price;
            refused(E::DeleveragePrice, || submit(OPERATOR, &wrong.seal()));
        }
        // Nor does a batch have two slacks.
        let mut wrong = draft.clone();
        wrong.header.slack = Rate::new(SLACK.get() + 1);
        refused(E::DeleveragePrice, || submit(OPERATOR, &wrong.seal()));
        // At one unit more, all prices are others.
        let mut exact = draft.clone();
        exact.header.slack = Rate::new(SLACK.get() + 1);
        let at = draft.header.time_from;
        exact.lists = vec![vec![deleverage(3, at, 51 * ONE + ONE / 16 * 9 + 50, true)]];
        exact.boundaries.truncate(2);
        assert_ok!(submit(OPERATOR, &exact.seal()));
    });
}

/// The policy's band bounds the slack.
#[test]
fn the_slack_moves_no_price_out_of_its_band() {
    new_test_ext().execute_with(|| {
        let draft = Draft::founded();
        let at = draft.header.time_from;
        let with = |slack: u32, fund_sells: bool| {
            let mut draft = draft.clone();
            draft.header.slack = Rate::new(slack);
            let price = clearproof_primitives::liquidation::deleverage_price(
                MARKS[0],
                draft.header.slack,
                fund_sells,
            );
            draft.lists = vec![vec![deleverage(0, at, price, fund_sells)]];
            draft.boundaries.truncate(2);
            draft.seal()
        };
        // A band of 50 around 1,000.
        let most = ((u128::from(BANDS[0]) + 1) * u128::from(ONE) - 1) / u128::from(MARKS[0]);
        for fund_sells in [false, true] {
            for slack in [most as u32 + 1, 1 << 30, u32::MAX] {
                refused(E::PriceOutsideBand, || {
                    submit(OPERATOR, &with(slack, fund_sells))
                });
            }
        }
        assert_ok!(submit(OPERATOR, &with(most as u32, true)));
    });
}

/// Accounts could otherwise be closed against each other through the two entries, while the
/// insurance fund does nothing.
#[test]
fn an_instrument_has_one_side_in_the_whole_batch() {
    new_test_ext().execute_with(|| {
        let mut draft = draft();
        let at = draft.header.time_from;
        let other = 968 * ONE + ONE / 4 * 3;
        let mut wrong = draft.clone();
        wrong.lists[1][1] = deleverage(0, at + Millis::new(400), other, false);
        refused(E::PriceConflict, || submit(OPERATOR, &wrong.seal()));
        // Without slack, both sides have one price.
        draft.header.slack = Rate::new(0);
        for list in &mut draft.lists {
            for entry in list.iter_mut().filter(|entry| entry.deleverages) {
                entry.price = MARKS[entry.instrument.place()];
            }
        }
        for (chunk, time) in [
            (0, at + Millis::new(1)),
            (1, at + Millis::new(400)),
            (1, at + Millis::new(100)),
        ] {
            let mut wrong = draft.clone();
            wrong.lists[chunk]
                .retain(|entry| entry.instrument != Slot::new(0) || !entry.deleverages);
            wrong.lists[chunk].push(deleverage(0, time, 1_000 * ONE, false));
            wrong.lists[chunk].sort_unstable();
            refused(E::PriceConflict, || submit(OPERATOR, &wrong.seal()));
        }
        // In one list and at one time they are not in order either.
        let mut wrong = draft.clone();
        wrong.lists[1].insert(1, deleverage(0, at + Millis::new(400), 1_000 * ONE, false));
        refused(E::PricesUnsorted, || submit(OPERATOR, &wrong.seal()));
        // An auction's entry has no side.
        let mut wrong = draft.clone();
        wrong.lists[0][0].fund_sells = true;
        refused(E::SideOfAuction, || submit(OPERATOR, &wrong.seal()));
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
            (deleverage(3, at, 0, true), E::PriceZero),
            (deleverage(3, at - Millis::new(1), 1, true), E::PriceTime),
            (deleverage(3, at + Millis::new(401), 1, true), E::PriceTime),
            (deleverage(2, at, 1, true), E::InstrumentNotListed),
            (deleverage(4, at, 1, true), E::InstrumentNotListed),
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
        // The kind and the side of an entry, the rank and the slack are proven.
        let mut batch = draft.seal();
        let rank = batch.header.deleverage_rank.get();
        batch.header.deleverage_rank = Factor::new(rank - 1);
        refused(E::ProofRejected, || submit(OPERATOR, &batch));
        let mut plain = draft.clone();
        for list in &mut plain.lists {
            list.truncate(1);
        }
        batch = plain.seal();
        batch.header.slack = Rate::new(0);
        refused(E::ProofRejected, || submit(OPERATOR, &batch));
        batch = draft.seal();
        batch.chunks[0].prices[0].deleverages = true;
        batch.chunks[0].prices[1].deleverages = false;
        assert!(submit(OPERATOR, &batch).is_err());
        batch = draft.seal();
        let last = batch.chunks[1].prices.len() - 1;
        batch.chunks[1].prices[last] = price(0, at + Millis::new(400), 1_000 * ONE);
        refused(E::PricesHashMismatch, || submit(OPERATOR, &batch));
        assert_ok!(submit(OPERATOR, &draft.seal()));
    });
}
