//! A proving key and where it came from.

pub mod file;
mod header;
pub mod store;

use crate::{
    circuit::CircuitId,
    points::{G1Point, G2Point, Points},
    verify::verifying_key_bytes,
};
use ark_bn254::{Bn254, G1Affine, G2Affine};
use ark_groth16::VerifyingKey;
use rayon::prelude::*;
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
/// The queries have one point per column (A and B), per witness column (L), and per element of the domain but one (H). Cloning a key
/// does not copy them. Those of a key that was read from a file lie in the file, mapped into memory.
#[derive(Clone, Debug, PartialEq)]
pub struct ProvingKey {
    pub(crate) id: CircuitId,
    pub(crate) origin: Origin,
    pub(crate) num_constraints: usize,
    pub(crate) vk: VerifyingKey<Bn254>,
    pub(crate) beta_g1: G1Affine,
    pub(crate) delta_g1: G1Affine,
    pub(crate) a: Points<G1Point>,
    pub(crate) b_g1: Points<G1Point>,
    pub(crate) b_g2: Points<G2Point>,
    pub(crate) h: Points<G1Point>,
    pub(crate) l: Points<G1Point>,
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

    /// A copy of all points, as `ark-groth16` has them.
    pub fn to_arkworks(&self) -> ark_groth16::ProvingKey<Bn254> {
        let g1 = |points: &[G1Point]| points.par_iter().map(G1Affine::from).collect();
        ark_groth16::ProvingKey {
            vk: self.vk.clone(),
            beta_g1: self.beta_g1,
            delta_g1: self.delta_g1,
            a_query: g1(&self.a),
            b_g1_query: g1(&self.b_g1),
            b_g2_query: self.b_g2.par_iter().map(G2Affine::from).collect(),
            h_query: g1(&self.h),
            l_query: g1(&self.l),
        }
    }

    /// The verifying key.
    pub fn verifying_key(&self) -> &VerifyingKey<Bn254> {
        &self.vk
    }

    /// The verifying key as the chain takes it; see [`verifying_key_bytes`].
    pub fn verifying_key_bytes(&self) -> Vec<u8> {
        verifying_key_bytes(&self.vk)
    }
}
