//! The prover of Groth16 (<https://eprint.iacr.org/2016/260>, section 3.2), written once over
//! [`Backend`].

mod blinding;
pub(crate) mod loaded;

pub(crate) use blinding::Blinding;

use crate::{
    backend::{Backend, BackendError},
    circuit::{Circuit, CircuitId},
    key::ProvingKey,
    proof::Proof,
    verify::verify_prepared,
};
use ark_bn254::{Bn254, Fr};
use ark_ec::CurveGroup;
use ark_ff::One;
use ark_groth16::VerifyingKey;
use loaded::LoadedKey;
use rand::{CryptoRng, RngCore, rngs::OsRng};
use serde::Serialize;
use std::{
    sync::Arc,
    time::{Duration, Instant},
};
use thiserror::Error;

/// The reason why there is no proof.
#[derive(Debug, Error)]
pub enum ProveError {
    /// The key is for another circuit.
    #[error("the key is for circuit {key}, the matrices are those of {circuit}")]
    Circuit {
        /// The key's circuit.
        key: Box<CircuitId>,
        /// The circuit to prove.
        circuit: Box<CircuitId>,
    },
    /// The assignment does not have one element per column.
    #[error(
        "the assignment has {found} elements, the circuit has {expected} columns: \
             the one, {instance} inputs, and the witnesses"
    )]
    AssignmentLength {
        /// Elements given.
        found: usize,
        /// Columns.
        expected: usize,
        /// Public inputs.
        instance: usize,
    },
    /// Element 0 of the assignment is not the constant one.
    #[error("element 0 of the assignment must be 1")]
    NoConstant,
    /// The assignment breaks a constraint.
    #[error("constraint {row} does not hold for this assignment")]
    Row {
        /// The first such row.
        row: usize,
    },
    /// There are no random bytes.
    #[error("random number generator: {0}")]
    Randomness(#[from] rand::Error),
    /// The backend failed.
    #[error(transparent)]
    Backend(#[from] BackendError),
    /// The backend computed a wrong result; the proof is not released.
    #[error(
        "backend {backend} made a proof that does not verify; it was dropped: \
             hardware or backend is faulty, or the key's file was damaged after it was loaded or is not one that the \
             set-up made; `clearproof-prover keys check` finds the latter"
    )]
    ProofDidNotVerify {
        /// The backend's name.
        backend: &'static str,
    },
}

/// The duration of each phase of one proof.
#[derive(Clone, Copy, Debug, Default, Serialize)]
pub struct PhaseTimes {
    /// Evaluating and checking all constraints.
    pub rows: Duration,
    /// The quotient polynomial: all transforms.
    pub quotient: Duration,
    /// The sum over A.
    pub a: Duration,
    /// The sum over B in G1.
    pub b_g1: Duration,
    /// The sum over B in G2.
    pub b_g2: Duration,
    /// The sum over the witness columns.
    pub l: Duration,
    /// The sum over the quotient.
    pub h: Duration,
    /// Verifying the proof.
    pub verify: Duration,
    /// The whole proof.
    pub total: Duration,
}

/// Facts about the making of a proof.
#[derive(Clone, Debug, Serialize)]
pub struct ProofMeta {
    /// The backend's name.
    pub backend: &'static str,
    /// The circuit's name.
    pub circuit: String,
    /// Rows.
    pub constraints: usize,
    /// Columns, the constant and the inputs included.
    pub columns: usize,
    /// Size of the evaluation domain.
    pub domain: usize,
    /// The reason why this backend was chosen; empty if there was no choice.
    pub choice: String,
    /// The duration of each phase.
    pub times: PhaseTimes,
}

impl ProofMeta {
    /// Time per constraint in microseconds.
    pub fn micros_per_constraint(&self) -> f64 {
        self.times.total.as_secs_f64() * 1e6 / self.constraints.max(1) as f64
    }
}

/// Proves that `assignment`, over all columns `[1, instance.., witness..]`, satisfies `circuit`.
///
/// The proof's randomness comes from `rng` and from a hash of the assignment, so that a generator
/// that repeats itself does not reveal the witness. The proof is verified before it is returned.
///
/// # Errors
/// [`ProveError`]; all defects of the assignment are found before any sum over points.
pub fn prove<B: Backend, R: RngCore + CryptoRng>(
    backend: &B,
    key: &LoadedKey<B>,
    circuit: &Circuit,
    assignment: &[Fr],
    rng: &mut R,
) -> Result<(Proof, ProofMeta), ProveError> {
    let blinding = Blinding::draw(circuit.id(), assignment, rng)?;
    prove_blinded(backend, key, circuit, assignment, &blinding)
}

/// Runs `act` and measures its time.
fn timed<T>(slot: &mut Duration, act: impl FnOnce() -> T) -> T {
    let start = Instant::now();
    let value = act();
    *slot = start.elapsed();
    value
}

