//! Orders with conditions, position limits and caps in auctions.
#![allow(clippy::unwrap_used)]

mod common;

use clearproof_engine::{AuctionReport, EngineError, MarketTerms, Venue};
use clearproof_primitives::{
    fixed::{ONE, Rate},
    ids::AccountIndex,
    order::{Order, Side, TimeInForce, Trigger, TriggerSide},
    rows::{even_bands, halted_row},
    shape::Shape,
    snapshot::Snapshot,
    step::StepError,
    time::Millis,
};
use common::{MARK, START, open_venue, order, request, signed, snapshot};

const SHAPE: Shape = Shape::TINY;

/// Three traders with 100,000 each; the first two hold nothing.
fn venue() -> Venue {
    open_venue(&SHAPE, 3, 100_000)
}

fn place(venue: &mut Venue, trader: u16, sequence: u64, orders: &[Option<Order>]) {
    let set = signed(&SHAPE, trader, sequence, orders.to_vec(), None);
    venue.submit(set).unwrap();
}

fn with(side: Side, quantity: u64, change: impl FnOnce(&mut Order)) -> Option<Order> {
    let mut order = order(side, quantity, MARK);
    change(order.as_mut().unwrap());
    order
}

fn lots(report: &AuctionReport, account: AccountIndex) -> i64 {
    let own = report.trades.iter().filter(|t| t.account == account);
    own.map(|trade| trade.lots).sum()
}

/// Closes the open batch and opens the next at another market.
fn reopen(venue: &mut Venue, change: impl FnOnce(&mut Snapshot, &mut MarketTerms)) {
    let time = venue.now() + Millis::new(1);
    venue.close_batch(&request(time)).unwrap();
    let mut snapshot = snapshot(&SHAPE);
    let mut terms = MarketTerms::from(even_bands(&snapshot.rows, Rate::new(1 << 29)));
    change(&mut snapshot, &mut terms);
    venue
        .open_batch(snapshot, terms, time + Millis::new(1))
        .unwrap();
}

#[test]
fn a_market_order_takes_what_there_is_inside_the_band() {
    let mut venue = venue();
    let limit = Order::market_limit(Side::Buy);
    let market = with(Side::Buy, 10, |order| order.limit = limit);
    place(&mut venue, 0, 1, &[market]);
    let offer = order(Side::Sell, 6, MARK + 20 * ONE);
    place(&mut venue, 1, 1, &[offer]);
    let report = venue.run_auction(START + Millis::new(1)).unwrap();
    assert_eq!(
        (
            lots(&report, AccountIndex::new(1)),
            lots(&report, AccountIndex::new(2))
        ),
        (6, -6)
    );
    let price = report.clearings[0].price;
    assert!((MARK..=MARK + MARK / 8).contains(&price), "{price}");
}

#[test]
fn immediate_orders_are_over_after_their_first_auction() {
    let mut venue = venue();
    let immediate = with(Side::Buy, 10, |order| {
        order.time_in_force = TimeInForce::ImmediateOrCancel;
    });
    place(&mut venue, 0, 1, &[immediate]);
    place(&mut venue, 1, 1, &[order(Side::Sell, 4, MARK)]);
    assert_eq!(
        lots(
            &venue.run_auction(START + Millis::new(1)).unwrap(),
            AccountIndex::new(1)
        ),
        4
    );
    place(&mut venue, 1, 2, &[with(Side::Sell, 9, |o| o.id = 9)]);
    assert_eq!(
        lots(
            &venue.run_auction(START + Millis::new(2)).unwrap(),
            AccountIndex::new(1)
        ),
        0
    );
}

