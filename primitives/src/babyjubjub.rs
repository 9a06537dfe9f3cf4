//! Baby Jubjub in circomlib's form: `168700·x² + y² = 1 + 168696·x²·y²` over BN254's scalar field.
//!
//! Source: Bellés-Muñoz, Whitehat, Baylina, Daza, Muñoz-Tapia, "Twisted Edwards Elliptic Curves for
//! Zero-Knowledge Circuits", 2021 (EIP-2494); base point and packed encoding as in circomlib. The
//! curve has `8·l` points; signatures live in the subgroup of prime order l, which [`BASE8`]
//! generates.

mod extended;
mod multiples;
mod point;
#[cfg(feature = "std")]
mod prepared;
#[cfg(feature = "std")]
mod table;

/// An integer modulo [`SUBGROUP_ORDER`].
pub use ark_ed_on_bn254::Fr as Scalar;
pub use ark_ff::BigInteger256;
pub use point::{A, BASE8, D, Point, PointError};
#[cfg(feature = "std")]
pub use prepared::PreparedKey;

use core::fmt;
use extended::{Addend, Extended};
use multiples::multiple;

/// Order l of the prime subgroup:
/// 2736030358979909402780800718157159386076813972158567259200215660948447373041.
pub const SUBGROUP_ORDER: BigInteger256 = BigInteger256::new([
    0x677297dc392126f1,
    0xab3eedb83920ee0a,
    0x370a08b6d0302b0b,
    0x060c89ce5c263405,
]);
/// The group law.
impl Point {
    /// Returns true if the point is on the curve and `l` times it is neutral.
    pub fn in_subgroup(&self) -> bool {
        self.is_on_curve() && multiple(&Extended::from(self), &SUBGROUP_ORDER).is_identity()
    }

    /// Sum of two points of the curve. Of others, the result means nothing.
    #[must_use]
    pub fn add(&self, other: &Self) -> Self {
        let other = Extended::from(other).prepare();
        other.added_to(&Extended::from(self)).to_affine()
    }

    /// `scalar` times a point of the curve, for any 256-bit scalar. Takes a time that depends on
    /// the scalar.
    #[must_use]
    pub fn mul(&self, scalar: &BigInteger256) -> Self {
        multiple(&Extended::from(self), scalar).to_affine()
    }
}

/// A public key: a point of the prime subgroup other than the neutral one. Made only by checked
/// constructors.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct PublicKey(Point);

impl PublicKey {
    /// Checks the point: on the curve, not neutral, of order l.
    pub fn new(point: Point) -> Result<Self, PointError> {
        if !point.is_on_curve() {
            return Err(PointError::NotOnCurve);
        }
        if point.is_identity() {
            return Err(PointError::Identity);
        }
        if !point.in_subgroup() {
            return Err(PointError::NotInSubgroup);
        }
        Ok(Self(point))
    }

    /// From the packed form of [`Point::compress`], with the checks of [`PublicKey::new`].
    pub fn from_compressed(bytes: &[u8; 32]) -> Result<Self, PointError> {
        Self::new(Point::decompress(bytes)?)
    }

    /// The key's point.
    pub fn point(&self) -> Point {
        self.0
    }

