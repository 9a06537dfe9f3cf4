//! The next version of the runtime, for rehearsals of upgrades. Its `spec_version` is one higher,
//! and `TryRuntime` checks the state. Everything else is that of `clearproof-runtime`.
//!
//! A real upgrade brings a new source with a higher number. The rehearsal covers everything else:
//! the chain accepts the new code, its hooks and migrations run and leave a consistent state, and
//! nodes, operators and venues keep working.
#![cfg_attr(not(feature = "std"), no_std)]

#[cfg(substrate_runtime)]
pub use clearproof_runtime::*;

#[cfg(feature = "std")]
mod wasm {
    // The wasm builder writes further constants.
    #![allow(dead_code, missing_docs)]
    include!(concat!(env!("OUT_DIR"), "/wasm_binary.rs"));
}

#[cfg(feature = "std")]
pub use wasm::WASM_BINARY;
