//! Builds the circuits of a shape, loads their keys, and proves batches: from the engine's witness
//! to the proofs of all chunks and of the closing.

mod circuits;
mod prover;
mod witness;

pub use circuits::{CircuitInfo, CircuitPair, SizedCircuit, circuits, shape_text};
pub use prover::{BatchProver, ProofReport, ProvenBatch, VerifyingKeys};

use std::path::PathBuf;

/// Returns the default folder of keys: `CLEARPROOF_KEYS` unless it is empty, else
/// `~/.cache/clearproof/keys`.
pub fn default_key_folder() -> PathBuf {
    let home = || {
        std::env::var_os("HOME")
            .map(PathBuf::from)
            .unwrap_or_default()
    };
    std::env::var_os("CLEARPROOF_KEYS")
        .filter(|folder| !folder.is_empty())
        .map_or_else(|| home().join(".cache/clearproof/keys"), PathBuf::from)
}
