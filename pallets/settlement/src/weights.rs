//! Weights of the calls of `pallet_clearproof_settlement`, measured by `make weights`; not edited by hand.
//!
//! 2026-11-25, AMD EPYC; 20 steps of 10 repetitions, benchmark command 64.0.0.

use core::marker::PhantomData;
use frame_support::{
    traits::Get,
    weights::{constants::RocksDbWeight, Weight},
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
    /// Weight of `close_venue`.
    ///
    /// `b` was measured from 0 to 64.
    fn close_venue(b: u32) -> Weight;
    /// Weight of `submit_batch`.
    ///
    /// `c` was measured from 1 to 64.
    ///
    /// `p` was measured from 0 to 64.
    ///
    /// `w` was measured from 0 to 128.
    ///
    /// `d` was measured from 0 to 128.
    fn submit_batch(c: u32, p: u32, w: u32, d: u32) -> Weight;
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
    fn close_venue(b: u32) -> Weight {
        measured::close_venue(T::DbWeight::get(), b)
    }
    fn submit_batch(c: u32, p: u32, w: u32, d: u32) -> Weight {
        measured::submit_batch(T::DbWeight::get(), c, p, w, d)
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
    fn close_venue(b: u32) -> Weight {
        measured::close_venue(RocksDbWeight::get(), b)
    }
    fn submit_batch(c: u32, p: u32, w: u32, d: u32) -> Weight {
        measured::submit_batch(RocksDbWeight::get(), c, p, w, d)
    }
}

/// The measurements: picoseconds and bytes of proof, then database reads and writes.
mod measured {
    use frame_support::weights::{RuntimeDbWeight, Weight};

    /// Shortest run: 2_640_094 ns.
    pub(super) fn register_circuit(db: RuntimeDbWeight) -> Weight {
        Weight::from_parts(2_729_936_000, 5_470).saturating_add(db.reads_writes(2, 1))
    }

    /// Shortest run: 135_641 ns.
    pub(super) fn create_venue(db: RuntimeDbWeight) -> Weight {
        Weight::from_parts(158_105_000, 5_470).saturating_add(db.reads_writes(5, 4))
    }

    /// Shortest run: 27_601 ns.
    pub(super) fn set_operators(db: RuntimeDbWeight) -> Weight {
        Weight::from_parts(40_149_000, 4_604).saturating_add(db.reads_writes(1, 1))
    }

    /// Shortest run: 31_026 ns.
    pub(super) fn set_paused(db: RuntimeDbWeight) -> Weight {
        Weight::from_parts(42_623_000, 4_604).saturating_add(db.reads_writes(1, 1))
    }

    /// Shortest run: 94_550 ns.
    pub(super) fn close_venue(db: RuntimeDbWeight, b: u32) -> Weight {
        Weight::from_parts(110_853_107, 4_604)
            // Standard error 29_980.
            .saturating_add(Weight::from_parts(1_448_876, 0).saturating_mul(b.into()))
            .saturating_add(Weight::from_parts(0, 2_579).saturating_mul(b.into()))
            .saturating_add(db.reads_writes(3, 3))
            .saturating_add(db.reads(1_u64.saturating_mul(b.into())))
            .saturating_add(db.writes(1_u64.saturating_mul(b.into())))
    }

    /// Shortest run: 12_386_080 ns.
    pub(super) fn submit_batch(db: RuntimeDbWeight, c: u32, _p: u32, w: u32, d: u32) -> Weight {
        Weight::from_parts(10_619_569_982, 7_080)
            // Standard error 6_838_191.
            .saturating_add(Weight::from_parts(579_161_862, 0).saturating_mul(c.into()))
            // Standard error 3_381_920.
            .saturating_add(Weight::from_parts(50_448_501, 0).saturating_mul(w.into()))
            // Standard error 3_381_920.
            .saturating_add(Weight::from_parts(238_240, 0).saturating_mul(d.into()))
            .saturating_add(Weight::from_parts(0, 2_608).saturating_mul(d.into()))
            .saturating_add(Weight::from_parts(0, 2_609).saturating_mul(w.into()))
            .saturating_add(db.reads_writes(10, 5))
            .saturating_add(db.reads(2_u64.saturating_mul(w.into())))
            .saturating_add(db.reads(1_u64.saturating_mul(d.into())))
            .saturating_add(db.writes(2_u64.saturating_mul(w.into())))
            .saturating_add(db.writes(1_u64.saturating_mul(d.into())))
    }
}
