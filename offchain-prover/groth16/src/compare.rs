//! A backend against ark-groth16's own prover: same key, matrices, assignment and randomness.

use crate::{
    backend::Backend,
    circuit::Circuit,
    key::ProvingKey,
    prover::{loaded::LoadedKey, prove_blinded, Blinding, ProofMeta, ProveError},
};
use ark_bn254::{Bn254, Fr};
use ark_ff::UniformRand;
use ark_groth16::Groth16;
use ark_relations::gr1cs::SynthesisError;
use rand::rngs::OsRng;
use std::time::{Duration, Instant};
use thiserror::Error;

/// Both provers' times. Their proofs were equal.
#[derive(Clone, Debug)]
pub struct Comparison {
    /// Time of `ark_groth16::Groth16::create_proof_with_reduction_and_matrices`, the fastest of all rounds.
    pub arkworks: Duration,
    /// The backend's proof, the fastest of all rounds; checking constraints and proof included.
    pub backend: ProofMeta,
}

impl Comparison {
    /// How many times as fast as arkworks the backend is.
    pub fn speed_up(&self) -> f64 {
        self.arkworks.as_secs_f64() / self.backend.times.total.as_secs_f64()
    }
}

/// Why there is no comparison.
#[derive(Debug, Error)]
pub enum CompareError {
    /// The backend's proof failed.
    #[error(transparent)]
    Prove(#[from] ProveError),
    /// arkworks' prover failed.
    #[error("arkworks: {0}")]
    Arkworks(#[from] SynthesisError),
    /// Same key, assignment and randomness, but another proof.
    #[error("backend {backend} and arkworks made different proofs from the same randomness")]
    Different {
        /// The backend's name.
        backend: &'static str,
    },
}

/// Proves `rounds` times (at least once) with `backend` and with arkworks, in turns, and requires equal proofs.
///
/// # Errors
/// [`CompareError`]
pub fn compare_with_arkworks<B: Backend>(
    backend: &B,
    key: &ProvingKey,
    circuit: &Circuit,
    assignment: &[Fr],
    rounds: usize,
) -> Result<Comparison, CompareError> {
    let loaded = LoadedKey::new(backend, key.clone()).map_err(ProveError::from)?;
    let theirs_key = key.to_arkworks();
    let matrices = circuit.matrices();
    let (rows, instance) = (matrices.num_constraints(), matrices.num_instance);
    let their_matrices = [matrices.a.clone(), matrices.b.clone(), matrices.c.clone()];
    let round = || -> Result<Comparison, CompareError> {
        let blinding = Blinding {
            r: Fr::rand(&mut OsRng),
            s: Fr::rand(&mut OsRng),
        };
        // First ours: it refuses what arkworks would panic on.
        let (proof, meta) = prove_blinded(backend, &loaded, circuit, assignment, &blinding)?;
        let start = Instant::now();
        let theirs = Groth16::<Bn254>::create_proof_with_reduction_and_matrices(
            &theirs_key,
            blinding.r,
            blinding.s,
            &their_matrices,
            instance,
            rows,
            assignment,
        )?;
        let arkworks = start.elapsed();
        if proof.points() != &theirs {
            return Err(CompareError::Different {
                backend: meta.backend,
            });
        }
        Ok(Comparison {
            arkworks,
            backend: meta,
        })
    };
    let mut best = round()?;
    for _ in 1..rounds {
        let next = round()?;
        best.arkworks = best.arkworks.min(next.arkworks);
        if next.backend.times.total < best.backend.times.total {
            best.backend = next.backend;
        }
    }
    Ok(best)
}
