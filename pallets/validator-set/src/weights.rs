//! Weights of the calls and hooks of `pallet_clearproof_validator_set`.
//!
//! An estimate until `make weights` measures them: database accesses as counted in the code, at the largest set, and
//! computation at least as long as that of similar calls which were measured.

use core::marker::PhantomData;
use frame_support::{
    traits::Get,
    weights::{constants::RocksDbWeight, Weight},
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

/// As estimated, at the runtime's own database weights.
pub struct SubstrateWeight<T>(PhantomData<T>);

impl<T: frame_system::Config> WeightInfo for SubstrateWeight<T> {
    fn bond() -> Weight {
        estimated::bond(T::DbWeight::get())
    }
    fn request_unbond() -> Weight {
        estimated::request_unbond(T::DbWeight::get())
    }
    fn withdraw_unbonded() -> Weight {
        estimated::withdraw_unbonded(T::DbWeight::get())
    }
    fn add_validator() -> Weight {
        estimated::add_validator(T::DbWeight::get())
    }
    fn remove_validator() -> Weight {
        estimated::remove_validator(T::DbWeight::get())
    }
    fn leave() -> Weight {
        estimated::leave(T::DbWeight::get())
    }
    fn reinstate() -> Weight {
        estimated::reinstate(T::DbWeight::get())
    }
    fn set_limits() -> Weight {
        estimated::set_limits(T::DbWeight::get())
    }
    fn purge_keys() -> Weight {
        estimated::purge_keys(T::DbWeight::get())
    }
    fn on_offence() -> Weight {
        estimated::on_offence(T::DbWeight::get())
    }
    fn note_author() -> Weight {
        estimated::note_author(T::DbWeight::get())
    }
}

impl WeightInfo for () {
    fn bond() -> Weight {
        estimated::bond(RocksDbWeight::get())
    }
    fn request_unbond() -> Weight {
        estimated::request_unbond(RocksDbWeight::get())
    }
    fn withdraw_unbonded() -> Weight {
        estimated::withdraw_unbonded(RocksDbWeight::get())
    }
    fn add_validator() -> Weight {
        estimated::add_validator(RocksDbWeight::get())
    }
    fn remove_validator() -> Weight {
        estimated::remove_validator(RocksDbWeight::get())
    }
    fn leave() -> Weight {
        estimated::leave(RocksDbWeight::get())
    }
    fn reinstate() -> Weight {
        estimated::reinstate(RocksDbWeight::get())
    }
    fn set_limits() -> Weight {
        estimated::set_limits(RocksDbWeight::get())
    }
    fn purge_keys() -> Weight {
        estimated::purge_keys(RocksDbWeight::get())
    }
    fn on_offence() -> Weight {
        estimated::on_offence(RocksDbWeight::get())
    }
    fn note_author() -> Weight {
        estimated::note_author(RocksDbWeight::get())
    }
}

/// The estimates: picoseconds and bytes of proof, then database reads and writes.
mod estimated {
    use frame_support::weights::{RuntimeDbWeight, Weight};

    pub(super) fn bond(db: RuntimeDbWeight) -> Weight {
        Weight::from_parts(28_000_000, 3_700).saturating_add(db.reads_writes(4, 3))
    }

    pub(super) fn request_unbond(db: RuntimeDbWeight) -> Weight {
        Weight::from_parts(25_000_000, 11_000).saturating_add(db.reads_writes(6, 1))
    }

    pub(super) fn withdraw_unbonded(db: RuntimeDbWeight) -> Weight {
        Weight::from_parts(28_000_000, 3_700).saturating_add(db.reads_writes(4, 3))
    }

    pub(super) fn add_validator(db: RuntimeDbWeight) -> Weight {
        Weight::from_parts(25_000_000, 7_000).saturating_add(db.reads_writes(5, 1))
    }

    pub(super) fn remove_validator(db: RuntimeDbWeight) -> Weight {
        Weight::from_parts(400_000_000, 270_000).saturating_add(db.reads_writes(102, 1))
    }

    pub(super) fn leave(db: RuntimeDbWeight) -> Weight {
        Weight::from_parts(400_000_000, 270_000).saturating_add(db.reads_writes(102, 1))
    }

    pub(super) fn reinstate(db: RuntimeDbWeight) -> Weight {
        Weight::from_parts(28_000_000, 7_000).saturating_add(db.reads_writes(5, 2))
    }

    pub(super) fn set_limits(db: RuntimeDbWeight) -> Weight {
        Weight::from_parts(12_000_000, 4_700).saturating_add(db.reads_writes(1, 1))
    }

    pub(super) fn purge_keys(db: RuntimeDbWeight) -> Weight {
        Weight::from_parts(45_000_000, 19_000).saturating_add(db.reads_writes(8, 6))
    }

    pub(super) fn on_offence(db: RuntimeDbWeight) -> Weight {
        Weight::from_parts(90_000_000, 20_000).saturating_add(db.reads_writes(10, 9))
    }

    pub(super) fn note_author(db: RuntimeDbWeight) -> Weight {
        Weight::from_parts(6_000_000, 3_600).saturating_add(db.reads_writes(1, 1))
    }
}
