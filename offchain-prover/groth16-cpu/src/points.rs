//! Points as keys hold them: coordinates in Montgomery form and nothing else.
//!
//! A coordinate is four 64-bit limbs, the least significant first, times 2²⁵⁶ modulo the field's
//! prime. That is the form that arkworks keeps in memory and that libraries for GPUs take. The
//! point at infinity has both coordinates zero, as (0, 0) lies on neither curve.

use ark_bn254::{Fq, Fq2, G1Affine, G2Affine};
use ark_ec::AffineRepr;
use ark_ff::BigInt;
use bytemuck::{Pod, Zeroable};

/// A point of G1.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Pod, Zeroable)]
pub struct G1Point {
    /// First coordinate.
    pub x: [u64; 4],
    /// Second coordinate.
    pub y: [u64; 4],
}

/// A point of G2: coordinates c₀ + c₁·u.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Pod, Zeroable)]
pub struct G2Point {
    /// First coordinate.
    pub x: [[u64; 4]; 2],
    /// Second coordinate.
    pub y: [[u64; 4]; 2],
}

impl G1Point {
    /// True for the point at infinity.
    #[inline]
    pub fn is_infinity(&self) -> bool {
        *self == Self::default()
    }
}

impl G2Point {
    /// True for the point at infinity.
    #[inline]
    pub fn is_infinity(&self) -> bool {
        *self == Self::default()
    }
}

#[inline]
fn element(limbs: [u64; 4]) -> Fq {
    Fq::new_unchecked(BigInt(limbs))
}

#[inline]
fn limbs(element: Fq) -> [u64; 4] {
    element.0.0
}

impl From<&G1Affine> for G1Point {
    #[inline]
    fn from(point: &G1Affine) -> Self {
        point.xy().map_or_else(Self::default, |(x, y)| Self {
            x: limbs(x),
            y: limbs(y),
        })
    }
}

impl From<&G2Affine> for G2Point {
    #[inline]
    fn from(point: &G2Affine) -> Self {
        let pair = |value: Fq2| [limbs(value.c0), limbs(value.c1)];
        point.xy().map_or_else(Self::default, |(x, y)| Self {
            x: pair(x),
            y: pair(y),
        })
    }
}

/// The point with these coordinates. It is not checked that it lies on the curve.
impl From<&G1Point> for G1Affine {
    #[inline]
    fn from(point: &G1Point) -> Self {
        if point.is_infinity() {
            Self::zero()
        } else {
            Self::new_unchecked(element(point.x), element(point.y))
        }
    }
}

/// The point with these coordinates. It is not checked that it lies on the curve.
impl From<&G2Point> for G2Affine {
    #[inline]
    fn from(point: &G2Point) -> Self {
        let pair = |[c0, c1]: [[u64; 4]; 2]| Fq2::new(element(c0), element(c1));
        if point.is_infinity() {
            Self::zero()
        } else {
            Self::new_unchecked(pair(point.x), pair(point.y))
        }
    }
}

/// A list of points in memory of the caller's choice, such as a `Vec` or a mapped file.
///
/// ```
/// use clearproof_groth16_cpu::{BasesG1, G1Point, PointSource};
///
/// /// Points that are part of the program.
/// struct Constant(&'static [G1Point]);
///
/// impl PointSource<G1Point> for Constant {
///     fn points(&self) -> &[G1Point] {
///         self.0
///     }
/// }
///
/// let bases = BasesG1::new(Constant(&[]))?;
/// assert!(bases.is_empty());
/// # Ok::<(), clearproof_groth16_cpu::Error>(())
/// ```
pub trait PointSource<P>: Send + Sync {
    /// The points; the same at each call.
    fn points(&self) -> &[P];

    /// Called when the points are not needed for a while: after they were first read, and after
    /// each sum over them. A mapped file can give its pages back to the system here. By default
    /// this does nothing.
    fn release(&self) {}
}

impl<P: Send + Sync> PointSource<P> for Vec<P> {
    fn points(&self) -> &[P] {
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ark_ff::UniformRand;
    use rand::{SeedableRng, rngs::StdRng};

    #[test]
    fn points_come_back() {
        let rng = &mut StdRng::seed_from_u64(3);
        for point in [G1Affine::rand(rng), G1Affine::zero()] {
            assert_eq!(G1Affine::from(&G1Point::from(&point)), point);
        }
        for point in [G2Affine::rand(rng), G2Affine::zero()] {
            assert_eq!(G2Affine::from(&G2Point::from(&point)), point);
        }
        assert_eq!((size_of::<G1Point>(), size_of::<G2Point>()), (64, 128));
    }
}
