//! The venue as a pure state machine: accounts, live order sets, call auctions, margin and batch
//! building. It does no IO, reads no clock, and uses neither randomness nor floating point: the
//! same calls give the same batches.
//!
//! The life of a batch: [`Venue::open_batch`] at a snapshot, then [`Venue::deposit`],
//! [`Venue::submit`] and [`Venue::run_auction`] in any order, then [`Venue::seal_batch`], after
//! which the next batch may open. [`SealedBatch::build`] makes the sealed batch's witness, on any
//! thread, and [`Venue::on_built`] adopts the books after it. [`Venue::close_batch`] does all three
//! at once. [`Venue::settle`] makes the batch final, [`Venue::roll_back`] undoes everything since
//! the last final one.
//!
//! A batch never holds more than the chain accepts. An input that does not fit is refused with
//! [`EngineError::BatchFull`]; [`Venue::batch_full`] reports in time that the batch must close.

pub mod auction;
mod batch;
mod books;
mod config;
mod error;
mod packing;
mod pending;
mod sealed;
mod stored;
mod terms;
mod venue;

pub use batch::{BuiltBatch, ClosedBatch};
pub use books::Books;
pub use config::VenueConfig;
pub use error::EngineError;
pub use sealed::{BatchRequest, SealedBatch};
pub use stored::{StoredAccount, StoredBooks};
pub use terms::MarketTerms;
pub use venue::{
    Accepted, ArmedSwitch, ArrivedSet, AuctionReport, Candidate, Deleveraged, DepositReceived,
    InstrumentClearing, LeftOut, Liquidated, LiveSets, OPENED_NUMBERS, SWITCH_TIMEOUT_MS, Trade,
    Unbalanced, Venue,
};
