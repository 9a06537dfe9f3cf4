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

/// The largest of one or more numbers of `[−2^n, 2^n)`, n ≤ 251. Costs n + 1 for each, and one less
/// than their number.
///
/// The caller knows the ranges. Sound: every difference `max − x` lies in `[0, 2^(n+1))`, so the
/// maximum is an upper bound; the product of the differences is zero, so it is one of the numbers.
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gadgets::testing::{accepted, holds_with, refused};

    const SIGNED: [i64; 4] = [-7, 5, 3, 5];

    #[test]
    fn the_maximum_is_found() {
        let cost = accepted(|cs| {
            let xs: Vec<Num> = SIGNED.iter().map(|x| cs.input(Fr::from(*x))).collect();
            assert_eq!(maximum(cs, &xs, 8).value(), Fr::from(5));
        });
        assert_eq!(cost, 4 * 9 + 4 - 1);
    }

    #[test]
    fn a_larger_or_smaller_claim_is_refused() {
        for claim in [6i64, 3, -7] {
            let build = |cs: &mut Cs| {
                let xs: Vec<Num> = SIGNED.iter().map(|x| cs.input(Fr::from(*x))).collect();
                let claim = cs.alloc(Fr::from(claim));
                let mut product = Num::one();
                for x in &xs {
                    range(cs, &(&claim - x), 9);
                    product = cs.mul(&product, &(&claim - x));
                }
                cs.enforce_zero(&product);
            };
            refused(build);
        }
        // the gadget itself, with only its claim replaced
        let build = |cs: &mut Cs| {
            let xs: Vec<Num> = SIGNED.iter().map(|x| cs.input(Fr::from(*x))).collect();
            maximum(cs, &xs, 8);
        };
        assert!(!holds_with(build, &[(0, Fr::from(6))]));
    }

    #[test]
    fn a_bound_may_be_loose_but_not_low() {
        let build = |claim: u64| {
            move |cs: &mut Cs| {
                let xs: Vec<Num> = [1u64, 9, 4].iter().map(|x| cs.input(*x)).collect();
                let claim = cs.input(claim);
                enforce_upper_bound(cs, &claim, &xs, 8);
            }
        };
        assert_eq!(accepted(build(9)), 3 * 8);
        accepted(build(10));
        refused(build(8));
    }
}
