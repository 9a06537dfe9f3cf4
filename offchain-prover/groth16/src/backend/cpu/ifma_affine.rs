//! Many additions of affine points at once, sixteen side by side, with one inversion for all ([`super::adder`] says how).
//!
//! Per addition in G1: three products for the inversion of all denominators together (Montgomery's trick), one for the slope, one
//! for its square, one for y. In G2 the norms of the denominators are inverted: nine products in the base field less than with
//! products of denominators.

// Of the functions that are unsafe as a whole, nearly every line is: their callers' duties are said once, above them.
#![allow(unsafe_op_in_unsafe_fn)]

use super::{
    adder::SIGN,
    ifma::{split, transpose, Base, V},
};
use crate::points::{G1Point, G2Point};
use ark_bn254::Fq;
use ark_ff::{BigInt, Field};
use std::arch::x86_64::*;

type F = V<Base>;

/// Blocks of two vectors: two independent chains of products hide each other's latency.
const HALVES: usize = 2;
/// Additions in a block.
const BLOCK: usize = 8 * HALVES;

/// A multiple of p that no coordinate of a key's point exceeds, once multiplied by 2⁴ (from R = 2²⁵⁶ to 2²⁶⁰).
const KEY: u64 = 16;

/// The same for both halves of a block.
macro_rules! both {
    ($half:ident => $value:expr) => {
        [
            {
                let $half = 0;
                $value
            },
            {
                let $half = 1;
                $value
            },
        ]
    };
}

/// Eight coordinates.
trait Coordinate: Copy {
    /// The words of eight points' coordinates: 64-bit limbs.
    type Words: Copy;
    fn unpack<const SHIFT: u32>(words: Self::Words) -> Self;
    fn pack(self) -> Self::Words;
    fn add(self, other: Self) -> Self;
    fn sub<const K: u64>(self, other: Self) -> Self;
    fn negate<const K: u64>(self) -> Self;
    fn sub_reduced<const K: u64>(self, other: Self) -> Self;
    fn sub_two_reduced<const K: u64>(self, b: Self, c: Self) -> Self;
    fn mul(self, other: Self) -> Self;
    fn square(self) -> Self;
    fn select(self, mask: __mmask8, other: Self) -> Self;
    fn one() -> Self;
    fn zero() -> Self;
    /// In the base field; zero for zero alone.
    fn norm(self) -> F;
    /// The inverse, from that of the norm.
    fn inverse(self, of_norm: F) -> Self;
    fn equal(a: Self::Words, b: Self::Words) -> __mmask8;
    fn is_zero(a: Self::Words) -> __mmask8;
}

#[inline(always)]
fn words_equal(a: [__m512i; 4], b: [__m512i; 4]) -> __mmask8 {
    let mut mask = 0xff;
    for (a, b) in a.into_iter().zip(b) {
        // SAFETY: the features are there: see `super::ifma`.
        mask &= unsafe { _mm512_cmpeq_epi64_mask(a, b) };
    }
    mask
}

#[inline(always)]
fn words_zero([a, b, c, d]: [__m512i; 4]) -> __mmask8 {
    // SAFETY: the features are there: see `super::ifma`.
    unsafe {
        let any = _mm512_or_si512(_mm512_or_si512(a, b), _mm512_or_si512(c, d));
        _mm512_testn_epi64_mask(any, any)
    }
}

/// R modulo p.
const ONE: [u64; 5] = {
    // From 2²⁵⁶ to 2²⁶⁰: four doublings.
    let one = <Fq as Field>::ONE.0 .0;
    let p = <Fq as ark_ff::PrimeField>::MODULUS.0;
    let mut value = one;
    let mut round = 0;
    while round < 4 {
        value = double_modulo(value, p);
        round += 1;
    }
    split(value)
};

const fn double_modulo(value: [u64; 4], p: [u64; 4]) -> [u64; 4] {
    let doubled = [
        value[0] << 1,
        value[1] << 1 | value[0] >> 63,
        value[2] << 1 | value[1] >> 63,
        value[3] << 1 | value[2] >> 63,
    ];
    let mut less = [0; 4];
    let mut borrow = false;
    let mut i = 0;
    while i < 4 {
        let (difference, first) = doubled[i].overflowing_sub(p[i]);
        let (difference, second) = difference.overflowing_sub(borrow as u64);
        less[i] = difference;
        borrow = first || second;
        i += 1;
    }
    if borrow {
        doubled
    } else {
        less
    }
}

