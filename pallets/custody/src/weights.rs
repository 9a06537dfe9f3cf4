//! Weights of the calls of `pallet_clearproof_custody`.
//!
//! Measured by `make weights`; do not edit by hand.
//! 2026-11-26, AMD EPYC; 20 steps of 10 repetitions, benchmark command 64.0.0.

use core::marker::PhantomData;
use frame_support::{
    traits::Get,
    weights::{Weight, constants::RocksDbWeight},
};

/// Weight of each call.
pub trait WeightInfo {
    /// Weight of `register_asset`.
    fn register_asset() -> Weight;
    /// Weight of `deposit`.
    fn deposit() -> Weight;
    /// Weight of `claim`.
    fn claim() -> Weight;
}

/// As measured, at the runtime's own database weights.
pub struct SubstrateWeight<T>(PhantomData<T>);

impl<T: frame_system::Config> WeightInfo for SubstrateWeight<T> {
    fn register_asset() -> Weight {
        measured::register_asset(T::DbWeight::get())
    }
    fn deposit() -> Weight {
        measured::deposit(T::DbWeight::get())
    }
    fn claim() -> Weight {
        measured::claim(T::DbWeight::get())
    }
}

impl WeightInfo for () {
    fn register_asset() -> Weight {
        measured::register_asset(RocksDbWeight::get())
    }
    fn deposit() -> Weight {
        measured::deposit(RocksDbWeight::get())
    }
    fn claim() -> Weight {
        measured::claim(RocksDbWeight::get())
    }
}

/// The measurements: picoseconds and bytes of proof, then database reads and writes.
mod measured {
    use frame_support::weights::{RuntimeDbWeight, Weight};

    /// Shortest run: 18_587 ns.
    pub(super) fn register_asset(db: RuntimeDbWeight) -> Weight {
        Weight::from_parts(20_180_000, 5_984).saturating_add(db.reads_writes(3, 1))
    }

    /// Shortest run: 558_127 ns.
    pub(super) fn deposit(db: RuntimeDbWeight) -> Weight {
        Weight::from_parts(615_132_000, 6_208).saturating_add(db.reads_writes(9, 6))
    }

    /// Shortest run: 99_477 ns.
    pub(super) fn claim(db: RuntimeDbWeight) -> Weight {
        Weight::from_parts(112_467_000, 6_208).saturating_add(db.reads_writes(7, 6))
    }
}
