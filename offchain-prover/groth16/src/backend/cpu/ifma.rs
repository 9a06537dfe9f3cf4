//! Eight field elements at once: 52-bit limbs and the fused multiply-adds of AVX-512 IFMA.
//!
//! An element is five limbs of 52 bits, one vector each, in Montgomery form with R = 2²⁶⁰. Limbs of what is multiplied are
//! normalised: in 0..2⁵². 2²⁶⁰ is more than 84 times either modulus, so sums and differences need not be reduced: every function
//! says in multiples of p what it takes and what it gives.
//!
//! Everything here is `inline(always)`, so that it becomes part of a function in which the processor's features are enabled; nothing
//! may be called otherwise. For the same reason there are no closures: the library's functions that would call them are compiled
//! without the features, and so each instruction would become a call.

// Indices say which limb of one goes with which of the other; iterators would hide it.
#![allow(clippy::needless_range_loop)]

use std::{arch::x86_64::*, marker::PhantomData};

/// A prime below 2²⁵⁴ with what arithmetic modulo it needs.
pub(super) trait Modulus: Copy + 'static {
    /// Its limbs of 64 bits.
    const LIMBS: [u64; 4];
}

/// The field of the curve's coordinates.
#[derive(Clone, Copy)]
pub(super) struct Base;

/// The field of the scalars.
#[derive(Clone, Copy)]
pub(super) struct Scalar;

impl Modulus for Base {
    const LIMBS: [u64; 4] = <ark_bn254::Fq as ark_ff::PrimeField>::MODULUS.0;
}

impl Modulus for Scalar {
    const LIMBS: [u64; 4] = <ark_bn254::Fr as ark_ff::PrimeField>::MODULUS.0;
}

const MASK: u64 = (1 << 52) - 1;

/// Four limbs of 64 bits as five of 52.
pub(super) const fn split(limbs: [u64; 4]) -> [u64; 5] {
    let [a, b, c, d] = limbs;
    [
        a & MASK,
        (a >> 52 | b << 12) & MASK,
        (b >> 40 | c << 24) & MASK,
        (c >> 28 | d << 36) & MASK,
        d >> 16,
    ]
}

/// −p⁻¹ modulo 2⁵², by Newton's iteration.
const fn negated_inverse(p: u64) -> u64 {
    let mut inverse = 1u64;
    let mut round = 0;
    while round < 6 {
        inverse = inverse.wrapping_mul(2u64.wrapping_sub(p.wrapping_mul(inverse)));
        round += 1;
    }
    inverse.wrapping_neg() & MASK
}

/// 2²⁶⁰ − p.
const fn complement(p: [u64; 5]) -> [u64; 5] {
    let mut out = [0; 5];
    let mut carry = 1;
    let mut i = 0;
    while i < 5 {
        let limb = (!p[i] & MASK) + carry;
        out[i] = limb & MASK;
        carry = limb >> 52;
        i += 1;
    }
    out
}

/// k·p for a small k.
const fn multiple(p: [u64; 5], k: u64) -> [u64; 5] {
    let mut out = [0; 5];
    let mut carry = 0u128;
    let mut i = 0;
    while i < 5 {
        let limb = p[i] as u128 * k as u128 + carry;
        out[i] = (limb as u64) & MASK;
        carry = limb >> 52;
        i += 1;
    }
    out
}

/// By how many bits [`V::reduce`]'s estimate of a quotient is scaled besides 2⁵².
const QUOTIENT_SHIFT: u32 = 45;

struct Constants<M>(PhantomData<M>);

impl<M: Modulus> Constants<M> {
    const P: [u64; 5] = split(M::LIMBS);
    const COMPLEMENT: [u64; 5] = complement(Self::P);
    const NEGATED_INVERSE: u64 = negated_inverse(M::LIMBS[0]);
    /// 2^(52 + QUOTIENT_SHIFT) over the top limb and one.
    const RECIPROCAL: u64 = ((1u128 << (52 + QUOTIENT_SHIFT)) / (Self::P[4] as u128 + 1)) as u64;
}

