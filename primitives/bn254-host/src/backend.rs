//! The place of computation: arkworks in this process, or the node through its host functions.
//!
//! Both are hooks of `ark-bn254-ext`: `ark_bn254_ext::Bn254<B>` is the curve whose pairings and
//! sums go to backend `B`. Single multiplications stay in arkworks' own code: [`Backend::scale_g1`]
//! does many in one call.

use crate::{
    host::{HostError, clearproof_bn_254 as node},
    native,
    point::{self, G1_BYTES, G2_BYTES, SCALAR_BYTES, TARGET_BYTES},
};
use alloc::{vec, vec::Vec};
use ark_bn254::{Fq12, Fr, G1Affine, G2Affine};
use ark_bn254_ext as ext;
use ark_bn254_ext::{Bn254, CurveHooks};
use ark_ec::{AffineRepr, pairing::Pairing};
use ark_ff::{AdditiveGroup, Field};
use ark_models_ext::transmute::{TransmuteInto, TransmuteRef};
use ark_serialize::{CanonicalDeserialize, Compress, Validate};

/// The backend of this build: see the crate's table of features.
#[cfg(any(feature = "std", feature = "pure-wasm"))]
pub type DefaultBackend = Native;
/// The backend of this build: see the crate's table of features.
#[cfg(not(any(feature = "std", feature = "pure-wasm")))]
pub type DefaultBackend = Host;

/// The hooks of `ark-bn254-ext`, and the operations on many points that those lack.
///
/// The hooks themselves cannot answer an error. Given points that are not on the curve, or unequal
/// lengths, they fail closed: a pairing answers zero, which is no element of the target group and
/// so equals no pairing; a sum answers a point off the curve, over which a pairing answers zero
/// again.
pub trait Backend: CurveHooks {
    /// `scalars[i]·points[i]` for each i.
    ///
    /// # Errors
    /// [`HostError::Length`] if the lengths differ, or what the host refused.
    fn scale_g1(points: &[G1Affine], scalars: &[Fr]) -> Result<Vec<G1Affine>, HostError>;

    /// Checks that all points, which must be on the curve, lie in the subgroup of order r.
    ///
    /// # Errors
    /// [`HostError::Point`] with `NotInSubgroup`, or what the host refused.
    fn check_g2_subgroup(points: &[G2Affine]) -> Result<(), HostError>;
}

type G1Prepared<B> = <Bn254<B> as Pairing>::G1Prepared;
type G2Prepared<B> = <Bn254<B> as Pairing>::G2Prepared;

fn plain_g1<B: CurveHooks>(points: impl Iterator<Item = G1Prepared<B>>) -> Vec<G1Affine> {
    points
        .map(|p| {
            let affine: &G1Affine = p.0.transmute_ref();
            *affine
        })
        .collect()
}

fn plain_g2<B: CurveHooks>(points: impl Iterator<Item = G2Prepared<B>>) -> Vec<G2Affine> {
    points
        .map(|p| {
            let affine: &G2Affine = p.0.transmute_ref();
            *affine
        })
        .collect()
}

/// (1, 1) is on neither curve.
fn refused_g1() -> G1Affine {
    G1Affine::new_unchecked(Field::ONE, Field::ONE)
}

fn refused_g2() -> G2Affine {
    G2Affine::new_unchecked(Field::ONE, Field::ONE)
}

/// arkworks in this very program, native or wasm.
pub struct Native;

impl CurveHooks for Native {
    fn multi_miller_loop(
        g1: impl Iterator<Item = G1Prepared<Self>>,
        g2: impl Iterator<Item = G2Prepared<Self>>,
    ) -> Fq12 {
        let (g1, g2) = (plain_g1(g1), plain_g2(g2));
        let on_curve = g1.iter().all(|p| p.is_on_curve()) && g2.iter().all(|p| p.is_on_curve());
        if !on_curve {
            return Fq12::ZERO;
        }
        native::multi_miller_loop(&g1, &g2).unwrap_or(Fq12::ZERO)
    }

    fn final_exponentiation(f: Fq12) -> Fq12 {
        native::final_exponentiation(f).unwrap_or(Fq12::ZERO)
    }

    fn msm_g1(bases: &[ext::G1Affine<Self>], scalars: &[Fr]) -> ext::G1Projective<Self> {
        let bases: &[G1Affine] = bases.transmute_ref();
        let on_curve = bases.iter().all(|p| p.is_on_curve());
        on_curve
            .then(|| native::msm_g1(bases, scalars))
            .flatten()
            .unwrap_or_else(|| refused_g1().into_group())
            .transmute_into()
    }

    fn msm_g2(bases: &[ext::G2Affine<Self>], scalars: &[Fr]) -> ext::G2Projective<Self> {
        let bases: &[G2Affine] = bases.transmute_ref();
        let on_curve = bases.iter().all(|p| p.is_on_curve());
        on_curve
            .then(|| native::msm_g2(bases, scalars))
            .flatten()
            .unwrap_or_else(|| refused_g2().into_group())
            .transmute_into()
    }
}

