//! Weights of the calls. Estimated: 25 µs per storage read, 100 µs per write (the SDK's figures for a database on
//! disk), and the computation named at each call. The benchmarks measure them.

use core::marker::PhantomData;
use frame_support::{
    traits::Get,
    weights::{constants::RocksDbWeight, Weight},
};

/// Weights of the calls.
pub trait WeightInfo {
    /// Weight of `register_asset`.
    fn register_asset() -> Weight;
    /// Weight of `deposit`.
    fn deposit() -> Weight;
    /// Weight of `claim`.
    fn claim() -> Weight;
}

const MICROSECOND: u64 = 1_000_000;

/// Weights with the database costs of a runtime.
pub struct SubstrateWeight<T>(PhantomData<T>);

impl<T: frame_system::Config> WeightInfo for SubstrateWeight<T> {
    fn register_asset() -> Weight {
        register_asset(T::DbWeight::get())
    }
    fn deposit() -> Weight {
        deposit(T::DbWeight::get())
    }
    fn claim() -> Weight {
        claim(T::DbWeight::get())
    }
}

impl WeightInfo for () {
    fn register_asset() -> Weight {
        register_asset(RocksDbWeight::get())
    }
    fn deposit() -> Weight {
        deposit(RocksDbWeight::get())
    }
    fn claim() -> Weight {
        claim(RocksDbWeight::get())
    }
}

type Db = frame_support::weights::RuntimeDbWeight;

fn register_asset(db: Db) -> Weight {
    Weight::from_parts(20 * MICROSECOND, 4_000).saturating_add(db.reads_writes(2, 1))
}

/// Three Poseidon hashes (about 100 µs each in wasm), a subgroup check (500 µs), a token transfer (60 µs).
fn deposit(db: Db) -> Weight {
    Weight::from_parts(900 * MICROSECOND, 12_000).saturating_add(db.reads_writes(9, 7))
}

/// One token transfer.
fn claim(db: Db) -> Weight {
    Weight::from_parts(80 * MICROSECOND, 12_000).saturating_add(db.reads_writes(7, 6))
}
