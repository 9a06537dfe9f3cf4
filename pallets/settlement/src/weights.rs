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
    /// `p` was measured from 0 to 4096.
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

    /// Shortest run: 2_610_610 ns.
    pub(super) fn register_circuit(db: RuntimeDbWeight) -> Weight {
        Weight::from_parts(2_690_618_000, 5_470).saturating_add(db.reads_writes(2, 1))
    }

    /// Shortest run: 139_847 ns.
    pub(super) fn create_venue(db: RuntimeDbWeight) -> Weight {
        Weight::from_parts(157_814_000, 5_470).saturating_add(db.reads_writes(5, 4))
    }

    /// Shortest run: 28_723 ns.
    pub(super) fn set_operators(db: RuntimeDbWeight) -> Weight {
        Weight::from_parts(38_848_000, 4_604).saturating_add(db.reads_writes(1, 1))
    }

    /// Shortest run: 31_186 ns.
    pub(super) fn set_paused(db: RuntimeDbWeight) -> Weight {
        Weight::from_parts(39_548_000, 4_604).saturating_add(db.reads_writes(1, 1))
    }

    /// Shortest run: 96_463 ns.
    pub(super) fn close_venue(db: RuntimeDbWeight, b: u32) -> Weight {
        Weight::from_parts(109_396_379, 4_604)
            // Standard error 10_235.
            .saturating_add(Weight::from_parts(1_291_720, 0).saturating_mul(b.into()))
            .saturating_add(Weight::from_parts(0, 2_579).saturating_mul(b.into()))
            .saturating_add(db.reads_writes(3, 3))
            .saturating_add(db.reads(1_u64.saturating_mul(b.into())))
            .saturating_add(db.writes(1_u64.saturating_mul(b.into())))
    }

    /// Shortest run: 12_139_996 ns.
    pub(super) fn submit_batch(db: RuntimeDbWeight, c: u32, p: u32, w: u32, d: u32) -> Weight {
        Weight::from_parts(4_570_092_203, 7_080)
            // Standard error 4_863_875.
            .saturating_add(Weight::from_parts(613_319_112, 0).saturating_mul(c.into()))
            // Standard error 75_525.
            .saturating_add(Weight::from_parts(226_910, 0).saturating_mul(p.into()))
            // Standard error 2_405_500.
            .saturating_add(Weight::from_parts(54_694_601, 0).saturating_mul(w.into()))
            // Standard error 2_405_500.
            .saturating_add(Weight::from_parts(5_947_430, 0).saturating_mul(d.into()))
            .saturating_add(Weight::from_parts(0, 2_608).saturating_mul(d.into()))
            .saturating_add(Weight::from_parts(0, 2_609).saturating_mul(w.into()))
            .saturating_add(db.reads_writes(10, 5))
            .saturating_add(db.reads(2_u64.saturating_mul(w.into())))
            .saturating_add(db.reads(1_u64.saturating_mul(d.into())))
            .saturating_add(db.writes(2_u64.saturating_mul(w.into())))
            .saturating_add(db.writes(1_u64.saturating_mul(d.into())))
    }
}
