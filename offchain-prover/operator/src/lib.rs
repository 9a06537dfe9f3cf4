//! The operator of a venue: accepts order sets, runs the auctions, proves batches and settles them
//! on the chain.
//!
//! One thread owns the venue ([`venue_task`]). Around it are a task that follows the chain
//! ([`watching`]), threads that build ([`building`]) and prove ([`proving`]) closed batches, a task
//! that submits them ([`settling`]), and the server for traders ([`rpc`]). [`channels`] connects
//! them. Everything that the venue has acknowledged is in its database ([`store`], [`journal`]), so
//! after an end at any moment it goes on from there.

pub mod building;
pub mod channels;
pub mod commands;
pub mod config;
pub mod core;
pub mod error;
pub mod figures;
pub mod handle;
pub mod journal;
pub mod keys;
pub mod messages;
pub mod metrics;
pub mod proving;
mod queries;
pub mod rpc;
mod run;
pub mod scheduler;
pub mod settling;
pub mod store;
#[cfg(test)]
mod tests;
mod thread;
pub mod venue_task;
pub mod views;
pub mod watching;

pub use config::{Config, SnapshotTiming, Timing};
pub use error::OperatorError;
pub use run::{Boxed, run};
