//! Many additions of affine points at once, sixteen side by side, with one inversion for all ([`super::adder`] says how).
//!
//! Per addition in G1: three products for the inversion of all denominators together (Montgomery's trick), one for the slope, one
//! for its square, one for y. In G2 the norms of the denominators are inverted: nine products in the base field less than with
//! products of denominators.
//!
//! A slope has the form of products, R's, whatever that of coordinates is: numerator and denominator have the same.

// Of the functions that are unsafe as a whole, nearly every line is: their callers' duties are said once, above them.
#![allow(unsafe_op_in_unsafe_fn)]

use super::{
    adder::SIGN,
    vector::{Instructions, Job, Vector},
};
use crate::points::{G1Point, G2Point};
use ark_bn254::Fq;
use ark_ff::{BigInt, Field};
use std::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};

/// Blocks of two vectors: two independent chains of products hide each other's latency.
const HALVES: usize = 2;
/// Additions in a block.
const BLOCK: usize = 8 * HALVES;

/// What no coordinate exceeds when it is unpacked, in multiples of p.
const MOST: u64 = 16;

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
pub(super) trait Coordinate<V: Vector>: Copy {
    /// The words of eight points' coordinates: 64-bit limbs.
    type Words: Copy;
    fn unpack<const KEY: bool>(words: Self::Words) -> Self;
    fn pack(self) -> Self::Words;
    fn add(self, other: Self) -> Self;
    fn sub<const K: u64>(self, other: Self) -> Self;
    fn opposite(self) -> Self;
    fn sub_reduced<const K: u64>(self, other: Self) -> Self;
    fn x_of_sum(square: Self, x1: Self, x2: Self) -> Self;
    fn to_coordinates(self) -> Self;
    fn tidy(self) -> Self;
    fn mul(self, other: Self) -> Self;
    fn square(self) -> Self;
    fn select(self, mask: u8, other: Self) -> Self;
    fn splat(value: u64) -> Self;
    /// In the base field; zero for zero alone.
    fn norm(self) -> V;
    /// The inverse, from that of the norm.
    fn inverse(self, of_norm: V) -> Self;
    fn equal(a: Self::Words, b: Self::Words) -> u8;
    fn is_zero(a: Self::Words) -> u8;
}

/// In the base field.
#[derive(Clone, Copy)]
pub(super) struct One<V>(V);

/// c₀ + c₁·u with u² = −1.
#[derive(Clone, Copy)]
pub(super) struct Two<V>(V, V);

impl<V: Vector> Coordinate<V> for One<V> {
    type Words = [V::Word; 4];

    #[inline(always)]
    fn unpack<const KEY: bool>(words: Self::Words) -> Self {
        Self(if KEY {
            V::unpack_key(words)
        } else {
            V::unpack(words)
        })
    }
    #[inline(always)]
    fn pack(self) -> Self::Words {
        self.0.pack()
    }
    #[inline(always)]
    fn add(self, other: Self) -> Self {
        Self(self.0.add(other.0))
    }
    #[inline(always)]
    fn sub<const K: u64>(self, other: Self) -> Self {
        Self(self.0.sub::<K>(other.0))
    }
    #[inline(always)]
    fn opposite(self) -> Self {
        Self(self.0.opposite())
    }
    #[inline(always)]
    fn sub_reduced<const K: u64>(self, other: Self) -> Self {
        Self(self.0.sub_reduced::<K>(other.0))
    }
    #[inline(always)]
    fn x_of_sum(square: Self, x1: Self, x2: Self) -> Self {
        Self(V::x_of_sum(square.0, x1.0, x2.0))
    }
    #[inline(always)]
    fn to_coordinates(self) -> Self {
        Self(self.0.to_coordinates())
    }
    #[inline(always)]
    fn tidy(self) -> Self {
        Self(self.0.tidy())
    }
    #[inline(always)]
    fn mul(self, other: Self) -> Self {
        Self(self.0.mul(other.0))
    }
    #[inline(always)]
    fn square(self) -> Self {
        Self(self.0.mul(self.0))
    }
    #[inline(always)]
    fn select(self, mask: u8, other: Self) -> Self {
        Self(self.0.select(mask, other.0))
    }
    #[inline(always)]
    fn splat(value: u64) -> Self {
        Self(V::splat([value, 0, 0, 0]))
    }
    #[inline(always)]
    fn norm(self) -> V {
        self.0
    }
    #[inline(always)]
    fn inverse(self, of_norm: V) -> Self {
        Self(of_norm)
    }
    #[inline(always)]
    fn equal(a: Self::Words, b: Self::Words) -> u8 {
        V::equal(a, b)
    }
    #[inline(always)]
    fn is_zero(a: Self::Words) -> u8 {
        V::is_zero(a)
    }
}

