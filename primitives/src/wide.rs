//! Packing several bounded integers into one field element, and exact 256-bit products for
//! comparisons.

use crate::field::Fr;
use ark_ff::{BigInt, PrimeField};

/// Largest number of bits that one packed field element may hold: two below the modulus' 254.
pub const PACK_BITS: usize = 252;

/// Packs unsigned values into one field element, the first in the lowest bits; each pair is
/// `(value, bits)`.
///
/// The layouts of the protocol are constants below [`PACK_BITS`]; a value wider than its slot would
/// overlap its neighbour, so callers hold values that were checked against the same widths.
pub fn pack(values: &[(u64, usize)]) -> Fr {
    let mut limbs = [0u64; 4];
    let mut shift = 0;
    for &(value, bits) in values {
        debug_assert!(bits >= 64 || value < 1 << bits, "value wider than its slot");
        let (limb, offset) = (shift / 64, shift % 64);
        limbs[limb] |= value << offset;
        if offset != 0 && limb < 3 {
            limbs[limb + 1] |= value >> (64 - offset);
        }
        shift += bits;
    }
    debug_assert!(shift <= PACK_BITS, "layout wider than a field element");
    Fr::from_bigint(BigInt::new(limbs)).unwrap_or_default()
}

/// `2^bits` as a field element; bits below 253.
pub fn power_of_two(bits: usize) -> Fr {
    let mut limbs = [0u64; 4];
    limbs[bits / 64] = 1 << (bits % 64);
    Fr::from_bigint(BigInt::new(limbs)).unwrap_or_default()
}

/// A signed 64-bit value as the unsigned offset form that packed fields hold: `value + 2^63`.
pub const fn offset(value: i64) -> u64 {
    (value as u64) ^ (1 << 63)
}

/// Compares `a·b` with `c·d` exactly; all four are magnitudes below 2^128.
pub fn cmp_products(a: u128, b: u128, c: u128, d: u128) -> core::cmp::Ordering {
    wide_mul(a, b).cmp(&wide_mul(c, d))
}

/// The 256-bit product as (high, low).
fn wide_mul(a: u128, b: u128) -> (u128, u128) {
    const MASK: u128 = u64::MAX as u128;
    let (a1, a0, b1, b0) = (a >> 64, a & MASK, b >> 64, b & MASK);
    let low = a0 * b0;
    let middle = a1 * b0 + (low >> 64);
    let middle_low = (middle & MASK) + a0 * b1;
    let high = a1 * b1 + (middle >> 64) + (middle_low >> 64);
    (high, (middle_low << 64) | (low & MASK))
}

#[cfg(test)]
mod tests {
    use super::*;
    use core::cmp::Ordering;

    #[test]
    fn packing_places_values_side_by_side() {
        let expected = Fr::from(5u64)
            + Fr::from(7u64) * Fr::from(1u128 << 60)
            + Fr::from(u64::MAX) * Fr::from(1u128 << 124);
        assert_eq!(pack(&[(5, 60), (7, 64), (u64::MAX, 64)]), expected);
    }

    #[test]
    fn products_compare_beyond_128_bits() {
        assert_eq!(
            cmp_products(u128::MAX, u128::MAX, u128::MAX, u128::MAX - 1),
            Ordering::Greater
        );
        assert_eq!(cmp_products(1 << 127, 2, 1 << 126, 4), Ordering::Equal);
        assert_eq!(cmp_products(u128::MAX, 3, 1 << 127, 7), Ordering::Less);
    }
}
