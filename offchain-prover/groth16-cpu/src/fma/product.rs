//! Products, with Montgomery's reduction row by row.

use super::{
    constants::{BITS, Constants, HIGH, MASK, RADIX, SIGNED, WHOLE, starts},
    element::{Half, V, all, all_bits, whole},
};
use crate::vector::Modulus;
use std::arch::x86_64::*;

/// Both halves of a product of limbs, each with its constant added.
#[inline(always)]
fn limbs_product(a: __m256d, b: __m256d) -> (__m256i, __m256i) {
    // SAFETY: the features are there (see [`crate::vector`]).
    unsafe {
        let high = _mm256_fmadd_pd(a, b, all(HIGH));
        let rest = _mm256_sub_pd(all(HIGH + SIGNED), high);
        let low = _mm256_fmadd_pd(a, b, rest);
        (_mm256_castpd_si256(low), _mm256_castpd_si256(high))
    }
}

#[inline(always)]
fn accumulate(t: &mut [__m256i; 6], factor: __m256d, limbs: &Half) {
    for j in 0..5 {
        let (low, high) = limbs_product(factor, limbs[j]);
        // SAFETY: as above.
        unsafe {
            t[j] = _mm256_add_epi64(t[j], low);
            t[j + 1] = _mm256_add_epi64(t[j + 1], high);
        }
    }
}

/// Adds the multiple of p that makes the lowest column's 51 bits vanish, and drops that column.
#[inline(always)]
fn eliminate<M: Modulus>(t: &mut [__m256i; 6]) {
    // SAFETY: as above.
    unsafe {
        let low = whole(_mm256_and_si256(t[0], all_bits(MASK as i64)));
        let (q, _) = limbs_product(low, all(Constants::<M>::NEGATED_INVERSE));
        let q = _mm256_sub_pd(_mm256_castsi256_pd(q), all(SIGNED));
        let mut p = [q; 5];
        for j in 0..5 {
            p[j] = all(Constants::<M>::FACTORS[j]);
        }
        accumulate(t, q, &p);
        let carry = _mm256_srli_epi64::<{ BITS as i32 }>(t[0]);
        *t = [_mm256_add_epi64(t[1], carry), t[2], t[3], t[4], t[5], t[5]];
    }
}

/// The remaining columns as balanced limbs.
#[inline(always)]
fn limbs_of(mut t: [__m256i; 6]) -> Half {
    // SAFETY: as above.
    unsafe {
        let mut limbs = [all(0.0); 5];
        for i in 0..4 {
            let low = _mm256_and_si256(t[i], all_bits(MASK as i64));
            let low = _mm256_or_si256(low, all_bits(WHOLE.to_bits() as i64));
            limbs[i] = _mm256_sub_pd(_mm256_castsi256_pd(low), all(WHOLE + RADIX / 2.0));
            let carry = _mm256_srli_epi64::<{ BITS as i32 }>(t[i]);
            t[i + 1] = _mm256_add_epi64(t[i + 1], carry);
        }
        let top = _mm256_add_epi64(t[4], all_bits(SIGNED.to_bits() as i64));
        limbs[4] = _mm256_sub_pd(_mm256_castsi256_pd(top), all(SIGNED));
        limbs
    }
}

/// a·b / R, row by row, for both halves in turns. From one row to the next there is a chain of
/// about forty cycles, and older processors do not look far enough ahead to fill it otherwise.
#[target_feature(enable = "avx2,fma,bmi1,bmi2")]
fn product<M: Modulus>(a: &V<M>, b: &V<M>) -> V<M> {
    let mut columns = first_columns::<2>();
    for i in 0..5 {
        for half in 0..2 {
            let t = &mut columns[half];
            t[5] = all_bits(const { starts(2) }[i + 5]);
            accumulate(t, a.halves[half][i], &b.halves[half]);
        }
        for t in &mut columns {
            eliminate::<M>(t);
        }
    }
    V::of([limbs_of(columns[0]), limbs_of(columns[1])])
}

/// (a·b + c·d) / R
#[target_feature(enable = "avx2,fma,bmi1,bmi2")]
fn product_of_two<M: Modulus>(a: &V<M>, b: &V<M>, c: &V<M>, d: &V<M>) -> V<M> {
    let mut columns = first_columns::<3>();
    for i in 0..5 {
        for half in 0..2 {
            let t = &mut columns[half];
            t[5] = all_bits(const { starts(3) }[i + 5]);
            accumulate(t, a.halves[half][i], &b.halves[half]);
            accumulate(t, c.halves[half][i], &d.halves[half]);
        }
        for t in &mut columns {
            eliminate::<M>(t);
        }
    }
    V::of([limbs_of(columns[0]), limbs_of(columns[1])])
}

/// The columns of the first row, for the sum of `PRODUCTS − 1` products and the reduction.
#[inline(always)]
fn first_columns<const PRODUCTS: i64>() -> [[__m256i; 6]; 2] {
    let mut t = [all_bits(0); 6];
    for i in 0..5 {
        t[i] = all_bits(const { starts(PRODUCTS) }[i]);
    }
    [t; 2]
}

/// [`product`] out of line, because it is long. The compiler may inline a function with target
/// features of its own even if it is marked `inline(never)`. This function has none, so that
/// nothing is inlined into it, and it is not inlined into others.
#[inline(never)]
pub(super) fn far_product<M: Modulus>(a: &V<M>, b: &V<M>) -> V<M> {
    // SAFETY: the features are there (see [`crate::vector`]).
    unsafe { product(a, b) }
}

/// [`product_of_two`] out of line.
#[inline(never)]
pub(super) fn far_product_of_two<M: Modulus>(a: &V<M>, b: &V<M>, c: &V<M>, d: &V<M>) -> V<M> {
    // SAFETY: as above.
    unsafe { product_of_two(a, b, c, d) }
}
