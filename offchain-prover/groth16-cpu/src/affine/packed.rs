//! Points in memory, eight at a time.

use super::coordinate::{Coordinate, One, Two};
use crate::{
    points::{G1Point, G2Point},
    vector::Vector,
};

/// A point in memory.
pub(crate) trait Packed<V: Vector>: Copy {
    /// Its coordinates.
    type C: Coordinate<V>;
    /// Loads the coordinates of eight points.
    ///
    /// # Safety
    /// The indices lie in the list, and the processor has the features.
    unsafe fn load(points: *const Self, indices: &[u32; 8]) -> Both<V, Self::C>;
    /// Stores eight points in their places.
    ///
    /// # Safety
    /// As for [`Self::load`].
    unsafe fn store(points: *mut Self, indices: &[u32; 8], both: Both<V, Self::C>);
}

/// x and y.
pub(crate) type Both<V, C> = (<C as Coordinate<V>>::Words, <C as Coordinate<V>>::Words);

/// Loads eight words of each of eight points, from word 8·`part` on.
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
