//! [`Vector`] with 52-bit limbs and the fused multiply-adds of AVX-512 IFMA.
//!
//! An element is five limbs of 52 bits, one vector each, in Montgomery form with R = 2²⁶⁰. Limbs of what is multiplied are
//! normalised: in 0..2⁵². 2²⁶⁰ is more than 84 times either modulus, so sums and differences need not be reduced: every function
//! says in multiples of p what it takes and what it gives.

// Indices say which limb of one goes with which of the other; iterators would hide it.
#![allow(clippy::needless_range_loop)]

use super::vector::{Base, Instructions, Job, Modulus, Scalar, Vector, split};
use std::{arch::x86_64::*, marker::PhantomData};

/// AVX-512 with IFMA.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ifma;

impl Instructions for Ifma {
    type Base = V<Base>;
    type Scalar = V<Scalar>;
    const NAME: &'static str = "AVX-512 IFMA";

    fn available() -> bool {
        is_x86_feature_detected!("avx512f")
            && is_x86_feature_detected!("avx512dq")
            && is_x86_feature_detected!("avx512bw")
            && is_x86_feature_detected!("avx512vl")
            && is_x86_feature_detected!("avx512ifma")
            && is_x86_feature_detected!("bmi1")
            && is_x86_feature_detected!("bmi2")
            && is_x86_feature_detected!("adx")
    }

    unsafe fn run<J: Job<Self>>(job: J) {
        #[target_feature(enable = "avx512f,avx512dq,avx512bw,avx512vl,avx512ifma,bmi1,bmi2,adx")]
        unsafe fn with_features<J: Job<Ifma>>(job: J) {
            // SAFETY: the caller's duty.
            unsafe { job.run() }
        }
        // SAFETY: the caller's duty.
        unsafe { with_features(job) }
    }
}

const MASK: u64 = (1 << 52) - 1;

