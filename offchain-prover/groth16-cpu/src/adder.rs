//! Sums of affine points by pairs: all additions of one level of a tree share one inversion.
//!
//! An affine addition needs an inversion. Montgomery's trick shares one inversion among many
//! additions, at three products for each. With these, an affine addition still costs three products
//! and a square less than a mixed one. The pairs of a level do not depend on each other, so vectors
//! of them can be added at once.

use crate::points::{G1Point, G2Point};
use ark_ec::short_weierstrass::{Affine, SWCurveConfig};
use bytemuck::Pod;

/// In a reference to a point: the point is negated.
pub(super) const SIGN: u32 = 1 << 31;

/// A point in memory and its curve, y² = x³ + b.
pub(super) trait Point: Pod + Default + Send + Sync + PartialEq {
    /// The curve.
    type Curve: SWCurveConfig<ScalarField = ark_bn254::Fr>;
    /// The point as arkworks has it.
    fn affine(&self) -> Affine<Self::Curve>;
}

macro_rules! point {
    ($point:ty, $curve:ty) => {
        impl Point for $point {
            type Curve = $curve;

            fn affine(&self) -> Affine<$curve> {
                self.into()
            }
        }
    };
}

point!(G1Point, ark_bn254::g1::Config);
point!(G2Point, ark_bn254::g2::Config);

/// Adds many pairs of points at once.
///
/// Sums may be in another form than the points of a key; only the adder knows that form. In both
/// forms (0, 0) is the point at infinity. All cases are handled: equal points, opposite points,
/// points at infinity. A reference outside its list is a defect of the caller and panics.
pub(super) trait Adder<P: Point>: Send + Sync {
    /// Memory that one thread keeps between calls.
    type Scratch: Default + Send;

    /// `target[out[i]] = key[left[i]] + key[right[i]]`, negated where the references have [`SIGN`].
    fn add_key(
        &self,
        key: &[P],
        target: &mut [P],
        pairs: Pairs<'_>,
        out: &[u32],
        scratch: &mut Self::Scratch,
    );

    /// `target[out[i]] = key[refs[i]]`, in the form of sums, negated where the references have
    /// [`SIGN`].
    fn take_key(&self, key: &[P], target: &mut [P], refs: &[u32], out: &[u32]);

    /// `target[out[i]] = sums[left[i]] + sums[right[i]]`.
    fn add_sums(
        &self,
        sums: &[P],
        target: &mut [P],
        pairs: Pairs<'_>,
        out: &[u32],
        scratch: &mut Self::Scratch,
    );

    /// `sums[left[i]] = sums[left[i]] + sums[right[i]]`; all places are different.
    fn add_in_place(&self, sums: &mut [P], pairs: Pairs<'_>, scratch: &mut Self::Scratch);

    /// The sum as arkworks has it.
    fn affine(&self, sum: &P) -> Affine<P::Curve>;
}

/// References to the points of pairs to be added.
#[derive(Clone, Copy)]
pub(super) struct Pairs<'a> {
    /// First of each pair.
    pub left: &'a [u32],
    /// Second of each pair; as many as there are first ones.
    pub right: &'a [u32],
}

impl Pairs<'_> {
    /// Panics unless all references, without their signs, lie in a list of `length`.
    pub fn check(&self, length: usize) {
        assert_eq!(self.left.len(), self.right.len());
        check(self.left, length);
        check(self.right, length);
    }
}

/// Panics unless all references, without their signs, lie in a list of `length`.
pub(super) fn check(refs: &[u32], length: usize) {
    let largest = refs.iter().map(|reference| reference & !SIGN).max();
    assert!(largest.is_none_or(|largest| (largest as usize) < length));
}

/// Lists of points to be summed: the first `counts[0]` references are list 0, the next `counts[1]`
/// list 1, and so on.
pub(super) struct Lists<'a> {
    /// References, list after list.
    pub refs: &'a [u32],
    /// Number of references in each list.
    pub counts: &'a [u32],
}

