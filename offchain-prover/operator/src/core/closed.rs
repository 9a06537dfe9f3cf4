//! A closed batch that is not final, and its stage.

use crate::{
    figures::BatchFigures,
    messages::Sealed,
    store::{Checkpoint, Proven},
};
use clearproof_engine::ClosedBatch;
use clearproof_primitives::{batch::BatchHeader, ids::BatchNumber, time::Millis};
use std::sync::Arc;

/// The stage of a closed batch.
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
    /// Its stage.
    pub stage: Stage,
    /// True if it was handed to the worker that brings it to the next stage: the builder, the
    /// prover, or the task that settles.
    pub handed: bool,
    /// The figures known so far.
    pub figures: BatchFigures,
    /// Last journal entry that it needs.
    pub(super) entry: u64,
    /// The venue right after it, once it is built.
    pub(super) checkpoint: Option<Checkpoint>,
}

impl Closed {
    /// Its number.
    pub fn number(&self) -> BatchNumber {
        self.figures.number
    }

    /// Time of its last auction, milliseconds since the Unix epoch.
    pub fn time_to(&self) -> Millis {
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
