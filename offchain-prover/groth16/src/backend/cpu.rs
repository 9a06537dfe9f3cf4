//! The tuned backend: sums over points with affine additions in batches, on vectors where the processor has AVX-512 IFMA.
//!
//! What the processor offers is found out when the backend is made; the build need not be for that processor.

mod adder;
mod digits;
#[cfg(target_arch = "x86_64")]
mod ifma;
#[cfg(target_arch = "x86_64")]
mod ifma_affine;
mod msm;
mod portable;
#[cfg(target_arch = "x86_64")]
mod vectors;

use super::{
    ark::{ArkBackend, ArkDomain},
    Backend, BackendError,
};
use crate::points::{G1Point, G2Point, Points};
use adder::{Adder, Point, SIGN};
use ark_bn254::{Fr, G1Projective, G2Projective};
use ark_ec::short_weierstrass::Projective;
use digits::Digits;
use msm::{window_bits, Bases, Pool, Summer};
use portable::Portable;
#[cfg(target_arch = "x86_64")]
use vectors::Vectors;

const NAME: &str = "cpu";

/// The tuned backend.
pub struct CpuBackend(Arithmetic);

enum Arithmetic {
    #[cfg(target_arch = "x86_64")]
    Vectors(Sums<Vectors>),
    Portable(Sums<Portable>),
}

/// What adds, with the memory that it keeps.
struct Sums<A: Adder<G1Point> + Adder<G2Point>> {
    adder: A,
    g1: Pool<G1Point, A>,
    g2: Pool<G2Point, A>,
}

/// Points of G1 as this backend holds them.
pub struct BasesG1(Bases<G1Point>);

/// Points of G2 as this backend holds them.
pub struct BasesG2(Bases<G2Point>);

impl<A: Adder<G1Point> + Adder<G2Point>> Sums<A> {
    fn new(adder: A) -> Self {
        Self {
            adder,
            g1: Pool::default(),
            g2: Pool::default(),
        }
    }
}

impl Default for CpuBackend {
    fn default() -> Self {
        Self::detect()
    }
}

impl CpuBackend {
    /// The best that this processor can do.
    pub fn detect() -> Self {
        #[cfg(target_arch = "x86_64")]
        if let Some(vectors) = Vectors::detect() {
            return Self(Arithmetic::Vectors(Sums::new(vectors)));
        }
        Self::without_vectors()
    }

    /// Without AVX-512, whether or not the processor has it.
    pub fn without_vectors() -> Self {
        Self(Arithmetic::Portable(Sums::new(Portable::detect())))
    }

    /// The processor's features that are used, for logs.
    pub fn features(&self) -> &'static str {
        match &self.0 {
            #[cfg(target_arch = "x86_64")]
            Arithmetic::Vectors(_) => "AVX-512 IFMA",
            Arithmetic::Portable(sums) => sums.adder.features(),
        }
    }
}

fn error(operation: &'static str, reason: String) -> BackendError {
    BackendError {
        backend: NAME,
        operation,
        reason,
    }
}

/// References to points have 31 bits.
fn fits(points: usize) -> Result<(), BackendError> {
    if points < SIGN as usize {
        return Ok(());
    }
    let reason = format!("{points} points, the limit is {}", SIGN - 1);
    Err(error("loading points", reason))
}

fn sum<P: Point, A: Adder<P>>(
    adder: &A,
    pool: &Pool<P, A>,
    bases: &Bases<P>,
    scalars: &[Fr],
    offset: usize,
) -> Result<Projective<P::Curve>, BackendError> {
    let part = offset
        .checked_add(bases.len())
        .and_then(|end| scalars.get(offset..end));
    let part = part.ok_or_else(|| {
        let (points, given) = (bases.len(), scalars.len());
        error(
            "sum over points",
            format!("{points} points from offset {offset} on, but only {given} scalars"),
        )
    })?;
    let digits = Digits::of(part, window_bits(part.len()));
    Ok(Summer { adder, pool }.sum(bases, &digits, 0..part.len()))
}

impl Backend for CpuBackend {
    type BasesG1 = BasesG1;
    type BasesG2 = BasesG2;
    type Scalars = Vec<Fr>;
    type Domain = ArkDomain;

    fn name(&self) -> &'static str {
        NAME
    }

    fn load_bases_g1(&self, points: Points<G1Point>) -> Result<BasesG1, BackendError> {
        fits(points.len())?;
        Ok(BasesG1(Bases::new(points)))
    }

    fn load_bases_g2(&self, points: Points<G2Point>) -> Result<BasesG2, BackendError> {
        fits(points.len())?;
        Ok(BasesG2(Bases::new(points)))
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
        BasesG1(bases): &BasesG1,
        scalars: &Vec<Fr>,
        offset: usize,
    ) -> Result<G1Projective, BackendError> {
        match &self.0 {
            #[cfg(target_arch = "x86_64")]
            Arithmetic::Vectors(sums) => sum(&sums.adder, &sums.g1, bases, scalars, offset),
            Arithmetic::Portable(sums) => sum(&sums.adder, &sums.g1, bases, scalars, offset),
        }
    }

    fn msm_g2(
        &self,
        BasesG2(bases): &BasesG2,
        scalars: &Vec<Fr>,
        offset: usize,
    ) -> Result<G2Projective, BackendError> {
        match &self.0 {
            #[cfg(target_arch = "x86_64")]
            Arithmetic::Vectors(sums) => sum(&sums.adder, &sums.g2, bases, scalars, offset),
            Arithmetic::Portable(sums) => sum(&sums.adder, &sums.g2, bases, scalars, offset),
        }
    }

    fn intt(&self, domain: &ArkDomain, values: &mut Vec<Fr>) -> Result<(), BackendError> {
        ArkBackend.intt(domain, values)
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

#[cfg(test)]
mod tests;
