//! Signed numbers: a negative integer −x stands as r − x.

use super::compare::is_nonnegative;
use crate::r1cs::{Bit, Cs, Num};
use ark_bn254::Fr;
use ark_ff::{AdditiveGroup, Field};

/// A signed number in its parts. `x = positive − negative`, `magnitude = positive + negative`, and one of the two is 0.
#[derive(Clone, Debug)]
pub struct Signed {
    /// Set where the number is below zero; clear for zero.
    pub is_negative: Bit,
    /// `|x|`.
    pub magnitude: Num,
    /// `max(x, 0)`.
    pub positive: Num,
    /// `max(−x, 0)`.
    pub negative: Num,
}

/// Splits a number, requiring it to lie in `[−2^n, 2^n)`, n ≤ 252. Costs n + 2.
///
/// Sound: the sign is the unique answer of [`is_nonnegative`] (which also is the range check), zero counts as not
/// negative, and `magnitude = (1 − 2·is_negative)·x`, at most `2^n`. The two parts are linear: `(magnitude ± x)/2`.
pub fn signed_split(cs: &mut Cs, x: &Num, n: usize) -> Signed {
    let is_negative = is_nonnegative(cs, x, n).not();
    let magnitude = cs.mul(&(Num::one() - is_negative.num().double()), x);
    let half = Fr::from(2u64).inverse().unwrap_or(Fr::ZERO);
    let positive = (&magnitude + x).scale(half);
    let negative = (&magnitude - x).scale(half);
    Signed { is_negative, magnitude, positive, negative }
}