impl Coordinate for F {
    type Words = [__m512i; 4];

    #[inline(always)]
    fn unpack<const SHIFT: u32>(words: Self::Words) -> Self {
        V::unpack::<SHIFT>(words)
    }
    #[inline(always)]
    fn pack(self) -> Self::Words {
        V::pack(self)
    }
    #[inline(always)]
    fn add(self, other: Self) -> Self {
        V::add(self, other)
    }
    #[inline(always)]
    fn sub<const K: u64>(self, other: Self) -> Self {
        V::sub::<K>(self, other)
    }
    #[inline(always)]
    fn negate<const K: u64>(self) -> Self {
        V::negate::<K>(self)
    }
    #[inline(always)]
    fn sub_reduced<const K: u64>(self, other: Self) -> Self {
        V::sub_reduced::<K>(self, other)
    }
    #[inline(always)]
    fn sub_two_reduced<const K: u64>(self, b: Self, c: Self) -> Self {
        V::sub_two_reduced::<K>(self, b, c)
    }
    #[inline(always)]
    fn mul(self, other: Self) -> Self {
        V::mul(self, other)
    }
    #[inline(always)]
    fn square(self) -> Self {
        V::mul(self, self)
    }
    #[inline(always)]
    fn select(self, mask: __mmask8, other: Self) -> Self {
        V::select(self, mask, other)
    }
    #[inline(always)]
    fn one() -> Self {
        V::splat(ONE)
    }
    #[inline(always)]
    fn zero() -> Self {
        V::splat([0; 5])
    }
    #[inline(always)]
    fn norm(self) -> F {
        self
    }
    #[inline(always)]
    fn inverse(self, of_norm: F) -> Self {
        of_norm
    }
    #[inline(always)]
    fn equal(a: Self::Words, b: Self::Words) -> __mmask8 {
        words_equal(a, b)
    }
    #[inline(always)]
    fn is_zero(a: Self::Words) -> __mmask8 {
        words_zero(a)
    }
}

/// c₀ + c₁·u with u² = −1.
impl Coordinate for [F; 2] {
    type Words = [[__m512i; 4]; 2];

    #[inline(always)]
    fn unpack<const SHIFT: u32>(words: Self::Words) -> Self {
        [V::unpack::<SHIFT>(words[0]), V::unpack::<SHIFT>(words[1])]
    }
    #[inline(always)]
    fn pack(self) -> Self::Words {
        [self[0].pack(), self[1].pack()]
    }
    #[inline(always)]
    fn add(self, other: Self) -> Self {
        [self[0].add(other[0]), self[1].add(other[1])]
    }
    #[inline(always)]
    fn sub<const K: u64>(self, other: Self) -> Self {
        [self[0].sub::<K>(other[0]), self[1].sub::<K>(other[1])]
    }
    #[inline(always)]
    fn negate<const K: u64>(self) -> Self {
        [self[0].negate::<K>(), self[1].negate::<K>()]
    }
    #[inline(always)]
    fn sub_reduced<const K: u64>(self, other: Self) -> Self {
        [
            self[0].sub_reduced::<K>(other[0]),
            self[1].sub_reduced::<K>(other[1]),
        ]
    }
    #[inline(always)]
    fn sub_two_reduced<const K: u64>(self, b: Self, c: Self) -> Self {
        [
            self[0].sub_two_reduced::<K>(b[0], c[0]),
            self[1].sub_two_reduced::<K>(b[1], c[1]),
        ]
    }
    /// The second factor below 18·p.
    #[inline(always)]
    fn mul(self, other: Self) -> Self {
        let negated = other[1].negate::<18>();
        [
            V::mul_two(self[0], other[0], self[1], negated),
            V::mul_two(self[0], other[1], self[1], other[0]),
        ]
    }
    /// (c₀ + c₁)·(c₀ − c₁) and 2·c₀·c₁; of coordinates below 40·p.
    #[inline(always)]
    fn square(self) -> Self {
        let [a, b] = self;
        [a.add(b).mul(a.sub::<40>(b)), a.add(a).mul(b)]
    }
    #[inline(always)]
    fn select(self, mask: __mmask8, other: Self) -> Self {
        [
            self[0].select(mask, other[0]),
            self[1].select(mask, other[1]),
        ]
    }
    #[inline(always)]
    fn one() -> Self {
        [V::splat(ONE), V::splat([0; 5])]
    }
    #[inline(always)]
    fn zero() -> Self {
        [V::splat([0; 5]); 2]
    }
    #[inline(always)]
    fn norm(self) -> F {
        V::mul_two(self[0], self[0], self[1], self[1])
    }
    #[inline(always)]
    fn inverse(self, of_norm: F) -> Self {
        [self[0].mul(of_norm), self[1].negate::<32>().mul(of_norm)]
    }
    #[inline(always)]
    fn equal(a: Self::Words, b: Self::Words) -> __mmask8 {
        words_equal(a[0], b[0]) & words_equal(a[1], b[1])
    }
    #[inline(always)]
    fn is_zero(a: Self::Words) -> __mmask8 {
        words_zero(a[0]) & words_zero(a[1])
    }
}

