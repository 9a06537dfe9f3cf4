//! Bits, decompositions and ranges.
//!
//! The lowest bit of a decomposition is not a witness: it is the number less the weighted other
//! bits, required to be 0 or 1. So a decomposition into n bits costs n constraints, and there is no
//! separate sum to check.

use crate::r1cs::{Bit, Cs, Num, Sum};
use ark_bn254::Fr;
use ark_ff::{BigInt, BigInteger, One, PrimeField, Zero};

/// Number of bits of the field's modulus r: `2^253 < r < 2^254`.
pub const FIELD_BITS: usize = 254;

/// A new witness bit. Costs 1.
pub fn alloc_bit(cs: &mut Cs, value: bool) -> Bit {
    let num = cs.alloc(value as u64);
    enforce_bit(cs, &num)
}

/// Requires a number to be 0 or 1. Costs 1: `x · x = x` has exactly these two roots in a field.
pub fn enforce_bit(cs: &mut Cs, x: &Num) -> Bit {
    cs.enforce(x, x, x);
    Bit::from_num_unchecked(x.clone())
}

/// `Σ 2^i · bits[i]`: linear, costs nothing. At most 254 bits.
pub fn pack(bits: &[Bit]) -> Num {
    let mut sum = Sum::new();
    let mut weight = Fr::one();
    for bit in bits {
        sum.add_scaled(bit.num(), weight);
        weight += weight;
    }
    sum.finish()
}

/// The n bits of a number, lowest first; requires it to lie in `[0, 2^n)`. `n ≤ 253`. Costs n.
///
/// Sound: all n bits are boolean and their weighted sum equals the number by construction of the
/// lowest one. The sum is below `2^253 < r`, so it does not wrap and the bits are unique.
pub fn to_bits(cs: &mut Cs, x: &Num, n: usize) -> Vec<Bit> {
    assert!(
        n < FIELD_BITS,
        "{n} bits are not unique in the field: use to_bits_strict"
    );
    decompose(cs, x, n)
}

/// The 254 bits of a number, lowest first, as an integer below r. Costs 254 + 106.
///
/// Sound: as [`to_bits`], but 254 bits could also stand for the number plus r; [`enforce_at_most`]
/// r − 1 forbids that.
pub fn to_bits_strict(cs: &mut Cs, x: &Num) -> Vec<Bit> {
    let bits = decompose(cs, x, FIELD_BITS);
    let mut limit = Fr::MODULUS;
    limit.sub_with_borrow(&BigInt::from(1u64));
    enforce_at_most(cs, &bits, &limit);
    bits
}

/// Requires a number to lie in `[0, 2^n)`, `n ≤ 253`. Costs n.
pub fn range(cs: &mut Cs, x: &Num, n: usize) {
    to_bits(cs, x, n);
}

fn decompose(cs: &mut Cs, x: &Num, n: usize) -> Vec<Bit> {
    let value = x.value().into_bigint();
    if x.is_constant() {
        let bits: Vec<Bit> = (0..n).map(|i| Bit::constant(value.get_bit(i))).collect();
        cs.enforce_equal(&pack(&bits), x);
        return bits;
    }
    if n == 0 {
        cs.enforce_zero(x);
        return Vec::new();
    }
    let mut bits = Vec::with_capacity(n);
    let mut lowest = Sum::new();
    lowest.add(x);
    let mut weight = Fr::one();
    for i in 1..n {
        weight += weight;
        let bit = alloc_bit(cs, value.get_bit(i));
        lowest.add_scaled(bit.num(), -weight);
        bits.push(bit);
    }
    bits.insert(0, enforce_bit(cs, &lowest.finish()));
    bits
}

/// Requires the integer `Σ 2^i · bits[i]` to be at most a constant of the circuit's shape. Costs
/// about half the number of bits: one for each run of ones and one for each run of zeros in the
/// constant.
///
/// From the top, `equal` is set if all bits so far agree with the constant. Sound: as long as they
/// do agree, `equal` is forced to be 1: a run of k ones makes `missing = 0`, and
/// `missing · hint = 1 − equal` leaves no choice. So in a run of zeros, `equal · Σ bits = 0` forces
/// these bits (boolean, fewer than r) to be zero. The first bit that differs from the constant is
/// therefore below it. After it nothing is claimed and nothing is needed: a prover may choose any
/// `equal` there, the honest one takes 0, and with 0 all constraints hold.
pub fn enforce_at_most(cs: &mut Cs, bits: &[Bit], limit: &BigInt<4>) {
    let mut equal = Num::one();
    let mut top = bits.len();
    if limit.num_bits() as usize > top {
        return;
    }
    while top > 0 {
        let expected = limit.get_bit(top - 1);
        let run = bits[..top]
            .iter()
            .rev()
            .enumerate()
            .take_while(|(i, _)| limit.get_bit(top - 1 - i) == expected)
            .count();
        let sum = Num::sum(bits[top - run..top].iter().map(Bit::num));
        top -= run;
        if !expected {
            cs.enforce(&equal, &sum, &Num::zero());
        } else if top > 0 {
            equal = if run == 1 {
                cs.mul(&equal, &sum)
            } else {
                all_ones(cs, &equal, &sum, run)
            };
        }
    }
}

