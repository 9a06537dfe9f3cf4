//! [`Vector`] with 51-bit limbs and the fused multiply-adds of AVX2 processors, on numbers with a floating point: for processors without
//! AVX-512 IFMA.
//!
//! An element is five limbs in radix 2⁵¹, each a whole number in a double, and R = 2²⁵⁵. Limbs may be negative. A product of two limbs
//! up to 2¹⁰² comes in two halves: added to 1.5·2¹⁰³, of which a unit in the last place is 2⁵¹, it is rounded to a multiple of that;
//! the rest, within ±2⁵⁰, is a second fused multiply-add. Both halves' bits are those of a constant plus the half as an integer, and integers are
//! what is summed; the constants are taken off all at once. That all this is exact needs the default rounding, to the nearest.
//! Source of the technique: Emmart, Zheng and Weems, "Faster Modular Exponentiation Using Double Precision Floating Point Arithmetic on
//! the GPU", ARITH 2018.
//!
//! Bounds. R is more than 2.64·p. *Balanced*: limbs within ±2⁵⁰, except for the last, which is as the value wants it. A product is balanced and
//! at most (|a|·|b|)/R + p/2. What is unpacked has limbs in 0..2⁵¹, so the difference of two is below 2⁵¹ in magnitude; with an opposite,
//! 2⁵². The product of two limbs must stay below 2¹⁰²: a factor that is balanced goes with any other up to 2⁵². In additions of points:
//!
//! | what | G1 | G2 |
//! | --- | --- | --- |
//! | denominators and numerators | 1 p | 1 p, norms 1.26 p |
//! | products of all before, running inverse | 0.81 p | 0.96 p |
//! | inverse of a denominator | 0.75 p | 0.82 p |
//! | slope | 0.79 p | 1.12 p |
//! | its square | 0.74 p | 1.45 p |
//! | x before it is reduced | −3 p to 1.5 p | −5 p to 3 p |
//! | y before it is reduced | −1.8 p to 0.8 p | −2.4 p to 1.4 p |
//!
//! In transforms products reach 2.1·r, differences twice that, and sums are tidied: within ±0.51·r.

// Indices say which limb of one goes with which of the other; iterators would hide it.
#![allow(clippy::needless_range_loop)]

use super::vector::{Base, Instructions, Job, Modulus, Scalar, Vector, split};
use std::{arch::x86_64::*, marker::PhantomData};

/// AVX2 with FMA.
#[derive(Clone, Copy, Debug)]
pub(super) struct Fma;

impl Instructions for Fma {
    type Base = V<Base>;
    type Scalar = V<Scalar>;
    const NAME: &'static str = "AVX2, FMA";

    fn available() -> bool {
        is_x86_feature_detected!("avx2")
            && is_x86_feature_detected!("fma")
            && is_x86_feature_detected!("bmi1")
            && is_x86_feature_detected!("bmi2")
    }

    unsafe fn run<J: Job<Self>>(job: J) {
        #[target_feature(enable = "avx2,fma,bmi1,bmi2")]
        unsafe fn with_features<J: Job<Fma>>(job: J) {
            // SAFETY: the caller's duty.
            unsafe { job.run() }
        }
        // SAFETY: the caller's duty.
        unsafe { with_features(job) }
    }
}

const BITS: u32 = 51;
const MASK: u64 = (1 << BITS) - 1;
const RADIX: f64 = (1u64 << BITS) as f64;

/// 2⁵²: its bits and a number below 2⁵² in its mantissa are their sum.
const WHOLE: f64 = 2.0 * RADIX;
/// 1.5·2⁵²: the same for whole numbers within ±2⁵¹.
const SIGNED: f64 = 3.0 * RADIX;
/// 1.5·2¹⁰³: the same for multiples of 2⁵¹ within ±2¹⁰².
const HIGH: f64 = SIGNED * RADIX;

/// What keeps a column from becoming negative, a multiple of the radix; the column above repays it.
const OFFSET: i64 = 1 << 60;

/// Pairs of limbs whose numbers add up to `column`.
const fn pairs(column: i64) -> i64 {
    match column {
        0..5 => column + 1,
        5..9 => 9 - column,
        _ => 0,
    }
}