/// A point as it lies in memory.
trait Packed: bytemuck::Pod {
    type C: Coordinate;
    /// Coordinates of eight points.
    ///
    /// # Safety
    /// The indices lie in the list; the features are there.
    unsafe fn load(points: *const Self, indices: &[u32; 8]) -> Both<Self::C>;
    /// Puts eight points in their places.
    ///
    /// # Safety
    /// As for [`Self::load`].
    unsafe fn store(points: *mut Self, indices: &[u32; 8], both: Both<Self::C>);
}

/// x and y.
type Both<C> = (<C as Coordinate>::Words, <C as Coordinate>::Words);

#[inline(always)]
unsafe fn load_rows<P>(points: *const P, indices: &[u32; 8], row: usize) -> [__m512i; 8] {
    let mut rows = [_mm512_setzero_si512(); 8];
    for (row_out, index) in rows.iter_mut().zip(indices) {
        let address = points.add(*index as usize).cast::<u64>().add(8 * row);
        *row_out = _mm512_loadu_si512(address.cast());
    }
    rows
}

#[inline(always)]
unsafe fn store_rows<P>(points: *mut P, indices: &[u32; 8], row: usize, rows: [__m512i; 8]) {
    for (value, index) in rows.into_iter().zip(indices) {
        let address = points.add(*index as usize).cast::<u64>().add(8 * row);
        _mm512_storeu_si512(address.cast(), value);
    }
}

#[inline(always)]
fn halves(words: [__m512i; 8]) -> ([__m512i; 4], [__m512i; 4]) {
    let [a, b, c, d, e, f, g, h] = words;
    ([a, b, c, d], [e, f, g, h])
}

#[inline(always)]
fn joined([a, b, c, d]: [__m512i; 4], [e, f, g, h]: [__m512i; 4]) -> [__m512i; 8] {
    [a, b, c, d, e, f, g, h]
}

impl Packed for G1Point {
    type C = F;

    #[inline(always)]
    unsafe fn load(points: *const Self, indices: &[u32; 8]) -> Both<F> {
        halves(transpose(load_rows(points, indices, 0)))
    }

    #[inline(always)]
    unsafe fn store(points: *mut Self, indices: &[u32; 8], (x, y): Both<F>) {
        store_rows(points, indices, 0, transpose(joined(x, y)));
    }
}

impl Packed for G2Point {
    type C = [F; 2];

    #[inline(always)]
    unsafe fn load(points: *const Self, indices: &[u32; 8]) -> Both<[F; 2]> {
        let (x0, x1) = halves(transpose(load_rows(points, indices, 0)));
        let (y0, y1) = halves(transpose(load_rows(points, indices, 1)));
        ([x0, x1], [y0, y1])
    }

    #[inline(always)]
    unsafe fn store(points: *mut Self, indices: &[u32; 8], ([x0, x1], [y0, y1]): Both<[F; 2]>) {
        store_rows(points, indices, 0, transpose(joined(x0, x1)));
        store_rows(points, indices, 1, transpose(joined(y0, y1)));
    }
}

/// What is kept of a vector between the two ways through the additions.
#[derive(Clone, Copy)]
pub(super) struct Kept {
    /// The product of all norms before.
    before: F,
    /// The norm.
    norm: F,
}

/// Memory of one thread's additions.
#[derive(Default)]
pub(super) struct Scratch {
    kept: Vec<Kept>,
}

/// Eight pairs to add.
struct Pair<C: Coordinate> {
    left: Both<C>,
    right: Both<C>,
    /// Lanes in which y is negated.
    left_signs: __mmask8,
    right_signs: __mmask8,
    /// Lanes with a point at infinity, on the left and on the right.
    left_infinite: __mmask8,
    right_infinite: __mmask8,
    /// Lanes with the same point twice.
    doubled: __mmask8,
    /// Lanes with a point and its negative.
    cancelled: __mmask8,
}

