//! Division by powers of two with a stated rounding, for fixed-point products.
//!
//! In all of them the quotient and the remainder are hints, bound by `x = q·2^s ± remainder`, the
//! remainder in `[0, 2^s)` (so it is unique) and the quotient in its stated range. As quotient
//! range and shift together stay below 252 bits, `q·2^s ± remainder` cannot wrap, hence the
//! equation holds over the integers and has one solution. The remainder is not a witness: it is the
//! linear expression itself.

use super::bits::range;
use crate::r1cs::{Cs, Num};
use ark_bn254::Fr;
use ark_ff::{BigInt, PrimeField};

/// `⌊x / 2^shift⌋`, requiring x in `[0, 2^(quotient_bits + shift))`; `quotient_bits + shift ≤ 252`.
/// Costs quotient_bits + shift.
pub fn shift_floor(cs: &mut Cs, x: &Num, shift: usize, quotient_bits: usize) -> Num {
    assert!(
        quotient_bits + shift <= 252,
        "{quotient_bits} + {shift} bits do not fit the field"
    );
    let quotient = quotient_hint(cs, x, shift, x.value());
    range(cs, &quotient, quotient_bits);
    range(
        cs,
        &(x - quotient.scale(Num::power_of_two(shift).value())),
        shift,
    );
    quotient
}

/// `⌈x / 2^shift⌉`, requiring it to lie in `[0, 2^quotient_bits)` and x not to be negative;
/// `quotient_bits + shift ≤ 252`. Costs quotient_bits + shift.
pub fn shift_ceil(cs: &mut Cs, x: &Num, shift: usize, quotient_bits: usize) -> Num {
    assert!(
        quotient_bits + shift <= 252,
        "{quotient_bits} + {shift} bits do not fit the field"
    );
    let quotient = quotient_hint(
        cs,
        x,
        shift,
        x.value() + Num::power_of_two(shift).value() - Fr::from(1u64),
    );
    range(cs, &quotient, quotient_bits);
    range(
        cs,
        &(quotient.scale(Num::power_of_two(shift).value()) - x),
        shift,
    );
    quotient
}

/// `⌊x / 2^shift⌋` of a signed number (towards −∞), requiring the quotient in `[−2^bits, 2^bits)`;
/// `quotient_bits + shift ≤ 250`. Costs quotient_bits + 1 + shift.
pub fn shift_floor_signed(cs: &mut Cs, x: &Num, shift: usize, quotient_bits: usize) -> Num {
    assert!(
        quotient_bits + shift <= 250,
        "{quotient_bits} + {shift} bits do not fit the field"
    );
    let lifted = x + Num::power_of_two(quotient_bits + shift);
    shift_floor(cs, &lifted, shift, quotient_bits + 1) - Num::power_of_two(quotient_bits)
}

/// `⌈x / 2^shift⌉` of a signed number (towards +∞), requiring the quotient in `(−2^bits, 2^bits]`;
/// `quotient_bits + shift ≤ 250`. Costs quotient_bits + 1 + shift.
pub fn shift_ceil_signed(cs: &mut Cs, x: &Num, shift: usize, quotient_bits: usize) -> Num {
    -shift_floor_signed(cs, &-x, shift, quotient_bits)
}

/// `⌊a·b / 2^shift⌋`: one product, then [`shift_floor`]. The caller knows `a·b < 2^252`.
pub fn mul_shift_floor(cs: &mut Cs, a: &Num, b: &Num, shift: usize, quotient_bits: usize) -> Num {
    let product = cs.mul(a, b);
    shift_floor(cs, &product, shift, quotient_bits)
}

/// `⌈a·b / 2^shift⌉`: one product, then [`shift_ceil`]. The caller knows `a·b < 2^252`.
pub fn mul_shift_ceil(cs: &mut Cs, a: &Num, b: &Num, shift: usize, quotient_bits: usize) -> Num {
    let product = cs.mul(a, b);
    shift_ceil(cs, &product, shift, quotient_bits)
}

/// A witness with `⌊dividend / 2^shift⌋`, constant if `x` is.
fn quotient_hint(cs: &mut Cs, x: &Num, shift: usize, dividend: Fr) -> Num {
    let mut quotient: BigInt<4> = dividend.into_bigint();
    quotient >>= shift as u32;
    let quotient = Fr::from(quotient);
    if x.is_constant() {
        Num::constant(quotient)
    } else {
        cs.alloc(quotient)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gadgets::testing::{accepted, holds_with, refused};

    #[test]
    fn products_are_rounded_as_stated() {
        for (a, b) in [(0u64, 9), (3, 5), (16, 16), (255, 255), (1, 1), (7, 16)] {
            let cost = accepted(|cs| {
                let (x, y) = (cs.input(a), cs.input(b));
                assert_eq!(
                    mul_shift_floor(cs, &x, &y, 4, 12).value(),
                    Fr::from((a * b) >> 4)
                );
                assert_eq!(
                    mul_shift_ceil(cs, &x, &y, 4, 12).value(),
                    Fr::from((a * b).div_ceil(16))
                );
            });
            assert_eq!(cost, 2 * (1 + 4 + 12));
        }
    }

    #[test]
    fn signed_numbers_round_towards_the_stated_infinity() {
        for x in [0i64, 1, -1, 15, 16, 17, -15, -16, -17, 4095, -4096] {
            let cost = accepted(|cs| {
                let num = cs.input(Fr::from(x));
                assert_eq!(
                    shift_floor_signed(cs, &num, 4, 9).value(),
                    Fr::from(x.div_euclid(16))
                );
                assert_eq!(
                    shift_ceil_signed(cs, &num, 4, 9).value(),
                    Fr::from(-(-x).div_euclid(16))
                );
            });
            assert_eq!(cost, 2 * (4 + 10));
        }
    }

    #[test]
    fn a_quotient_out_of_range_is_refused() {
        refused(|cs| {
            let x = cs.input(1u64 << 12);
            shift_floor(cs, &x, 4, 8);
        });
        refused(|cs| {
            let x = cs.input((1u64 << 12) - 15);
            shift_ceil(cs, &x, 4, 8);
        });
        for x in [-Fr::from(1u64), -Fr::from(16u64)] {
            refused(|cs| {
                let x = cs.input(x);
                shift_floor(cs, &x, 4, 8);
            });
        }
    }

    /// A quotient one too small or too large needs a remainder outside of its range.
    #[test]
    fn another_quotient_is_refused() {
        for quotient in [1u64, 3] {
            let bit = |i: usize| Fr::from(quotient >> i & 1);
            let remainder = 45 - 16 * quotient as i64;
            let rest = |i: usize| Fr::from((remainder >> i & 1) as u64);
            // witnesses: quotient, its bits from 1, the remainder's bits from 1
            let replaced: Vec<(usize, Fr)> = [(0, Fr::from(quotient))]
                .into_iter()
                .chain((1..4).map(|i| (i, bit(i))))
                .chain((1..4).map(|i| (3 + i, rest(i))))
                .collect();
            assert!(!holds_with(
                |cs| {
                    let x = cs.input(45u64);
                    shift_floor(cs, &x, 4, 4);
                },
                &replaced
            ));
        }
    }
}
