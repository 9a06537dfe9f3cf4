//! The one definition: field, Poseidon, signatures, fixed point, accounts, orders, margin, batches.
//!
//! Pallets, engine, circuits' tests and tools all use this crate; no type, encoding, hash or margin
//! formula of the protocol is written anywhere else. It is `no_std` and builds for the chain's wasm
//! runtime.
#![cfg_attr(not(feature = "std"), no_std)]
extern crate alloc;

pub mod account;
pub mod babyjubjub;
pub mod batch;
pub mod boundary;
pub mod chain;
pub mod eddsa;
pub mod field;
pub mod fixed;
pub mod funding;
pub mod ids;
pub mod insurance_fund;
pub mod interfaces;
pub mod ledger;
pub mod liquidation;
pub mod margin;
pub mod monitoring;
mod number;
pub mod options;
pub mod order;
pub mod policy;
pub mod poseidon;
pub mod receipt;
pub mod rows;
pub mod serde_decimal;
pub mod serde_hex;
pub mod shape;
pub mod snapshot;
pub mod step;
pub mod submission;
pub mod time;
pub mod tree;
pub mod wide;
pub mod witness;
