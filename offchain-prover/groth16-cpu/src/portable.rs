//! Additions of affine points one at a time, for processors without suitable vectors. Sums have the
//! same form as the points of a key.

use super::{
    adder::{Adder, Pairs, Point, SIGN},
    limbs::{Coordinate, F},
};
use crate::points::{G1Point, G2Point};
use ark_ec::short_weierstrass::Affine;

/// A point as its two coordinates.
pub(super) trait Plane: Point {
    /// A coordinate.
    type C: Coordinate;
    /// Both coordinates.
    fn both(&self) -> (Self::C, Self::C);
    /// The point with these coordinates.
    fn at(x: Self::C, y: Self::C) -> Self;
}

impl Plane for G1Point {
    type C = F;

    #[inline(always)]
    fn both(&self) -> (F, F) {
        (self.x, self.y)
    }

    #[inline(always)]
    fn at(x: F, y: F) -> Self {
        Self { x, y }
    }
}

impl Plane for G2Point {
    type C = [F; 2];

    #[inline(always)]
    fn both(&self) -> ([F; 2], [F; 2]) {
        (self.x, self.y)
    }

    #[inline(always)]
    fn at(x: [F; 2], y: [F; 2]) -> Self {
        Self { x, y }
    }
}

/// Adds points one at a time.
#[derive(Clone, Copy, Debug)]
pub(super) struct Portable;

/// Denominators, each with the product of those before it.
pub(super) struct Scratch<P: Plane>(Vec<(P::C, P::C)>);

impl<P: Plane> Default for Scratch<P> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

#[inline(always)]
fn load<P: Plane>(points: &[P], reference: u32) -> (P::C, P::C) {
    let (x, y) = points[(reference & !SIGN) as usize].both();
    (x, if reference & SIGN == 0 { y } else { y.negate() })
}

#[inline(always)]
fn infinite<C: Coordinate>((x, y): (C, C)) -> bool {
    x == C::ZERO && y == C::ZERO
}

/// x₂ − x₁, or 2·y for a tangent; one if there is nothing to compute.
#[inline(always)]
fn denominator<C: Coordinate>(left: (C, C), right: (C, C)) -> C {
    let ((x1, y1), (x2, y2)) = (left, right);
    if infinite(left) || infinite(right) {
        C::ONE
    } else if x1 != x2 {
        x2.sub(x1)
    } else if y1 == y2 {
        y1.add(y1)
    } else {
        C::ONE
    }
}

#[inline(always)]
fn sum<P: Plane>(left: (P::C, P::C), right: (P::C, P::C), inverse: P::C) -> P {
    let ((x1, y1), (x2, y2)) = (left, right);
    if infinite(left) {
        return P::at(x2, y2);
    }
    if infinite(right) {
        return P::at(x1, y1);
    }
    let numerator = if x1 != x2 {
        y2.sub(y1)
    } else if y1 == y2 {
        let square = x1.square();
        square.add(square).add(square)
    } else {
        return P::default();
    };
    let slope = numerator.mul(inverse);
    let x = slope.square().sub(x1).sub(x2);
    P::at(x, slope.mul(x1.sub(x)).sub(y1))
}

/// `target[out[i]] = source[left[i]] + source[right[i]]`. Without a source, the points are read
/// from the target.
fn add<P: Plane>(
    source: Option<&[P]>,
    target: &mut [P],
    Pairs { left, right }: Pairs<'_>,
    out: &[u32],
    Scratch(kept): &mut Scratch<P>,
) {
    if left.is_empty() {
        return;
    }
    kept.clear();
    let mut product = P::C::ONE;
    let points = source.unwrap_or(target);
    for (left, right) in left.iter().zip(right) {
        let factor = denominator(load(points, *left), load(points, *right));
        kept.push((factor, product));
        product = product.mul(factor);
    }
    // It is zero only if there are points that do not lie on the curve; their sums are wrong
    // anyway.
    let mut inverse = product.inverse();
    for (((left, right), out), (factor, before)) in
        left.iter().zip(right).zip(out).zip(&*kept).rev()
    {
        let of_factor = inverse.mul(*before);
        inverse = inverse.mul(*factor);
        let points = source.unwrap_or(target);
        let sum = sum::<P>(load(points, *left), load(points, *right), of_factor);
        target[*out as usize] = sum;
    }
}

impl<P: Plane> Adder<P> for Portable {
    type Scratch = Scratch<P>;

    fn add_key(
        &self,
        key: &[P],
        target: &mut [P],
        pairs: Pairs<'_>,
        out: &[u32],
        scratch: &mut Scratch<P>,
    ) {
        add(Some(key), target, pairs, out, scratch);
    }

    fn take_key(&self, key: &[P], target: &mut [P], refs: &[u32], out: &[u32]) {
        for (reference, out) in refs.iter().zip(out) {
            let (x, y) = load(key, *reference);
            target[*out as usize] = P::at(x, y);
        }
    }

    fn add_sums(
        &self,
        sums: &[P],
        target: &mut [P],
        pairs: Pairs<'_>,
        out: &[u32],
        scratch: &mut Scratch<P>,
    ) {
        add(Some(sums), target, pairs, out, scratch);
    }

    fn add_in_place(&self, sums: &mut [P], pairs: Pairs<'_>, scratch: &mut Scratch<P>) {
        add(None, sums, pairs, pairs.left, scratch);
    }

    fn affine(&self, sum: &P) -> Affine<P::Curve> {
        sum.affine()
    }
}
