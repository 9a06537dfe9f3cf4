//! A venue of the small shape on the real runtime, with two traders: what a batch needs.
#![allow(clippy::unwrap_used)]

use crate::{
    chain::{self, begin_block, end_block, state_root},
    trader::Trader,
};
use clearproof_engine::{BatchRequest, ClosedBatch, Venue, VenueConfig};
use clearproof_groth16::{BackendKind, KeyStore, Origin, Silent};
use clearproof_primitives::{
    batch::genesis_field,
    field::Fr,
    ids::{Slot, SnapshotNumber, VenueId},
    order::{Order, Side},
    shape::Shape,
    time::Millis,
};
use clearproof_proving::{BatchProver, default_key_folder};
use clearproof_runtime::{
    Custody, MarketData, Runtime, RuntimeOrigin, Settlement,
    development_circuits::SMALL as SMALL_CIRCUIT,
};
use frame_support::{BoundedVec, assert_ok};
use sp_keyring::Sr25519Keyring::{Alice, Bob, Charlie};

/// Shape of its circuits.
pub const SHAPE: Shape = Shape::SMALL;
/// The first block that takes a snapshot.
pub const SNAPSHOT_BLOCK: u32 = clearproof_runtime::constants::market::SNAPSHOT_INTERVAL;
/// Price of everything, 32.32 quote units.
pub const PRICE: u128 = 1_080_000 << 32;

/// The venue and its operator's books.
#[derive(Clone)]
pub struct World {
    /// Its number.
    pub venue: VenueId,
    /// Its books, with a batch open.
    pub engine: Venue,
    /// Who trades there.
    pub traders: [Trader; 2],
    /// The chain's genesis, as a field element.
    pub genesis: Fr,
    /// When the open batch began.
    pub time: Millis,
}

/// A venue with two traders' deposits taken and a batch open at the chain's snapshot.
pub fn open_world() -> World {
    begin_block(1);
    let operators = BoundedVec::truncate_from(vec![Alice.to_account_id()]);
    assert_ok!(Settlement::create_venue(
        RuntimeOrigin::signed(Alice.to_account_id()),
        operators,
        SMALL_CIRCUIT
    ));
    let venue = pallet_clearproof_settlement::Venues::<Runtime>::iter_keys()
        .next()
        .unwrap();
    let mut traders = [
        Trader::new(Bob.to_account_id(), 1),
        Trader::new(Charlie.to_account_id(), 2),
    ];
    for trader in &traders {
        assert_ok!(trader.deposit(venue, 0, 50_000_000));
    }
    end_block(1);
    for number in 2..=SNAPSHOT_BLOCK {
        begin_block(number);
        chain::feed(PRICE);
        end_block(number);
    }

    let genesis = genesis_field(&frame_system::Pallet::<Runtime>::block_hash(0).0);
    let (snapshot, _) = MarketData::latest_snapshot().unwrap();
    let info = MarketData::snapshot_info(snapshot.number).unwrap();
    let time = snapshot.taken_at + Millis::new(1);
    let mut engine = Venue::new(VenueConfig {
        shape: SHAPE,
        id: venue,
        genesis,
    });
    assert_eq!(
        state_root(venue),
        Some(engine.state_root().into()),
        "both begin at the same root"
    );
    engine.open_batch(snapshot, &info, time).unwrap();
    let queued = Custody::queued_deposits(venue, 0);
    assert_eq!(queued.len(), 2);
    for (trader, (number, deposit)) in traders.iter_mut().zip(queued) {
        let received = trader.received(engine.deposits_consumed() + 1, deposit.deposit);
        assert!(number <= received.number);
        trader.account = engine.deposit(&received).unwrap();
    }
    World {
        venue,
        engine,
        traders,
        genesis,
        time,
    }
}

impl World {
    /// Both sign an order of 100 lots that meet, on the given sides, and an auction fills them.
    pub fn trade(&mut self, sides: [Side; 2]) {
        let order = |id, side, limit| {
            Some(Order {
                id,
                instrument: Slot::new(0),
                side,
                quantity: 100,
                limit,
                ..Order::default()
            })
        };
        for (trader, side) in self.traders.iter_mut().zip(sides) {
            let limit = match side {
                Side::Buy => PRICE as u64 + (1000 << 32),
                Side::Sell => PRICE as u64 - (1000 << 32),
            };
            // A new order each time: a slot whose order stays keeps its filled quantity.
            let id = trader.sequence as u32 + 1;
            let set = trader.order_set(
                &SHAPE,
                self.genesis,
                self.venue,
                vec![order(id, side, limit)],
                None,
            );
            self.engine.submit(set).unwrap();
        }
        let report = self
            .engine
            .run_auction(self.time + Millis::new(100))
            .unwrap();
        assert_eq!(report.trades.len(), 2, "{report:?}");
    }

    /// Opens the next batch at a snapshot of the chain.
    pub fn open_at(&mut self, number: SnapshotNumber, time: Millis) {
        let snapshot = MarketData::snapshot(number).unwrap();
        let info = MarketData::snapshot_info(number).unwrap();
        self.engine.open_batch(snapshot, &info, time).unwrap();
        self.time = time;
    }

    /// Closes the open batch.
    pub fn close(&mut self) -> ClosedBatch {
        let request = BatchRequest {
            time_to: self.time + Millis::new(200),
            genesis: frame_system::Pallet::<Runtime>::block_hash(0).0,
            submitter: Alice.to_account_id().into(),
            salt_seed: Fr::from(0xc1ea_u64),
        };
        self.engine.close_batch(&request).unwrap()
    }
}

/// Proves with the development keys.
pub fn prover() -> BatchProver {
    BatchProver::load(
        &SHAPE,
        &KeyStore::new(default_key_folder()),
        Origin::Development,
        BackendKind::Auto,
        &Silent,
    )
    .unwrap()
}
