//! The limits of one batch. The chain refuses larger batches, so the engine never builds them.

use super::state::{Venue, open_batch::OpenBatch};
use crate::{
    error::EngineError,
    packing::{Packing, chunks_of, steps_that_fit},
    pending::PendingStep,
};
use clearproof_primitives::{
    ids::AccountIndex,
    shape::Shape,
    submission::{MAX_CHUNKS, MAX_DEPOSITS_PER_BATCH, MAX_WITHDRAWALS},
};
use std::collections::BTreeSet;

const CHUNKS: usize = MAX_CHUNKS as usize;

/// The largest number of accounts that can trade in one auction of a batch that holds nothing else.
pub(super) fn largest_auction(shape: &Shape) -> usize {
    (CHUNKS - 1) * steps_that_fit(shape)
}

impl Venue {
    /// The most chunks that the batch needs if it closes now; 0 while no batch is open. Never above
    /// [`MAX_CHUNKS`].
    pub fn open_chunks(&self) -> usize {
        self.open.as_ref().map_or(0, |open| {
            let growing = chunks_of(&self.config.shape, open.steps.growing_count());
            (open.steps.packing().chunks + growing).max(1)
        })
    }

    /// True if it is time to close the batch: it accepts no more deposits or no more withdrawals,
    /// or has no room for an auction in which every live order set trades. If there are very many
    /// live order sets, room for an auction half as large as a batch can hold is enough.
    ///
    /// While this is false no call returns [`EngineError::BatchFull`], such auctions included.
    pub fn batch_full(&self) -> bool {
        let Some(open) = &self.open else {
            return false;
        };
        let wanted = self
            .orders
            .len()
            .min(largest_auction(&self.config.shape) / 2);
        open.deposits >= MAX_DEPOSITS_PER_BATCH
            || open.steps.withdrawals() >= MAX_WITHDRAWALS
            || self.auction_room(open) < wanted.max(1)
    }

    /// The number of accounts that can trade in the next auction, whatever steps they need. If it
    /// is not 0, a deposit or withdrawal fits as well.
    fn auction_room(&self, open: &OpenBatch) -> usize {
        // Each account that trades adds at most one step: to the finished ones, if its growing step
        // ends, or else to the growing ones. Those are two runs, which may leave one more chunk
        // half empty than a single run does.
        let chunks = CHUNKS.saturating_sub(1 + open.steps.packing().chunks);
        (chunks * steps_that_fit(&self.config.shape)).saturating_sub(open.steps.growing_count())
    }

    /// Requires room for a step of its own, after the account's growing one if it has one.
    pub(super) fn ensure_step_fits(&self, step: &PendingStep) -> Result<(), EngineError> {
        let open = self.open.as_ref().ok_or(EngineError::NoOpenBatch)?;
        let queued = step.deposit.as_ref().is_some_and(|d| !d.transferred);
        if queued && open.deposits >= MAX_DEPOSITS_PER_BATCH {
            return Err(EngineError::BatchFull {
                what: "deposits",
                limit: MAX_DEPOSITS_PER_BATCH,
            });
        }
        if step.withdraw && open.steps.withdrawals() >= MAX_WITHDRAWALS {
            return Err(EngineError::BatchFull {
                what: "withdrawals",
                limit: MAX_WITHDRAWALS.into(),
            });
        }
        self.ensure_steps_fit(&[step])
    }

    /// Requires room for steps of their own, one after the other. The growing steps of their
    /// accounts end.
    pub(super) fn ensure_steps_fit(&self, steps: &[&PendingStep]) -> Result<(), EngineError> {
        let open = self.open.as_ref().ok_or(EngineError::NoOpenBatch)?;
        let accounts: BTreeSet<AccountIndex> = steps.iter().map(|step| step.account).collect();
        let ended: Vec<_> = accounts
            .iter()
            .filter_map(|account| open.steps.growing(*account))
            .collect();
        let still_growing = open.steps.growing_count() - ended.len();
        let finished = ended.into_iter().chain(steps.iter().copied());
        self.ensure_chunks_fit(open, finished, still_growing)
    }

    /// Requires that the batch fits with more finished steps, and with `growing` growing ones in
    /// all.
    pub(super) fn ensure_chunks_fit<'a>(
        &self,
        open: &OpenBatch,
        finished: impl Iterator<Item = &'a PendingStep>,
        growing: usize,
    ) -> Result<(), EngineError> {
        let mut packing: Packing = open.steps.packing().clone();
        for step in finished {
            packing.push(&self.config.shape, step);
        }
        if packing.chunks + chunks_of(&self.config.shape, growing) > CHUNKS {
            return Err(EngineError::BatchFull {
                what: "chunks",
                limit: MAX_CHUNKS.into(),
            });
        }
        Ok(())
    }
}