#[inline(always)]
fn places(refs: &[u32; 8]) -> [u32; 8] {
    let mut places = *refs;
    for place in &mut places {
        *place &= !SIGN;
    }
    places
}

#[inline(always)]
fn signs(refs: &[u32; 8]) -> __mmask8 {
    let mut mask = 0;
    for (lane, reference) in refs.iter().enumerate() {
        mask |= ((reference >> 31) as u8) << lane;
    }
    mask
}

#[inline(always)]
unsafe fn load_pair<P: Packed>(points: *const P, left: &[u32; 8], right: &[u32; 8]) -> Pair<P::C> {
    let (left_signs, right_signs) = (signs(left), signs(right));
    let left = P::load(points, &places(left));
    let right = P::load(points, &places(right));
    let left_infinite = P::C::is_zero(left.0) & P::C::is_zero(left.1);
    let right_infinite = P::C::is_zero(right.0) & P::C::is_zero(right.1);
    let finite = !(left_infinite | right_infinite);
    let same_x = P::C::equal(left.0, right.0) & finite;
    let (mut doubled, mut cancelled) = (0, 0);
    if same_x != 0 {
        // No point has y = 0: the group's order is odd.
        let same_y = P::C::equal(left.1, right.1) ^ (left_signs ^ right_signs);
        doubled = same_x & same_y;
        cancelled = same_x & !same_y;
    }
    Pair {
        left,
        right,
        left_signs,
        right_signs,
        left_infinite,
        right_infinite,
        doubled,
        cancelled,
    }
}

impl<C: Coordinate> Pair<C> {
    #[inline(always)]
    fn special(&self) -> bool {
        (self.left_infinite | self.right_infinite | self.doubled | self.cancelled) != 0
    }

    /// x₂ − x₁, or 2·y₁ where that is the tangent's, or one where nothing is to be computed.
    #[inline(always)]
    fn denominator<const SHIFT: u32>(&self) -> C {
        let (x1, x2) = (
            C::unpack::<SHIFT>(self.left.0),
            C::unpack::<SHIFT>(self.right.0),
        );
        let difference = x2.sub::<KEY>(x1);
        if !self.special() {
            return difference;
        }
        let y1 = signed(C::unpack::<SHIFT>(self.left.1), self.left_signs);
        difference.select(self.doubled, y1.add(y1)).select(
            self.left_infinite | self.right_infinite | self.cancelled,
            C::one(),
        )
    }

    #[inline(always)]
    fn xs<const SHIFT: u32>(&self) -> (C, C) {
        (
            C::unpack::<SHIFT>(self.left.0),
            C::unpack::<SHIFT>(self.right.0),
        )
    }

    #[inline(always)]
    fn left_y<const SHIFT: u32>(&self) -> C {
        signed(C::unpack::<SHIFT>(self.left.1), self.left_signs)
    }

    #[inline(always)]
    fn right_y<const SHIFT: u32>(&self) -> C {
        signed(C::unpack::<SHIFT>(self.right.1), self.right_signs)
    }

    /// y₂ − y₁, or 3·x₁² where that is the tangent's.
    #[inline(always)]
    fn numerator<const SHIFT: u32>(&self) -> C {
        let difference = self.right_y::<SHIFT>().sub::<KEY>(self.left_y::<SHIFT>());
        if self.doubled == 0 {
            return difference;
        }
        let square = self.xs::<SHIFT>().0.square();
        difference.select(self.doubled, square.add(square).add(square))
    }

    /// x of the sum, below p.
    #[inline(always)]
    fn x<const SHIFT: u32>(&self, slope: C) -> C {
        let (x1, x2) = self.xs::<SHIFT>();
        slope.square().sub_two_reduced::<{ 2 * KEY }>(x1, x2)
    }

    /// y of the sum, below p.
    #[inline(always)]
    fn y<const SHIFT: u32>(&self, slope: C, x: C) -> C {
        let x1 = self.xs::<SHIFT>().0;
        slope
            .mul(x1.sub::<1>(x))
            .sub_reduced::<KEY>(self.left_y::<SHIFT>())
    }

