//! Constants of limbs and columns.

use crate::vector::{Modulus, split};
use std::marker::PhantomData;

pub(super) const BITS: u32 = 51;
pub(super) const MASK: u64 = (1 << BITS) - 1;
pub(super) const RADIX: f64 = (1u64 << BITS) as f64;

/// 2⁵²: its bits plus a number below 2⁵² in its mantissa are the bits of their sum.
pub(super) const WHOLE: f64 = 2.0 * RADIX;
/// 1.5·2⁵²: the same for whole numbers within ±2⁵¹.
pub(super) const SIGNED: f64 = 3.0 * RADIX;
/// 1.5·2¹⁰³: the same for multiples of 2⁵¹ within ±2¹⁰².
pub(super) const HIGH: f64 = SIGNED * RADIX;

/// Added to a column to keep it from becoming negative. It is a multiple of the radix, and the
/// column above repays it.
const OFFSET: i64 = 1 << 60;

/// Pairs of limbs whose numbers add up to `column`.
const fn pairs(column: i64) -> i64 {
    match column {
        0..5 => column + 1,
        5..9 => 9 - column,
        _ => 0,
    }
}

/// The start value of a column of a product. The constants of all halves that are added to the
/// column are subtracted in advance; each of the `products` products has ten columns. The columns
/// that are kept are rounded to the nearest multiple of the radix.
const fn start(column: usize, products: i64) -> i64 {
    let low = pairs(column as i64);
    let high = pairs(column as i64 - 1);
    let constants = (SIGNED.to_bits() as i64)
        .wrapping_mul(products * low)
        .wrapping_add((HIGH.to_bits() as i64).wrapping_mul(products * high));
    let offset = if column < 9 { OFFSET } else { 0 };
    let repaid = if column > 0 { OFFSET >> BITS } else { 0 };
    let half = if column >= 5 && column < 9 {
        1 << (BITS - 1)
    } else {
        0
    };
    (offset - repaid + half).wrapping_sub(constants)
}

pub(super) struct Constants<M>(PhantomData<M>);

impl<M: Modulus> Constants<M> {
    pub(super) const P: [u64; 5] = split::<BITS>(M::LIMBS);
    pub(super) const FACTORS: [f64; 5] = doubles(Self::P);
    pub(super) const BALANCED: [f64; 5] = balanced(Self::P);
    pub(super) const NEGATED_INVERSE: f64 = (M::NEGATED_INVERSE & MASK) as f64;
    /// One over the top limb.
    pub(super) const RECIPROCAL: f64 = 1.0 / Self::P[4] as f64;
    /// 2⁵⁷ over the top limb's highest bits plus one: see `finish`.
    pub(super) const QUOTIENT: i64 = ((1u64 << 57) / ((Self::P[4] >> 24) + 1)) as i64;
    /// 8·p, with an offset that keeps limbs from becoming negative.
    pub(super) const EIGHT: [i64; 5] = kept_positive(Self::P, 8);
    /// −p, with the same offset.
    pub(super) const LESS: [i64; 5] = kept_positive(Self::P, -1);
}

pub(super) const fn doubles(limbs: [u64; 5]) -> [f64; 5] {
    let [a, b, c, d, e] = limbs;
    [a as f64, b as f64, c as f64, d as f64, e as f64]
}

/// The same number with limbs within ±2⁵⁰, except for the last one.
const fn balanced(limbs: [u64; 5]) -> [f64; 5] {
    let mut out = [0.0; 5];
    let mut carry = 0;
    let mut i = 0;
    while i < 5 {
        let limb = limbs[i] + carry;
        carry = if i < 4 {
            (limb + (1 << (BITS - 1))) >> BITS
        } else {
            0
        };
        out[i] = (limb as i64 - (carry << BITS) as i64) as f64;
        i += 1;
    }
    out
}

/// A multiple of a number, with 2⁵⁵ added to each limb and repaid by the limb above.
pub(super) const fn kept_positive(limbs: [u64; 5], times: i64) -> [i64; 5] {
    let mut out = [0; 5];
    let mut i = 0;
    while i < 5 {
        let borrowed = if i < 4 { 1 << 55 } else { 0 };
        let repaid = if i > 0 { 1 << (55 - BITS) } else { 0 };
        out[i] = limbs[i] as i64 * times + borrowed - repaid;
        i += 1;
    }
    out
}

pub(super) const fn starts(products: i64) -> [i64; 10] {
    let mut out = [0; 10];
    let mut column = 0;
    while column < 10 {
        out[column] = start(column, products);
        column += 1;
    }
    out
}