/// The points that the references of a level refer to.
pub(super) enum Source<'a, P> {
    /// A key's points.
    Key(&'a [P]),
    /// Sums.
    Sums(&'a [P]),
}

/// Memory of one thread, kept from one call to the next.
pub(super) struct Workspace<P: Point, A: Adder<P>> {
    scratch: A::Scratch,
    arena: Vec<P>,
    left: Vec<u32>,
    right: Vec<u32>,
    out: Vec<u32>,
    single: Vec<u32>,
    single_out: Vec<u32>,
    refs: Vec<u32>,
    counts: Vec<u32>,
}

impl<P: Point, A: Adder<P>> Default for Workspace<P, A> {
    fn default() -> Self {
        Self {
            scratch: A::Scratch::default(),
            arena: Vec::new(),
            left: Vec::new(),
            right: Vec::new(),
            out: Vec::new(),
            single: Vec::new(),
            single_out: Vec::new(),
            refs: Vec::new(),
            counts: Vec::new(),
        }
    }
}

/// Pairs that share an inversion: enough to make it cheap per pair, few enough that the
/// intermediate values stay in the cache.
const BATCH: usize = 1 << 12;

impl<P: Point, A: Adder<P>> Workspace<P, A> {
    /// Writes each list's sum to `sums`; the sum of an empty list is the point at infinity.
    pub fn sum(&mut self, adder: &A, source: &Source<'_, P>, lists: &Lists<'_>, sums: &mut [P]) {
        self.pair_up(lists);
        let places = self.out.len() + self.single_out.len();
        if self.arena.len() < places {
            self.arena.resize(places, P::default());
        }
        for start in (0..self.left.len()).step_by(BATCH) {
            let part = start..(start + BATCH).min(self.left.len());
            let pairs = Pairs {
                left: &self.left[part.clone()],
                right: &self.right[part.clone()],
            };
            let out = &self.out[part];
            match source {
                Source::Key(key) => {
                    adder.add_key(key, &mut self.arena, pairs, out, &mut self.scratch);
                }
                Source::Sums(sums) => {
                    adder.add_sums(sums, &mut self.arena, pairs, out, &mut self.scratch);
                }
            }
        }
        match source {
            Source::Key(key) => {
                adder.take_key(key, &mut self.arena, &self.single, &self.single_out);
            }
            Source::Sums(sums) => {
                for (single, out) in self.single.iter().zip(&self.single_out) {
                    self.arena[*out as usize] = sums[*single as usize];
                }
            }
        }
        while self.halve() {
            for start in (0..self.left.len()).step_by(BATCH) {
                let part = start..(start + BATCH).min(self.left.len());
                let pairs = Pairs {
                    left: &self.left[part.clone()],
                    right: &self.right[part],
                };
                adder.add_in_place(&mut self.arena, pairs, &mut self.scratch);
            }
        }
        let mut refs = self.refs.iter();
        for (sum, count) in sums.iter_mut().zip(lists.counts) {
            *sum = match count {
                0 => P::default(),
                _ => refs
                    .next()
                    .map_or_else(P::default, |place| self.arena[*place as usize]),
            };
        }
    }

    /// Notes the first level's pairs and the single points that are left over. Places in the arena
    /// are numbered in the order of the lists.
    fn pair_up(&mut self, lists: &Lists<'_>) {
        for list in [
            &mut self.left,
            &mut self.right,
            &mut self.out,
            &mut self.single,
            &mut self.single_out,
            &mut self.refs,
            &mut self.counts,
        ] {
            list.clear();
        }
        let mut refs = lists.refs;
        let mut place = 0;
        for count in lists.counts {
            let (list, rest) = refs.split_at(*count as usize);
            refs = rest;
            let pairs = list.chunks_exact(2);
            for single in pairs.remainder() {
                self.single.push(*single);
                self.single_out.push(place + *count / 2);
            }
            for pair in pairs {
                self.left.push(pair[0]);
                self.right.push(pair[1]);
                self.out.push(place);
                self.refs.push(place);
                place += 1;
            }
            if count % 2 == 1 {
                self.refs.push(place);
                place += 1;
            }
            if *count > 0 {
                self.counts.push(count.div_ceil(2));
            }
        }
    }

    /// Notes the next level's pairs. Returns false if every list has come down to one point.
    fn halve(&mut self) -> bool {
        self.left.clear();
        self.right.clear();
        let (mut read, mut write) = (0, 0);
        for count in &mut self.counts {
            let end = read + *count as usize;
            while read + 1 < end {
                self.left.push(self.refs[read]);
                self.right.push(self.refs[read + 1]);
                self.refs[write] = self.refs[read];
                read += 2;
                write += 1;
            }
            if read < end {
                self.refs[write] = self.refs[read];
                read += 1;
                write += 1;
            }
            *count = count.div_ceil(2);
        }
        self.refs.truncate(write);
        !self.left.is_empty()
    }
}
