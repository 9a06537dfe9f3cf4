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
    /// Weight of `set_next_circuit`.
    fn set_next_circuit() -> Weight;
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

    /// Shortest run: 2_594_055 ns.
    pub(super) fn register_circuit(db: RuntimeDbWeight) -> Weight {
        Weight::from_parts(2_732_450_000, 5_470).saturating_add(db.reads_writes(2, 1))
    }

    /// Shortest run: 153_939 ns.
    pub(super) fn create_venue(db: RuntimeDbWeight) -> Weight {
        Weight::from_parts(171_555_000, 5_470).saturating_add(db.reads_writes(5, 4))
    }

    /// Shortest run: 33_290 ns.
    pub(super) fn set_operators(db: RuntimeDbWeight) -> Weight {
        Weight::from_parts(44_706_000, 4_604).saturating_add(db.reads_writes(1, 1))
    }

    /// Shortest run: 37_306 ns.
    pub(super) fn set_paused(db: RuntimeDbWeight) -> Weight {
        Weight::from_parts(45_738_000, 4_604).saturating_add(db.reads_writes(1, 1))
    }

    /// Not measured yet: that of `set_paused`, and two reads of circuits.
    pub(super) fn set_next_circuit(db: RuntimeDbWeight) -> Weight {
        Weight::from_parts(60_000_000, 10_000).saturating_add(db.reads_writes(3, 1))
    }

    /// Shortest run: 105_196 ns.
    pub(super) fn close_venue(db: RuntimeDbWeight, b: u32) -> Weight {
        Weight::from_parts(115_756_709, 4_604)
            // Standard error 13_676.
            .saturating_add(Weight::from_parts(1_468_906, 0).saturating_mul(b.into()))
            .saturating_add(Weight::from_parts(0, 2_579).saturating_mul(b.into()))
            .saturating_add(db.reads_writes(4, 4))
            .saturating_add(db.reads(1_u64.saturating_mul(b.into())))
            .saturating_add(db.writes(1_u64.saturating_mul(b.into())))
    }

    /// Shortest run: 13_579_379 ns.
    pub(super) fn submit_batch(db: RuntimeDbWeight, c: u32, w: u32, d: u32) -> Weight {
        Weight::from_parts(2_648_284_428, 80_638)
            // Standard error 8_825_616.
            .saturating_add(Weight::from_parts(590_800_878, 0).saturating_mul(c.into()))
            // Standard error 4_364_334.
            .saturating_add(Weight::from_parts(68_425_426, 0).saturating_mul(w.into()))
            // Standard error 4_364_334.
            .saturating_add(Weight::from_parts(32_824_035, 0).saturating_mul(d.into()))
            .saturating_add(Weight::from_parts(0, 2_608).saturating_mul(d.into()))
            .saturating_add(Weight::from_parts(0, 2_609).saturating_mul(w.into()))
            .saturating_add(db.reads_writes(46, 41))
            .saturating_add(db.reads(2_u64.saturating_mul(w.into())))
            .saturating_add(db.reads(1_u64.saturating_mul(d.into())))
            .saturating_add(db.writes(2_u64.saturating_mul(w.into())))
            .saturating_add(db.writes(1_u64.saturating_mul(d.into())))
    }

    /// Shortest run: 292_183 ns.
    pub(super) fn check_prices(db: RuntimeDbWeight, p: u32) -> Weight {
        Weight::from_parts(294_684_651, 3_991)
            // Standard error 2_699.
            .saturating_add(Weight::from_parts(194_915, 0).saturating_mul(p.into()))
            .saturating_add(db.reads_writes(1, 0))
    }
}