/// A multiple of p that no coordinate of a key's point exceeds, once multiplied by 2⁴ (from R = 2²⁵⁶ to 2²⁶⁰).
const KEY: u64 = 16;

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
    const P: [u64; 5] = split::<52>(M::LIMBS);
    const COMPLEMENT: [u64; 5] = complement(Self::P);
    const NEGATED_INVERSE: u64 = M::NEGATED_INVERSE & MASK;
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
    // SAFETY: the features are there (see [`super::vector`]).
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
    fn constant(limbs: [u64; 5]) -> Self {
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
    fn unpack_shifted<const SHIFT: u32>(words: [__m512i; 4]) -> Self {
        let mask = all(MASK);
        let [a, b, c, d] = words;
        // SAFETY: the features are there (see [`super::vector`]).
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

    /// Limbs in 0..2⁵² from limbs that may be negative; the sum is the same, and not negative.
    #[inline(always)]
    fn normalise(mut self) -> Self {
        let mask = all(MASK);
        for i in 0..4 {
            // SAFETY: the features are there (see [`super::vector`]).
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
            // SAFETY: the features are there (see [`super::vector`]).
            *limb = unsafe { _mm512_add_epi64(*limb, other) };
        }
        Self::of(limbs)
    }

    #[inline(always)]
    fn raw_sub(self, other: Self) -> Self {
        let mut limbs = self.limbs;
        for (limb, other) in limbs.iter_mut().zip(other.limbs) {
            // SAFETY: the features are there (see [`super::vector`]).
            *limb = unsafe { _mm512_sub_epi64(*limb, other) };
        }
        Self::of(limbs)
    }

    /// p, 2·p, 4·p, … 32·p.
    const POWERS_OF_TWO: [[u64; 5]; 6] = [
        multiple(Constants::<M>::P, 1),
        multiple(Constants::<M>::P, 2),
        multiple(Constants::<M>::P, 4),
        multiple(Constants::<M>::P, 8),
        multiple(Constants::<M>::P, 16),
        multiple(Constants::<M>::P, 32),
    ];

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
        // SAFETY: the features are there (see [`super::vector`]).
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

impl<M: Modulus> Vector for V<M> {
    type Word = __m512i;

    const FORM: i32 = 4;
    const COORDINATES: i32 = 4;

    #[inline(always)]
    unsafe fn load_rows(rows: [*const u64; 8]) -> [__m512i; 8] {
        let mut loaded = [all(0); 8];
        for (loaded, row) in loaded.iter_mut().zip(rows) {
            // SAFETY: the caller's duty.
            *loaded = unsafe { _mm512_loadu_si512(row.cast()) };
        }
        Self::transpose(loaded)
    }

    #[inline(always)]
    unsafe fn store_rows(rows: [*mut u64; 8], columns: [__m512i; 8]) {
        for (row, words) in rows.into_iter().zip(Self::transpose(columns)) {
            // SAFETY: the caller's duty.
            unsafe { _mm512_storeu_si512(row.cast(), words) };
        }
    }

    #[inline(always)]
    unsafe fn load_elements(address: *const u64) -> [__m512i; 4] {
        // SAFETY: the caller's duty.
        unsafe {
            let low = permutation([0, 4, 8, 12, 1, 5, 9, 13]);
            let high = permutation([2, 6, 10, 14, 3, 7, 11, 15]);
            let a = _mm512_loadu_si512(address.cast());
            let b = _mm512_loadu_si512(address.add(8).cast());
            let c = _mm512_loadu_si512(address.add(16).cast());
            let d = _mm512_loadu_si512(address.add(24).cast());
            let (ab_low, ab_high) = (
                _mm512_permutex2var_epi64(a, low, b),
                _mm512_permutex2var_epi64(a, high, b),
            );
            let (cd_low, cd_high) = (
                _mm512_permutex2var_epi64(c, low, d),
                _mm512_permutex2var_epi64(c, high, d),
            );
            [
                _mm512_shuffle_i64x2::<0b01_00_01_00>(ab_low, cd_low),
                _mm512_shuffle_i64x2::<0b11_10_11_10>(ab_low, cd_low),
                _mm512_shuffle_i64x2::<0b01_00_01_00>(ab_high, cd_high),
                _mm512_shuffle_i64x2::<0b11_10_11_10>(ab_high, cd_high),
            ]
        }
    }

    #[inline(always)]
    unsafe fn store_elements(address: *mut u64, [w, x, y, z]: [__m512i; 4]) {
        // SAFETY: the caller's duty.
        unsafe {
            let first = permutation([0, 4, 8, 12, 1, 5, 9, 13]);
            let second = permutation([2, 6, 10, 14, 3, 7, 11, 15]);
            // Limbs 0 and 1, 2 and 3 of elements 0 to 3, then of 4 to 7.
            let wx_low = _mm512_shuffle_i64x2::<0b01_00_01_00>(w, x);
            let yz_low = _mm512_shuffle_i64x2::<0b01_00_01_00>(y, z);
            let wx_high = _mm512_shuffle_i64x2::<0b11_10_11_10>(w, x);
            let yz_high = _mm512_shuffle_i64x2::<0b11_10_11_10>(y, z);
            _mm512_storeu_si512(
                address.cast(),
                _mm512_permutex2var_epi64(wx_low, first, yz_low),
            );
            _mm512_storeu_si512(
                address.add(8).cast(),
                _mm512_permutex2var_epi64(wx_low, second, yz_low),
            );
            _mm512_storeu_si512(
                address.add(16).cast(),
                _mm512_permutex2var_epi64(wx_high, first, yz_high),
            );
            _mm512_storeu_si512(
                address.add(24).cast(),
                _mm512_permutex2var_epi64(wx_high, second, yz_high),
            );
        }
    }

    #[inline(always)]
    fn words(limbs: &[[u64; 8]; 4]) -> [__m512i; 4] {
        let mut words = [all(0); 4];
        for (word, lanes) in words.iter_mut().zip(limbs) {
            // SAFETY: eight words are there.
            *word = unsafe { _mm512_loadu_si512(lanes.as_ptr().cast()) };
        }
        words
    }

    #[inline(always)]
    fn limbs(words: [__m512i; 4]) -> [[u64; 8]; 4] {
        let mut limbs = [[0; 8]; 4];
        for (lanes, word) in limbs.iter_mut().zip(words) {
            // SAFETY: there is room for eight words.
            unsafe { _mm512_storeu_si512(lanes.as_mut_ptr().cast(), word) };
        }
        limbs
    }

    #[inline(always)]
    fn transpose(rows: [__m512i; 8]) -> [__m512i; 8] {
        let [a, b, c, d, e, f, g, h] = rows;
        // SAFETY: the features are there (see [`super::vector`]).
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

    #[inline(always)]
    fn equal(a: [__m512i; 4], b: [__m512i; 4]) -> u8 {
        let mut mask = 0xff;
        for i in 0..4 {
            // SAFETY: the features are there (see [`super::vector`]).
            mask &= unsafe { _mm512_cmpeq_epi64_mask(a[i], b[i]) };
        }
        mask
    }

    #[inline(always)]
    fn is_zero([a, b, c, d]: [__m512i; 4]) -> u8 {
        // SAFETY: as above.
        unsafe {
            let any = _mm512_or_si512(_mm512_or_si512(a, b), _mm512_or_si512(c, d));
            _mm512_testn_epi64_mask(any, any)
        }
    }

    #[inline(always)]
    fn splat(limbs: [u64; 4]) -> Self {
        Self::constant(split::<52>(limbs))
    }

    #[inline(always)]
    fn unpack(words: [__m512i; 4]) -> Self {
        Self::unpack_shifted::<0>(words)
    }

    #[inline(always)]
    fn unpack_key(words: [__m512i; 4]) -> Self {
        Self::unpack_shifted::<4>(words)
    }

    #[inline(always)]
    fn pack(self) -> [__m512i; 4] {
        let [a, b, c, d, e] = self.limbs;
        // SAFETY: the features are there (see [`super::vector`]).
        unsafe {
            [
                _mm512_or_si512(a, _mm512_slli_epi64::<52>(b)),
                _mm512_or_si512(_mm512_srli_epi64::<12>(b), _mm512_slli_epi64::<40>(c)),
                _mm512_or_si512(_mm512_srli_epi64::<24>(c), _mm512_slli_epi64::<28>(d)),
                _mm512_or_si512(_mm512_srli_epi64::<36>(d), _mm512_slli_epi64::<16>(e)),
            ]
        }
    }

    /// From 0..64·p; limbs may be out of their range.
    #[inline(always)]
    fn reduce(self) -> Self {
        let value = self.normalise();
        // The quotient by p is that of the top limbs, or one less.
        // SAFETY: the features are there (see [`super::vector`]).
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
        // SAFETY: the features are there (see [`super::vector`]).
        unsafe {
            rest.limbs[4] = _mm512_and_si512(rest.limbs[4], all(MASK));
            let less = rest.raw_sub(Self::constant(Constants::<M>::P)).normalise();
            let negative = _mm512_movepi64_mask(less.limbs[4]);
            less.select(negative, rest)
        }
    }

    #[inline(always)]
    fn select(self, mask: u8, other: Self) -> Self {
        let mut limbs = self.limbs;
        for (limb, other) in limbs.iter_mut().zip(other.limbs) {
            // SAFETY: the features are there (see [`super::vector`]).
            *limb = unsafe { _mm512_mask_blend_epi64(mask, *limb, other) };
        }
        Self::of(limbs)
    }

    #[inline(always)]
    fn add(self, other: Self) -> Self {
        self.raw_add(other).normalise()
    }

    /// a − b + K·p, for b up to K·p.
    #[inline(always)]
    fn sub<const K: u64>(self, other: Self) -> Self {
        self.raw_add(Self::constant(Self::multiple_of_p::<K>()))
            .raw_sub(other)
            .normalise()
    }

    /// K·p − a, for a up to K·p.
    #[inline(always)]
    fn negate<const K: u64>(self) -> Self {
        Self::constant(Self::multiple_of_p::<K>())
            .raw_sub(self)
            .normalise()
    }

    /// Of what is below 16·p.
    #[inline(always)]
    fn opposite(self) -> Self {
        self.negate::<KEY>()
    }

    /// Below 64·p with K·p added.
    #[inline(always)]
    fn sub_reduced<const K: u64>(self, b: Self) -> Self {
        self.raw_add(Self::constant(Self::multiple_of_p::<K>()))
            .raw_sub(b)
            .reduce()
    }

    #[inline(always)]
    fn x_of_sum(square: Self, x1: Self, x2: Self) -> Self {
        square
            .raw_add(Self::constant(Self::multiple_of_p::<{ 2 * KEY }>()))
            .raw_sub(x1)
            .raw_sub(x2)
            .reduce()
    }

    #[inline(always)]
    fn to_coordinates(self) -> Self {
        self
    }

    #[inline(always)]
    fn tidy(self) -> Self {
        self
    }

    /// Below (k·l/84 + 1)·p for a below k·p and b below l·p.
    #[inline(always)]
    fn mul(self, other: Self) -> Self {
        let mut t = [all(0); 6];
        for i in 0..5 {
            Self::accumulate(&mut t, self.limbs[i], &other.limbs);
            Self::eliminate(&mut t);
        }
        Self::of([t[0], t[1], t[2], t[3], t[4]]).normalise()
    }

    /// With one reduction; below ((k·l + m·n)/84 + 1)·p.
    #[inline(always)]
    fn mul_two(a: Self, b: Self, c: Self, d: Self) -> Self {
        let mut t = [all(0); 6];
        for i in 0..5 {
            Self::accumulate(&mut t, a.limbs[i], &b.limbs);
            Self::accumulate(&mut t, c.limbs[i], &d.limbs);
            Self::eliminate(&mut t);
        }
        Self::of([t[0], t[1], t[2], t[3], t[4]]).normalise()
    }

    /// b, and so the difference's bound, doubles with each level.
    #[inline(always)]
    fn decimate_frequency(a: Self, b: Self, w: Self, level: usize) -> (Self, Self) {
        let bound = Self::constant(Self::POWERS_OF_TWO[level]);
        let difference = a.raw_add(bound).raw_sub(b).normalise();
        (a.add(b), difference.mul(w))
    }

    #[inline(always)]
    fn decimate_time(a: Self, b: Self, w: Self) -> (Self, Self) {
        let product = b.mul(w);
        (a.add(product), a.sub::<2>(product))
    }
}

#[inline(always)]
unsafe fn permutation(places: [u64; 8]) -> __m512i {
    // SAFETY: eight words are there; the features are the caller's duty.
    unsafe { _mm512_loadu_si512(places.as_ptr().cast()) }
}

/// Of two vectors, the blocks of 128 bits with even and those with odd numbers.
#[inline(always)]
fn low_and_high(a: __m512i, b: __m512i) -> (__m512i, __m512i) {
    // SAFETY: the features are there (see [`super::vector`]).
    unsafe {
        (
            _mm512_shuffle_i64x2::<0b10_00_10_00>(a, b),
            _mm512_shuffle_i64x2::<0b11_01_11_01>(a, b),
        )
    }
}
