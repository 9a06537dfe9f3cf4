//! Benchmarks of every call. Keys and proofs come from Groth16's simulator, so each batch is really
//! verified.

use crate::{
    BalanceOf, Batch, BatchRecord, Batches, BenchmarkHelper, Call, ChunkSubmission, CircuitId,
    Circuits, Config, DevelopmentKeysAllowed, MAX_CHUNKS, MAX_WITHDRAWALS, NextCircuit, Operators,
    Pallet, Retirements, Venues, simulator::Simulator,
};
use alloc::{boxed::Box, vec::Vec};
use clearproof_bn254_host::{
    backend::{Host, Native},
    groth16::{Proof, VerifyingKey, batch_verify_with},
};
use clearproof_primitives::{
    batch::{
        BatchHeader, PROTOCOL_VERSION, PriceEntry, Withdrawal, chunk_public_input,
        closing_public_input, price_list_hash, prices_hash, withdrawals_hash,
    },
    field::{FieldBytes, Fr},
    fixed::{Factor, Price, Rate},
    funding::funding_hash,
    ids::{BatchNumber, Slot, SnapshotNumber},
    ledger::open_interest_hash,
    shape::Shape,
    time::Millis,
};
use frame_benchmarking::v2::*;
use frame_support::traits::{
    EnsureOrigin, Get,
    fungible::{Inspect as _, Mutate as _},
};
use frame_system::{RawOrigin, pallet_prelude::BlockNumberFor};
use pallet_clearproof_custody::{Cursor, MAX_DEPOSITS_PER_BATCH, VenueCustody, VenueId};
use sp_runtime::traits::{Saturating, Zero};

const CIRCUIT: CircuitId = CircuitId::new(1);
const START: Millis = Millis::new(1_700_000_000_000);
const SNAPSHOT_AT: Millis = Millis::new(START.get() + 1_000);
const CHUNK: u64 = 1;
const CLOSING: u64 = 2;
const PROTOCOL_FEE: u64 = 1_000;

fn shape<T: Config>() -> Shape {
    Shape {
        market: T::Market::get(),
        ..Shape::REFERENCE
    }
}

fn register<T: Config>() {
    DevelopmentKeysAllowed::<T>::put(true);
    // The genesis may use the number.
    Circuits::<T>::remove(CIRCUIT);
    let [chunk, closing] = [CHUNK, CLOSING].map(|seed| Simulator::new(seed).key());
    Pallet::<T>::add_circuit(
        CIRCUIT,
        PROTOCOL_VERSION,
        shape::<T>(),
        chunk,
        closing,
        true,
    )
    .expect("simulated keys are sound in form");
}

fn rich<T: Config>(who: &T::AccountId) {
    let unit = T::Currency::minimum_balance().saturating_add(T::VenueDeposit::get());
    let plenty: BalanceOf<T> = unit.saturating_mul(1_000u32.into());
    T::Currency::mint_into(who, plenty).expect("issuance is far below its limit");
}

/// Creates a venue on the benchmark circuit. It has the largest number of operators, and its owner
/// is one of them.
pub(crate) fn venue<T: Config>() -> (VenueId, T::AccountId) {
    register::<T>();
    let owner: T::AccountId = whitelisted_caller();
    rich::<T>(&owner);
    let id = Pallet::<T>::found(owner.clone(), operators::<T>(&owner), CIRCUIT)
        .expect("the owner can pay and the circuit exists");
    (id, owner)
}

fn operators<T: Config>(last: &T::AccountId) -> Operators<T::AccountId> {
    let mut list: Vec<T::AccountId> = (1..crate::MAX_OPERATORS)
        .map(|n| account("operator", n, 0))
        .collect();
    list.push(last.clone());
    list.try_into().expect("MAX_OPERATORS of them")
}

/// Withdrawals of asset 0, each to another recipient.
fn withdrawals_to<T: Config>(count: u32) -> Vec<Withdrawal> {
    let withdrawal = |n| {
        let recipient: T::AccountId = account("recipient", n, 0);
        Withdrawal {
            recipient: recipient.into(),
            asset: 0,
            amount: 1_000,
        }
    };
    (0..count).map(withdrawal).collect()
}

