#![allow(clippy::unwrap_used)]

use super::*;
use ark_bn254::{G1Affine, G2Affine};
use ark_ec::{AffineRepr, CurveGroup, PrimeGroup};
use ark_ff::{One, UniformRand, Zero};
use rand::{Rng, SeedableRng, rngs::StdRng};

fn backends() -> Vec<CpuBackend> {
    CpuBackend::all()
}

/// Points as keys have them: at infinity, twice the same, one the negative of another.
fn points<G: CurveGroup>(rng: &mut StdRng, count: usize) -> Vec<G::Affine> {
    let mut points: Vec<G> = Vec::new();
    for i in 0..count {
        let point = match rng.gen_range(0..8) {
            0 => G::zero(),
            1 if i > 0 => points[rng.gen_range(0..i)],
            2 if i > 0 => -points[rng.gen_range(0..i)],
            3 if i > 0 => points[rng.gen_range(0..i)].double(),
            _ => G::rand(rng),
        };
        points.push(point);
    }
    G::normalize_batch(&points)
}

/// Scalars as witnesses have them.
fn scalars(rng: &mut StdRng, count: usize) -> Vec<Fr> {
    let one = |rng: &mut StdRng| match rng.gen_range(0..8) {
        0 => Fr::zero(),
        1 => Fr::one(),
        2 => -Fr::one(),
        3 => Fr::from(rng.r#gen::<u64>()),
        4 => -Fr::from(rng.r#gen::<u16>()),
        _ => Fr::rand(rng),
    };
    (0..count).map(|_| one(rng)).collect()
}

fn given(backend: &CpuBackend, scalars: &[Fr]) -> Scalars {
    backend.load_scalars(scalars.to_vec()).unwrap()
}

#[test]
fn quotients_are_those_of_the_reference() {
    let rng = &mut StdRng::seed_from_u64(9);
    for log_size in 0..=14 {
        let size = 1 << log_size;
        let values: Vec<Vec<Fr>> = (0..3).map(|_| scalars(rng, size)).collect();
        let domain = ArkBackend.domain(size).unwrap();
        let [a, b, c] = [0, 1, 2].map(|i: usize| values[i].clone());
        let expected = ArkBackend.quotient(&domain, a, b, c).unwrap();
        for backend in backends() {
            let domain = backend.domain(size).unwrap();
            let [a, b, c] = [0, 1, 2].map(|i: usize| given(&backend, &values[i]));
            let quotient = backend.quotient(&domain, a, b, c).unwrap();
            let features = backend.features();
            assert_eq!(
                backend.read_scalars(&quotient).unwrap(),
                expected,
                "{size}, {features}"
            );
            // The order in which it lies is no business of those who go on with it.
            let points: Vec<_> = points::<G1Projective>(rng, size - 1)
                .iter()
                .map(G1Point::from)
                .collect();
            let bases = backend.load_bases_g1(points.clone().into()).unwrap();
            let sum = backend.msm_g1(&bases, &quotient, 0).unwrap();
            let bases = ArkBackend.load_bases_g1(points.into()).unwrap();
            assert_eq!(sum, ArkBackend.msm_g1(&bases, &expected, 0).unwrap());
            let mut transformed = quotient;
            backend.coset_ntt(&domain, &mut transformed).unwrap();
            let mut reference = expected.clone();
            ArkBackend
                .coset_ntt(&ArkBackend.domain(size).unwrap(), &mut reference)
                .unwrap();
            assert_eq!(backend.read_scalars(&transformed).unwrap(), reference);
        }
    }
}

#[test]
fn sums_are_those_of_the_reference() {
    let rng = &mut StdRng::seed_from_u64(7);
    for count in [0, 1, 2, 7, 8, 9, 15, 16, 17, 100, 1000, 3000] {
        let g1 = points::<G1Projective>(rng, count);
        let g2 = points::<G2Projective>(rng, count);
        let scalars = scalars(rng, count + 5);
        let packed = |offset| {
            let g1: Vec<_> = g1.iter().map(G1Point::from).collect();
            let g2: Vec<_> = g2.iter().map(G2Point::from).collect();
            let reference = ArkBackend;
            let bases = (
                reference.load_bases_g1(g1.clone().into()).unwrap(),
                reference.load_bases_g2(g2.clone().into()).unwrap(),
            );
            let expected = (
                reference.msm_g1(&bases.0, &scalars, offset).unwrap(),
                reference.msm_g2(&bases.1, &scalars, offset).unwrap(),
            );
            (g1, g2, expected)
        };
        for offset in [0, 5] {
            let (g1, g2, expected) = packed(offset);
            for backend in backends() {
                let bases = backend.load_bases_g1(g1.clone().into()).unwrap();
                let found = backend
                    .msm_g1(&bases, &given(&backend, &scalars), offset)
                    .unwrap();
                let features = backend.features();
                assert_eq!(found, expected.0, "G1, {count} points, {features}");
                let bases = backend.load_bases_g2(g2.clone().into()).unwrap();
                let found = backend
                    .msm_g2(&bases, &given(&backend, &scalars), offset)
                    .unwrap();
                assert_eq!(found, expected.1, "G2, {count} points, {features}");
            }
        }
    }
}

#[test]
fn one_point_many_times_is_summed() {
    let count = 5000;
    for backend in backends() {
        let point = G1Point::from(&G1Affine::generator());
        let bases = backend.load_bases_g1(vec![point; count].into()).unwrap();
        let sum = backend
            .msm_g1(&bases, &given(&backend, &vec![Fr::one(); count]), 0)
            .unwrap();
        assert_eq!(sum, G1Projective::generator() * Fr::from(count as u64));
        let mut scalars = vec![Fr::one(); count];
        scalars[..count / 2].fill(-Fr::one());
        assert!(
            backend
                .msm_g1(&bases, &given(&backend, &scalars), 0)
                .unwrap()
                .is_zero()
        );
        let point = G2Point::from(&G2Affine::generator());
        let bases = backend.load_bases_g2(vec![point; count].into()).unwrap();
        assert!(
            backend
                .msm_g2(&bases, &given(&backend, &scalars), 0)
                .unwrap()
                .is_zero()
        );
    }
}

#[test]
fn too_few_scalars_are_refused() {
    for backend in backends() {
        let points = vec![G1Point::from(&G1Affine::generator()); 4];
        let bases = backend.load_bases_g1(points.into()).unwrap();
        let scalars = vec![Fr::one(); 8];
        assert!(
            backend
                .msm_g1(&bases, &given(&backend, &scalars), 4)
                .is_ok()
        );
        assert!(
            backend
                .msm_g1(&bases, &given(&backend, &scalars), 5)
                .is_err()
        );
        assert!(
            backend
                .msm_g1(&bases, &given(&backend, &scalars), usize::MAX)
                .is_err()
        );
    }
}

#[test]
fn coordinates_outside_of_the_field_do_no_harm() {
    let rng = &mut StdRng::seed_from_u64(8);
    for backend in backends() {
        let mut points: Vec<G1Point> = vec![
            G1Point {
                x: [u64::MAX; 4],
                y: [u64::MAX; 4]
            };
            40
        ];
        for point in &mut points[10..] {
            point.x = rng.r#gen();
            point.y = rng.r#gen();
        }
        let bases = backend.load_bases_g1(points.into()).unwrap();
        // Some point or other comes out; what matters is that nothing panics.
        let _ = backend
            .msm_g1(&bases, &given(&backend, &scalars(rng, 40)), 0)
            .unwrap();
    }
}
