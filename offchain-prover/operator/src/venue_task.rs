//! The task that owns the venue: takes commands and notices, lets time pass, and writes before it answers.

use super::{
    building::{self, Built},
    core::{Closed, Stage},
    desk::Desk,
    error::OperatorError,
    figures::Settlement,
    handle::{Command, Refusal, VenueHandle},
    metrics::{Metrics, Outcome},
    proving::Job,
    settling::Submission,
    store::Proven,
};
use clearproof_client::clock::now_ms;
use clearproof_engine::Accepted;
use clearproof_primitives::{
    chain::{Instrument, QueuedDeposit, SnapshotView},
    ids::BatchNumber,
};
use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};
use tokio::{
    sync::{mpsc, oneshot, watch},
    time::{MissedTickBehavior, interval},
};

/// Commands that share one transaction at most.
const GROUP: usize = 256;

/// What the venue's task hears from the others of the operator.
#[derive(Debug)]
pub enum Notice {
    /// A final snapshot, and the instruments as they are listed.
    Market(Box<SnapshotView>, Vec<Instrument>),
    /// Deposits that joined the queue, by index.
    Deposits(Vec<(u64, QueuedDeposit)>),
    /// A batch that was closed after so many roll-backs is built.
    Built(u64, Box<Built>),
    /// A batch is proven.
    Proven(Box<Proven>),
    /// A batch is final; answered when that is on disk.
    Settled(BatchNumber, Settlement, oneshot::Sender<()>),
    /// A batch can never settle; answered when the books are back at the last final batch.
    Refused(BatchNumber, String, oneshot::Sender<()>),
    /// The operator must stop.
    Failed(OperatorError),
}

/// Where closed batches go.
#[derive(Debug)]
pub struct Outlets {
    /// The builder's thread.
    pub builder: std::sync::mpsc::Sender<building::Job>,
    /// The prover's thread.
    pub prover: std::sync::mpsc::Sender<Job>,
    /// The task that settles.
    pub settler: mpsc::UnboundedSender<Submission>,
    /// Counts roll-backs; work of an older count is void.
    pub epoch: Arc<AtomicU64>,
}

/// The task that owns the venue.
pub struct VenueTask {
    /// The venue.
    pub desk: Desk,
    /// Where auctions are told.
    pub handle: VenueHandle,
    /// Commands.
    pub commands: mpsc::Receiver<Command>,
    /// Notices.
    pub notices: mpsc::Receiver<Notice>,
    /// Closed batches.
    pub outlets: Outlets,
    /// Whether the node answers.
    pub connected: Box<dyn Fn() -> bool + Send>,
    /// What is told of all that.
    pub metrics: Metrics,
    /// From one auction to the next.
    pub auction: Duration,
    /// Turns true when the operator stops.
    pub stop: watch::Receiver<bool>,
}

type SubmitAnswer = (
    oneshot::Sender<Result<(Accepted, u64), Refusal>>,
    Result<(Accepted, u64), Refusal>,
);

impl VenueTask {
    /// Runs on a thread of its own: it writes to disk and computes, which would hold up a thread that others share. Must be
    /// called inside an async runtime; the receiver tells how it ended.
    pub fn spawn(self) -> Result<oneshot::Receiver<Result<(), OperatorError>>, OperatorError> {
        let (done, ended) = oneshot::channel();
        let runtime = tokio::runtime::Handle::current();
        let thread = std::thread::Builder::new().name("venue".into());
        let spawned = thread.spawn(move || {
            let result = runtime.block_on(self.run());
            // Nobody waits if the runtime is being torn down.
            let _ = done.send(result);
        });
        match spawned {
            Ok(_) => Ok(ended),
            Err(_) => Err(OperatorError::Ended("the venue's thread")),
        }
    }

    /// Runs until the operator stops. Everything acknowledged is on disk.
    pub async fn run(mut self) -> Result<(), OperatorError> {
        let mut auctions = interval(self.auction);
        auctions.set_missed_tick_behavior(MissedTickBehavior::Skip);
        let mut group = Vec::with_capacity(GROUP);
        let mut stop = self.stop.clone();
        self.hand_over()?;
        loop {
            tokio::select! {
                biased;
                _ = stop.wait_for(|stop| *stop) => break,
                Some(notice) = self.notices.recv() => self.notice(notice)?,
                _ = auctions.tick() => self.pass(true)?,
                count = self.commands.recv_many(&mut group, GROUP) => {
                    if count == 0 {
                        break;
                    }
                    self.commands(&mut group)?;
                }
            }
        }
        self.desk.core.commit()
    }

    /// Lets the venue do what is due, writes it, tells it.
    fn pass(&mut self, auction: bool) -> Result<(), OperatorError> {
        let now = now_ms();
        self.desk.advance(now, auction)?;
        self.desk.core.commit()?;
        if auction {
            let waiting = self.commands.len();
            let connected = (self.connected)();
            self.metrics.show(&self.desk, now, connected, waiting);
        }
        self.handle.list_owners(&self.desk.core.venue);
        for report in self.desk.take_auctions() {
            self.handle.publish(Arc::new(report));
        }
        self.hand_over()
    }

