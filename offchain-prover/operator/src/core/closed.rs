//! Closed batches that are not final, and how far they are.

use super::Core;
use crate::{
    building::{Built, Sealed},
    error::OperatorError,
    figures::{BatchFigures, Settlement},
    journal::InputError,
    store::{Checkpoint, Proven},
};
use clearproof_engine::{Books, ClosedBatch, SealedBatch};
use clearproof_primitives::{batch::BatchHeader, ids::BatchNumber};
use std::sync::Arc;

/// How far a closed batch is.
#[derive(Clone, Debug)]
pub enum Stage {
    /// To be built.
    Sealed(Arc<Sealed>),
    /// To be proven.
    Built(Arc<ClosedBatch>),
    /// To be settled.
    Proven(Arc<Proven>),
}

/// A closed batch that is not final.
#[derive(Clone, Debug)]
pub struct Closed {
    /// How far it is.
    pub stage: Stage,
    /// Whether it was given to whoever brings it to the next stage: the builder, the prover, or the task that settles.
    pub handed: bool,
    /// What is known of it so far.
    pub figures: BatchFigures,
    /// Last journal entry that it needs.
    entry: u64,
    /// The venue right after it, once it is built.
    checkpoint: Option<Checkpoint>,
}

impl Closed {
    /// Its number.
    pub fn number(&self) -> BatchNumber {
        self.figures.number
    }

    /// Time of its last auction, milliseconds since the Unix epoch.
    pub fn time_to(&self) -> u64 {
        match &self.stage {
            Stage::Sealed(sealed) => sealed.batch.time_to(),
            Stage::Built(batch) => batch.witness.header.time_to,
            Stage::Proven(proven) => proven.batch.header.time_to,
        }
    }

    /// Its header, once it is built.
    pub fn header(&self) -> Option<&BatchHeader> {
        match &self.stage {
            Stage::Sealed(_) => None,
            Stage::Built(batch) => Some(&batch.witness.header),
            Stage::Proven(proven) => Some(&proven.batch.header),
        }
    }
}

impl Core {
    /// Notes a batch that the engine has just sealed.
    pub(super) fn sealed(&mut self, batch: Arc<SealedBatch>) {
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

    /// The oldest batch that is not built, and the books before it.
    fn to_build(&self) -> Option<(Arc<Sealed>, Arc<Books>)> {
        let sealed = self.closed.iter().find_map(|closed| match &closed.stage {
            Stage::Sealed(sealed) => Some(Arc::clone(sealed)),
            _ => None,
        });
        Some((sealed?, Arc::clone(self.venue.books())))
    }

    /// Builds what is not built, here and now.
    pub fn build(&mut self) -> Result<(), OperatorError> {
        while let Some((sealed, books)) = self.to_build() {
            let built = sealed.build(&books)?;
            self.built(built)?;
        }
        Ok(())
    }

    /// The oldest sealed batch is built. That is not written: the journal gives the same batch again.
    pub fn built(&mut self, built: Built) -> Result<(), OperatorError> {
        let Built { batch, checkpoint } = built;
        self.venue.built(&batch).map_err(InputError::from)?;
        let number = batch.books.number();
        if let Some(closed) = self.closed.iter_mut().find(|c| c.number() == number) {
            closed.figures.chunks = batch.batch.witness.chunks.len() as u64;
            closed.checkpoint = Some(checkpoint);
            closed.stage = Stage::Built(Arc::new(batch.batch));
            closed.handed = false;
        }
        Ok(())
    }

    /// Takes the proofs of a built batch; false if it waits for none such.
    pub(super) fn prove(&mut self, proven: &Proven) -> bool {
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

    /// A batch is proven.
    pub fn proven(&mut self, proven: Proven) -> Result<(), OperatorError> {
        if self.prove(&proven) {
            self.writes.proven.push(proven);
            self.commit()?;
        }
        Ok(())
    }

    /// The oldest closed batch is final: the journal starts after it.
    pub fn settle(
        &mut self,
        number: BatchNumber,
        settlement: Option<&Settlement>,
    ) -> Result<(), OperatorError> {
        self.commit()?;
        self.venue.settle(number).map_err(InputError::from)?;
        let closed = self.closed.pop_front();
        let root = closed.as_ref().and_then(Closed::header).map(|h| h.new_root);
        let (Some(closed), Some(root)) = (closed, root) else {
            return Err(OperatorError::Ended("the list of closed batches"));
        };
        let figures = match settlement {
            Some(settlement) => closed.figures.settled(settlement),
            None => closed.figures,
        };
        self.settled = (number, root);
        self.writes.checkpoint = closed.checkpoint;
        self.writes.prune = Some(closed.entry);
        self.writes.drop_proofs = Some(number);
        self.writes.figures.push(figures);
        self.commit()
    }
}
