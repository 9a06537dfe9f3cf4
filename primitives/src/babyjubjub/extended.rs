//! Extended coordinates on the isomorphic curve `−X² + Y² = 1 + d'·X²·Y²`, `d' = −d/a`, `X = √(−a)·x`, `Y = y`.
//!
//! Source: Hisil, Wong, Carter, Dawson, "Twisted Edwards Curves Revisited", 2008, sections 3.1 and 3.3, for a = −1.
//! −1 is a square and d' is not, so the formulas hold for all pairs of points. Scalars are recoded to windows in
//! non-adjacent form; the time taken depends on them.

use super::{BigInteger256, Point};
use crate::field::Fr;
use ark_ff::{AdditiveGroup, BigInteger, Field, MontFp};

/// √(−a).
const SCALE: Fr =
    MontFp!("6360561867910373094066688120553762416144456282423235903351243436111059670888");
/// 1/√(−a).
const UNSCALE: Fr =
    MontFp!("19976260017534050147865154401153945156910754191401137453807035910720341838527");
/// 2·d' = −2·d/a.
const TWICE_D: Fr =
    MontFp!("2475045175004185027501911298141836274980133961483913877536377848625489762075");

/// Width of the non-adjacent form: digits are odd and below 16 in magnitude, and among 5 in a row one is not zero.
const WINDOW: u32 = 5;
/// Odd multiples 1, 3, .. 15 of a point.
const TABLE: usize = 1 << (WINDOW - 2);
/// Digits of a 256-bit scalar: one more for the last carry.
const DIGITS: usize = 257;

/// `(X : Y : T : Z)` with `X·Y = T·Z`.
#[derive(Clone, Copy)]
pub(super) struct Extended {
    x: Fr,
    y: Fr,
    t: Fr,
    z: Fr,
}

/// A point made ready to be added: `(Y − X, Y + X, 2·d'·T, 2·Z)`.
#[derive(Clone, Copy)]
pub(super) struct Prepared {
    minus: Fr,
    plus: Fr,
    t: Fr,
    z: Fr,
}

impl From<&Point> for Extended {
    fn from(p: &Point) -> Self {
        let x = p.x * SCALE;
        Self {
            x,
            y: p.y,
            t: x * p.y,
            z: Fr::ONE,
        }
    }
}

impl Prepared {
    fn neg(&self) -> Self {
        Self {
            minus: self.plus,
            plus: self.minus,
            t: -self.t,
            z: self.z,
        }
    }
}

impl Extended {
    const IDENTITY: Self = Self {
        x: Fr::ZERO,
        y: Fr::ONE,
        t: Fr::ZERO,
        z: Fr::ONE,
    };

    /// Back to affine coordinates. Z is never zero on the curve; off it, a zero counts as its own inverse.
    pub(super) fn to_affine(self) -> Point {
        let inverse = self.z.inverse().unwrap_or(Fr::ZERO);
        Point {
            x: self.x * inverse * UNSCALE,
            y: self.y * inverse,
        }
    }

    pub(super) fn is_identity(&self) -> bool {
        self.x == Fr::ZERO && self.y == self.z
    }

    pub(super) fn prepare(&self) -> Prepared {
        Prepared {
            minus: self.y - self.x,
            plus: self.y + self.x,
            t: self.t * TWICE_D,
            z: self.z.double(),
        }
    }

    pub(super) fn add(&self, other: &Prepared) -> Self {
        let a = (self.y - self.x) * other.minus;
        let b = (self.y + self.x) * other.plus;
        let c = self.t * other.t;
        let d = self.z * other.z;
        Self::complete(b - a, d - c, d + c, b + a)
    }

    pub(super) fn double(&self) -> Self {
        let a = self.x.square();
        let b = self.y.square();
        let e = (self.x + self.y).square() - a - b;
        let g = b - a;
        let f = g - self.z.square().double();
        Self::complete(e, f, g, -(a + b))
    }

    fn complete(e: Fr, f: Fr, g: Fr, h: Fr) -> Self {
        Self {
            x: e * f,
            y: g * h,
            t: e * h,
            z: f * g,
        }
    }

    fn odd_multiples(&self) -> [Prepared; TABLE] {
        let twice = self.double().prepare();
        let mut multiple = *self;
        core::array::from_fn(|i| {
            if i > 0 {
                multiple = multiple.add(&twice);
            }
            multiple.prepare()
        })
    }

    pub(super) fn mul(&self, scalar: &BigInteger256) -> Self {
        sum_of_multiples([self], [scalar])
    }
}

/// `s·p + t·q`, with the doublings shared (Straus).
pub(super) fn double_mul(
    p: &Extended,
    s: &BigInteger256,
    q: &Extended,
    t: &BigInteger256,
) -> Extended {
    sum_of_multiples([p, q], [s, t])
}

fn sum_of_multiples<const N: usize>(
    points: [&Extended; N],
    scalars: [&BigInteger256; N],
) -> Extended {
    let tables = points.map(Extended::odd_multiples);
    let digits = scalars.map(non_adjacent_form);
    let length = digits
        .iter()
        .map(|d| d.iter().rposition(|x| *x != 0).map_or(0, |i| i + 1))
        .max()
        .unwrap_or(0);
    let mut sum = Extended::IDENTITY;
    for i in (0..length).rev() {
        sum = sum.double();
        for (table, digits) in tables.iter().zip(&digits) {
            let digit = digits[i];
            if digit != 0 {
                let entry = &table[usize::from(digit.unsigned_abs() / 2)];
                sum = sum.add(&if digit > 0 { *entry } else { entry.neg() });
            }
        }
    }
    sum
}

/// The scalar as `Σ digit_i·2^i` with odd digits in −15..=15 or zero.
fn non_adjacent_form(scalar: &BigInteger256) -> [i8; DIGITS] {
    let mut digits = [0; DIGITS];
    // Past the scalar's 256 bits there is only the last carry.
    let bit = |position: usize| position < 256 && scalar.get_bit(position);
    let mut carry = false;
    let mut position = 0;
    while position < DIGITS {
        if bit(position) == carry {
            position += 1;
            continue;
        }
        let window =
            (0..WINDOW as usize).fold(0i8, |value, i| value | i8::from(bit(position + i)) << i);
        let digit = window + i8::from(carry);
        carry = digit >= 1 << (WINDOW - 1);
        digits[position] = if carry { digit - (1 << WINDOW) } else { digit };
        position += WINDOW as usize;
    }
    digits
}
