//! Traders against a venue: every input that the engine accepts must be provable, or one trader
//! stops all others.

use crate::common::{START, Trader, order, request, snapshot, venue};
use clearproof_circuits::{chunk::chunk, closing::closing, r1cs::Cs};
use clearproof_engine::Venue;
use clearproof_primitives::{
    fixed::{ONE, Rate},
    ids::BatchNumber,
    order::{Side, WithdrawalRequest},
    rows::even_bands,
    shape::Shape,
    time::Millis,
    witness::BatchWitness,
};

const SHAPE: Shape = Shape::TINY;

fn open(venue: &mut Venue, mark: u64, time: Millis) {
    let snapshot = snapshot(&SHAPE.market, mark);
    let bands = even_bands(&snapshot.rows, Rate::new(1 << 29));
    venue.open_batch(snapshot, bands, time).unwrap();
}

fn proven(witness: &BatchWitness) {
    for part in &witness.chunks {
        let mut cs = Cs::witness_only();
        chunk(&mut cs, &SHAPE, &witness.header, &witness.snapshot, part).unwrap();
        cs.finish().unwrap();
    }
    let mut cs = Cs::witness_only();
    closing(&mut cs, &SHAPE, &witness.header, &witness.closing).unwrap();
    cs.finish().unwrap();
}

/// Two accounts trade with each other, then the mark falls so far that one has won more than the
/// other ever had.
#[test]
fn a_withdrawal_of_more_than_the_venue_holds() {
    let mut venue = venue(&SHAPE);
    open(&mut venue, 100 * ONE, START);
    let mut traders = [Trader::new(1), Trader::new(2)];
    for (number, trader) in (1..).zip(&mut traders) {
        trader.account = venue.deposit(&trader.deposit(number, 0, 1_000)).unwrap();
    }
    for (trader, side) in traders.iter_mut().zip([Side::Sell, Side::Buy]) {
        let set = trader.set(&SHAPE, vec![order(1, side, 50, 100 * ONE)], None);
        venue.submit(set).unwrap();
    }
    assert_eq!(
        venue
            .run_auction(START + Millis::new(1))
            .unwrap()
            .trades
            .len(),
        2
    );
    proven(
        &venue
            .close_batch(&request(START + Millis::new(2)))
            .unwrap()
            .witness,
    );
    venue.settle(BatchNumber::new(1)).unwrap();

    open(&mut venue, 50 * ONE, START + Millis::new(3));
    let mut withdraw = |venue: &mut Venue, amount| {
        let request = WithdrawalRequest {
            asset: 0,
            amount,
            recipient: [8; 32],
        };
        let set = traders[0].set(&SHAPE, vec![], Some(request));
        venue.submit(set)
    };
    let held = venue.ledger().totals[0];
    assert_eq!(held, 1_999, "the chain has its share of the fees");
    // The account's own margin would allow it: its equity is near 3,500, its initial margin near
    // 350.
    assert!(withdraw(&mut venue, held + 1).is_err());
    withdraw(&mut venue, held - 100).unwrap();
    assert!(withdraw(&mut venue, 101).is_err());
    withdraw(&mut venue, 100).unwrap();
    proven(
        &venue
            .close_batch(&request(START + Millis::new(4)))
            .unwrap()
            .witness,
    );
}
