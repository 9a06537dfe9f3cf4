//! Affine points of the curve: coordinates, equation and packed form.

use crate::field::{FieldBytes, FieldError, Fr};
use ark_ff::{AdditiveGroup, Field, MontFp, PrimeField};

/// Coefficient a of x².
pub const A: Fr = MontFp!("168700");
/// Coefficient d of x²·y².
pub const D: Fr = MontFp!("168696");
/// circomlib's Base8, a generator of the prime subgroup.
pub const BASE8: Point = Point {
    x: MontFp!("5299619240641551281634865583518297030282874472190772894086521144482721001553"),
    y: MontFp!("16950150798460657717958625567821834550301663161624707787222815936182638968203"),
};

/// The reason that a point is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PointError {
    /// y is r or more in a packed point.
    #[error("packed point, y: {0}")]
    NotCanonical(#[from] FieldError),
    /// The sign bit is set although x is zero.
    #[error("packed point: the sign bit must be clear where x is zero")]
    SignOfZero,
    /// No x belongs to y, or x and y do not satisfy the curve's equation.
    #[error("point is not on Baby Jubjub")]
    NotOnCurve,
    /// The point is the neutral element, which is no key.
    #[error("public key is the neutral point")]
    Identity,
    /// The point lies outside the subgroup of order l.
    #[error("public key is not in the subgroup of prime order")]
    NotInSubgroup,
}

/// An affine point. Its fields are not checked; see [`Point::is_on_curve`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Point {
    /// x coordinate.
    pub x: Fr,
    /// y coordinate.
    pub y: Fr,
}

impl Point {
    /// The neutral element (0, 1).
    pub const IDENTITY: Self = Self {
        x: Fr::ZERO,
        y: Fr::ONE,
    };

    /// Returns true if the coordinates satisfy the curve's equation.
    pub fn is_on_curve(&self) -> bool {
        let (x2, y2) = (self.x.square(), self.y.square());
        A * x2 + y2 == Fr::ONE + D * x2 * y2
    }

    /// Returns true if this is the neutral element.
    pub fn is_identity(&self) -> bool {
        *self == Self::IDENTITY
    }

    /// The point `(−x, y)`.
    #[must_use]
    pub fn neg(&self) -> Self {
        Self {
            x: -self.x,
            y: self.y,
        }
    }

    /// iden3's packed form: y in 32 little-endian bytes, the top bit set if x > (r − 1)/2.
    pub fn compress(&self) -> [u8; 32] {
        let mut bytes = FieldBytes::from(self.y).0;
        if is_negative(&self.x) {
            bytes[31] |= 0x80;
        }
        bytes
    }

    /// A point of the curve from its packed form. Each point has exactly one that is accepted.
    pub fn decompress(bytes: &[u8; 32]) -> Result<Self, PointError> {
        let mut y = FieldBytes(*bytes);
        y.0[31] &= 0x7f;
        let negative = bytes[31] & 0x80 != 0;
        let y = y.to_fr()?;
        let y2 = y.square();
        // x² = (1 − y²) / (a − d·y²); the denominator is never zero, because a is a square and d is
        // not.
        let inverse = (A - D * y2).inverse().ok_or(PointError::NotOnCurve)?;
        let x = ((Fr::ONE - y2) * inverse)
            .sqrt()
            .ok_or(PointError::NotOnCurve)?;
        if negative && x == Fr::ZERO {
            return Err(PointError::SignOfZero);
        }
        Ok(Self {
            x: if is_negative(&x) == negative { x } else { -x },
            y,
        })
    }
}

/// Returns true if the element is above (r − 1)/2.
fn is_negative(x: &Fr) -> bool {
    x.into_bigint() > Fr::MODULUS_MINUS_ONE_DIV_TWO
}
