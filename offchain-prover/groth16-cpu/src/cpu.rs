//! The tuned backend: sums over points with affine additions in batches, and transforms, on vectors where the processor has them.
//!
//! What the processor offers is found out when the backend is made; the build need not be for that processor.

mod adder;
#[cfg(target_arch = "x86_64")]
mod affine;
#[cfg(target_arch = "x86_64")]
mod butterflies;
mod digits;
#[cfg(target_arch = "x86_64")]
mod fma;
#[cfg(target_arch = "x86_64")]
mod ifma;
mod limbs;
mod msm;
#[cfg(target_arch = "x86_64")]
mod ntt;
mod portable;
#[cfg(target_arch = "x86_64")]
mod vector;
#[cfg(target_arch = "x86_64")]
mod vectors;

use super::{
    Backend, BackendError,
    ark::{ArkBackend, ArkDomain},
    checks, memory,
};
use crate::{
    circuit::Circuit,
    points::{G1Point, G2Point, Points},
};
use adder::{Adder, Point, SIGN};
use ark_bn254::{Fr, G1Projective, G2Projective};
use ark_ec::short_weierstrass::Projective;
use digits::Digits;
use msm::{Bases, Pool, Summer, window_bits};
use portable::Portable;
use rayon::prelude::*;
use std::sync::OnceLock;
#[cfg(target_arch = "x86_64")]
use {
    fma::Fma,
    ifma::Ifma,
    ntt::{Quotient, Transforms},
    vector::Instructions,
    vectors::Vectors,
};

const NAME: &str = "cpu";

/// The tuned backend.
pub struct CpuBackend(Arithmetic);

enum Arithmetic {
    #[cfg(target_arch = "x86_64")]
    Ifma(Sums<Vectors<Ifma>>),
    #[cfg(target_arch = "x86_64")]
    Fma(Sums<Vectors<Fma>>),
    Portable(Sums<Portable>),
}

/// What adds, with the memory that it keeps.
struct Sums<A: Adder<G1Point> + Adder<G2Point>> {
    adder: A,
    g1: Pool<G1Point, A>,
    g2: Pool<G2Point, A>,
}

/// Scalars as this backend holds them.
pub struct Scalars {
    values: Vec<Fr>,
    /// In bit-reversed order; there is a power of two of them.
    reversed: bool,
    /// The digits, in natural order, once a sum has wanted them: all sums over one vector share them.
    digits: OnceLock<Digits>,
}

