//! The arithmetic, on plain arkworks types. Host functions and the native backend both end here.

mod final_exp;
mod subgroup;

use alloc::vec::Vec;
use ark_bn254::{Config, Fq12, Fr, G1Affine, G1Projective, G2Affine, G2Projective, g1};
use ark_ec::{
    CurveGroup,
    bn::BnConfig,
    scalar_mul::{glv::GLVConfig, variable_base::VariableBaseMSM},
};
use ark_ff::Zero;

/// Below this many points, separate multiplications by the endomorphism beat the bucket method.
const MSM_FROM: usize = 8;

/// Product of the Miller loops of the pairs `(g1[i], g2[i])`. `None` if the lengths differ.
///
/// Pairs that contain the identity contribute the factor one.
pub fn multi_miller_loop(g1: &[G1Affine], g2: &[G2Affine]) -> Option<Fq12> {
    // arkworks panics on unequal lengths.
    (g1.len() == g2.len())
        .then(|| Config::multi_miller_loop(g1.iter().copied(), g2.iter().copied()).0)
}

/// Final exponentiation. `None` for zero, which no Miller loop over valid points gives.
pub fn final_exponentiation(f: Fq12) -> Option<Fq12> {
    final_exp::final_exponentiation(&f)
}

fn mul_g1(point: &G1Affine, scalar: &Fr) -> G1Projective {
    g1::Config::glv_mul_projective((*point).into(), *scalar)
}

/// `Σ scalars[i]·points[i]` in G1. `None` if the lengths differ.
pub fn msm_g1(points: &[G1Affine], scalars: &[Fr]) -> Option<G1Projective> {
    if points.len() != scalars.len() {
        return None;
    }
    if points.len() < MSM_FROM {
        let terms = points.iter().zip(scalars);
        return Some(terms.fold(G1Projective::zero(), |sum, (p, s)| sum + mul_g1(p, s)));
    }
    Some(G1Projective::msm_unchecked(points, scalars))
}

/// `Σ scalars[i]·points[i]` in G2. `None` if the lengths differ.
pub fn msm_g2(points: &[G2Affine], scalars: &[Fr]) -> Option<G2Projective> {
    (points.len() == scalars.len()).then(|| G2Projective::msm_unchecked(points, scalars))
}

/// `scalars[i]·points[i]` for each i, in G1. `None` if the lengths differ.
///
/// A scalar of the form `a + b·λ` with a, b below 2⁶⁴ (λ: the eigenvalue of the curve's
/// endomorphism) costs half of a general one.
pub fn scale_g1(points: &[G1Affine], scalars: &[Fr]) -> Option<Vec<G1Affine>> {
    if points.len() != scalars.len() {
        return None;
    }
    let products: Vec<_> = points
        .iter()
        .zip(scalars)
        .map(|(p, s)| mul_g1(p, s))
        .collect();
    Some(G1Projective::normalize_batch(&products))
}

/// Returns true if all points, which must be on the curve, lie in the subgroup of order r.
///
/// About half the cost of arkworks' own test for this curve.
pub fn g2_in_subgroup(points: &[G2Affine]) -> bool {
    points.iter().all(subgroup::is_in_g2)
}
