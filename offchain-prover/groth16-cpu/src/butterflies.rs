//! Butterflies on vectors of eight scalars: some levels of a transform at a time ([`crate::ntt`]
//! chooses which).
//!
//! Scalars stay in arkworks' Montgomery form with 2²⁵⁶. Twiddles and other factors have the form of
//! the vectors, so that a product has the form of the scalar. Between passes scalars are below r.

// In the unsafe functions here nearly every line is unsafe. The duties of their callers are stated
// once, above each function.
#![allow(unsafe_op_in_unsafe_fn)]
// The indices show which vector of one list belongs to which of the other; iterators would hide it.
#![allow(clippy::needless_range_loop)]

use super::vector::{Instructions, Job, Lanes, Vector};
use std::ops::Range;

/// Most levels of a pass: without reductions, sums grow to 2⁶·r.
pub(super) const LEVELS: u32 = 6;

/// Most rows of a pass.
const ROWS: usize = 1 << LEVELS;

/// Eight factors, limb by limb.
#[repr(C, align(64))]
#[derive(Clone, Copy, Default)]
pub(super) struct Factors(pub [[u64; 8]; 4]);

/// Some levels of a transform over blocks. The rows of a block lie `stride` elements apart.
#[derive(Clone, Copy)]
pub(super) struct Pass<'a> {
    /// The distance of rows in elements, a multiple of eight.
    pub stride: usize,
    /// The twiddles of each level, that with the largest distance first. A level with a distance of
    /// m elements has m of them.
    pub twiddles: &'a [&'a [Factors]],
}

#[inline(always)]
unsafe fn load<V: Vector>(address: *const u64) -> V {
    V::unpack(V::load_elements(address))
}

#[inline(always)]
unsafe fn store<V: Vector>(address: *mut u64, value: V) {
    V::store_elements(address, value.reduce().pack());
}

#[inline(always)]
fn factor<V: Vector>(Factors(limbs): &Factors) -> V {
    V::unpack(V::words(limbs))
}

/// The part of the values that a pass works on: some units of eight columns.
pub(super) struct Units<'a> {
    /// All values of the transform.
    pub values: *mut u64,
    /// Elements of a block.
    pub length: usize,
    /// The numbers of the units, counted block after block.
    pub units: Range<usize>,
    /// The levels of the pass.
    pub pass: Pass<'a>,
}

/// A pass by decimation in frequency: distances from `stride·2^(levels − 1)` down to `stride`.
pub(super) struct FrequencyPass<'a>(pub Units<'a>);

/// A pass by decimation in time: distances from `stride` up to `stride·2^(levels − 1)`.
pub(super) struct TimePass<'a>(pub Units<'a>);

/// Loads the rows of each unit, calls `kernel` with its levels, and stores the rows.
macro_rules! each_unit {
    ($units:expr, $kernel:ident) => {{
        let Units {
            values,
            length,
            units,
            pass,
        } = $units;
        let mut rows = [I::Scalar::splat([0; 4]); ROWS];
        let rows = &mut rows[..1 << pass.twiddles.len()];
        let columns = pass.stride / 8;
        for unit in units {
            let (block, column) = (unit / columns, unit % columns);
            let address = values.add(4 * (block * length + 8 * column));
            for (row, value) in rows.iter_mut().enumerate() {
                *value = load(address.add(4 * row * pass.stride));
            }
            $kernel(rows, column, pass);
            for (row, value) in rows.iter().enumerate() {
                store(address.add(4 * row * pass.stride), *value);
            }
        }
    }};
}

impl<I: Instructions> Job<I> for FrequencyPass<'_> {
    /// All rows of the units lie in the memory, and no other thread touches them.
    #[inline(always)]
    unsafe fn run(self) {
        each_unit!(self.0, frequency_pass);
    }
}

impl<I: Instructions> Job<I> for TimePass<'_> {
    /// As for [`FrequencyPass`].
    #[inline(always)]
    unsafe fn run(self) {
        each_unit!(self.0, time_pass);
    }
}

/// Computes the levels for the rows of eight columns, which have number `column` in their block.
#[inline(always)]
fn frequency_pass<V: Vector>(rows: &mut [V], column: usize, pass: Pass<'_>) {
    let columns = pass.stride / 8;
    let mut half = rows.len() / 2;
    for (level, twiddles) in pass.twiddles.iter().enumerate() {
        for group in rows.chunks_exact_mut(2 * half) {
            let (above, below) = group.split_at_mut(half);
            for (row, (a, b)) in above.iter_mut().zip(below).enumerate() {
                let w = factor(&twiddles[row * columns + column]);
                (*a, *b) = V::decimate_frequency(*a, *b, w, level);
            }
        }
        half /= 2;
    }
}

/// As [`frequency_pass`], in the opposite order.
#[inline(always)]
fn time_pass<V: Vector>(rows: &mut [V], column: usize, pass: Pass<'_>) {
    let columns = pass.stride / 8;
    let mut half = 1;
    for twiddles in pass.twiddles.iter().rev() {
        for group in rows.chunks_exact_mut(2 * half) {
            let (above, below) = group.split_at_mut(half);
            for (row, (a, b)) in above.iter_mut().zip(below).enumerate() {
                let w = factor(&twiddles[row * columns + column]);
                (*a, *b) = V::decimate_time(*a, *b, w);
            }
        }
        half *= 2;
    }
}

/// Twiddles for distances of four, two and one element, the same for all lanes.
#[derive(Clone, Copy, Default)]
pub(super) struct Short {
    /// Four for a distance of four elements, then two for a distance of two, then one for a
    /// distance of one.
    pub factors: [[u64; 4]; 7],
}

