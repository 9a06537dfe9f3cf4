//! Weights of the calls of `pallet_clearproof_settlement`.
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
    /// Weight of `register_circuit`.
    fn register_circuit() -> Weight;
    /// Weight of `create_venue`.
    fn create_venue() -> Weight;
    /// Weight of `set_operators`.
    fn set_operators() -> Weight;
    /// Weight of `set_paused`.
    fn set_paused() -> Weight;
    /// Weight of `set_next_circuit`.
    fn set_next_circuit() -> Weight;
    /// Weight of `retire_circuit`.
    fn retire_circuit() -> Weight;
    /// Weight of `close_venue`.
    ///
    /// `b` was measured from 0 to 64.
    fn close_venue(b: u32) -> Weight;
    /// Weight of `submit_batch`.
    ///
    /// `c` was measured from 1 to 64.
    ///
    /// `w` was measured from 0 to 128.
    ///
    /// `d` was measured from 0 to 128.
    fn submit_batch(c: u32, w: u32, d: u32) -> Weight;
    /// Weight of `check_prices`.
    ///
    /// `p` was measured from 0 to 4096.
    fn check_prices(p: u32) -> Weight;
}

/// As measured, at the runtime's own database weights.
pub struct SubstrateWeight<T>(PhantomData<T>);

impl<T: frame_system::Config> WeightInfo for SubstrateWeight<T> {
    fn register_circuit() -> Weight {
        measured::register_circuit(T::DbWeight::get())
    }
    fn create_venue() -> Weight {
        measured::create_venue(T::DbWeight::get())
    }
    fn set_operators() -> Weight {
        measured::set_operators(T::DbWeight::get())
    }
    fn set_paused() -> Weight {
        measured::set_paused(T::DbWeight::get())
    }
    fn set_next_circuit() -> Weight {
        measured::set_next_circuit(T::DbWeight::get())
    }
    fn retire_circuit() -> Weight {
        measured::retire_circuit(T::DbWeight::get())
    }
    fn close_venue(b: u32) -> Weight {
        measured::close_venue(T::DbWeight::get(), b)
    }
    fn submit_batch(c: u32, w: u32, d: u32) -> Weight {
        measured::submit_batch(T::DbWeight::get(), c, w, d)
    }
    fn check_prices(p: u32) -> Weight {
        measured::check_prices(T::DbWeight::get(), p)
    }
}

impl WeightInfo for () {
    fn register_circuit() -> Weight {
        measured::register_circuit(RocksDbWeight::get())
    }
    fn create_venue() -> Weight {
        measured::create_venue(RocksDbWeight::get())
    }
    fn set_operators() -> Weight {
        measured::set_operators(RocksDbWeight::get())
    }
    fn set_paused() -> Weight {
        measured::set_paused(RocksDbWeight::get())
    }
    fn set_next_circuit() -> Weight {
        measured::set_next_circuit(RocksDbWeight::get())
    }
    fn retire_circuit() -> Weight {
        measured::retire_circuit(RocksDbWeight::get())
    }
    fn close_venue(b: u32) -> Weight {
        measured::close_venue(RocksDbWeight::get(), b)
    }
    fn submit_batch(c: u32, w: u32, d: u32) -> Weight {
        measured::submit_batch(RocksDbWeight::get(), c, w, d)
    }
    fn check_prices(p: u32) -> Weight {
        measured::check_prices(RocksDbWeight::get(), p)
    }
}

/// The measurements: picoseconds and bytes of proof, then database reads and writes.
mod measured {
    use frame_support::weights::{RuntimeDbWeight, Weight};

    /// Shortest run: 1_857_271 ns.
    pub(super) fn register_circuit(db: RuntimeDbWeight) -> Weight {
        Weight::from_parts(1_934_657_000, 5_470).saturating_add(db.reads_writes(2, 1))
    }

    /// Shortest run: 108_371 ns.
    pub(super) fn create_venue(db: RuntimeDbWeight) -> Weight {
        Weight::from_parts(142_593_000, 5_470).saturating_add(db.reads_writes(8, 5))
    }

    /// Shortest run: 18_808 ns.
    pub(super) fn set_operators(db: RuntimeDbWeight) -> Weight {
        Weight::from_parts(35_443_000, 4_618).saturating_add(db.reads_writes(1, 1))
    }

    /// Shortest run: 17_756 ns.
    pub(super) fn set_paused(db: RuntimeDbWeight) -> Weight {
        Weight::from_parts(33_670_000, 4_618).saturating_add(db.reads_writes(1, 1))
    }

    /// Shortest run: 24_777 ns.
    pub(super) fn set_next_circuit(db: RuntimeDbWeight) -> Weight {
        Weight::from_parts(30_265_000, 9_950).saturating_add(db.reads_writes(5, 1))
    }

    /// As `set_next_circuit`, with the database's operations counted.
    pub(super) fn retire_circuit(db: RuntimeDbWeight) -> Weight {
        Weight::from_parts(30_265_000, 9_950).saturating_add(db.reads_writes(6, 1))
    }

    /// Shortest run: 68_872 ns.
    pub(super) fn close_venue(db: RuntimeDbWeight, b: u32) -> Weight {
        Weight::from_parts(75_352_091, 4_618)
            // Standard error 17_786.
            .saturating_add(Weight::from_parts(1_157_253, 0).saturating_mul(b.into()))
            .saturating_add(Weight::from_parts(0, 2_579).saturating_mul(b.into()))
            .saturating_add(db.reads_writes(5, 5))
            .saturating_add(db.reads(1_u64.saturating_mul(b.into())))
            .saturating_add(db.writes(1_u64.saturating_mul(b.into())))
    }

    /// Shortest run: 9_901_716 ns.
    pub(super) fn submit_batch(db: RuntimeDbWeight, c: u32, w: u32, d: u32) -> Weight {
        Weight::from_parts(2_956_369_318, 80_638)
            // Standard error 3_959_275.
            .saturating_add(Weight::from_parts(408_399_174, 0).saturating_mul(c.into()))
            // Standard error 1_957_891.
            .saturating_add(Weight::from_parts(54_188_577, 0).saturating_mul(w.into()))
            // Standard error 1_957_891.
            .saturating_add(Weight::from_parts(7_991_426, 0).saturating_mul(d.into()))
            .saturating_add(Weight::from_parts(0, 2_608).saturating_mul(d.into()))
            .saturating_add(Weight::from_parts(0, 2_609).saturating_mul(w.into()))
            .saturating_add(db.reads_writes(49, 43))
            .saturating_add(db.reads(2_u64.saturating_mul(w.into())))
            .saturating_add(db.reads(1_u64.saturating_mul(d.into())))
            .saturating_add(db.writes(2_u64.saturating_mul(w.into())))
            .saturating_add(db.writes(1_u64.saturating_mul(d.into())))
    }

    /// Shortest run: 204_525 ns.
    pub(super) fn check_prices(db: RuntimeDbWeight, p: u32) -> Weight {
        Weight::from_parts(203_291_109, 3_991)
            // Standard error 789.
            .saturating_add(Weight::from_parts(146_156, 0).saturating_mul(p.into()))
            .saturating_add(db.reads_writes(1, 0))
    }
}
