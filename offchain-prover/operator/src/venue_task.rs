//! The task that owns the venue: carries out commands and notices, runs auctions, and writes to
//! disk before it reports results.

use super::{
    channels::{Outlets, VenueEnds},
    commands::{Command, Confirmation, Read, Refusal, Reply, Write},
    core::{Closed, Stage},
    error::OperatorError,
    figures::Settlement,
    messages::{BuildJob, Notice, ProofJob, Submission},
    metrics::{Metrics, Outcome},
    scheduler::Scheduler,
};
use clearproof_client::clock::now_ms;
use clearproof_engine::{Books, Candidate};
use clearproof_primitives::{ids::BatchNumber, time::Millis};
use std::{sync::Arc, time::Duration};
use tokio::{
    sync::oneshot,
    time::{MissedTickBehavior, interval},
};

/// Commands that share one transaction at most.
const GROUP: usize = 256;

/// The task that owns the venue.
pub struct VenueTask {
    /// The venue.
    pub scheduler: Scheduler,
    /// The task's channels.
    pub ends: VenueEnds,
    /// Returns true while the node responds.
    pub connected: Box<dyn Fn() -> bool + Send>,
    /// The operator's metrics.
    pub metrics: Metrics,
    /// Time from one auction to the next.
    pub auction_interval: Duration,
}

/// A result that is not sent before it is on disk.
type Pending<T> = (Reply<Result<T, Refusal>>, Result<T, Refusal>);

/// The results of a group of commands, until they are on disk.
#[derive(Default)]
struct Results {
    submitted: Vec<Pending<Confirmation>>,
    switched: Vec<Pending<()>>,
}

impl VenueTask {
    /// Runs the task on a thread of its own: it writes to disk and computes, which would hold up a
    /// thread that others share. Must be called inside an async runtime. The receiver gets the
    /// task's result.
    pub fn spawn(self) -> Result<oneshot::Receiver<Result<(), OperatorError>>, OperatorError> {
        let (done, ended) = oneshot::channel();
        let runtime = tokio::runtime::Handle::current();
        let thread = std::thread::Builder::new().name("venue".into());
        let spawned = thread.spawn(move || {
            let result = runtime.block_on(self.run());
            // The receiver is gone if the runtime is being torn down.
            let _ = done.send(result);
        });
        match spawned {
            Ok(_) => Ok(ended),
            Err(_) => Err(OperatorError::Ended("the venue's thread")),
        }
    }

    /// Runs until the operator stops. Everything acknowledged is then on disk.
    pub async fn run(mut self) -> Result<(), OperatorError> {
        let mut auctions = interval(self.auction_interval);
        auctions.set_missed_tick_behavior(MissedTickBehavior::Skip);
        let mut group = Vec::with_capacity(GROUP);
        let mut stop = self.ends.stop.clone();
        self.hand_over()?;
        loop {
            tokio::select! {
                biased;
                _ = stop.wait_for(|stop| *stop) => break,
                Some(notice) = self.ends.notices.recv() => self.on_notice(notice)?,
                _ = auctions.tick() => self.advance(true)?,
                count = self.ends.commands.recv_many(&mut group, GROUP) => {
                    if count == 0 {
                        break;
                    }
                    self.carry_out(&mut group)?;
                }
            }
        }
        self.scheduler.core.commit()
    }

    /// Lets the venue do everything that is due, writes it, then publishes it.
    fn advance(&mut self, auction: bool) -> Result<(), OperatorError> {
        let now = now_ms();
        self.scheduler.advance(now, auction)?;
        self.scheduler.core.commit()?;
        let handle = &self.ends.handle;
        if auction {
            let waiting = self.ends.commands.len();
            let connected = (self.connected)();
            self.metrics.show(&self.scheduler, now, connected, waiting);
        }
        handle.list_owners(&self.scheduler.core.venue);
        for report in self.scheduler.take_auctions() {
            handle.publish(Arc::new(report));
        }
        self.hand_over()
    }

    /// Hands sealed batches to the builder, built ones to the prover and proven ones to the task
    /// that settles, each once and in order.
    fn hand_over(&mut self) -> Result<(), OperatorError> {
        let core = &mut self.scheduler.core;
        let books = core.venue.books();
        for closed in &mut core.closed {
            if !closed.handed && !send_on(&self.ends.outlets, closed, books) {
                return Err(OperatorError::Ended(
                    "the builder, the prover or the task that settles",
                ));
            }
            closed.handed = true;
            if matches!(closed.stage, Stage::Sealed(_)) {
                // The next one is built on the books after this one.
                break;
            }
        }
        Ok(())
    }

    /// Carries out a group of commands: one transaction, then all results.
    fn carry_out(&mut self, group: &mut Vec<Command>) -> Result<(), OperatorError> {
        let time = now_ms();
        let mut results = Results::default();
        let mut reads = Vec::new();
        for command in group.drain(..) {
            match command {
                Command::Write(write) => self.write(write, time, &mut results)?,
                Command::Read(read) => reads.push(read),
            }
        }
        let written = self.scheduler.core.commit();
        self.report(results, &written);
        written?;
        for read in reads {
            self.read(read);
        }
        self.advance(false)
    }

