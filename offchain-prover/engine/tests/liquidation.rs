//! Liquidation, takeover by the insurance fund, deleveraging, and expired instruments.
#![allow(clippy::unwrap_used)]

mod common;

use clearproof_engine::{
    ClosedBatch, Deleveraged, EngineError, InstrumentClearing, Liquidated, MarketTerms, Venue,
};
use clearproof_primitives::{
    fixed::{ONE, Rate},
    ids::{AccountIndex, Slot},
    margin::Margin,
    order::{Order, Side},
    policy::Policy,
    rows::{even_bands, halted_row},
    shape::Shape,
    snapshot::{InstrumentRow, Snapshot},
    step::StepError,
    time::Millis,
};
use common::{MARK, START, open_venue, order, request, signed, snapshot};

const SHAPE: Shape = Shape::TINY;
const LOTS: u64 = 300;

fn snapshot_at(mark: u64) -> Snapshot {
    let policy = Policy::development(&SHAPE.market);
    let mut snapshot = snapshot(&SHAPE);
    snapshot.rows[0] = policy.perpetual_row(0, mark).unwrap();
    snapshot
}

fn open(venue: &mut Venue, snapshot: Snapshot) {
    let bands = even_bands(&snapshot.rows, Rate::new(1 << 29));
    let time = venue.now() + Millis::new(1);
    venue.open_batch(snapshot, bands, time).unwrap();
}

fn close(venue: &mut Venue) -> ClosedBatch {
    let time = venue.now() + Millis::new(1);
    venue.close_batch(&request(time)).unwrap()
}

/// Trader 0 has bought 300 lots from trader 1 at 1,000; each has 100,000 besides, and trader 2 has
/// a million.
fn traded() -> Venue {
    let mut venue = open_venue(&SHAPE, 3, 100_000);
    venue.deposit(&common::received(2, 4, 1_000_000)).unwrap();
    for (trader, side) in [(0, Side::Buy), (1, Side::Sell)] {
        let set = signed(&SHAPE, trader, 1, vec![order(side, LOTS, MARK)], None);
        venue.submit(set).unwrap();
    }
    assert_eq!(
        venue
            .run_auction(START + Millis::new(10))
            .unwrap()
            .trades
            .len(),
        2
    );
    close(&mut venue);
    venue
}

fn bid(venue: &mut Venue, sequence: u64, quantity: u64, limit: u64) {
    let set = signed(
        &SHAPE,
        2,
        sequence,
        vec![order(Side::Buy, quantity, limit)],
        None,
    );
    venue.submit(set).unwrap();
}

/// A clearing of instrument 0.
fn cleared(price: u64, volume: u64) -> InstrumentClearing {
    InstrumentClearing {
        instrument: Slot::new(0),
        price,
        volume,
    }
}

fn liquidated(account: AccountIndex, penalty: u64) -> Liquidated {
    Liquidated { account, penalty }
}

fn margin(venue: &Venue, account: AccountIndex, snapshot: &Snapshot) -> Margin {
    Margin::of(&SHAPE.market, snapshot, venue.account(account).unwrap()).unwrap()
}

#[test]
fn an_account_at_risk_is_liquidated_as_far_as_it_must_be() {
    let mut venue = traded();
    let snapshot = snapshot_at(880 * ONE);
    open(&mut venue, snapshot.clone());
    assert_eq!(venue.at_risk(), [AccountIndex::new(1)]);
    let before = margin(&venue, AccountIndex::new(1), &snapshot);
    assert!(before.is_liquidatable() && before.equity > 0);
    // Its own order, a bid far above the market, rests meanwhile.
    let own = signed(&SHAPE, 0, 2, vec![order(Side::Buy, 50, 980 * ONE)], None);
    venue.submit(own).unwrap();
    bid(&mut venue, 1, 100, 885 * ONE);
    let report = venue.run_auction(venue.now() + Millis::new(1)).unwrap();
    // A quarter is the fewest eighths that free it; it pays the whole percent.
    assert_eq!(report.clearings, [cleared(880 * ONE, 75)]);
    assert_eq!(report.liquidated, [liquidated(AccountIndex::new(1), 660)]);
    assert_eq!(
        venue
            .account(AccountIndex::new(1))
            .unwrap()
            .quantity(Slot::new(0)),
        225
    );
    assert!(margin(&venue, AccountIndex::new(1), &snapshot).is_free());
    assert_eq!(
        venue.account(AccountIndex::new(1)).unwrap().sequence,
        1,
        "no set was installed"
    );

    let next = venue.run_auction(venue.now() + Millis::new(1)).unwrap();
    assert_eq!(next.liquidated, []);
    let fund = venue
        .account(AccountIndex::INSURANCE_FUND)
        .unwrap()
        .balances[0];
    close(&mut venue);
    assert_eq!(
        venue
            .account(AccountIndex::INSURANCE_FUND)
            .unwrap()
            .balances[0],
        fund + 660
    );
}