/// Eight elements.
#[derive(Clone, Copy)]
pub(super) struct V<M> {
    limbs: [__m512i; 5],
    modulus: PhantomData<M>,
}

#[inline(always)]
fn all(value: u64) -> __m512i {
    // SAFETY: the features are there (see the module).
    unsafe { _mm512_set1_epi64(value as i64) }
}

#[inline(always)]
fn lo(sum: __m512i, a: __m512i, b: __m512i) -> __m512i {
    // SAFETY: as above.
    unsafe { _mm512_madd52lo_epu64(sum, a, b) }
}

#[inline(always)]
fn hi(sum: __m512i, a: __m512i, b: __m512i) -> __m512i {
    // SAFETY: as above.
    unsafe { _mm512_madd52hi_epu64(sum, a, b) }
}

impl<M: Modulus> V<M> {
    #[inline(always)]
    fn of(limbs: [__m512i; 5]) -> Self {
        Self {
            limbs,
            modulus: PhantomData,
        }
    }

    /// The same limbs in all lanes.
    #[inline(always)]
    pub fn splat(limbs: [u64; 5]) -> Self {
        let [a, b, c, d, e] = limbs;
        Self::of([all(a), all(b), all(c), all(d), all(e)])
    }

    /// k·p, for k up to 83.
    #[inline(always)]
    fn multiple_of_p<const K: u64>() -> [u64; 5] {
        const { multiple(Constants::<M>::P, K) }
    }