impl<V: Vector> Coordinate<V> for Two<V> {
    type Words = [[V::Word; 4]; 2];

    #[inline(always)]
    fn unpack<const KEY: bool>([a, b]: Self::Words) -> Self {
        Self(One::unpack::<KEY>(a).0, One::unpack::<KEY>(b).0)
    }
    #[inline(always)]
    fn pack(self) -> Self::Words {
        [self.0.pack(), self.1.pack()]
    }
    #[inline(always)]
    fn add(self, other: Self) -> Self {
        Self(self.0.add(other.0), self.1.add(other.1))
    }
    #[inline(always)]
    fn sub<const K: u64>(self, other: Self) -> Self {
        Self(self.0.sub::<K>(other.0), self.1.sub::<K>(other.1))
    }
    #[inline(always)]
    fn opposite(self) -> Self {
        Self(self.0.opposite(), self.1.opposite())
    }
    #[inline(always)]
    fn sub_reduced<const K: u64>(self, other: Self) -> Self {
        Self(
            self.0.sub_reduced::<K>(other.0),
            self.1.sub_reduced::<K>(other.1),
        )
    }
    #[inline(always)]
    fn x_of_sum(square: Self, x1: Self, x2: Self) -> Self {
        Self(
            V::x_of_sum(square.0, x1.0, x2.0),
            V::x_of_sum(square.1, x1.1, x2.1),
        )
    }
    #[inline(always)]
    fn to_coordinates(self) -> Self {
        Self(self.0.to_coordinates(), self.1.to_coordinates())
    }
    #[inline(always)]
    fn tidy(self) -> Self {
        Self(self.0.tidy(), self.1.tidy())
    }
    /// The second factor below 18·p.
    #[inline(always)]
    fn mul(self, other: Self) -> Self {
        Self(
            V::mul_two(self.0, other.0, self.1, other.1.negate::<18>()),
            V::mul_two(self.0, other.1, self.1, other.0),
        )
    }
    /// c₀² − c₁² and 2·c₀·c₁; of coordinates below 40·p.
    #[inline(always)]
    fn square(self) -> Self {
        let Self(a, b) = self;
        Self(V::mul_two(a, a, b, b.negate::<40>()), a.add(a).mul(b))
    }
    #[inline(always)]
    fn select(self, mask: u8, other: Self) -> Self {
        Self(self.0.select(mask, other.0), self.1.select(mask, other.1))
    }
    #[inline(always)]
    fn splat(value: u64) -> Self {
        Self(V::splat([value, 0, 0, 0]), V::splat([0; 4]))
    }
    #[inline(always)]
    fn norm(self) -> V {
        V::mul_two(self.0, self.0, self.1, self.1)
    }
    #[inline(always)]
    fn inverse(self, of_norm: V) -> Self {
        Self(self.0.mul(of_norm), self.1.negate::<32>().mul(of_norm))
    }
    #[inline(always)]
    fn equal(a: Self::Words, b: Self::Words) -> u8 {
        V::equal(a[0], b[0]) & V::equal(a[1], b[1])
    }
    #[inline(always)]
    fn is_zero(a: Self::Words) -> u8 {
        V::is_zero(a[0]) & V::is_zero(a[1])
    }
}

/// A point in memory.
pub(super) trait Packed<V: Vector>: Copy {
    /// Its coordinates.
    type C: Coordinate<V>;
    /// Coordinates of eight points.
    ///
    /// # Safety
    /// The indices lie in the list; the features are there.
    unsafe fn load(points: *const Self, indices: &[u32; 8]) -> Both<V, Self::C>;
    /// Puts eight points in their places.
    ///
    /// # Safety
    /// As for [`Self::load`].
    unsafe fn store(points: *mut Self, indices: &[u32; 8], both: Both<V, Self::C>);
}

/// x and y.
type Both<V, C> = (<C as Coordinate<V>>::Words, <C as Coordinate<V>>::Words);

/// Eight words of each of eight points, from word 8·`part` on.
#[inline(always)]
unsafe fn load_part<V: Vector, P>(
    points: *const P,
    indices: &[u32; 8],
    part: usize,
) -> ([V::Word; 4], [V::Word; 4]) {
    let mut rows = [points.cast::<u64>(); 8];
    for (row, index) in rows.iter_mut().zip(indices) {
        *row = points.add(*index as usize).cast::<u64>().add(8 * part);
    }
    let [a, b, c, d, e, f, g, h] = V::load_rows(rows);
    ([a, b, c, d], [e, f, g, h])
}

