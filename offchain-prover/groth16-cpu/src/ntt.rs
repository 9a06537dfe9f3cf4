//! The transforms of the quotient on vectors: seven, without bit reversals.
//!
//! Inverse transforms go from natural to bit-reversed order (decimation in frequency), forward ones
//! back (decimation in time), so that no order need be restored. The coset's factors are part of
//! the twiddles, and the factor 1/n of the inverse transforms is part of the factors by which the
//! values on the coset are multiplied. Up to six levels are done at a time, on 2⁶ vectors of eight
//! columns in the first-level cache. Distances below eight elements are done by transposing 8 by 8.
//!
//! Sources: Gentleman and Sande 1966, Cooley and Tukey 1965. The order of passes is that of the
//! six-step method (Bailey 1990).

use super::{
    butterflies::{
        Combine, Factors, FrequencyPass, FrequencyShort, LEVELS, Pass, Short, TimePass, TimeShort,
        Units,
    },
    domain::Quotient,
    subgroup::Subgroup,
    vector::{Instructions, Job, Vector, power_of_two},
    vectors::Vectors,
};
use ark_bn254::Fr;
use ark_ff::{FftField, Field, One};
use rayon::prelude::*;

/// Smallest size: 64 elements are transposed at a time.
pub(super) const LEAST: usize = 1 << 6;

/// Units of eight columns in one task.
const UNITS: usize = 1 << 6;

/// Twiddles of all levels.
struct Table {
    /// For distances n/2, n/4, … 8.
    long: Vec<Vec<Factors>>,
    short: Short,
}

/// Twiddles and factors for the quotients of one size.
pub(super) struct Transforms<I> {
    /// Proof that the processor has the instructions.
    _vectors: Vectors<I>,
    size: usize,
    inverse: Table,
    coset: Table,
    coset_inverse: Table,
    factors: [[u64; 4]; 2],
}

const _: () = assert!(size_of::<Fr>() == 32 && align_of::<Fr>() == 8);

/// Limbs in the vectors' Montgomery form; `form` is 2 to the power of [`Vector::FORM`].
fn factor(value: Fr, form: Fr) -> [u64; 4] {
    (value * form).0.0
}

impl Table {
    /// Twiddles `shift^(n/2m)·root^(i·n/2m)` for each distance m.
    fn new(size: usize, root: Fr, shift: Fr, form: Fr) -> Self {
        let powers = |distance: usize| {
            let exponent = [(size / (2 * distance)) as u64];
            (root.pow(exponent), shift.pow(exponent))
        };
        let mut distance = size / 2;
        let mut long = Vec::new();
        while distance >= 8 {
            let (step, first) = powers(distance);
            let mut factors = vec![Factors::default(); distance / 8];
            factors
                .par_chunks_mut(UNITS)
                .enumerate()
                .for_each(|(chunk, factors)| {
                    let mut power = first * step.pow([(chunk * UNITS * 8) as u64]);
                    for Factors(words) in factors {
                        for lane in 0..8 {
                            for (word, limb) in words.iter_mut().zip(factor(power, form)) {
                                word[lane] = limb;
                            }
                            power *= step;
                        }
                    }
                });
            long.push(factors);
            distance /= 2;
        }
        let mut short = Short::default();
        for (distance, place) in [(4, 0), (2, 4), (1, 6)] {
            let (step, mut power) = powers(distance);
            for slot in &mut short.factors[place..place + distance] {
                *slot = factor(power, form);
                power *= step;
            }
        }
        Self { long, short }
    }

    /// The passes over the long distances, the longest first: the length of a block, and the
    /// twiddles of its levels.
    fn passes(&self, size: usize) -> Vec<(usize, Vec<&[Factors]>)> {
        let levels = self.long.len();
        let count = levels.div_ceil(LEVELS as usize);
        let mut passes = Vec::new();
        let (mut done, mut length) = (0, size);
        for pass in 0..count {
            // As evenly as possible.
            let these = (levels - done).div_ceil(count - pass);
            let twiddles = self.long[done..done + these]
                .iter()
                .map(Vec::as_slice)
                .collect();
            passes.push((length, twiddles));
            done += these;
            length >>= these;
        }
        passes
    }
}

/// Memory that tasks share; each has elements of its own.
#[derive(Clone, Copy)]
struct Shared(*mut u64);

// SAFETY: tasks touch different elements, see `Transforms::pass`.
unsafe impl Send for Shared {}
// SAFETY: as above.
unsafe impl Sync for Shared {}

impl Shared {
    fn address(self) -> *mut u64 {
        self.0
    }
}

