//! Inner products with one reduction, where a sum of field products would reduce once for each term.

use crate::field::Fr;
use ark_ff::{BigInt, BigInteger, Fp, PrimeField};

/// Terms that fit: `15·r² + 2^256·r < 2^512`, and the reduced sum is then below 4·r.
const MAX_TERMS: usize = 15;

/// `sum + a·b + carry` as low and high word; it fits, as `(2^64 − 1)² + 2·(2^64 − 1) = 2^128 − 1`.
#[inline(always)]
fn mac(sum: u64, a: u64, b: u64, carry: u64) -> (u64, u64) {
    let wide = sum as u128 + a as u128 * b as u128 + carry as u128;
    (wide as u64, (wide >> 64) as u64)
}

/// `Σ a_i·b_i`.
#[inline]
pub(super) fn dot<const T: usize>(a: &[Fr; T], b: &[Fr; T]) -> Fr {
    const { assert!(T <= MAX_TERMS) };
    // Operands are Montgomery limbs below r, so the plain integer sum fits 512 bits.
    let mut sum = [0u64; 8];
    for (a, b) in a.iter().zip(b) {
        let (a, b) = (&a.0 .0, &b.0 .0);
        let mut overflow = 0u64;
        for i in 0..4 {
            let mut carry = 0;
            for j in 0..4 {
                (sum[i + j], carry) = mac(sum[i + j], a[i], b[j], carry);
            }
            let (low, high) = sum[i + 4].overflowing_add(carry);
            let (low, more) = low.overflowing_add(overflow);
            sum[i + 4] = low;
            overflow = u64::from(high) + u64::from(more);
        }
        debug_assert_eq!(overflow, 0);
    }
    reduce(sum)
}

/// `value / 2^256` modulo r (Montgomery), for values below `15·r²`.
#[inline(always)]
fn reduce(mut value: [u64; 8]) -> Fr {
    let modulus = &Fr::MODULUS.0;
    let mut overflow = 0u64;
    for i in 0..4 {
        let factor = value[i].wrapping_mul(Fr::INV);
        let mut carry = 0;
        for j in 0..4 {
            (value[i + j], carry) = mac(value[i + j], factor, modulus[j], carry);
        }
        let (low, high) = value[i + 4].overflowing_add(carry);
        let (low, more) = low.overflowing_add(overflow);
        value[i + 4] = low;
        overflow = u64::from(high) + u64::from(more);
    }
    debug_assert_eq!(overflow, 0);
    let mut result = BigInt::new([value[4], value[5], value[6], value[7]]);
    while result >= Fr::MODULUS {
        result.sub_with_borrow(&Fr::MODULUS);
    }
    Fp::new_unchecked(result)
}

#[cfg(test)]
mod tests {
    use super::*;
    use ark_ff::{AdditiveGroup, Field};
    use proptest::prelude::*;

    #[test]
    fn the_largest_operands_do_not_overflow() {
        // r − 1 as Montgomery limbs is the largest operand there is.
        let mut limbs = Fr::MODULUS;
        limbs.sub_with_borrow(&BigInt::from(1u64));
        let largest: Fr = Fp::new_unchecked(limbs);
        assert_eq!(
            dot(&[largest; 15], &[largest; 15]),
            largest.square() * Fr::from(15u64)
        );
        assert_eq!(dot(&[Fr::ZERO; 15], &[largest; 15]), Fr::ZERO);
    }

    proptest! {
        #[test]
        fn equals_the_sum_of_products(bytes in any::<[[[u8; 32]; 15]; 2]>()) {
            let [a, b] = bytes.map(|side| side.map(|x| Fr::from_le_bytes_mod_order(&x)));
            let expected: Fr = a.iter().zip(&b).map(|(x, y)| *x * y).sum();
            prop_assert_eq!(dot(&a, &b), expected);
        }
    }
}
