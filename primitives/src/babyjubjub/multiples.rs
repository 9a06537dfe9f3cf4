//! Multiples of points, and sums of two: scalars in non-adjacent form, doublings shared (Straus).
//!
//! Source: Hankerson, Menezes, Vanstone, "Guide to Elliptic Curve Cryptography", 2004, section 3.3,
//! algorithms 3.35, 3.36 and
//! 3.51. The time taken depends on the scalars.

use super::{
    BigInteger256,
    extended::{Addend, Completed, Extended, Prepared},
};

/// Width of the form for points met once: digits are odd and below 16 in magnitude; among 5 in a
/// row one is not zero.
pub(super) const WINDOW: u32 = 5;
/// Digits of a 256-bit scalar: one more for the last carry.
const DIGITS: usize = 257;

/// A scalar as `Σ digit_i·2^i`, each digit zero or odd.
pub(super) struct Digits([i8; DIGITS]);

impl Digits {
    /// Non-adjacent form of a width from 2 to 8: digits are below 2^(width − 1) in magnitude.
    pub(super) fn new(scalar: &BigInteger256, width: u32) -> Self {
        let mut digits = [0; DIGITS];
        let limb = |i: usize| scalar.0.get(i).map_or(0, |limb| u128::from(*limb));
        let mut carry = 0;
        let mut position = 0;
        while position < DIGITS {
            let (at, shift) = (position / 64, position % 64);
            let bits = (limb(at) | limb(at + 1) << 64) >> shift;
            let window = (bits & ((1 << width) - 1)) as i16 + carry;
            if window % 2 == 0 {
                position += 1;
                continue;
            }
            carry = i16::from(window >= 1 << (width - 1));
            digits[position] = (window - (carry << width)) as i8;
            position += width as usize;
        }
        Self(digits)
    }

    /// The digit that counts 2^position.
    pub(super) fn at(&self, position: usize) -> i8 {
        self.0.get(position).copied().unwrap_or(0)
    }

    /// Digits up to the highest that is not zero.
    pub(super) fn length(&self) -> usize {
        self.0.iter().rposition(|x| *x != 0).map_or(0, |i| i + 1)
    }
}

/// The sum with a digit's multiple, from a table of odd multiples.
#[inline(always)]
pub(super) fn add_multiple<E: Addend>(sum: Completed, table: &[E], digit: i8) -> Completed {
    if digit == 0 {
        return sum;
    }
    let entry = &table[usize::from(digit.unsigned_abs() / 2)];
    if digit > 0 {
        entry.added_to(&sum.extended())
    } else {
        entry.taken_from(&sum.extended())
    }
}

/// Odd multiples for digits of a width.
pub(super) const fn odd_multiples(width: u32) -> usize {
    1 << (width - 2)
}

/// Odd multiples of a point met once.
pub(super) fn table(point: &Extended) -> [Prepared; odd_multiples(WINDOW)] {
    let mut next = point.odd_multiples();
    core::array::from_fn(|_| next().prepare())
}

/// `scalar` times a point.
pub(super) fn multiple(point: &Extended, scalar: &BigInteger256) -> Completed {
    let table = table(point);
    let digits = Digits::new(scalar, WINDOW);
    (0..digits.length())
        .rev()
        .fold(Completed::IDENTITY, |sum, i| {
            add_multiple(sum.double(), &table, digits.at(i))
        })
}

/// `s` times the point whose odd multiples for a width are given, and `t` times another.
pub(super) fn sum_of_multiples<E: Addend>(
    (width, multiples): (u32, &[E]),
    s: &BigInteger256,
    q: &Extended,
    t: &BigInteger256,
) -> Completed {
    let table = table(q);
    let (s, t) = (Digits::new(s, width), Digits::new(t, WINDOW));
    (0..s.length().max(t.length()))
        .rev()
        .fold(Completed::IDENTITY, |sum, i| {
            let sum = add_multiple(sum.double(), multiples, s.at(i));
            add_multiple(sum, &table, t.at(i))
        })
}
