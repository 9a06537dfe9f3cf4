//! The venue as a pure state machine: accounts, live order sets, call auctions, margin, batch building. No IO, no
//! clock, no randomness, no floating point: the same calls give the same batches.
//!
//! The life of a batch: [`Venue::open_batch`] at a snapshot, then [`Venue::deposit`], [`Venue::submit`] and
//! [`Venue::tick`] in any order, then [`Venue::close_batch`], which answers the batch's witness. The next batch may open
//! at once, while the last is being proven; [`Venue::settle`] makes it final, [`Venue::roll_back`] undoes everything
//! since the last final one.
//!
//! A batch holds no more than the chain takes. What does not fit is refused with [`EngineError::BatchFull`];
//! [`Venue::batch_full`] says in time when to close.

pub mod auction;
mod batch;
mod discard;
mod error;
mod packing;
mod pending;
pub mod state;
mod venue;

pub use batch::{BatchRequest, ClosedBatch};
pub use discard::LiveSets;
pub use error::EngineError;
pub use venue::{Accepted, Candidate, DepositReceived, TickReport, Trade, Venue, VenueConfig};
