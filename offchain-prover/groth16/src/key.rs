//! A proving key and where it came from.

pub mod file;
mod header;
mod point;
pub mod store;

use crate::{circuit::CircuitId, verify::verifying_key_bytes};
use ark_bn254::Bn254;
use ark_groth16::VerifyingKey;
use std::fmt;

/// Who knows, or knew, the secrets behind a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Origin {
    /// Everybody: the secrets follow from the circuit's hash. **Insecure on purpose**; for development and tests,
    /// where all machines shall have the same key. Refused by chains other than development chains.
    Development,
    /// Whoever ran the set-up: one process drew the secrets from the operating system's generator and forgot
    /// them. Good only for those who trust that process and its machine.
    SingleParty,
}

impl Origin {
    /// Whether anybody can forge proofs under keys of this origin.
    pub fn is_development(self) -> bool {
        self == Self::Development
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Development => "development",
            Self::SingleParty => "single-party",
        })
    }
}

/// A proving key with its identity.
///
/// The queries have one point per column (`a_query`, `b_g1_query`, `b_g2_query`), per witness column (`l_query`),
/// and per element of the domain but one (`h_query`).
#[derive(Clone, Debug, PartialEq)]
pub struct ProvingKey {
    pub(crate) id: CircuitId,
    pub(crate) origin: Origin,
    pub(crate) num_constraints: usize,
    pub(crate) points: ark_groth16::ProvingKey<Bn254>,
}

impl ProvingKey {
    /// The circuit that the key is for.
    pub fn id(&self) -> &CircuitId {
        &self.id
    }

    /// Who knows the secrets.
    pub fn origin(&self) -> Origin {
        self.origin
    }

    /// Rows of the circuit's matrices.
    pub fn num_constraints(&self) -> usize {
        self.num_constraints
    }

    /// The points, as `ark-groth16` has them.
    pub fn points(&self) -> &ark_groth16::ProvingKey<Bn254> {
        &self.points
    }

    /// The verifying key.
    pub fn verifying_key(&self) -> &VerifyingKey<Bn254> {
        &self.points.vk
    }

    /// The verifying key as the chain takes it; see [`verifying_key_bytes`].
    pub fn verifying_key_bytes(&self) -> Vec<u8> {
        verifying_key_bytes(&self.points.vk)
    }
}
