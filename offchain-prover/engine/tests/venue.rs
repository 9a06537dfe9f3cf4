//! Properties that a venue has whatever its traders do.
#![allow(clippy::unwrap_used)]

mod common;

use clearproof_engine::{EngineError, Venue};
use clearproof_primitives::{
    fixed::ONE,
    ids::{AccountIndex, BatchNumber, Slot, VenueId},
    order::{Order, Side, SignedOrderSet},
    shape::Shape,
    step::StepError,
    time::Millis,
};
use common::{MARK, START, order, request};
use proptest::prelude::*;

const SHAPE: Shape = Shape::TINY;

fn signed(
    trader: u16,
    sequence: u64,
    orders: Vec<Option<Order>>,
    withdraw: Option<u64>,
) -> SignedOrderSet {
    common::signed(&SHAPE, trader, sequence, orders, withdraw)
}

fn open_venue(traders: u16, amount: u64) -> Venue {
    common::open_venue(&SHAPE, traders, amount)
}

#[test]
fn an_account_that_cannot_afford_its_fill_is_left_out_and_the_others_trade() {
    let mut venue = open_venue(3, 100_000);
    for (trader, quantity) in [(0, 1_000_000), (1, 10)] {
        venue
            .submit(signed(
                trader,
                1,
                vec![order(Side::Buy, quantity, MARK)],
                None,
            ))
            .unwrap();
    }
    venue
        .submit(signed(2, 1, vec![order(Side::Sell, 10, MARK)], None))
        .unwrap();
    let report = venue.run_auction(START + Millis::new(1)).unwrap();
    let accounts: Vec<_> = report.trades.iter().map(|t| t.account).collect();
    assert_eq!(
        report.left_out.len(),
        0,
        "the rich order asks for more than is on offer: {report:?}"
    );
    assert_eq!(accounts.len(), 2);

    let mut venue = open_venue(3, 100_000);
    venue
        .submit(signed(
            0,
            1,
            vec![order(Side::Buy, 1_000_000, 2 * MARK)],
            None,
        ))
        .unwrap();
    venue
        .submit(signed(1, 1, vec![order(Side::Buy, 10, MARK)], None))
        .unwrap();
    venue
        .submit(signed(2, 1, vec![order(Side::Sell, 1_000_000, MARK)], None))
        .unwrap();
    let report = venue.run_auction(START + Millis::new(1)).unwrap();
    assert!(report.left_out.iter().any(|left_out| {
        left_out.account == AccountIndex::new(1)
            && matches!(left_out.rule, StepError::MarginRefused(_))
    }));
}

#[test]
fn rolling_back_forgets_the_batch_and_keeps_the_order_sets() {
    let mut venue = open_venue(2, 100_000);
    let root = venue.state_root();
    venue
        .submit(signed(0, 1, vec![order(Side::Buy, 10, MARK)], None))
        .unwrap();
    venue.close_batch(&request(START + Millis::new(5))).unwrap();
    assert_ne!(venue.state_root(), root);
    venue.roll_back();
    assert_eq!(venue.state_root(), root);
    assert_eq!(venue.account_count(), 1);
    assert_eq!(venue.live_sets().len(), 1);
    assert_eq!(
        venue.settle(BatchNumber::new(1)),
        Err(EngineError::NotPending {
            given: BatchNumber::new(1),
            expected: None
        })
    );
}

#[test]
fn stored_books_restore_the_same_state_root() {
    let mut venue = open_venue(2, 100_000);
    venue.close_batch(&request(START + Millis::new(5))).unwrap();
    venue.settle(BatchNumber::new(1)).unwrap();
    let restored = Venue::restore(venue.config().clone(), venue.stored()).unwrap();
    assert_eq!(restored.state_root(), venue.state_root());
    assert_eq!(
        (restored.batch_number().get(), restored.deposits_consumed()),
        (1, 2)
    );
}

#[test]
fn old_sequences_bad_signatures_and_foreign_venues_are_refused() {
    let mut venue = open_venue(1, 100_000);
    venue.submit(signed(0, 2, vec![], None)).unwrap();
    assert_eq!(
        venue.submit(signed(0, 2, vec![], None)),
        Err(EngineError::OldSequence(2))
    );
    let mut tampered = signed(0, 3, vec![order(Side::Buy, 1, MARK)], None);
    tampered.set.sequence = 4;
    assert!(matches!(
        venue.submit(tampered),
        Err(EngineError::Signature(_))
    ));
    let mut elsewhere = signed(0, 5, vec![], None);
    elsewhere.set.venue = VenueId::new(9);
    assert_eq!(
        venue.submit(elsewhere),
        Err(EngineError::OtherVenue(VenueId::new(9)))
    );
    assert_eq!(
        venue.submit(signed(1, 1, vec![], None)),
        Err(EngineError::NoAccount(AccountIndex::new(2)))
    );
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn money_and_lots_are_conserved_in_every_batch(
        orders in proptest::collection::vec(
            (0u16..4, any::<bool>(), 1u64..40, 900u64..1_100),
            1..24,
        ),
        withdrawals in proptest::collection::vec((0u16..4, 1u64..50_000), 0..3),
    ) {
        let mut venue = open_venue(4, 100_000);
        let mut sequences = [0u64; 4];
        let mut next = |trader: u16| {
            sequences[trader as usize] += 1;
            sequences[trader as usize]
        };
        for (i, (trader, buys, quantity, limit)) in orders.iter().enumerate() {
            let side = if *buys { Side::Buy } else { Side::Sell };
            let orders = vec![order(side, *quantity, limit * ONE + 7)];
            venue.submit(signed(*trader, next(*trader), orders, None)).unwrap();
            if i % 2 == 1 {
                venue.run_auction(START + Millis::new(i as u64)).unwrap();
            }
        }
        for (trader, amount) in &withdrawals {
            // Refused if margin forbids it; then nothing changes.
            let _ = venue.submit(signed(*trader, next(*trader), vec![], Some(*amount)));
        }
        let closed = venue.close_batch(&request(START + Millis::new(1_000))).unwrap();
        let paid: u64 = closed.withdrawals.iter().map(|w| w.amount).sum();
        let indices = AccountIndex::all().take(venue.account_count());
        let accounts: Vec<_> = indices.map(|i| venue.account(i).unwrap()).collect();
        let held: i64 = accounts.iter().map(|account| account.balances[0]).sum();
        let ledger = venue.ledger();
        prop_assert_eq!(ledger.totals[0], 400_000 - paid - closed.witness.header.protocol_fee);
        prop_assert_eq!(held as u64 + ledger.fees, ledger.totals[0]);
        let lots: i64 = accounts.iter().map(|account| account.quantity(Slot::new(0))).sum();
        prop_assert_eq!(lots, 0);
        let fund = venue.account(AccountIndex::INSURANCE_FUND).unwrap().balances[0];
        prop_assert!(fund >= 0 && fund as u64 <= closed.fills);
    }
}
