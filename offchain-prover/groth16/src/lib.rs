//! Groth16 over BN254: proving keys, their cache on disk, and interchangeable proving backends.
//!
//! - [`Circuit`] is a set of validated R1CS matrices with a name, a shape and a hash. Everything
//!   else refers to it.
//! - [`generate`] makes a [`ProvingKey`]. A [`KeyStore`] keeps keys on disk and refuses those of
//!   other circuits.
//! - [`Backend`] is the interface to the hardware: vectors, points, sums over points, transforms.
//!   [`ArkBackend`] is the reference. [`prove`] is written once over it, and [`Backends`] choose
//!   the backend at run time.
//! - [`export`] writes circuits, assignments, keys and proofs in the formats of circom's tools.
//! - A [`Proof`] exists only if it was verified: there is no other way to obtain one.
//!
//! The reduction from R1CS to a quadratic arithmetic program is that of libsnark and `ark-groth16`,
//! so that keys, proofs and verifying keys are interchangeable with theirs. Groth16:
//! <https://eprint.iacr.org/2016/260>.

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
pub use progress::{Phase, Progress, Silent};
pub use proof::{PROOF_BYTES, Proof};
pub use prover::{PhaseTimes, ProofMeta, Prove, ProveError, Prover, loaded::LoadedKey, prove};
pub use setup::{SetupError, generate};
pub use verify::{VerifyError, verify, verifying_key_bytes};