/// Prices of instrument 0, each at its own time, spread as evenly as possible over the chunks; as
/// many as fit into them.
fn price_lists(shape: &Shape, chunks: u32, prices: u32, price: Price) -> Vec<Vec<PriceEntry>> {
    let entry = |n: u32| PriceEntry {
        instrument: Slot::new(0),
        time: SNAPSHOT_AT.saturating_add(Millis::new(n.into())),
        price,
        deleverages: false,
        fund_sells: false,
    };
    let list = |chunk| {
        let own = (0..prices).filter(|n| n % chunks == chunk);
        own.map(entry).take(shape.entries.into()).collect()
    };
    (0..chunks).map(list).collect()
}

/// Makes a venue hold every instrument, and returns its open interest after the batch, which holds
/// none any more. That changes the largest number of holder counts, whatever is listed.
fn sell_out<T: Config>(venue: VenueId) -> Vec<u64> {
    let slots = usize::from(T::Market::get().instruments);
    let mut market = Pallet::<T>::market_of(venue);
    market.open_interest = alloc::vec![1; slots].try_into().expect("one per slot");
    Pallet::<T>::put_market(venue, market);
    alloc::vec![0; slots]
}

/// The chunks with their price lists and proofs, between the boundaries.
fn submissions(header_hash: Fr, lists: Vec<(Vec<PriceEntry>, Fr)>) -> Vec<ChunkSubmission> {
    let prover = Simulator::new(CHUNK);
    let submission = |(n, (list, list_hash)): (u16, (Vec<PriceEntry>, Fr))| {
        let (before, after) = (boundary(n.into()), boundary(u32::from(n) + 1));
        let input = chunk_public_input(header_hash, n, before, after, list_hash);
        ChunkSubmission {
            prices: list.try_into().expect("at most MAX_ENTRIES per chunk"),
            boundary_after: after.into(),
            proof: prover.prove(input, n.into()),
        }
    };
    (0u16..).zip(lists).map(submission).collect()
}

/// The boundary after `n` chunks.
fn boundary(n: u32) -> Fr {
    Fr::from(n) + Fr::from(1_000u64)
}

/// Returns a valid batch of the given size, with as many of the prices as fit into its chunks.
fn batch<T: Config>(
    chunks: u32,
    prices: u32,
    withdrawals: u32,
    deposits: u32,
) -> (T::AccountId, Box<Batch>) {
    T::BenchmarkHelper::set_time(START);
    let (venue, owner) = venue::<T>();
    let snapshot_number = T::BenchmarkHelper::snapshot_at(SNAPSHOT_AT);
    let snapshot =
        <T::Snapshots as crate::SnapshotProvider>::snapshot(snapshot_number).expect("it was taken");
    let shape = shape::<T>();
    let time_to = SNAPSHOT_AT.saturating_add(Millis::new(u64::from(prices) + 1));
    T::BenchmarkHelper::set_time(time_to);

    let withdrawals = withdrawals_to::<T>(withdrawals);
    let cursors = T::Custody::benchmark_prepare(venue, deposits, &withdrawals, PROTOCOL_FEE);
    let lists = price_lists(&shape, chunks, prices, snapshot.marks[0]);
    let list_hashes: Vec<Fr> = lists
        .iter()
        .map(|list| price_list_hash(&shape, list))
        .collect();
    let open_interest = sell_out::<T>(venue);
    let header = BatchHeader {
        snapshot_number,
        snapshot_hash: snapshot.hash,
        time_to,
        prices_hash: prices_hash(&list_hashes).into(),
        withdrawal_count: withdrawals.len() as u32,
        withdrawals_hash: withdrawals_hash(&withdrawals).into(),
        chunk_count: chunks as u16,
        open_interest_hash: open_interest_hash(&open_interest).into(),
        protocol_share: snapshot.protocol_share,
        ..header::<T>(venue, &owner, cursors)
    };
    let hash = header.hash().expect("canonical");
    let lists = lists.into_iter().zip(list_hashes).collect();
    let closing = closing_public_input(hash, chunks as u16, boundary(0), boundary(chunks));
    let batch = Batch {
        header,
        first_boundary: boundary(0).into(),
        chunks: submissions(hash, lists)
            .try_into()
            .expect("at most MAX_CHUNKS"),
        withdrawals: withdrawals.try_into().expect("at most MAX_WITHDRAWALS"),
        open_interest: open_interest
            .try_into()
            .expect("a market has fewer instruments"),
        closing_proof: Simulator::new(CLOSING).prove(closing, 0),
    };
    (owner, Box::new(batch))
}