/// 1 if `equal` and all `run` bits in `sum` are 1, by one constraint that is only forced in that
/// direction.
fn all_ones(cs: &mut Cs, equal: &Num, sum: &Num, run: usize) -> Num {
    let missing = Num::from(run as u64 + 1) - equal - sum;
    let hint = cs.hint_inverse(&missing);
    let all = cs.alloc(missing.value().is_zero() as u64);
    cs.enforce(&missing, &hint, &(Num::one() - &all));
    all
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::gadgets::testing::{accepted, holds_with, refused, rng};
    use ark_ff::UniformRand;

    fn integer(bits: &[Bit]) -> BigInt<4> {
        BigInt::from_bits_le(&bits.iter().map(Bit::value).collect::<Vec<_>>())
    }

    #[test]
    fn a_decomposition_costs_its_bits_and_is_the_number() {
        for (value, n) in [
            (0u64, 1),
            (1, 1),
            (5, 3),
            (255, 8),
            (u64::MAX, 64),
            (1 << 40, 253),
        ] {
            let cost = accepted(|cs| {
                let x = cs.input(value);
                let bits = to_bits(cs, &x, n);
                assert_eq!(integer(&bits), BigInt::from(value));
                assert_eq!(pack(&bits).value(), x.value());
            });
            assert_eq!(cost, n);
        }
    }

    #[test]
    fn a_number_out_of_range_is_refused() {
        for (value, n) in [
            (Fr::from(2u64), 1),
            (Fr::from(256u64), 8),
            (-Fr::one(), 64),
            (-Fr::one(), 253),
            (Fr::one(), 0),
        ] {
            refused(|cs| {
                let x = cs.alloc(value);
                range(cs, &x, n);
            });
        }
    }

    #[test]
    fn constants_are_checked_without_constraints() {
        assert_eq!(accepted(|cs| range(cs, &Num::from(7), 3)), 0);
        let mut cs = Cs::recording();
        range(&mut cs, &Num::from(8), 3);
        assert!(cs.finish().is_err());
    }

    #[test]
    fn a_strict_decomposition_is_the_canonical_integer() {
        let minus_one = -Fr::one();
        let mut rng = rng();
        let mut samples = vec![
            Fr::zero(),
            Fr::one(),
            minus_one,
            minus_one - Fr::one(),
            minus_one - Fr::from(1u64 << 28),
        ];
        samples.extend((0..5).map(|_| Fr::rand(&mut rng)));
        for value in samples {
            let cost = accepted(|cs| {
                let x = cs.input(value);
                assert_eq!(integer(&to_bits_strict(cs, &x)), value.into_bigint());
            });
            assert_eq!(cost, STRICT_COST);
        }
    }

    const STRICT_COST: usize = 360;

    #[test]
    fn a_limit_is_exact_for_every_small_integer() {
        for limit in 0u64..32 {
            for value in 0u64..32 {
                let build = |cs: &mut Cs| {
                    let x = cs.input(value);
                    let bits = to_bits(cs, &x, 5);
                    enforce_at_most(cs, &bits, &BigInt::from(limit));
                };
                if value <= limit {
                    accepted(build);
                } else {
                    refused(build);
                }
            }
        }
    }

    /// The bits of x + r stand for x as well; only the limit forbids them, whatever hints the
    /// prover chooses.
    #[test]
    fn the_other_spelling_of_a_number_is_refused() {
        let mut other = Fr::MODULUS;
        other.add_with_carry(&BigInt::from(5u64));
        let other_bits = |i: usize| Fr::from(u64::from(other.get_bit(i)));
        let build = |strict: bool| {
            move |cs: &mut Cs| {
                let x = cs.alloc(5u64);
                if strict {
                    to_bits_strict(cs, &x);
                } else {
                    decompose(cs, &x, FIELD_BITS);
                }
            }
        };
        let bits: Vec<(usize, Fr)> = (1..FIELD_BITS).map(|i| (i, other_bits(i))).collect();
        assert!(
            holds_with(build(false), &bits),
            "the sum alone does not see it"
        );
        assert!(!holds_with(build(true), &bits));

        // With the hints an honest prover would compute for these bits.
        refused(|cs| {
            let bits: Vec<Bit> = (0..FIELD_BITS)
                .map(|i| alloc_bit(cs, other.get_bit(i)))
                .collect();
            let mut limit = Fr::MODULUS;
            limit.sub_with_borrow(&BigInt::from(1u64));
            enforce_at_most(cs, &bits, &limit);
        });
    }

    #[test]
    fn only_zero_and_one_are_bits() {
        // A lone bit may be flipped: tie it to an input.
        let cost = accepted(|cs| {
            let bit = alloc_bit(cs, true);
            let given = cs.input(1u64);
            cs.enforce_equal(bit.num(), &given);
        });
        assert_eq!(cost, 1 + 1);
        refused(|cs| {
            let two = cs.alloc(2u64);
            enforce_bit(cs, &two);
        });
    }
}
