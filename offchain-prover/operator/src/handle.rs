//! The handle to a venue. One task owns the venue; everything else in the process holds a handle
//! and sends commands.

mod directory;
mod turns;

use self::{directory::Directory, turns::Turns};
use super::{
    commands::{COMMAND_QUEUE, CancelAllAfter, Command, Confirmation, Read, Refusal, Reply, Write},
    figures::BatchFigures,
    views::{AccountStatus, InstrumentStatus, Level, Status},
};
use clearproof_engine::{AuctionReport, Venue};
use clearproof_primitives::{field::Fr, ids::Slot, order::SignedOrderSet};
use std::sync::Arc;
use tokio::{
    sync::{broadcast, mpsc, oneshot},
    task::yield_now,
};

/// Auctions and account changes that a slow subscriber may lag behind.
pub const EVENT_QUEUE: usize = 1_024;

/// Sends commands to the task that owns the venue. Cheap to clone.
#[derive(Clone, Debug)]
pub struct VenueHandle {
    commands: mpsc::Sender<Command>,
    auctions: broadcast::Sender<Arc<AuctionReport>>,
    directory: Arc<Directory>,
    turns: Arc<Turns>,
}

impl VenueHandle {
    /// Returns a handle, and the end from which the venue's task receives commands. Auctions are
    /// sent with [`Self::publish`].
    pub fn new() -> (Self, mpsc::Receiver<Command>) {
        let (commands, receiver) = mpsc::channel(COMMAND_QUEUE);
        let (auctions, _) = broadcast::channel(EVENT_QUEUE);
        let handle = Self {
            commands,
            auctions,
            directory: Arc::default(),
            turns: Arc::default(),
        };
        (handle, receiver)
    }

    /// Publishes the accounts' owners, whose signatures callers then check. Must be called after
    /// accounts were opened, and before accounts that a roll-back closed can open again with other
    /// owners.
    pub fn list_owners(&self, venue: &Venue) {
        self.directory.list(venue);
    }

    /// Number of owners whose keys are prepared for many signatures.
    #[cfg(test)]
    pub(crate) fn prepared_keys(&self) -> usize {
        self.directory.prepared()
    }

    /// Sends an auction to all subscribers.
    pub fn publish(&self, report: Arc<AuctionReport>) {
        // An error only means that there are no subscribers.
        let _ = self.auctions.send(report);
    }

    /// Returns the auctions from now on.
    pub fn subscribe(&self) -> broadcast::Receiver<Arc<AuctionReport>> {
        self.auctions.subscribe()
    }

    /// Checks an order set and makes it live. Returns once it is on disk. Sets of one account that
    /// arrive at the same time are submitted in the order of their sequences.
    pub async fn submit(&self, set: SignedOrderSet) -> Result<Confirmation, Refusal> {
        let turn = self.turns.enter(set.set.account, set.set.sequence);
        // Lets sets enter that arrived at the same time: the runtime need not have started their
        // tasks in order.
        yield_now().await;
        let candidate = self.directory.candidate(set)?;
        turn.wait().await;
        let submit = |reply| Command::Write(Write::Submit(Box::new(candidate), reply));
        let result = self.send(submit)?;
        drop(turn);
        received(result).await?
    }

    /// Cancels all orders of an account after some time of inactivity, or turns that off: the dead
    /// man's switch; see
    /// [`Venue::set_dead_mans_switch`]. Returns once the change is on disk.
    pub async fn cancel_all_after(&self, request: CancelAllAfter) -> Result<(), Refusal> {
        let result = self.send(|reply| Command::Write(Write::CancelAllAfter(request, reply)))?;
        received(result).await?
    }

    /// Returns the venue's state.
    pub async fn status(&self) -> Result<Status, Refusal> {
        self.read(Read::Status).await
    }

    /// Returns the listed instruments with their marks.
    pub async fn instruments(&self) -> Result<Vec<InstrumentStatus>, Refusal> {
        self.read(Read::Instruments).await
    }

    /// Returns the unfilled lots of all live orders of an instrument, by side and limit, best
    /// first.
    pub async fn book(&self, instrument: Slot) -> Result<Vec<Level>, Refusal> {
        self.read(|reply| Read::Book(instrument, reply)).await
    }

    /// Returns the account that belongs to an account key.
    pub async fn account(&self, key: Fr) -> Result<Option<AccountStatus>, Refusal> {
        self.read(|reply| Read::Account(key, reply)).await
    }

    /// Returns the figures of the last settled batches, at most `last`, oldest first.
    pub async fn batches(&self, last: usize) -> Result<Vec<BatchFigures>, Refusal> {
        self.read(|reply| Read::Batches(last, reply)).await?
    }

    async fn read<T>(&self, read: impl FnOnce(Reply<T>) -> Read) -> Result<T, Refusal> {
        received(self.send(|reply| Command::Read(read(reply)))?).await
    }

    /// Puts a command in the queue.
    fn send<T>(
        &self,
        command: impl FnOnce(Reply<T>) -> Command,
    ) -> Result<oneshot::Receiver<T>, Refusal> {
        let (reply, result) = oneshot::channel();
        let sent = self.commands.try_send(command(reply));
        sent.map_err(|error| match error {
            mpsc::error::TrySendError::Full(_) => Refusal::Busy,
            mpsc::error::TrySendError::Closed(_) => Refusal::Stopping,
        })?;
        Ok(result)
    }
}

async fn received<T>(result: oneshot::Receiver<T>) -> Result<T, Refusal> {
    result.await.map_err(|_| Refusal::Stopping)
}
