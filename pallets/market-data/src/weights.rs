//! Weights of the pallet's calls and of taking a snapshot.
//!
//! Initial estimates: each counts the storage accesses and adds a generous time; a snapshot of the reference market
//! hashes 686 field elements. `make weights` replaces them by measured ones.

use core::marker::PhantomData;
use frame_support::{
    traits::Get,
    weights::{
        constants::{RocksDbWeight, WEIGHT_REF_TIME_PER_MILLIS},
        RuntimeDbWeight, Weight,
    },
};

/// Weight of each call, and of the hook.
pub trait WeightInfo {
    /// Weight of `list_instrument`.
    fn list_instrument() -> Weight;
    /// Weight of `delist_instrument`.
    fn delist_instrument() -> Weight;
    /// Weight of `set_halted`.
    fn set_halted() -> Weight;
    /// Weight of `list_collateral`.
    fn list_collateral() -> Weight;
    /// Weight of `delist_collateral`.
    fn delist_collateral() -> Weight;
    /// Weight of `accept_range`.
    fn accept_range() -> Weight;
    /// Weight of `on_finalize` in a block that takes a snapshot.
    fn take_snapshot() -> Weight;
}

const CALL: Weight = Weight::from_parts(30_000_000, 6_000);
const SNAPSHOT: Weight = Weight::from_parts(100 * WEIGHT_REF_TIME_PER_MILLIS, 40_000);

/// Reads and writes of each, in the order of the trait's functions.
const ACCESSES: [(u64, u64); 7] = [(6, 2), (2, 2), (1, 1), (1, 1), (1, 2), (3, 1), (22, 12)];

fn weight(index: usize, time: Weight, db: RuntimeDbWeight) -> Weight {
    let (reads, writes) = ACCESSES[index];
    time.saturating_add(db.reads_writes(reads, writes))
}

/// Estimates at the runtime's own database weights.
pub struct SubstrateWeight<T>(PhantomData<T>);

macro_rules! weights {
    ($db:expr) => {
        fn list_instrument() -> Weight {
            weight(0, CALL, $db)
        }
        fn delist_instrument() -> Weight {
            weight(1, CALL, $db)
        }
        fn set_halted() -> Weight {
            weight(2, CALL, $db)
        }
        fn list_collateral() -> Weight {
            weight(3, CALL, $db)
        }
        fn delist_collateral() -> Weight {
            weight(4, CALL, $db)
        }
        fn accept_range() -> Weight {
            weight(5, CALL, $db)
        }
        fn take_snapshot() -> Weight {
            weight(6, SNAPSHOT, $db)
        }
    };
}

impl<T: frame_system::Config> WeightInfo for SubstrateWeight<T> {
    weights!(T::DbWeight::get());
}

impl WeightInfo for () {
    weights!(RocksDbWeight::get());
}
