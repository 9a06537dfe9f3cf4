//! A proof and its encoding.

use super::encoding::{DecodeError, Field, Object, Reader, check_g1, check_g2, check_subgroup};
use crate::{
    backend::{Backend, DefaultBackend},
    point::{G1_BYTES, G2_BYTES, PointFault, encode_g1, encode_g2},
};
use ark_bn254::{G1Affine, G2Affine};
use ark_ec::AffineRepr;

/// Bytes of an encoded proof.
pub const PROOF_BYTES: usize = G1_BYTES + G2_BYTES + G1_BYTES;

/// A Groth16 proof. Its points are on their curves, in the subgroup, and not the identity, which no
/// honest prover produces but with negligible probability.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Proof {
    a: G1Affine,
    b: G2Affine,
    c: G1Affine,
}

impl Proof {
    /// A proof from its points.
    ///
    /// # Errors
    /// [`DecodeError::Point`] with the first point that is off its curve, outside the subgroup or
    /// the identity.
    pub fn new(a: G1Affine, b: G2Affine, c: G1Affine) -> Result<Self, DecodeError> {
        check_g1(Field::ProofA, &a)?;
        check_g2::<DefaultBackend>(Field::ProofB, &b)?;
        check_g1(Field::ProofC, &c)?;
        Self { a, b, c }.without_identity()
    }

    /// Decodes and fully checks a proof.
    ///
    /// # Errors
    /// Every [`DecodeError`] that names a proof.
    pub fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        Self::decode_with::<DefaultBackend>(bytes)
    }

    /// [`Self::decode`] on a given backend.
    ///
    /// # Errors
    /// As [`Self::decode`].
    pub fn decode_with<B: Backend>(bytes: &[u8]) -> Result<Self, DecodeError> {
        let mut reader = Reader::new(Object::Proof, bytes, PROOF_BYTES)?;
        let a = reader.g1(Field::ProofA)?;
        let b = reader.g2(Field::ProofB)?;
        let c = reader.g1(Field::ProofC)?;
        let proof = Self { a, b, c }.without_identity()?;
        // Last, because it is the most expensive.
        check_subgroup::<B>(Field::ProofB, &b)?;
        Ok(proof)
    }

    fn without_identity(self) -> Result<Self, DecodeError> {
        let points = [
            (Field::ProofA, self.a.is_zero()),
            (Field::ProofB, self.b.is_zero()),
            (Field::ProofC, self.c.is_zero()),
        ];
        match points.into_iter().find(|(_, identity)| *identity) {
            Some((field, _)) => Err(DecodeError::point(field)(PointFault::Identity)),
            None => Ok(self),
        }
    }

    /// The proof's bytes.
    pub fn encode(&self) -> [u8; PROOF_BYTES] {
        let mut bytes = [0; PROOF_BYTES];
        bytes[..G1_BYTES].copy_from_slice(&encode_g1(&self.a));
        bytes[G1_BYTES..G1_BYTES + G2_BYTES].copy_from_slice(&encode_g2(&self.b));
        bytes[G1_BYTES + G2_BYTES..].copy_from_slice(&encode_g1(&self.c));
        bytes
    }

    /// A.
    pub fn a(&self) -> &G1Affine {
        &self.a
    }

    /// B.
    pub fn b(&self) -> &G2Affine {
        &self.b
    }

    /// C.
    pub fn c(&self) -> &G1Affine {
        &self.c
    }
}
