//! Weights of the pallet's calls.
//!
//! Initial estimates: each counts the storage accesses and adds a generous time. `make weights` replaces them by
//! measured ones.

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

/// Estimates at the runtime's own database weights.
pub struct SubstrateWeight<T>(PhantomData<T>);

const SET_POLICY: Weight = Weight::from_parts(25_000_000, 2_500);

impl<T: frame_system::Config> WeightInfo for SubstrateWeight<T> {
    fn set_policy() -> Weight {
        SET_POLICY.saturating_add(T::DbWeight::get().reads_writes(1, 2))
    }
}

impl WeightInfo for () {
    fn set_policy() -> Weight {
        SET_POLICY.saturating_add(RocksDbWeight::get().reads_writes(1, 2))
    }
}
