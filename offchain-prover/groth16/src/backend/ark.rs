//! The reference: arkworks on the processor, in all threads of the current rayon pool.

use super::{Backend, BackendError, checks, memory};
use crate::{
    circuit::Circuit,
    points::{G1Point, G2Point, Points},
};
use ark_bn254::{Fr, G1Affine, G1Projective, G2Affine, G2Projective};
use ark_ec::VariableBaseMSM;
use ark_ff::{FftField, Field};
use ark_poly::{EvaluationDomain, Radix2EvaluationDomain};
use rayon::prelude::*;

/// arkworks' sums over points and transforms, unchanged.
#[derive(Clone, Copy, Debug, Default)]
pub struct ArkBackend;

/// A subgroup and its coset.
#[derive(Clone, Copy, Debug)]
pub struct ArkDomain {
    subgroup: Radix2EvaluationDomain<Fr>,
    coset: Radix2EvaluationDomain<Fr>,
    vanishing_inverse: Fr,
}

const NAME: &str = "arkworks";

fn error(operation: &'static str, reason: String) -> BackendError {
    BackendError {
        backend: NAME,
        operation,
        reason,
    }
}

fn msm<G: VariableBaseMSM<ScalarField = Fr>>(
    bases: &[G::MulBase],
    scalars: &[Fr],
    offset: usize,
) -> Result<G, BackendError> {
    let part = checks::part(NAME, bases.len(), offset, scalars.len())?;
    Ok(G::msm_unchecked(bases, &scalars[part]))
}

impl ArkDomain {
    fn check(&self, operation: &'static str, values: &[Fr]) -> Result<(), BackendError> {
        checks::length(NAME, operation, self.subgroup.size(), values.len())
    }
}

impl Backend for ArkBackend {
    type BasesG1 = Vec<G1Affine>;
    type BasesG2 = Vec<G2Affine>;
    type Scalars = Vec<Fr>;
    type Domain = ArkDomain;

