//! Client of a Clearproof venue, for dApps, market makers, wallets and monitors.
//!
//! [`trader`] holds a trader's key, signs order sets, calls a venue's operator and checks its
//! receipts. [`rpc`] declares the operator's JSON-RPC once, for clients and for the server (feature
//! `server`). `chain` (feature of that name) reads a node at final blocks and follows signed calls
//! until they are final.

#[cfg(feature = "chain")]
pub mod chain;
pub mod clock;
mod identity;
pub mod rpc;
pub mod trader;

pub use identity::Identity;
