//! The builder's thread: does the hashing of closed batches, which would hold up the venue's thread.

use super::{
    error::OperatorError, journal::InputError, store::Checkpoint, thread, venue_task::Notice,
};
use clearproof_client::clock::millis;
use clearproof_engine::{Books, BuiltBatch, LiveSets, SealedBatch};
use std::{
    io,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
        mpsc::Receiver,
    },
    time::Instant,
};
use tokio::sync::mpsc::Sender;

/// A batch that takes no more, with what belongs to its checkpoint.
#[derive(Debug)]
pub struct Sealed {
    /// The batch.
    pub batch: Arc<SealedBatch>,
    /// Live order sets when it was closed.
    pub live: LiveSets,
}

/// A batch that is built, and where the journal starts once it is final.
#[derive(Debug)]
pub struct Built {
    /// The batch.
    pub batch: BuiltBatch,
    /// The venue right after it.
    pub checkpoint: Checkpoint,
}

/// A batch to build.
#[derive(Debug)]
pub struct Job {
    /// Roll-backs before it was closed.
    pub epoch: u64,
    /// The batch.
    pub sealed: Arc<Sealed>,
    /// The books before it.
    pub before: Arc<Books>,
}

/// What the builder needs.
#[derive(Debug)]
pub struct Builder {
    /// Batches to build, each once the one before it is built.
    pub jobs: Receiver<Job>,
    /// Where built batches go.
    pub notices: Sender<Notice>,
    /// Counts roll-backs; jobs of an older count are void.
    pub epoch: Arc<AtomicU64>,
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

impl Job {
    /// Builds it.
    pub fn run(&self) -> Result<Built, OperatorError> {
        let started = Instant::now();
        let built = self.sealed.build(&self.before)?;
        tracing::info!(
            number = %self.sealed.batch.number(),
            chunks = built.batch.batch.witness.chunks.len(),
            withdrawals = built.batch.batch.withdrawals.len(),
            ms = millis(started.elapsed()),
            "batch built"
        );
        Ok(built)
    }
}

impl Builder {
    /// Starts the thread. It ends by itself when the venue does; what it was building is built again at the next start.
    pub fn spawn(self) -> io::Result<()> {
        let Self {
            jobs,
            notices,
            epoch,
        } = self;
        let work = move |notices: &Sender<Notice>| {
            for job in jobs {
                if job.epoch != epoch.load(Ordering::SeqCst) {
                    continue;
                }
                let built = Box::new(job.run()?);
                if notices
                    .blocking_send(Notice::Built(job.epoch, built))
                    .is_err()
                {
                    break;
                }
            }
            Ok(())
        };
        thread::spawn("builder", "the builder's thread", notices, work)
    }
}
