//! Order of numbers of bounded width.
//!
//! Everything rests on one fact: for n ≤ 252 the field elements that stand for the integers of `(−2^n, 2^n)` are
//! distinct and those in `[0, 2^n)` are exactly the ones that have an n-bit decomposition. So a range check of a
//! difference of bounded numbers compares them.

use super::bits::{range, to_bits};
use crate::r1cs::{Bit, Cs, Num};

/// Requires `a − b` in `[0, 2^n)`, n ≤ 252. Costs n. For `|a − b| < 2^n` this is `a ≥ b`.
pub fn enforce_ge(cs: &mut Cs, a: &Num, b: &Num, n: usize) {
    range(cs, &(a - b), n);
}

/// Requires `a − b` in `[1, 2^n]`, n ≤ 252. Costs n. For `|a − b| ≤ 2^n` this is `a > b`.
pub fn enforce_gt(cs: &mut Cs, a: &Num, b: &Num, n: usize) {
    range(cs, &(a - b - Num::one()), n);
}

/// Where the condition holds, requires `a − b` in `[0, 2^n)`, n ≤ 252; else nothing. Costs n + 1.
pub fn enforce_ge_if(cs: &mut Cs, condition: &Bit, a: &Num, b: &Num, n: usize) {
    let difference = cs.mul(condition.num(), &(a - b));
    range(cs, &difference, n);
}

/// Where the condition holds, requires `a − b` in `[1, 2^n]`, n ≤ 252; else nothing. Costs n + 1.
pub fn enforce_gt_if(cs: &mut Cs, condition: &Bit, a: &Num, b: &Num, n: usize) {
    enforce_ge_if(cs, condition, &(a - Num::one()), b, n);
}

/// Whether `a ≥ b`, requiring `a − b` in `[−2^n, 2^n)`, n ≤ 252. Costs n + 1.
///
/// Sound: `a − b + 2^n` lies in `[0, 2^(n+1))`, where its bits are unique; the top one says whether `a − b ≥ 0`.
pub fn is_ge(cs: &mut Cs, a: &Num, b: &Num, n: usize) -> Bit {
    let mut bits = to_bits(cs, &(a - b + Num::power_of_two(n)), n + 1);
    bits.swap_remove(n)
}

/// Whether `a > b`, requiring `a − b` in `(−2^n, 2^n]`, n ≤ 252. Costs n + 1.
pub fn is_gt(cs: &mut Cs, a: &Num, b: &Num, n: usize) -> Bit {
    is_ge(cs, b, a, n).not()
}

/// Whether `a ≥ 0`, requiring a in `[−2^n, 2^n)`, n ≤ 252. Costs n + 1.
pub fn is_nonnegative(cs: &mut Cs, a: &Num, n: usize) -> Bit {
    is_ge(cs, a, &Num::zero(), n)
}
