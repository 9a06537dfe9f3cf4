//! The sums of the open batch.

use super::state::{Venue, open_batch::OpenBatch};
use crate::books::BatchSums;

impl Venue {
    /// The sums over the open batch's steps.
    pub(super) fn open_sums(&self, open: &OpenBatch) -> BatchSums {
        let shape = &self.config.shape;
        let mut sums = BatchSums::new(shape, self.deposits_consumed(), &open.snapshot);
        for step in open.steps.iter() {
            sums.add(step);
        }
        sums
    }

    /// The amount of an asset that the venue's accounts and fees hold together, the open batch
    /// included. No more can be withdrawn, whatever an account's margin allows.
    pub(super) fn held(&self, asset: u8) -> u128 {
        let asset = usize::from(asset);
        let totals = &self.closed.tally().totals;
        let total = totals.get(asset).copied().map_or(0, u128::from);
        let Some(open) = &self.open else {
            return total;
        };
        let sums = self.open_sums(open);
        let of = |sums: &[u128]| sums.get(asset).copied().unwrap_or(0);
        let paid = match asset {
            0 => sums.protocol_fee().unwrap_or(u64::MAX),
            _ => 0,
        };
        (total + of(&sums.deposited)).saturating_sub(of(&sums.withdrawn) + u128::from(paid))
    }
}
