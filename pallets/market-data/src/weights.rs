//! Weights of the calls of `pallet_clearproof_market_data`, measured by `make weights`; not edited by hand.
//!
//! 2026-11-26, AMD EPYC; 20 steps of 10 repetitions, benchmark command 64.0.0.

use core::marker::PhantomData;
use frame_support::{
    traits::Get,
    weights::{constants::RocksDbWeight, Weight},
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

    /// Shortest run: 374_225 ns.
    pub(super) fn list_instrument(db: RuntimeDbWeight) -> Weight {
        Weight::from_parts(384_069_000, 13_545).saturating_add(db.reads_writes(16, 5))
    }

    /// Shortest run: 55_111 ns.
    pub(super) fn delist_instrument(db: RuntimeDbWeight) -> Weight {
        Weight::from_parts(58_456_000, 3_479).saturating_add(db.reads_writes(3, 5))
    }

    /// Shortest run: 27_281 ns.
    pub(super) fn set_halted(db: RuntimeDbWeight) -> Weight {
        Weight::from_parts(29_914_000, 3_342).saturating_add(db.reads_writes(1, 1))
    }

    /// Shortest run: 14_351 ns.
    pub(super) fn list_collateral(db: RuntimeDbWeight) -> Weight {
        Weight::from_parts(16_114_000, 1_494).saturating_add(db.reads_writes(1, 1))
    }

    /// Shortest run: 16_474 ns.
    pub(super) fn delist_collateral(db: RuntimeDbWeight) -> Weight {
        Weight::from_parts(18_878_000, 1_494).saturating_add(db.reads_writes(1, 2))
    }

    /// Shortest run: 33_640 ns.
    pub(super) fn accept_range(db: RuntimeDbWeight) -> Weight {
        Weight::from_parts(37_255_000, 3_595).saturating_add(db.reads_writes(3, 1))
    }

    /// Shortest run: 10_256_294 ns.
    pub(super) fn take_snapshot(db: RuntimeDbWeight) -> Weight {
        Weight::from_parts(10_365_185_000, 165_105).saturating_add(db.reads_writes(139, 65))
    }
}
