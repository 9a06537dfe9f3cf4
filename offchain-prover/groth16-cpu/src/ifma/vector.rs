//! Field arithmetic on eight elements.

use super::{
    constants::{Constants, KEY, MASK, QUOTIENT_SHIFT},
    element::{V, all, hi, lo},
};
use crate::vector::{Modulus, Vector, split};
use std::arch::x86_64::*;

impl<M: Modulus> Vector for V<M> {
    const FORM: i32 = 4;
    const COORDINATES: i32 = 4;

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
        // SAFETY: the features are there (see [`crate::vector`]).
        unsafe {
            [
                _mm512_or_si512(a, _mm512_slli_epi64::<52>(b)),
                _mm512_or_si512(_mm512_srli_epi64::<12>(b), _mm512_slli_epi64::<40>(c)),
                _mm512_or_si512(_mm512_srli_epi64::<24>(c), _mm512_slli_epi64::<28>(d)),
                _mm512_or_si512(_mm512_srli_epi64::<36>(d), _mm512_slli_epi64::<16>(e)),
            ]
        }
    }

    /// The value is in 0..64·p; limbs may be out of their range.
    #[inline(always)]
    fn reduce(self) -> Self {
        let value = self.normalise();
        // The estimate from the top limb is the quotient by p or one less.
        // SAFETY: as above.
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
        // SAFETY: as above.
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
            // SAFETY: as above.
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
