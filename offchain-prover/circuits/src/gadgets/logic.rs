//! Boolean logic, selection and equality.

use super::bits::enforce_bit;
use crate::r1cs::{Bit, Cs, Num};
use ark_ff::Zero;

/// `a ∧ b`. Costs 1: the product of two bits is a bit.
pub fn and(cs: &mut Cs, a: &Bit, b: &Bit) -> Bit {
    Bit::from_num_unchecked(cs.mul(a.num(), b.num()))
}

/// `a ∨ b = a + b − a·b`. Costs 1.
pub fn or(cs: &mut Cs, a: &Bit, b: &Bit) -> Bit {
    let both = cs.mul(a.num(), b.num());
    Bit::from_num_unchecked(a.num() + b.num() - both)
}

/// `a ⊕ b = a + b − 2·a·b`. Costs 1.
pub fn xor(cs: &mut Cs, a: &Bit, b: &Bit) -> Bit {
    let both = cs.mul(a.num(), b.num());
    Bit::from_num_unchecked(a.num() + b.num() - both.double())
}

/// `condition ? a : b = b + condition·(a − b)`. Costs 1, or nothing if a − b is constant.
pub fn select(cs: &mut Cs, condition: &Bit, a: &Num, b: &Num) -> Num {
    let step = cs.mul(condition.num(), &(a - b));
    b + step
}

/// `condition ? a : b` for bits. Costs 1; one of two bits is a bit.
pub fn select_bit(cs: &mut Cs, condition: &Bit, a: &Bit, b: &Bit) -> Bit {
    Bit::from_num_unchecked(select(cs, condition, a.num(), b.num()))
}

/// Set if a number is zero. Costs 2.
///
/// Sound: `x · hint = 1 − z` and `x · z = 0`. If x = 0 the first gives z = 1; if x ≠ 0 the second
/// gives z = 0. So z is a bit without a constraint of its own.
pub fn is_zero(cs: &mut Cs, x: &Num) -> Bit {
    if let Some(constant) = x.as_constant() {
        return Bit::constant(constant.is_zero());
    }
    let hint = cs.hint_inverse(x);
    let zero = cs.alloc(x.value().is_zero() as u64);
    cs.enforce(x, &hint, &(Num::one() - &zero));
    cs.enforce(x, &zero, &Num::zero());
    Bit::from_num_unchecked(zero)
}

/// Set if two numbers are equal. Costs 2, as [`is_zero`] of their difference.
pub fn is_equal(cs: &mut Cs, a: &Num, b: &Num) -> Bit {
    is_zero(cs, &(a - b))
}

/// Requires a number not to be zero. Costs 1: only then `x · hint = 1` has a solution.
pub fn enforce_nonzero(cs: &mut Cs, x: &Num) {
    if let Some(constant) = x.as_constant() {
        let defect = Num::from(constant.is_zero() as u64);
        return cs.enforce_zero(&defect);
    }
    let hint = cs.hint_inverse(x);
    cs.enforce(x, &hint, &Num::one());
}

/// Requires a number not to be zero if the condition holds. Costs 1: `x · hint = condition`.
pub fn enforce_nonzero_if(cs: &mut Cs, condition: &Bit, x: &Num) {
    let hint = cs.hint_quotient(condition.num(), x);
    cs.enforce(x, &hint, condition.num());
}

/// Requires `a = b` if the condition holds. Costs 1.
pub fn enforce_equal_if(cs: &mut Cs, condition: &Bit, a: &Num, b: &Num) {
    cs.enforce(condition.num(), &(a - b), &Num::zero());
}

/// Requires `a = 0` if the condition holds. Costs 1.
pub fn enforce_zero_if(cs: &mut Cs, condition: &Bit, a: &Num) {
    cs.enforce(condition.num(), a, &Num::zero());
}

/// Requires `condition → conclusion`. Costs 1: `condition · (1 − conclusion) = 0`.
pub fn enforce_implies(cs: &mut Cs, condition: &Bit, conclusion: &Bit) {
    cs.enforce(condition.num(), conclusion.not().num(), &Num::zero());
}

/// Set if all bits are set. Costs 2 (one product for two bits): counts the bits that are clear and
/// tests that number for zero; fewer bits than r.
pub fn all(cs: &mut Cs, bits: &[Bit]) -> Bit {
    match bits {
        [] => Bit::constant(true),
        [one] => one.clone(),
        [a, b] => and(cs, a, b),
        _ => {
            let missing = Num::from(bits.len() as u64) - Num::sum(bits.iter().map(Bit::num));
            is_zero(cs, &missing)
        }
    }
}

/// Set if any bit is set. Costs as [`all`].
pub fn any(cs: &mut Cs, bits: &[Bit]) -> Bit {
    match bits {
        [] => Bit::constant(false),
        [one] => one.clone(),
        [a, b] => or(cs, a, b),
        _ => is_zero(cs, &Num::sum(bits.iter().map(Bit::num))).not(),
    }
}