/// A mark at which half of account 1's maintenance margin is left, and hardly more.
fn mark_of_half_the_margin(venue: &Venue) -> u64 {
    let half = |mark: &u64| {
        let margin = margin(venue, AccountIndex::new(1), &snapshot_at(mark * ONE));
        margin.has_half_of_maintenance()
    };
    (600..1_000).find(half).unwrap()
}

#[test]
fn a_liquidation_is_one_step_at_a_snapshot_and_the_rest_waits_for_the_next() {
    let mut venue = traded();
    let account = AccountIndex::new(1);
    let mark = mark_of_half_the_margin(&venue);
    let snapshot = snapshot_at(mark * ONE);
    open(&mut venue, snapshot.clone());
    // 150 lots are to be closed. A step holds two fills.
    for (auction, left) in [(1, 240), (2, 180)] {
        bid(&mut venue, auction, 60 * auction, (mark + 1) * ONE);
        let report = venue.run_auction(venue.now() + Millis::new(1)).unwrap();
        let [liquidated] = report.liquidated[..] else {
            panic!("{report:?}");
        };
        assert_eq!(liquidated.account, account);
        let now = venue.account(account).unwrap();
        assert_eq!((now.quantity(Slot::new(0)), now.kept), (left, true));
        assert!(margin(&venue, account, &snapshot).is_liquidatable());
    }
    bid(&mut venue, 3, 60 * 3, (mark + 1) * ONE);
    let waits = |venue: &mut Venue| {
        let report = venue.run_auction(venue.now() + Millis::new(1)).unwrap();
        assert_eq!((report.liquidated, report.left_out), (vec![], vec![]));
    };
    waits(&mut venue);
    let closed = close(&mut venue);
    let steps = closed.witness.chunks.iter().flat_map(|chunk| &chunk.steps);
    let forced: Vec<_> = steps
        .filter(|step| step.step.forced.is_some())
        .map(|step| step.step.fills.len())
        .collect();
    assert_eq!(forced, [2]);

    // Another batch at the same snapshot, and one at the next.
    open(&mut venue, snapshot.clone());
    assert_eq!(venue.at_risk(), [account]);
    waits(&mut venue);
    close(&mut venue);
    let mut next = snapshot.clone();
    next.number = next.number.next();
    open(&mut venue, next);
    let report = venue.run_auction(venue.now() + Millis::new(1)).unwrap();
    assert_eq!(report.liquidated[0].account, account);
    assert_eq!(venue.account(account).unwrap().quantity(Slot::new(0)), 120);
    close(&mut venue);

    let (given, current) = (snapshot.number, snapshot.number.next());
    assert_eq!(
        venue.open_batch(
            snapshot,
            MarketTerms::default(),
            venue.now() + Millis::new(1)
        ),
        Err(EngineError::SnapshotWentBack { given, current })
    );
}