#[test]
fn fill_or_kill_is_whole_or_nothing() {
    let mut venue = venue();
    let whole = with(Side::Buy, 10, |order| {
        order.time_in_force = TimeInForce::FillOrKill;
    });
    place(&mut venue, 1, 1, &[order(Side::Sell, 9, MARK)]);
    place(&mut venue, 0, 1, &[whole]);
    assert_eq!(
        venue.run_auction(START + Millis::new(1)).unwrap().trades,
        []
    );
    // Another buyer gets these lots.
    place(&mut venue, 2, 1, &[order(Side::Buy, 9, MARK)]);
    place(&mut venue, 0, 2, &[whole.map(|o| Order { id: 5, ..o })]);
    let report = venue.run_auction(START + Millis::new(2)).unwrap();
    assert_eq!(
        (
            lots(&report, AccountIndex::new(1)),
            lots(&report, AccountIndex::new(3))
        ),
        (0, 9)
    );
    place(&mut venue, 1, 2, &[with(Side::Sell, 12, |o| o.id = 7)]);
    place(&mut venue, 0, 3, &[whole.map(|o| Order { id: 6, ..o })]);
    assert_eq!(
        lots(
            &venue.run_auction(START + Millis::new(3)).unwrap(),
            AccountIndex::new(1)
        ),
        10
    );
}

#[test]
fn reduce_only_closes_what_is_there_and_no_more() {
    let mut venue = venue();
    let reduce = with(Side::Sell, 50, |order| order.reduce_only = true);
    place(&mut venue, 0, 1, &[reduce]);
    place(&mut venue, 1, 1, &[order(Side::Buy, 50, MARK)]);
    assert_eq!(
        venue.run_auction(START + Millis::new(1)).unwrap().trades,
        []
    );
    // It buys 20 first, then the order has something to close.
    place(&mut venue, 0, 2, &[order(Side::Buy, 20, MARK)]);
    place(&mut venue, 1, 2, &[order(Side::Sell, 20, MARK)]);
    venue.run_auction(START + Millis::new(2)).unwrap();
    place(&mut venue, 0, 3, &[reduce.map(|o| Order { id: 3, ..o })]);
    place(&mut venue, 2, 1, &[order(Side::Buy, 50, MARK)]);
    let report = venue.run_auction(START + Millis::new(3)).unwrap();
    assert_eq!(lots(&report, AccountIndex::new(1)), -20);
    assert_eq!(venue.account(AccountIndex::new(1)).unwrap().positions, []);
    venue.close_batch(&request(START + Millis::new(4))).unwrap();
}

#[test]
fn a_stop_waits_for_its_mark_and_ends_the_other_of_its_pair() {
    let mut venue = venue();
    place(&mut venue, 0, 1, &[order(Side::Buy, 20, MARK)]);
    place(&mut venue, 1, 1, &[order(Side::Sell, 20, MARK)]);
    venue.run_auction(START + Millis::new(1)).unwrap();
    let protects = |id, mark, price| {
        with(Side::Sell, 20, |order| {
            order.id = id;
            order.limit = Order::market_limit(Side::Sell);
            order.reduce_only = true;
            order.one_cancels_other = true;
            order.trigger = Some(Trigger { mark, price });
        })
    };
    let stop = protects(3, TriggerSide::AtOrBelow, MARK - 50 * ONE);
    let profit = protects(4, TriggerSide::AtOrAbove, MARK + 50 * ONE);
    place(&mut venue, 0, 2, &[stop, profit]);
    place(&mut venue, 2, 1, &[order(Side::Buy, 5, MARK - 60 * ONE)]);
    assert_eq!(
        venue.run_auction(START + Millis::new(2)).unwrap().trades,
        []
    );

    let at = |mark: u64| {
        move |snapshot: &mut Snapshot, _: &mut MarketTerms| snapshot.rows[0].mark = mark
    };
    reopen(&mut venue, at(MARK - 55 * ONE));
    let now = venue.now();
    let report = venue.run_auction(now + Millis::new(1)).unwrap();
    assert_eq!(lots(&report, AccountIndex::new(1)), -5, "the stop");
    // The mark is where profit would be taken, but the stop has been filled.
    reopen(&mut venue, at(MARK + 55 * ONE));
    place(
        &mut venue,
        2,
        2,
        &[with(Side::Buy, 30, |o| {
            (o.id, o.limit) = (2, MARK + 60 * ONE);
        })],
    );
    let now = venue.now();
    assert_eq!(
        lots(
            &venue.run_auction(now + Millis::new(1)).unwrap(),
            AccountIndex::new(1)
        ),
        0
    );
}