#[inline(always)]
unsafe fn store_part<V: Vector, P>(
    points: *mut P,
    indices: &[u32; 8],
    part: usize,
    ([a, b, c, d], [e, f, g, h]): ([V::Word; 4], [V::Word; 4]),
) {
    let mut rows = [points.cast::<u64>(); 8];
    for (row, index) in rows.iter_mut().zip(indices) {
        *row = points.add(*index as usize).cast::<u64>().add(8 * part);
    }
    V::store_rows(rows, [a, b, c, d, e, f, g, h]);
}

impl<V: Vector> Packed<V> for G1Point {
    type C = One<V>;

    #[inline(always)]
    unsafe fn load(points: *const Self, indices: &[u32; 8]) -> Both<V, One<V>> {
        load_part::<V, _>(points, indices, 0)
    }

    #[inline(always)]
    unsafe fn store(points: *mut Self, indices: &[u32; 8], both: Both<V, One<V>>) {
        store_part::<V, _>(points, indices, 0, both);
    }
}

impl<V: Vector> Packed<V> for G2Point {
    type C = Two<V>;

    #[inline(always)]
    unsafe fn load(points: *const Self, indices: &[u32; 8]) -> Both<V, Two<V>> {
        let (x0, x1) = load_part::<V, _>(points, indices, 0);
        let (y0, y1) = load_part::<V, _>(points, indices, 1);
        ([x0, x1], [y0, y1])
    }

    #[inline(always)]
    unsafe fn store(points: *mut Self, indices: &[u32; 8], ([x0, x1], [y0, y1]): Both<V, Two<V>>) {
        store_part::<V, _>(points, indices, 0, (x0, x1));
        store_part::<V, _>(points, indices, 1, (y0, y1));
    }
}

/// What is kept of a vector between the two ways through the additions.
#[derive(Clone, Copy)]
pub(super) struct Kept<V> {
    /// The product of all norms before.
    before: V,
    /// The norm.
    norm: V,
}

/// Memory of one thread's additions.
pub(super) struct Scratch<V> {
    kept: Vec<Kept<V>>,
    /// What arkworks' inverses are short of: see [`invert`].
    factor: Fq,
}

impl<V: Vector> Default for Scratch<V> {
    fn default() -> Self {
        Self {
            kept: Vec::new(),
            factor: power_of_two(2 * V::FORM),
        }
    }
}

