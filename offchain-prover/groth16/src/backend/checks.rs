//! Checks that all backends share: arguments, and results that a device returned.

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

/// Checks that a vector of `found` values belongs to a domain of `expected`.
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

/// One over the value of a subgroup's vanishing polynomial on the coset. There must be such a
/// subgroup.
pub(super) fn vanishing_inverse(backend: &'static str, size: usize) -> Result<Fr, BackendError> {
    let exists = size.is_power_of_two() && size.ilog2() <= Fr::TWO_ADICITY;
    let value = || (Fr::GENERATOR.pow([size as u64]) - Fr::one()).inverse();
    exists.then(value).flatten().ok_or_else(|| BackendError {
        backend,
        operation: "domain",
        reason: format!("size {size} is no power of two up to 2^{}", Fr::TWO_ADICITY),
    })
}

/// The point with these coordinates, which is not at infinity, if it is in the group.
pub(super) fn in_group<P: SWCurveConfig>(
    x: P::BaseField,
    y: P::BaseField,
) -> Result<Projective<P>, String> {
    let point = Affine::<P>::new_unchecked(x, y);
    // For arkworks, two zero coordinates are the point at infinity.
    if (x.is_zero() && y.is_zero()) || !point.is_on_curve() {
        return Err("the sum does not lie on the curve".into());
    }
    if !point.is_in_correct_subgroup_assuming_on_curve() {
        return Err("the sum does not lie in the group".into());
    }
    Ok(point.into())
}

/// Scalars in Montgomery form that a device returned, if all are below the modulus.
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
