//! Verification of proofs, and the encoding of verifying keys.

use ark_bn254::{Bn254, Fr};
use ark_groth16::{Groth16, PreparedVerifyingKey, Proof, VerifyingKey, prepare_verifying_key};
use ark_serialize::CanonicalSerialize;
use thiserror::Error;

/// The reason why a proof is refused.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum VerifyError {
    /// The number of public inputs does not fit the key.
    #[error("{found} public inputs, the verifying key wants {expected}")]
    InputCount {
        /// Inputs given.
        found: usize,
        /// Inputs that the key takes.
        expected: usize,
    },
    /// The equation does not hold.
    #[error("the proof does not verify for these public inputs")]
    Refused,
}

/// Verifies `proof` for the public `inputs`, given without the leading one.
///
/// # Errors
/// [`VerifyError`]. The number of inputs is checked here because arkworks' verifier does not.
pub fn verify(
    key: &VerifyingKey<Bn254>,
    inputs: &[Fr],
    proof: &Proof<Bn254>,
) -> Result<(), VerifyError> {
    verify_prepared(&prepare_verifying_key(key), inputs, proof)
}

pub(crate) fn verify_prepared(
    key: &PreparedVerifyingKey<Bn254>,
    inputs: &[Fr],
    proof: &Proof<Bn254>,
) -> Result<(), VerifyError> {
    let expected = key.vk.gamma_abc_g1.len().saturating_sub(1);
    // A key without any point is refused too, since the verifier would index into an empty list.
    if inputs.len() != expected || key.vk.gamma_abc_g1.is_empty() {
        return Err(VerifyError::InputCount {
            found: inputs.len(),
            expected,
        });
    }
    match Groth16::<Bn254>::verify_proof(key, proof, inputs) {
        Ok(true) => Ok(()),
        Ok(false) | Err(_) => Err(VerifyError::Refused),
    }
}

/// The key's bytes in the chain's encoding: `alpha_g1`, `beta_g2`, `gamma_g2`, `delta_g2`, the
/// number of `gamma_abc_g1` as a 64-bit integer, and those points; all in arkworks' uncompressed
/// encoding.
#[expect(clippy::expect_used, reason = "each message states why it holds")]
pub fn verifying_key_bytes(key: &VerifyingKey<Bn254>) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(key.uncompressed_size());
    key.serialize_uncompressed(&mut bytes)
        .expect("a vector takes all that is written to it");
    bytes
}