    /// Carries out a command that changes the venue.
    fn write(
        &mut self,
        write: Write,
        time: Millis,
        results: &mut Results,
    ) -> Result<(), OperatorError> {
        match write {
            Write::Submit(candidate, reply) => {
                let result = self.submit(*candidate, time)?;
                results.submitted.push((reply, result));
            }
            Write::CancelAllAfter(request, reply) => {
                let result = self.scheduler.cancel_all_after(&request, time);
                results.switched.push((reply, result));
            }
        }
        Ok(())
    }

    fn submit(
        &mut self,
        candidate: Candidate,
        time: Millis,
    ) -> Result<Result<Confirmation, Refusal>, OperatorError> {
        let result = self.scheduler.submit(candidate, time)?;
        let result = result.map(|accepted| Confirmation { accepted, time });
        Ok(result.map_err(Refusal::from))
    }

    /// Sends the results of a group. An error in sending only means that the caller is gone.
    fn report(&self, results: Results, written: &Result<(), OperatorError>) {
        for (reply, result) in results.submitted {
            let result = once_written(written, result);
            if result.is_ok() {
                self.metrics.record_accepted();
            }
            let _ = reply.send(result);
        }
        for (reply, result) in results.switched {
            let _ = reply.send(once_written(written, result));
        }
    }

    /// Carries out a command that changes nothing.
    fn read(&self, read: Read) {
        let scheduler = &self.scheduler;
        let received = match read {
            Read::Status(reply) => reply.send(scheduler.status((self.connected)())).is_ok(),
            Read::Instruments(reply) => reply.send(scheduler.instrument_statuses()).is_ok(),
            Read::Book(instrument, reply) => {
                reply.send(scheduler.book(instrument, now_ms())).is_ok()
            }
            Read::Account(key, reply) => reply.send(scheduler.account_status(key)).is_ok(),
            Read::Batches(last, reply) => reply.send(scheduler.batches(last)).is_ok(),
        };
        if !received {
            tracing::trace!("the caller is gone");
        }
    }

    fn on_notice(&mut self, notice: Notice) -> Result<(), OperatorError> {
        let core = &mut self.scheduler.core;
        match notice {
            Notice::Market {
                snapshot,
                instruments,
            } => {
                self.scheduler.on_instruments(instruments);
                self.scheduler.on_snapshot(*snapshot);
            }
            Notice::Deposits(deposits) => self.scheduler.on_deposits(deposits),
            Notice::Built { epoch, built } => {
                if epoch == self.ends.outlets.epoch.current() {
                    core.on_built(*built)?;
                }
            }
            Notice::Proven(proven) => {
                self.metrics.record_proven(&proven.figures);
                core.on_proven(*proven)?;
            }
            Notice::Settled {
                number,
                settlement,
                done,
            } => self.on_settled(number, &settlement, done)?,
            Notice::Refused {
                number,
                reason,
                done,
            } => self.on_refused(number, &reason, done)?,
            Notice::Failed(error) => return Err(error),
        }
        self.advance(false)
    }

    fn on_settled(
        &mut self,
        number: BatchNumber,
        settlement: &Settlement,
        done: oneshot::Sender<()>,
    ) -> Result<(), OperatorError> {
        let time_to = self.scheduler.core.closed.front().map(Closed::time_to);
        self.scheduler.core.settle(number, Some(settlement))?;
        if let Some(time_to) = time_to {
            self.metrics.record_settled(time_to, now_ms());
        }
        self.scheduler.on_settled();
        // The receiver is gone only if the operator stops.
        let _ = done.send(());
        Ok(())
    }

    fn on_refused(
        &mut self,
        number: BatchNumber,
        reason: &str,
        done: oneshot::Sender<()>,
    ) -> Result<(), OperatorError> {
        self.metrics.record_outcome(Outcome::Refused);
        tracing::warn!(%number, reason, "going back to the last final batch");
        let core = &mut self.scheduler.core;
        core.roll_back()?;
        self.ends.handle.list_owners(&core.venue);
        self.ends.outlets.epoch.advance();
        let _ = done.send(());
        Ok(())
    }
}

/// Sends a batch to the worker that brings it to its next stage. Returns false if the worker has
/// ended.
fn send_on(outlets: &Outlets, closed: &Closed, books: &Arc<Books>) -> bool {
    let epoch = outlets.epoch.current();
    match &closed.stage {
        Stage::Sealed(sealed) => {
            let job = BuildJob {
                epoch,
                sealed: Arc::clone(sealed),
                before: Arc::clone(books),
            };
            outlets.builder.send(job).is_ok()
        }
        Stage::Built(batch) => {
            let job = ProofJob {
                epoch,
                batch: Arc::clone(batch),
                figures: closed.figures.clone(),
            };
            outlets.prover.send(job).is_ok()
        }
        Stage::Proven(proven) => {
            let proven = Arc::clone(proven);
            outlets.settler.send(Submission { epoch, proven }).is_ok()
        }
    }
}

/// Returns the result if it is on disk, and the failure to write it otherwise.
fn once_written<T>(
    written: &Result<(), OperatorError>,
    result: Result<T, Refusal>,
) -> Result<T, Refusal> {
    match written {
        Ok(()) => result,
        Err(error) => Err(Refusal::Storage(error.to_string())),
    }
}
