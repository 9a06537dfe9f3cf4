//! Weights of the calls of `pallet_clearproof_validator_set`.
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
    /// Weight of `bond`.
    fn bond() -> Weight;
    /// Weight of `request_unbond`.
    fn request_unbond() -> Weight;
    /// Weight of `withdraw_unbonded`.
    fn withdraw_unbonded() -> Weight;
    /// Weight of `add_validator`.
    fn add_validator() -> Weight;
    /// Weight of `remove_validator`.
    fn remove_validator() -> Weight;
    /// Weight of `leave`.
    fn leave() -> Weight;
    /// Weight of `reinstate`.
    fn reinstate() -> Weight;
    /// Weight of `set_limits`.
    fn set_limits() -> Weight;
    /// Weight of `purge_keys`.
    fn purge_keys() -> Weight;
    /// Weight of `on_offence`.
    fn on_offence() -> Weight;
    /// Weight of `note_author`.
    fn note_author() -> Weight;
}

/// As measured, at the runtime's own database weights.
pub struct SubstrateWeight<T>(PhantomData<T>);

impl<T: frame_system::Config> WeightInfo for SubstrateWeight<T> {
    fn bond() -> Weight {
        measured::bond(T::DbWeight::get())
    }
    fn request_unbond() -> Weight {
        measured::request_unbond(T::DbWeight::get())
    }
    fn withdraw_unbonded() -> Weight {
        measured::withdraw_unbonded(T::DbWeight::get())
    }
    fn add_validator() -> Weight {
        measured::add_validator(T::DbWeight::get())
    }
    fn remove_validator() -> Weight {
        measured::remove_validator(T::DbWeight::get())
    }
    fn leave() -> Weight {
        measured::leave(T::DbWeight::get())
    }
    fn reinstate() -> Weight {
        measured::reinstate(T::DbWeight::get())
    }
    fn set_limits() -> Weight {
        measured::set_limits(T::DbWeight::get())
    }
    fn purge_keys() -> Weight {
        measured::purge_keys(T::DbWeight::get())
    }
    fn on_offence() -> Weight {
        measured::on_offence(T::DbWeight::get())
    }
    fn note_author() -> Weight {
        measured::note_author(T::DbWeight::get())
    }
}

impl WeightInfo for () {
    fn bond() -> Weight {
        measured::bond(RocksDbWeight::get())
    }
    fn request_unbond() -> Weight {
        measured::request_unbond(RocksDbWeight::get())
    }
    fn withdraw_unbonded() -> Weight {
        measured::withdraw_unbonded(RocksDbWeight::get())
    }
    fn add_validator() -> Weight {
        measured::add_validator(RocksDbWeight::get())
    }
    fn remove_validator() -> Weight {
        measured::remove_validator(RocksDbWeight::get())
    }
    fn leave() -> Weight {
        measured::leave(RocksDbWeight::get())
    }
    fn reinstate() -> Weight {
        measured::reinstate(RocksDbWeight::get())
    }
    fn set_limits() -> Weight {
        measured::set_limits(RocksDbWeight::get())
    }
    fn purge_keys() -> Weight {
        measured::purge_keys(RocksDbWeight::get())
    }
    fn on_offence() -> Weight {
        measured::on_offence(RocksDbWeight::get())
    }
    fn note_author() -> Weight {
        measured::note_author(RocksDbWeight::get())
    }
}

/// The measurements: picoseconds and bytes of proof, then database reads and writes.
mod measured {
    use frame_support::weights::{RuntimeDbWeight, Weight};

    /// Shortest run: 61_391 ns.
    pub(super) fn bond(db: RuntimeDbWeight) -> Weight {
        Weight::from_parts(64_206_000, 3_850).saturating_add(db.reads_writes(4, 3))
    }

    /// Shortest run: 35_152 ns.
    pub(super) fn request_unbond(db: RuntimeDbWeight) -> Weight {
        Weight::from_parts(48_201_000, 3_850).saturating_add(db.reads_writes(3, 1))
    }

    /// Shortest run: 58_406 ns.
    pub(super) fn withdraw_unbonded(db: RuntimeDbWeight) -> Weight {
        Weight::from_parts(61_671_000, 3_850).saturating_add(db.reads_writes(4, 3))
    }

    /// Shortest run: 55_733 ns.
    pub(super) fn add_validator(db: RuntimeDbWeight) -> Weight {
        Weight::from_parts(84_104_000, 8_583).saturating_add(db.reads_writes(5, 1))
    }

    /// Shortest run: 230_852 ns.
    pub(super) fn remove_validator(db: RuntimeDbWeight) -> Weight {
        Weight::from_parts(288_407_000, 254_190).saturating_add(db.reads_writes(102, 1))
    }

    /// Shortest run: 236_381 ns.
    pub(super) fn leave(db: RuntimeDbWeight) -> Weight {
        Weight::from_parts(259_315_000, 254_190).saturating_add(db.reads_writes(102, 1))
    }

    /// Shortest run: 72_437 ns.
    pub(super) fn reinstate(db: RuntimeDbWeight) -> Weight {
        Weight::from_parts(97_314_000, 8_665).saturating_add(db.reads_writes(5, 2))
    }

    /// Shortest run: 30_705 ns.
    pub(super) fn set_limits(db: RuntimeDbWeight) -> Weight {
        Weight::from_parts(43_986_000, 4_687).saturating_add(db.reads_writes(1, 1))
    }

    /// Shortest run: 125_446 ns.
    pub(super) fn purge_keys(db: RuntimeDbWeight) -> Weight {
        Weight::from_parts(149_081_000, 18_677).saturating_add(db.reads_writes(7, 5))
    }

    /// Shortest run: 113_158 ns.
    pub(super) fn on_offence(db: RuntimeDbWeight) -> Weight {
        Weight::from_parts(136_672_000, 7_236).saturating_add(db.reads_writes(9, 7))
    }

    /// Shortest run: 5_809 ns.
    pub(super) fn note_author(db: RuntimeDbWeight) -> Weight {
        Weight::from_parts(6_480_000, 3_509).saturating_add(db.reads_writes(1, 1))
    }
}
