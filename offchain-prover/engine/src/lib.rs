//! The venue as a pure state machine: accounts, live order sets, call auctions, margin, batch building. No IO, no
//! clock, no randomness, no floating point: the same calls give the same batches.
//!
//! The life of a batch: [`Venue::open_batch`] at a snapshot, then [`Venue::deposit`], [`Venue::submit`] and
//! [`Venue::auction`] in any order, then [`Venue::seal_batch`], after which the next batch may open. [`SealedBatch::build`]
//! makes the batch's witness of it, on any thread, and [`Venue::built`] takes the books after it; [`Venue::close_batch`] does
//! all three at once. [`Venue::settle`] makes the batch final, [`Venue::roll_back`] undoes everything since the last final
//! one.
//!
//! A batch holds no more than the chain takes. What does not fit is refused with [`EngineError::BatchFull`];
//! [`Venue::batch_full`] says in time when to close.

pub mod auction;
mod audit;
mod batch;
mod books;
mod closing;
mod discard;
mod error;
mod packing;
mod pending;
pub mod state;
mod terms;
mod venue;

pub use audit::Unbalanced;
pub use batch::{BatchRequest, BuiltBatch, ClosedBatch};
pub use books::Books;
pub use closing::SealedBatch;
pub use discard::LiveSets;
pub use error::EngineError;
pub use terms::MarketTerms;
pub use venue::{
    Accepted, AuctionReport, Candidate, DepositReceived, OPENED_NUMBERS, SILENCE_MS, Trade, Venue,
    VenueConfig,
};
