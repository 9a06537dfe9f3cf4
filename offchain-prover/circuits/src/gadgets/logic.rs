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

/// `condition ? a : b = b + condition·(a − b)`. Costs 1, or nothing where a − b is constant.
pub fn select(cs: &mut Cs, condition: &Bit, a: &Num, b: &Num) -> Num {
    let step = cs.mul(condition.num(), &(a - b));
    b + step
}

/// `condition ? a : b` for bits. Costs 1; one of two bits is a bit.
pub fn select_bit(cs: &mut Cs, condition: &Bit, a: &Bit, b: &Bit) -> Bit {
    Bit::from_num_unchecked(select(cs, condition, a.num(), b.num()))
}

/// Whether a number is zero. Costs 2.
///
/// Sound: `x · hint = 1 − z` and `x · z = 0`. If x = 0 the first gives z = 1; if x ≠ 0 the second gives z = 0. So z is a
/// bit without a constraint of its own.
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

/// Whether two numbers are equal. Costs 2, as [`is_zero`] of their difference.
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

/// Requires `a = b` where the condition holds. Costs 1.
pub fn enforce_equal_if(cs: &mut Cs, condition: &Bit, a: &Num, b: &Num) {
    cs.enforce(condition.num(), &(a - b), &Num::zero());
}

/// Requires `a = 0` where the condition holds. Costs 1.
pub fn enforce_zero_if(cs: &mut Cs, condition: &Bit, a: &Num) {
    cs.enforce(condition.num(), a, &Num::zero());
}

/// Requires `condition → conclusion`. Costs 1: `condition · (1 − conclusion) = 0`.
pub fn enforce_implies(cs: &mut Cs, condition: &Bit, conclusion: &Bit) {
    cs.enforce(condition.num(), conclusion.not().num(), &Num::zero());
}

/// All of many bits. Costs 2 (one product for two bits): counts those missing and asks whether there are none;
/// fewer bits than r.
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

/// Any of many bits. Costs as [`all`].
pub fn any(cs: &mut Cs, bits: &[Bit]) -> Bit {
    match bits {
        [] => Bit::constant(false),
        [one] => one.clone(),
        [a, b] => or(cs, a, b),
        _ => is_zero(cs, &Num::sum(bits.iter().map(Bit::num))).not(),
    }
}

/// A bit that the caller has as a number, checked. Costs 1. Same as [`enforce_bit`].
pub fn as_bit(cs: &mut Cs, x: &Num) -> Bit {
    enforce_bit(cs, x)
}