/// What a column of a product starts with: the constants of all halves that come into it are taken off, `products` products having
/// ten columns each; the columns that are kept are rounded to the nearest multiple of the radix.
const fn start(column: usize, products: i64) -> i64 {
    let low = pairs(column as i64);
    let high = pairs(column as i64 - 1);
    let constants = (SIGNED.to_bits() as i64)
        .wrapping_mul(products * low)
        .wrapping_add((HIGH.to_bits() as i64).wrapping_mul(products * high));
    let offset = if column < 9 { OFFSET } else { 0 };
    let repaid = if column > 0 { OFFSET >> BITS } else { 0 };
    let half = if column >= 5 && column < 9 {
        1 << (BITS - 1)
    } else {
        0
    };
    (offset - repaid + half).wrapping_sub(constants)
}

struct Constants<M>(PhantomData<M>);

impl<M: Modulus> Constants<M> {
    const P: [u64; 5] = split::<BITS>(M::LIMBS);
    const FACTORS: [f64; 5] = doubles(Self::P);
    const BALANCED: [f64; 5] = balanced(Self::P);
    const NEGATED_INVERSE: f64 = (M::NEGATED_INVERSE & MASK) as f64;
    /// The inverse of the top limb.
    const RECIPROCAL: f64 = 1.0 / Self::P[4] as f64;
    /// 2⁵⁷ over the top limb's highest bits and one: see [`finish`].
    const QUOTIENT: i64 = ((1u64 << 57) / ((Self::P[4] >> 24) + 1)) as i64;
    /// 8·p, and what keeps limbs from becoming negative.
    const EIGHT: [i64; 5] = kept_positive(Self::P, 8);
    /// −p, and the same.
    const LESS: [i64; 5] = kept_positive(Self::P, -1);
}

const fn doubles(limbs: [u64; 5]) -> [f64; 5] {
    let [a, b, c, d, e] = limbs;
    [a as f64, b as f64, c as f64, d as f64, e as f64]
}

/// The same number with limbs within ±2⁵⁰, the last one excepted.
const fn balanced(limbs: [u64; 5]) -> [f64; 5] {
    let mut out = [0.0; 5];
    let mut carry = 0;
    let mut i = 0;
    while i < 5 {
        let limb = limbs[i] + carry;
        carry = if i < 4 {
            (limb + (1 << (BITS - 1))) >> BITS
        } else {
            0
        };
        out[i] = (limb as i64 - (carry << BITS) as i64) as f64;
        i += 1;
    }
    out
}

/// A multiple of a number with 2⁵⁵ in each limb, repaid by the one above.
const fn kept_positive(limbs: [u64; 5], times: i64) -> [i64; 5] {
    let mut out = [0; 5];
    let mut i = 0;
    while i < 5 {
        let borrowed = if i < 4 { 1 << 55 } else { 0 };
        let repaid = if i > 0 { 1 << (55 - BITS) } else { 0 };
        out[i] = limbs[i] as i64 * times + borrowed - repaid;
        i += 1;
    }
    out
}

/// Four elements.
type Half = [__m256d; 5];

/// Eight elements.
#[derive(Clone, Copy)]
pub(super) struct V<M> {
    halves: [Half; 2],
    modulus: PhantomData<M>,
}

#[inline(always)]
fn all(value: f64) -> __m256d {
    // SAFETY: the features are there (see [`super::vector`]).
    unsafe { _mm256_set1_pd(value) }
}

#[inline(always)]
fn all_bits(value: i64) -> __m256i {
    // SAFETY: as above.
    unsafe { _mm256_set1_epi64x(value) }
}

