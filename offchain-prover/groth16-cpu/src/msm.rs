//! Sums over points: buckets by signed digits (Pippenger), all additions affine.
//!
//! In each window, references to points are sorted by digit, and each bucket is the sum of a list.
//! The buckets are then arranged as a matrix and summed by rows and by columns, which takes two
//! more affine additions per bucket. Only the sums of rows and columns are weighted.

use super::{
    adder::{Adder, Lists, Point, Source, Workspace},
    bases::Bases,
    digits::Digits,
};
use ark_ec::{
    AdditiveGroup,
    short_weierstrass::{Affine, Projective},
};
use ark_ff::Zero;
use rayon::prelude::*;
use std::{
    ops::Range,
    sync::{Mutex, PoisonError},
};

/// References that one task sums.
const TASK: usize = 1 << 15;

/// Workspaces that are not in use.
pub(super) struct Pool<P: Point, A: Adder<P>>(Mutex<Vec<Workspace<P, A>>>);

impl<P: Point, A: Adder<P>> Default for Pool<P, A> {
    fn default() -> Self {
        Self(Mutex::new(Vec::new()))
    }
}

impl<P: Point, A: Adder<P>> Pool<P, A> {
    fn with<T>(&self, act: impl FnOnce(&mut Workspace<P, A>) -> T) -> T {
        let free = || self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let taken = free().pop();
        let mut workspace = taken.unwrap_or_default();
        let value = act(&mut workspace);
        free().push(workspace);
        value
    }
}

/// Size of a window in bits for this number of points: it balances the cost of buckets against the
/// cost of windows.
pub(super) fn window_bits(points: usize) -> u32 {
    match points.max(1).ilog2() {
        0..=7 => 5,
        size @ 8..=19 => size - 4,
        _ => 15,
    }
}

/// Adds up points of one group.
pub(super) struct Summer<'a, P: Point, A: Adder<P>> {
    /// The adder.
    pub adder: &'a A,
    /// Workspaces.
    pub pool: &'a Pool<P, A>,
}

impl<P: Point, A: Adder<P>> Summer<'_, P, A> {
    /// `Σ scalar·point`, over the digits of the scalars in `range`. There are as many of them as
    /// points.
    pub fn sum(
        &self,
        bases: &Bases<P>,
        digits: &Digits,
        range: Range<usize>,
    ) -> Projective<P::Curve> {
        let windows: Vec<_> = (0..Digits::windows(digits.bits))
            .into_par_iter()
            .map(|window| {
                let (refs, counts) = if bases.live().is_empty() {
                    digits.sorted(window, range.clone(), |_| true)
                } else {
                    digits.sorted(window, range.clone(), |point| {
                        bases.live()[point / 64] >> (point % 64) & 1 == 1
                    })
                };
                self.window(
                    bases,
                    &Lists {
                        refs: &refs,
                        counts: &counts,
                    },
                )
            })
            .collect();
        // At most one of a key's lists stays resident that way.
        bases.release();
        windows
            .into_iter()
            .rev()
            .fold(Projective::zero(), |mut sum, window| {
                for _ in 0..digits.bits {
                    sum.double_in_place();
                }
                sum + window
            })
    }

    /// `Σ_b (b + 1) · Σ bucket b`.
    fn window(&self, bases: &Bases<P>, lists: &Lists<'_>) -> Projective<P::Curve> {
        if lists.refs.is_empty() {
            return Projective::zero();
        }
        let mut buckets = vec![P::default(); lists.counts.len()];
        let tasks = split(lists, &mut buckets);
        tasks.into_par_iter().for_each(|(lists, sums)| {
            self.pool
                .with(|space| space.sum(self.adder, &Source::Key(bases.points()), &lists, sums));
        });
        self.weighted(&buckets)
    }

    /// `Σ_b (b + 1)·buckets[b]`. With b = r·width + c, this is `width·Σ r·row_r + Σ (c +
    /// 1)·column_c`.
    fn weighted(&self, buckets: &[P]) -> Projective<P::Curve> {
        let width = 1usize << (buckets.len().ilog2() / 2);
        let height = buckets.len() / width;
        let infinite = P::default();
        let list = |lines: usize, length: usize, place: &dyn Fn(usize, usize) -> usize| {
            let (mut refs, mut counts) = (Vec::with_capacity(buckets.len()), Vec::new());
            for line in 0..lines {
                let before = refs.len();
                let places = (0..length).map(|i| place(line, i));
                refs.extend(
                    places
                        .filter(|place| buckets[*place] != infinite)
                        .map(|place| place as u32),
                );
                counts.push((refs.len() - before) as u32);
            }
            (refs, counts)
        };
        let sums = |(refs, counts): (Vec<u32>, Vec<u32>)| {
            let mut sums = vec![P::default(); counts.len()];
            let lists = Lists {
                refs: &refs,
                counts: &counts,
            };
            self.pool
                .with(|space| space.sum(self.adder, &Source::Sums(buckets), &lists, &mut sums));
            sums
        };
        let (rows, columns) = rayon::join(
            || {
                let rows = sums(list(height, width, &|row, i| row * width + i));
                self.by_place(&rows, 0)
            },
            || {
                let columns = sums(list(width, height, &|column, i| i * width + column));
                self.by_place(&columns, 1)
            },
        );
        let mut sum = rows;
        for _ in 0..width.ilog2() {
            sum.double_in_place();
        }
        sum + columns
    }

    /// `Σ_i (i + first)·points[i]`, for `first` 0 or 1.
    fn by_place(&self, points: &[P], first: usize) -> Projective<P::Curve> {
        let mut running = Projective::<P::Curve>::zero();
        let mut sum = Projective::<P::Curve>::zero();
        for point in points.iter().skip(1 - first).rev() {
            let point: Affine<P::Curve> = self.adder.affine(point);
            running += point;
            sum += running;
        }
        sum
    }
}

/// Splits lists into tasks of about [`TASK`] references, each with the places of its sums.
fn split<'a, P>(lists: &Lists<'a>, mut sums: &'a mut [P]) -> Vec<(Lists<'a>, &'a mut [P])> {
    let (mut refs, mut counts) = (lists.refs, lists.counts);
    let mut tasks = Vec::new();
    while !counts.is_empty() {
        let (mut taken, mut length) = (0, 0);
        while length < TASK && taken < counts.len() {
            length += counts[taken] as usize;
            taken += 1;
        }
        let (these, rest) = refs.split_at(length);
        let (these_counts, rest_counts) = counts.split_at(taken);
        let (these_sums, rest_sums) = sums.split_at_mut(taken);
        tasks.push((
            Lists {
                refs: these,
                counts: these_counts,
            },
            these_sums,
        ));
        (refs, counts, sums) = (rest, rest_counts, rest_sums);
    }
    tasks
}
