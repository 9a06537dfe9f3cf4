//! Strict encodings of curve points and scalars.
//!
//! A point is encoded as arkworks does it uncompressed: coordinate x, then coordinate y, each 32
//! bytes little-endian per base field element; the two top bits of the last byte hold flags
//! (identity, sign of y). G1 takes [`G1_BYTES`], G2 [`G2_BYTES`]. arkworks' own decoder ignores a
//! wrong sign flag and the coordinates of a flagged identity, so one point would have several
//! encodings; here each point has exactly one.

use alloc::vec::Vec;
use ark_bn254::{Fq12, Fr, G1Affine, G2Affine, g1, g2};
use ark_ec::short_weierstrass::{Affine, SWCurveConfig};
use ark_serialize::{CanonicalDeserialize, CanonicalSerialize, Compress, Validate};

/// Bytes of an encoded G1 point.
pub const G1_BYTES: usize = 64;
/// Bytes of an encoded G2 point.
pub const G2_BYTES: usize = 128;
/// Bytes of an encoded scalar: little-endian, below r.
pub const SCALAR_BYTES: usize = 32;
/// Bytes of an encoded element of the target field: twelve base field elements.
pub const TARGET_BYTES: usize = 384;

/// The reason that a point or scalar was refused.
#[derive(thiserror::Error, Debug, Clone, Copy, PartialEq, Eq)]
pub enum PointFault {
    /// A coordinate is not below the modulus, or flags contradict the coordinates.
    #[error("the encoding is not canonical")]
    NonCanonical,
    /// The coordinates do not satisfy the curve equation.
    #[error("the point is not on the curve")]
    NotOnCurve,
    /// The point is on the curve, outside the subgroup of order r.
    #[error("the point is not in the subgroup of prime order")]
    NotInSubgroup,
    /// The point at infinity, where it is not allowed.
    #[error("the point is the identity")]
    Identity,
}

fn decode<C: SWCurveConfig, const N: usize>(bytes: &[u8; N]) -> Result<Affine<C>, PointFault> {
    let point = Affine::<C>::deserialize_with_mode(&bytes[..], Compress::No, Validate::No)
        .map_err(|_| PointFault::NonCanonical)?;
    // Encoding again is the whole test for canonical form: sign flag, identity, nothing to forget.
    if encode::<C, N>(&point) != Some(*bytes) {
        return Err(PointFault::NonCanonical);
    }
    if !point.is_on_curve() {
        return Err(PointFault::NotOnCurve);
    }
    Ok(point)
}

fn encode<C: SWCurveConfig, const N: usize>(point: &Affine<C>) -> Option<[u8; N]> {
    let mut bytes = [0u8; N];
    point
        .serialize_with_mode(&mut bytes[..], Compress::No)
        .ok()?;
    Some(bytes)
}

/// Decodes a G1 point; the identity is allowed. On the curve means in the group: the cofactor is
/// one.
pub fn decode_g1(bytes: &[u8; G1_BYTES]) -> Result<G1Affine, PointFault> {
    decode::<g1::Config, G1_BYTES>(bytes)
}

/// Decodes a G2 point; the identity is allowed. The point may lie outside the subgroup.
pub fn decode_g2(bytes: &[u8; G2_BYTES]) -> Result<G2Affine, PointFault> {
    decode::<g2::Config, G2_BYTES>(bytes)
}

/// Encodes a G1 point.
#[expect(clippy::expect_used, reason = "each message states why it holds")]
pub fn encode_g1(point: &G1Affine) -> [u8; G1_BYTES] {
    encode::<g1::Config, G1_BYTES>(point).expect("a G1 point takes exactly G1_BYTES; qed")
}

/// Encodes a G2 point.
#[expect(clippy::expect_used, reason = "each message states why it holds")]
pub fn encode_g2(point: &G2Affine) -> [u8; G2_BYTES] {
    encode::<g2::Config, G2_BYTES>(point).expect("a G2 point takes exactly G2_BYTES; qed")
}

/// Decodes a scalar; refuses values that are not below r.
pub fn decode_scalar(bytes: &[u8; SCALAR_BYTES]) -> Result<Fr, PointFault> {
    Fr::deserialize_with_mode(&bytes[..], Compress::No, Validate::No)
        .map_err(|_| PointFault::NonCanonical)
}

/// Decodes a target field element; refuses coefficients that are not below q.
pub fn decode_target(bytes: &[u8; TARGET_BYTES]) -> Result<Fq12, PointFault> {
    Fq12::deserialize_with_mode(&bytes[..], Compress::No, Validate::No)
        .map_err(|_| PointFault::NonCanonical)
}

/// Encodes any arkworks value uncompressed at the end of `out`.
#[expect(clippy::expect_used, reason = "each message states why it holds")]
pub(crate) fn append<T: CanonicalSerialize>(value: &T, out: &mut Vec<u8>) {
    value
        .serialize_with_mode(out, Compress::No)
        .expect("writing to a vector cannot fail; qed");
}
