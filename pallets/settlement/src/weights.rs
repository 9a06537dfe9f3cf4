//! Weights of the calls. Estimated until the benchmarks' measured figures replace them: 2 ms per proof, the figure
//! measured for single proofs with host functions (a batch verifies cheaper), 300 µs per Poseidon hash of 13 elements
//! in wasm, and the database's own costs.

use core::marker::PhantomData;
use frame_support::{
    traits::Get,
    weights::{constants::RocksDbWeight, RuntimeDbWeight, Weight},
};

/// Weights of the calls.
pub trait WeightInfo {
    /// Weight of `register_circuit`.
    fn register_circuit() -> Weight;
    /// Weight of `create_venue`.
    fn create_venue() -> Weight;
    /// Weight of `set_operators`.
    fn set_operators() -> Weight;
    /// Weight of `set_paused`.
    fn set_paused() -> Weight;
    /// Weight of `close_venue` with so many remembered batches.
    fn close_venue(batches: u32) -> Weight;
    /// Weight of `submit_batch` with so many chunks, prices, withdrawals and deposits.
    fn submit_batch(c: u32, p: u32, w: u32, d: u32) -> Weight;
}

const MICROSECOND: u64 = 1_000_000;
/// Poseidon over one block of a list, in wasm.
const HASH: u64 = 300 * MICROSECOND;
/// Decoding and verifying one proof.
const PROOF: u64 = 2_000 * MICROSECOND;

/// Weights with the database costs of a runtime.
pub struct SubstrateWeight<T>(PhantomData<T>);

impl<T: frame_system::Config> WeightInfo for SubstrateWeight<T> {
    fn register_circuit() -> Weight {
        register_circuit(T::DbWeight::get())
    }
    fn create_venue() -> Weight {
        create_venue(T::DbWeight::get())
    }
    fn set_operators() -> Weight {
        venue_update(T::DbWeight::get())
    }
    fn set_paused() -> Weight {
        venue_update(T::DbWeight::get())
    }
    fn close_venue(batches: u32) -> Weight {
        close_venue(T::DbWeight::get(), batches)
    }
    fn submit_batch(c: u32, p: u32, w: u32, d: u32) -> Weight {
        submit_batch(T::DbWeight::get(), c, p, w, d)
    }
}

impl WeightInfo for () {
    fn register_circuit() -> Weight {
        register_circuit(RocksDbWeight::get())
    }
    fn create_venue() -> Weight {
        create_venue(RocksDbWeight::get())
    }
    fn set_operators() -> Weight {
        venue_update(RocksDbWeight::get())
    }
    fn set_paused() -> Weight {
        venue_update(RocksDbWeight::get())
    }
    fn close_venue(batches: u32) -> Weight {
        close_venue(RocksDbWeight::get(), batches)
    }
    fn submit_batch(c: u32, p: u32, w: u32, d: u32) -> Weight {
        submit_batch(RocksDbWeight::get(), c, p, w, d)
    }
}

/// Six subgroup checks (500 µs each) and about 40 hashes for the genesis state root.
fn register_circuit(db: RuntimeDbWeight) -> Weight {
    Weight::from_parts(6 * 500 * MICROSECOND + 40 * HASH, 6_000)
        .saturating_add(db.reads_writes(2, 1))
}

/// A hold and a transfer.
fn create_venue(db: RuntimeDbWeight) -> Weight {
    Weight::from_parts(150 * MICROSECOND, 12_000).saturating_add(db.reads_writes(6, 6))
}

fn venue_update(db: RuntimeDbWeight) -> Weight {
    Weight::from_parts(30 * MICROSECOND, 6_000).saturating_add(db.reads_writes(1, 1))
}

/// At most 256 totals and all remembered batches are removed.
fn close_venue(db: RuntimeDbWeight, batches: u32) -> Weight {
    let entries = u64::from(batches).saturating_add(u64::from(u8::MAX));
    Weight::from_parts(150 * MICROSECOND, 12_000)
        .saturating_add(db.reads_writes(entries.saturating_add(4), entries.saturating_add(5)))
}

/// Fixed: header hash, three proofs' worth of pairings for the keys and the closing proof. Per chunk: its proof, two
/// boundaries' public input and its list's hash. Per 13 prices: a block of the list's hash. Per withdrawal: a hash and
/// a transfer. Per deposit: two reads and a removal.
fn submit_batch(
    db: RuntimeDbWeight,
    chunks: u32,
    prices: u32,
    withdrawals: u32,
    deposits: u32,
) -> Weight {
    let times = |unit: u64, n: u32| unit.saturating_mul(n.into());
    let time = (3 * PROOF + 6 * HASH)
        .saturating_add(times(PROOF + 8 * HASH, chunks))
        .saturating_add(times(HASH / 13 + 5 * MICROSECOND, prices))
        .saturating_add(times(HASH + 80 * MICROSECOND, withdrawals))
        .saturating_add(times(10 * MICROSECOND, deposits));
    let proof_size = 20_000u64
        .saturating_add(times(3_000, withdrawals))
        .saturating_add(times(3_000, deposits));
    Weight::from_parts(time, proof_size)
        .saturating_add(db.reads_writes(8, 5))
        .saturating_add(db.reads_writes(5, 4).saturating_mul(withdrawals.into()))
        .saturating_add(db.reads_writes(1, 1).saturating_mul(deposits.into()))
}