    fn name(&self) -> &'static str {
        NAME
    }

    fn fits(&self, circuit: &Circuit) -> Result<(), BackendError> {
        // arkworks' points have a flag each, so the key cannot stay in its file.
        let (g1, g2) = memory::key_points(circuit);
        let key = g1 * size_of::<G1Affine>() as u64 + g2 * size_of::<G2Affine>() as u64;
        let needed = key + memory::vectors(circuit);
        memory::check(NAME, circuit, needed, memory::available())
    }

    fn load_bases_g1(&self, points: Points<G1Point>) -> Result<Self::BasesG1, BackendError> {
        Ok(points.par_iter().map(G1Affine::from).collect())
    }

    fn load_bases_g2(&self, points: Points<G2Point>) -> Result<Self::BasesG2, BackendError> {
        Ok(points.par_iter().map(G2Affine::from).collect())
    }

    fn load_scalars(&self, scalars: Vec<Fr>) -> Result<Self::Scalars, BackendError> {
        Ok(scalars)
    }

    fn read_scalars(&self, scalars: &Self::Scalars) -> Result<Vec<Fr>, BackendError> {
        Ok(scalars.clone())
    }

    fn domain(&self, size: usize) -> Result<ArkDomain, BackendError> {
        let refuse = || {
            error(
                "domain",
                format!("size {size} is no power of two up to 2^28"),
            )
        };
        if !size.is_power_of_two() {
            return Err(refuse());
        }
        let subgroup = Radix2EvaluationDomain::new(size).ok_or_else(refuse)?;
        let coset = subgroup.get_coset(Fr::GENERATOR).ok_or_else(refuse)?;
        let vanishing_inverse = subgroup
            .evaluate_vanishing_polynomial(Fr::GENERATOR)
            .inverse()
            .ok_or_else(refuse)?;
        Ok(ArkDomain {
            subgroup,
            coset,
            vanishing_inverse,
        })
    }

    fn msm_g1(
        &self,
        bases: &Self::BasesG1,
        scalars: &Self::Scalars,
        offset: usize,
    ) -> Result<G1Projective, BackendError> {
        msm(bases, scalars, offset)
    }

    fn msm_g2(
        &self,
        bases: &Self::BasesG2,
        scalars: &Self::Scalars,
        offset: usize,
    ) -> Result<G2Projective, BackendError> {
        msm(bases, scalars, offset)
    }

    fn intt(&self, domain: &ArkDomain, values: &mut Vec<Fr>) -> Result<(), BackendError> {
        domain.check("inverse transform", values)?;
        domain.subgroup.ifft_in_place(values);
        Ok(())
    }

    fn coset_ntt(&self, domain: &ArkDomain, values: &mut Vec<Fr>) -> Result<(), BackendError> {
        domain.check("transform on the coset", values)?;
        domain.coset.fft_in_place(values);
        Ok(())
    }

    fn coset_intt(&self, domain: &ArkDomain, values: &mut Vec<Fr>) -> Result<(), BackendError> {
        domain.check("inverse transform on the coset", values)?;
        domain.coset.ifft_in_place(values);
        Ok(())
    }

    fn divide_by_vanishing(
        &self,
        domain: &ArkDomain,
        a: &mut Vec<Fr>,
        b: &Vec<Fr>,
        c: &Vec<Fr>,
    ) -> Result<(), BackendError> {
        for values in [&*a, b, c] {
            domain.check("division by the vanishing polynomial", values)?;
        }
        a.par_iter_mut()
            .zip(b)
            .zip(c)
            .for_each(|((a, b), c)| *a = (*a * b - c) * domain.vanishing_inverse);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use ark_ec::{AffineRepr, CurveGroup};
    use ark_ff::{UniformRand, Zero};
    use ark_poly::{DenseUVPolynomial, Polynomial, univariate::DensePolynomial};
    use rand::{SeedableRng, rngs::StdRng};

    #[test]
    fn sums_use_the_scalars_from_the_offset_on() {
        let rng = &mut StdRng::seed_from_u64(1);
        let g1: Vec<_> = (0..40)
            .map(|_| G1Affine::rand(rng))
            .chain([G1Affine::zero()])
            .collect();
        let g2: Vec<_> = (0..40)
            .map(|_| G2Affine::rand(rng))
            .chain([G2Affine::zero()])
            .collect();
        let scalars: Vec<_> = (0..50)
            .map(|i| {
                if i % 3 == 0 {
                    Fr::from(i as u64 % 2)
                } else {
                    -Fr::rand(rng)
                }
            })
            .collect();
        let expected_g1: G1Projective = g1.iter().zip(&scalars[5..]).map(|(p, s)| *p * s).sum();
        let expected_g2: G2Projective = g2.iter().zip(&scalars[5..]).map(|(p, s)| *p * s).sum();
        assert_eq!(
            ArkBackend.msm_g1(&g1, &scalars, 5).unwrap().into_affine(),
            expected_g1.into_affine()
        );
        assert_eq!(
            ArkBackend.msm_g2(&g2, &scalars, 5).unwrap().into_affine(),
            expected_g2.into_affine()
        );
        assert!(ArkBackend.msm_g1(&g1, &scalars, 9).is_ok());
        assert!(ArkBackend.msm_g1(&g1, &scalars, 10).is_err());
        assert!(ArkBackend.msm_g2(&g2, &scalars, usize::MAX).is_err());
        assert!(
            ArkBackend
                .msm_g1(&Vec::new(), &scalars, 0)
                .unwrap()
                .is_zero()
        );
    }

    #[test]
    fn the_quotient_is_the_polynomial_quotient() {
        let rng = &mut StdRng::seed_from_u64(2);
        let domain = ArkBackend.domain(16).unwrap();
        let a: Vec<_> = (0..16).map(|_| Fr::rand(rng)).collect();
        let b: Vec<_> = (0..16).map(|_| Fr::rand(rng)).collect();
        let c: Vec<_> = a.iter().zip(&b).map(|(a, b)| *a * b).collect();
        let polynomial =
            |values: &[Fr]| DensePolynomial::from_coefficients_vec(domain.subgroup.ifft(values));
        let numerator = &(&polynomial(&a) * &polynomial(&b)) - &polynomial(&c);
        let quotient =
            DensePolynomial::from_coefficients_vec(ArkBackend.quotient(&domain, a, b, c).unwrap());
        let point = Fr::rand(rng);
        let vanishing = domain.subgroup.evaluate_vanishing_polynomial(point);
        assert_eq!(
            quotient.evaluate(&point) * vanishing,
            numerator.evaluate(&point)
        );
        assert!(!quotient.is_zero());
    }

    #[test]
    fn wrong_sizes_are_refused() {
        for size in [0, 3, 1 << 29, usize::MAX] {
            assert!(ArkBackend.domain(size).is_err(), "{size}");
        }
        let domain = ArkBackend.domain(8).unwrap();
        for length in [0, 7, 9] {
            let mut short = vec![Fr::zero(); length];
            let fine = vec![Fr::zero(); 8];
            assert!(ArkBackend.intt(&domain, &mut short).is_err());
            assert!(ArkBackend.coset_ntt(&domain, &mut short).is_err());
            assert!(ArkBackend.coset_intt(&domain, &mut short).is_err());
            assert!(
                ArkBackend
                    .divide_by_vanishing(&domain, &mut short, &fine, &fine)
                    .is_err()
            );
            assert!(
                ArkBackend
                    .divide_by_vanishing(&domain, &mut fine.clone(), &short, &fine)
                    .is_err()
            );
        }
    }
}
