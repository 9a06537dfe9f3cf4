//! Groth16 over BN254 (<https://eprint.iacr.org/2016/260>): keys, proofs and their verification.
//!
//! The one definition for chain and prover. Encodings are arkworks' uncompressed canonical ones:
//!
//! | what | bytes |
//! | --- | --- |
//! | proof | A (64), B (128), C (64): [`PROOF_BYTES`] |
//! | verifying key | α (64), β (128), γ (128), δ (128), count as 8 bytes little-endian, count × 64 |
//! | verifying key in storage | the same, then e(α, β) (384) |
//!
//! A proof's bytes identify nothing: who sees a proof can make other valid proofs of the same
//! statement from it, without the witness. Key a proof by its public inputs.

mod encoding;
mod key;
mod proof;
mod verify;

pub use encoding::{DecodeError, Field, Object};
pub use key::{KeyError, MAX_GAMMA_ABC, MAX_KEY_BYTES, MAX_REGISTERED_KEY_BYTES, VerifyingKey};
pub use proof::{PROOF_BYTES, Proof};
pub use verify::{Item, VerifyError, batch_verify, batch_verify_with, verify_one};
