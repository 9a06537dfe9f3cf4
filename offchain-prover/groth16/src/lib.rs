//! Groth16 over BN254: proving keys, their cache on disk, and the backends that prove.
//!
//! - [`Circuit`]: validated R1CS matrices with a name, a shape and a hash; everything else refers to it.
//! - [`generate`] makes a [`ProvingKey`], [`KeyStore`] keeps keys on disk and refuses those of other circuits.
//! - [`Backend`] is what hardware has to offer: vectors, points, sums over points, transforms. [`ArkBackend`]
//!   is the reference. [`prove`] is written once over it.
//! - [`export`] writes circuits, assignments, keys and proofs as circom's tools read them.
//! - A [`Proof`] exists only if it verified: there is no other way to obtain one.
//!
//! The reduction from R1CS to a quadratic arithmetic program is the one of libsnark and `ark-groth16`, so keys,
//! proofs and verifying keys are interchangeable with theirs. Groth16: <https://eprint.iacr.org/2016/260>.

pub mod backend;
mod choice;
mod circuit;
mod compare;
pub mod export;
mod key;
mod matrices;
pub mod points;
mod progress;
mod proof;
mod prover;
mod setup;
pub mod synthetic;
#[cfg(test)]
mod testing;
mod verify;

pub use backend::{
    Backend, BackendError,
    ark::ArkBackend,
    cpu::CpuBackend,
    cuda::{CudaBackend, CudaDevice, CudaOptions},
    icicle::{IcicleBackend, IcicleOptions},
};
pub use choice::{
    BackendCounts, BackendKind, Backends, Candidate, ChoiceError, PrepareError, UnknownBackend,
    candidates,
};
pub use circuit::{Circuit, CircuitError, CircuitId};
pub use compare::{ArkworksForm, CompareError, Comparison, compare_with_arkworks};
pub use key::{
    Origin, ProvingKey,
    error::{KeyFileError, Part as KeyFilePart},
    store::{KeyStore, StoreError},
};
pub use matrices::{Matrices, MatricesError, Matrix};
pub use progress::{Bars, Phase, Progress, Silent};
pub use proof::{PROOF_BYTES, Proof};
pub use prover::{PhaseTimes, ProofMeta, Prove, ProveError, Prover, loaded::LoadedKey, prove};
pub use setup::{SetupError, generate};
pub use verify::{VerifyError, verify, verifying_key_bytes};
