//! Field arithmetic on eight elements.

use super::{
    carry::{balance, finish},
    constants::{BITS, Constants, MASK, SIGNED, WHOLE, doubles},
    element::{V, all, all_bits, bits, whole},
    product::{far_product, far_product_of_two},
};
use crate::vector::{Modulus, Vector, split};
use std::arch::x86_64::*;

impl<M: Modulus> Vector for V<M> {
    const FORM: i32 = -1;
    const COORDINATES: i32 = 0;

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
            // SAFETY: the features are there (see [`crate::vector`]).
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

    /// The limbs are balanced, and the value is within ±8·p.
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

    /// The result is balanced.
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

    /// The limbs are within ±2⁵¹, and the difference is within ±8·p.
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

    /// The square is balanced and has R's form, so that it counts twice.
    #[inline(always)]
    fn x_of_sum(mut square: Self, x1: Self, x2: Self) -> Self {
        for half in 0..2 {
            let mut columns = [all_bits(0); 5];
            for i in 0..5 {
                let square = bits(square.halves[half][i]);
                let (x1, x2) = (bits(x1.halves[half][i]), bits(x2.halves[half][i]));
                // SAFETY: as above; all have the same constant.
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

    /// The given value is within ±5·p. The result is balanced and within ±0.51·p.
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
