//! Points of Baby Jubjub, `a·x² + y² = 1 + d·x²·y²` with a = 168700 and d = 168696, and their group
//! law.
//!
//! Every addition is the complete one: a is a square and d is not, so for any two points *of the
//! curve* the denominators `1 ± d·x1·x2·y1·y2` are non-zero (Bernstein, Birkner, Joye, Lange,
//! Peters, "Twisted Edwards curves", 2008, section 6), equal, opposite and neutral points included.
//! Hence each division below has exactly one solution. For pairs that are not on the curve nothing
//! is guaranteed; callers rule them out with [`enforce_on_curve`].

use super::logic::select;
use crate::r1cs::{Bit, Cs, Num, Sum};
use ark_bn254::Fr;
use ark_ff::{AdditiveGroup, Field, One};
use clearproof_primitives::babyjubjub;

/// An affine point. The gadgets' documentation states when it is on the curve.
#[derive(Clone, Debug)]
pub struct Point {
    /// First coordinate.
    pub x: Num,
    /// Second coordinate.
    pub y: Num,
}

impl Point {
    /// The neutral element (0, 1).
    pub fn identity() -> Self {
        Self {
            x: Num::zero(),
            y: Num::one(),
        }
    }

    /// A constant point.
    pub fn constant(x: Fr, y: Fr) -> Self {
        Self {
            x: Num::constant(x),
            y: Num::constant(y),
        }
    }

    /// Two new witnesses; not checked.
    pub fn alloc(cs: &mut Cs, x: Fr, y: Fr) -> Self {
        Self {
            x: cs.alloc(x),
            y: cs.alloc(y),
        }
    }
}

/// Requires a point to be on the curve. Costs 3.
pub fn enforce_on_curve(cs: &mut Cs, p: &Point) {
    let xx = cs.square(&p.x);
    let yy = cs.square(&p.y);
    // x²·(d·y² − a) = y² − 1
    cs.enforce(
        &xx,
        &(yy.scale(babyjubjub::D) - Num::constant(babyjubjub::A)),
        &(yy - Num::one()),
    );
}

/// The point if the condition holds, else the neutral element. Costs 2.
pub fn or_identity(cs: &mut Cs, condition: &Bit, p: &Point) -> Point {
    let identity = Point::identity();
    Point {
        x: select(cs, condition, &p.x, &identity.x),
        y: select(cs, condition, &p.y, &identity.y),
    }
}

/// The sum of two points of the curve. Costs 6.
pub fn add(cs: &mut Cs, p: &Point, q: &Point) -> Point {
    let xy = cs.mul(&p.x, &q.y);
    let yx = cs.mul(&p.y, &q.x);
    // (y1 − a·x1)(x2 + y2) = (y1·y2 − a·x1·x2) + y1·x2 − a·x1·y2
    let cross = cs.mul(&(&p.y - p.x.scale(babyjubjub::A)), &(&q.x + &q.y));
    let product = cs.mul(&xy, &yx).scale(babyjubjub::D);
    let y_numerator = cross - &yx + xy.scale(babyjubjub::A);
    quotients(cs, &(xy + yx), &y_numerator, &product)
}

/// Twice a point of the curve. Costs 5.
///
/// The addition of equal points, with `x·y` computed once.
pub fn double(cs: &mut Cs, p: &Point) -> Point {
    let xy = cs.mul(&p.x, &p.y);
    let cross = cs.mul(&(&p.y - p.x.scale(babyjubjub::A)), &(&p.x + &p.y));
    let product = cs.square(&xy).scale(babyjubjub::D);
    let y_numerator = cross + xy.scale(babyjubjub::A - Fr::one());
    quotients(cs, &xy.double(), &y_numerator, &product)
}

/// `(x_numerator / (1 + product), y_numerator / (1 − product))`, for non-zero denominators. Costs
/// 2.
fn quotients(cs: &mut Cs, x_numerator: &Num, y_numerator: &Num, product: &Num) -> Point {
    let plus = Num::one() + product;
    let minus = Num::one() - product;
    let inverse = (plus.value() * minus.value()).inverse().unwrap_or(Fr::ZERO);
    let x = x_numerator.value() * minus.value() * inverse;
    let y = y_numerator.value() * plus.value() * inverse;
    if [x_numerator, y_numerator, product]
        .into_iter()
        .all(Num::is_constant)
    {
        return Point::constant(x, y);
    }
    let point = Point::alloc(cs, x, y);
    cs.enforce(&point.x, &plus, x_numerator);
    cs.enforce(&point.y, &minus, y_numerator);
    point
}

