//! The points of a key, prepared for sums.

use crate::{
    adder::{Point, SIGN},
    error::Error,
    points::{G1Point, G2Point, PointSource},
};
use ark_bn254::{G1Affine, G2Affine};
use rayon::prelude::*;

/// The points of a key in one group, with a note of those that are not at infinity.
pub(crate) struct Bases<P> {
    points: Box<dyn PointSource<P>>,
    /// One bit per point, set unless the point is at infinity. Empty if none is.
    live: Vec<u64>,
}

impl<P: Point> Bases<P> {
    /// Notes which points are at infinity.
    fn new(points: Box<dyn PointSource<P>>) -> Result<Self, Error> {
        let list = points.points();
        if list.len() >= SIGN as usize {
            return Err(Error::TooManyPoints {
                points: list.len(),
                limit: SIGN as usize - 1,
            });
        }
        let infinite = P::default();
        let mut live: Vec<u64> = list
            .par_chunks(64)
            .map(|points| {
                let bits = points.iter().enumerate();
                bits.fold(0, |word, (bit, point)| {
                    word | u64::from(*point != infinite) << bit
                })
            })
            .collect();
        let count: usize = live.iter().map(|word| word.count_ones() as usize).sum();
        if count == list.len() {
            live = Vec::new();
        }
        points.release();
        Ok(Self { points, live })
    }

    /// The points.
    pub fn points(&self) -> &[P] {
        self.points.points()
    }

    /// The note of the points that are not at infinity: one bit per point. Empty if all points
    /// count.
    pub fn live(&self) -> &[u64] {
        &self.live
    }

    /// Informs the owner of the points that they are not needed for a while.
    pub fn release(&self) {
        self.points.release();
    }
}

macro_rules! bases {
    ($(#[$doc:meta])* $name:ident, $point:ty, $affine:ty) => {
        $(#[$doc])*
        pub struct $name(pub(crate) Bases<$point>);

        impl $name {
            /// Takes points, which stay where they are. Points at infinity are allowed.
            ///
            /// It is not checked that points lie on the curve and that coordinates are below the
            /// modulus. If they do not, sums over them are wrong; there is no other consequence.
            ///
            /// # Errors
            /// [`Error::TooManyPoints`] for 2³¹ points or more.
            pub fn new(points: impl PointSource<$point> + 'static) -> Result<Self, Error> {
                Bases::new(Box::new(points)).map(Self)
            }

            /// As [`Self::new`], with a copy of arkworks' points.
            ///
            /// # Errors
            /// As [`Self::new`].
            pub fn from_affine(points: &[$affine]) -> Result<Self, Error> {
                let points: Vec<_> = points.par_iter().map(<$point>::from).collect();
                Self::new(points)
            }

            /// Number of points.
            pub fn len(&self) -> usize {
                self.0.points().len()
            }

            /// True if there are no points.
            pub fn is_empty(&self) -> bool {
                self.len() == 0
            }
        }
    };
}

bases! {
    /// Points of G1 to sum over.
    BasesG1, G1Point, G1Affine
}

bases! {
    /// Points of G2 to sum over.
    BasesG2, G2Point, G2Affine
}
