//! Weights of the calls of `pallet_clearproof_risk_policy`, measured by `make weights`; not edited by hand.
//!
//! 2026-11-25, AMD EPYC; 20 steps of 10 repetitions, benchmark command 64.0.0.

use core::marker::PhantomData;
use frame_support::{
    traits::Get,
    weights::{constants::RocksDbWeight, Weight},
};

/// Weight of each call.
pub trait WeightInfo {
    /// Weight of `set_policy`.
    fn set_policy() -> Weight;
}

/// As measured, at the runtime's own database weights.
pub struct SubstrateWeight<T>(PhantomData<T>);

impl<T: frame_system::Config> WeightInfo for SubstrateWeight<T> {
    fn set_policy() -> Weight {
        measured::set_policy(T::DbWeight::get())
    }
}

impl WeightInfo for () {
    fn set_policy() -> Weight {
        measured::set_policy(RocksDbWeight::get())
    }
}

/// The measurements: picoseconds and bytes of proof, then database reads and writes.
mod measured {
    use frame_support::weights::{RuntimeDbWeight, Weight};

    /// Shortest run: 12_499 ns.
    pub(super) fn set_policy(db: RuntimeDbWeight) -> Weight {
        Weight::from_parts(13_851_000, 1_489).saturating_add(db.reads_writes(1, 2))
    }
}
