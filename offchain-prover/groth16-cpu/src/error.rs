//! Errors of this crate.

use ark_bn254::Fr;
use ark_ff::FftField;
use thiserror::Error;

/// Arguments that do not fit together.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
pub enum Error {
    /// References to points have 31 bits, so lists of points are limited.
    #[error("{points} points, the limit is {limit}")]
    TooManyPoints {
        /// Points given.
        points: usize,
        /// Largest number of points.
        limit: usize,
    },
    /// A sum needs one scalar per point, from the offset on.
    #[error("{points} points from offset {offset} on, but only {scalars} scalars")]
    TooFewScalars {
        /// Points of the sum.
        points: usize,
        /// Index of the scalar that belongs to the first point.
        offset: usize,
        /// Scalars given.
        scalars: usize,
    },
    /// No subgroup of the scalar field has this size.
    #[error("size {size} is no power of two up to 2^{}", Fr::TWO_ADICITY)]
    DomainSize {
        /// The requested size.
        size: usize,
    },
    /// A vector does not have one value per element of the domain.
    #[error("{found} values, the domain has {expected}")]
    Length {
        /// Elements of the domain.
        expected: usize,
        /// Values given.
        found: usize,
    },
}
