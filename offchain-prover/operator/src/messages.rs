//! The messages between the venue's task and the threads and tasks around it.

use super::{
    error::OperatorError,
    figures::{BatchFigures, Settlement},
    journal::InputError,
    store::{Checkpoint, Proven},
};
use clearproof_engine::{Books, BuiltBatch, ClosedBatch, LiveSets, SealedBatch};
use clearproof_primitives::{
    chain::{Instrument, QueuedDeposit, SnapshotView},
    ids::BatchNumber,
};
use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};
use tokio::sync::oneshot;

/// A message to the venue's task.
#[derive(Debug)]
pub enum Notice {
    /// A new snapshot is final.
    Market {
        /// The snapshot.
        snapshot: Box<SnapshotView>,
        /// The instruments that the chain lists.
        instruments: Vec<Instrument>,
    },
    /// Deposits joined the queue, by index.
    Deposits(Vec<(u64, QueuedDeposit)>),
    /// A batch is built.
    Built {
        /// Number of roll-backs before the batch was closed.
        epoch: u64,
        /// The batch.
        built: Box<Built>,
    },
    /// A batch is proven.
    Proven(Box<Proven>),
    /// A batch is final.
    Settled {
        /// Number of the batch.
        number: BatchNumber,
        /// Its settlement.
        settlement: Settlement,
        /// Receives a message once this is on disk.
        done: oneshot::Sender<()>,
    },
    /// A batch can never settle.
    Refused {
        /// Number of the batch.
        number: BatchNumber,
        /// The chain's reason.
        reason: String,
        /// Receives a message once the books are back at the last final batch.
        done: oneshot::Sender<()>,
    },
    /// The operator must stop.
    Failed(OperatorError),
}

/// A closed batch that is not built, with the data of its checkpoint.
#[derive(Debug)]
pub struct Sealed {
    /// The batch.
    pub batch: Arc<SealedBatch>,
    /// Live order sets when it was closed.
    pub live: LiveSets,
}

/// A batch that is built, with the checkpoint at which the journal starts once it is final.
#[derive(Debug)]
pub struct Built {
    /// The batch.
    pub batch: BuiltBatch,
    /// The venue right after it.
    pub checkpoint: Checkpoint,
}

/// A batch to build.
#[derive(Debug)]
pub struct BuildJob {
    /// Number of roll-backs before it was closed.
    pub epoch: u64,
    /// The batch.
    pub sealed: Arc<Sealed>,
    /// The books before it.
    pub before: Arc<Books>,
}

/// A batch to prove.
#[derive(Debug)]
pub struct ProofJob {
    /// Number of roll-backs before it was closed.
    pub epoch: u64,
    /// The batch.
    pub batch: Arc<ClosedBatch>,
    /// The figures known so far.
    pub figures: BatchFigures,
}

/// A proven batch to settle.
#[derive(Debug)]
pub struct Submission {
    /// Number of roll-backs before it was closed.
    pub epoch: u64,
    /// The batch.
    pub proven: Arc<Proven>,
}

/// Counts roll-backs. All holders share the count. Work that began in an earlier epoch is void.
#[derive(Clone, Debug, Default)]
pub struct Epoch(Arc<AtomicU64>);

impl Epoch {
    /// Number of roll-backs so far.
    pub fn current(&self) -> u64 {
        self.0.load(Ordering::SeqCst)
    }

    /// Counts a roll-back.
    pub fn advance(&self) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

impl Sealed {
    /// Builds it on the books before it.
    pub fn build(&self, before: &Books) -> Result<Built, InputError> {
        let batch = self.batch.build(before)?;
        Ok(Built {
            checkpoint: Checkpoint {
                books: batch.books.stored(),
                live: (&self.live).into(),
                order_sets: 0,
            },
            batch,
        })
    }
}