/// `(2k + 1)·p` for `k = Σ 2^i·bits[i]` and a point of the curve; the number of bits must be even.
/// Costs 10 for each bit, and 11.
///
/// Horner's rule from the top with the digits ±1, ±3 for two bits: `acc ← 4·acc + (2e − 3)·p`, e =
/// 0..3, from acc = p, ends at `4^m + 2k − (4^m − 1) = 2k + 1`. No digit is zero, so a digit costs
/// 4 rather than 6.
pub fn multiply_odd(cs: &mut Cs, bits: &[Bit], p: &Point) -> Point {
    assert!(bits.len().is_multiple_of(2), "windows of two bits");
    let twice = double(cs, p);
    let thrice = add(cs, &twice, p);
    let half = Fr::from(2u64).inverse().unwrap_or(Fr::ZERO);
    let mean = Point {
        x: (&thrice.x + &p.x).scale(half),
        y: (&thrice.y + &p.y).scale(half),
    };
    let offset = Point {
        x: (&thrice.x - &p.x).scale(half),
        y: (&thrice.y - &p.y).scale(half),
    };

    let mut acc = p.clone();
    for pair in bits.chunks_exact(2).rev() {
        // With signs s = 2·bit − 1: x = s1·mean + s0·offset is x3, x1, −x1, −x3, and y depends on
        // s0·s1 alone.
        let [low, high] = [0, 1].map(|i: usize| pair[i].num().double() - Num::one());
        let same = cs.mul(&low, &high);
        let x = cs.mul(&high, &mean.x) + cs.mul(&low, &offset.x);
        let y = &mean.y + cs.mul(&same, &offset.y);
        acc = double(cs, &acc);
        acc = double(cs, &acc);
        acc = add(cs, &acc, &Point { x, y });
    }
    acc
}

/// Multiples of a constant point for [`multiply_fixed`]: for the i-th window of three bits,
/// `e·8^i·P` for e = 0..7.
#[derive(Debug)]
pub struct FixedBase {
    windows: Vec<[(Fr, Fr); 8]>,
}

impl FixedBase {
    /// The table for scalars of the given number of bits.
    pub fn new(base: &babyjubjub::Point, bits: usize) -> Self {
        let mut windows = Vec::with_capacity(bits.div_ceil(3));
        let mut step = *base;
        for _ in 0..bits.div_ceil(3) {
            let mut multiple = babyjubjub::Point::IDENTITY;
            windows.push([(); 8].map(|()| {
                let entry = (multiple.x, multiple.y);
                multiple = multiple.add(&step);
                entry
            }));
            step = multiple;
        }
        Self { windows }
    }
}

/// `k·P` for `k = Σ 2^i·bits[i]` and a constant point of the curve. Costs 10 for every 3 bits, less
/// 6.
///
/// A digit's point is linear in the products of its three bits (4 of them), by Möbius inversion of
/// the table.
pub fn multiply_fixed(cs: &mut Cs, bits: &[Bit], table: &FixedBase) -> Point {
    assert!(
        bits.len() <= 3 * table.windows.len(),
        "the table is too short for {} bits",
        bits.len()
    );
    let mut acc: Option<Point> = None;
    for (window, entries) in bits.chunks(3).zip(&table.windows) {
        let digit = lookup(cs, window, entries);
        acc = Some(match acc {
            Some(acc) => add(cs, &acc, &digit),
            None => digit,
        });
    }
    acc.unwrap_or_else(Point::identity)
}

