//! The limits of a batch: never more than the chain accepts, refused by name, and reported in time.
#![allow(clippy::unwrap_used)]

mod common;

use clearproof_engine::{EngineError, Venue};
use clearproof_primitives::{
    ids::AccountIndex,
    order::{Order, Side},
    shape::Shape,
    submission::{MAX_CHUNKS, MAX_DEPOSITS_PER_BATCH, MAX_WITHDRAWALS},
    time::Millis,
};
use common::{MARK, START, bands, open_venue, order, received, request, signed, snapshot};
use proptest::prelude::*;

/// Room for 1,024 accounts.
const WIDE: Shape = Shape {
    depth: 5,
    ..Shape::TINY
};

fn full(what: &'static str, limit: u64) -> EngineError {
    EngineError::BatchFull { what, limit }
}

fn chunks_full() -> EngineError {
    full("chunks", MAX_CHUNKS.into())
}

/// Closes the batch, which fits the chain, and opens the next; returns the number of chunks.
fn close_and_open(venue: &mut Venue, shape: &Shape) -> usize {
    let (time, most) = (venue.now() + Millis::new(1), venue.open_chunks());
    let closed = venue.close_batch(&request(time)).unwrap();
    let chunks = closed.witness.chunks.len();
    let header = &closed.witness.header;
    assert!(chunks <= most && chunks <= MAX_CHUNKS as usize);
    assert!(header.deposits_after - header.deposits_before <= MAX_DEPOSITS_PER_BATCH);
    assert!(header.withdrawal_count <= MAX_WITHDRAWALS);
    venue
        .open_batch(snapshot(shape), bands(shape), time + Millis::new(1))
        .unwrap();
    chunks
}

#[test]
fn deposits_beyond_what_a_batch_may_take_wait_for_the_next() {
    let (shape, limit) = (Shape { steps: 4, ..WIDE }, MAX_DEPOSITS_PER_BATCH);
    let mut venue = open_venue(&shape, 1, 100);
    for number in 2..=limit {
        assert!(!venue.batch_full());
        venue.deposit(&received(0, number, 100)).unwrap();
    }
    assert!(venue.batch_full());
    assert_eq!((venue.open_deposits(), venue.open_steps()), (512, 512));
    let next = received(0, limit + 1, 100);
    assert_eq!(venue.deposit(&next), Err(full("deposits", limit)));
    assert_eq!(venue.deposits_consumed(), limit);
    assert_eq!(venue.open_chunks(), 128);
    assert_eq!(close_and_open(&mut venue, &shape), 128);
    assert_eq!((venue.open_deposits(), venue.open_chunks()), (0, 1));
    assert!(!venue.batch_full());
    assert_eq!(venue.deposit(&next), Ok(AccountIndex::new(1)));
}

#[test]
fn withdrawals_beyond_what_a_batch_may_pay_are_refused() {
    let shape = Shape { steps: 4, ..WIDE };
    let mut venue = open_venue(&shape, 1, 100_000);
    let withdrawal = |sequence| signed(&shape, 0, sequence, vec![], Some(1));
    for sequence in 1..=u64::from(MAX_WITHDRAWALS) {
        assert!(!venue.batch_full());
        venue.submit(withdrawal(sequence)).unwrap();
    }
    assert!(venue.batch_full());
    let before = venue.account(AccountIndex::new(1)).cloned();
    let (next, limit) = (withdrawal(513), MAX_WITHDRAWALS.into());
    assert_eq!(venue.submit(next), Err(full("withdrawals", limit)));
    assert_eq!(venue.account(AccountIndex::new(1)).cloned(), before);
    let live = venue
        .live_set(AccountIndex::new(1))
        .map(|signed| signed.set.sequence);
    assert_eq!(live, Some(512), "the refused set is not live");
    // Orders and deposits go on.
    venue
        .submit(signed(
            &shape,
            0,
            513,
            vec![order(Side::Buy, 1, MARK)],
            None,
        ))
        .unwrap();
    venue.deposit(&received(0, 2, 5)).unwrap();
    close_and_open(&mut venue, &shape);
    assert!(venue.submit(withdrawal(514)).is_ok());
}

