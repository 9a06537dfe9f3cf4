//! A key in a backend's memory.

use crate::{
    backend::{Backend, BackendError},
    circuit::CircuitId,
    key::{Origin, ProvingKey},
    matrices::domain_size,
};
use ark_bn254::{Bn254, G1Affine};
use ark_groth16::{PreparedVerifyingKey, VerifyingKey, prepare_verifying_key};

/// A proving key whose points a backend has loaded.
pub struct LoadedKey<B: Backend> {
    id: CircuitId,
    origin: Origin,
    pub(super) prepared: PreparedVerifyingKey<Bn254>,
    pub(super) beta_g1: G1Affine,
    pub(super) delta_g1: G1Affine,
    pub(super) a: B::BasesG1,
    pub(super) b_g1: B::BasesG1,
    pub(super) b_g2: B::BasesG2,
    pub(super) h: B::BasesG1,
    pub(super) l: B::BasesG1,
    pub(super) domain: B::Domain,
}

impl<B: Backend> LoadedKey<B> {
    /// Loads the key's points into `backend`.
    ///
    /// # Errors
    /// If the backend cannot load them.
    pub fn new(backend: &B, key: ProvingKey) -> Result<Self, BackendError> {
        let size = domain_size(key.num_constraints, key.vk.gamma_abc_g1.len());
        Ok(Self {
            domain: backend.domain(size)?,
            prepared: prepare_verifying_key(&key.vk),
            id: key.id,
            origin: key.origin,
            beta_g1: key.beta_g1,
            delta_g1: key.delta_g1,
            a: backend.load_bases_g1(key.a)?,
            b_g1: backend.load_bases_g1(key.b_g1)?,
            b_g2: backend.load_bases_g2(key.b_g2)?,
            h: backend.load_bases_g1(key.h)?,
            l: backend.load_bases_g1(key.l)?,
        })
    }

    /// The circuit that the key is for.
    pub fn id(&self) -> &CircuitId {
        &self.id
    }

    /// The origin of the key: who knows its secrets.
    pub fn origin(&self) -> Origin {
        self.origin
    }

    /// The verifying key.
    pub fn verifying_key(&self) -> &VerifyingKey<Bn254> {
        &self.prepared.vk
    }
}
