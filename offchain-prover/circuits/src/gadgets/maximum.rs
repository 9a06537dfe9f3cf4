//! The largest of several numbers.

use super::{bits::range, compare::enforce_ge};
use crate::r1cs::{Cs, Num};
use ark_bn254::Fr;
use ark_ff::{PrimeField, Zero};

/// Requires `claim ≥ x` for each x, all differences below `2^n`, n ≤ 252. Costs n for each x.
pub fn enforce_upper_bound(cs: &mut Cs, claim: &Num, xs: &[Num], n: usize) {
    for x in xs {
        enforce_ge(cs, claim, x, n);
    }
}

/// The largest of one or more numbers of `[−2^n, 2^n)`, n ≤ 251. Costs n + 1 for each, and one less than their number.
///
/// The caller knows the ranges. Sound: every difference `max − x` lies in `[0, 2^(n+1))`, so the maximum is an upper
/// bound; the product of the differences is zero, so it is one of the numbers.
pub fn maximum(cs: &mut Cs, xs: &[Num], n: usize) -> Num {
    assert!(!xs.is_empty(), "no maximum of no numbers");
    let offset = Num::power_of_two(n).value();
    let largest = xs
        .iter()
        .map(Num::value)
        .max_by_key(|value| (*value + offset).into_bigint())
        .unwrap_or_else(Fr::zero);
    if xs.iter().all(Num::is_constant) {
        return Num::constant(largest);
    }
    let claim = cs.alloc(largest);
    let mut product = Num::one();
    for (i, x) in xs.iter().enumerate() {
        let difference = &claim - x;
        range(cs, &difference, n + 1);
        if i + 1 < xs.len() {
            product = cs.mul(&product, &difference);
        } else {
            cs.enforce(&product, &difference, &Num::zero());
        }
    }
    claim
}
