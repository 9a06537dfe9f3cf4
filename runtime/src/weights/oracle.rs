//! Weights of `pallet_oracle` with this runtime's configuration.
//!
//! Measured by `make weights`; do not edit by hand.
//! 2026-11-26, AMD EPYC; 20 steps of 10 repetitions, benchmark command 64.0.0.

use core::marker::PhantomData;
use frame_support::{traits::Get, weights::Weight};

/// As measured, at the runtime's own database weights: picoseconds and bytes of proof, then reads
/// and writes.
pub struct Weights<T>(PhantomData<T>);

impl<T: frame_system::Config> pallet_oracle::WeightInfo for Weights<T> {
    // `x` was measured from 0 to 32.
    // Shortest run: 30_024 ns.
    fn feed_values(x: u32) -> Weight {
        Weight::from_parts(27_285_538, 6_012)
            // Standard error 1_918_602.
            .saturating_add(Weight::from_parts(313_359_375, 0).saturating_mul(x.into()))
            .saturating_add(Weight::from_parts(0, 82_656).saturating_mul(x.into()))
            .saturating_add(T::DbWeight::get().reads_writes(5, 1))
            .saturating_add(T::DbWeight::get().reads(33_u64.saturating_mul(x.into())))
            .saturating_add(T::DbWeight::get().writes(2_u64.saturating_mul(x.into())))
    }
    // Shortest run: 3_305 ns.
    fn on_finalize() -> Weight {
        Weight::from_parts(6_029_000, 0).saturating_add(T::DbWeight::get().reads_writes(0, 1))
    }
}
