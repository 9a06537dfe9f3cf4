//! Order of numbers of bounded width.
//!
//! Everything rests on one fact: for n ≤ 252 the field elements that stand for the integers of
//! `(−2^n, 2^n)` are distinct and those in `[0, 2^n)` are exactly the ones that have an n-bit
//! decomposition. So a range check of a difference of bounded numbers compares them.

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

/// If the condition holds, requires `a − b` in `[0, 2^n)`, n ≤ 252; else nothing. Costs n + 1.
pub fn enforce_ge_if(cs: &mut Cs, condition: &Bit, a: &Num, b: &Num, n: usize) {
    let difference = cs.mul(condition.num(), &(a - b));
    range(cs, &difference, n);
}

/// If the condition holds, requires `a − b` in `[1, 2^n]`, n ≤ 252; else nothing. Costs n + 1.
pub fn enforce_gt_if(cs: &mut Cs, condition: &Bit, a: &Num, b: &Num, n: usize) {
    enforce_ge_if(cs, condition, &(a - Num::one()), b, n);
}

/// Set if `a ≥ b`; requires `a − b` in `[−2^n, 2^n)`, n ≤ 252. Costs n + 1.
///
/// Sound: `a − b + 2^n` lies in `[0, 2^(n+1))`, where its bits are unique; the top one is set if
/// `a − b ≥ 0`.
pub fn is_ge(cs: &mut Cs, a: &Num, b: &Num, n: usize) -> Bit {
    let mut bits = to_bits(cs, &(a - b + Num::power_of_two(n)), n + 1);
    bits.swap_remove(n)
}

/// Set if `a > b`; requires `a − b` in `(−2^n, 2^n]`, n ≤ 252. Costs n + 1.
pub fn is_gt(cs: &mut Cs, a: &Num, b: &Num, n: usize) -> Bit {
    is_ge(cs, b, a, n).not()
}

/// Set if `a ≥ 0`; requires a in `[−2^n, 2^n)`, n ≤ 252. Costs n + 1.
pub fn is_nonnegative(cs: &mut Cs, a: &Num, n: usize) -> Bit {
    is_ge(cs, a, &Num::zero(), n)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gadgets::{
        logic::as_bit,
        testing::{accepted, refused},
    };
    use ark_bn254::Fr;

    const CASES: [(i64, i64); 9] = [
        (0, 0),
        (1, 0),
        (0, 1),
        (255, 0),
        (0, 255),
        (-128, 127),
        (127, -128),
        (-1, -1),
        (-5, -4),
    ];

    #[test]
    fn answers_agree_with_integers() {
        for (a, b) in CASES {
            let cost = accepted(|cs| {
                let (x, y) = (cs.input(Fr::from(a)), cs.input(Fr::from(b)));
                assert_eq!(is_ge(cs, &x, &y, 8).value(), a >= b);
                assert_eq!(is_gt(cs, &x, &y, 8).value(), a > b);
            });
            assert_eq!(cost, 2 * 9);
        }
    }

    #[test]
    fn requirements_agree_with_integers() {
        for (a, b) in CASES {
            for (strict, fine) in [(false, a >= b), (true, a > b)] {
                let build = |cs: &mut Cs| {
                    let (x, y) = (cs.input(Fr::from(a)), cs.input(Fr::from(b)));
                    if strict {
                        enforce_gt(cs, &x, &y, 8);
                    } else {
                        enforce_ge(cs, &x, &y, 8);
                    }
                };
                if fine {
                    assert_eq!(accepted(build), 8);
                } else {
                    refused(build);
                }
            }
        }
    }

    #[test]
    fn conditional_requirements_bind_under_their_condition() {
        let build = |condition: bool, a: u64, b: u64| {
            move |cs: &mut Cs| {
                let (x, y) = (cs.input(a), cs.input(b));
                let given = cs.input(u64::from(condition));
                let bit = as_bit(cs, &given);
                enforce_ge_if(cs, &bit, &x, &y, 8);
                enforce_gt_if(cs, &bit, &x, &(y - Num::one()), 8);
            }
        };
        let mut cs = Cs::recording();
        build(false, 0, 9)(&mut cs);
        assert_eq!(cs.num_constraints(), 1 + 2 * 9);
        assert!(cs.finish().is_ok());
        accepted(build(true, 9, 9));
        refused(build(true, 8, 9));
    }

    #[test]
    fn a_difference_out_of_range_has_no_answer() {
        for difference in [256i64, -257, i64::MAX, i64::MIN] {
            refused(|cs| {
                let x = cs.input(Fr::from(difference));
                is_nonnegative(cs, &x, 8);
            });
        }
        accepted(|cs| {
            let x = cs.input(-Fr::from(256u64));
            assert!(!is_nonnegative(cs, &x, 8).value());
        });
    }
}