#[test]
fn a_position_grows_to_its_limit_and_not_beyond() {
    let mut venue = venue();
    reopen(&mut venue, |snapshot, _| {
        snapshot.rows[0].position_limit = 12;
    });
    place(&mut venue, 0, 1, &[order(Side::Buy, 30, MARK)]);
    place(&mut venue, 1, 1, &[order(Side::Sell, 8, MARK)]);
    place(&mut venue, 2, 1, &[order(Side::Sell, 8, MARK)]);
    let now = venue.now();
    let report = venue.run_auction(now + Millis::new(1)).unwrap();
    assert_eq!(lots(&report, AccountIndex::new(1)), 12);
    assert_eq!(report.left_out, []);
    assert_eq!(venue.run_auction(now + Millis::new(2)).unwrap().trades, []);
}

#[test]
fn a_suspended_instrument_only_reduces_and_liquidates_nobody() {
    let mut venue = venue();
    place(&mut venue, 0, 1, &[order(Side::Buy, 300, MARK)]);
    place(&mut venue, 1, 1, &[order(Side::Sell, 300, MARK)]);
    venue.run_auction(START + Millis::new(1)).unwrap();
    // The first is bankrupt at this mark.
    reopen(&mut venue, |snapshot, _| {
        snapshot.rows[0].mark = 600 * ONE;
        snapshot.rows[0] = halted_row(snapshot.rows[0].clone(), 600 * ONE);
    });
    assert!(venue.at_risk().is_empty() && venue.taken_over().is_empty());
    let price = 600 * ONE;
    let at = |id, side, quantity| with(side, quantity, |o| (o.id, o.limit) = (id, price));
    place(&mut venue, 2, 1, &[at(1, Side::Buy, 10)]);
    place(&mut venue, 1, 2, &[at(2, Side::Buy, 400)]);
    place(&mut venue, 0, 2, &[at(2, Side::Sell, 100)]);
    let now = venue.now();
    let report = venue.run_auction(now + Millis::new(1)).unwrap();
    // Account 1 owes more than it has: its trades must not lose anything, and they do not.
    let closed = [1, 2, 3]
        .map(AccountIndex::new)
        .map(|account| lots(&report, account));
    assert!(
        closed[2] == 0 && closed[0] == -closed[1],
        "{closed:?} {report:?}"
    );
    venue.close_batch(&request(now + Millis::new(2))).unwrap();
}

#[test]
fn at_the_cap_of_open_interest_only_reducing_orders_meet() {
    let mut venue = venue();
    let capped = |_: &mut Snapshot, terms: &mut MarketTerms| terms.open_interest_caps = vec![40; 4];
    reopen(&mut venue, capped);
    place(&mut venue, 0, 1, &[order(Side::Buy, 20, MARK)]);
    place(&mut venue, 1, 1, &[order(Side::Sell, 20, MARK)]);
    let now = venue.now();
    assert_eq!(
        lots(
            &venue.run_auction(now + Millis::new(1)).unwrap(),
            AccountIndex::new(1)
        ),
        20
    );
    // A third one does not get in; the two get out.
    place(&mut venue, 2, 1, &[order(Side::Buy, 5, MARK)]);
    place(&mut venue, 1, 2, &[with(Side::Sell, 5, |o| o.id = 2)]);
    assert_eq!(venue.run_auction(now + Millis::new(2)).unwrap().trades, []);
    place(&mut venue, 0, 2, &[with(Side::Sell, 30, |o| o.id = 2)]);
    place(&mut venue, 1, 3, &[with(Side::Buy, 30, |o| o.id = 3)]);
    let report = venue.run_auction(now + Millis::new(3)).unwrap();
    assert_eq!(
        (
            lots(&report, AccountIndex::new(1)),
            lots(&report, AccountIndex::new(2))
        ),
        (-20, 20)
    );
    let closed = venue.close_batch(&request(now + Millis::new(4))).unwrap();
    assert_eq!(closed.witness.closing.ledger_after.open_interest[0], 0);
}

