//! The packing of steps into chunks: in order, each chunk as full as steps and price entries allow.

use crate::pending::PendingStep;
use clearproof_primitives::{batch::PriceEntry, shape::Shape};

/// Steps packed so far: whole chunks, and the last one, which may have room.
///
/// A part of a run of steps that fits a chunk fits one as well. So no other split of the same
/// steps, order kept, needs fewer chunks, and `n` more steps need at most [`chunks_of`] more.
#[derive(Clone, Debug, Default)]
pub(crate) struct Packing {
    /// Chunks begun.
    pub chunks: usize,
    /// Steps in the last chunk.
    steps: usize,
    /// The last chunk's price entries, sorted.
    entries: Vec<PriceEntry>,
}

impl Packing {
    /// Packs one more step. Returns true if it begins a chunk.
    pub fn push(&mut self, shape: &Shape, step: &PendingStep) -> bool {
        let mut entries = self.entries.clone();
        entries.extend(step.entries());
        entries.sort_unstable();
        entries.dedup();
        let fits = self.chunks > 0
            && self.steps < shape.steps as usize
            && entries.len() <= shape.entries as usize;
        if fits {
            self.steps += 1;
            self.entries = entries;
        } else {
            self.chunks += 1;
            self.steps = 1;
            self.entries = step.own_entries();
        }
        !fits
    }

    /// Price entries of the last chunk, sorted.
    pub fn entries(&self) -> &[PriceEntry] {
        &self.entries
    }
}

/// The number of steps that fit any chunk, whatever prices they name.
pub(crate) fn steps_that_fit(shape: &Shape) -> usize {
    let by_entries = shape.entries as usize / (shape.fills as usize).max(1);
    by_entries.clamp(1, (shape.steps as usize).max(1))
}

/// The most chunks that a run of `steps` steps needs on its own.
pub(crate) fn chunks_of(shape: &Shape, steps: usize) -> usize {
    steps.div_ceil(steps_that_fit(shape))
}