    /// The packed form.
    pub fn compress(&self) -> [u8; 32] {
        self.0.compress()
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PublicKey(")?;
        self.compress()
            .iter()
            .try_for_each(|byte| write!(f, "{byte:02x}"))?;
        write!(f, ")")
    }
}

/// `scalar` times [`BASE8`]; the scalar is below l. Takes a time that depends on the scalar.
#[cfg(feature = "std")]
pub(crate) fn base_multiple(scalar: &BigInteger256) -> Point {
    table::sum_of_tables([(table::Table::of_base(), scalar)]).to_affine()
}

/// Returns true if `s·BASE8 + t·q` is a given point of the curve, as q is, for any 256-bit scalars.
/// Takes a time that depends on them.
pub(crate) fn is_sum(s: &BigInteger256, q: &Point, t: &BigInteger256, sum: &Point) -> bool {
    #[cfg(feature = "std")]
    let (width, multiples) = table::Table::of_base().first_part();
    #[cfg(not(feature = "std"))]
    let (width, multiples) = (
        multiples::WINDOW,
        &multiples::table(&Extended::from(&BASE8)),
    );
    multiples::sum_of_multiples((width, multiples), s, &q.into(), t).is(sum)
}

/// 32 little-endian bytes as an integer.
pub fn integer(bytes: &[u8; 32]) -> BigInteger256 {
    let mut limbs = [0; 4];
    for (limb, chunk) in limbs.iter_mut().zip(bytes.chunks_exact(8)) {
        *limb = chunk
            .iter()
            .rev()
            .fold(0u64, |value, byte| value << 8 | u64::from(*byte));
    }
    BigInteger256::new(limbs)
}

/// An integer divided by 8, rounded down: circomlib's base point is 8 times the curve's generator.
pub fn eighth(value: BigInteger256) -> BigInteger256 {
    value >> 3
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::field::{FieldError, Fr};
    use ark_ff::{AdditiveGroup, BigInteger, Field, PrimeField};
    use proptest::prelude::*;

    fn small_order() -> [Point; 3] {
        // (0, −1) has order 2; (±1/√a, 0) have order 4.
        let x = A.inverse().unwrap().sqrt().unwrap();
        [
            Point {
                x: Fr::ZERO,
                y: -Fr::ONE,
            },
            Point { x, y: Fr::ZERO },
            Point { x: -x, y: Fr::ZERO },
        ]
    }

    /// The group law written out in affine coordinates.
    fn affine_sum(p: &Point, q: &Point) -> Point {
        let k = D * p.x * q.x * p.y * q.y;
        Point {
            x: (p.x * q.y + p.y * q.x) * (Fr::ONE + k).inverse().unwrap(),
            y: (p.y * q.y - A * p.x * q.x) * (Fr::ONE - k).inverse().unwrap(),
        }
    }

    #[test]
    fn scalars_are_modulo_the_subgroup_order() {
        assert_eq!(Scalar::MODULUS, SUBGROUP_ORDER);
        assert!(BASE8.mul(&SUBGROUP_ORDER).is_identity());
    }

    #[test]
    fn the_coefficients_make_the_law_complete() {
        assert!(A.legendre().is_qr());
        assert!(D.legendre().is_qnr());
    }

    #[test]
    fn keys_of_small_or_composite_order_are_refused() {
        assert_eq!(PublicKey::new(Point::IDENTITY), Err(PointError::Identity));
        assert_eq!(
            PublicKey::new(Point {
                x: Fr::ONE,
                y: Fr::ZERO
            }),
            Err(PointError::NotOnCurve)
        );
        for low in small_order() {
            assert!(low.is_on_curve());
            assert_eq!(PublicKey::new(low), Err(PointError::NotInSubgroup));
            assert_eq!(
                PublicKey::new(BASE8.add(&low)),
                Err(PointError::NotInSubgroup)
            );
            assert_eq!(
                PublicKey::from_compressed(&low.compress()),
                Err(PointError::NotInSubgroup)
            );
        }
        assert!(PublicKey::new(BASE8).is_ok());
    }

    #[test]
    fn packed_points_are_canonical() {
        let mut bytes = [0; 32];
        bytes.copy_from_slice(&Fr::MODULUS.to_bytes_le());
        assert_eq!(
            Point::decompress(&bytes),
            Err(PointError::NotCanonical(FieldError::NotCanonical)),
            "y = r is 0 again"
        );
        let mut identity = Point::IDENTITY.compress();
        assert_eq!(Point::decompress(&identity), Ok(Point::IDENTITY));
        identity[31] |= 0x80;
        assert_eq!(Point::decompress(&identity), Err(PointError::SignOfZero));
        assert_eq!(
            Point::decompress(&[0xff; 32]),
            Err(PointError::NotCanonical(FieldError::NotCanonical))
        );
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn sums_and_multiples_follow_the_affine_law(scalar in any::<[u64; 4]>(), other in 0u64..40, torsion in 0usize..3) {
            let q = BASE8.mul(&BigInteger256::from(other)).add(&small_order()[torsion]);
            let p = BASE8.mul(&BigInteger256::new(scalar)).add(&q);
            prop_assert!(p.is_on_curve());
            prop_assert_eq!(p.add(&q), affine_sum(&p, &q));
            prop_assert_eq!(p.add(&p), affine_sum(&p, &p));
            let scalar = BigInteger256::new(scalar);
            let mut expected = Point::IDENTITY;
            for bit in scalar.to_bits_be() {
                expected = affine_sum(&expected, &expected);
                if bit {
                    expected = affine_sum(&expected, &q);
                }
            }
            prop_assert_eq!(q.mul(&scalar), expected);
        }

        #[test]
        fn packed_points_round_trip(scalar in any::<[u64; 4]>()) {
            let p = BASE8.mul(&BigInteger256::new(scalar));
            prop_assert_eq!(Point::decompress(&p.compress()), Ok(p));
            prop_assert_eq!(Point::decompress(&p.neg().compress()), Ok(p.neg()));
        }

        #[test]
        fn any_bytes_decode_to_themselves_or_not_at_all(bytes in any::<[u8; 32]>(), top in 0u8..0x40) {
            let mut bytes = bytes;
            bytes[31] = (bytes[31] & 0x80) | top;
            if let Ok(point) = Point::decompress(&bytes) {
                prop_assert!(point.is_on_curve());
                prop_assert_eq!(point.compress(), bytes);
            }
        }
    }
}