/// Both halves of a product of limbs, each with its constant.
#[inline(always)]
fn limbs_product(a: __m256d, b: __m256d) -> (__m256i, __m256i) {
    // SAFETY: as above.
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

/// Adds the multiple of p that makes the lowest column's 51 bits vanish, and drops them.
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

/// Integers below 2⁵² as doubles.
#[inline(always)]
fn whole(value: __m256i) -> __m256d {
    // SAFETY: as above.
    unsafe {
        let bits = _mm256_or_si256(value, all_bits(WHOLE.to_bits() as i64));
        _mm256_sub_pd(_mm256_castsi256_pd(bits), all(WHOLE))
    }
}

/// Whole numbers within ±2⁵¹ as integers, with the constant [`SIGNED`]'s bits.
#[inline(always)]
fn bits(value: __m256d) -> __m256i {
    // SAFETY: as above.
    unsafe { _mm256_castpd_si256(_mm256_add_pd(value, all(SIGNED))) }
}

/// The columns that are left as balanced limbs.
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

/// a·b / R. Row by row for both halves in turns: from one row to the next there is a chain of about forty cycles, and older processors
/// do not look far enough ahead to fill it otherwise.
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

/// The columns of the first row, for so many products.
#[inline(always)]
fn first_columns<const PRODUCTS: i64>() -> [[__m256i; 6]; 2] {
    let mut t = [all_bits(0); 6];
    for i in 0..5 {
        t[i] = all_bits(const { starts(PRODUCTS) }[i]);
    }
    [t; 2]
}

/// [`product`], which is long, out of line. What has a feature of its own may be put in line whatever it says: this has none, so
/// that nothing can become part of it, nor it of others.
#[inline(never)]
fn far_product<M: Modulus>(a: &V<M>, b: &V<M>) -> V<M> {
    // SAFETY: the features are there (see [`super::vector`]).
    unsafe { product(a, b) }
}

/// [`product_of_two`] out of line.
#[inline(never)]
fn far_product_of_two<M: Modulus>(a: &V<M>, b: &V<M>, c: &V<M>, d: &V<M>) -> V<M> {
    // SAFETY: as above.
    unsafe { product_of_two(a, b, c, d) }
}

const fn starts(products: i64) -> [i64; 10] {
    let mut out = [0; 10];
    let mut column = 0;
    while column < 10 {
        out[column] = start(column, products);
        column += 1;
    }
    out
}

/// Carries of columns that are not negative; the last limb is left as it is.
#[inline(always)]
fn carried(mut t: [__m256i; 5]) -> [__m256i; 5] {
    for i in 0..4 {
        // SAFETY: as above.
        unsafe {
            let carry = _mm256_srli_epi64::<{ BITS as i32 }>(t[i]);
            t[i] = _mm256_and_si256(t[i], all_bits(MASK as i64));
            t[i + 1] = _mm256_add_epi64(t[i + 1], carry);
        }
    }
    t
}

/// Below p, from columns that are below 16·p together and, the last one excepted, not negative.
#[inline(always)]
fn finish<M: Modulus>(t: [__m256i; 5]) -> Half {
    let value = carried(t);
    // SAFETY: as above.
    unsafe {
        // The quotient by p is that of the highest 30 bits, or one less.
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

/// Carries of limbs up to 2⁵³: balanced.
#[inline(always)]
fn balance(mut limbs: Half) -> Half {
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

/// Four rows of four words, as columns.
#[inline(always)]
fn transpose_half([a, b, c, d]: [__m256i; 4]) -> [__m256i; 4] {
    // SAFETY: as above.
    unsafe {
        let (ab_even, ab_odd) = (_mm256_unpacklo_epi64(a, b), _mm256_unpackhi_epi64(a, b));
        let (cd_even, cd_odd) = (_mm256_unpacklo_epi64(c, d), _mm256_unpackhi_epi64(c, d));
        [
            _mm256_permute2x128_si256::<0x20>(ab_even, cd_even),
            _mm256_permute2x128_si256::<0x20>(ab_odd, cd_odd),
            _mm256_permute2x128_si256::<0x31>(ab_even, cd_even),
            _mm256_permute2x128_si256::<0x31>(ab_odd, cd_odd),
        ]
    }
}

impl<M: Modulus> V<M> {
    #[inline(always)]
    fn of(halves: [Half; 2]) -> Self {
        Self {
            halves,
            modulus: PhantomData,
        }
    }

    #[inline(always)]
    fn raw_add(mut self, other: Self) -> Self {
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
    fn raw_sub(mut self, other: Self) -> Self {
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

impl<M: Modulus> Vector for V<M> {
    /// Lanes 0 to 3, lanes 4 to 7.
    type Word = [__m256i; 2];

    const FORM: i32 = -1;
    const COORDINATES: i32 = 0;

    #[inline(always)]
    unsafe fn load_rows(rows: [*const u64; 8]) -> [Self::Word; 8] {
        let mut columns = [[all_bits(0); 2]; 8];
        for half in 0..2 {
            for part in 0..2 {
                let mut loaded = [all_bits(0); 4];
                for i in 0..4 {
                    // SAFETY: the caller's duty.
                    loaded[i] =
                        unsafe { _mm256_loadu_si256(rows[4 * half + i].add(4 * part).cast()) };
                }
                let transposed = transpose_half(loaded);
                for i in 0..4 {
                    columns[4 * part + i][half] = transposed[i];
                }
            }
        }
        columns
    }

    #[inline(always)]
    unsafe fn store_rows(rows: [*mut u64; 8], columns: [Self::Word; 8]) {
        for half in 0..2 {
            for part in 0..2 {
                let mut words = [all_bits(0); 4];
                for i in 0..4 {
                    words[i] = columns[4 * part + i][half];
                }
                let transposed = transpose_half(words);
                for i in 0..4 {
                    // SAFETY: the caller's duty.
                    unsafe {
                        let address = rows[4 * half + i].add(4 * part);
                        _mm256_storeu_si256(address.cast(), transposed[i]);
                    }
                }
            }
        }
    }

    #[inline(always)]
    unsafe fn load_elements(address: *const u64) -> [Self::Word; 4] {
        let mut words = [[all_bits(0); 2]; 4];
        for half in 0..2 {
            let mut loaded = [all_bits(0); 4];
            for i in 0..4 {
                // SAFETY: the caller's duty.
                loaded[i] = unsafe { _mm256_loadu_si256(address.add(16 * half + 4 * i).cast()) };
            }
            let transposed = transpose_half(loaded);
            for i in 0..4 {
                words[i][half] = transposed[i];
            }
        }
        words
    }

    #[inline(always)]
    unsafe fn store_elements(address: *mut u64, [a, b, c, d]: [Self::Word; 4]) {
        for half in 0..2 {
            let transposed = transpose_half([a[half], b[half], c[half], d[half]]);
            for i in 0..4 {
                // SAFETY: the caller's duty.
                unsafe {
                    _mm256_storeu_si256(address.add(16 * half + 4 * i).cast(), transposed[i]);
                }
            }
        }
    }

    #[inline(always)]
    fn words(limbs: &[[u64; 8]; 4]) -> [Self::Word; 4] {
        let mut words = [[all_bits(0); 2]; 4];
        for (word, lanes) in words.iter_mut().zip(limbs) {
            for half in 0..2 {
                // SAFETY: eight words are there.
                word[half] = unsafe { _mm256_loadu_si256(lanes.as_ptr().add(4 * half).cast()) };
            }
        }
        words
    }

    #[inline(always)]
    fn limbs(words: [Self::Word; 4]) -> [[u64; 8]; 4] {
        let mut limbs = [[0; 8]; 4];
        for (lanes, word) in limbs.iter_mut().zip(words) {
            for half in 0..2 {
                // SAFETY: there is room for eight words.
                unsafe {
                    _mm256_storeu_si256(lanes.as_mut_ptr().add(4 * half).cast(), word[half]);
                }
            }
        }
        limbs
    }

    #[inline(always)]
    fn transpose(rows: [Self::Word; 8]) -> [Self::Word; 8] {
        let mut columns = rows;
        for below in 0..2 {
            for right in 0..2 {
                let mut block = [all_bits(0); 4];
                for i in 0..4 {
                    block[i] = rows[4 * below + i][right];
                }
                let transposed = transpose_half(block);
                for i in 0..4 {
                    columns[4 * right + i][below] = transposed[i];
                }
            }
        }
        columns
    }

    #[inline(always)]
    fn equal(a: [Self::Word; 4], b: [Self::Word; 4]) -> u8 {
        let mut mask = 0;
        for half in 0..2 {
            let mut same = all_bits(-1);
            for i in 0..4 {
                // SAFETY: the features are there (see [`super::vector`]).
                same =
                    unsafe { _mm256_and_si256(same, _mm256_cmpeq_epi64(a[i][half], b[i][half])) };
            }
            // SAFETY: as above.
            let lanes = unsafe { _mm256_movemask_pd(_mm256_castsi256_pd(same)) };
            mask |= (lanes as u8) << (4 * half);
        }
        mask
    }

    #[inline(always)]
    fn is_zero(words: [Self::Word; 4]) -> u8 {
        Self::equal(words, [[all_bits(0); 2]; 4])
    }

    #[inline(always)]
    fn splat(limbs: [u64; 4]) -> Self {
        let limbs = doubles(split::<BITS>(limbs));
        let mut half = [all(0.0); 5];
        for i in 0..5 {
            half[i] = all(limbs[i]);
        }
        Self::of([half; 2])
    }

    #[inline(always)]
    fn unpack([a, b, c, d]: [Self::Word; 4]) -> Self {
        let mut halves = [[all(0.0); 5]; 2];
        for half in 0..2 {
            let (a, b, c, d) = (a[half], b[half], c[half], d[half]);
            // SAFETY: as above.
            let limbs = unsafe {
                [
                    a,
                    _mm256_or_si256(_mm256_srli_epi64::<51>(a), _mm256_slli_epi64::<13>(b)),
                    _mm256_or_si256(_mm256_srli_epi64::<38>(b), _mm256_slli_epi64::<26>(c)),
                    _mm256_or_si256(_mm256_srli_epi64::<25>(c), _mm256_slli_epi64::<39>(d)),
                    _mm256_srli_epi64::<12>(d),
                ]
            };
            for i in 0..5 {
                // SAFETY: as above.
                halves[half][i] =
                    whole(unsafe { _mm256_and_si256(limbs[i], all_bits(MASK as i64)) });
            }
        }
        Self::of(halves)
    }

    #[inline(always)]
    fn unpack_key(words: [Self::Word; 4]) -> Self {
        Self::unpack(words)
    }

    #[inline(always)]
    fn pack(self) -> [Self::Word; 4] {
        let mut words = [[all_bits(0); 2]; 4];
        for half in 0..2 {
            let mut limbs = [all_bits(0); 5];
            for i in 0..5 {
                // SAFETY: as above.
                limbs[i] = unsafe {
                    let bits = _mm256_add_pd(self.halves[half][i], all(WHOLE));
                    _mm256_and_si256(_mm256_castpd_si256(bits), all_bits(MASK as i64))
                };
            }
            let [a, b, c, d, e] = limbs;
            // SAFETY: as above.
            unsafe {
                words[0][half] = _mm256_or_si256(a, _mm256_slli_epi64::<51>(b));
                words[1][half] =
                    _mm256_or_si256(_mm256_srli_epi64::<13>(b), _mm256_slli_epi64::<38>(c));
                words[2][half] =
                    _mm256_or_si256(_mm256_srli_epi64::<26>(c), _mm256_slli_epi64::<25>(d));
                words[3][half] =
                    _mm256_or_si256(_mm256_srli_epi64::<39>(d), _mm256_slli_epi64::<12>(e));
            }
        }
        words
    }

    /// Of balanced limbs, within ±8·p.
    #[inline(always)]
    fn reduce(mut self) -> Self {
        for half in 0..2 {
            let mut columns = [all_bits(0); 5];
            for i in 0..5 {
                let eight = Constants::<M>::EIGHT[i].wrapping_sub(SIGNED.to_bits() as i64);
                // SAFETY: as above.
                columns[i] =
                    unsafe { _mm256_add_epi64(bits(self.halves[half][i]), all_bits(eight)) };
            }
            self.halves[half] = finish::<M>(columns);
        }
        self
    }

    #[inline(always)]
    fn select(mut self, mask: u8, other: Self) -> Self {
        for half in 0..2 {
            // SAFETY: as above.
            unsafe {
                let lanes = _mm256_set_epi64x(8, 4, 2, 1);
                let mask = all_bits(i64::from(mask >> (4 * half)));
                let mask = _mm256_cmpeq_epi64(_mm256_and_si256(mask, lanes), lanes);
                for i in 0..5 {
                    self.halves[half][i] = _mm256_blendv_pd(
                        self.halves[half][i],
                        other.halves[half][i],
                        _mm256_castsi256_pd(mask),
                    );
                }
            }
        }
        self
    }

    /// Balanced.
    #[inline(always)]
    fn add(self, other: Self) -> Self {
        let sum = self.raw_add(other);
        Self::of([balance(sum.halves[0]), balance(sum.halves[1])])
    }

    #[inline(always)]
    fn sub<const K: u64>(self, other: Self) -> Self {
        self.raw_sub(other)
    }

    #[inline(always)]
    fn negate<const K: u64>(self) -> Self {
        Self::of([[all(0.0); 5]; 2]).raw_sub(self)
    }

    #[inline(always)]
    fn opposite(self) -> Self {
        Self::splat(M::LIMBS).raw_sub(self)
    }

    /// Of limbs within ±2⁵¹; the difference within ±8·p.
    #[inline(always)]
    fn sub_reduced<const K: u64>(mut self, other: Self) -> Self {
        for half in 0..2 {
            let mut columns = [all_bits(0); 5];
            for i in 0..5 {
                let (a, b) = (bits(self.halves[half][i]), bits(other.halves[half][i]));
                // SAFETY: as above; both have the same constant.
                columns[i] = unsafe {
                    let eight = all_bits(Constants::<M>::EIGHT[i]);
                    _mm256_add_epi64(_mm256_sub_epi64(a, b), eight)
                };
            }
            self.halves[half] = finish::<M>(columns);
        }
        self
    }

    /// The square is balanced and has R's form: it counts twice.
    #[inline(always)]
    fn x_of_sum(mut square: Self, x1: Self, x2: Self) -> Self {
        for half in 0..2 {
            let mut columns = [all_bits(0); 5];
            for i in 0..5 {
                let square = bits(square.halves[half][i]);
                let (x1, x2) = (bits(x1.halves[half][i]), bits(x2.halves[half][i]));
                // SAFETY: as above; the constant of each is the same.
                columns[i] = unsafe {
                    let first = _mm256_sub_epi64(square, x1);
                    let second = _mm256_sub_epi64(square, x2);
                    let eight = all_bits(Constants::<M>::EIGHT[i]);
                    _mm256_add_epi64(_mm256_add_epi64(first, second), eight)
                };
            }
            square.halves[half] = finish::<M>(columns);
        }
        square
    }

    #[inline(always)]
    fn to_coordinates(self) -> Self {
        self.raw_add(self)
    }

    /// Balanced, and within ±0.51·p; of what is within ±5·p.
    #[inline(always)]
    fn tidy(mut self) -> Self {
        for half in 0..2 {
            let mut limbs = balance(self.halves[half]);
            // SAFETY: as above.
            unsafe {
                let quotient = _mm256_mul_pd(limbs[4], all(Constants::<M>::RECIPROCAL));
                let quotient = _mm256_add_pd(quotient, all(SIGNED));
                let quotient = _mm256_sub_pd(quotient, all(SIGNED));
                for i in 0..5 {
                    let p = all(Constants::<M>::BALANCED[i]);
                    limbs[i] = _mm256_fnmadd_pd(quotient, p, limbs[i]);
                }
            }
            self.halves[half] = balance(limbs);
        }
        self
    }

    #[inline(always)]
    fn mul(self, other: Self) -> Self {
        far_product(&self, &other)
    }

    #[inline(always)]
    fn mul_two(a: Self, b: Self, c: Self, d: Self) -> Self {
        far_product_of_two(&a, &b, &c, &d)
    }

    #[inline(always)]
    fn decimate_frequency(a: Self, b: Self, w: Self, _level: usize) -> (Self, Self) {
        (a.raw_add(b).tidy(), a.raw_sub(b).mul(w))
    }

    #[inline(always)]
    fn decimate_time(a: Self, b: Self, w: Self) -> (Self, Self) {
        let product = b.mul(w);
        (a.raw_add(product).tidy(), a.raw_sub(product).tidy())
    }
}