impl Backend for Native {
    fn scale_g1(points: &[G1Affine], scalars: &[Fr]) -> Result<Vec<G1Affine>, HostError> {
        if !points.iter().all(|p| p.is_on_curve()) {
            return Err(point::PointFault::NotOnCurve.into());
        }
        native::scale_g1(points, scalars).ok_or(HostError::Length)
    }

    fn check_g2_subgroup(points: &[G2Affine]) -> Result<(), HostError> {
        if !points.iter().all(|p| p.is_on_curve()) {
            return Err(point::PointFault::NotOnCurve.into());
        }
        if !native::g2_in_subgroup(points) {
            return Err(point::PointFault::NotInSubgroup.into());
        }
        Ok(())
    }
}

/// The node's host functions. In a native build they are plain calls to the host's own code.
pub struct Host;

fn g1_bytes(points: &[G1Affine]) -> Vec<u8> {
    let mut out = Vec::with_capacity(points.len().saturating_mul(G1_BYTES));
    points.iter().for_each(|p| out.extend(point::encode_g1(p)));
    out
}

fn g2_bytes(points: &[G2Affine]) -> Vec<u8> {
    let mut out = Vec::with_capacity(points.len().saturating_mul(G2_BYTES));
    points.iter().for_each(|p| out.extend(point::encode_g2(p)));
    out
}

fn scalar_bytes(scalars: &[Fr]) -> Vec<u8> {
    let mut out = Vec::with_capacity(scalars.len().saturating_mul(SCALAR_BYTES));
    scalars.iter().for_each(|s| point::append(s, &mut out));
    out
}

/// The host's answer was computed from checked points: its encoding is read without checking again.
fn answer<T: CanonicalDeserialize>(status: u32, bytes: &[u8]) -> Result<T, HostError> {
    HostError::from_code(status)?;
    T::deserialize_with_mode(bytes, Compress::No, Validate::No)
        .map_err(|_| point::PointFault::NonCanonical.into())
}

impl CurveHooks for Host {
    fn multi_miller_loop(
        g1: impl Iterator<Item = G1Prepared<Self>>,
        g2: impl Iterator<Item = G2Prepared<Self>>,
    ) -> Fq12 {
        let (g1, g2) = (g1_bytes(&plain_g1(g1)), g2_bytes(&plain_g2(g2)));
        let mut out = [0u8; TARGET_BYTES];
        let status = node::multi_miller_loop(&g1, &g2, &mut out);
        answer(status, &out).unwrap_or(Fq12::ZERO)
    }

    fn final_exponentiation(f: Fq12) -> Fq12 {
        let mut bytes = Vec::with_capacity(TARGET_BYTES);
        point::append(&f, &mut bytes);
        let mut out = [0u8; TARGET_BYTES];
        let status = node::final_exponentiation(&bytes, &mut out);
        answer(status, &out).unwrap_or(Fq12::ZERO)
    }

    fn msm_g1(bases: &[ext::G1Affine<Self>], scalars: &[Fr]) -> ext::G1Projective<Self> {
        let (points, scalars) = (g1_bytes(bases.transmute_ref()), scalar_bytes(scalars));
        let mut out = [0u8; G1_BYTES];
        let status = node::msm_g1(&points, &scalars, &mut out);
        let sum: G1Affine = answer(status, &out).unwrap_or_else(|_| refused_g1());
        sum.into_group().transmute_into()
    }

    fn msm_g2(bases: &[ext::G2Affine<Self>], scalars: &[Fr]) -> ext::G2Projective<Self> {
        let (points, scalars) = (g2_bytes(bases.transmute_ref()), scalar_bytes(scalars));
        let mut out = [0u8; G2_BYTES];
        let status = node::msm_g2(&points, &scalars, &mut out);
        let sum: G2Affine = answer(status, &out).unwrap_or_else(|_| refused_g2());
        sum.into_group().transmute_into()
    }
}

impl Backend for Host {
    fn scale_g1(points: &[G1Affine], scalars: &[Fr]) -> Result<Vec<G1Affine>, HostError> {
        let (points, scalars) = (g1_bytes(points), scalar_bytes(scalars));
        let mut out = vec![0u8; points.len()];
        let status = node::scale_g1(&points, &scalars, &mut out);
        HostError::from_code(status)?;
        out.chunks_exact(G1_BYTES)
            .map(|chunk| answer(0, chunk))
            .collect()
    }

    fn check_g2_subgroup(points: &[G2Affine]) -> Result<(), HostError> {
        HostError::from_code(node::check_g2_subgroup(&g2_bytes(points)))
    }
}

/// Product of the pairings of all pairs; zero, which no pairing gives, if the backend refused them.
pub(crate) fn pairing_product<B: Backend>(g1: Vec<ext::G1Affine<B>>, g2: &[G2Affine]) -> Fq12 {
    let g2 = g2.iter().map(|p| {
        let hooked: ext::G2Affine<B> = (*p).transmute_into();
        hooked
    });
    let f = Bn254::<B>::multi_miller_loop(g1, g2);
    Bn254::<B>::final_exponentiation(f).map_or(Fq12::ZERO, |output| output.0)
}

/// The same points, on the curve whose operations go to the backend.
pub(crate) fn hooked_g1<B: Backend>(points: &[G1Affine]) -> Vec<ext::G1Affine<B>> {
    points.iter().map(|p| (*p).transmute_into()).collect()
}
