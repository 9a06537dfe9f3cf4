//! One real batch: deposits on the chain, signed orders, an auction, real proofs, settlement, a withdrawal paid. Then everything
//! that a dishonest operator might send, each refused by name.
#![allow(clippy::unwrap_used)]

use clearproof_engine::{BatchRequest, ClosedBatch, EngineError, Venue, VenueConfig};
use clearproof_groth16::{KeyStore, Origin, Silent};
use clearproof_primitives::{
    batch::genesis_field,
    field::{FieldBytes, Fr},
    order::{Order, Side, WithdrawalRequest},
    shape::Shape,
    step::StepError,
};
use clearproof_prover::{
    operator::proving::submission,
    proving::{default_key_folder, BatchProver},
};
use clearproof_runtime::{
    development_circuits::SMALL as SMALL_CIRCUIT, Assets, Custody, MarketData, Runtime,
    RuntimeOrigin, Settlement,
};
use clearproof_tests::{
    chain::{self, begin_block, end_block, state_root, submit},
    trader::Trader,
};
use frame_support::{assert_noop, assert_ok, BoundedVec};
use pallet_clearproof_settlement::{Batch, Error};
use sp_keyring::Sr25519Keyring::{Alice, Bob, Charlie, Dave};

const SHAPE: Shape = Shape::SMALL;
/// The first block that takes a snapshot.
const SNAPSHOT_BLOCK: u32 = clearproof_runtime::constants::market::SNAPSHOT_INTERVAL;
const PRICE: u128 = 1_080_000 << 32;

struct World {
    venue: u32,
    engine: Venue,
    traders: [Trader; 2],
    genesis: Fr,
    time: u64,
}

/// A venue with two traders' deposits taken and a batch open at the chain's snapshot.
fn open_world() -> World {
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
    let time = snapshot.taken_at + 1;
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
        let received = trader.received(engine.deposits_taken() + 1, deposit.deposit);
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
    fn trade(&mut self) {
        let order = |id, side, limit| {
            Some(Order {
                id,
                instrument: 0,
                side,
                quantity: 100,
                limit,
                ..Order::default()
            })
        };
        let limits = [
            (Side::Buy, PRICE as u64 + (1000 << 32)),
            (Side::Sell, PRICE as u64 - (1000 << 32)),
        ];
        for (trader, (side, limit)) in self.traders.iter_mut().zip(limits) {
            let set = trader.order_set(
                &SHAPE,
                self.genesis,
                self.venue,
                vec![order(1, side, limit)],
                None,
            );
            self.engine.submit(set).unwrap();
        }
        let report = self.engine.tick(self.time + 100).unwrap();
        assert_eq!(report.trades.len(), 2, "{report:?}");
    }

    fn close(&mut self) -> ClosedBatch {
        let request = BatchRequest {
            time_to: self.time + 200,
            genesis: frame_system::Pallet::<Runtime>::block_hash(0).0,
            submitter: Alice.to_account_id().into(),
            salt_seed: Fr::from(0xc1ea_u64),
        };
        self.engine.close_batch(&request).unwrap()
    }
}

fn prover() -> BatchProver {
    BatchProver::load(
        &SHAPE,
        &KeyStore::new(default_key_folder()),
        Origin::Development,
        &Silent,
    )
    .unwrap()
}

