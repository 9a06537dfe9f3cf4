//! Butterflies on vectors of eight scalars: the levels of a transform, some at a time ([`super::ntt`] says which).
//!
//! Scalars stay in arkworks' Montgomery form, R = 2²⁵⁶; twiddles and other factors have R = 2²⁶⁰, so that a product has the form of the
//! scalar. Between passes scalars are below r.

// Of the functions that are unsafe as a whole, nearly every line is: their callers' duties are said once, above them.
#![allow(unsafe_op_in_unsafe_fn)]
// Indices say which vector of one goes with which of the other; iterators would hide it.
#![allow(clippy::needless_range_loop)]

use super::ifma::{split, transpose, Scalar, V};
use std::arch::x86_64::*;

type F = V<Scalar>;

/// Most levels of a pass: without reduction, sums grow to 2⁶·r.
pub(super) const LEVELS: u32 = 6;

/// Rows of a pass at most.
const ROWS: usize = 1 << LEVELS;

/// Eight factors, limb by limb.
#[repr(C, align(64))]
#[derive(Clone, Copy, Default)]
pub(super) struct Factors(pub [[u64; 8]; 4]);

/// Some levels of a transform over blocks: rows of a block lie `stride` elements apart.
#[derive(Clone, Copy)]
pub(super) struct Pass<'a> {
    /// Rows' distance in elements, a multiple of eight.
    pub stride: usize,
    /// Twiddles of each level, that with the largest distance first: for a distance of m elements m of them.
    pub twiddles: &'a [&'a [Factors]],
}

/// What a thread keeps.
pub(super) struct Buffer([F; ROWS]);

impl Buffer {
    /// # Safety
    /// The processor has the features.
    #[target_feature(enable = "avx512f,avx512dq,avx512bw,avx512vl,avx512ifma,bmi1,bmi2,adx")]
    pub unsafe fn new() -> Self {
        Self([F::splat([0; 5]); ROWS])
    }
}

#[inline(always)]
unsafe fn permutation(places: [u64; 8]) -> __m512i {
    _mm512_loadu_si512(places.as_ptr().cast())
}