/// [`prove`] with given randomness, which must never be used for two assignments.
pub(crate) fn prove_blinded<B: Backend>(
    backend: &B,
    key: &LoadedKey<B>,
    circuit: &Circuit,
    assignment: &[Fr],
    Blinding { r, s }: &Blinding,
) -> Result<(Proof, ProofMeta), ProveError> {
    let start = Instant::now();
    let mut times = PhaseTimes::default();
    let matrices = circuit.matrices();
    check(key, circuit, assignment)?;
    let rows = timed(&mut times.rows, || matrices.evaluate(assignment))
        .map_err(|row| ProveError::Row { row })?;

    let quotient = timed(&mut times.quotient, || {
        let [a, b, c] = [rows.a, rows.b, rows.c].map(|values| backend.load_scalars(values));
        backend.quotient(&key.domain, a?, b?, c?)
    })?;
    let h = timed(&mut times.h, || backend.msm_g1(&key.h, &quotient, 0))?;
    drop(quotient);

    let z = backend.load_scalars(assignment.to_vec())?;
    let l = timed(&mut times.l, || {
        backend.msm_g1(&key.l, &z, matrices.num_instance)
    })?;
    let a = timed(&mut times.a, || backend.msm_g1(&key.a, &z, 0))?;
    let b_g1 = timed(&mut times.b_g1, || backend.msm_g1(&key.b_g1, &z, 0))?;
    let b_g2 = timed(&mut times.b_g2, || backend.msm_g2(&key.b_g2, &z, 0))?;

    let vk = &key.prepared.vk;
    let a = a + vk.alpha_g1 + key.delta_g1 * r;
    let b_g1 = b_g1 + key.beta_g1 + key.delta_g1 * s;
    let b_g2 = b_g2 + vk.beta_g2 + vk.delta_g2 * s;
    let c = l + h + a * s + b_g1 * r - key.delta_g1 * (*r * s);
    let points = ark_groth16::Proof::<Bn254> {
        a: a.into_affine(),
        b: b_g2.into_affine(),
        c: c.into_affine(),
    };

    let inputs = &assignment[1..matrices.num_instance];
    timed(&mut times.verify, || {
        verify_prepared(&key.prepared, inputs, &points)
    })
    .map_err(|_| ProveError::ProofDidNotVerify {
        backend: backend.name(),
    })?;
    times.total = start.elapsed();
    let meta = ProofMeta {
        backend: backend.name(),
        circuit: circuit.id().name().to_owned(),
        constraints: matrices.num_constraints(),
        columns: matrices.num_columns(),
        domain: matrices.domain_size(),
        choice: String::new(),
        times,
    };
    tracing::debug!(backend = meta.backend, circuit = %circuit.id(), total = ?times.total, "proof made and verified");
    Ok((Proof::verified(points), meta))
}

fn check<B: Backend>(
    key: &LoadedKey<B>,
    circuit: &Circuit,
    assignment: &[Fr],
) -> Result<(), ProveError> {
    same_circuit(key.id(), circuit.id())?;
    let (found, expected) = (assignment.len(), circuit.matrices().num_columns());
    if found != expected {
        let instance = circuit.matrices().num_instance - 1;
        return Err(ProveError::AssignmentLength {
            found,
            expected,
            instance,
        });
    }
    if !assignment[0].is_one() {
        return Err(ProveError::NoConstant);
    }
    Ok(())
}

fn same_circuit(key: &CircuitId, circuit: &CircuitId) -> Result<(), ProveError> {
    if key == circuit {
        Ok(())
    } else {
        Err(ProveError::Circuit {
            key: Box::new(key.clone()),
            circuit: Box::new(circuit.clone()),
        })
    }
}

/// A circuit, its key and a backend, without the backend's type.
pub trait Prove: Send + Sync {
    /// The backend's name.
    fn backend(&self) -> &'static str;
    /// The circuit that is proven.
    fn circuit(&self) -> &Circuit;
    /// The verifying key of the proofs.
    fn verifying_key(&self) -> &VerifyingKey<Bn254>;
    /// As [`prove`], with the operating system's random numbers.
    ///
    /// # Errors
    /// As [`prove`].
    fn prove(&self, assignment: &[Fr]) -> Result<(Proof, ProofMeta), ProveError>;
}

/// A circuit, its key and a backend.
pub struct Prover<B: Backend> {
    backend: Arc<B>,
    circuit: Arc<Circuit>,
    key: LoadedKey<B>,
}

impl<B: Backend> Prover<B> {
    /// Loads `key` into `backend`.
    ///
    /// # Errors
    /// [`ProveError::Circuit`] if the key is for another circuit, [`ProveError::Backend`].
    pub fn new(
        backend: impl Into<Arc<B>>,
        circuit: impl Into<Arc<Circuit>>,
        key: ProvingKey,
    ) -> Result<Self, ProveError> {
        let (backend, circuit) = (backend.into(), circuit.into());
        same_circuit(key.id(), circuit.id())?;
        let key = LoadedKey::new(&*backend, key)?;
        Ok(Self {
            backend,
            circuit,
            key,
        })
    }
}

impl<B: Backend> Prove for Prover<B> {
    fn backend(&self) -> &'static str {
        self.backend.name()
    }

    fn circuit(&self) -> &Circuit {
        &self.circuit
    }

    fn verifying_key(&self) -> &VerifyingKey<Bn254> {
        self.key.verifying_key()
    }

    fn prove(&self, assignment: &[Fr]) -> Result<(Proof, ProofMeta), ProveError> {
        prove(
            &*self.backend,
            &self.key,
            &self.circuit,
            assignment,
            &mut OsRng,
        )
    }
}

#[cfg(test)]
mod tests;
