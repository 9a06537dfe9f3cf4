//! How the rest of the process speaks to the venue: one task owns it, everybody else holds a handle and sends it commands.

mod directory;
mod turns;

use self::{directory::Directory, turns::Turns};
use super::figures::BatchFigures;
use clearproof_engine::{Accepted, AuctionReport, Candidate, EngineError, Venue};
use clearproof_primitives::{
    account::Account,
    chain::Instrument,
    field::{FieldBytes, Fr},
    fixed::Price,
    ids::{BatchNumber, SnapshotNumber, VenueId},
    order::{Order, Side, SignedOrderSet},
    shape::Shape,
};
use std::sync::Arc;
use tokio::{
    sync::{broadcast, mpsc, oneshot},
    task::yield_now,
};

/// Commands that wait for the venue before callers are refused.
pub const COMMAND_QUEUE: usize = 4_096;
/// Auctions and account changes that a slow subscriber may lag behind.
pub const EVENT_QUEUE: usize = 1_024;

/// The venue as `venue_status` tells it.
#[derive(Clone, Debug)]
pub struct Status {
    /// Number on the chain.
    pub venue: VenueId,
    /// Hash of the chain's genesis block.
    pub genesis: [u8; 32],
    /// Shape of its circuits.
    pub shape: Shape,
    /// Accounts, the insurance fund included.
    pub accounts: usize,
    /// Deposits taken, the open batch included.
    pub deposits_taken: u64,
    /// Last batch that is final on the chain, and the state root after it.
    pub settled: (BatchNumber, FieldBytes),
    /// Closed batches that are not final yet: being proven, or on their way.
    pub pending: Vec<BatchNumber>,
    /// Snapshot, first millisecond and account steps of the open batch, if one is open.
    pub open: Option<(SnapshotNumber, u64, usize)>,
    /// Time of the last auction, milliseconds since the Unix epoch; 0 before the first.
    pub last_auction: u64,
    /// Whether the node answers.
    pub connected: bool,
}

/// An instrument as `venue_instruments` tells it.
#[derive(Clone, Debug)]
pub struct InstrumentStatus {
    /// As the chain lists it.
    pub instrument: Instrument,
    /// Mark of the chain's last final snapshot, 32.32 quote units per lot; 0 while it does not trade.
    pub mark: Price,
    /// Last clearing price and its auction, if it traded since the operator started.
    pub last: Option<(u64, Price)>,
    /// Funding index after the last closed batch: what a lot held long has paid since the venue began, in 2^-32 quote units.
    pub funding: i64,
    /// Σ |lots| over all accounts after the last built batch: twice the open interest until the instrument expires.
    pub open_interest: u64,
}

/// A level of an aggregated book.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Level {
    /// Bid or ask.
    pub side: Side,
    /// Limit, 32.32 quote units per lot.
    pub price: Price,
    /// Lots that are not filled yet.
    pub quantity: u64,
}

/// An account as its owner sees it.
#[derive(Clone, Debug)]
pub struct AccountStatus {
    /// Index of its leaf.
    pub index: u32,
    /// As it is now, the open batch, funding and what has expired included.
    pub account: Account,
    /// Sequence of its live order set; 0 if it has none.
    pub live_sequence: u64,
    /// Orders of the live set.
    pub live_orders: Vec<Option<Order>>,
    /// Equity and margin at the open batch's snapshot, else at the last one that was used; units as in `Margin`.
    pub margin: Option<clearproof_primitives::margin::Margin>,
}

/// Why the venue does not answer a command.
#[derive(Clone, Debug, thiserror::Error)]
pub enum Refusal {
    /// The engine's rules.
    #[error("{0}")]
    Engine(#[from] EngineError),
    /// Too many commands wait.
    #[error("the venue is busy: {COMMAND_QUEUE} requests wait; send again in a moment")]
    Busy,
    /// The operator stops.
    #[error("the operator is stopping: send again when it is back")]
    Stopping,
    /// The database failed, so nothing can be promised.
    #[error("the operator cannot write its database: {0}")]
    Storage(String),
}

/// A command and where its answer goes.
#[derive(Debug)]
pub enum Command {
    /// See [`VenueHandle::submit`].
    Submit(
        Box<Candidate>,
        oneshot::Sender<Result<(Accepted, u64), Refusal>>,
    ),
    /// See [`VenueHandle::status`].
    Status(oneshot::Sender<Status>),
    /// See [`VenueHandle::instruments`].
    Instruments(oneshot::Sender<Vec<InstrumentStatus>>),
    /// See [`VenueHandle::book`].
    Book(u16, oneshot::Sender<Vec<Level>>),
    /// See [`VenueHandle::account`].
    Account(Fr, oneshot::Sender<Option<AccountStatus>>),
    /// See [`VenueHandle::watch`].
    Watch(
        Fr,
        Option<Fr>,
        Option<u64>,
        oneshot::Sender<Result<(), Refusal>>,
    ),
    /// See [`VenueHandle::batches`].
    Batches(usize, oneshot::Sender<Result<Vec<BatchFigures>, Refusal>>),
}

/// Sends commands to the task that owns the venue. Cheap to clone.
#[derive(Clone, Debug)]
pub struct VenueHandle {
    commands: mpsc::Sender<Command>,
    auctions: broadcast::Sender<Arc<AuctionReport>>,
    directory: Arc<Directory>,
    turns: Arc<Turns>,
}

impl VenueHandle {
    /// A handle, and the end where the venue's task takes commands. Auctions are sent with [`Self::publish`].
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