#[test]
fn nobody_is_sold_below_the_zero_price() {
    let mut venue = traded();
    // 300 lots at 750 and 25,000 of equity: a zero price of 667.
    let snapshot = snapshot_at(750 * ONE);
    open(&mut venue, snapshot.clone());
    bid(&mut venue, 1, 400, 660 * ONE);
    let report = venue.run_auction(venue.now() + Millis::new(1)).unwrap();
    assert_eq!(report.liquidated, []);
    bid(&mut venue, 2, 400, 668 * ONE);
    let report = venue.run_auction(venue.now() + Millis::new(1)).unwrap();
    let [Liquidated { account, penalty }] = report.liquidated[..] else {
        panic!("{report:?}");
    };
    assert_eq!(account, AccountIndex::new(1), "{report:?}");
    // The auction's price is the nearest to the mark at which most is sold. The equity that is left
    // decides the penalty.
    assert_eq!(report.clearings[0].price, 668 * ONE);
    assert!((1..=300).contains(&penalty), "{penalty} of 1,503");
    assert_eq!(
        venue
            .account(AccountIndex::new(1))
            .unwrap()
            .quantity(Slot::new(0)),
        75
    );
    let left = margin(&venue, AccountIndex::new(1), &snapshot).equity >> 32;
    assert!((6_230..6_260).contains(&left), "a quarter of it: {left}");
}

#[test]
fn the_insurance_fund_takes_over_the_bankrupt_and_sells_at_the_mark_or_better() {
    let mut venue = traded();
    open(&mut venue, snapshot_at(600 * ONE));
    assert_eq!(venue.taken_over(), [AccountIndex::new(1)]);
    let bankrupt = venue.account(AccountIndex::new(1)).unwrap();
    assert!(bankrupt.positions.is_empty() && bankrupt.balances == [0, 0]);
    close(&mut venue);
    let fund = venue.account(AccountIndex::INSURANCE_FUND).unwrap().clone();
    assert_eq!(fund.quantity(Slot::new(0)), LOTS as i64);
    assert!(
        fund.balances[0] < -199_000,
        "what it bought is not paid yet"
    );
    assert_eq!(venue.ledger().open_interest[0], 2 * LOTS);

    // The mark recovers, and the fund's positions are worth more than it owes.
    open(&mut venue, snapshot_at(700 * ONE));
    assert_eq!(venue.at_risk(), [AccountIndex::INSURANCE_FUND]);
    assert_eq!(venue.deleveraged(), []);
    bid(&mut venue, 1, 200, 699 * ONE);
    let report = venue.run_auction(venue.now() + Millis::new(1)).unwrap();
    assert_eq!(report.liquidated, [], "below the mark");
    bid(&mut venue, 2, 200, 703 * ONE);
    let report = venue.run_auction(venue.now() + Millis::new(1)).unwrap();
    assert_eq!(
        report.liquidated,
        [liquidated(AccountIndex::INSURANCE_FUND, 0)]
    );
    close(&mut venue);
    let left = venue.account(AccountIndex::INSURANCE_FUND).unwrap();
    assert_eq!(left.quantity(Slot::new(0)), LOTS as i64 - 200);
    assert!(left.balances[0] >= fund.balances[0] + 200 * 700);
}

#[test]
fn what_the_insurance_fund_cannot_bear_is_closed_against_the_most_leveraged() {
    let mut venue = traded();
    open(&mut venue, snapshot_at(600 * ONE));
    assert_eq!(venue.taken_over(), [AccountIndex::new(1)]);
    close(&mut venue);
    let fund = venue.account(AccountIndex::INSURANCE_FUND).unwrap().clone();
    let snapshot = snapshot_at(600 * ONE);
    let lacking = -(margin(&venue, AccountIndex::INSURANCE_FUND, &snapshot).equity >> 32);
    assert!(lacking > 20_000, "{lacking}");
    let before = margin(&venue, AccountIndex::new(2), &snapshot);

    open(&mut venue, snapshot.clone());
    let lots = LOTS as i64;
    let deleveraged = Deleveraged {
        account: AccountIndex::new(2),
        instrument: Slot::new(0),
        lots,
    };
    assert_eq!(venue.deleveraged(), [deleveraged]);
    for account in [0, 2].map(AccountIndex::new) {
        assert!(venue.account(account).unwrap().positions.is_empty());
    }
    // The account on the other side received less by the amount that the fund lacked.
    let (left, after) = [0, 2]
        .map(AccountIndex::new)
        .map(|a| margin(&venue, a, &snapshot).equity >> 32)
        .into();
    assert!((-2..=0).contains(&left), "{left}");
    let lost = (before.equity >> 32) - after;
    assert!(
        (lacking - 2..=lacking).contains(&lost),
        "{lost} of {lacking}"
    );
    assert!(
        fund.quantity(Slot::new(0)) == lots
            && venue
                .at_risk()
                .iter()
                .all(|a| *a == AccountIndex::INSURANCE_FUND)
    );
    let closed = close(&mut venue);
    let header = &closed.witness.header;
    assert_eq!(
        u64::from(header.deleverage_rank.get()),
        before.maintenance as u64 / before.equity as u64
    );
    assert_eq!(venue.ledger().open_interest[0], 0);
}

