#![allow(clippy::unwrap_used)]

use super::*;
use ark_bn254::{Fr, G1Affine, G2Affine};
use ark_ec::{AffineRepr, CurveGroup, PrimeGroup, VariableBaseMSM};
use ark_ff::{FftField, Field, One, UniformRand, Zero};
use ark_poly::{EvaluationDomain, Radix2EvaluationDomain};
use rand::{Rng, SeedableRng, rngs::StdRng};

/// Points as keys have them: some at infinity, some equal, some the negatives of others.
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

/// Scalars as assignments have them.
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

fn given(scalars: &[Fr]) -> Scalars {
    Scalars::from(scalars.to_vec())
}

/// The quotient by arkworks' transforms.
fn reference_quotient(size: usize, [a, b, c]: [&[Fr]; 3]) -> Vec<Fr> {
    let domain = Radix2EvaluationDomain::<Fr>::new(size).unwrap();
    let coset = domain.get_coset(Fr::GENERATOR).unwrap();
    let [a, b, c] = [a, b, c].map(|values| coset.fft(&domain.ifft(values)));
    let vanishing = domain.evaluate_vanishing_polynomial(Fr::GENERATOR);
    let inverse = vanishing.inverse().unwrap();
    let values: Vec<Fr> = (0..size).map(|i| (a[i] * b[i] - c[i]) * inverse).collect();
    coset.ifft(&values)
}

#[test]
fn quotients_are_those_of_the_reference() {
    let rng = &mut StdRng::seed_from_u64(9);
    for log_size in 0..=14 {
        let size = 1 << log_size;
        let values: Vec<Vec<Fr>> = (0..3).map(|_| scalars(rng, size)).collect();
        let expected = reference_quotient(size, [0, 1, 2].map(|i: usize| &values[i][..]));
        for cpu in Cpu::all() {
            let domain = cpu.domain(size).unwrap();
            let [a, b, c] = [0, 1, 2].map(|i: usize| given(&values[i]));
            let quotient = domain.quotient(a, b, c).unwrap();
            let features = cpu.features();
            assert_eq!(quotient.to_vec(), expected, "{size}, {features}");
            // Sums and transforms must not depend on the order in which the quotient lies in
            // memory.
            let points = points::<G1Projective>(rng, size - 1);
            let bases = BasesG1::from_affine(&points).unwrap();
            let sum = cpu.msm_g1(&bases, &quotient, 0).unwrap();
            let used = &expected[..points.len()];
            assert_eq!(sum, G1Projective::msm_unchecked(&points, used));
            let mut transformed = quotient;
            domain.coset_ntt(&mut transformed).unwrap();
            let coset = Radix2EvaluationDomain::<Fr>::new(size)
                .and_then(|domain| domain.get_coset(Fr::GENERATOR))
                .unwrap();
            assert_eq!(transformed.to_vec(), coset.fft(&expected));
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
        for offset in [0, 5] {
            let used = &scalars[offset..offset + count];
            let expected = (
                G1Projective::msm_unchecked(&g1, used),
                G2Projective::msm_unchecked(&g2, used),
            );
            for cpu in Cpu::all() {
                let bases = BasesG1::from_affine(&g1).unwrap();
                let found = cpu.msm_g1(&bases, &given(&scalars), offset).unwrap();
                let features = cpu.features();
                assert_eq!(found, expected.0, "G1, {count} points, {features}");
                let bases = BasesG2::from_affine(&g2).unwrap();
                let found = cpu.msm_g2(&bases, &given(&scalars), offset).unwrap();
                assert_eq!(found, expected.1, "G2, {count} points, {features}");
            }
        }
    }
}

#[test]
fn one_point_many_times_is_summed() {
    let count = 5000;
    for cpu in Cpu::all() {
        let bases = BasesG1::from_affine(&vec![G1Affine::generator(); count]).unwrap();
        let sum = cpu
            .msm_g1(&bases, &given(&vec![Fr::one(); count]), 0)
            .unwrap();
        assert_eq!(sum, G1Projective::generator() * Fr::from(count as u64));
        let mut scalars = vec![Fr::one(); count];
        scalars[..count / 2].fill(-Fr::one());
        assert!(cpu.msm_g1(&bases, &given(&scalars), 0).unwrap().is_zero());
        let bases = BasesG2::from_affine(&vec![G2Affine::generator(); count]).unwrap();
        assert!(cpu.msm_g2(&bases, &given(&scalars), 0).unwrap().is_zero());
    }
}

#[test]
fn too_few_scalars_are_refused() {
    for cpu in Cpu::all() {
        let bases = BasesG1::from_affine(&[G1Affine::generator(); 4]).unwrap();
        let scalars = given(&[Fr::one(); 8]);
        assert!(cpu.msm_g1(&bases, &scalars, 4).is_ok());
        assert!(cpu.msm_g1(&bases, &scalars, 5).is_err());
        assert!(cpu.msm_g1(&bases, &scalars, usize::MAX).is_err());
    }
}

#[test]
fn wrong_sizes_are_refused() {
    for cpu in Cpu::all() {
        for size in [0, 3, 1 << 29, usize::MAX] {
            let refused = cpu.domain(size).err();
            assert_eq!(refused, Some(Error::DomainSize { size }));
        }
        let domain = cpu.domain(8).unwrap();
        let fine = || given(&[Fr::one(); 8]);
        for found in [0, 7, 9] {
            let refused = Err(Error::Length { expected: 8, found });
            let wrong = || given(&vec![Fr::one(); found]);
            assert_eq!(domain.intt(&mut wrong()), refused);
            assert_eq!(domain.coset_ntt(&mut wrong()), refused);
            assert_eq!(domain.coset_intt(&mut wrong()), refused);
            let divided = domain.divide_by_vanishing(&mut fine(), &wrong(), &fine());
            assert_eq!(divided, refused);
            let quotient = domain.quotient(fine(), fine(), wrong());
            assert_eq!(quotient.map(|_| ()), refused);
        }
    }
}

#[test]
#[cfg_attr(
    debug_assertions,
    ignore = "arkworks asserts in debug builds that elements are reduced"
)]
fn coordinates_outside_of_the_field_do_no_harm() {
    let rng = &mut StdRng::seed_from_u64(8);
    for cpu in Cpu::all() {
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
        let bases = BasesG1::new(points).unwrap();
        // The sum is some point or other; it matters only that nothing panics.
        let _ = cpu.msm_g1(&bases, &given(&scalars(rng, 40)), 0).unwrap();
    }
}