    /// Tells callers whose signatures they must see. Must be called after accounts were opened and before accounts that a
    /// roll-back closed can open again with other owners.
    pub fn list_owners(&self, venue: &Venue) {
        self.directory.list(venue);
    }

    /// How many owners' keys are ready for many signatures.
    #[cfg(test)]
    pub(crate) fn prepared_keys(&self) -> usize {
        self.directory.prepared()
    }

    /// Tells all subscribers of an auction.
    pub fn publish(&self, report: Arc<AuctionReport>) {
        // An error only says that nobody listens.
        let _ = self.auctions.send(report);
    }

    /// Auctions from now on.
    pub fn subscribe(&self) -> broadcast::Receiver<Arc<AuctionReport>> {
        self.auctions.subscribe()
    }

    /// Checks an order set and makes it live. Answers once it is on disk, with the time of acceptance in milliseconds since
    /// the Unix epoch. Sets of one account that come at the same time are taken in the order of their sequences.
    pub async fn submit(&self, set: SignedOrderSet) -> Result<(Accepted, u64), Refusal> {
        let turn = self.turns.enter(set.set.account, set.set.sequence);
        // Lets those enter that came at the same time: the runtime need not have started their tasks in order.
        yield_now().await;
        let candidate = self.directory.candidate(set)?;
        turn.come().await;
        let wait = self.send(|answer| Command::Submit(Box::new(candidate), answer))?;
        drop(turn);
        answered(wait).await?
    }

    /// The venue's state.
    pub async fn status(&self) -> Result<Status, Refusal> {
        self.ask(Command::Status).await
    }

    /// Listed instruments with their marks.
    pub async fn instruments(&self) -> Result<Vec<InstrumentStatus>, Refusal> {
        self.ask(Command::Instruments).await
    }

    /// What is left of all live orders of an instrument, by side and limit, best first.
    pub async fn book(&self, instrument: u16) -> Result<Vec<Level>, Refusal> {
        self.ask(|answer| Command::Book(instrument, answer)).await
    }

    /// The account that belongs to an account key.
    pub async fn account(&self, key: Fr) -> Result<Option<AccountStatus>, Refusal> {
        self.ask(|answer| Command::Account(key, answer)).await
    }

    /// Cancels the account's orders after so many milliseconds of silence, or does not any more; see
    /// [`Venue::watch`]. `trading_key` is the hash of the key that asks, where that is not the owner's.
    pub async fn watch(
        &self,
        key: Fr,
        trading_key: Option<Fr>,
        silence: Option<u64>,
    ) -> Result<(), Refusal> {
        self.ask(|answer| Command::Watch(key, trading_key, silence, answer))
            .await?
    }

    /// Figures of the last settled batches, at most so many, oldest first.
    pub async fn batches(&self, last: usize) -> Result<Vec<BatchFigures>, Refusal> {
        self.ask(|answer| Command::Batches(last, answer)).await?
    }

    async fn ask<A>(
        &self,
        command: impl FnOnce(oneshot::Sender<A>) -> Command,
    ) -> Result<A, Refusal> {
        answered(self.send(command)?).await
    }

    /// Puts a command in the queue.
    fn send<A>(
        &self,
        command: impl FnOnce(oneshot::Sender<A>) -> Command,
    ) -> Result<oneshot::Receiver<A>, Refusal> {
        let (answer, wait) = oneshot::channel();
        let sent = self.commands.try_send(command(answer));
        sent.map_err(|error| match error {
            mpsc::error::TrySendError::Full(_) => Refusal::Busy,
            mpsc::error::TrySendError::Closed(_) => Refusal::Stopping,
        })?;
        Ok(wait)
    }
}

async fn answered<A>(wait: oneshot::Receiver<A>) -> Result<A, Refusal> {
    wait.await.map_err(|_| Refusal::Stopping)
}
