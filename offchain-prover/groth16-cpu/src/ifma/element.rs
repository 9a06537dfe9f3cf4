//! Eight elements, and the steps that arithmetic is made of.

use super::constants::{Constants, MASK, multiple};
use crate::vector::Modulus;
use std::{arch::x86_64::*, marker::PhantomData};

/// Eight elements.
#[derive(Clone, Copy)]
pub(crate) struct V<M> {
    pub(super) limbs: [__m512i; 5],
    modulus: PhantomData<M>,
}

#[inline(always)]
pub(super) fn all(value: u64) -> __m512i {
    // SAFETY: the features are there (see [`crate::vector`]).
    unsafe { _mm512_set1_epi64(value as i64) }
}

#[inline(always)]
pub(super) fn lo(sum: __m512i, a: __m512i, b: __m512i) -> __m512i {
    // SAFETY: as above.
    unsafe { _mm512_madd52lo_epu64(sum, a, b) }
}

#[inline(always)]
pub(super) fn hi(sum: __m512i, a: __m512i, b: __m512i) -> __m512i {
    // SAFETY: as above.
    unsafe { _mm512_madd52hi_epu64(sum, a, b) }
}

impl<M: Modulus> V<M> {
    #[inline(always)]
    pub(super) fn of(limbs: [__m512i; 5]) -> Self {
        Self {
            limbs,
            modulus: PhantomData,
        }
    }

    /// The same limbs in all lanes.
    #[inline(always)]
    pub(super) fn constant(limbs: [u64; 5]) -> Self {
        let [a, b, c, d, e] = limbs;
        Self::of([all(a), all(b), all(c), all(d), all(e)])
    }

    /// k·p, for k up to 83.
    #[inline(always)]
    pub(super) fn multiple_of_p<const K: u64>() -> [u64; 5] {
        const { multiple(Constants::<M>::P, K) }
    }

    /// From four vectors of 64-bit limbs, with each element multiplied by 2^SHIFT. SHIFT is 0 or 4;
    /// with 4, the elements are below p.
    #[inline(always)]
    pub(super) fn unpack_shifted<const SHIFT: u32>(words: [__m512i; 4]) -> Self {
        let mask = all(MASK);
        let [a, b, c, d] = words;
        // SAFETY: as above.
        Self::of(unsafe {
            if SHIFT == 0 {
                [
                    _mm512_and_si512(a, mask),
                    _mm512_and_si512(
                        _mm512_or_si512(_mm512_srli_epi64::<52>(a), _mm512_slli_epi64::<12>(b)),
                        mask,
                    ),
                    _mm512_and_si512(
                        _mm512_or_si512(_mm512_srli_epi64::<40>(b), _mm512_slli_epi64::<24>(c)),
                        mask,
                    ),
                    _mm512_and_si512(
                        _mm512_or_si512(_mm512_srli_epi64::<28>(c), _mm512_slli_epi64::<36>(d)),
                        mask,
                    ),
                    _mm512_srli_epi64::<16>(d),
                ]
            } else {
                [
                    _mm512_and_si512(_mm512_slli_epi64::<4>(a), mask),
                    _mm512_and_si512(
                        _mm512_or_si512(_mm512_srli_epi64::<48>(a), _mm512_slli_epi64::<16>(b)),
                        mask,
                    ),
                    _mm512_and_si512(
                        _mm512_or_si512(_mm512_srli_epi64::<36>(b), _mm512_slli_epi64::<28>(c)),
                        mask,
                    ),
                    _mm512_and_si512(
                        _mm512_or_si512(_mm512_srli_epi64::<24>(c), _mm512_slli_epi64::<40>(d)),
                        mask,
                    ),
                    _mm512_srli_epi64::<12>(d),
                ]
            }
        })
    }

    /// Brings limbs that may be negative into 0..2⁵². The number stays the same and is not
    /// negative.
    #[inline(always)]
    pub(super) fn normalise(mut self) -> Self {
        let mask = all(MASK);
        for i in 0..4 {
            // SAFETY: as above.
            unsafe {
                let carry = _mm512_srai_epi64::<52>(self.limbs[i]);
                self.limbs[i] = _mm512_and_si512(self.limbs[i], mask);
                self.limbs[i + 1] = _mm512_add_epi64(self.limbs[i + 1], carry);
            }
        }
        self
    }

    #[inline(always)]
    pub(super) fn raw_add(self, other: Self) -> Self {
        let mut limbs = self.limbs;
        for (limb, other) in limbs.iter_mut().zip(other.limbs) {
            // SAFETY: as above.
            *limb = unsafe { _mm512_add_epi64(*limb, other) };
        }
        Self::of(limbs)
    }

    #[inline(always)]
    pub(super) fn raw_sub(self, other: Self) -> Self {
        let mut limbs = self.limbs;
        for (limb, other) in limbs.iter_mut().zip(other.limbs) {
            // SAFETY: as above.
            *limb = unsafe { _mm512_sub_epi64(*limb, other) };
        }
        Self::of(limbs)
    }

    /// p, 2·p, 4·p, … 32·p.
    pub(super) const POWERS_OF_TWO: [[u64; 5]; 6] = [
        multiple(Constants::<M>::P, 1),
        multiple(Constants::<M>::P, 2),
        multiple(Constants::<M>::P, 4),
        multiple(Constants::<M>::P, 8),
        multiple(Constants::<M>::P, 16),
        multiple(Constants::<M>::P, 32),
    ];

    #[inline(always)]
    pub(super) fn accumulate(t: &mut [__m512i; 6], factor: __m512i, limbs: &[__m512i; 5]) {
        for j in 0..5 {
            t[j] = lo(t[j], factor, limbs[j]);
        }
        for j in 0..5 {
            t[j + 1] = hi(t[j + 1], factor, limbs[j]);
        }
    }

    /// Adds the multiple of p that makes the lowest limb's 52 bits vanish, and drops that limb.
    #[inline(always)]
    pub(super) fn eliminate(t: &mut [__m512i; 6]) {
        let q = lo(all(0), t[0], all(Constants::<M>::NEGATED_INVERSE));
        for j in 0..5 {
            t[j] = lo(t[j], q, all(Constants::<M>::P[j]));
        }
        for j in 0..5 {
            t[j + 1] = hi(t[j + 1], q, all(Constants::<M>::P[j]));
        }
        // SAFETY: as above.
        let carry = unsafe { _mm512_srli_epi64::<52>(t[0]) };
        *t = [
            // SAFETY: as above.
            unsafe { _mm512_add_epi64(t[1], carry) },
            t[2],
            t[3],
            t[4],
            t[5],
            all(0),
        ];
    }
}
