//! The builder's thread: hashes closed batches, so that the venue's thread does not have to.

use super::{
    channels::WorkerEnds,
    error::OperatorError,
    messages::{BuildJob, Built, Notice},
    thread,
};
use clearproof_primitives::time::Millis;
use std::{io, sync::mpsc::Receiver, time::Instant};
use tokio::sync::mpsc::Sender;

/// The builder.
#[derive(Debug)]
pub struct Builder {
    /// Its channels. Each job is sent once the batch before it is built.
    pub ends: WorkerEnds<Receiver<BuildJob>>,
}

impl BuildJob {
    /// Builds the batch.
    pub fn run(&self) -> Result<Built, OperatorError> {
        let started = Instant::now();
        let built = self.sealed.build(&self.before)?;
        tracing::info!(
            number = %self.sealed.batch.number(),
            chunks = built.batch.batch.witness.chunks.len(),
            withdrawals = built.batch.batch.withdrawals.len(),
            ms = Millis::of(started.elapsed()).get(),
            "batch built"
        );
        Ok(built)
    }
}

impl Builder {
    /// Starts the thread. It ends by itself when the venue does; an unfinished batch is built again
    /// at the next start.
    pub fn spawn(self) -> io::Result<()> {
        let WorkerEnds {
            jobs,
            notices,
            epoch,
        } = self.ends;
        let work = move |notices: &Sender<Notice>| {
            for job in jobs {
                if job.epoch != epoch.current() {
                    continue;
                }
                let built = Notice::Built {
                    epoch: job.epoch,
                    built: Box::new(job.run()?),
                };
                if notices.blocking_send(built).is_err() {
                    break;
                }
            }
            Ok(())
        };
        thread::spawn("builder", "the builder's thread", notices, work)
    }
}