/// Eight pairs to add.
struct Pair<V: Vector, C: Coordinate<V>> {
    left: Both<V, C>,
    right: Both<V, C>,
    /// Lanes in which y is negated.
    left_signs: u8,
    right_signs: u8,
    /// Lanes with a point at infinity, on the left and on the right.
    left_infinite: u8,
    right_infinite: u8,
    /// Lanes with the same point twice.
    doubled: u8,
    /// Lanes with a point and its negative.
    cancelled: u8,
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
fn signs(refs: &[u32; 8]) -> u8 {
    let mut mask = 0;
    for (lane, reference) in refs.iter().enumerate() {
        mask |= ((reference >> 31) as u8) << lane;
    }
    mask
}

#[inline(always)]
unsafe fn load_pair<V: Vector, P: Packed<V>>(
    points: *const P,
    left: &[u32; 8],
    right: &[u32; 8],
) -> Pair<V, P::C> {
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

impl<V: Vector, C: Coordinate<V>> Pair<V, C> {
    #[inline(always)]
    fn special(&self) -> bool {
        (self.left_infinite | self.right_infinite | self.doubled | self.cancelled) != 0
    }

    /// x₂ − x₁, or 2·y₁ where that is the tangent's, or any number but zero where nothing is to be computed.
    #[inline(always)]
    fn denominator<const KEY: bool>(&self) -> C {
        let (x1, x2) = (
            C::unpack::<KEY>(self.left.0),
            C::unpack::<KEY>(self.right.0),
        );
        let difference = x2.sub::<MOST>(x1);
        if !self.special() {
            return difference;
        }
        let y1 = signed(C::unpack::<KEY>(self.left.1), self.left_signs);
        // Once more the step from R's form to that of coordinates, as x₁² in the numerator has it.
        let tangent = y1.add(y1).to_coordinates().tidy();
        difference.select(self.doubled, tangent).select(
            self.left_infinite | self.right_infinite | self.cancelled,
            C::splat(1),
        )
    }

    #[inline(always)]
    fn xs<const KEY: bool>(&self) -> (C, C) {
        (
            C::unpack::<KEY>(self.left.0),
            C::unpack::<KEY>(self.right.0),
        )
    }

    #[inline(always)]
    fn left_y<const KEY: bool>(&self) -> C {
        signed(C::unpack::<KEY>(self.left.1), self.left_signs)
    }

    #[inline(always)]
    fn right_y<const KEY: bool>(&self) -> C {
        signed(C::unpack::<KEY>(self.right.1), self.right_signs)
    }

    /// y₂ − y₁, or 3·x₁² where that is the tangent's.
    #[inline(always)]
    fn numerator<const KEY: bool>(&self) -> C {
        let difference = self.right_y::<KEY>().sub::<MOST>(self.left_y::<KEY>());
        if self.doubled == 0 {
            return difference;
        }
        // A product of coordinates is further from R's form than they are by as much again; so is the denominator.
        let square = self.xs::<KEY>().0.square();
        difference.select(self.doubled, square.add(square).add(square).tidy())
    }

    /// x of the sum, below p.
    #[inline(always)]
    fn x<const KEY: bool>(&self, slope: C) -> C {
        let (x1, x2) = self.xs::<KEY>();
        C::x_of_sum(slope.square(), x1, x2)
    }

    /// y of the sum, below p.
    #[inline(always)]
    fn y<const KEY: bool>(&self, slope: C, x: C) -> C {
        let x1 = self.xs::<KEY>().0;
        slope
            .mul(x1.sub::<1>(x))
            .sub_reduced::<MOST>(self.left_y::<KEY>())
    }

    /// The sum where nothing was to be computed: one point of two, or none.
    #[inline(always)]
    fn mend<const KEY: bool>(&self, (x, y): (C, C)) -> (C, C) {
        if (self.left_infinite | self.right_infinite | self.cancelled) == 0 {
            return (x, y);
        }
        let neither = self.cancelled | (self.left_infinite & self.right_infinite);
        let (x1, x2) = self.xs::<KEY>();
        let (y1, y2) = (self.left_y::<KEY>(), self.right_y::<KEY>());
        (
            x.select(self.right_infinite, reduced(x1))
                .select(self.left_infinite, reduced(x2))
                .select(neither, C::splat(0)),
            y.select(self.right_infinite, reduced(y1))
                .select(self.left_infinite, reduced(y2))
                .select(neither, C::splat(0)),
        )
    }
}

#[inline(always)]
fn reduced<V: Vector, C: Coordinate<V>>(value: C) -> C {
    value.sub_reduced::<1>(C::splat(0))
}

#[inline(always)]
fn signed<V: Vector, C: Coordinate<V>>(y: C, signs: u8) -> C {
    if signs == 0 {
        return y;
    }
    y.select(signs, y.opposite())
}

/// Inverts sixteen elements with one inversion.
#[inline(always)]
fn invert<V: Vector>(values: [V; HALVES], factor: Fq) -> [V; HALVES] {
    let mut elements = [Fq::default(); BLOCK];
    for (half, value) in values.into_iter().enumerate() {
        let limbs = V::limbs(value.reduce().pack());
        for lane in 0..8 {
            let [a, b, c, d] = limbs;
            let element = BigInt([a[lane], b[lane], c[lane], d[lane]]);
            elements[8 * half + lane] = Fq::new_unchecked(element);
        }
    }
    // What arkworks takes for v·2²⁵⁶ is (2^form·v)·2²⁵⁶: its inverse is short of 2^form twice.
    ark_ff::batch_inversion(&mut elements);
    let mut out = values;
    for (half, value) in out.iter_mut().enumerate() {
        let mut limbs = [[0u64; 8]; 4];
        for lane in 0..8 {
            let element = (elements[8 * half + lane] * factor).0.0;
            for limb in 0..4 {
                limbs[limb][lane] = element[limb];
            }
        }
        *value = V::unpack(V::words(&limbs));
    }
    out
}

/// 2^exponent
pub(super) fn power_of_two<F: Field>(exponent: i32) -> F {
    let power = F::from(2u64).pow([u64::from(exponent.unsigned_abs())]);
    match exponent {
        0.. => power,
        // Two is no multiple of the prime.
        _ => power.inverse().unwrap_or_default(),
    }
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
unsafe fn add<V: Vector, P: Packed<V>, const KEY: bool>(
    source: *const P,
    target: *mut P,
    left: &[u32],
    right: &[u32],
    out: &[u32],
    Scratch { kept, factor }: &mut Scratch<V>,
) {
    let blocks = left.len().div_ceil(BLOCK);
    kept.clear();
    kept.reserve(blocks * HALVES);
    let mut product = [V::splat([1, 0, 0, 0]); HALVES];
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
            let pair = load_pair::<V, P>(source, &eight(left, start), &eight(right, start));
            let norm = pair.denominator::<KEY>().norm();
            kept.push(Kept {
                before: *product,
                norm,
            });
            *product = product.mul(norm);
        }
    }
    let mut inverse = invert(product, *factor);
    for block in (0..blocks).rev() {
        let first = block * BLOCK;
        let starts = [first, first + 8];
        // Step by step for both halves: see `HALVES`. Both are read before either is written, as past the end they are
        // the same pairs.
        let pairs: [_; HALVES] = both!(half => {
            load_pair::<V, P>(
                source,
                &eight(left, starts[half]),
                &eight(right, starts[half]),
            )
        });
        let kept: [Kept<V>; HALVES] = both!(half => kept[block * HALVES + half]);
        let of_norm: [V; HALVES] = both!(half => inverse[half].mul(kept[half].before));
        inverse = both!(half => inverse[half].mul(kept[half].norm));
        let slope: [P::C; HALVES] = both!(half => {
            let inverse = pairs[half].denominator::<KEY>().inverse(of_norm[half]);
            pairs[half].numerator::<KEY>().mul(inverse)
        });
        let x: [P::C; HALVES] = both!(half => pairs[half].x::<KEY>(slope[half]));
        let y: [P::C; HALVES] = both!(half => pairs[half].y::<KEY>(slope[half], x[half]));
        for half in 0..HALVES {
            let (x, y) = pairs[half].mend::<KEY>((x[half], y[half]));
            P::store(target, &eight(out, starts[half]), (x.pack(), y.pack()));
        }
    }
}

/// `target[out[i]] = source[refs[i]]`, from the key's form to that of sums.
#[inline(always)]
unsafe fn take<V: Vector, P: Packed<V>>(
    source: *const P,
    target: *mut P,
    refs: &[u32],
    out: &[u32],
) {
    for start in (0..refs.len()).step_by(8) {
        let refs = eight(refs, start);
        let (x, y) = P::load(source, &places(&refs));
        let infinite = P::C::is_zero(x) & P::C::is_zero(y);
        let x = P::C::unpack::<true>(x).sub_reduced::<1>(P::C::splat(0));
        let y = signed(P::C::unpack::<true>(y), signs(&refs));
        let y = y
            .sub_reduced::<1>(P::C::splat(0))
            .select(infinite, P::C::splat(0));
        P::store(target, &eight(out, start), (x.pack(), y.pack()));
    }
}

/// `target[out[i]] = source[left[i]] + source[right[i]]`; KEY: the source's points have a key's form.
pub(super) struct Add<'a, V, P, const KEY: bool> {
    /// Points.
    pub source: *const P,
    /// Where the sums go; may be the source.
    pub target: *mut P,
    /// References to the first of each pair.
    pub left: &'a [u32],
    /// To the second.
    pub right: &'a [u32],
    /// Places of the sums.
    pub out: &'a [u32],
    /// Memory.
    pub scratch: &'a mut Scratch<V>,
}

impl<I: Instructions, P: Packed<I::Base>, const KEY: bool> Job<I> for Add<'_, I::Base, P, KEY> {
    /// The references lie within the source and the target, there are as many of each, and at least one; no place of `out` is read by a
    /// later addition of this job.
    #[inline(always)]
    unsafe fn run(self) {
        let Self {
            source,
            target,
            left,
            right,
            out,
            scratch,
        } = self;
        add::<I::Base, P, KEY>(source, target, left, right, out, scratch);
    }
}

/// `target[out[i]] = source[refs[i]]`, from the key's form to that of sums.
pub(super) struct Take<'a, P> {
    /// A key's points.
    pub source: *const P,
    /// Where they go.
    pub target: *mut P,
    /// References to the points.
    pub refs: &'a [u32],
    /// Their places.
    pub out: &'a [u32],
}

impl<I: Instructions, P: Packed<I::Base>> Job<I> for Take<'_, P> {
    /// The references lie within the source and the target, and there are as many of both.
    #[inline(always)]
    unsafe fn run(self) {
        let Self {
            source,
            target,
            refs,
            out,
        } = self;
        take::<I::Base, P>(source, target, refs, out);
    }
}
