//! What must hold of a venue whatever its traders do.
#![allow(clippy::unwrap_used)]

use clearproof_engine::{BatchRequest, DepositReceived, EngineError, Venue, VenueConfig};
use clearproof_primitives::{
    account::account_key,
    batch::{genesis_field, Deposit},
    eddsa::SecretKey,
    field::Fr,
    fixed::ONE,
    order::{Order, OrderSet, Side, SignedOrderSet, WithdrawalRequest},
    policy::Policy,
    shape::Shape,
    snapshot::{InstrumentRow, Snapshot, UnderlyingFactors},
    step::StepError,
};
use proptest::prelude::*;

const SHAPE: Shape = Shape::TINY;
const GENESIS: [u8; 32] = [3; 32];
const START: u64 = 10_000;
const MARK: u64 = 1_000 * ONE;

fn snapshot() -> Snapshot {
    let market = SHAPE.market;
    let policy = Policy::development(&market);
    let row = |i| match i % market.slots_per_underlying() {
        0 => policy.perpetual_row(market.underlying_of(i), MARK).unwrap(),
        _ => InstrumentRow::empty(&market),
    };
    let factors = policy.underlyings.iter();
    Snapshot {
        number: 1,
        taken_at: START - 1,
        weights: vec![ONE; market.assets as usize],
        factors: factors
            .map(|u| UnderlyingFactors {
                initial: u.initial_factor,
                maintenance: u.maintenance_factor,
            })
            .collect(),
        fee_rate: policy.fee_rate,
        rows: (0..market.instruments as usize).map(row).collect(),
    }
}

fn key(trader: u8) -> SecretKey {
    SecretKey::new([trader + 1; 32])
}

fn received(trader: u8, number: u64, amount: u64) -> DepositReceived {
    let (owner, viewing_key) = (key(trader).public_key(), Fr::from(u64::from(trader)));
    let point = owner.point();
    let account_key = account_key((point.x, point.y)).into();
    DepositReceived {
        number,
        deposit: Deposit {
            account_key,
            asset: 0,
            amount,
        },
        owner,
        viewing_key,
    }
}

fn signed(
    trader: u8,
    sequence: u64,
    orders: Vec<Option<Order>>,
    withdraw: Option<u64>,
) -> SignedOrderSet {
    let withdrawal = withdraw.map(|amount| WithdrawalRequest {
        asset: 0,
        amount,
        recipient: [1; 32],
    });
    let set = OrderSet {
        venue: 1,
        account: u32::from(trader) + 1,
        sequence,
        valid_from: 0,
        valid_until: 1 << 40,
        max_fee: u32::MAX,
        orders,
        withdrawal,
    };
    let signature = key(trader).sign(set.message(&SHAPE, genesis_field(&GENESIS)));
    SignedOrderSet { set, signature }
}

fn open_venue(traders: u8, amount: u64) -> Venue {
    let config = VenueConfig {
        shape: SHAPE,
        id: 1,
        genesis: genesis_field(&GENESIS),
    };
    let mut venue = Venue::new(config);
    venue
        .open_batch(snapshot(), 1 << 29, Vec::new(), START)
        .unwrap();
    for trader in 0..traders {
        venue
            .deposit(&received(trader, u64::from(trader) + 1, amount))
            .unwrap();
    }
    venue
}

fn request(time_to: u64) -> BatchRequest {
    BatchRequest {
        time_to,
        genesis: GENESIS,
        submitter: [2; 32],
        salt_seed: Fr::from(time_to),
    }
}

fn order(side: Side, quantity: u64, limit: u64) -> Option<Order> {
    Some(Order {
        id: 1,
        instrument: 0,
        side,
        quantity,
        limit,
    })
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
    let report = venue.tick(START + 1).unwrap();
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
    let report = venue.tick(START + 1).unwrap();
    assert!(report
        .left_out
        .iter()
        .any(|(account, error)| { *account == 1 && matches!(error, StepError::MarginRefused(_)) }));
}

#[test]
fn rolling_back_forgets_the_batch_and_keeps_the_order_sets() {
    let mut venue = open_venue(2, 100_000);
    let root = venue.state_root();
    venue
        .submit(signed(0, 1, vec![order(Side::Buy, 10, MARK)], None))
        .unwrap();
    venue.close_batch(&request(START + 5)).unwrap();
    assert_ne!(venue.state_root(), root);
    venue.roll_back();
    assert_eq!(venue.state_root(), root);
    assert_eq!(venue.account_count(), 1);
    assert_eq!(venue.live_sets().len(), 1);
    assert_eq!(
        venue.settle(1),
        Err(EngineError::NotPending {
            given: 1,
            expected: None
        })
    );
}

#[test]
fn stored_books_restore_the_same_state_root() {
    let mut venue = open_venue(2, 100_000);
    venue.close_batch(&request(START + 5)).unwrap();
    venue.settle(1).unwrap();
    let restored = Venue::restore(venue.config().clone(), venue.stored()).unwrap();
    assert_eq!(restored.state_root(), venue.state_root());
    assert_eq!((restored.batch_number(), restored.deposits_taken()), (1, 2));
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
    elsewhere.set.venue = 9;
    assert_eq!(venue.submit(elsewhere), Err(EngineError::OtherVenue(9)));
    assert_eq!(
        venue.submit(signed(1, 1, vec![], None)),
        Err(EngineError::NoAccount(2))
    );
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn money_and_lots_are_conserved_in_every_batch(
        orders in proptest::collection::vec((0u8..4, any::<bool>(), 1u64..40, 900u64..1_100), 1..24),
        withdrawals in proptest::collection::vec((0u8..4, 1u64..50_000), 0..3),
    ) {
        let mut venue = open_venue(4, 100_000);
        let mut sequences = [0u64; 4];
        let mut next = |trader: u8| { sequences[trader as usize] += 1; sequences[trader as usize] };
        for (i, (trader, buys, quantity, limit)) in orders.iter().enumerate() {
            let side = if *buys { Side::Buy } else { Side::Sell };
            let set = signed(*trader, next(*trader), vec![order(side, *quantity, limit * ONE + 7)], None);
            venue.submit(set).unwrap();
            if i % 2 == 1 {
                venue.tick(START + i as u64).unwrap();
            }
        }
        for (trader, amount) in &withdrawals {
            // Refused where margin forbids it; then nothing changes.
            let _ = venue.submit(signed(*trader, next(*trader), vec![], Some(*amount)));
        }
        let closed = venue.close_batch(&request(START + 1_000)).unwrap();
        let paid: u64 = closed.withdrawals.iter().map(|w| w.amount).sum();
        let held: i64 = (0..venue.account_count() as u32).map(|i| venue.account(i).unwrap().balances[0]).sum();
        let ledger = venue.ledger();
        prop_assert_eq!(ledger.totals[0], 400_000 - paid);
        prop_assert_eq!(held as u64 + ledger.fees, ledger.totals[0]);
        let lots: i64 = (0..venue.account_count() as u32).map(|i| venue.account(i).unwrap().quantity(0)).sum();
        prop_assert_eq!(lots, 0);
        let fund = venue.account(0).unwrap().balances[0];
        prop_assert!(fund >= 0 && fund as u64 <= closed.fills);
    }
}
