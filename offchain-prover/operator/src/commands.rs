//! The commands that callers send to the task that owns the venue.

use super::{
    figures::BatchFigures,
    views::{AccountStatus, InstrumentStatus, Level, Status},
};
use clearproof_engine::{Accepted, Candidate, EngineError};
use clearproof_primitives::{field::Fr, ids::Slot, time::Millis};
use tokio::sync::oneshot;

/// Commands that wait for the venue before callers are refused.
pub const COMMAND_QUEUE: usize = 4_096;

/// The reason that a command is refused.
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

/// The sender of a command's result.
pub type Reply<T> = oneshot::Sender<T>;

/// A command.
#[derive(Debug)]
pub enum Command {
    /// A command that changes the venue. Its result is sent once the change is on disk.
    Write(Write),
    /// A command that only reads.
    Read(Read),
}

/// A command that changes the venue.
#[derive(Debug)]
pub enum Write {
    /// See [`VenueHandle::submit`](crate::handle::VenueHandle::submit).
    Submit(Box<Candidate>, Reply<Result<Confirmation, Refusal>>),
    /// See [`VenueHandle::cancel_all_after`](crate::handle::VenueHandle::cancel_all_after).
    CancelAllAfter(CancelAllAfter, Reply<Result<(), Refusal>>),
}

/// A command that changes nothing.
#[derive(Debug)]
pub enum Read {
    /// See [`VenueHandle::status`](crate::handle::VenueHandle::status).
    Status(Reply<Status>),
    /// See [`VenueHandle::instruments`](crate::handle::VenueHandle::instruments).
    Instruments(Reply<Vec<InstrumentStatus>>),
    /// See [`VenueHandle::book`](crate::handle::VenueHandle::book).
    Book(Slot, Reply<Vec<Level>>),
    /// See [`VenueHandle::account`](crate::handle::VenueHandle::account).
    Account(Fr, Reply<Option<AccountStatus>>),
    /// See [`VenueHandle::batches`](crate::handle::VenueHandle::batches).
    Batches(usize, Reply<Result<Vec<BatchFigures>, Refusal>>),
}

/// The confirmation of an order set that is on disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Confirmation {
    /// The engine's result.
    pub accepted: Accepted,
    /// Time of acceptance, milliseconds since the Unix epoch.
    pub time: Millis,
}

/// A change of an account's dead man's switch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CancelAllAfter {
    /// The account's key.
    pub account_key: Fr,
    /// Hash of the trading key that signed the request; `None` if the owner's key did.
    pub trading_key: Option<Fr>,
    /// Milliseconds of inactivity after which all orders are cancelled; `None` turns the switch
    /// off.
    pub timeout_ms: Option<Millis>,
}