/// What transforms of one size need.
pub struct Domain {
    reference: ArkDomain,
    #[cfg(target_arch = "x86_64")]
    transforms: Option<Box<dyn Quotient>>,
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
        let best = Self::all().into_iter().next();
        best.unwrap_or_else(Self::without_vectors)
    }

    /// One for each set of instructions that this processor has, the best first; the last needs none.
    pub fn all() -> Vec<Self> {
        let mut all = Vec::new();
        #[cfg(target_arch = "x86_64")]
        {
            if let Some(vectors) = Vectors::detect() {
                all.push(Self(Arithmetic::Ifma(Sums::new(vectors))));
            }
            if let Some(vectors) = Vectors::detect() {
                all.push(Self(Arithmetic::Fma(Sums::new(vectors))));
            }
        }
        all.push(Self::without_vectors());
        all
    }

    /// Elements one after the other, whatever the processor has.
    fn without_vectors() -> Self {
        Self(Arithmetic::Portable(Sums::new(Portable)))
    }

    /// A name for this set of instructions, where several are compared.
    pub fn variant(&self) -> &'static str {
        match &self.0 {
            #[cfg(target_arch = "x86_64")]
            Arithmetic::Ifma(_) => "cpu-ifma",
            #[cfg(target_arch = "x86_64")]
            Arithmetic::Fma(_) => "cpu-avx2",
            Arithmetic::Portable(_) => "cpu-plain",
        }
    }

    /// The processor's features that are used, for logs.
    pub fn features(&self) -> &'static str {
        match &self.0 {
            #[cfg(target_arch = "x86_64")]
            Arithmetic::Ifma(_) => Ifma::NAME,
            #[cfg(target_arch = "x86_64")]
            Arithmetic::Fma(_) => Fma::NAME,
            Arithmetic::Portable(_) => "none",
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

/// Where the element with number i lies in bit-reversed order.
fn reversed(i: usize, size: usize) -> usize {
    i.reverse_bits() >> (usize::BITS - size.ilog2())
}

impl Scalars {
    fn natural(values: Vec<Fr>) -> Self {
        Self {
            values,
            reversed: false,
            digits: OnceLock::new(),
        }
    }

    fn digits(&self) -> &Digits {
        self.digits.get_or_init(|| {
            let (size, bits) = (self.values.len(), window_bits(self.values.len()));
            if self.reversed && size > 1 {
                Digits::of(&self.values, |i| reversed(i, size), bits)
            } else {
                Digits::of(&self.values, |i| i, bits)
            }
        })
    }

    /// In natural order.
    fn ordered(&self) -> Vec<Fr> {
        let size = self.values.len();
        if self.reversed && size > 1 {
            let order = (0..size).into_par_iter();
            order.map(|i| self.values[reversed(i, size)]).collect()
        } else {
            self.values.clone()
        }
    }

    /// Brings them into natural order.
    fn order(&mut self) -> &mut Vec<Fr> {
        if self.reversed {
            *self = Self::natural(self.ordered());
        }
        self.digits = OnceLock::new();
        &mut self.values
    }
}

fn sum<P: Point, A: Adder<P>>(
    adder: &A,
    pool: &Pool<P, A>,
    bases: &Bases<P>,
    scalars: &Scalars,
    offset: usize,
) -> Result<Projective<P::Curve>, BackendError> {
    let range = checks::part(NAME, bases.len(), offset, scalars.values.len())?;
    Ok(Summer { adder, pool }.sum(bases, scalars.digits(), range))
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
        fits(points.len())?;
        Ok(BasesG1(Bases::new(points)))
    }

    fn load_bases_g2(&self, points: Points<G2Point>) -> Result<BasesG2, BackendError> {
        fits(points.len())?;
        Ok(BasesG2(Bases::new(points)))
    }

    fn load_scalars(&self, scalars: Vec<Fr>) -> Result<Scalars, BackendError> {
        Ok(Scalars::natural(scalars))
    }

    fn read_scalars(&self, scalars: &Scalars) -> Result<Vec<Fr>, BackendError> {
        Ok(scalars.ordered())
    }

    fn domain(&self, size: usize) -> Result<Domain, BackendError> {
        let reference = ArkBackend.domain(size)?;
        Ok(Domain {
            #[cfg(target_arch = "x86_64")]
            transforms: match &self.0 {
                Arithmetic::Ifma(sums) => Transforms::boxed(sums.adder, &reference),
                Arithmetic::Fma(sums) => Transforms::boxed(sums.adder, &reference),
                Arithmetic::Portable(_) => None,
            },
            reference,
        })
    }

    fn msm_g1(
        &self,
        BasesG1(bases): &BasesG1,
        scalars: &Scalars,
        offset: usize,
    ) -> Result<G1Projective, BackendError> {
        match &self.0 {
            #[cfg(target_arch = "x86_64")]
            Arithmetic::Ifma(sums) => sum(&sums.adder, &sums.g1, bases, scalars, offset),
            #[cfg(target_arch = "x86_64")]
            Arithmetic::Fma(sums) => sum(&sums.adder, &sums.g1, bases, scalars, offset),
            Arithmetic::Portable(sums) => sum(&sums.adder, &sums.g1, bases, scalars, offset),
        }
    }

    fn msm_g2(
        &self,
        BasesG2(bases): &BasesG2,
        scalars: &Scalars,
        offset: usize,
    ) -> Result<G2Projective, BackendError> {
        match &self.0 {
            #[cfg(target_arch = "x86_64")]
            Arithmetic::Ifma(sums) => sum(&sums.adder, &sums.g2, bases, scalars, offset),
            #[cfg(target_arch = "x86_64")]
            Arithmetic::Fma(sums) => sum(&sums.adder, &sums.g2, bases, scalars, offset),
            Arithmetic::Portable(sums) => sum(&sums.adder, &sums.g2, bases, scalars, offset),
        }
    }

    fn intt(&self, domain: &Domain, values: &mut Scalars) -> Result<(), BackendError> {
        ArkBackend.intt(&domain.reference, values.order())
    }

    fn coset_ntt(&self, domain: &Domain, values: &mut Scalars) -> Result<(), BackendError> {
        ArkBackend.coset_ntt(&domain.reference, values.order())
    }

    fn coset_intt(&self, domain: &Domain, values: &mut Scalars) -> Result<(), BackendError> {
        ArkBackend.coset_intt(&domain.reference, values.order())
    }

    fn divide_by_vanishing(
        &self,
        domain: &Domain,
        a: &mut Scalars,
        b: &Scalars,
        c: &Scalars,
    ) -> Result<(), BackendError> {
        let (b, c) = (b.ordered(), c.ordered());
        ArkBackend.divide_by_vanishing(&domain.reference, a.order(), &b, &c)
    }

    fn quotient(
        &self,
        domain: &Domain,
        mut a: Scalars,
        mut b: Scalars,
        mut c: Scalars,
    ) -> Result<Scalars, BackendError> {
        for values in [&a, &b, &c] {
            domain.reference.check("quotient", &values.values)?;
        }
        #[cfg(target_arch = "x86_64")]
        if let Some(transforms) = &domain.transforms {
            transforms.quotient(a.order(), b.order(), c.order());
            return Ok(Scalars {
                values: a.values,
                reversed: true,
                digits: OnceLock::new(),
            });
        }
        let values = [&mut a, &mut b, &mut c].map(|values| std::mem::take(values.order()));
        let [a, b, c] = values;
        let quotient = ArkBackend.quotient(&domain.reference, a, b, c)?;
        Ok(Scalars::natural(quotient))
    }
}

#[cfg(test)]
mod tests;
