//! Why there is no backend, or no prover for a circuit.

use super::kind::BackendKind;
use crate::{backend::BackendError, prover::ProveError};
use thiserror::Error;

/// Why there is no backend.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum ChoiceError {
    /// The one that was asked for is not to be had.
    #[error(
        "backend {kind} was asked for and cannot be used: {reason}; use --backend auto for the best that is there"
    )]
    Unusable {
        /// What was asked for.
        kind: BackendKind,
        /// Why not.
        reason: BackendError,
    },
    /// None can be used.
    #[error("no backend can be used: {0}")]
    None(String),
}

/// Why [`Backends::prover`](super::Backends::prover) returns no prover.
#[derive(Debug, Error)]
pub enum PrepareError {
    /// No backend can be used for the circuit.
    #[error(transparent)]
    Choice(#[from] ChoiceError),
    /// The key is for another circuit, or no backend could load it.
    #[error(transparent)]
    Prove(#[from] ProveError),
}
