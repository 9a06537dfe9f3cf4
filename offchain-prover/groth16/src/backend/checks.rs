//! What all backends refuse, in the same words, and what they take from a device only once it was looked at.

use super::BackendError;
use ark_bn254::Fr;
use ark_ec::short_weierstrass::{Affine, Projective, SWCurveConfig};
use ark_ff::{BigInt, FftField, Field, One, PrimeField, Zero};
use std::ops::Range;

/// The part of `given` scalars that belongs to `points` points, from `offset` on.
pub(super) fn part(
    backend: &'static str,
    points: usize,
    offset: usize,
    given: usize,
) -> Result<Range<usize>, BackendError> {
    match offset.checked_add(points) {
        Some(end) if end <= given => Ok(offset..end),
        _ => Err(BackendError {
            backend,
            operation: "sum over points",
            reason: format!("{points} points from offset {offset} on, but only {given} scalars"),
        }),
    }
}

/// Whether a vector of `found` values belongs to a domain of `expected`.
pub(super) fn length(
    backend: &'static str,
    operation: &'static str,
    expected: usize,
    found: usize,
) -> Result<(), BackendError> {
    if expected == found {
        return Ok(());
    }
    Err(BackendError {
        backend,
        operation,
        reason: format!("{found} values, the domain has {expected}"),
    })
}

/// One over the value on the coset of the vanishing polynomial of a subgroup, which has to exist.
pub(super) fn vanishing_inverse(backend: &'static str, size: usize) -> Result<Fr, BackendError> {
    let exists = size.is_power_of_two() && size.ilog2() <= Fr::TWO_ADICITY;
    let value = || (Fr::GENERATOR.pow([size as u64]) - Fr::one()).inverse();
    exists.then(value).flatten().ok_or_else(|| BackendError {
        backend,
        operation: "domain",
        reason: format!("size {size} is no power of two up to 2^{}", Fr::TWO_ADICITY),
    })
}

/// The point with these coordinates, which is not at infinity, if it is one of the group.
pub(super) fn in_group<P: SWCurveConfig>(
    x: P::BaseField,
    y: P::BaseField,
) -> Result<Projective<P>, String> {
    let point = Affine::<P>::new_unchecked(x, y);
    // arkworks takes both coordinates zero for the point at infinity.
    if (x.is_zero() && y.is_zero()) || !point.is_on_curve() {
        return Err("the sum does not lie on the curve".into());
    }
    if !point.is_in_correct_subgroup_assuming_on_curve() {
        return Err("the sum does not lie in the group".into());
    }
    Ok(point.into())
}

/// Scalars in Montgomery form that a device gave back, if all are below the modulus.
pub(super) fn scalars(
    backend: &'static str,
    operation: &'static str,
    limbs: Vec<[u64; 4]>,
) -> Result<Vec<Fr>, BackendError> {
    let scalar = |(index, limbs)| {
        let number = BigInt(limbs);
        if number < Fr::MODULUS {
            return Ok(Fr::new_unchecked(number));
        }
        Err(BackendError {
            backend,
            operation,
            reason: format!("scalar {index} is not below the field's modulus"),
        })
    };
    limbs.into_iter().enumerate().map(scalar).collect()
}