/// The entry that one to three bits select: `Σ over sets of bits (Π of the set) · coefficient`.
fn lookup(cs: &mut Cs, bits: &[Bit], entries: &[(Fr, Fr); 8]) -> Point {
    let mut products = vec![Num::one()];
    for bit in bits {
        for i in 0..products.len() {
            let product = cs.mul(&products[i], bit.num());
            products.push(product);
        }
    }
    let coordinate = |of: fn(&(Fr, Fr)) -> Fr| {
        let mut coefficients: Vec<Fr> = entries[..products.len()].iter().map(of).collect();
        for bit in 0..bits.len() {
            for i in 0..coefficients.len() {
                if i >> bit & 1 == 1 {
                    let without = coefficients[i ^ 1 << bit];
                    coefficients[i] -= without;
                }
            }
        }
        let mut sum = Sum::new();
        for (product, coefficient) in products.iter().zip(coefficients) {
            sum.add_scaled(product, coefficient);
        }
        sum.finish()
    };
    Point {
        x: coordinate(|entry| entry.0),
        y: coordinate(|entry| entry.1),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::gadgets::{
        bits::{alloc_bit, to_bits},
        testing::{accepted, refused},
    };
    use ark_ff::BigInt;
    use babyjubjub::BASE8;

    fn input(cs: &mut Cs, p: &babyjubjub::Point) -> Point {
        Point {
            x: cs.input(p.x),
            y: cs.input(p.y),
        }
    }

    fn value(p: &Point) -> babyjubjub::Point {
        babyjubjub::Point {
            x: p.x.value(),
            y: p.y.value(),
        }
    }

    /// The neutral point, points of order 2 and 4, of order l, and of composite order.
    fn samples() -> Vec<babyjubjub::Point> {
        let quarter = babyjubjub::Point {
            x: babyjubjub::A.inverse().unwrap().sqrt().unwrap(),
            y: Fr::ZERO,
        };
        let half = babyjubjub::Point {
            x: Fr::ZERO,
            y: -Fr::ONE,
        };
        vec![
            babyjubjub::Point::IDENTITY,
            half,
            quarter,
            BASE8,
            BASE8.neg(),
            BASE8.add(&quarter),
            BASE8.add(&BASE8),
        ]
    }

    #[test]
    fn sums_agree_with_the_native_ones_in_every_case() {
        for p in samples() {
            for q in samples() {
                let cost = accepted(|cs| {
                    let (a, b) = (input(cs, &p), input(cs, &q));
                    assert_eq!(value(&add(cs, &a, &b)), p.add(&q));
                });
                assert_eq!(cost, 6);
            }
            let cost = accepted(|cs| {
                let a = input(cs, &p);
                assert_eq!(value(&double(cs, &a)), p.add(&p));
            });
            assert_eq!(cost, 5);
        }
    }

    #[test]
    fn only_points_of_the_curve_pass() {
        for p in samples() {
            let cost = accepted(|cs| {
                let a = input(cs, &p);
                enforce_on_curve(cs, &a);
            });
            assert_eq!(cost, 3);
            for off in [
                babyjubjub::Point {
                    x: p.x + Fr::from(3u64),
                    y: p.y,
                },
                babyjubjub::Point {
                    x: p.x,
                    y: p.y + Fr::from(3u64),
                },
            ] {
                assert!(!off.is_on_curve());
                refused(|cs| {
                    let a = input(cs, &off);
                    enforce_on_curve(cs, &a);
                });
            }
        }
        refused(|cs| {
            let nowhere = Point::alloc(cs, Fr::ZERO, Fr::ZERO);
            enforce_on_curve(cs, &nowhere);
        });
    }

    #[test]
    fn a_condition_chooses_between_point_and_identity() {
        for condition in [false, true] {
            let cost = accepted(|cs| {
                let a = input(cs, &BASE8);
                let bit = alloc_bit(cs, condition);
                let chosen = or_identity(cs, &bit, &a);
                assert_eq!(
                    value(&chosen),
                    if condition {
                        BASE8
                    } else {
                        babyjubjub::Point::IDENTITY
                    }
                );
                cs.enforce_equal(&chosen.y, &Num::constant(value(&chosen).y));
            });
            assert_eq!(cost, 1 + 2 + 1);
        }
    }

    #[test]
    fn multiples_agree_with_the_native_ones() {
        let table = FixedBase::new(&BASE8, 20);
        for scalar in [0u64, 1, 2, 7, 8, 0b1001, 77_777, (1 << 20) - 1] {
            let cost = accepted(|cs| {
                let k = cs.input(scalar);
                let bits = to_bits(cs, &k, 20);
                assert_eq!(
                    value(&multiply_fixed(cs, &bits, &table)),
                    BASE8.mul(&BigInt::from(scalar))
                );
            });
            // six windows of three bits, one of two
            assert_eq!(cost, 20 + 6 * 4 + 1 + 6 * 6);
            for p in samples() {
                let cost = accepted(|cs| {
                    let (a, k) = (input(cs, &p), cs.input(scalar));
                    let bits = to_bits(cs, &k, 20);
                    assert_eq!(
                        value(&multiply_odd(cs, &bits, &a)),
                        p.mul(&BigInt::from(2 * scalar + 1))
                    );
                });
                assert_eq!(cost, 20 + 11 + 10 * 20);
            }
        }
    }
}
