//! Many additions of affine points at once, sixteen side by side, with one inversion for all of
//! them ([`crate::adder`] explains how).
//!
//! Cost of an addition in G1: three products for the shared inversion of all denominators
//! (Montgomery's trick), one for the slope, one for its square, one for y. In G2 the norms of the
//! denominators are inverted, which takes nine products in the base field less than products of the
//! denominators themselves would.
//!
//! A slope has the Montgomery form of products, with R, in whatever form the coordinates are: its
//! numerator and its denominator have the same form.

// In the unsafe functions here nearly every line is unsafe. The duties of their callers are stated
// once, above each function.
#![allow(unsafe_op_in_unsafe_fn)]

mod coordinate;
mod packed;
mod pair;
mod references;

pub(crate) use packed::Packed;

use crate::{
    adder::SIGN,
    vector::{Instructions, Job, Vector, power_of_two},
};
use ark_bn254::Fq;
use ark_ff::BigInt;
use coordinate::{Coordinate, signed};
use pair::load_pair;
use references::{eight, places, signs};
use std::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};

/// Vectors in a block: two independent chains of products hide each other's latency.
const HALVES: usize = 2;
/// Additions in a block.
const BLOCK: usize = 8 * HALVES;

/// Evaluates an expression for both halves of a block.
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

/// Values that the forward pass through the additions keeps for the backward pass.
#[derive(Clone, Copy)]
pub(super) struct Kept<V> {
    /// The product of all norms before this one.
    before: V,
    /// The norm.
    norm: V,
}

/// Memory of one thread's additions.
pub(super) struct Scratch<V> {
    kept: Vec<Kept<V>>,
    /// The factor that arkworks' inverses lack: see [`invert`].
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
    // arkworks reads v·2²⁵⁶ in the vectors' form as (2^form·v)·2²⁵⁶, so that its inverse lacks the
    // factor 2^form twice.
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

/// Fetches the points of a whole block of pairs into the first-level cache.
#[inline(always)]
unsafe fn prefetch<P>(source: *const P, left: &[u32], right: &[u32], block: usize) {
    let pairs = block * BLOCK..(block + 1) * BLOCK;
    if let Some(left) = left.get(pairs.clone()) {
        for index in left.iter().chain(&right[pairs]) {
            let address = source.add((index & !SIGN) as usize).cast::<i8>();
            _mm_prefetch::<_MM_HINT_T0>(address);
            if size_of::<P>() > 64 {
                _mm_prefetch::<_MM_HINT_T0>(address.add(64));
            }
        }
    }
}

/// `target[out[i]] = source[left[i]] + source[right[i]]`. With KEY the source's points are in the
/// form of a key's points.
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
        prefetch(source, left, right, block + 2);
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
        // Each step is done for both halves: see `HALVES`. Both are read before either is written,
        // because past the end of the list they are the same pairs.
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

/// `target[out[i]] = source[refs[i]]`, from the form of a key's points to that of sums.
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

/// `target[out[i]] = source[left[i]] + source[right[i]]`. With KEY the source's points are in the
/// form of a key's points.
pub(super) struct Add<'a, V, P, const KEY: bool> {
    /// The points to be added.
    pub source: *const P,
    /// The list that the sums are written to; may be the source.
    pub target: *mut P,
    /// References to the first of each pair.
    pub left: &'a [u32],
    /// References to the second of each pair.
    pub right: &'a [u32],
    /// Places of the sums.
    pub out: &'a [u32],
    /// Memory for intermediate values.
    pub scratch: &'a mut Scratch<V>,
}

impl<I: Instructions, P: Packed<I::Base>, const KEY: bool> Job<I> for Add<'_, I::Base, P, KEY> {
    /// All references lie within the source and the target. There are as many of each, and at least
    /// one. No place of `out` is read by a later addition of this job.
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

/// `target[out[i]] = source[refs[i]]`, from the form of a key's points to that of sums.
pub(super) struct Take<'a, P> {
    /// A key's points.
    pub source: *const P,
    /// The list that they are written to.
    pub target: *mut P,
    /// References to the points.
    pub refs: &'a [u32],
    /// Their places in the target.
    pub out: &'a [u32],
}

impl<I: Instructions, P: Packed<I::Base>> Job<I> for Take<'_, P> {
    /// All references lie within the source and the target, and there are as many of both.
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
