//! Eight pairs of points, and the steps of their additions.

use super::{
    coordinate::{Coordinate, reduced, signed},
    packed::{Both, Packed},
    references::{places, signs},
};
use crate::vector::Vector;

/// The bound of a coordinate that was just unpacked, in multiples of p.
const MOST: u64 = 16;

/// Eight pairs to add.
pub(super) struct Pair<V: Vector, C: Coordinate<V>> {
    left: Both<V, C>,
    right: Both<V, C>,
    /// Lanes in which y is negated.
    left_signs: u8,
    right_signs: u8,
    /// Lanes with a point at infinity on the left and on the right.
    left_infinite: u8,
    right_infinite: u8,
    /// Lanes in which both points are equal.
    doubled: u8,
    /// Lanes in which one point is the other's negative.
    cancelled: u8,
}

#[inline(always)]
pub(super) unsafe fn load_pair<V: Vector, P: Packed<V>>(
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
        // No point has y = 0, since the order of the group is odd.
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

    /// The denominator: x₂ − x₁; 2·y₁ for a tangent; any number but zero if there is nothing to
    /// compute.
    #[inline(always)]
    pub(super) fn denominator<const KEY: bool>(&self) -> C {
        let (x1, x2) = (
            C::unpack::<KEY>(self.left.0),
            C::unpack::<KEY>(self.right.0),
        );
        let difference = x2.sub::<MOST>(x1);
        if !self.special() {
            return difference;
        }
        let y1 = signed(C::unpack::<KEY>(self.left.1), self.left_signs);
        // One more step from R's form to that of coordinates, which x₁² in the numerator has taken
        // too.
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

    /// The numerator: y₂ − y₁, or 3·x₁² for a tangent.
    #[inline(always)]
    pub(super) fn numerator<const KEY: bool>(&self) -> C {
        let difference = self.right_y::<KEY>().sub::<MOST>(self.left_y::<KEY>());
        if self.doubled == 0 {
            return difference;
        }
        // A product of coordinates is twice as far from R's form as the coordinates are; so is the
        // denominator.
        let square = self.xs::<KEY>().0.square();
        difference.select(self.doubled, square.add(square).add(square).tidy())
    }

    /// x of the sum, below p.
    #[inline(always)]
    pub(super) fn x<const KEY: bool>(&self, slope: C) -> C {
        let (x1, x2) = self.xs::<KEY>();
        C::x_of_sum(slope.square(), x1, x2)
    }

    /// y of the sum, below p.
    #[inline(always)]
    pub(super) fn y<const KEY: bool>(&self, slope: C, x: C) -> C {
        let x1 = self.xs::<KEY>().0;
        slope
            .mul(x1.sub::<1>(x))
            .sub_reduced::<MOST>(self.left_y::<KEY>())
    }

    /// Corrects the lanes in which there was nothing to compute: the sum is one of the two points,
    /// or the point at infinity.
    #[inline(always)]
    pub(super) fn mend<const KEY: bool>(&self, (x, y): (C, C)) -> (C, C) {
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
