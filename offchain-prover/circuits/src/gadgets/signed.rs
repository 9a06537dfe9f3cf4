//! Signed numbers: a negative integer −x stands as r − x.

use super::compare::is_nonnegative;
use crate::r1cs::{Bit, Cs, Num};
use ark_bn254::Fr;
use ark_ff::{AdditiveGroup, Field};

/// A signed number in its parts. `x = positive − negative`, `magnitude = positive + negative`, and
/// one of the two is 0.
#[derive(Clone, Debug)]
pub struct Signed {
    /// Set if the number is below zero; clear for zero.
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
/// Sound: the sign is the unique result of [`is_nonnegative`] (which also is the range check), zero
/// counts as not negative, and `magnitude = (1 − 2·is_negative)·x`, at most `2^n`. The two parts
/// are linear: `(magnitude ± x)/2`.
pub fn signed_split(cs: &mut Cs, x: &Num, n: usize) -> Signed {
    let is_negative = is_nonnegative(cs, x, n).not();
    let magnitude = cs.mul(&(Num::one() - is_negative.num().double()), x);
    let half = Fr::from(2u64).inverse().unwrap_or(Fr::ZERO);
    let positive = (&magnitude + x).scale(half);
    let negative = (&magnitude - x).scale(half);
    Signed {
        is_negative,
        magnitude,
        positive,
        negative,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gadgets::testing::{accepted, refused};

    #[test]
    fn parts_of_a_signed_number() {
        for x in [0i64, 1, -1, 127, -128, 77, -100] {
            let cost = accepted(|cs| {
                let num = cs.input(Fr::from(x));
                let parts = signed_split(cs, &num, 7);
                assert_eq!(parts.is_negative.value(), x < 0);
                assert_eq!(parts.magnitude.value(), Fr::from(x.unsigned_abs()));
                assert_eq!(parts.positive.value(), Fr::from(x.max(0)));
                assert_eq!(parts.negative.value(), Fr::from((-x).max(0)));
            });
            assert_eq!(cost, 7 + 2);
        }
    }

    #[test]
    fn out_of_range_is_refused() {
        for x in [128i64, -129] {
            refused(|cs| {
                let num = cs.input(Fr::from(x));
                signed_split(cs, &num, 7);
            });
        }
    }
}