/// A bit that the caller has as a number, checked. Costs 1. The same as [`enforce_bit`].
pub fn as_bit(cs: &mut Cs, x: &Num) -> Bit {
    enforce_bit(cs, x)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gadgets::{
        bits::alloc_bit,
        testing::{accepted, holds_with, refused},
    };
    use ark_bn254::Fr;

    const BOOLS: [bool; 2] = [false, true];

    fn bits<const N: usize>(cs: &mut Cs, values: [bool; N]) -> [Bit; N] {
        values.map(|value| {
            let given = cs.input(u64::from(value));
            as_bit(cs, &given)
        })
    }

    #[test]
    fn truth_tables() {
        for a in BOOLS {
            for b in BOOLS {
                let cost = accepted(|cs| {
                    let [x, y] = bits(cs, [a, b]);
                    assert_eq!(and(cs, &x, &y).value(), a && b);
                    assert_eq!(or(cs, &x, &y).value(), a || b);
                    assert_eq!(xor(cs, &x, &y).value(), a ^ b);
                    assert_eq!(x.not().value(), !a);
                });
                assert_eq!(cost, 2 + 3);
                for c in BOOLS {
                    let cost = accepted(|cs| {
                        let bits = bits(cs, [a, b, c]);
                        assert_eq!(all(cs, &bits).value(), a && b && c);
                        assert_eq!(any(cs, &bits).value(), a || b || c);
                        assert_eq!(
                            select_bit(cs, &bits[0], &bits[1], &bits[2]).value(),
                            if a { b } else { c }
                        );
                    });
                    assert_eq!(cost, 3 + 2 + 2 + 1);
                }
            }
        }
    }

    #[test]
    fn selection_costs_one() {
        for condition in BOOLS {
            let cost = accepted(|cs| {
                let bit = alloc_bit(cs, condition);
                let (a, b) = (cs.alloc(11u64), cs.alloc(22u64));
                let chosen = select(cs, &bit, &a, &b);
                assert_eq!(chosen.value(), Fr::from(if condition { 11u64 } else { 22 }));
                cs.enforce_equal(&chosen, &Num::from(if condition { 11 } else { 22 }));
                cs.enforce_equal(&(a + b), &Num::from(33));
            });
            assert_eq!(cost, 1 + 1 + 2);
        }
    }

    #[test]
    fn zero_is_recognised_and_nothing_else() {
        for value in [0u64, 1, 5] {
            let build = |cs: &mut Cs| {
                let x = cs.input(value);
                assert_eq!(is_zero(cs, &x).value(), value == 0);
            };
            assert_eq!(accepted(build), 2);
            // witnesses: hint, answer. No hint makes the wrong answer hold.
            let wrong = Fr::from(u64::from(value != 0));
            for hint in [Fr::zero(), Fr::from(1u64), -Fr::from(1u64)] {
                assert!(!holds_with(build, &[(0, hint), (1, wrong)]));
            }
        }
        accepted(|cs| {
            let (a, b) = (cs.input(3u64), cs.input(3u64));
            assert!(is_equal(cs, &a, &b).value());
            let c = cs.input(4u64);
            assert!(!is_equal(cs, &a, &c).value());
        });
        assert_eq!(
            accepted(|cs| {
                let x = cs.input(9u64);
                enforce_nonzero(cs, &x);
            }),
            1
        );
        refused(|cs| {
            let x = cs.input(0u64);
            enforce_nonzero(cs, &x);
        });
    }

    #[test]
    fn a_number_is_not_zero_where_it_must_not_be() {
        for (condition, value, fine) in [(1, 3, true), (1, 0, false), (0, 3, true), (0, 0, true)] {
            let build = |cs: &mut Cs| {
                let (given, x) = (cs.input(condition as u64), cs.input(value as u64));
                let bit = as_bit(cs, &given);
                enforce_nonzero_if(cs, &bit, &x);
            };
            if fine {
                assert_eq!(accepted(build), 2);
            } else {
                refused(build);
            }
        }
    }

    #[test]
    fn conditional_rules_bind_only_under_their_condition() {
        for (condition, fine) in [(false, true), (true, false)] {
            let rules: [fn(&mut Cs, &Bit); 3] = [
                |cs, bit| {
                    let (a, b) = (cs.input(1u64), cs.input(2u64));
                    enforce_equal_if(cs, bit, &a, &b);
                },
                |cs, bit| {
                    let a = cs.input(1u64);
                    enforce_zero_if(cs, bit, &a);
                },
                |cs, bit| {
                    let no = cs.input(0u64);
                    let no = as_bit(cs, &no);
                    enforce_implies(cs, bit, &no);
                },
            ];
            for rule in rules {
                let build = |cs: &mut Cs| {
                    let given = cs.input(u64::from(condition));
                    let bit = as_bit(cs, &given);
                    rule(cs, &bit);
                };
                if fine {
                    accepted(build);
                } else {
                    refused(build);
                }
            }
        }
    }
}
