//! One real batch: deposits on the chain, signed orders, an auction, real proofs, settlement, a
//! withdrawal paid. Then everything that a dishonest operator might send, each refused by name.
#![allow(clippy::unwrap_used)]

use clearproof_engine::EngineError;
use clearproof_operator::proving::submission;
use clearproof_primitives::{
    field::{FieldBytes, Fr},
    ids::BatchNumber,
    order::{Side, WithdrawalRequest},
    step::StepError,
    time::Millis,
};
use clearproof_runtime::{
    Assets, Runtime, RuntimeOrigin, Settlement, development_circuits::SMALL as SMALL_CIRCUIT,
};
use clearproof_tests::{
    chain::{self, begin_block, state_root, submit},
    world::{SHAPE, SNAPSHOT_BLOCK, open_world, prover},
};
use frame_support::{BoundedVec, assert_noop, assert_ok};
use pallet_clearproof_settlement::{Batch, Error};
use sp_keyring::Sr25519Keyring::{Alice, Bob, Dave};

#[test]
fn a_real_batch_settles_and_every_forgery_is_refused_by_name() {
    let prover = prover();
    chain::development().execute_with(|| {
        let mut world = open_world();
        world.trade([Side::Buy, Side::Sell]);
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
        refuse(
            &|b| b.header.venue = b.header.venue.next(),
            Error::UnknownVenue,
        );
        refuse(
            &|b| b.header.number = b.header.number.next(),
            Error::WrongBatchNumber,
        );
        refuse(&|b| b.header.submitter = [1; 32], Error::WrongSubmitter);
        refuse(
            &|b| b.header.time_to += Millis::new(1_000_000),
            Error::TimeSpanInFuture,
        );
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
        refuse(&|b| b.open_interest[0] += 1, Error::OpenInterestMismatch);
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
        assert_eq!(market.open_interest[0], 200, "100 lots long, 100 short");
        assert_eq!(market.funding.to_vec(), world.engine.funding());
        world.engine.settle(BatchNumber::new(1)).unwrap();
        assert_noop!(
            submit(&alice, batch.clone()),
            Error::<Runtime>::WrongBatchNumber
        );
    });
}

#[test]
fn the_development_keys_on_the_chain_belong_to_the_circuits() {
    let clearproof_proving::VerifyingKeys { chunk, closing } = prover().verifying_keys();
    assert_eq!(
        chunk,
        include_bytes!("../../runtime/dev-keys/small-chunk.vk")
    );
    assert_eq!(
        closing,
        include_bytes!("../../runtime/dev-keys/small-closing.vk")
    );
}
