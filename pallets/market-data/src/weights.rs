//! Weights of the calls of `pallet_clearproof_market_data`.
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
    /// Weight of `list_instrument`.
    fn list_instrument() -> Weight;
    /// Weight of `delist_instrument`.
    fn delist_instrument() -> Weight;
    /// Weight of `set_halted`.
    fn set_halted() -> Weight;
    /// Weight of `list_collateral`.
    fn list_collateral() -> Weight;
    /// Weight of `delist_collateral`.
    fn delist_collateral() -> Weight;
    /// Weight of `accept_range`.
    fn accept_range() -> Weight;
    /// Weight of `take_snapshot`.
    fn take_snapshot() -> Weight;
}

/// As measured, at the runtime's own database weights.
pub struct SubstrateWeight<T>(PhantomData<T>);

impl<T: frame_system::Config> WeightInfo for SubstrateWeight<T> {
    fn list_instrument() -> Weight {
        measured::list_instrument(T::DbWeight::get())
    }
    fn delist_instrument() -> Weight {
        measured::delist_instrument(T::DbWeight::get())
    }
    fn set_halted() -> Weight {
        measured::set_halted(T::DbWeight::get())
    }
    fn list_collateral() -> Weight {
        measured::list_collateral(T::DbWeight::get())
    }
    fn delist_collateral() -> Weight {
        measured::delist_collateral(T::DbWeight::get())
    }
    fn accept_range() -> Weight {
        measured::accept_range(T::DbWeight::get())
    }
    fn take_snapshot() -> Weight {
        measured::take_snapshot(T::DbWeight::get())
    }
}

impl WeightInfo for () {
    fn list_instrument() -> Weight {
        measured::list_instrument(RocksDbWeight::get())
    }
    fn delist_instrument() -> Weight {
        measured::delist_instrument(RocksDbWeight::get())
    }
    fn set_halted() -> Weight {
        measured::set_halted(RocksDbWeight::get())
    }
    fn list_collateral() -> Weight {
        measured::list_collateral(RocksDbWeight::get())
    }
    fn delist_collateral() -> Weight {
        measured::delist_collateral(RocksDbWeight::get())
    }
    fn accept_range() -> Weight {
        measured::accept_range(RocksDbWeight::get())
    }
    fn take_snapshot() -> Weight {
        measured::take_snapshot(RocksDbWeight::get())
    }
}

/// The measurements: picoseconds and bytes of proof, then database reads and writes.
mod measured {
    use frame_support::weights::{RuntimeDbWeight, Weight};

    /// Shortest run: 228_962 ns.
    pub(super) fn list_instrument(db: RuntimeDbWeight) -> Weight {
        Weight::from_parts(240_640_000, 13_799).saturating_add(db.reads_writes(14, 2))
    }

    /// Shortest run: 36_725 ns.
    pub(super) fn delist_instrument(db: RuntimeDbWeight) -> Weight {
        Weight::from_parts(39_018_000, 13_799).saturating_add(db.reads_writes(4, 3))
    }

    /// Shortest run: 17_596 ns.
    pub(super) fn set_halted(db: RuntimeDbWeight) -> Weight {
        Weight::from_parts(19_069_000, 3_342).saturating_add(db.reads_writes(1, 1))
    }

    /// Shortest run: 8_353 ns.
    pub(super) fn list_collateral(db: RuntimeDbWeight) -> Weight {
        Weight::from_parts(9_294_000, 1_494).saturating_add(db.reads_writes(1, 1))
    }

    /// Shortest run: 11_186 ns.
    pub(super) fn delist_collateral(db: RuntimeDbWeight) -> Weight {
        Weight::from_parts(12_318_000, 13_799).saturating_add(db.reads_writes(2, 2))
    }

    /// Shortest run: 23_024 ns.
    pub(super) fn accept_range(db: RuntimeDbWeight) -> Weight {
        Weight::from_parts(24_467_000, 13_799).saturating_add(db.reads_writes(3, 1))
    }

    /// Shortest run: 6_193_502 ns.
    pub(super) fn take_snapshot(db: RuntimeDbWeight) -> Weight {
        Weight::from_parts(6_372_289_000, 161_199).saturating_add(db.reads_writes(77, 6))
    }
}
