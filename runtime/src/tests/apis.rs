//! The results of the runtime's interfaces, called by name as the node's JSON-RPC and the
//! operators' software call them.
use super::{alice, bob, ext_of, say_prices};
use crate::{
    AccountId, Custody, MarketData, Runtime, RuntimeOrigin, Settlement, apis, constants::market,
    development_circuits, genesis_presets,
};
use clearproof_primitives::{
    babyjubjub::{BASE8, PublicKey},
    chain::{
        BatchView, FeedValue, Instrument, ProofKind, ProofRefusal, QueuedDeposit, SnapshotView,
        VenueView,
    },
    field::{FieldBytes, Fr},
    fixed::Rate,
    ids::{BatchNumber, CircuitId, SnapshotNumber, VenueId},
    shape::Shape,
    time::Millis,
};
use codec::{Decode, Encode};
use frame_support::{assert_ok, traits::Hooks};
use pallet_clearproof_settlement::BatchRecord;

const NOW: Millis = Millis::new(1_000_000);

/// Calls a method of the interface by its name.
fn ask<T: Decode>(method: &str, arguments: impl Encode) -> T {
    let answer = apis::api::dispatch(&format!("ClearproofApi_{method}"), &arguments.encode())
        .expect("the runtime has the method");
    T::decode(&mut answer.as_slice()).unwrap()
}

fn venue(id: u32) -> Option<VenueView<AccountId>> {
    ask("venue", id)
}

/// Alice's venue, number 0, with Bob as its operator.
fn create_venue() {
    pallet_timestamp::Now::<Runtime>::put(NOW.get());
    let operators = vec![bob()].try_into().unwrap();
    assert_ok!(Settlement::create_venue(
        RuntimeOrigin::signed(alice()),
        operators,
        development_circuits::SMALL
    ));
}

#[test]
fn the_chains_operation_is_shown() {
    use clearproof_primitives::{chain::Feed, monitoring::Monitoring};
    let ask = || -> Monitoring<AccountId> {
        let answer = apis::api::dispatch("MonitoringApi_monitoring", &[]).unwrap();
        Decode::decode(&mut answer.as_slice()).unwrap()
    };
    ext_of(genesis_presets::LOCAL).execute_with(|| {
        pallet_timestamp::Now::<Runtime>::put(NOW.get());
        let fed = |member, feed, timestamp: Millis| {
            let value = pallet_oracle::TimestampedValue {
                value: FeedValue::Price(1_000 << 32),
                timestamp: timestamp.get(),
            };
            pallet_oracle::RawValues::<Runtime>::insert(member, feed, value);
        };
        let (first, second) = (Feed::Underlying(0), Feed::Asset(1));
        fed(alice(), first, NOW);
        fed(alice(), second, NOW - Millis::new(1_000));
        // Older than two minutes, the age at which a value no longer counts.
        fed(bob(), first, NOW - Millis::new(120_000));
        say_prices(NOW);
        MarketData::on_finalize(market::SNAPSHOT_INTERVAL);

        let state = ask();
        let member = |who: &AccountId| {
            let found = state.oracle_members.iter().find(|m| m.account == *who);
            found.unwrap().fed_at
        };
        assert_eq!(state.oracle_members.len(), 3);
        assert_eq!(member(&alice()), Some(NOW));
        assert_eq!(member(&bob()), Some(NOW - Millis::new(120_000)));
        let shape = market::SHAPE;
        let feeds = usize::from(shape.underlyings) + usize::from(shape.assets) - 1;
        assert_eq!(state.feeds.len(), feeds);
        let feed = |feed| state.feeds.iter().find(|f| f.feed == feed).unwrap();
        assert_eq!((feed(first).sources, feed(second).sources), (1, 1));
        assert_eq!(feed(Feed::Underlying(1)).sources, 0);
        assert!(!feed(first).halted, "a good price halted a market");
        assert_eq!((state.minimum_sources, state.minimum_validators), (2, 3));
        assert_eq!(state.validators.len(), 4);
        assert!(
            state
                .validators
                .iter()
                .all(|v| v.bond == state.minimum_bond)
        );
        assert!(state.minimum_bond > 0 && !state.safe_mode);
        assert_eq!((state.pending_policy_changes, state.paused_calls), (0, 0));

        // No member feeds any more, so everything halts. The committee also puts the chain into
        // safe mode.
        pallet_timestamp::Now::<Runtime>::put(NOW.get() + 300_000);
        MarketData::on_finalize(2 * market::SNAPSHOT_INTERVAL);
        pallet_safe_mode::EnteredUntil::<Runtime>::put(100);
        let state = ask();
        assert!(
            state
                .feeds
                .iter()
                .all(|feed| feed.halted && feed.sources == 0)
        );
        assert!(state.safe_mode);
    });
}

#[test]
fn a_venue_is_shown_whole() {
    ext_of(genesis_presets::DEVELOPMENT).execute_with(|| {
        assert_eq!(venue(0), None);
        create_venue();
        let view = venue(0).unwrap();
        assert_eq!((view.owner, view.operators), (alice(), vec![bob()]));
        assert_eq!(view.circuit, development_circuits::SMALL);
        assert_eq!((view.shape, view.development), (Shape::SMALL, true));
        assert_eq!((view.batches.get(), view.time_to), (0, NOW));
        assert_eq!(
            view.custody_account,
            Custody::custody_account(VenueId::new(0))
        );
        assert!(view.totals.is_empty());
        let root = Settlement::circuit(view.circuit).unwrap().genesis_root;
        assert_eq!(view.state_root, root);
        assert_eq!(venue(1), None);
    });
}

