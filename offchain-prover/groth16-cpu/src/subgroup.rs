//! A subgroup of the scalars and its coset, with arkworks' transforms over both.

use crate::error::Error;
use ark_bn254::Fr;
use ark_ff::{FftField, Field};
use ark_poly::{EvaluationDomain, Radix2EvaluationDomain};
use rayon::prelude::*;

/// A subgroup and its coset, that is the subgroup times `Fr::GENERATOR`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Subgroup {
    subgroup: Radix2EvaluationDomain<Fr>,
    coset: Radix2EvaluationDomain<Fr>,
    vanishing_inverse: Fr,
}

impl Subgroup {
    /// The subgroup of `size`, a power of two up to 2²⁸.
    pub fn new(size: usize) -> Result<Self, Error> {
        let refused = Error::DomainSize { size };
        if !size.is_power_of_two() {
            return Err(refused);
        }
        let subgroup = Radix2EvaluationDomain::new(size).ok_or(refused)?;
        let coset = subgroup.get_coset(Fr::GENERATOR).ok_or(refused)?;
        let vanishing_inverse = subgroup
            .evaluate_vanishing_polynomial(Fr::GENERATOR)
            .inverse()
            .ok_or(refused)?;
        Ok(Self {
            subgroup,
            coset,
            vanishing_inverse,
        })
    }

    /// Number of elements.
    pub fn size(&self) -> usize {
        self.subgroup.size()
    }

    /// The subgroup's generator.
    #[cfg(target_arch = "x86_64")]
    pub fn root(&self) -> Fr {
        self.subgroup.group_gen()
    }

    /// One over the value of the subgroup's vanishing polynomial on the coset.
    #[cfg(target_arch = "x86_64")]
    pub fn vanishing_inverse(&self) -> Fr {
        self.vanishing_inverse
    }

    /// From values on the subgroup to coefficients. Here and below there is one value per element.
    pub fn intt(&self, values: &mut Vec<Fr>) {
        self.subgroup.ifft_in_place(values);
    }

    /// From coefficients to values on the coset.
    pub fn coset_ntt(&self, values: &mut Vec<Fr>) {
        self.coset.fft_in_place(values);
    }

    /// From values on the coset to coefficients.
    pub fn coset_intt(&self, values: &mut Vec<Fr>) {
        self.coset.ifft_in_place(values);
    }

    /// `a[i] ← (a[i]·b[i] − c[i]) / Z`, with Z the vanishing polynomial's value on the coset.
    pub fn divide_by_vanishing(&self, a: &mut [Fr], b: &[Fr], c: &[Fr]) {
        a.par_iter_mut()
            .zip(b)
            .zip(c)
            .for_each(|((a, b), c)| *a = (*a * b - c) * self.vanishing_inverse);
    }

    /// Coefficients of `(a·b − c) / Z`, from values on the subgroup.
    pub fn quotient(&self, mut a: Vec<Fr>, mut b: Vec<Fr>, mut c: Vec<Fr>) -> Vec<Fr> {
        for values in [&mut a, &mut b, &mut c] {
            self.intt(values);
            self.coset_ntt(values);
        }
        self.divide_by_vanishing(&mut a, &b, &c);
        self.coset_intt(&mut a);
        a
    }
}
