//! The quotient's points in the basis that snarkjs uses.
//!
//! Our points are Mₖ = τᵏ·Z(τ)/δ, to be multiplied by the quotient's coefficients. snarkjs
//! multiplies the values of `A·B − C` on the odd coset: the subgroup of the domain's size n, times
//! a root of unity g of order 2n. There Z is xⁿ − 1 = −2, so its points are −½·Lᵢ(τ)·Z(τ)/δ, where
//! Lᵢ is the Lagrange polynomial of the coset's element xᵢ = g²ⁱ⁺¹:
//!
//! Lᵢ(τ) = 1/n · Σₖ xᵢ⁻ᵏ·τᵏ, hence Hᵢ = −1/2n · Σₖ xᵢ⁻ᵏ·Mₖ,
//!
//! the values of the polynomial with coefficients Mₖ at the roots of Yⁿ + 1. Our keys have no Mₙ₋₁,
//! because quotients have degree n − 2 at most. For the same reason any point may take its place:
//! the values by which it would be multiplied sum up to the quotient's coefficient n − 1, which is
//! zero. Here it is the point at infinity.

use crate::progress::{Phase, Progress};
use ark_bn254::{Fr, G1Affine, G1Projective};
use ark_ec::{AffineRepr, CurveGroup};
use ark_ff::{FftField, Field, Zero};
use rayon::prelude::*;

/// Multiplications between two reports of progress.
const CHUNK: usize = 64;

/// Hᵢ for the elements of the odd coset of a domain of `size`, a power of two up to 2²⁷.
pub(super) fn points(
    monomials: &[G1Affine],
    size: usize,
    progress: &dyn Progress,
) -> Vec<G1Affine> {
    let mut values: Vec<G1Projective> = monomials.iter().map(|p| p.into_group()).collect();
    values.resize(size, G1Projective::zero());
    let order = 2 * size as u64;
    let root = Fr::get_root_of_unity(order)
        .and_then(|root| root.inverse())
        .unwrap_or_default();
    let mut scale = -Fr::from(order).inverse().unwrap_or_default();

    // Values modulo Y^n + 1 are split into those modulo its factors of half the degree until they
    // are of degree one. A factor is Y^length - root^exponent: modulo Y^(length / 2) ±
    // root^(exponent / 2) it is low ± root^(exponent / 2)·high.
    let mut exponents = vec![size as u64];
    let mut length = size;
    let layers = u64::from(size.trailing_zeros());
    progress.begin(Phase::Coset, layers * (size as u64 / 2));
    while length > 1 {
        let half = length / 2;
        values
            .par_chunks_mut(length)
            .zip(&exponents)
            .for_each(|(block, exponent)| {
                let factor = root.pow([exponent / 2]) * scale;
                let (low, high) = block.split_at_mut(half);
                low.par_chunks_mut(CHUNK)
                    .zip(high.par_chunks_mut(CHUNK))
                    .for_each(|(low, high)| {
                        for (low, high) in low.iter_mut().zip(high.iter_mut()) {
                            split(low, high, &scale, &factor);
                        }
                        progress.advance(low.len() as u64);
                    });
            });
        exponents = exponents
            .iter()
            .flat_map(|exponent| [exponent / 2, exponent / 2 + size as u64])
            .collect();
        // The first layer has scaled all values.
        scale = Fr::from(1u64);
        length = half;
    }
    progress.end();

    let mut ordered = vec![G1Projective::zero(); size];
    for (value, exponent) in values.into_iter().zip(exponents) {
        // An odd exponent 2i + 1.
        ordered[(exponent / 2) as usize] = value;
    }
    G1Projective::normalize_batch(&ordered)
}

/// `scale·low ± factor·high`
fn split(low: &mut G1Projective, high: &mut G1Projective, scale: &Fr, factor: &Fr) {
    if *scale != Fr::from(1u64) {
        *low *= scale;
    }
    *high *= factor;
    let difference = *low - *high;
    *low += *high;
    *high = difference;
}
