//! Errors of building a circuit.

use clearproof_primitives::{field::FieldError, snapshot::SnapshotError};

/// The reason that a circuit cannot be built from a witness. A witness of the right form that
/// breaks a rule builds, and then does not satisfy the constraints.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CircuitError {
    /// A list does not have the shape's length.
    #[error("witness: {0} does not have the length that the shape says")]
    Shape(&'static str),
    /// The header holds a field element that is not canonical.
    #[error("header: {0}")]
    Field(#[from] FieldError),
    /// The snapshot does not fit the market.
    #[error("snapshot: {0}")]
    Snapshot(#[from] SnapshotError),
}

impl CircuitError {
    /// Requires a list to have the shape's length.
    pub(crate) fn require(fits: bool, list: &'static str) -> Result<(), Self> {
        if fits { Ok(()) } else { Err(Self::Shape(list)) }
    }
}
