//! Weights of the calls of `pallet_clearproof_risk_policy`.
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
    /// Weight of `set_policy`.
    fn set_policy() -> Weight;
    /// Weight of `schedule_change`.
    fn schedule_change() -> Weight;
    /// Weight of `tighten`.
    fn tighten() -> Weight;
    /// Weight of `cancel_change`.
    fn cancel_change() -> Weight;
    /// Weight of `advance`.
    fn advance() -> Weight;
}

/// As measured, at the runtime's own database weights.
pub struct SubstrateWeight<T>(PhantomData<T>);

impl<T: frame_system::Config> WeightInfo for SubstrateWeight<T> {
    fn set_policy() -> Weight {
        measured::set_policy(T::DbWeight::get())
    }
    fn schedule_change() -> Weight {
        measured::schedule_change(T::DbWeight::get())
    }
    fn tighten() -> Weight {
        measured::tighten(T::DbWeight::get())
    }
    fn cancel_change() -> Weight {
        measured::cancel_change(T::DbWeight::get())
    }
    fn advance() -> Weight {
        measured::advance(T::DbWeight::get())
    }
}

impl WeightInfo for () {
    fn set_policy() -> Weight {
        measured::set_policy(RocksDbWeight::get())
    }
    fn schedule_change() -> Weight {
        measured::schedule_change(RocksDbWeight::get())
    }
    fn tighten() -> Weight {
        measured::tighten(RocksDbWeight::get())
    }
    fn cancel_change() -> Weight {
        measured::cancel_change(RocksDbWeight::get())
    }
    fn advance() -> Weight {
        measured::advance(RocksDbWeight::get())
    }
}

/// The measurements: picoseconds and bytes of proof, then database reads and writes.
mod measured {
    use frame_support::weights::{RuntimeDbWeight, Weight};

    /// Shortest run: 20_360 ns.
    pub(super) fn set_policy(db: RuntimeDbWeight) -> Weight {
        Weight::from_parts(21_582_000, 1_493).saturating_add(db.reads_writes(2, 3))
    }

    /// Shortest run: 259_898 ns.
    pub(super) fn schedule_change(db: RuntimeDbWeight) -> Weight {
        Weight::from_parts(268_271_000, 13_614).saturating_add(db.reads_writes(5, 2))
    }

    /// Shortest run: 48_832 ns.
    pub(super) fn tighten(db: RuntimeDbWeight) -> Weight {
        Weight::from_parts(52_468_000, 13_614).saturating_add(db.reads_writes(5, 3))
    }

    /// Shortest run: 17_637 ns.
    pub(super) fn cancel_change(db: RuntimeDbWeight) -> Weight {
        Weight::from_parts(19_940_000, 13_614).saturating_add(db.reads_writes(1, 1))
    }

    /// Shortest run: 47_481 ns.
    pub(super) fn advance(db: RuntimeDbWeight) -> Weight {
        Weight::from_parts(51_467_000, 13_614).saturating_add(db.reads_writes(4, 4))
    }
}