/// The lack is a ninth of what the fund holds, and the band a thirty-second.
#[test]
fn the_band_bounds_what_deleveraging_takes() {
    let mut venue = traded();
    let snapshot = snapshot_at(600 * ONE);
    open(&mut venue, snapshot.clone());
    let closed = close(&mut venue);
    let slack = |closed: &ClosedBatch| closed.witness.header.slack;
    assert_eq!(slack(&closed), Rate::new(0), "nothing is deleveraged yet");
    let of_fund =
        |venue: &Venue| margin(venue, AccountIndex::INSURANCE_FUND, &snapshot).equity >> 32;
    let before = of_fund(&venue);

    let bands = even_bands(&snapshot.rows, Rate::new(1 << 27));
    let time = venue.now() + Millis::new(1);
    venue.open_batch(snapshot.clone(), bands, time).unwrap();
    assert_eq!(venue.deleveraged().len(), 1);
    // 18 ¾ for each of 300 lots.
    assert_eq!(of_fund(&venue) - before, 5_625);
    let closed = close(&mut venue);
    assert_eq!(slack(&closed), Rate::new(1 << 27));
    let entries: Vec<_> = closed
        .witness
        .chunks
        .iter()
        .flat_map(|c| &c.entries)
        .collect();
    assert!(
        entries
            .iter()
            .all(|entry| entry.deleverages && entry.fund_sells)
    );
    assert_eq!(entries[0].price, 618 * ONE + ONE / 4 * 3);
    // Nothing is left to be closed for the rest.
    open(&mut venue, snapshot.clone());
    assert_eq!(venue.deleveraged(), []);
    let closed = close(&mut venue);
    assert_eq!(slack(&closed), Rate::new(0));
}

#[test]
fn an_expired_position_turns_into_quote_unasked() {
    let mut venue = traded();
    let mut snapshot = snapshot_at(MARK);
    snapshot.rows[0] = InstrumentRow {
        mark: 1_020 * ONE + ONE / 2,
        expired: true,
        ..InstrumentRow::empty(&SHAPE.market)
    };
    let terms = MarketTerms {
        halted: vec![true],
        ..MarketTerms::default()
    };
    let time = venue.now() + Millis::new(1);
    venue.open_batch(snapshot, terms, time).unwrap();
    assert_eq!(
        venue.accrue_expired(1),
        Ok(1),
        "as many as there is room for"
    );
    assert_eq!(venue.accrue_expired(9), Ok(1));
    assert_eq!(venue.accrue_expired(9), Ok(0));
    let quote = [1, 2]
        .map(AccountIndex::new)
        .map(|account| venue.account(account).unwrap().balances[0]);
    // 300 · 20.5 from one to the other, and a fee of 60 on each side before.
    assert_eq!(quote, [100_000 - 60 + 6_150, 100_000 - 60 - 6_150]);
    close(&mut venue);
    assert_eq!(venue.ledger().open_interest[0], 0);
}