/// Returns a header of a venue's first batch with these deposit cursors, without prices,
/// withdrawals and open interest.
fn header<T: Config>(
    venue: VenueId,
    owner: &T::AccountId,
    (before, after): (Cursor, Cursor),
) -> BatchHeader {
    BatchHeader {
        version: PROTOCOL_VERSION,
        genesis: frame_system::Pallet::<T>::block_hash(BlockNumberFor::<T>::zero())
            .as_ref()
            .try_into()
            .expect("block hashes have 32 bytes"),
        venue,
        number: BatchNumber::new(1),
        old_root: Venues::<T>::get(venue).expect("just founded").state_root,
        new_root: Fr::from(77u64).into(),
        snapshot_number: SnapshotNumber::default(),
        snapshot_hash: FieldBytes::default(),
        time_from: SNAPSHOT_AT,
        time_to: SNAPSHOT_AT,
        prices_hash: FieldBytes::default(),
        deposits_before: before.count,
        deposits_accumulator_before: before.accumulator,
        deposits_after: after.count,
        deposits_accumulator_after: after.accumulator,
        withdrawal_count: 0,
        withdrawals_hash: FieldBytes::default(),
        data_hash: FieldBytes::default(),
        chunk_count: 0,
        submitter: owner.clone().into(),
        funding_hash: funding_hash(&Pallet::<T>::market_of(venue).funding).into(),
        open_interest_hash: FieldBytes::default(),
        protocol_fee: PROTOCOL_FEE,
        protocol_share: Rate::default(),
        deleverage_rank: Factor::default(),
        slack: Rate::default(),
    }
}

/// A registered key, and a proof that holds for it and the input.
fn one_proof<T: Config>() -> (VerifyingKey, Proof, Fr) {
    register::<T>();
    let circuit = Circuits::<T>::get(CIRCUIT).expect("just registered");
    let key = Pallet::<T>::stored_key(&circuit.chunk_key).expect("stored by registration");
    let input = Fr::from(42u64);
    let proof = Simulator::new(CHUNK).prove(input, 0);
    (key, Proof::decode(&proof).expect("well formed"), input)
}

#[benchmarks]
mod benchmarks {
    use super::*;

    #[benchmark]
    fn register_circuit() -> Result<(), BenchmarkError> {
        DevelopmentKeysAllowed::<T>::put(true);
        Circuits::<T>::remove(CIRCUIT);
        let origin =
            T::CircuitOrigin::try_successful_origin().map_err(|_| BenchmarkError::Weightless)?;
        let [chunk, closing] = [CHUNK, CLOSING].map(|seed| Simulator::new(seed).key());
        #[extrinsic_call]
        _(
            origin as T::RuntimeOrigin,
            CIRCUIT,
            PROTOCOL_VERSION,
            shape::<T>(),
            chunk,
            closing,
            true,
        );

        assert!(Circuits::<T>::contains_key(CIRCUIT));
        Ok(())
    }

    #[benchmark]
    fn retire_circuit() -> Result<(), BenchmarkError> {
        register::<T>();
        let successor = CIRCUIT.next();
        Circuits::<T>::insert(successor, Circuits::<T>::get(CIRCUIT).expect("registered"));
        T::BenchmarkHelper::set_time(START);
        let at = START + T::RetirementNotice::get();
        let origin =
            T::CircuitOrigin::try_successful_origin().map_err(|_| BenchmarkError::Weightless)?;
        #[extrinsic_call]
        _(origin as T::RuntimeOrigin, CIRCUIT, at, Some(successor));

        assert_eq!(Retirements::<T>::get(CIRCUIT).map(|r| r.at), Some(at));
        Ok(())
    }

    #[benchmark]
    fn create_venue() {
        register::<T>();
        let caller: T::AccountId = whitelisted_caller();
        rich::<T>(&caller);
        let operators = operators::<T>(&caller);
        let id = crate::NextVenue::<T>::get();
        #[extrinsic_call]
        _(RawOrigin::Signed(caller), operators, CIRCUIT);

        assert!(Venues::<T>::contains_key(id));
    }