#[test]
fn steps_that_would_begin_a_chunk_too_many_are_refused() {
    let shape = Shape { steps: 1, ..WIDE };
    let mut venue = open_venue(&shape, 1, 100_000);
    for number in 2..=u64::from(MAX_CHUNKS) {
        venue.deposit(&received(0, number, 100)).unwrap();
    }
    assert!(venue.batch_full());
    assert_eq!(venue.open_chunks(), 256);
    let deposit = received(1, 257, 100);
    assert_eq!(venue.deposit(&deposit), Err(chunks_full()));
    let withdrawal = signed(&shape, 0, 1, vec![], Some(1));
    assert_eq!(venue.submit(withdrawal.clone()), Err(chunks_full()));
    assert_eq!(venue.account_count(), 2);
    assert_eq!(close_and_open(&mut venue, &shape), 256);
    assert_eq!(venue.deposit(&deposit), Ok(AccountIndex::new(2)));
    assert!(venue.submit(withdrawal).is_ok());
}

/// An order that no fill has touched: its id is the order set's sequence.
fn fresh_order(sequence: u64, side: Side, quantity: u64) -> Option<Order> {
    let order = order(side, quantity, MARK);
    let id = sequence as u32;
    order.map(|order| Order { id, ..order })
}

/// Traders 0 to `pairs − 1` want to buy one lot each from as many other traders, by new orders.
fn quote(venue: &mut Venue, shape: &Shape, pairs: u16, sequence: u64) {
    for trader in 0..2 * pairs {
        let side = if trader < pairs {
            Side::Buy
        } else {
            Side::Sell
        };
        let orders = vec![fresh_order(sequence, side, 1)];
        let set = signed(shape, trader, sequence, orders, None);
        venue.submit(set).unwrap();
    }
}

#[test]
fn an_auction_that_would_begin_a_chunk_too_many_is_refused_and_changes_nothing() {
    let mut venue = open_venue(&WIDE, 6, 100_000);
    let mut reported = None;
    let mut auction = 0;
    let refusal = loop {
        auction += 1;
        // Each order set is another, so every fill needs a step of its own.
        quote(&mut venue, &WIDE, 3, auction);
        if venue.batch_full() {
            reported.get_or_insert(auction);
        }
        let accounts: Vec<_> = AccountIndex::all()
            .take(7)
            .map(|i| venue.account(i).cloned())
            .collect();
        let (now, chunks) = (venue.now(), venue.open_chunks());
        match venue.run_auction(START + Millis::new(auction)) {
            Ok(report) => assert_eq!((report.trades.len(), report.waiting), (6, 0)),
            Err(error) => {
                let after: Vec<_> = AccountIndex::all()
                    .take(7)
                    .map(|i| venue.account(i).cloned())
                    .collect();
                assert_eq!(
                    (accounts, now, chunks),
                    (after, venue.now(), venue.open_chunks())
                );
                assert_eq!(venue.live_sets().len(), 6);
                break error;
            }
        }
        assert!(venue.open_chunks() <= 256);
    };
    assert_eq!(refusal, chunks_full());
    assert!(auction > 40, "the batch was filled: {auction}");
    let in_time = reported.is_some_and(|reported| reported <= auction);
    assert!(in_time, "{reported:?}");
    assert!(close_and_open(&mut venue, &WIDE) > 128);
    let later = venue.now() + Millis::new(1);
    assert_eq!(venue.run_auction(later).unwrap().trades.len(), 6);
}

