//! Extended coordinates on the isomorphic curve `−X² + Y² = 1 + d'·X²·Y²`, `d' = −d/a`, `X =
//! √(−a)·x`, `Y = y`.
//!
//! Source: Hisil, Wong, Carter, Dawson, "Twisted Edwards Curves Revisited", 2008, sections 3.1 and
//! 3.3, for a = −1. −1 is a square and d' is not, so the formulas hold for all pairs of points. A
//! sum's last products are left to the next operation: a doubling does without T.

use super::point::Point;
use crate::field::Fr;
use ark_ff::{AdditiveGroup, Field, MontFp};

/// √(−a).
const SCALE: Fr =
    MontFp!("6360561867910373094066688120553762416144456282423235903351243436111059670888");
/// 1/√(−a).
const UNSCALE: Fr =
    MontFp!("19976260017534050147865154401153945156910754191401137453807035910720341838527");
/// 2·d' = −2·d/a.
const TWICE_D: Fr =
    MontFp!("2475045175004185027501911298141836274980133961483913877536377848625489762075");

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

/// As [`Prepared`], with Z = 1: `(Y − X, Y + X, 2·d'·T)`.
#[cfg(feature = "std")]
#[derive(Clone, Copy)]
pub(super) struct Normalised {
    minus: Fr,
    plus: Fr,
    t: Fr,
}

/// A sum before its last products: `X = E·F`, `Y = G·H`, `T = E·H`, `Z = F·G`.
#[derive(Clone, Copy)]
pub(super) struct Completed {
    e: Fr,
    f: Fr,
    g: Fr,
    h: Fr,
}

/// A table's entry.
pub(super) trait Addend {
    /// `point + self`.
    fn added_to(&self, point: &Extended) -> Completed;
    /// `point − self`.
    fn taken_from(&self, point: &Extended) -> Completed;
}

/// The sum of a point with an entry; `d` is twice the product of both Z.
#[inline(always)]
fn sum(point: &Extended, minus: &Fr, plus: &Fr, t: &Fr, d: Fr) -> Completed {
    let a = (point.y - point.x) * minus;
    let b = (point.y + point.x) * plus;
    let c = point.t * t;
    Completed {
        e: b - a,
        f: d - c,
        g: d + c,
        h: b + a,
    }
}

/// The same with the entry's negative: X and T change their signs, so `minus` and `plus`, F and G
/// change places.
#[inline(always)]
fn difference(point: &Extended, minus: &Fr, plus: &Fr, t: &Fr, d: Fr) -> Completed {
    let Completed { e, f, g, h } = sum(point, plus, minus, t, d);
    Completed { e, f: g, g: f, h }
}

impl Addend for Prepared {
    fn added_to(&self, point: &Extended) -> Completed {
        sum(point, &self.minus, &self.plus, &self.t, point.z * self.z)
    }

    fn taken_from(&self, point: &Extended) -> Completed {
        difference(point, &self.minus, &self.plus, &self.t, point.z * self.z)
    }
}

#[cfg(feature = "std")]
impl Addend for Normalised {
    fn added_to(&self, point: &Extended) -> Completed {
        sum(point, &self.minus, &self.plus, &self.t, point.z.double())
    }

    fn taken_from(&self, point: &Extended) -> Completed {
        difference(point, &self.minus, &self.plus, &self.t, point.z.double())
    }
}

#[cfg(feature = "std")]
impl Normalised {
    /// Of many points, with one inversion.
    pub(super) fn of_all(points: &[Extended]) -> Vec<Self> {
        let mut inverses: Vec<Fr> = points.iter().map(|p| p.z).collect();
        ark_ff::batch_inversion(&mut inverses);
        let normalised = |(p, inverse): (&Extended, Fr)| {
            let (x, y) = (p.x * inverse, p.y * inverse);
            Self {
                minus: y - x,
                plus: y + x,
                t: x * y * TWICE_D,
            }
        };
        points.iter().zip(inverses).map(normalised).collect()
    }
}

impl Completed {
    pub(super) const IDENTITY: Self = Self {
        e: Fr::ZERO,
        f: Fr::ONE,
        g: Fr::ONE,
        h: Fr::ONE,
    };

    pub(super) fn extended(&self) -> Extended {
        Extended {
            x: self.e * self.f,
            y: self.g * self.h,
            t: self.e * self.h,
            z: self.f * self.g,
        }
    }

    /// Twice this.
    pub(super) fn double(&self) -> Self {
        double(self.e * self.f, self.g * self.h, self.f * self.g)
    }

    /// Back to affine coordinates. Z is never zero on the curve; off it, a zero counts as its own
    /// inverse.
    pub(super) fn to_affine(self) -> Point {
        let inverse = (self.f * self.g).inverse().unwrap_or(Fr::ZERO);
        Point {
            x: self.e * self.f * inverse * UNSCALE,
            y: self.g * self.h * inverse,
        }
    }

    pub(super) fn is_identity(&self) -> bool {
        // X = 0 and Y = Z, where neither F nor G is zero: Z is their product.
        self.e == Fr::ZERO && self.h == self.f
    }

    /// Returns true if this is a given point of the curve, without an inversion.
    pub(super) fn is(&self, point: &Point) -> bool {
        let z = self.f * self.g;
        self.e * self.f == point.x * SCALE * z && self.g * self.h == point.y * z
    }
}

/// Twice a point, whose T is not needed.
#[inline(always)]
fn double(x: Fr, y: Fr, z: Fr) -> Completed {
    let a = x.square();
    let b = y.square();
    let e = (x + y).square() - a - b;
    let g = b - a;
    Completed {
        e,
        f: g - z.square().double(),
        g,
        h: -(a + b),
    }
}

impl Extended {
    pub(super) fn prepare(&self) -> Prepared {
        Prepared {
            minus: self.y - self.x,
            plus: self.y + self.x,
            t: self.t * TWICE_D,
            z: self.z.double(),
        }
    }

    pub(super) fn double(&self) -> Completed {
        double(self.x, self.y, self.z)
    }

    /// The odd multiples 1, 3, 5, .., one a call.
    pub(super) fn odd_multiples(&self) -> impl FnMut() -> Self {
        let twice = self.double().extended().prepare();
        let (mut multiple, mut calls) = (*self, 0usize);
        move || {
            if calls > 0 {
                multiple = twice.added_to(&multiple).extended();
            }
            calls += 1;
            multiple
        }
    }
}
