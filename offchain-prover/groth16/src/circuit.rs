//! A circuit: matrices that were checked once, and their identity.

use crate::matrices::{Matrices, MatricesError};
use std::fmt;
use thiserror::Error;

/// The name, shape and hash of a circuit. Keys carry them. Two circuits with the same identity are
/// the same.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct CircuitId {
    name: String,
    shape: String,
    hash: [u8; 32],
}

/// The reason why a circuit is refused.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum CircuitError {
    /// The name cannot be part of a file's name.
    #[error("circuit name {found:?}: 1 to {limit} characters a-z, 0-9 and '-' are allowed")]
    Name {
        /// The name.
        found: String,
        /// Most characters.
        limit: usize,
    },
    /// The text that describes the shape is too long.
    #[error("the shape's text has {found} bytes, the limit is {limit}")]
    Shape {
        /// Bytes of the text.
        found: usize,
        /// Most bytes.
        limit: usize,
    },
    /// The matrices break a rule.
    #[error(transparent)]
    Matrices(#[from] MatricesError),
}

impl CircuitId {
    /// Most characters of a name.
    pub const MAX_NAME: usize = 64;
    /// Most bytes of the text that describes a shape.
    pub const MAX_SHAPE: usize = 4096;

    pub(crate) fn new(name: String, shape: String, hash: [u8; 32]) -> Result<Self, CircuitError> {
        let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        if name.is_empty() || name.len() > Self::MAX_NAME || !name.chars().all(allowed) {
            return Err(CircuitError::Name {
                found: name,
                limit: Self::MAX_NAME,
            });
        }
        if shape.len() > Self::MAX_SHAPE {
            return Err(CircuitError::Shape {
                found: shape.len(),
                limit: Self::MAX_SHAPE,
            });
        }
        Ok(Self { name, shape, hash })
    }

    /// Short name: `a-z`, `0-9` and `-`.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Canonical text of the circuit's parameters.
    pub fn shape(&self) -> &str {
        &self.shape
    }

    /// BLAKE2b-256 of the matrices.
    pub fn hash(&self) -> &[u8; 32] {
        &self.hash
    }
}

impl fmt::Display for CircuitId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} [{}] {}",
            self.name,
            self.shape,
            hex::encode(&self.hash[..8])
        )
    }
}

/// Validated matrices with their identity.
#[derive(Clone, Debug)]
pub struct Circuit {
    id: CircuitId,
    matrices: Matrices,
}

impl Circuit {
    /// Checks and hashes `matrices`.
    ///
    /// `shape` is the canonical text of the parameters that they were built from.
    ///
    /// # Errors
    /// [`CircuitError`] names the rule that was broken.
    pub fn new(
        name: impl Into<String>,
        shape: impl Into<String>,
        matrices: Matrices,
    ) -> Result<Self, CircuitError> {
        matrices.validate()?;
        let id = CircuitId::new(name.into(), shape.into(), matrices.hash())?;
        Ok(Self { id, matrices })
    }

    /// The identity.
    pub fn id(&self) -> &CircuitId {
        &self.id
    }

    /// The matrices.
    pub fn matrices(&self) -> &Matrices {
        &self.matrices
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use crate::testing::toy;

    #[test]
    fn names_and_shapes_have_limits() {
        let (circuit, _) = toy();
        let make = |name: &str, shape: &str| Circuit::new(name, shape, circuit.matrices().clone());
        for name in ["", "Chunk", "a/b", "..", &"a".repeat(65)] {
            assert!(
                matches!(make(name, ""), Err(CircuitError::Name { .. })),
                "{name:?}"
            );
        }
        assert!(matches!(
            make("a", &"x".repeat(4097)),
            Err(CircuitError::Shape {
                found: 4097,
                limit: 4096
            })
        ));
        assert_eq!(
            make("chunk-2", "R=8").unwrap().id().hash(),
            circuit.id().hash()
        );
    }
}