#[test]
fn an_instruments_own_fee_must_be_accepted() {
    let mut venue = venue();
    reopen(&mut venue, |snapshot, _| {
        snapshot.rows[0].fee_rate = Rate::new(1 << 24);
    });
    let mut set = signed(&SHAPE, 0, 1, vec![order(Side::Buy, 5, MARK)], None).set;
    set.max_fee = Rate::new((1 << 24) - 1);
    venue.submit(common::resigned(&SHAPE, 0, set)).unwrap();
    place(&mut venue, 1, 1, &[order(Side::Sell, 5, MARK)]);
    let now = venue.now();
    let report = venue.run_auction(now + Millis::new(1)).unwrap();
    assert_eq!(report.trades, []);
    assert!(
        report
            .left_out
            .iter()
            .all(|left_out| left_out.rule != StepError::FeeAboveMaximum)
    );
}

#[test]
fn a_dead_mans_switch_cancels_the_orders_of_an_inactive_account() {
    let mut venue = venue();
    let resting = order(Side::Buy, 5, MARK - 90 * ONE);
    place(&mut venue, 0, 1, &[resting]);
    place(&mut venue, 1, 1, &[resting]);
    venue
        .set_dead_mans_switch(AccountIndex::new(1), Some(Millis::new(1_000)), venue.now())
        .unwrap();
    let short = venue.set_dead_mans_switch(AccountIndex::new(1), Some(Millis::new(999)), START);
    assert_eq!(short, Err(EngineError::SwitchTimeout(Millis::new(999))));
    assert_eq!(
        venue.set_dead_mans_switch(
            AccountIndex::INSURANCE_FUND,
            Some(Millis::new(1_000)),
            START
        ),
        Err(EngineError::NoAccount(AccountIndex::INSURANCE_FUND))
    );
    assert_eq!(
        venue.set_dead_mans_switch(AccountIndex::new(9), None, START),
        Err(EngineError::NoAccount(AccountIndex::new(9)))
    );
    venue.run_auction(START + Millis::new(900)).unwrap();
    // An order set is activity as well as a call.
    place(&mut venue, 0, 2, &[resting]);
    assert!(
        venue
            .run_auction(START + Millis::new(1_900))
            .unwrap()
            .cancelled_by_switch
            .is_empty()
    );
    assert!(venue.live_set(AccountIndex::new(1)).is_some());
    let report = venue.run_auction(START + Millis::new(1_901)).unwrap();
    assert_eq!(report.cancelled_by_switch, [AccountIndex::new(1)]);
    assert!(
        venue.live_set(AccountIndex::new(1)).is_none()
            && venue.live_set(AccountIndex::new(2)).is_some()
    );
    assert_eq!(venue.dead_mans_switch(AccountIndex::new(1)), None);
    // Lifted in time, it cancels nothing.
    place(&mut venue, 0, 3, &[resting]);
    venue
        .set_dead_mans_switch(
            AccountIndex::new(1),
            Some(Millis::new(1_000)),
            START + Millis::new(1_901),
        )
        .unwrap();
    let stored = venue.live_data();
    venue.restore_live(stored);
    venue
        .set_dead_mans_switch(AccountIndex::new(1), None, START + Millis::new(2_000))
        .unwrap();
    assert!(
        venue
            .run_auction(START + Millis::new(9_000))
            .unwrap()
            .cancelled_by_switch
            .is_empty()
    );
}
