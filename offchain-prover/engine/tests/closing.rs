//! Sealing a batch and building it later, elsewhere: nothing differs from closing it at once.
#![allow(clippy::unwrap_used)]

mod common;

use clearproof_engine::{BatchRequest, BuiltBatch, ClosedBatch, EngineError, SealedBatch, Venue};
use clearproof_primitives::{
    fixed::ONE,
    ids::{AccountIndex, BatchNumber, Slot},
    order::{Order, Side},
    shape::Shape,
    time::Millis,
};
use common::{MARK, START, bands, open_venue, order, received, request, signed, snapshot};
use proptest::prelude::*;
use std::{collections::VecDeque, sync::Arc, thread};

const SHAPE: Shape = Shape::TINY;
const TRADERS: u16 = 4;
const RICH: u64 = 100_000;

fn open_next(venue: &mut Venue) {
    let time = START.max(venue.now() + Millis::new(1));
    venue
        .open_batch(snapshot(&SHAPE), bands(&SHAPE), time)
        .unwrap();
}

/// Traders 0 and 1 trade ten lots.
fn trade(venue: &mut Venue, sequence: u64) {
    for (trader, side) in [(0, Side::Buy), (1, Side::Sell)] {
        let id = sequence as u32;
        let order = order(side, 10, MARK).map(|order| Order { id, ..order });
        let set = signed(&SHAPE, trader, sequence, vec![order], None);
        venue.submit(set).unwrap();
    }
    let report = venue.run_auction(venue.now() + Millis::new(1)).unwrap();
    assert_eq!(report.trades.len(), 2);
}

fn close_request(venue: &Venue) -> BatchRequest {
    request(venue.now() + Millis::new(1))
}

fn seal(venue: &mut Venue) -> Arc<SealedBatch> {
    let request = close_request(venue);
    venue.seal_batch(&request).unwrap()
}

/// Builds on another thread, as an operator does.
fn build(venue: &Venue, sealed: &Arc<SealedBatch>) -> BuiltBatch {
    let (sealed, books) = (Arc::clone(sealed), Arc::clone(venue.books()));
    let building = thread::spawn(move || sealed.build(&books));
    building.join().unwrap().unwrap()
}

#[test]
fn trading_goes_on_and_a_second_batch_is_sealed_before_the_first_is_built() {
    let mut venue = open_venue(&SHAPE, TRADERS, RICH);
    let root = venue.state_root();
    trade(&mut venue, 1);
    let first = seal(&mut venue);
    assert_eq!(
        (first.number().get(), first.steps(), first.fills()),
        (1, 6, 2)
    );
    open_next(&mut venue);
    trade(&mut venue, 2);
    let fifth = received(0, 5, 7);
    assert_eq!(
        venue.deposit(&fifth),
        Ok(AccountIndex::new(1)),
        "the queue goes on"
    );
    let second = seal(&mut venue);
    // Numbers have moved on, hashes have not.
    assert_eq!(
        (venue.batch_number().get(), venue.deposits_consumed()),
        (2, 5)
    );
    assert_eq!(
        venue.unsettled().collect::<Vec<_>>(),
        [1, 2].map(BatchNumber::new)
    );
    assert_eq!(
        (venue.state_root(), venue.ledger().deposits.count),
        (root, 0)
    );
    assert_eq!(
        venue
            .account(AccountIndex::new(1))
            .unwrap()
            .quantity(Slot::new(0)),
        20
    );

    assert_eq!(
        venue.settle(BatchNumber::new(1)),
        Err(EngineError::NotBuilt(BatchNumber::new(1)))
    );
    let open = venue.close_batch(&close_request(&venue));
    assert_eq!(
        open.map(drop),
        Err(EngineError::NotBuilt(BatchNumber::new(2)))
    );
    let early = second.build(venue.books());
    let error = EngineError::OtherBooks {
        batch: BatchNumber::new(2),
        books: BatchNumber::new(0),
    };
    assert_eq!(early.map(drop), Err(error));

    let built = build(&venue, &first);
    venue.on_built(&built).unwrap();
    let error = EngineError::NotSealed {
        given: BatchNumber::new(1),
        expected: Some(BatchNumber::new(2)),
    };
    assert_eq!(venue.on_built(&built), Err(error), "only once");
    assert_eq!(venue.books().number(), BatchNumber::new(1));
    let next = build(&venue, &second);
    venue.on_built(&next).unwrap();
    let headers = [&built, &next].map(|built| &built.batch.witness.header);
    assert_eq!(headers[0].new_root, headers[1].old_root);
    assert_eq!(
        (headers[0].deposits_after, headers[1].deposits_after),
        (4, 5)
    );
    assert_eq!(headers[1].new_root, venue.state_root().into());
    venue.settle(BatchNumber::new(1)).unwrap();
    assert_eq!(venue.settled_books().number(), BatchNumber::new(1));
    venue.settle(BatchNumber::new(2)).unwrap();
    assert_eq!(venue.stored(), venue.settled_books().stored());
}

