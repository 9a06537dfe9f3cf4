//! The life of a closed batch: sealed, built, proven, final.

use super::{
    Core,
    closed::{Closed, Stage},
};
use crate::{
    error::OperatorError,
    figures::{BatchFigures, Settlement},
    journal::InputError,
    messages::{Built, Sealed},
    store::Proven,
    views::FinalBatch,
};
use clearproof_engine::{Books, SealedBatch};
use clearproof_primitives::ids::BatchNumber;
use std::sync::Arc;

impl Core {
    /// Adds a batch that the engine has just sealed.
    pub(super) fn on_sealed(&mut self, batch: Arc<SealedBatch>) {
        let figures = BatchFigures {
            number: batch.number(),
            order_sets: std::mem::take(&mut self.order_sets),
            fills: batch.fills(),
            steps: batch.steps() as u64,
            ..BatchFigures::default()
        };
        let live = self.venue.live_data();
        self.closed.push_back(Closed {
            stage: Stage::Sealed(Arc::new(Sealed { batch, live })),
            handed: false,
            figures,
            entry: self.next_entry,
            checkpoint: None,
        });
    }

    /// Returns the oldest batch that is not built, and the books before it.
    fn to_build(&self) -> Option<(Arc<Sealed>, Arc<Books>)> {
        let sealed = self.closed.iter().find_map(|closed| match &closed.stage {
            Stage::Sealed(sealed) => Some(Arc::clone(sealed)),
            _ => None,
        });
        Some((sealed?, Arc::clone(self.venue.books())))
    }

    /// Builds all sealed batches on this thread.
    pub fn build(&mut self) -> Result<(), OperatorError> {
        while let Some((sealed, books)) = self.to_build() {
            let built = sealed.build(&books)?;
            self.on_built(built)?;
        }
        Ok(())
    }

    /// Adopts the oldest sealed batch as built. That is not written: the journal gives the same
    /// batch again.
    pub fn on_built(&mut self, built: Built) -> Result<(), OperatorError> {
        let Built { batch, checkpoint } = built;
        self.venue.on_built(&batch).map_err(InputError::from)?;
        let number = batch.books.number();
        if let Some(closed) = self.closed.iter_mut().find(|c| c.number() == number) {
            closed.figures.chunks = batch.batch.witness.chunks.len() as u64;
            closed.checkpoint = Some(checkpoint);
            closed.stage = Stage::Built(Arc::new(batch.batch));
            closed.handed = false;
        }
        Ok(())
    }

    /// Adopts the proofs of a built batch. Returns false if no built batch has this header.
    pub(super) fn adopt_proofs(&mut self, proven: &Proven) -> bool {
        let waits = |c: &&mut Closed| {
            matches!(c.stage, Stage::Built(_)) && c.header() == Some(&proven.batch.header)
        };
        let Some(closed) = self.closed.iter_mut().find(waits) else {
            return false;
        };
        closed.figures = proven.figures.clone();
        closed.stage = Stage::Proven(Arc::new(proven.clone()));
        closed.handed = false;
        true
    }

    /// Adopts a batch as proven, and writes its proofs.
    pub fn on_proven(&mut self, proven: Proven) -> Result<(), OperatorError> {
        if self.adopt_proofs(&proven) {
            self.writes.proven.push(proven);
            self.commit()?;
        }
        Ok(())
    }

    /// Makes the oldest closed batch final. The journal then starts after it.
    pub fn settle(
        &mut self,
        number: BatchNumber,
        settlement: Option<&Settlement>,
    ) -> Result<(), OperatorError> {
        self.commit()?;
        self.venue.settle(number).map_err(InputError::from)?;
        let closed = self.closed.pop_front();
        let root = closed.as_ref().and_then(Closed::header).map(|h| h.new_root);
        let (Some(closed), Some(state_root)) = (closed, root) else {
            return Err(OperatorError::Ended("the list of closed batches"));
        };
        let figures = match settlement {
            Some(settlement) => closed.figures.with_settlement(settlement),
            None => closed.figures,
        };
        self.settled = FinalBatch { number, state_root };
        self.writes.checkpoint = closed.checkpoint;
        self.writes.prune = Some(closed.entry);
        self.writes.drop_proofs = Some(number);
        self.writes.figures.push(figures);
        self.commit()
    }
}
