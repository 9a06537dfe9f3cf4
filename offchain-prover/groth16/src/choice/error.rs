//! Errors of the choice of a backend.

use super::kind::BackendKind;
use crate::{backend::BackendError, prover::ProveError};
use thiserror::Error;

/// The reason why there is no backend.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum ChoiceError {
    /// The requested backend is unavailable.
    #[error(
        "backend {kind} was requested and cannot be used: {reason}; \
         use --backend auto for the best one available"
    )]
    Unusable {
        /// The requested backend.
        kind: BackendKind,
        /// The reason.
        reason: BackendError,
    },
    /// No backend can be used.
    #[error("no backend can be used: {0}")]
    None(String),
}

/// The reason why [`Backends::prover`](super::Backends::prover) returns no prover.
#[derive(Debug, Error)]
pub enum PrepareError {
    /// No backend can be used for the circuit.
    #[error(transparent)]
    Choice(#[from] ChoiceError),
    /// The key is for another circuit, or no backend could load it.
    #[error(transparent)]
    Prove(#[from] ProveError),
}
