//! Weights of `pallet_oracle` with this runtime's configuration, measured by `make weights`; not edited by hand.
//!
//! 2026-11-25, AMD EPYC; 20 steps of 10 repetitions, benchmark command 64.0.0.

use core::marker::PhantomData;
use frame_support::{traits::Get, weights::Weight};

/// As measured, at the runtime's own database weights: picoseconds and bytes of proof, then reads and writes.
pub struct Weights<T>(PhantomData<T>);

impl<T: frame_system::Config> pallet_oracle::WeightInfo for Weights<T> {
    // `x` was measured from 0 to 32.
    // Shortest run: 25_468 ns.
    fn feed_values(x: u32) -> Weight {
        Weight::from_parts(196_639_812, 2_510)
            // Standard error 584_066.
            .saturating_add(Weight::from_parts(231_093_325, 0).saturating_mul(x.into()))
            .saturating_add(Weight::from_parts(0, 82_656).saturating_mul(x.into()))
            .saturating_add(T::DbWeight::get().reads_writes(3, 1))
            .saturating_add(T::DbWeight::get().reads(33_u64.saturating_mul(x.into())))
            .saturating_add(T::DbWeight::get().writes(2_u64.saturating_mul(x.into())))
    }
    // Shortest run: 2_694 ns.
    fn on_finalize() -> Weight {
        Weight::from_parts(6_309_000, 0).saturating_add(T::DbWeight::get().reads_writes(0, 1))
    }
}
