//! The reference with faults, for tests.
#![allow(clippy::unwrap_used)]

use crate::{
    backend::{
        Backend, BackendError,
        ark::{ArkBackend, ArkDomain},
    },
    circuit::Circuit,
    points::{G1Point, G2Point, Points},
};
use ark_bn254::{Fr, G1Affine, G1Projective, G2Affine, G2Projective};
use ark_ec::PrimeGroup;
use ark_ff::One;
use std::sync::atomic::{AtomicUsize, Ordering};

/// The faults. Faults of sums in G1 begin with the nth sum.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Fault {
    WrongSum,
    Error,
    Panic,
    WrongSumG2,
    WrongQuotient,
    /// Single transforms are wrong, the quotient is right.
    WrongTransform,
    /// Keys are refused.
    NoRoomForKeys,
}

/// The reference with a fault.
pub(crate) struct Faulty {
    fault: Fault,
    from: usize,
    sums: AtomicUsize,
    room: bool,
}

impl Faulty {
    /// A backend whose fault begins with sum number `from`.
    pub fn new(fault: Fault, from: usize) -> Self {
        Self {
            fault,
            from,
            sums: AtomicUsize::new(0),
            room: true,
        }
    }

    /// A backend that has no room for any circuit.
    pub fn without_room(self) -> Self {
        Self {
            room: false,
            ..self
        }
    }

    fn error(&self) -> BackendError {
        BackendError {
            backend: "faulty",
            operation: "sum",
            reason: "out of order".to_owned(),
        }
    }
}

impl Backend for Faulty {
    type BasesG1 = Vec<G1Affine>;
    type BasesG2 = Vec<G2Affine>;
    type Scalars = Vec<Fr>;
    type Domain = ArkDomain;

    fn name(&self) -> &'static str {
        "faulty"
    }

    fn fits(&self, _: &Circuit) -> Result<(), BackendError> {
        if self.room { Ok(()) } else { Err(self.error()) }
    }

    fn load_bases_g1(&self, points: Points<G1Point>) -> Result<Vec<G1Affine>, BackendError> {
        // The comparison loads 2¹⁰ points; the keys of these tests have other numbers of points.
        if self.fault == Fault::NoRoomForKeys && points.len() != 1 << 10 {
            return Err(self.error());
        }
        ArkBackend.load_bases_g1(points)
    }

    fn load_bases_g2(&self, points: Points<G2Point>) -> Result<Vec<G2Affine>, BackendError> {
        ArkBackend.load_bases_g2(points)
    }

    fn load_scalars(&self, scalars: Vec<Fr>) -> Result<Vec<Fr>, BackendError> {
        Ok(scalars)
    }

    fn read_scalars(&self, scalars: &Vec<Fr>) -> Result<Vec<Fr>, BackendError> {
        Ok(scalars.clone())
    }

    fn domain(&self, size: usize) -> Result<ArkDomain, BackendError> {
        ArkBackend.domain(size)
    }

    fn msm_g1(
        &self,
        bases: &Vec<G1Affine>,
        scalars: &Vec<Fr>,
        offset: usize,
    ) -> Result<G1Projective, BackendError> {
        let sum = ArkBackend.msm_g1(bases, scalars, offset)?;
        if self.sums.fetch_add(1, Ordering::Relaxed) < self.from {
            return Ok(sum);
        }
        match self.fault {
            Fault::WrongSum => Ok(sum + G1Projective::generator()),
            Fault::Error => Err(self.error()),
            Fault::Panic => panic!("a defect of this backend"),
            _ => Ok(sum),
        }
    }

    fn msm_g2(
        &self,
        bases: &Vec<G2Affine>,
        scalars: &Vec<Fr>,
        offset: usize,
    ) -> Result<G2Projective, BackendError> {
        let sum = ArkBackend.msm_g2(bases, scalars, offset)?;
        Ok(match self.fault {
            Fault::WrongSumG2 => sum + G2Projective::generator(),
            _ => sum,
        })
    }

    fn intt(&self, domain: &ArkDomain, values: &mut Vec<Fr>) -> Result<(), BackendError> {
        ArkBackend.intt(domain, values)?;
        if self.fault == Fault::WrongTransform {
            values[7] += Fr::one();
        }
        Ok(())
    }

    fn quotient(
        &self,
        domain: &ArkDomain,
        a: Vec<Fr>,
        b: Vec<Fr>,
        c: Vec<Fr>,
    ) -> Result<Vec<Fr>, BackendError> {
        let mut quotient = ArkBackend.quotient(domain, a, b, c)?;
        if self.fault == Fault::WrongQuotient {
            quotient[0] += Fr::one();
        }
        Ok(quotient)
    }

    fn coset_ntt(&self, domain: &ArkDomain, values: &mut Vec<Fr>) -> Result<(), BackendError> {
        ArkBackend.coset_ntt(domain, values)
    }

    fn coset_intt(&self, domain: &ArkDomain, values: &mut Vec<Fr>) -> Result<(), BackendError> {
        ArkBackend.coset_intt(domain, values)
    }

    fn divide_by_vanishing(
        &self,
        domain: &ArkDomain,
        a: &mut Vec<Fr>,
        b: &Vec<Fr>,
        c: &Vec<Fr>,
    ) -> Result<(), BackendError> {
        ArkBackend.divide_by_vanishing(domain, a, b, c)
    }
}