    /// The sum where nothing was to be computed: one point of two, or none.
    #[inline(always)]
    fn mend<const SHIFT: u32>(&self, (x, y): (C, C)) -> (C, C) {
        if (self.left_infinite | self.right_infinite | self.cancelled) == 0 {
            return (x, y);
        }
        let neither = self.cancelled | (self.left_infinite & self.right_infinite);
        let (x1, x2) = self.xs::<SHIFT>();
        let (y1, y2) = (self.left_y::<SHIFT>(), self.right_y::<SHIFT>());
        (
            x.select(self.right_infinite, reduced(x1))
                .select(self.left_infinite, reduced(x2))
                .select(neither, C::zero()),
            y.select(self.right_infinite, reduced(y1))
                .select(self.left_infinite, reduced(y2))
                .select(neither, C::zero()),
        )
    }
}

#[inline(always)]
fn reduced<C: Coordinate>(value: C) -> C {
    value.sub_reduced::<1>(C::zero())
}

#[inline(always)]
fn signed<C: Coordinate>(y: C, signs: __mmask8) -> C {
    if signs == 0 {
        return y;
    }
    y.select(signs, y.negate::<KEY>())
}

/// Inverts sixteen elements with one inversion.
#[inline(always)]
unsafe fn invert(values: [F; HALVES]) -> [F; HALVES] {
    let mut elements = [Fq::default(); BLOCK];
    for (half, value) in values.into_iter().enumerate() {
        let words = value.reduce().pack();
        let mut lanes = [[0u64; 8]; 4];
        for (lanes, word) in lanes.iter_mut().zip(words) {
            _mm512_storeu_si512(lanes.as_mut_ptr().cast(), word);
        }
        for lane in 0..8 {
            let limbs = [0, 1, 2, 3].map(|limb: usize| lanes[limb][lane]);
            elements[8 * half + lane] = Fq::new_unchecked(BigInt(limbs));
        }
    }
    ark_ff::batch_inversion(&mut elements);
    // What arkworks takes for v·2²⁵⁶ is (2⁴·v)·2²⁵⁶: its inverse is short of 2⁸.
    let factor = Fq::from(256u64);
    let mut out = values;
    for (half, value) in out.iter_mut().enumerate() {
        let mut lanes = [[0u64; 8]; 4];
        for lane in 0..8 {
            let limbs = (elements[8 * half + lane] * factor).0 .0;
            for limb in 0..4 {
                lanes[limb][lane] = limbs[limb];
            }
        }
        let mut words = [_mm512_setzero_si512(); 4];
        for (word, lanes) in words.iter_mut().zip(&lanes) {
            *word = _mm512_loadu_si512(lanes.as_ptr().cast());
        }
        *value = V::unpack::<0>(words);
    }
    out
}

/// Eight references from place `start` on; past the end, the last one again.
#[inline(always)]
fn eight(refs: &[u32], start: usize) -> [u32; 8] {
    match refs.get(start..start + 8) {
        Some(part) => {
            let mut out = [0; 8];
            out.copy_from_slice(part);
            out
        }
        None => {
            let last = refs.len() - 1;
            std::array::from_fn(|lane| refs[(start + lane).min(last)])
        }
    }
}

