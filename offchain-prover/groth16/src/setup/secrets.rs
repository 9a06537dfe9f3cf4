//! The secrets of a set-up.

use super::error::SetupError;
use crate::{circuit::CircuitId, key::Origin};
use ark_bn254::Fr;
use ark_ff::{UniformRand, Zero};
use ark_poly::{EvaluationDomain, Radix2EvaluationDomain};
use blake2::{
    Blake2b,
    digest::{Digest, consts::U32},
};
use rand::{CryptoRng, RngCore, SeedableRng, rngs::OsRng};
use rand_chacha::ChaCha20Rng;

/// The secrets: with any of them, false statements can be proven.
pub(super) struct Secrets {
    pub alpha: Fr,
    pub beta: Fr,
    pub gamma: Fr,
    pub delta: Fr,
    /// The point at which the polynomials are evaluated; outside the domain.
    pub tau: Fr,
}

impl Secrets {
    /// Draws the secrets for a key of the given origin.
    pub fn draw(
        circuit: &CircuitId,
        origin: Origin,
        domain: &Radix2EvaluationDomain<Fr>,
    ) -> Result<Self, SetupError> {
        let seed = match origin {
            Origin::Development => development_seed(circuit),
            Origin::SingleParty => {
                let mut seed = [0; 32];
                OsRng.try_fill_bytes(&mut seed)?;
                seed
            }
        };
        Ok(Self::sample(&mut ChaCha20Rng::from_seed(seed), domain))
    }

    /// Draws the secrets. The order of drawing is part of the definition of a development key.
    pub fn sample<R: RngCore + CryptoRng>(
        rng: &mut R,
        domain: &Radix2EvaluationDomain<Fr>,
    ) -> Self {
        let mut nonzero = || loop {
            let scalar = Fr::rand(rng);
            if !scalar.is_zero() {
                break scalar;
            }
        };
        let (alpha, beta, gamma, delta) = (nonzero(), nonzero(), nonzero(), nonzero());
        Self {
            alpha,
            beta,
            gamma,
            delta,
            tau: domain.sample_element_outside_domain(rng),
        }
    }
}

/// The public seed of a circuit's development key.
pub(super) fn development_seed(circuit: &CircuitId) -> [u8; 32] {
    let mut hasher = Blake2b::<U32>::new();
    hasher.update(b"clearproof insecure development key v1");
    hasher.update(circuit.hash());
    hasher.finalize().into()
}
