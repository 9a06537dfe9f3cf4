//! The runtime as its next version, for rehearsals of upgrades: `spec_version` is one higher, and `TryRuntime` checks
//! the state. Everything else is that of `clearproof-runtime`.
//!
//! A real upgrade brings a new source with a higher number; the rehearsal shows what surrounds it: that the chain takes
//! the new code, that its hooks and migrations run and leave a consistent state, that nodes, operators and venues go on.
#![cfg_attr(not(feature = "std"), no_std)]

#[cfg(substrate_runtime)]
pub use clearproof_runtime::*;

#[cfg(feature = "std")]
mod wasm {
    // The wasm builder writes other constants besides.
    #![allow(dead_code, missing_docs)]
    include!(concat!(env!("OUT_DIR"), "/wasm_binary.rs"));
}

#[cfg(feature = "std")]
pub use wasm::WASM_BINARY;
