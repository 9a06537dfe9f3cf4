#![doc = include_str!("../README.md")]

#[cfg(feature = "chain")]
pub mod chain;
pub mod clock;
mod identity;
mod keys;
mod orders;
pub mod rpc;
mod venue;

/// The protocol's types: keys, order sets, prices, identifiers.
pub use clearproof_primitives as primitives;
pub use identity::Identity;
pub use keys::Trader;
pub use orders::{BuildError, DEFAULT_MAX_FEE, DEFAULT_VALIDITY, OrderSetBuilder};
pub use venue::{Outcome, Settings, Update, Updates, VenueClient, VenueError};