    /// From four vectors of 64-bit limbs, each element times 2^SHIFT (0 or 4, the latter for what is below p).
    #[inline(always)]
    pub fn unpack<const SHIFT: u32>(words: [__m512i; 4]) -> Self {
        let mask = all(MASK);
        let [a, b, c, d] = words;
        // SAFETY: the features are there (see the module).
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

    /// As four vectors of 64-bit limbs; of normalised limbs below 2²⁵⁶.
    #[inline(always)]
    pub fn pack(self) -> [__m512i; 4] {
        let [a, b, c, d, e] = self.limbs;
        // SAFETY: the features are there (see the module).
        unsafe {
            [
                _mm512_or_si512(a, _mm512_slli_epi64::<52>(b)),
                _mm512_or_si512(_mm512_srli_epi64::<12>(b), _mm512_slli_epi64::<40>(c)),
                _mm512_or_si512(_mm512_srli_epi64::<24>(c), _mm512_slli_epi64::<28>(d)),
                _mm512_or_si512(_mm512_srli_epi64::<36>(d), _mm512_slli_epi64::<16>(e)),
            ]
        }
    }

    /// Limbs in 0..2⁵² from limbs that may be negative; the sum is the same, and not negative.
    #[inline(always)]
    fn normalise(mut self) -> Self {
        let mask = all(MASK);
        for i in 0..4 {
            // SAFETY: the features are there (see the module).
            unsafe {
                let carry = _mm512_srai_epi64::<52>(self.limbs[i]);
                self.limbs[i] = _mm512_and_si512(self.limbs[i], mask);
                self.limbs[i + 1] = _mm512_add_epi64(self.limbs[i + 1], carry);
            }
        }
        self
    }

    #[inline(always)]
    fn raw_add(self, other: Self) -> Self {
        let mut limbs = self.limbs;
        for (limb, other) in limbs.iter_mut().zip(other.limbs) {
            // SAFETY: the features are there (see the module).
            *limb = unsafe { _mm512_add_epi64(*limb, other) };
        }
        Self::of(limbs)
    }

    #[inline(always)]
    fn raw_sub(self, other: Self) -> Self {
        let mut limbs = self.limbs;
        for (limb, other) in limbs.iter_mut().zip(other.limbs) {
            // SAFETY: the features are there (see the module).
            *limb = unsafe { _mm512_sub_epi64(*limb, other) };
        }
        Self::of(limbs)
    }

    /// The sum, not reduced.
    #[inline(always)]
    pub fn add(self, other: Self) -> Self {
        self.raw_add(other).normalise()
    }

    /// a − b + K·p, for b up to K·p.
    #[inline(always)]
    pub fn sub<const K: u64>(self, other: Self) -> Self {
        self.raw_add(Self::splat(Self::multiple_of_p::<K>()))
            .raw_sub(other)
            .normalise()
    }

    /// p, 2·p, 4·p, … 32·p.
    pub const POWERS_OF_TWO: [[u64; 5]; 6] = [
        multiple(Constants::<M>::P, 1),
        multiple(Constants::<M>::P, 2),
        multiple(Constants::<M>::P, 4),
        multiple(Constants::<M>::P, 8),
        multiple(Constants::<M>::P, 16),
        multiple(Constants::<M>::P, 32),
    ];

    /// a − b + `bound`, for b up to that bound, one of [`Self::POWERS_OF_TWO`].
    #[inline(always)]
    pub fn sub_from_multiple(self, other: Self, bound: [u64; 5]) -> Self {
        self.raw_add(Self::splat(bound)).raw_sub(other).normalise()
    }

    /// K·p − a, for a up to K·p.
    #[inline(always)]
    pub fn negate<const K: u64>(self) -> Self {
        Self::splat(Self::multiple_of_p::<K>())
            .raw_sub(self)
            .normalise()
    }

    /// a − b − c + K·p below 64·p, reduced to below p.
    #[inline(always)]
    pub fn sub_two_reduced<const K: u64>(self, b: Self, c: Self) -> Self {
        self.raw_add(Self::splat(Self::multiple_of_p::<K>()))
            .raw_sub(b)
            .raw_sub(c)
            .reduce()
    }

    /// a − b + K·p below 64·p, reduced to below p.
    #[inline(always)]
    pub fn sub_reduced<const K: u64>(self, b: Self) -> Self {
        self.raw_add(Self::splat(Self::multiple_of_p::<K>()))
            .raw_sub(b)
            .reduce()
    }

    /// To below p, from 0..64·p; limbs may be out of their range.
    #[inline(always)]
    pub fn reduce(self) -> Self {
        let value = self.normalise();
        // The quotient by p is that of the top limbs, or one less.
        // SAFETY: the features are there (see the module).
        let quotient = unsafe {
            _mm512_srli_epi64::<QUOTIENT_SHIFT>(hi(
                all(0),
                value.limbs[4],
                all(Constants::<M>::RECIPROCAL),
            ))
        };
        let mut limbs = value.limbs;
        for i in 0..5 {
            let complement = all(Constants::<M>::COMPLEMENT[i]);
            limbs[i] = lo(limbs[i], quotient, complement);
            if i < 4 {
                limbs[i + 1] = hi(limbs[i + 1], quotient, complement);
            }
        }
        let mut rest = Self::of(limbs).normalise();
        // SAFETY: the features are there (see the module).
        unsafe {
            rest.limbs[4] = _mm512_and_si512(rest.limbs[4], all(MASK));
            let less = rest.raw_sub(Self::splat(Constants::<M>::P)).normalise();
            let negative = _mm512_movepi64_mask(less.limbs[4]);
            less.select(negative, rest)
        }
    }

    /// `other` in the lanes of `mask`, `self` in the rest.
    #[inline(always)]
    pub fn select(self, mask: __mmask8, other: Self) -> Self {
        let mut limbs = self.limbs;
        for (limb, other) in limbs.iter_mut().zip(other.limbs) {
            // SAFETY: the features are there (see the module).
            *limb = unsafe { _mm512_mask_blend_epi64(mask, *limb, other) };
        }
        Self::of(limbs)
    }

    /// a·b / R; below (k·l/84 + 1)·p for a below k·p and b below l·p.
    #[inline(always)]
    pub fn mul(self, other: Self) -> Self {
        let mut t = [all(0); 6];
        for i in 0..5 {
            Self::accumulate(&mut t, self.limbs[i], &other.limbs);
            Self::eliminate(&mut t);
        }
        Self::of([t[0], t[1], t[2], t[3], t[4]]).normalise()
    }

    /// (a·b + c·d) / R, with one reduction; below ((k·l + m·n)/84 + 1)·p.
    #[inline(always)]
    pub fn mul_two(a: Self, b: Self, c: Self, d: Self) -> Self {
        let mut t = [all(0); 6];
        for i in 0..5 {
            Self::accumulate(&mut t, a.limbs[i], &b.limbs);
            Self::accumulate(&mut t, c.limbs[i], &d.limbs);
            Self::eliminate(&mut t);
        }
        Self::of([t[0], t[1], t[2], t[3], t[4]]).normalise()
    }

    #[inline(always)]
    fn accumulate(t: &mut [__m512i; 6], factor: __m512i, limbs: &[__m512i; 5]) {
        for j in 0..5 {
            t[j] = lo(t[j], factor, limbs[j]);
        }
        for j in 0..5 {
            t[j + 1] = hi(t[j + 1], factor, limbs[j]);
        }
    }

    /// Adds the multiple of p that makes the lowest limb's 52 bits vanish, and drops them.
    #[inline(always)]
    fn eliminate(t: &mut [__m512i; 6]) {
        let q = lo(all(0), t[0], all(Constants::<M>::NEGATED_INVERSE));
        for j in 0..5 {
            t[j] = lo(t[j], q, all(Constants::<M>::P[j]));
        }
        for j in 0..5 {
            t[j + 1] = hi(t[j + 1], q, all(Constants::<M>::P[j]));
        }
        // SAFETY: the features are there (see the module).
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

/// Rows and columns of an 8 by 8 matrix exchanged.
#[inline(always)]
pub(super) fn transpose(rows: [__m512i; 8]) -> [__m512i; 8] {
    let [a, b, c, d, e, f, g, h] = rows;
    // SAFETY: the features are there (see the module).
    unsafe {
        let pairs = [
            _mm512_unpacklo_epi64(a, b),
            _mm512_unpackhi_epi64(a, b),
            _mm512_unpacklo_epi64(c, d),
            _mm512_unpackhi_epi64(c, d),
            _mm512_unpacklo_epi64(e, f),
            _mm512_unpackhi_epi64(e, f),
            _mm512_unpacklo_epi64(g, h),
            _mm512_unpackhi_epi64(g, h),
        ];
        // Blocks of 128 bits: columns j and j + 2 of rows a to d, of rows e to h, then of all.
        let (even_low, even_high) = low_and_high(pairs[0], pairs[2]);
        let (even_low2, even_high2) = low_and_high(pairs[4], pairs[6]);
        let (odd_low, odd_high) = low_and_high(pairs[1], pairs[3]);
        let (odd_low2, odd_high2) = low_and_high(pairs[5], pairs[7]);
        [
            _mm512_shuffle_i64x2::<0b10_00_10_00>(even_low, even_low2),
            _mm512_shuffle_i64x2::<0b10_00_10_00>(odd_low, odd_low2),
            _mm512_shuffle_i64x2::<0b10_00_10_00>(even_high, even_high2),
            _mm512_shuffle_i64x2::<0b10_00_10_00>(odd_high, odd_high2),
            _mm512_shuffle_i64x2::<0b11_01_11_01>(even_low, even_low2),
            _mm512_shuffle_i64x2::<0b11_01_11_01>(odd_low, odd_low2),
            _mm512_shuffle_i64x2::<0b11_01_11_01>(even_high, even_high2),
            _mm512_shuffle_i64x2::<0b11_01_11_01>(odd_high, odd_high2),
        ]
    }
}

/// Of two vectors, the blocks of 128 bits with even and those with odd numbers.
#[inline(always)]
fn low_and_high(a: __m512i, b: __m512i) -> (__m512i, __m512i) {
    // SAFETY: the features are there (see the module).
    unsafe {
        (
            _mm512_shuffle_i64x2::<0b10_00_10_00>(a, b),
            _mm512_shuffle_i64x2::<0b11_01_11_01>(a, b),
        )
    }
}