#[test]
fn funding_is_paid_from_one_batch_to_the_next() {
    let mut venue = traded();
    let snapshot = snapshot_at(MARK);
    let terms = MarketTerms {
        bands: even_bands(&snapshot.rows, Rate::new(1 << 29)),
        premium_caps: vec![2 * ONE; 4],
        funding_interval: Millis::new(1_000),
        ..MarketTerms::default()
    };
    let time = venue.now() + Millis::new(1);
    venue
        .open_batch(snapshot.clone(), terms.clone(), time)
        .unwrap();
    // A lot trades 5 above the mark for half an interval: 2 of it count.
    for (trader, side) in [(0, Side::Buy), (1, Side::Sell)] {
        let own = order(side, LOTS + 1, MARK + 5 * ONE).map(|o| Order { id: 2, ..o });
        let own = own.map(|o| Order { quantity: 1, ..o });
        venue
            .submit(signed(&SHAPE, trader, 2, vec![own], None))
            .unwrap();
    }
    let report = venue.run_auction(time + Millis::new(100)).unwrap();
    assert_eq!(report.clearings, [cleared(MARK + 5 * ONE, 1)]);
    venue
        .close_batch(&request(time + Millis::new(600)))
        .unwrap();
    assert_eq!(venue.funding()[0], ONE as i64);

    let before = [1, 2]
        .map(AccountIndex::new)
        .map(|account| venue.account(account).unwrap().balances[0]);
    let next = venue.now() + Millis::new(1);
    venue.open_batch(snapshot, terms, next).unwrap();
    for trader in [0, 1] {
        let number = 5 + u64::from(trader);
        venue.deposit(&common::received(trader, number, 1)).unwrap();
    }
    let after = [1, 2]
        .map(AccountIndex::new)
        .map(|account| venue.account(account).unwrap().balances[0]);
    assert_eq!(after, [before[0] + 1 - 301, before[1] + 1 + 301]);
}

/// A snapshot at which instrument 2 is halted at 1,000, and another mark of instrument 0.
fn beside_a_halted_one(mark: u64) -> Snapshot {
    let mut snapshot = snapshot_at(mark);
    snapshot.rows[2] = halted_row(snapshot.rows[2].clone(), MARK);
    snapshot
}

/// As [`traded`], and trader 0 has bought one lot of instrument 2 as well.
fn traded_both() -> Venue {
    let mut venue = traded();
    open(&mut venue, snapshot_at(MARK));
    for (trader, side) in [(0, Side::Buy), (1, Side::Sell)] {
        let order = order(side, 1, MARK).map(|order| Order {
            id: 2,
            instrument: Slot::new(2),
            ..order
        });
        venue
            .submit(signed(&SHAPE, trader, 2, vec![order], None))
            .unwrap();
    }
    let report = venue.run_auction(venue.now() + Millis::new(1)).unwrap();
    assert_eq!(report.trades.len(), 2);
    close(&mut venue);
    venue
}

#[test]
fn one_halted_lot_protects_neither_from_liquidation_nor_from_takeover() {
    let account = AccountIndex::new(1);
    let mut venue = traded_both();
    // 2,000 of doubt.
    open(&mut venue, beside_a_halted_one(780 * ONE));
    assert_eq!(venue.at_risk(), [account]);
    bid(&mut venue, 1, 400, 781 * ONE);
    let report = venue.run_auction(venue.now() + Millis::new(1)).unwrap();
    assert_eq!(report.liquidated[0].account, account);
    let held = venue.account(account).unwrap();
    assert!(held.quantity(Slot::new(0)) < LOTS as i64 && held.quantity(Slot::new(2)) == 1);
    close(&mut venue);

    let mut venue = traded_both();
    open(&mut venue, beside_a_halted_one(600 * ONE));
    assert_eq!(venue.taken_over(), [account]);
    close(&mut venue);
    // The fund's halted lot stays where it is.
    open(&mut venue, beside_a_halted_one(700 * ONE));
    bid(&mut venue, 1, 400, 701 * ONE);
    let report = venue.run_auction(venue.now() + Millis::new(1)).unwrap();
    assert_eq!(report.left_out, []);
    let fund = venue.account(AccountIndex::INSURANCE_FUND).unwrap();
    assert_eq!(
        (fund.quantity(Slot::new(0)), fund.quantity(Slot::new(2))),
        (0, 1)
    );
    close(&mut venue);
}

/// An error in the fills of a liquidation leaves it out of the auction, as any other.
#[test]
fn a_liquidation_that_breaks_a_rule_is_left_out() {
    let mut venue = traded();
    // Equity of 1,000 on 300 lots: the zero price is 3.3 from the mark, which leaves no room for a
    // penalty.
    open(&mut venue, snapshot_at(670 * ONE));
    bid(&mut venue, 1, 400, 671 * ONE);
    let report = venue.run_auction(venue.now() + Millis::new(1)).unwrap();
    assert!(
        report
            .left_out
            .iter()
            .all(|left_out| left_out.rule == StepError::ForcedFills)
    );
    assert_eq!(
        report.liquidated.len() + report.left_out.len(),
        1,
        "{report:?}"
    );
}