    #[benchmark]
    fn set_operators() {
        let (id, owner) = venue::<T>();
        let operators = operators::<T>(&owner);
        #[extrinsic_call]
        _(RawOrigin::Signed(owner), id, operators.clone());

        assert_eq!(Venues::<T>::get(id).map(|v| v.operators), Some(operators));
    }

    #[benchmark]
    fn set_paused() {
        let (id, owner) = venue::<T>();
        #[extrinsic_call]
        _(RawOrigin::Signed(owner), id, true);

        assert_eq!(Venues::<T>::get(id).map(|v| v.pauses.owner), Some(true));
    }

    #[benchmark]
    fn set_next_circuit() {
        let (id, owner) = venue::<T>();
        let other = CIRCUIT.next();
        Circuits::<T>::insert(other, Circuits::<T>::get(CIRCUIT).expect("registered"));
        let next = Some(NextCircuit {
            circuit: other,
            from_batch: BatchNumber::new(1),
        });
        #[extrinsic_call]
        _(RawOrigin::Signed(owner), id, next);

        assert_eq!(Venues::<T>::get(id).and_then(|v| v.next_circuit), next);
    }

    #[benchmark]
    fn close_venue(b: Linear<0, { T::RootHistory::get() }>) {
        let (id, owner) = venue::<T>();
        for number in 0..b {
            let record = BatchRecord {
                state_root: FieldBytes::default(),
                header_hash: FieldBytes::default(),
                snapshot_number: SnapshotNumber::new(1),
                block: BlockNumberFor::<T>::zero(),
            };
            Batches::<T>::insert(id, BatchNumber::new(number.into()), record);
        }
        #[extrinsic_call]
        _(RawOrigin::Signed(owner), id);

        assert!(!Venues::<T>::contains_key(id));
    }

    #[benchmark]
    fn submit_batch(
        c: Linear<1, { MAX_CHUNKS / 4 }>,
        w: Linear<0, { MAX_WITHDRAWALS / 4 }>,
        d: Linear<0, { (MAX_DEPOSITS_PER_BATCH / 4) as u32 }>,
    ) {
        let (caller, batch) = batch::<T>(c, 0, w, d);
        let id = batch.header.venue;
        #[extrinsic_call]
        _(RawOrigin::Signed(caller), batch);

        assert_eq!(
            Venues::<T>::get(id).map(|v| v.batches),
            Some(BatchNumber::new(1))
        );
    }

    /// The cost of a batch's price entries: their checks, and the funding that follows from them.
    #[benchmark]
    fn check_prices(p: Linear<0, { MAX_CHUNKS / 4 * 64 }>) {
        let (_, batch) = batch::<T>(MAX_CHUNKS / 4, p, 0, 0);
        let number = batch.header.snapshot_number;
        let snapshot =
            <T::Snapshots as crate::SnapshotProvider>::snapshot(number).expect("it was taken");
        let market;
        #[block]
        {
            let prices = Pallet::<T>::check_prices(&batch, &shape::<T>(), &snapshot);
            let prices = prices.expect("they are at the mark");
            market = Pallet::<T>::next_market(&batch, &snapshot, &prices);
        }
        assert!(market.is_ok());
    }

    /// One proof through the node's host functions; see `docs/performance.md`. It is no call's
    /// weight.
    #[benchmark(extra)]
    fn verify_one_host() {
        let (key, proof, input) = one_proof::<T>();
        let result;
        #[block]
        {
            result = batch_verify_with::<Host>(&[(&key, &proof, &[input])]);
        }
        assert_eq!(result, Ok(()));
    }

    /// The same proof with all arithmetic inside wasm.
    #[benchmark(extra)]
    fn verify_one_wasm() {
        let (key, proof, input) = one_proof::<T>();
        let result;
        #[block]
        {
            result = batch_verify_with::<Native>(&[(&key, &proof, &[input])]);
        }
        assert_eq!(result, Ok(()));
    }

    impl_benchmark_test_suite!(Pallet, crate::mock::new_test_ext(), crate::mock::Test);
}
