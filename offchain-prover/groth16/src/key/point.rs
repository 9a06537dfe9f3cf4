//! Points on disk: the limbs in memory, so that loading a key costs a copy and a comparison per coordinate.
//!
//! A base field element is its four 64-bit Montgomery limbs, little-endian; a point is x and y; the point at
//! infinity is all zeros, which lies on neither curve.

use ark_bn254::{Fq, Fq2};
use ark_ec::{
    short_weierstrass::{Affine, SWCurveConfig},
    AffineRepr,
};
use ark_ff::{BigInt, PrimeField, Zero};

/// A point with a fixed size on disk.
pub(super) trait RawPoint: Sized {
    /// Bytes of a point.
    const BYTES: usize;
    /// Appends the point.
    fn write(&self, bytes: &mut Vec<u8>);
    /// Reads a point from [`Self::BYTES`] bytes; none if a coordinate is not below the modulus. Whether it lies
    /// on the curve is not looked at.
    fn read(bytes: &[u8]) -> Option<Self>;
}

/// A coordinate with a fixed size on disk.
pub(super) trait RawCoordinate: Sized {
    const BYTES: usize;
    fn write(&self, bytes: &mut Vec<u8>);
    fn read(bytes: &[u8]) -> Option<Self>;
}

impl RawCoordinate for Fq {
    const BYTES: usize = 32;

    fn write(&self, bytes: &mut Vec<u8>) {
        self.0
             .0
            .iter()
            .for_each(|limb| bytes.extend_from_slice(&limb.to_le_bytes()));
    }

    fn read(bytes: &[u8]) -> Option<Self> {
        let mut limbs = [0u64; 4];
        for (limb, chunk) in limbs.iter_mut().zip(bytes.chunks_exact(8)) {
            *limb = u64::from_le_bytes(chunk.try_into().ok()?);
        }
        let element = BigInt(limbs);
        (element < Self::MODULUS).then(|| Self::new_unchecked(element))
    }
}

impl RawCoordinate for Fq2 {
    const BYTES: usize = 2 * Fq::BYTES;

    fn write(&self, bytes: &mut Vec<u8>) {
        self.c0.write(bytes);
        self.c1.write(bytes);
    }

    fn read(bytes: &[u8]) -> Option<Self> {
        let (c0, c1) = bytes.split_at_checked(Fq::BYTES)?;
        Some(Self::new(Fq::read(c0)?, Fq::read(c1)?))
    }
}

impl<C: SWCurveConfig> RawPoint for Affine<C>
where
    C::BaseField: RawCoordinate,
{
    const BYTES: usize = 2 * C::BaseField::BYTES;

    fn write(&self, bytes: &mut Vec<u8>) {
        let (x, y) = self.xy().unwrap_or_default();
        x.write(bytes);
        y.write(bytes);
    }

    fn read(bytes: &[u8]) -> Option<Self> {
        let (x, y) = bytes.split_at_checked(C::BaseField::BYTES)?;
        let (x, y) = (C::BaseField::read(x)?, C::BaseField::read(y)?);
        Some(if x.is_zero() && y.is_zero() {
            Self::zero()
        } else {
            Self::new_unchecked(x, y)
        })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use ark_bn254::{G1Affine, G2Affine};
    use ark_ff::UniformRand;
    use rand::{rngs::StdRng, SeedableRng};

    fn round_trip<P: RawPoint + PartialEq + std::fmt::Debug>(point: P) -> Vec<u8> {
        let mut bytes = Vec::new();
        point.write(&mut bytes);
        assert_eq!(bytes.len(), P::BYTES);
        assert_eq!(P::read(&bytes), Some(point));
        bytes
    }

    #[test]
    fn points_come_back() {
        let rng = &mut StdRng::seed_from_u64(3);
        round_trip(G1Affine::rand(rng));
        round_trip(G2Affine::rand(rng));
        assert_eq!(round_trip(G1Affine::zero()), [0; 64]);
        assert_eq!(round_trip(G2Affine::zero()), [0; 128]);
    }

    #[test]
    fn coordinates_lie_below_the_modulus() {
        let mut bytes = round_trip(G2Affine::generator());
        for (limb, value) in Fq::MODULUS.0.iter().enumerate() {
            bytes[96 + 8 * limb..][..8].copy_from_slice(&value.to_le_bytes());
        }
        assert_eq!(G2Affine::read(&bytes), None);
        bytes[96] -= 1;
        assert!(G2Affine::read(&bytes).is_some());
    }
}
