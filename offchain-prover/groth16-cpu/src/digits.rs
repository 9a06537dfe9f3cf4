//! Scalars as signed digits.

use super::adder::SIGN;
use ark_bn254::Fr;
use ark_ff::{BigInteger, PrimeField};
use rayon::prelude::*;
use std::ops::Range;

/// Smallest and largest size of a window in bits: a digit's magnitude and its sign share sixteen
/// bits.
const WINDOW_BITS: std::ops::RangeInclusive<u32> = 2..=15;

/// Bits of a scalar's magnitude, which is at most (r − 1) / 2.
const MAGNITUDE_BITS: u32 = Fr::MODULUS_BIT_SIZE - 1;

/// Flag of a negative digit.
const NEGATIVE: u16 = 1 << 15;

/// Scalars that one task splits.
const CHUNK: usize = 1 << 10;

/// Signed digits d of many scalars, window after window: each scalar is Σ_w d_w·2^(bits·w) with
/// |d_w| ≤ 2^(bits − 1).
///
/// A scalar s above (r − 1) / 2 is represented as −(r − s), so that −1 is as short as 1.
pub(super) struct Digits {
    /// Bits of a window.
    pub bits: u32,
    /// Number of scalars.
    count: usize,
    digits: Vec<u16>,
}

impl Digits {
    /// Number of windows of `bits` bits that all magnitudes and the last carry need.
    pub fn windows(bits: u32) -> usize {
        (MAGNITUDE_BITS / bits + 1) as usize
    }

    /// Splits scalars into digits; `place` returns the index at which a scalar lies.
    pub fn of(scalars: &[Fr], place: impl Fn(usize) -> usize + Sync, bits: u32) -> Self {
        let bits = bits.clamp(*WINDOW_BITS.start(), *WINDOW_BITS.end());
        let (count, windows) = (scalars.len(), Self::windows(bits));
        let mut digits = vec![0; count * windows];
        let mut columns: Vec<Vec<&mut [u16]>> = Vec::new();
        columns.resize_with(count.div_ceil(CHUNK), || Vec::with_capacity(windows));
        for window in digits.chunks_mut(count.max(1)) {
            for (column, part) in columns.iter_mut().zip(window.chunks_mut(CHUNK)) {
                column.push(part);
            }
        }
        columns
            .par_iter_mut()
            .enumerate()
            .for_each(|(chunk, column)| {
                let first = chunk * CHUNK;
                for slot in 0..CHUNK.min(count - first) {
                    let scalar = &scalars[place(first + slot)];
                    take_apart(scalar, bits, |window, digit| column[window][slot] = digit);
                }
            });
        Self {
            bits,
            count,
            digits,
        }
    }

    /// Sorts references to points by the magnitude of their digit in a window. Returns the lists
    /// for magnitudes 1 to 2^(bits − 1), one after the other, and their lengths. Points for which
    /// `live` returns false are left out.
    pub fn sorted(
        &self,
        window: usize,
        scalars: Range<usize>,
        live: impl Fn(usize) -> bool,
    ) -> (Vec<u32>, Vec<u32>) {
        let digits = &self.digits[window * self.count..][scalars];
        let buckets = 1usize << (self.bits - 1);
        let mut counts = vec![0u32; buckets + 1];
        for (point, digit) in digits.iter().enumerate() {
            let magnitude = digit & !NEGATIVE;
            if magnitude != 0 && live(point) {
                counts[magnitude as usize] += 1;
            }
        }
        let mut next = Vec::with_capacity(buckets + 1);
        let mut total = 0;
        for count in &counts {
            next.push(total);
            total += count;
        }
        let mut refs = vec![0; total as usize];
        for (point, digit) in digits.iter().enumerate() {
            let magnitude = digit & !NEGATIVE;
            if magnitude != 0 && live(point) {
                let place = &mut next[magnitude as usize];
                let sign = u32::from(digit >> 15) * SIGN;
                refs[*place as usize] = point as u32 | sign;
                *place += 1;
            }
        }
        counts.remove(0);
        (refs, counts)
    }
}

/// Calls `put` with each window's digit that is not zero.
fn take_apart(scalar: &Fr, bits: u32, mut put: impl FnMut(usize, u16)) {
    let mut value = scalar.into_bigint();
    let mut negative = 0;
    if value > Fr::MODULUS_MINUS_ONE_DIV_TWO {
        let mut rest = Fr::MODULUS;
        rest.sub_with_borrow(&value);
        value = rest;
        negative = NEGATIVE;
    }
    let limbs = value.0;
    let (half, full) = (1u64 << (bits - 1), 1u64 << bits);
    let length = value.num_bits();
    let mut carry = 0;
    let mut window = 0;
    let mut bit = 0;
    while bit < length || carry != 0 {
        let (limb, shift) = ((bit / 64) as usize, bit % 64);
        let low = limbs.get(limb).map_or(0, |value| value >> shift);
        let high = limbs
            .get(limb + 1)
            .filter(|_| shift != 0)
            .map_or(0, |value| value << (64 - shift));
        let digit = ((low | high) & (full - 1)) + carry;
        let sign = if digit > half {
            carry = 1;
            NEGATIVE
        } else {
            carry = 0;
            0
        };
        let magnitude = if carry == 1 { full - digit } else { digit };
        if magnitude != 0 {
            put(window, magnitude as u16 | (sign ^ negative));
        }
        window += 1;
        bit += bits;
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use ark_ff::{Field, One, UniformRand, Zero};
    use rand::{SeedableRng, rngs::StdRng};

    #[test]
    fn digits_add_up_to_the_scalar_at_every_width() {
        let rng = &mut StdRng::seed_from_u64(1);
        let half = Fr::from(Fr::MODULUS_MINUS_ONE_DIV_TWO);
        let mut scalars = vec![
            Fr::zero(),
            Fr::one(),
            -Fr::one(),
            half,
            half + Fr::one(),
            -Fr::from(77u64),
            Fr::from(u64::MAX),
            Fr::from(2u64).pow([252u64]),
        ];
        scalars.extend((0..3000).map(|_| Fr::rand(rng)));
        for bits in WINDOW_BITS {
            let digits = Digits::of(&scalars, |i| i, bits);
            for (place, scalar) in scalars.iter().enumerate() {
                let mut sum = Fr::zero();
                for window in (0..Digits::windows(bits)).rev() {
                    let digit = digits.digits[window * scalars.len() + place];
                    let magnitude = digit & !NEGATIVE;
                    assert!(u32::from(magnitude) <= 1 << (bits - 1));
                    let value = Fr::from(magnitude);
                    let value = if digit & NEGATIVE == 0 { value } else { -value };
                    sum = sum * Fr::from(1u64 << bits) + value;
                }
                assert_eq!(sum, *scalar, "{bits}");
            }
        }
    }

    #[test]
    fn sorting_keeps_every_living_point_with_its_sign() {
        let scalars: Vec<Fr> = [3i64, -3, 0, 5, 3, 1].map(Fr::from).to_vec();
        let digits = Digits::of(&scalars, |i| i, 4);
        let (refs, counts) = digits.sorted(0, 0..6, |point| point != 4);
        assert_eq!(counts, [1, 0, 2, 0, 1, 0, 0, 0]);
        assert_eq!(refs, [5, 0, 1 | SIGN, 3]);
        let (refs, _) = digits.sorted(0, 3..6, |_| true);
        assert_eq!(refs, [2, 1, 0]);
    }
}
