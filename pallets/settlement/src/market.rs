//! The market-data pallet as the source of snapshots.

use crate::SnapshotProvider;
use clearproof_primitives::ids::SnapshotNumber;
use pallet_clearproof_market_data::{Config, Pallet, SnapshotInfo};

impl<T: Config> SnapshotProvider for Pallet<T> {
    fn snapshot(number: SnapshotNumber) -> Option<SnapshotInfo> {
        Self::snapshot_info(number)
    }
}
