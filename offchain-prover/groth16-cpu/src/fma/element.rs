//! Eight elements in two halves, and the step from integers to doubles and back.

use super::constants::{SIGNED, WHOLE};
use crate::vector::Modulus;
use std::{arch::x86_64::*, marker::PhantomData};

/// Four elements.
pub(super) type Half = [__m256d; 5];

/// Eight elements.
#[derive(Clone, Copy)]
pub(crate) struct V<M> {
    pub(super) halves: [Half; 2],
    modulus: PhantomData<M>,
}

#[inline(always)]
pub(super) fn all(value: f64) -> __m256d {
    // SAFETY: the features are there (see [`crate::vector`]).
    unsafe { _mm256_set1_pd(value) }
}

#[inline(always)]
pub(super) fn all_bits(value: i64) -> __m256i {
    // SAFETY: as above.
    unsafe { _mm256_set1_epi64x(value) }
}

/// Integers below 2⁵² as doubles.
#[inline(always)]
pub(super) fn whole(value: __m256i) -> __m256d {
    // SAFETY: as above.
    unsafe {
        let bits = _mm256_or_si256(value, all_bits(WHOLE.to_bits() as i64));
        _mm256_sub_pd(_mm256_castsi256_pd(bits), all(WHOLE))
    }
}

/// Whole numbers within ±2⁵¹ as integers, with the bits of the constant [`SIGNED`] added.
#[inline(always)]
pub(super) fn bits(value: __m256d) -> __m256i {
    // SAFETY: as above.
    unsafe { _mm256_castpd_si256(_mm256_add_pd(value, all(SIGNED))) }
}

impl<M: Modulus> V<M> {
    #[inline(always)]
    pub(super) fn of(halves: [Half; 2]) -> Self {
        Self {
            halves,
            modulus: PhantomData,
        }
    }

    #[inline(always)]
    pub(super) fn raw_add(mut self, other: Self) -> Self {
        for half in 0..2 {
            for i in 0..5 {
                let limb = &mut self.halves[half][i];
                // SAFETY: as above.
                *limb = unsafe { _mm256_add_pd(*limb, other.halves[half][i]) };
            }
        }
        self
    }

    #[inline(always)]
    pub(super) fn raw_sub(mut self, other: Self) -> Self {
        for half in 0..2 {
            for i in 0..5 {
                let limb = &mut self.halves[half][i];
                // SAFETY: as above.
                *limb = unsafe { _mm256_sub_pd(*limb, other.halves[half][i]) };
            }
        }
        self
    }
}
