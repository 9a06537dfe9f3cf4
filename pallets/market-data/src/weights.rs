//! Weights of the calls of `pallet_clearproof_market_data`, measured by `make weights`; not edited by hand.
//!
//! 2026-11-25, AMD EPYC; 20 steps of 10 repetitions, benchmark command 64.0.0.

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

    /// Shortest run: 337_290 ns.
    pub(super) fn list_instrument(db: RuntimeDbWeight) -> Weight {
        Weight::from_parts(356_168_000, 8_730).saturating_add(db.reads_writes(11, 5))
    }

    /// Shortest run: 52_157 ns.
    pub(super) fn delist_instrument(db: RuntimeDbWeight) -> Weight {
        Weight::from_parts(55_703_000, 3_479).saturating_add(db.reads_writes(3, 5))
    }

    /// Shortest run: 26_739 ns.
    pub(super) fn set_halted(db: RuntimeDbWeight) -> Weight {
        Weight::from_parts(30_616_000, 3_342).saturating_add(db.reads_writes(1, 1))
    }

    /// Shortest run: 13_831 ns.
    pub(super) fn list_collateral(db: RuntimeDbWeight) -> Weight {
        Weight::from_parts(19_940_000, 1_494).saturating_add(db.reads_writes(1, 1))
    }

    /// Shortest run: 15_613 ns.
    pub(super) fn delist_collateral(db: RuntimeDbWeight) -> Weight {
        Weight::from_parts(20_831_000, 1_494).saturating_add(db.reads_writes(1, 2))
    }

    /// Shortest run: 31_827 ns.
    pub(super) fn accept_range(db: RuntimeDbWeight) -> Weight {
        Weight::from_parts(38_858_000, 3_570).saturating_add(db.reads_writes(3, 1))
    }

    /// Shortest run: 9_839_506 ns.
    pub(super) fn take_snapshot(db: RuntimeDbWeight) -> Weight {
        Weight::from_parts(10_093_632_000, 163_530).saturating_add(db.reads_writes(133, 65))
    }
}