/// Eight elements in a row in memory, limb by limb.
#[inline(always)]
unsafe fn load_words(address: *const u64) -> [__m512i; 4] {
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

#[inline(always)]
unsafe fn store_words(address: *mut u64, [w, x, y, z]: [__m512i; 4]) {
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

#[inline(always)]
unsafe fn load(address: *const u64) -> F {
    F::unpack::<0>(load_words(address))
}

#[inline(always)]
unsafe fn store(address: *mut u64, value: F) {
    store_words(address, value.reduce().pack());
}

#[inline(always)]
unsafe fn factor(factors: &Factors) -> F {
    let words = factors.0.as_ptr().cast::<u64>();
    F::unpack::<0>([
        _mm512_load_si512(words.cast()),
        _mm512_load_si512(words.add(8).cast()),
        _mm512_load_si512(words.add(16).cast()),
        _mm512_load_si512(words.add(24).cast()),
    ])
}

/// (a + b, (a − b)·w); b and so the difference's bound at most `bound`, a multiple of r.
#[inline(always)]
fn decimate_frequency(a: F, b: F, w: F, bound: [u64; 5]) -> (F, F) {
    (a.add(b), a.sub_from_multiple(b, bound).mul(w))
}

/// (a + b·w, a − b·w)
#[inline(always)]
fn decimate_time(a: F, b: F, w: F) -> (F, F) {
    let product = b.mul(w);
    (a.add(product), a.sub::<2>(product))
}

/// Levels with distances from `stride·2^(levels − 1)` down to `stride`, of the eight columns from element `first` on.
///
/// # Safety
/// All rows lie in the memory, and nobody else touches them; the processor has the features.
#[target_feature(enable = "avx512f,avx512dq,avx512bw,avx512vl,avx512ifma,bmi1,bmi2,adx")]
pub(super) unsafe fn frequency_pass(
    values: *mut u64,
    first: usize,
    column: usize,
    pass: Pass<'_>,
    Buffer(rows): &mut Buffer,
) {
    let count = 1usize << pass.twiddles.len();
    let address = values.add(4 * (first + column));
    let rows = &mut rows[..count];
    for (row, value) in rows.iter_mut().enumerate() {
        *value = load(address.add(4 * row * pass.stride));
    }
    let columns = pass.stride / 8;
    let mut half = count / 2;
    for (twiddles, bound) in pass.twiddles.iter().zip(F::POWERS_OF_TWO) {
        for group in rows.chunks_exact_mut(2 * half) {
            let (above, below) = group.split_at_mut(half);
            for (row, (a, b)) in above.iter_mut().zip(below).enumerate() {
                let w = factor(&twiddles[row * columns + column / 8]);
                (*a, *b) = decimate_frequency(*a, *b, w, bound);
            }
        }
        half /= 2;
    }
    for (row, value) in rows.iter().enumerate() {
        store(address.add(4 * row * pass.stride), *value);
    }
}

/// Levels with distances from `stride` up to `stride·2^(levels − 1)`, of the eight columns from element `first` on.
///
/// # Safety
/// As for [`frequency_pass`].
#[target_feature(enable = "avx512f,avx512dq,avx512bw,avx512vl,avx512ifma,bmi1,bmi2,adx")]
pub(super) unsafe fn time_pass(
    values: *mut u64,
    first: usize,
    column: usize,
    pass: Pass<'_>,
    Buffer(rows): &mut Buffer,
) {
    let count = 1usize << pass.twiddles.len();
    let address = values.add(4 * (first + column));
    let rows = &mut rows[..count];
    for (row, value) in rows.iter_mut().enumerate() {
        *value = load(address.add(4 * row * pass.stride));
    }
    let columns = pass.stride / 8;
    let mut half = 1;
    for twiddles in pass.twiddles.iter().rev() {
        for group in rows.chunks_exact_mut(2 * half) {
            let (above, below) = group.split_at_mut(half);
            for (row, (a, b)) in above.iter_mut().zip(below).enumerate() {
                let w = factor(&twiddles[row * columns + column / 8]);
                (*a, *b) = decimate_time(*a, *b, w);
            }
        }
        half *= 2;
    }
    for (row, value) in rows.iter().enumerate() {
        store(address.add(4 * row * pass.stride), *value);
    }
}

/// Twiddles for distances of four, two and one element, the same for all lanes.
#[derive(Clone, Copy, Default)]
pub(super) struct Short {
    /// For a distance of four elements; then two, then one.
    pub factors: [[u64; 4]; 7],
}

impl Short {
    #[inline(always)]
    fn get(&self, place: usize) -> F {
        F::splat(split(self.factors[place]))
    }
}

#[inline(always)]
unsafe fn load_transposed(address: *const u64) -> [F; 8] {
    let mut words = [[_mm512_setzero_si512(); 8]; 4];
    for vector in 0..8 {
        let [a, b, c, d] = load_words(address.add(32 * vector));
        words[0][vector] = a;
        words[1][vector] = b;
        words[2][vector] = c;
        words[3][vector] = d;
    }
    let [a, b, c, d] = words;
    let (a, b, c, d) = (transpose(a), transpose(b), transpose(c), transpose(d));
    let mut out = [F::splat([0; 5]); 8];
    for vector in 0..8 {
        out[vector] = F::unpack::<0>([a[vector], b[vector], c[vector], d[vector]]);
    }
    out
}

#[inline(always)]
unsafe fn store_transposed(address: *mut u64, values: [F; 8]) {
    let mut words = [[_mm512_setzero_si512(); 8]; 4];
    for (vector, value) in values.into_iter().enumerate() {
        let [a, b, c, d] = value.reduce().pack();
        words[0][vector] = a;
        words[1][vector] = b;
        words[2][vector] = c;
        words[3][vector] = d;
    }
    let [a, b, c, d] = words;
    let (a, b, c, d) = (transpose(a), transpose(b), transpose(c), transpose(d));
    for vector in 0..8 {
        store_words(
            address.add(32 * vector),
            [a[vector], b[vector], c[vector], d[vector]],
        );
    }
}

/// Distances four, two and one, of 64 elements in a row.
///
/// # Safety
/// As for [`frequency_pass`].
#[target_feature(enable = "avx512f,avx512dq,avx512bw,avx512vl,avx512ifma,bmi1,bmi2,adx")]
pub(super) unsafe fn frequency_short(values: *mut u64, first: usize, short: &Short) {
    let address = values.add(4 * first);
    let mut v = load_transposed(address);
    let [one, two, four, ..] = F::POWERS_OF_TWO;
    for i in 0..4 {
        (v[i], v[i + 4]) = decimate_frequency(v[i], v[i + 4], short.get(i), one);
    }
    for base in [0, 4] {
        for i in 0..2 {
            let (a, b) = (v[base + i], v[base + i + 2]);
            (v[base + i], v[base + i + 2]) = decimate_frequency(a, b, short.get(4 + i), two);
        }
    }
    for base in [0, 2, 4, 6] {
        (v[base], v[base + 1]) = decimate_frequency(v[base], v[base + 1], short.get(6), four);
    }
    store_transposed(address, v);
}

/// Distances one, two and four, of 64 elements in a row.
///
/// # Safety
/// As for [`frequency_pass`].
#[target_feature(enable = "avx512f,avx512dq,avx512bw,avx512vl,avx512ifma,bmi1,bmi2,adx")]
pub(super) unsafe fn time_short(values: *mut u64, first: usize, short: &Short) {
    let address = values.add(4 * first);
    let mut v = load_transposed(address);
    for base in [0, 2, 4, 6] {
        (v[base], v[base + 1]) = decimate_time(v[base], v[base + 1], short.get(6));
    }
    for base in [0, 4] {
        for i in 0..2 {
            let (a, b) = (v[base + i], v[base + i + 2]);
            (v[base + i], v[base + i + 2]) = decimate_time(a, b, short.get(4 + i));
        }
    }
    for i in 0..4 {
        (v[i], v[i + 4]) = decimate_time(v[i], v[i + 4], short.get(i));
    }
    store_transposed(address, v);
}

/// `a ← a·b·products − c·singles`, of as many elements as `a` has, a multiple of eight.
///
/// # Safety
/// `b` and `c` have as many elements; the processor has the features.
#[target_feature(enable = "avx512f,avx512dq,avx512bw,avx512vl,avx512ifma,bmi1,bmi2,adx")]
pub(super) unsafe fn combine(
    a: &mut [[u64; 4]],
    b: &[[u64; 4]],
    c: &[[u64; 4]],
    [products, singles]: [[u64; 4]; 2],
) {
    let (products, singles) = (F::splat(split(products)), F::splat(split(singles)));
    for first in (0..a.len()).step_by(8) {
        let address = a.as_mut_ptr().add(first).cast::<u64>();
        let product = load(address)
            .mul(load(b.as_ptr().add(first).cast()))
            .mul(products);
        let single = load(c.as_ptr().add(first).cast()).mul(singles);
        store_words(address, product.sub_reduced::<2>(single).pack());
    }
}
