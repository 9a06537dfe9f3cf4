//! Carries, and reduction to below p.

use super::{
    constants::{BITS, Constants, HIGH, MASK, RADIX, kept_positive},
    element::{Half, all, all_bits, whole},
};
use crate::vector::Modulus;
use std::arch::x86_64::*;

/// Carries of columns that are not negative. The last limb is not reduced.
#[inline(always)]
fn carried(mut t: [__m256i; 5]) -> [__m256i; 5] {
    for i in 0..4 {
        // SAFETY: the features are there (see [`crate::vector`]).
        unsafe {
            let carry = _mm256_srli_epi64::<{ BITS as i32 }>(t[i]);
            t[i] = _mm256_and_si256(t[i], all_bits(MASK as i64));
            t[i + 1] = _mm256_add_epi64(t[i + 1], carry);
        }
    }
    t
}

/// Reduces to below p. The columns add up to less than 16·p and, except for the last, are not
/// negative.
#[inline(always)]
pub(super) fn finish<M: Modulus>(t: [__m256i; 5]) -> Half {
    let value = carried(t);
    // SAFETY: as above.
    unsafe {
        // The estimate from the highest 30 bits is the quotient by p or one less.
        let highest = _mm256_srli_epi64::<24>(value[4]);
        let quotient = _mm256_mul_epu32(highest, all_bits(Constants::<M>::QUOTIENT));
        let quotient = _mm256_srli_epi64::<57>(quotient);
        let mut rest = value;
        for i in 0..5 {
            let p = Constants::<M>::P[i] as i64;
            let low = _mm256_mul_epu32(quotient, all_bits(p & 0xffff_ffff));
            let high = _mm256_mul_epu32(quotient, all_bits(p >> 32));
            let multiple = _mm256_add_epi64(low, _mm256_slli_epi64::<32>(high));
            let borrowed = all_bits(const { kept_positive([0; 5], 0) }[i]);
            rest[i] = _mm256_sub_epi64(_mm256_add_epi64(rest[i], borrowed), multiple);
        }
        let rest = carried(rest);
        let mut less = rest;
        for i in 0..5 {
            less[i] = _mm256_add_epi64(less[i], all_bits(Constants::<M>::LESS[i]));
        }
        let less = carried(less);
        let negative = _mm256_castsi256_pd(less[4]);
        let mut limbs = [all(0.0); 5];
        for i in 0..5 {
            let (less, rest) = (_mm256_castsi256_pd(less[i]), _mm256_castsi256_pd(rest[i]));
            limbs[i] = whole(_mm256_castpd_si256(_mm256_blendv_pd(less, rest, negative)));
        }
        limbs
    }
}

/// Carries of limbs up to 2⁵³; the result is balanced.
#[inline(always)]
pub(super) fn balance(mut limbs: Half) -> Half {
    for i in 0..4 {
        // SAFETY: as above.
        unsafe {
            let carry = _mm256_sub_pd(_mm256_add_pd(limbs[i], all(HIGH)), all(HIGH));
            limbs[i] = _mm256_sub_pd(limbs[i], carry);
            limbs[i + 1] = _mm256_fmadd_pd(carry, all(1.0 / RADIX), limbs[i + 1]);
        }
    }
    limbs
}