fn words(values: &[Fr]) -> &[[u64; 4]] {
    // SAFETY: an element consists of its limbs and nothing else, as its size shows.
    unsafe { std::slice::from_raw_parts(values.as_ptr().cast(), values.len()) }
}

fn words_mut(values: &mut [Fr]) -> &mut [[u64; 4]] {
    // SAFETY: as above; the limbs that are written are below r.
    unsafe { std::slice::from_raw_parts_mut(values.as_mut_ptr().cast(), values.len()) }
}

impl<I: Instructions> Transforms<I> {
    /// None for sizes below [`LEAST`].
    fn new(vectors: Vectors<I>, domain: &Subgroup) -> Option<Self> {
        let size = domain.size();
        if size < LEAST {
            return None;
        }
        let root = domain.root();
        let inverse_root = root.inverse()?;
        let inverse_shift = Fr::GENERATOR.inverse()?;
        let inverse_size = Fr::from(size as u64).inverse()?;
        // Values are n times too large before the product, and coefficients are n times too large
        // after the last transform.
        let single = domain.vanishing_inverse() * inverse_size.square();
        let product = single * inverse_size;
        let form = power_of_two(I::Scalar::FORM);
        Some(Self {
            _vectors: vectors,
            size,
            inverse: Table::new(size, inverse_root, Fr::one(), form),
            coset: Table::new(size, root, Fr::GENERATOR, form),
            coset_inverse: Table::new(size, inverse_root, inverse_shift, form),
            // A product of two values with the factor 2²⁵⁶, divided by the vectors' R, lacks the
            // factor by which R exceeds 2²⁵⁶.
            factors: [factor(product * form, form), factor(single, form)],
        })
    }

    /// The same as a trait object.
    pub fn boxed(vectors: Vectors<I>, domain: &Subgroup) -> Option<Box<dyn Quotient>> {
        let transforms = Self::new(vectors, domain)?;
        Some(Box::new(transforms))
    }

    fn frequency(&self, values: &mut [Fr], table: &Table) {
        for (length, twiddles) in table.passes(self.size) {
            self.pass(values, length, &twiddles, FrequencyPass);
        }
        let short = &table.short;
        words_mut(values)
            .par_chunks_mut(UNITS * 8)
            // SAFETY: there is a `Vectors`, so the processor has the features.
            .for_each(|values| unsafe { I::run(FrequencyShort { values, short }) });
    }

    fn time(&self, values: &mut [Fr], table: &Table) {
        let short = &table.short;
        words_mut(values)
            .par_chunks_mut(UNITS * 8)
            // SAFETY: as above.
            .for_each(|values| unsafe { I::run(TimeShort { values, short }) });
        for (length, twiddles) in table.passes(self.size).into_iter().rev() {
            self.pass(values, length, &twiddles, TimePass);
        }
    }

    /// Runs one pass: each block of `length` elements in units of eight columns, each unit by
    /// itself.
    fn pass<'a, J: Job<I>>(
        &self,
        values: &mut [Fr],
        length: usize,
        twiddles: &'a [&'a [Factors]],
        job: fn(Units<'a>) -> J,
    ) {
        let stride = length >> twiddles.len();
        let pass = Pass { stride, twiddles };
        let units = self.size / length * (stride / 8);
        let shared = Shared(values.as_mut_ptr().cast());
        (0..units.div_ceil(UNITS)).into_par_iter().for_each(|task| {
            let units = Units {
                values: shared.address(),
                length,
                units: task * UNITS..((task + 1) * UNITS).min(units),
                pass,
            };
            // SAFETY: rows and columns lie in the block, and so in the values. Each element belongs
            // to one unit. There is a `Vectors`, so the processor has the features.
            unsafe { I::run(job(units)) }
        });
    }
}

impl<I: Instructions> Quotient for Transforms<I> {
    fn quotient(&self, a: &mut [Fr], b: &mut [Fr], c: &mut [Fr]) {
        for values in [&mut *a, &mut *b, &mut *c] {
            assert_eq!(values.len(), self.size);
            self.frequency(values, &self.inverse);
            self.time(values, &self.coset);
        }
        let chunk = UNITS * 8;
        words_mut(a)
            .par_chunks_mut(chunk)
            .zip(words(b).par_chunks(chunk))
            .zip(words(c).par_chunks(chunk))
            .for_each(|((a, b), c)| {
                let job = Combine {
                    a,
                    b,
                    c,
                    factors: self.factors,
                };
                // SAFETY: the lengths are equal and multiples of eight; there is a `Vectors`.
                unsafe { I::run(job) }
            });
        self.frequency(a, &self.coset_inverse);
    }
}
