//! Comparing a backend with the reference, and timing it.

use crate::{
    backend::{Backend, BackendError, ark::ArkBackend},
    points::{G1Point, G2Point},
};
use ark_bn254::{Fr, G1Affine, G1Projective, G2Affine, G2Projective};
use ark_ec::{AffineRepr, CurveGroup};
use ark_ff::{One, UniformRand, Zero};
use rand::{Rng, rngs::OsRng};
use std::time::{Duration, Instant};

/// Elements of the comparison: 2¹⁰.
const SIZE: usize = 1 << 10;

/// Number of scalars before those that belong to the points.
const OFFSET: usize = 3;

/// Points that are cheap to make: each is twice the last one plus the generator, or the last one
/// again; some are negated or at infinity.
fn points<G: CurveGroup>(count: usize) -> Vec<G::Affine> {
    let mut point = G::rand(&mut OsRng);
    let generator = G::generator();
    let mut points = Vec::with_capacity(count);
    for i in 0..count {
        points.push(match i % 64 {
            5 => G::zero(),
            9 => -point,
            _ => point,
        });
        if i % 64 != 17 {
            point.double_in_place();
            point += generator;
        }
    }
    G::normalize_batch(&points)
}

/// Scalars like those of assignments.
fn scalars(count: usize) -> Vec<Fr> {
    let one = |i: usize| match i % 8 {
        0 => Fr::zero(),
        1 => Fr::one(),
        2 => -Fr::one(),
        3 => Fr::from(OsRng.r#gen::<u32>()),
        _ => Fr::rand(&mut OsRng),
    };
    (0..count).map(one).collect()
}

fn packed<A: AffineRepr, P>(points: &[A]) -> crate::points::Points<P>
where
    P: for<'a> From<&'a A>,
{
    points.iter().map(P::from).collect()
}

/// Compares sums in both groups, each transform and the quotient with the reference's.
pub(super) fn against_reference<B: Backend>(backend: &B) -> Result<(), BackendError> {
    let differs = |operation| BackendError {
        backend: backend.name(),
        operation,
        reason: format!(
            "at {SIZE} elements the result is not the reference's: hardware, driver or library is faulty"
        ),
    };
    let same = |same: bool, operation| {
        if same {
            Ok(())
        } else {
            Err(differs(operation))
        }
    };
    let reference = &ArkBackend;
    let values = scalars(SIZE + OFFSET);
    let loaded = (
        backend.load_scalars(values.clone())?,
        reference.load_scalars(values)?,
    );

    let g1 = points::<G1Projective>(SIZE);
    let bases = backend.load_bases_g1(packed::<G1Affine, G1Point>(&g1))?;
    let expected = reference.load_bases_g1(packed::<G1Affine, G1Point>(&g1))?;
    let sum = backend.msm_g1(&bases, &loaded.0, OFFSET)?;
    let expected = reference.msm_g1(&expected, &loaded.1, OFFSET)?;
    same(sum == expected, "sum in G1")?;

    let g2 = points::<G2Projective>(SIZE);
    let bases = backend.load_bases_g2(packed::<G2Affine, G2Point>(&g2))?;
    let expected = reference.load_bases_g2(packed::<G2Affine, G2Point>(&g2))?;
    let sum = backend.msm_g2(&bases, &loaded.0, OFFSET)?;
    let expected = reference.msm_g2(&expected, &loaded.1, OFFSET)?;
    same(sum == expected, "sum in G2")?;

    let [a, b, c] = [(); 3].map(|()| scalars(SIZE));
    let found = transforms(backend, [&a, &b, &c])?;
    let expected = transforms(reference, [&a, &b, &c])?;
    for ((operation, found), (_, expected)) in found.iter().zip(&expected) {
        same(found == expected, *operation)?;
    }
    let found = quotient(backend, [a.clone(), b.clone(), c.clone()])?;
    let expected = quotient(reference, [a, b, c])?;
    same(found == expected, "quotient")
}

/// The result of each transform of `a`. These are compared because a backend may compute the
/// quotient without them.
fn transforms<B: Backend>(
    backend: &B,
    [a, b, c]: [&[Fr]; 3],
) -> Result<[(&'static str, Vec<Fr>); 4], BackendError> {
    let domain = backend.domain(a.len())?;
    let load = |values: &[Fr]| backend.load_scalars(values.to_vec());
    let (b, c) = (load(b)?, load(c)?);
    let after = |act: &dyn Fn(&mut B::Scalars) -> Result<(), BackendError>| {
        let mut values = load(a)?;
        act(&mut values)?;
        backend.read_scalars(&values)
    };
    Ok([
        (
            "inverse transform",
            after(&|values| backend.intt(&domain, values))?,
        ),
        (
            "transform on the coset",
            after(&|values| backend.coset_ntt(&domain, values))?,
        ),
        (
            "inverse transform on the coset",
            after(&|values| backend.coset_intt(&domain, values))?,
        ),
        (
            "division by the vanishing polynomial",
            after(&|values| backend.divide_by_vanishing(&domain, values, &b, &c))?,
        ),
    ])
}

fn quotient<B: Backend>(backend: &B, values: [Vec<Fr>; 3]) -> Result<Vec<Fr>, BackendError> {
    let domain = backend.domain(values[0].len())?;
    let [a, b, c] = values.map(|values| backend.load_scalars(values));
    backend.read_scalars(&backend.quotient(&domain, a?, b?, c?)?)
}

/// The shorter of two times for a sum in G1 and a quotient of `size` elements, a power of two.
pub(super) fn time<B: Backend>(backend: &B, size: usize) -> Result<Duration, BackendError> {
    let points = points::<G1Projective>(size);
    let bases = backend.load_bases_g1(packed::<G1Affine, G1Point>(&points))?;
    let domain = backend.domain(size)?;
    let values: Vec<Fr> = (0..size).map(|_| Fr::rand(&mut OsRng)).collect();
    let mut shortest = Duration::MAX;
    for _ in 0..2 {
        let start = Instant::now();
        let [a, b, c] = [(); 3].map(|()| backend.load_scalars(values.clone()));
        let quotient = backend.quotient(&domain, a?, b?, c?)?;
        let _ = backend.msm_g1(&bases, &quotient, 0)?;
        shortest = shortest.min(start.elapsed());
    }
    Ok(shortest)
}
