//! A proof that was verified.

use ark_bn254::Bn254;
use ark_serialize::CanonicalSerialize;

/// Bytes of an encoded proof: A (64), B (128), C (64).
pub const PROOF_BYTES: usize = 256;

/// A Groth16 proof that was verified before [`crate::prove`] returned it; there is no other
/// constructor.
///
/// Its bytes identify nothing: anyone can re-randomise a proof into another one of the same
/// statement.
#[derive(Clone, Debug, PartialEq)]
pub struct Proof(ark_groth16::Proof<Bn254>);

impl Proof {
    pub(crate) fn verified(points: ark_groth16::Proof<Bn254>) -> Self {
        Self(points)
    }

    /// The points.
    pub fn points(&self) -> &ark_groth16::Proof<Bn254> {
        &self.0
    }

    /// A, B and C in arkworks' uncompressed encoding: coordinates little-endian, flags in the top
    /// bits of y.
    #[expect(clippy::expect_used, reason = "each message states why it holds")]
    pub fn to_bytes(&self) -> [u8; PROOF_BYTES] {
        let mut bytes = [0; PROOF_BYTES];
        self.0
            .serialize_uncompressed(&mut bytes[..])
            .expect("two points of G1 and one of G2 take exactly 256 bytes");
        bytes
    }
}
