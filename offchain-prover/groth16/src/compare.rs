//! A backend compared with ark-groth16's own prover: same key, matrices, assignment and randomness.

use crate::{
    backend::Backend,
    circuit::Circuit,
    key::ProvingKey,
    matrices::Matrix,
    prover::{Blinding, ProofMeta, ProveError, loaded::LoadedKey, prove_blinded},
};
use ark_bn254::{Bn254, Fr};
use ark_ff::UniformRand;
use ark_groth16::Groth16;
use ark_relations::gr1cs::SynthesisError;
use rand::rngs::OsRng;
use std::time::{Duration, Instant};
use thiserror::Error;

/// The times of both provers, whose proofs were equal.
#[derive(Clone, Debug)]
pub struct Comparison {
    /// Time of `ark_groth16::Groth16::create_proof_with_reduction_and_matrices`, the fastest of all
    /// rounds.
    pub arkworks: Duration,
    /// The backend's proof, the fastest of all rounds; includes checking the constraints and
    /// verifying the proof.
    pub backend: ProofMeta,
}

impl Comparison {
    /// arkworks' time divided by the backend's.
    pub fn speed_up(&self) -> f64 {
        self.arkworks.as_secs_f64() / self.backend.times.total.as_secs_f64()
    }
}

/// A key and matrices in the form of `ark-groth16` and of provers that are based on it.
#[derive(Clone, Debug)]
pub struct ArkworksForm {
    /// The key.
    pub key: ark_groth16::ProvingKey<Bn254>,
    /// A, B and C: rows of `(coefficient, column)`.
    pub matrices: [Vec<Vec<(Fr, usize)>>; 3],
    /// Number of instance columns, the leading one included.
    pub num_instance: usize,
    /// Number of rows.
    pub num_constraints: usize,
}

impl ArkworksForm {
    /// Copies key and matrices into that form.
    pub fn new(key: &ProvingKey, circuit: &Circuit) -> Self {
        let matrices = circuit.matrices();
        Self {
            key: key.to_arkworks(),
            matrices: [&matrices.a, &matrices.b, &matrices.c].map(Matrix::to_rows),
            num_instance: matrices.num_instance,
            num_constraints: matrices.num_constraints(),
        }
    }

    /// `ark-groth16`'s proof of an assignment, which must have all columns, with the randomness `r`
    /// and `s`.
    ///
    /// # Errors
    /// `ark-groth16`'s.
    pub fn prove(
        &self,
        assignment: &[Fr],
        r: Fr,
        s: Fr,
    ) -> Result<ark_groth16::Proof<Bn254>, SynthesisError> {
        Groth16::<Bn254>::create_proof_with_reduction_and_matrices(
            &self.key,
            r,
            s,
            &self.matrices,
            self.num_instance,
            self.num_constraints,
            assignment,
        )
    }
}

/// The reason why there is no comparison.
#[derive(Debug, Error)]
pub enum CompareError {
    /// The backend's proof failed.
    #[error(transparent)]
    Prove(#[from] ProveError),
    /// arkworks' prover failed.
    #[error("arkworks: {0}")]
    Arkworks(#[from] SynthesisError),
    /// With the same key, assignment and randomness the proofs differ.
    #[error("backend {backend} and arkworks made different proofs from the same randomness")]
    Different {
        /// The backend's name.
        backend: &'static str,
    },
}

/// Proves `rounds` times (at least once) with `backend` and with arkworks, in turns, and requires
/// equal proofs.
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
    let theirs = ArkworksForm::new(key, circuit);
    let round = || -> Result<Comparison, CompareError> {
        let blinding = Blinding {
            r: Fr::rand(&mut OsRng),
            s: Fr::rand(&mut OsRng),
        };
        // Ours comes first, because it refuses assignments on which arkworks would panic.
        let (proof, meta) = prove_blinded(backend, &loaded, circuit, assignment, &blinding)?;
        let start = Instant::now();
        let their_proof = theirs.prove(assignment, blinding.r, blinding.s)?;
        let arkworks = start.elapsed();
        if proof.points() != &their_proof {
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