#[test]
fn a_roll_back_makes_void_what_is_being_built() {
    let mut venue = open_venue(&SHAPE, TRADERS, RICH);
    venue.close_batch(&close_request(&venue)).unwrap();
    venue.settle(BatchNumber::new(1)).unwrap();
    let (root, books) = (venue.state_root(), venue.stored());
    open_next(&mut venue);
    trade(&mut venue, 1);
    venue.deposit(&received(5, 5, RICH)).unwrap();
    let lost = seal(&mut venue);
    open_next(&mut venue);
    trade(&mut venue, 2);
    let late = build(&venue, &lost);
    venue.roll_back();
    assert_eq!(
        (venue.batch_number().get(), venue.deposits_consumed()),
        (1, 4)
    );
    assert_eq!((venue.state_root(), venue.stored()), (root, books));
    assert_eq!((venue.account_count(), venue.open_deposits()), (5, 0));
    assert_eq!(
        venue
            .account(AccountIndex::new(1))
            .unwrap()
            .quantity(Slot::new(0)),
        0
    );
    let refused = |expected| EngineError::NotSealed {
        given: BatchNumber::new(2),
        expected,
    };
    assert_eq!(venue.on_built(&late), Err(refused(None)));

    // Another batch gets the number, but not the build of the first.
    open_next(&mut venue);
    venue.deposit(&received(6, 5, RICH)).unwrap();
    let again = seal(&mut venue);
    assert_eq!(
        venue.on_built(&late),
        Err(refused(Some(BatchNumber::new(2))))
    );
    let built = build(&venue, &again);
    venue.on_built(&built).unwrap();
    venue.settle(BatchNumber::new(2)).unwrap();
    let restored = Venue::restore(venue.config().clone(), venue.stored()).unwrap();
    assert_eq!(restored.state_root(), venue.state_root());
}

/// A problem that would prevent building prevents sealing, and leaves the batch open.
#[test]
fn sums_out_of_range_are_found_before_the_batch_is_sealed() {
    const MOST: u64 = (1 << 63) - 1;
    let mut venue = open_venue(&SHAPE, 2, MOST);
    seal(&mut venue);
    open_next(&mut venue);
    venue.deposit(&received(2, 3, MOST)).unwrap();
    let refused = venue.seal_batch(&close_request(&venue));
    assert_eq!(refused.map(drop), Err(EngineError::Range("totals")));
    let early = venue.seal_batch(&request(START));
    assert!(matches!(early, Err(EngineError::Time { .. })));
    assert_eq!((venue.batch_number().get(), venue.open_steps()), (1, 1));
    assert!(venue.is_open());
}

/// Something that happens to a venue.
#[derive(Clone, Copy, Debug)]
enum Action {
    Deposit(u16, u64),
    Order(u16, bool, u64, u64),
    Withdraw(u16, u64),
    Auction,
    Close,
    /// The builder finishes a batch, if one waits.
    Build,
    Settle,
    RollBack,
}

fn action() -> impl Strategy<Value = Action> {
    let trader = 0..TRADERS + 2;
    prop_oneof![
        2 => (trader.clone(), 1u64..200_000).prop_map(|(t, amount)| Action::Deposit(t, amount)),
        8 => (trader.clone(), any::<bool>(), 1u64..40, 900u64..1_100)
            .prop_map(|(t, buys, lots, limit)| Action::Order(t, buys, lots, limit)),
        2 => (trader, 1u64..50_000).prop_map(|(t, amount)| Action::Withdraw(t, amount)),
        6 => Just(Action::Auction),
        2 => Just(Action::Close),
        2 => Just(Action::Build),
        1 => Just(Action::Settle),
        1 => Just(Action::RollBack),
    ]
}