#[test]
fn a_real_batch_settles_and_every_forgery_is_refused_by_name() {
    let prover = prover();
    chain::development().execute_with(|| {
        let mut world = open_world();
        world.trade();
        let dave = Dave.to_account_id();
        let before = Assets::balance(1, &dave);
        let pay = |amount| WithdrawalRequest {
            asset: 0,
            amount,
            recipient: dave.clone().into(),
        };

        // What the venue itself refuses.
        let (genesis, venue) = (world.genesis, world.venue);
        let all = world.traders[0].order_set(&SHAPE, genesis, venue, vec![], Some(pay(50_000_000)));
        assert!(matches!(
            world.engine.submit(all),
            Err(EngineError::Step(StepError::MarginRefused(_)))
        ));
        world.traders[1].sequence = 0;
        let old = world.traders[1].order_set(&SHAPE, genesis, venue, vec![], None);
        assert_eq!(
            world.engine.submit(old).unwrap_err(),
            EngineError::OldSequence(1)
        );

        let some = world.traders[0].order_set(&SHAPE, genesis, venue, vec![], Some(pay(5_000_000)));
        world.engine.submit(some).unwrap();
        let closed = world.close();
        let proven = prover.prove(&closed, |_, _| ()).unwrap();
        let batch = submission(&closed, &proven).unwrap();

        begin_block(SNAPSHOT_BLOCK + 1);
        let alice = Alice.to_account_id();
        let refuse = |change: &dyn Fn(&mut Batch), error: Error<Runtime>| {
            let mut forged = batch.clone();
            change(&mut forged);
            assert_noop!(submit(&alice, forged), error);
        };
        refuse(
            &|b| b.chunks[0].proof.copy_from_slice(&b.closing_proof.clone()),
            Error::ProofRejected,
        );
        refuse(&|b| b.closing_proof[0] ^= 1, Error::MalformedProof);
        refuse(
            &|b| b.header.old_root = FieldBytes::from(Fr::from(1u64)),
            Error::StaleRoot,
        );
        refuse(
            &|b| b.header.new_root = FieldBytes::from(Fr::from(1u64)),
            Error::ProofRejected,
        );
        refuse(
            &|b| b.header.new_root = FieldBytes([0xff; 32]),
            Error::NonCanonicalField,
        );
        refuse(
            &|b| b.first_boundary = FieldBytes([0xff; 32]),
            Error::NonCanonicalField,
        );
        refuse(&|b| b.header.venue += 1, Error::UnknownVenue);
        refuse(&|b| b.header.number += 1, Error::WrongBatchNumber);
        refuse(&|b| b.header.submitter = [1; 32], Error::WrongSubmitter);
        refuse(&|b| b.header.time_to += 1_000_000, Error::TimeSpanInFuture);
        refuse(
            &|b| b.withdrawals[0].amount += 1,
            Error::WithdrawalsHashMismatch,
        );
        refuse(&|b| b.chunks[0].prices[0].price += 1, Error::PriceConflict);
        let reprice = |b: &mut Batch| {
            let lists = b.chunks.iter_mut().map(|chunk| &mut chunk.prices);
            lists.for_each(|prices| prices.iter_mut().for_each(|entry| entry.price += 1));
        };
        refuse(&reprice, Error::PricesHashMismatch);
        refuse(&|b| b.interest[0] += 1, Error::InterestMismatch);
        refuse(
            &|b| b.header.funding_hash = FieldBytes::default(),
            Error::FundingMismatch,
        );
        assert_noop!(
            submit(&Bob.to_account_id(), batch.clone()),
            Error::<Runtime>::NotOperator
        );

        // The proofs of one venue are no good at another in the same state.
        let operators = BoundedVec::truncate_from(vec![alice.clone()]);
        assert_ok!(Settlement::create_venue(
            RuntimeOrigin::signed(alice.clone()),
            operators,
            SMALL_CIRCUIT
        ));
        let other = pallet_clearproof_settlement::Venues::<Runtime>::iter_keys()
            .find(|v| *v != venue)
            .unwrap();
        for trader in &world.traders {
            assert_ok!(trader.deposit(other, 0, 50_000_000));
        }
        let mut elsewhere = batch.clone();
        elsewhere.header.venue = other;
        assert!(submit(&alice, elsewhere).is_err());

        assert_ok!(submit(&alice, batch.clone()));
        assert_eq!(state_root(venue), Some(world.engine.state_root().into()));
        assert_eq!(Assets::balance(1, &dave), before + 5_000_000);
        let market = Settlement::market_of(venue);
        assert_eq!(market.interest[0], 200, "100 lots long, 100 short");
        assert_eq!(market.funding.to_vec(), world.engine.funding());
        world.engine.settle(1).unwrap();
        assert_noop!(
            submit(&alice, batch.clone()),
            Error::<Runtime>::WrongBatchNumber
        );
    });
}

#[test]
fn the_development_keys_on_the_chain_belong_to_the_circuits() {
    let (chunk, closing) = prover().verifying_keys();
    assert_eq!(
        chunk,
        include_bytes!("../../runtime/dev-keys/small-chunk.vk")
    );
    assert_eq!(
        closing,
        include_bytes!("../../runtime/dev-keys/small-closing.vk")
    );
}
