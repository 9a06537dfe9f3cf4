//! A referendum changes a margin threshold: the next batch is bound to the new policy, and one that
//! is bound to the old is refused.
#![allow(clippy::unwrap_used)]

use clearproof_client::chain::Constants;
use clearproof_operator::proving::submission;
use clearproof_primitives::{
    fixed::{ONE, Rate},
    ids::{BatchNumber, SnapshotNumber},
    order::Side,
    policy::{MarginLevel, PolicyChange, PositionSide, ProductKind},
    time::Millis,
};
use clearproof_runtime::{
    ConvictionVoting, MarketData, Preimage, Referenda, RiskPolicy, Runtime, RuntimeCall,
    RuntimeEvent, RuntimeOrigin, System,
    constants::{market, money::CLR, time},
    governance::origins::Origin,
};
use clearproof_tests::{
    chain::{self, begin_block, end_block, state_root, submit},
    world::{PRICE, SNAPSHOT_BLOCK, World, open_world, prover},
};
use codec::Encode;
use frame_support::{
    assert_noop, assert_ok,
    traits::{StorePreimage, schedule::DispatchTime},
};
use pallet_clearproof_settlement::Error;
use pallet_conviction_voting::{AccountVote, Conviction, Vote};
use sp_keyring::Sr25519Keyring::{self, Alice, Dave};

/// 0.8 % of a lot's mark; the development policy asks for 0.5 %.
const CHARGE: Rate = Rate::new((ONE / 1_000 * 8) as u32);

/// Lets the chain go on until a block has ended.
fn run_to(last: u32) {
    for number in System::block_number() + 1..=last {
        begin_block(number);
        chain::feed(PRICE);
        end_block(number);
    }
}

/// Anybody submits the change as a referendum on risk parameters, and six of the development
/// chain's accounts vote for it.
fn propose(change: PolicyChange) {
    let call = RuntimeCall::RiskPolicy(pallet_clearproof_risk_policy::Call::schedule_change {
        changes: vec![change],
    });
    let proposal = Preimage::bound(call).unwrap();
    let dave = || RuntimeOrigin::signed(Dave.to_account_id());
    let origin = Box::new(Origin::RiskAdmin.into());
    assert_ok!(Referenda::submit(
        dave(),
        origin,
        proposal,
        DispatchTime::After(0)
    ));
    assert_ok!(Referenda::place_decision_deposit(dave(), 0));
    for voter in Sr25519Keyring::iter().take(6) {
        let vote = Vote {
            aye: true,
            conviction: Conviction::Locked1x,
        };
        let vote = AccountVote::Standard {
            vote,
            balance: 900_000 * CLR,
        };
        let voter = RuntimeOrigin::signed(voter.to_account_id());
        assert_ok!(ConvictionVoting::vote(voter, 0, vote));
    }
}

/// Number and time of the latest snapshot, the charge for a long lot in it, and the version of the
/// policy that it was computed with.
fn latest() -> (SnapshotNumber, Millis, u64, u32) {
    let (snapshot, _) = MarketData::latest_snapshot().unwrap();
    let taken = System::events()
        .into_iter()
        .rev()
        .find_map(|record| match record.event {
            RuntimeEvent::MarketData(pallet_clearproof_market_data::Event::SnapshotTaken {
                policy_version,
                ..
            }) => Some(policy_version),
            _ => None,
        });
    let charge = snapshot.rows[0].maintenance_long;
    (snapshot.number, snapshot.taken_at, charge, taken.unwrap())
}

fn charge(rate: Rate) -> u64 {
    (PRICE * u128::from(rate.get())).div_ceil(1 << 32) as u64
}

#[test]
fn tools_name_the_origin_as_the_runtime_encodes_it() {
    let origin = clearproof_runtime::OriginCaller::from(Origin::RiskAdmin);
    let metadata = chain::development()
        .execute_with(Runtime::metadata)
        .encode();
    let constants = Constants::from_bytes(&metadata).unwrap();
    assert_eq!(origin.encode(), constants.risk_track.origin);
    assert_eq!(constants.risk_track.id, 10);
    assert_eq!(constants.block_ms, Millis::new(time::MILLISECS_PER_BLOCK));
    let interval = constants.block_ms * u64::from(market::SNAPSHOT_INTERVAL);
    assert_eq!(constants.snapshot_interval_ms, interval);
    assert_eq!(constants.snapshot_grace_ms, market::SNAPSHOT_GRACE);
}

#[test]
fn a_referendum_changes_a_margin_threshold_and_binds_the_next_batch_to_it() {
    let prover = prover();
    chain::development().execute_with(|| {
        let alice = Alice.to_account_id();
        let prove = |world: &mut World| {
            let closed = world.close();
            let proven = prover.prove(&closed, |_, _| ()).unwrap();
            submission(&closed, &proven).unwrap()
        };

        // A batch under the genesis policy.
        let mut world = open_world();
        world.trade([Side::Buy, Side::Sell]);
        let first = prove(&mut world);
        begin_block(SNAPSHOT_BLOCK + 1);
        assert_ok!(submit(&alice, first));
        end_block(SNAPSHOT_BLOCK + 1);
        world.engine.settle(BatchNumber::new(1)).unwrap();
        let before = latest();
        assert_eq!(before.3, 1);

        propose(PolicyChange::Charge {
            underlying: 0,
            kind: ProductKind::Perpetual,
            level: MarginLevel::Maintenance,
            side: PositionSide::Long,
            value: CHARGE,
        });
        // Nothing changes before the votes have been counted, nor in the middle of a batch's
        // snapshot.
        let mut old = before;
        while latest().3 == 1 {
            old = latest();
            let next = System::block_number() + 1;
            assert!(next < 20 * SNAPSHOT_BLOCK, "the referendum has no end");
            run_to(next);
        }
        let new = latest();
        assert_eq!((new.0, new.3), (old.0.next(), 2));
        assert_eq!(new.2, charge(CHARGE));
        assert_ne!(old.2, new.2);
        assert_eq!(
            RiskPolicy::policy().unwrap().underlyings[0]
                .charges
                .maintenance_long,
            CHARGE
        );

        // A dishonest operator goes on under the old policy, and proves it: its rows are true, but
        // no longer in force.
        let grace = market::SNAPSHOT_GRACE;
        let mut dishonest = world.clone();
        dishonest.open_at(old.0, new.1 + grace);
        dishonest.trade([Side::Sell, Side::Buy]);
        let stale = prove(&mut dishonest);
        run_to(System::block_number() + 6);
        assert_noop!(
            submit(&alice, stale.clone()),
            Error::<Runtime>::SnapshotTooOld
        );
        // Nor do its proofs pass for ones of the new snapshot.
        let mut renamed = stale;
        renamed.header.snapshot_number = new.0;
        assert_noop!(
            submit(&alice, renamed.clone()),
            Error::<Runtime>::SnapshotMismatch
        );
        renamed.header.snapshot_hash = MarketData::snapshot_info(new.0).unwrap().hash;
        assert_noop!(submit(&alice, renamed), Error::<Runtime>::ProofRejected);

        // An honest one proves under the new policy.
        world.open_at(new.0, new.1 + grace);
        world.trade([Side::Sell, Side::Buy]);
        let second = prove(&mut world);
        assert_eq!(second.header.snapshot_number, new.0);
        assert_ok!(submit(&alice, second));
        assert_eq!(
            state_root(world.venue),
            Some(world.engine.state_root().into())
        );
    });
}