/// `target[out[i]] = source[left[i]] + source[right[i]]`; SHIFT is 4 where the source is a key's.
#[inline(always)]
unsafe fn add<P: Packed, const SHIFT: u32>(
    source: *const P,
    target: *mut P,
    left: &[u32],
    right: &[u32],
    out: &[u32],
    scratch: &mut Scratch,
) {
    let blocks = left.len().div_ceil(BLOCK);
    scratch.kept.clear();
    scratch.kept.reserve(blocks * HALVES);
    let mut product = [F::one(); HALVES];
    for block in 0..blocks {
        if let Some(ahead) = left.get((block + 2) * BLOCK..(block + 3) * BLOCK) {
            for index in ahead
                .iter()
                .chain(&right[(block + 2) * BLOCK..(block + 3) * BLOCK])
            {
                let address = source.add((index & !SIGN) as usize).cast::<i8>();
                _mm_prefetch::<_MM_HINT_T0>(address);
                if size_of::<P>() > 64 {
                    _mm_prefetch::<_MM_HINT_T0>(address.add(64));
                }
            }
        }
        for (half, product) in product.iter_mut().enumerate() {
            let start = block * BLOCK + 8 * half;
            let pair = load_pair(source, &eight(left, start), &eight(right, start));
            let norm = pair.denominator::<SHIFT>().norm();
            scratch.kept.push(Kept {
                before: *product,
                norm,
            });
            *product = product.mul(norm);
        }
    }
    let mut inverse = invert(product);
    for block in (0..blocks).rev() {
        let first = block * BLOCK;
        let starts = [first, first + 8];
        // Step by step for both halves: see `HALVES`. Both are read before either is written, as past the end they are
        // the same pairs.
        let pairs: [_; HALVES] = both!(half => {
            load_pair(
                source,
                &eight(left, starts[half]),
                &eight(right, starts[half]),
            )
        });
        let kept: [Kept; HALVES] = both!(half => scratch.kept[block * HALVES + half]);
        let of_norm: [F; HALVES] = both!(half => inverse[half].mul(kept[half].before));
        inverse = both!(half => inverse[half].mul(kept[half].norm));
        let slope: [P::C; HALVES] = both!(half => {
            let inverse = pairs[half].denominator::<SHIFT>().inverse(of_norm[half]);
            pairs[half].numerator::<SHIFT>().mul(inverse)
        });
        let x: [P::C; HALVES] = both!(half => pairs[half].x::<SHIFT>(slope[half]));
        let y: [P::C; HALVES] = both!(half => pairs[half].y::<SHIFT>(slope[half], x[half]));
        for half in 0..HALVES {
            let (x, y) = pairs[half].mend::<SHIFT>((x[half], y[half]));
            P::store(target, &eight(out, starts[half]), (x.pack(), y.pack()));
        }
    }
}

/// `target[out[i]] = source[refs[i]]`, from the key's form to that of sums.
#[inline(always)]
unsafe fn take<P: Packed>(source: *const P, target: *mut P, refs: &[u32], out: &[u32]) {
    for start in (0..refs.len()).step_by(8) {
        let refs = eight(refs, start);
        let (x, y) = P::load(source, &places(&refs));
        let infinite = P::C::is_zero(x) & P::C::is_zero(y);
        let x = P::C::unpack::<4>(x).sub_reduced::<1>(P::C::zero());
        let y = signed(P::C::unpack::<4>(y), signs(&refs));
        let y = y
            .sub_reduced::<1>(P::C::zero())
            .select(infinite, P::C::zero());
        P::store(target, &eight(out, start), (x.pack(), y.pack()));
    }
}

macro_rules! entry_points {
    ($point:ty, $add_key:ident, $add_sums:ident, $take:ident) => {
        /// # Safety
        /// The references lie within the source and the target; no place of `out` is read by a later addition of this call; the
        /// processor has the features.
        #[target_feature(enable = "avx512f,avx512dq,avx512bw,avx512vl,avx512ifma,bmi1,bmi2,adx")]
        pub(super) unsafe fn $add_key(
            source: *const $point,
            target: *mut $point,
            [left, right, out]: [&[u32]; 3],
            scratch: &mut Scratch,
        ) {
            add::<$point, 4>(source, target, left, right, out, scratch);
        }

        /// # Safety
        /// As above.
        #[target_feature(enable = "avx512f,avx512dq,avx512bw,avx512vl,avx512ifma,bmi1,bmi2,adx")]
        pub(super) unsafe fn $add_sums(
            source: *const $point,
            target: *mut $point,
            [left, right, out]: [&[u32]; 3],
            scratch: &mut Scratch,
        ) {
            add::<$point, 0>(source, target, left, right, out, scratch);
        }

        /// # Safety
        /// As above.
        #[target_feature(enable = "avx512f,avx512dq,avx512bw,avx512vl,avx512ifma,bmi1,bmi2,adx")]
        pub(super) unsafe fn $take(
            source: *const $point,
            target: *mut $point,
            refs: &[u32],
            out: &[u32],
        ) {
            take(source, target, refs, out);
        }
    };
}

entry_points!(G1Point, add_key_g1, add_sums_g1, take_g1);
entry_points!(G2Point, add_key_g2, add_sums_g2, take_g2);

/// Whether the processor has what this module needs.
pub(super) fn available() -> bool {
    is_x86_feature_detected!("avx512f")
        && is_x86_feature_detected!("avx512dq")
        && is_x86_feature_detected!("avx512bw")
        && is_x86_feature_detected!("avx512vl")
        && is_x86_feature_detected!("avx512ifma")
        && is_x86_feature_detected!("bmi2")
        && is_x86_feature_detected!("adx")
}
