//! The tuned backend: [`clearproof_groth16_cpu`] behind the trait [`Backend`].

use super::{Backend, BackendError, memory};
use crate::{
    circuit::Circuit,
    points::{G1Point, G2Point, Points},
};
use ark_bn254::{Fr, G1Projective, G2Projective};
use clearproof_groth16_cpu::{BasesG1, BasesG2, Cpu, Domain, Error, Scalars};

const NAME: &str = "cpu";

/// The tuned backend, with one of the sets of instructions that the processor has.
#[derive(Debug, Default)]
pub struct CpuBackend(Cpu);

impl CpuBackend {
    /// The fastest implementation that this processor can run.
    pub fn detect() -> Self {
        Self(Cpu::detect())
    }

    /// All implementations that this processor can run, the fastest first. The last one runs
    /// everywhere.
    pub fn all() -> Vec<Self> {
        Cpu::all().into_iter().map(Self).collect()
    }

    /// A name for this implementation, for comparisons.
    pub fn variant(&self) -> &'static str {
        self.0.variant()
    }

    /// The features of the processor that this implementation uses, for logs.
    pub fn features(&self) -> &'static str {
        self.0.features()
    }
}

/// Turns the crate's errors into this backend's.
fn during(operation: &'static str) -> impl Fn(Error) -> BackendError {
    move |error| BackendError {
        backend: NAME,
        operation,
        reason: error.to_string(),
    }
}

impl Backend for CpuBackend {
    type BasesG1 = BasesG1;
    type BasesG2 = BasesG2;
    type Scalars = Scalars;
    type Domain = Domain;

    fn name(&self) -> &'static str {
        NAME
    }

    fn description(&self) -> String {
        format!("{NAME}, processor features used: {}", self.features())
    }

    fn fits(&self, circuit: &Circuit) -> Result<(), BackendError> {
        // The key stays in its mapped file: its pages can be dropped and read again.
        memory::check(NAME, circuit, memory::vectors(circuit), memory::available())
    }

    fn load_bases_g1(&self, points: Points<G1Point>) -> Result<BasesG1, BackendError> {
        BasesG1::new(points).map_err(during("loading points"))
    }

    fn load_bases_g2(&self, points: Points<G2Point>) -> Result<BasesG2, BackendError> {
        BasesG2::new(points).map_err(during("loading points"))
    }

    fn load_scalars(&self, scalars: Vec<Fr>) -> Result<Scalars, BackendError> {
        Ok(scalars.into())
    }

    fn read_scalars(&self, scalars: &Scalars) -> Result<Vec<Fr>, BackendError> {
        Ok(scalars.to_vec())
    }

    fn domain(&self, size: usize) -> Result<Domain, BackendError> {
        self.0.domain(size).map_err(during("domain"))
    }

    fn msm_g1(
        &self,
        bases: &BasesG1,
        scalars: &Scalars,
        offset: usize,
    ) -> Result<G1Projective, BackendError> {
        let sum = self.0.msm_g1(bases, scalars, offset);
        sum.map_err(during("sum over points"))
    }

    fn msm_g2(
        &self,
        bases: &BasesG2,
        scalars: &Scalars,
        offset: usize,
    ) -> Result<G2Projective, BackendError> {
        let sum = self.0.msm_g2(bases, scalars, offset);
        sum.map_err(during("sum over points"))
    }

    fn intt(&self, domain: &Domain, values: &mut Scalars) -> Result<(), BackendError> {
        domain.intt(values).map_err(during("inverse transform"))
    }

    fn coset_ntt(&self, domain: &Domain, values: &mut Scalars) -> Result<(), BackendError> {
        let done = domain.coset_ntt(values);
        done.map_err(during("transform on the coset"))
    }

    fn coset_intt(&self, domain: &Domain, values: &mut Scalars) -> Result<(), BackendError> {
        let done = domain.coset_intt(values);
        done.map_err(during("inverse transform on the coset"))
    }

    fn divide_by_vanishing(
        &self,
        domain: &Domain,
        a: &mut Scalars,
        b: &Scalars,
        c: &Scalars,
    ) -> Result<(), BackendError> {
        let done = domain.divide_by_vanishing(a, b, c);
        done.map_err(during("division by the vanishing polynomial"))
    }

    fn quotient(
        &self,
        domain: &Domain,
        a: Scalars,
        b: Scalars,
        c: Scalars,
    ) -> Result<Scalars, BackendError> {
        domain.quotient(a, b, c).map_err(during("quotient"))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use ark_bn254::G1Affine;
    use ark_ec::AffineRepr;
    use ark_ff::{One, Zero};

    #[test]
    fn errors_name_the_backend_and_the_operation() {
        for backend in CpuBackend::all() {
            let points = vec![G1Point::from(&G1Affine::generator()); 4];
            let bases = backend.load_bases_g1(points.into()).unwrap();
            let scalars = backend.load_scalars(vec![Fr::one(); 8]).unwrap();
            assert!(backend.msm_g1(&bases, &scalars, 4).is_ok());
            let error = backend.msm_g1(&bases, &scalars, 5).unwrap_err();
            assert_eq!((error.backend, error.operation), (NAME, "sum over points"));
            assert!(error.reason.contains("8 scalars"), "{error}");
            let domain = backend.domain(8).unwrap();
            let mut short = backend.load_scalars(vec![Fr::zero(); 7]).unwrap();
            let error = backend.intt(&domain, &mut short).unwrap_err();
            assert_eq!(error.operation, "inverse transform");
            assert!(backend.domain(3).is_err());
        }
    }
}