impl Short {
    #[inline(always)]
    fn get<V: Vector>(&self, place: usize) -> V {
        V::splat(self.factors[place])
    }
}

#[inline(always)]
unsafe fn load_transposed<V: Vector>(address: *const u64) -> [V; 8] {
    let mut words = [V::load_elements(address); 8];
    for vector in 1..8 {
        words[vector] = V::load_elements(address.add(32 * vector));
    }
    transposed::<V>(&mut words);
    let mut out = [V::unpack(words[0]); 8];
    for vector in 1..8 {
        out[vector] = V::unpack(words[vector]);
    }
    out
}

#[inline(always)]
unsafe fn store_transposed<V: Vector>(address: *mut u64, values: [V; 8]) {
    let mut words = [values[0].reduce().pack(); 8];
    for vector in 1..8 {
        words[vector] = values[vector].reduce().pack();
    }
    transposed::<V>(&mut words);
    for (vector, words) in words.into_iter().enumerate() {
        V::store_elements(address.add(32 * vector), words);
    }
}

/// Exchanges word l of lane j of vector i with word l of lane i of vector j, of eight vectors.
#[inline(always)]
fn transposed<V: Vector>(words: &mut [[V::Word; 4]; 8]) {
    for limb in 0..4 {
        let mut rows = [words[0][limb]; 8];
        for i in 1..8 {
            rows[i] = words[i][limb];
        }
        let columns = V::transpose(rows);
        for i in 0..8 {
            words[i][limb] = columns[i];
        }
    }
}

/// The levels with distances four, two and one, for 64 consecutive elements at a time.
pub(super) struct FrequencyShort<'a> {
    /// The elements.
    pub values: &'a mut [[u64; 4]],
    /// Twiddles.
    pub short: &'a Short,
}

/// The levels with distances one, two and four, for 64 consecutive elements at a time.
pub(super) struct TimeShort<'a> {
    /// The elements.
    pub values: &'a mut [[u64; 4]],
    /// Twiddles.
    pub short: &'a Short,
}

impl<I: Instructions> Job<I> for FrequencyShort<'_> {
    /// The processor has the features.
    #[inline(always)]
    unsafe fn run(self) {
        for values in self.values.chunks_exact_mut(64) {
            frequency_short::<I::Scalar>(values.as_mut_ptr().cast(), self.short);
        }
    }
}

impl<I: Instructions> Job<I> for TimeShort<'_> {
    /// The processor has the features.
    #[inline(always)]
    unsafe fn run(self) {
        for values in self.values.chunks_exact_mut(64) {
            time_short::<I::Scalar>(values.as_mut_ptr().cast(), self.short);
        }
    }
}

#[inline(always)]
unsafe fn frequency_short<V: Vector>(address: *mut u64, short: &Short) {
    let mut v = load_transposed::<V>(address);
    for i in 0..4 {
        (v[i], v[i + 4]) = V::decimate_frequency(v[i], v[i + 4], short.get(i), 0);
    }
    for base in [0, 4] {
        for i in 0..2 {
            let (a, b) = (v[base + i], v[base + i + 2]);
            (v[base + i], v[base + i + 2]) = V::decimate_frequency(a, b, short.get(4 + i), 1);
        }
    }
    for base in [0, 2, 4, 6] {
        (v[base], v[base + 1]) = V::decimate_frequency(v[base], v[base + 1], short.get(6), 2);
    }
    store_transposed(address, v);
}

#[inline(always)]
unsafe fn time_short<V: Vector>(address: *mut u64, short: &Short) {
    let mut v = load_transposed::<V>(address);
    for base in [0, 2, 4, 6] {
        (v[base], v[base + 1]) = V::decimate_time(v[base], v[base + 1], short.get(6));
    }
    for base in [0, 4] {
        for i in 0..2 {
            let (a, b) = (v[base + i], v[base + i + 2]);
            (v[base + i], v[base + i + 2]) = V::decimate_time(a, b, short.get(4 + i));
        }
    }
    for i in 0..4 {
        (v[i], v[i + 4]) = V::decimate_time(v[i], v[i + 4], short.get(i));
    }
    store_transposed(address, v);
}

/// `a ← a·b·products − c·singles`, for as many elements as `a` has.
pub(super) struct Combine<'a> {
    /// First factors; the results replace them.
    pub a: &'a mut [[u64; 4]],
    /// Second factors.
    pub b: &'a [[u64; 4]],
    /// The subtracted values, before they are multiplied by `singles`.
    pub c: &'a [[u64; 4]],
    /// `products` and `singles`, in the vectors' form.
    pub factors: [[u64; 4]; 2],
}

impl<I: Instructions> Job<I> for Combine<'_> {
    /// The lists have the same length, a multiple of eight.
    #[inline(always)]
    unsafe fn run(self) {
        let [products, singles] = self.factors;
        let (products, singles) = (I::Scalar::splat(products), I::Scalar::splat(singles));
        for first in (0..self.a.len()).step_by(8) {
            let address = self.a.as_mut_ptr().add(first).cast::<u64>();
            let product = load::<I::Scalar>(address)
                .mul(load(self.b.as_ptr().add(first).cast()))
                .mul(products);
            let single = load::<I::Scalar>(self.c.as_ptr().add(first).cast()).mul(singles);
            I::Scalar::store_elements(address, product.sub_reduced::<2>(single).pack());
        }
    }
}