/// Carries out an action, except for closing, and returns its result as text.
fn act(venue: &mut Venue, action: Action, sequence: u64) -> String {
    match action {
        Action::Deposit(trader, amount) => {
            let number = venue.deposits_consumed() + 1;
            format!("{:?}", venue.deposit(&received(trader, number, amount)))
        }
        Action::Order(trader, buys, lots, limit) => {
            let (side, id) = (if buys { Side::Buy } else { Side::Sell }, sequence as u32);
            let order = order(side, lots, limit * ONE + 7).map(|order| Order { id, ..order });
            let set = signed(&SHAPE, trader, sequence, vec![order], None);
            format!("{:?}", venue.submit(set))
        }
        Action::Withdraw(trader, amount) => {
            let set = signed(&SHAPE, trader, sequence, vec![], Some(amount));
            format!("{:?}", venue.submit(set))
        }
        Action::Auction => format!("{:?}", venue.run_auction(venue.now() + Millis::new(1))),
        Action::RollBack => {
            venue.roll_back();
            open_next(venue);
            String::new()
        }
        Action::Close | Action::Build | Action::Settle => String::new(),
    }
}

/// All state that does not wait for a build.
fn visible(venue: &Venue) -> impl PartialEq + std::fmt::Debug {
    let accounts = AccountIndex::all()
        .take(venue.account_count())
        .map(|i| venue.account(i).cloned());
    (
        accounts.collect::<Vec<_>>(),
        (venue.batch_number().get(), venue.now(), venue.live_data()),
        (
            venue.deposits_consumed(),
            venue.open_deposits(),
            venue.owners().len(),
        ),
        (
            venue.open_steps(),
            venue.open_chunks(),
            venue.batch_full(),
            venue.is_open(),
        ),
        venue.unsettled().collect::<Vec<_>>(),
    )
}

/// Builds the oldest sealed batch, which is the same as the one that was closed at once.
fn finish(
    later: &mut Venue,
    sealed: &mut VecDeque<Arc<SealedBatch>>,
    closed: &mut VecDeque<ClosedBatch>,
) {
    let next = sealed.pop_front().unwrap();
    let built = next.build(later.books()).unwrap();
    later.on_built(&built).unwrap();
    let ClosedBatch {
        witness,
        withdrawals,
        ..
    } = closed.pop_front().unwrap();
    assert_eq!(built.batch.witness, witness);
    assert_eq!(built.batch.withdrawals, withdrawals);
    let root = witness.header.new_root.to_fr().unwrap();
    assert_eq!(built.books.state_root(), root);
    let (steps, fills) = (built.batch.steps, built.batch.fills);
    assert_eq!((steps, fills), (next.steps(), next.fills()));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    /// One venue builds its batches when it closes them, the other at any later time.
    #[test]
    fn batches_that_are_built_later_are_the_same(
        actions in proptest::collection::vec(action(), 1..120),
    ) {
        let mut at_once = open_venue(&SHAPE, TRADERS, RICH);
        let mut later = at_once.clone();
        let (mut closed, mut sealed) = (VecDeque::new(), VecDeque::new());
        for (sequence, action) in (1..).zip(actions) {
            let result = act(&mut at_once, action, sequence);
            prop_assert_eq!(result, act(&mut later, action, sequence));
            match action {
                Action::Close => {
                    let request = close_request(&at_once);
                    let batch = at_once.close_batch(&request).unwrap();
                    closed.push_back(batch);
                    sealed.push_back(later.seal_batch(&request).unwrap());
                    open_next(&mut at_once);
                    open_next(&mut later);
                }
                Action::Build if !sealed.is_empty() => finish(&mut later, &mut sealed, &mut closed),
                Action::Settle => {
                    // A batch that is not built was not submitted either.
                    let numbers: Vec<_> = later.unsettled().collect();
                    let built = numbers.len() - sealed.len();
                    if let Some(number) = numbers.first().copied().filter(|_| built > 0) {
                        prop_assert_eq!(at_once.settle(number), Ok(()));
                        prop_assert_eq!(later.settle(number), Ok(()));
                    }
                }
                Action::RollBack => {
                    sealed.clear();
                    closed.clear();
                }
                _ => {}
            }
            prop_assert_eq!(visible(&at_once), visible(&later));
        }
        while !sealed.is_empty() {
            finish(&mut later, &mut sealed, &mut closed);
        }
        prop_assert_eq!(at_once.state_root(), later.state_root());
        prop_assert_eq!(at_once.stored(), later.stored());
        let settled = at_once.settled_books().stored();
        prop_assert_eq!(settled, later.settled_books().stored());
    }
}