#[test]
fn venues_are_listed_without_the_closed_ones() {
    ext_of(genesis_presets::DEVELOPMENT).execute_with(|| {
        let venues = |from: u32| ask::<Vec<u32>>("venues", from);
        assert_eq!(venues(0), Vec::<u32>::new());
        (0..3).for_each(|_| create_venue());
        assert_ok!(Settlement::close_venue(
            RuntimeOrigin::signed(alice()),
            VenueId::new(1)
        ));
        assert_eq!((venues(0), venues(1)), (vec![0, 2], vec![2]));
        assert!(venues(3).is_empty());
    });
}

#[test]
fn queued_deposits_carry_owner_and_chain() {
    ext_of(genesis_presets::DEVELOPMENT).execute_with(|| {
        create_venue();
        let owner = PublicKey::new(BASE8).unwrap().compress();
        for amount in [5_000_000u64, 7_000_000] {
            let origin = RuntimeOrigin::signed(alice());
            assert_ok!(Custody::deposit(origin, VenueId::new(0), 0, amount, owner));
        }
        let queued = |from: u64| ask::<Vec<(u64, QueuedDeposit)>>("queued_deposits", (0u32, from));
        let all = queued(0);
        let amounts: Vec<_> = all.iter().map(|(n, d)| (*n, d.deposit.amount)).collect();
        assert_eq!(amounts, [(0, 5_000_000), (1, 7_000_000)]);
        assert!(all.iter().all(|(_, queued)| queued.owner == owner));
        assert_eq!(queued(1), all[1..]);
        let view = venue(0).unwrap();
        assert_eq!(view.queue.made.count, 2);
        assert_eq!(view.queue.made.accumulator, all[1].1.accumulator);
        assert_eq!(view.totals.len(), 1);
        assert_eq!((view.totals[0].0, view.totals[0].1.queued), (0, 12_000_000));
    });
}

#[test]
fn a_batch_is_shown_while_it_is_remembered() {
    ext_of(genesis_presets::DEVELOPMENT).execute_with(|| {
        let record = BatchRecord {
            state_root: Fr::from(1u64).into(),
            header_hash: Fr::from(2u64).into(),
            snapshot_number: SnapshotNumber::new(3),
            block: 4,
        };
        pallet_clearproof_settlement::Batches::<Runtime>::insert(
            VenueId::new(0),
            BatchNumber::new(5),
            record,
        );
        let shown: Option<BatchView> = ask("batch", (0u32, 5u64));
        let expected = BatchView {
            state_root: record.state_root,
            header_hash: record.header_hash,
            snapshot_number: SnapshotNumber::new(3),
            block: 4,
        };
        assert_eq!(shown, Some(expected));
        assert_eq!(ask::<Option<BatchView>>("batch", (0u32, 6u64)), None);
    });
}

#[test]
fn snapshots_are_shown_by_number_and_the_latest_without() {
    ext_of(genesis_presets::DEVELOPMENT).execute_with(|| {
        let snapshot =
            |number: Option<SnapshotNumber>| ask::<Option<SnapshotView>>("snapshot", number);
        assert_eq!(snapshot(None), None);
        for number in 1..=2u64 {
            say_prices(NOW * number);
            MarketData::on_finalize(number as u32 * market::SNAPSHOT_INTERVAL);
        }
        let (first, latest) = (
            snapshot(Some(SnapshotNumber::new(1))).unwrap(),
            snapshot(None).unwrap(),
        );
        assert_eq!(
            (first.snapshot.number.get(), latest.snapshot.number.get()),
            (1, 2)
        );
        assert_eq!(first.info.next_taken_at, Some(NOW * 2));
        assert_eq!(latest.info.next_taken_at, None);
        assert_eq!(latest.info.hash, latest.snapshot.hash().into());
        let instruments: Vec<Instrument> = ask("instruments", ());
        let trading = latest.info.marks.iter().filter(|mark| **mark != 0).count();
        assert_eq!(instruments.len(), trading);
        let capped = latest
            .info
            .open_interest_caps
            .iter()
            .filter(|cap| **cap != 0);
        assert_eq!(capped.count(), trading);
        let share = latest.snapshot.protocol_share;
        assert_eq!(
            (latest.info.protocol_share, share > Rate::new(0)),
            (share, true)
        );
        assert!(trading > 0);
        assert_eq!(snapshot(Some(SnapshotNumber::new(3))), None);
    });
}

#[test]
fn proofs_are_refused_by_name() {
    ext_of(genesis_presets::DEVELOPMENT).execute_with(|| {
        let check = |circuit: CircuitId, proof: &[u8], input: FieldBytes| {
            let arguments = (circuit, ProofKind::Chunk, proof, input);
            ask::<Result<(), ProofRefusal>>("verify_proof", arguments)
        };
        // Points that decode: the key's own α and β.
        let key = development_circuits::circuits().remove(0).chunk_key;
        let proof = [&key[..64], &key[64..192], &key[..64]].concat();
        let (circuit, one) = (development_circuits::REFERENCE, Fr::from(1u64).into());
        assert_eq!(check(circuit, &proof, one), Err(ProofRefusal::Rejected));
        assert_eq!(
            check(CircuitId::new(99), &proof, one),
            Err(ProofRefusal::UnknownCircuit)
        );
        assert_eq!(
            check(circuit, &proof[1..], one),
            Err(ProofRefusal::Malformed)
        );
        assert_eq!(
            check(circuit, &proof, FieldBytes([0xff; 32])),
            Err(ProofRefusal::NonCanonicalInput)
        );
    });
}