    /// Gives closed batches to the builder, built ones to the prover and proven ones to the chain, each once and in order.
    fn hand_over(&mut self) -> Result<(), OperatorError> {
        let outlets = &self.outlets;
        let epoch = outlets.epoch.load(Ordering::SeqCst);
        let core = &mut self.desk.core;
        for closed in &mut core.closed {
            let sent = match &closed.stage {
                _ if closed.handed => true,
                Stage::Sealed(sealed) => {
                    let (sealed, before) = (Arc::clone(sealed), Arc::clone(core.venue.books()));
                    let job = building::Job {
                        epoch,
                        sealed,
                        before,
                    };
                    outlets.builder.send(job).is_ok()
                }
                Stage::Built(batch) => {
                    let (batch, figures) = (Arc::clone(batch), closed.figures.clone());
                    let job = Job {
                        epoch,
                        batch,
                        figures,
                    };
                    outlets.prover.send(job).is_ok()
                }
                Stage::Proven(proven) => {
                    let proven = Arc::clone(proven);
                    outlets.settler.send(Submission { epoch, proven }).is_ok()
                }
            };
            if !sent {
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

    /// One group of commands: one transaction, then all answers.
    fn commands(&mut self, group: &mut Vec<Command>) -> Result<(), OperatorError> {
        let time = now_ms();
        let mut answers: Vec<SubmitAnswer> = Vec::new();
        let mut looks = Vec::new();
        let mut watches = Vec::new();
        for command in group.drain(..) {
            match command {
                Command::Submit(candidate, answer) => {
                    let result = self.desk.submit(*candidate, time)?;
                    let result = result.map(|accepted| (accepted, time));
                    answers.push((answer, result.map_err(Refusal::from)));
                }
                Command::Watch(key, trading_key, silence, answer) => {
                    let result = self.desk.watch(key, trading_key, silence, time);
                    watches.push((answer, result));
                }
                look => looks.push(look),
            }
        }
        let written = self.desk.core.commit();
        for (answer, result) in answers {
            let result = once_written(&written, result);
            if result.is_ok() {
                self.metrics.accepted();
            }
            // An error only says that the caller has gone.
            let _ = answer.send(result);
        }
        for (answer, result) in watches {
            let result = once_written(&written, result);
            let _ = answer.send(result);
        }
        written?;
        for look in looks {
            self.look(look);
        }
        self.pass(false)
    }

    /// Answers a command that changes nothing.
    fn look(&self, command: Command) {
        let desk = &self.desk;
        let heard = match command {
            // Only for completeness: neither comes here.
            Command::Submit(_, answer) => answer.send(Err(Refusal::Busy)).is_ok(),
            Command::Watch(.., answer) => answer.send(Err(Refusal::Busy)).is_ok(),
            Command::Status(answer) => answer.send(desk.status((self.connected)())).is_ok(),
            Command::Instruments(answer) => answer.send(desk.instrument_statuses()).is_ok(),
            Command::Book(instrument, answer) => {
                answer.send(desk.book(instrument, now_ms())).is_ok()
            }
            Command::Account(key, answer) => answer.send(desk.account_status(key)).is_ok(),
            Command::Batches(last, answer) => answer.send(desk.batches(last)).is_ok(),
        };
        if !heard {
            tracing::trace!("nobody waits for the answer any more");
        }
    }

    fn notice(&mut self, notice: Notice) -> Result<(), OperatorError> {
        match notice {
            Notice::Market(view, instruments) => {
                self.desk.instruments(instruments);
                self.desk.snapshot(*view);
            }
            Notice::Deposits(deposits) => self.desk.deposits(deposits),
            Notice::Built(epoch, built) => {
                if epoch == self.outlets.epoch.load(Ordering::SeqCst) {
                    self.desk.core.built(*built)?;
                }
            }
            Notice::Proven(proven) => {
                self.metrics.proven(&proven.figures);
                self.desk.core.proven(*proven)?;
            }
            Notice::Settled(number, settlement, done) => {
                let time_to = self.desk.core.closed.front().map(Closed::time_to);
                self.desk.core.settle(number, Some(&settlement))?;
                if let Some(time_to) = time_to {
                    self.metrics.settled(time_to, now_ms());
                }
                self.desk.settled();
                // The other end has gone only if the operator stops.
                let _ = done.send(());
            }
            Notice::Refused(number, reason, done) => {
                self.metrics.count(Outcome::Refused);
                tracing::warn!(%number, reason, "going back to the last final batch");
                self.desk.core.roll_back()?;
                self.handle.list_owners(&self.desk.core.venue);
                self.outlets.epoch.fetch_add(1, Ordering::SeqCst);
                let _ = done.send(());
            }
            Notice::Failed(error) => return Err(error),
        }
        self.pass(false)
    }
}

/// What may be told of a result: nothing but the failure, where it is not on disk.
fn once_written<T>(
    written: &Result<(), OperatorError>,
    result: Result<T, Refusal>,
) -> Result<T, Refusal> {
    match written {
        Ok(()) => result,
        Err(error) => Err(Refusal::Storage(error.to_string())),
    }
}