#[test]
fn where_more_would_trade_than_a_batch_holds_the_earliest_order_sets_do() {
    let shape = Shape { steps: 1, ..WIDE };
    let mut venue = open_venue(&shape, 150, 100_000);
    close_and_open(&mut venue, &shape);
    for trader in 150..300u16 {
        venue
            .deposit(&received(trader, u64::from(trader) + 1, 100_000))
            .unwrap();
    }
    close_and_open(&mut venue, &shape);
    // Buyers and sellers arrive in turn; the last to arrive have the best limits.
    for trader in 0..300u16 {
        let better = u64::from(trader) << 20;
        let (side, limit) = match trader % 2 {
            0 => (Side::Buy, MARK + better),
            _ => (Side::Sell, MARK - better),
        };
        venue
            .submit(signed(&shape, trader, 1, vec![order(side, 1, limit)], None))
            .unwrap();
    }
    assert!(!venue.batch_full(), "an empty batch is not full");
    let time = venue.now() + Millis::new(1);
    let report = venue.run_auction(time).unwrap();
    assert_eq!((report.trades.len(), report.waiting), (254, 45));
    // 128 of the 255 buy and 127 sell: the worst limit of the buyers is the first one's.
    let mut traded: Vec<_> = report.trades.iter().map(|trade| trade.account).collect();
    traded.sort_unstable();
    assert_eq!(traded, (2..=255).map(AccountIndex::new).collect::<Vec<_>>());
    assert!(venue.batch_full());
    close_and_open(&mut venue, &shape);
    let time = venue.now() + Millis::new(1);
    let report = venue.run_auction(time).unwrap();
    assert_eq!((report.trades.len(), report.waiting), (46, 0));
}

/// A replaced set ends no step before fills under the new one need it.
#[test]
fn an_order_set_needs_no_room() {
    let mut venue = open_venue(&WIDE, 2, 100_000);
    quote(&mut venue, &WIDE, 1, 1);
    venue.run_auction(START + Millis::new(1)).unwrap();
    let (steps, chunks) = (venue.open_steps(), venue.open_chunks());
    for sequence in 2..50 {
        quote(&mut venue, &WIDE, 1, sequence);
    }
    assert_eq!((venue.open_steps(), venue.open_chunks()), (steps, chunks));
    venue.run_auction(START + Millis::new(2)).unwrap();
    assert_eq!(venue.open_steps(), steps + 2);
    let closed = venue.close_batch(&request(START + Millis::new(3))).unwrap();
    assert_eq!((closed.fills, closed.steps), (4, steps + 2));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 8, ..ProptestConfig::default() })]

    /// While the batch is not full nothing is refused for lack of room; an input that is refused
    /// later fits the next batch; and a batch always closes within the chain's limits.
    #[test]
    fn a_batch_is_said_to_be_full_before_anything_is_refused(
        steps in 1u16..4,
        actions in proptest::collection::vec((0u8..10, 0u16..8, 1u64..4), 700),
    ) {
        let shape = Shape { steps, ..WIDE };
        let mut venue = open_venue(&shape, 8, 1_000_000);
        let mut sequences = [0u64; 8];
        let (mut closed, mut refused) = (0, 0);
        for (action, trader, quantity) in actions {
            let was_full = venue.batch_full();
            let result = match action {
                0 => {
                    let number = venue.deposits_consumed() + 1;
                    venue.deposit(&received(trader, number, quantity)).map(drop)
                }
                1..=5 => {
                    sequences[trader as usize] += 1;
                    let sequence = sequences[trader as usize];
                    let side = if trader % 2 == 0 { Side::Buy } else { Side::Sell };
                    let withdraw = (action == 1).then_some(quantity);
                    let orders = vec![fresh_order(sequence, side, quantity)];
                    let set = signed(&shape, trader, sequence, orders, withdraw);
                    venue.submit(set).map(drop)
                }
                _ => venue.run_auction(venue.now() + Millis::new(1)).map(drop),
            };
            prop_assert!(venue.open_chunks() <= MAX_CHUNKS as usize);
            if let Err(error) = result {
                prop_assert_eq!(error, chunks_full());
                prop_assert!(was_full);
                refused += 1;
                close_and_open(&mut venue, &shape);
                closed += 1;
            }
        }
        close_and_open(&mut venue, &shape);
        prop_assert!(refused == closed && (steps > 1 || refused > 0));
    }
}
