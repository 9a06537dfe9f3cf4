//! The three implementations behind one type: with AVX-512 IFMA, with AVX2 and FMA, and portable.

use crate::{
    adder::{Adder, Point},
    bases::{Bases, BasesG1, BasesG2},
    domain::{Domain, Quotient},
    error::Error,
    msm::{Pool, Summer},
    points::{G1Point, G2Point},
    portable::Portable,
    scalars::Scalars,
    subgroup::Subgroup,
};
#[cfg(target_arch = "x86_64")]
use crate::{fma::Fma, ifma::Ifma, ntt::Transforms, vector::Instructions, vectors::Vectors};
use ark_bn254::{G1Projective, G2Projective};
use ark_ec::short_weierstrass::Projective;
use std::{fmt, ops::Range};

/// The processor, used with one of the sets of instructions that it has.
///
/// It keeps working memory between sums, so one `Cpu` should serve a whole program. It can be used
/// by many threads at once, and works in all threads of the current rayon pool.
pub struct Cpu(Arithmetic);

enum Arithmetic {
    #[cfg(target_arch = "x86_64")]
    Ifma(Sums<Vectors<Ifma>>),
    #[cfg(target_arch = "x86_64")]
    Fma(Sums<Vectors<Fma>>),
    Portable(Sums<Portable>),
}

/// An adder of points and the memory that it keeps.
struct Sums<A: Adder<G1Point> + Adder<G2Point>> {
    adder: A,
    g1: Pool<G1Point, A>,
    g2: Pool<G2Point, A>,
}

impl<A: Adder<G1Point> + Adder<G2Point>> Sums<A> {
    fn new(adder: A) -> Self {
        Self {
            adder,
            g1: Pool::default(),
            g2: Pool::default(),
        }
    }
}

impl Default for Cpu {
    fn default() -> Self {
        Self::detect()
    }
}

impl fmt::Debug for Cpu {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Cpu({})", self.features())
    }
}

impl Cpu {
    /// The fastest implementation that this processor can run.
    pub fn detect() -> Self {
        let best = Self::all().into_iter().next();
        best.unwrap_or_else(Self::without_vectors)
    }

    /// All implementations that this processor can run, the fastest first. The last one runs
    /// everywhere. For tests and comparisons.
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

    /// The portable implementation: one element at a time.
    fn without_vectors() -> Self {
        Self(Arithmetic::Portable(Sums::new(Portable)))
    }

    /// A name for this implementation, for comparisons: `cpu-ifma`, `cpu-avx2` or `cpu-plain`.
    pub fn variant(&self) -> &'static str {
        match &self.0 {
            #[cfg(target_arch = "x86_64")]
            Arithmetic::Ifma(_) => "cpu-ifma",
            #[cfg(target_arch = "x86_64")]
            Arithmetic::Fma(_) => "cpu-avx2",
            Arithmetic::Portable(_) => "cpu-plain",
        }
    }

    /// The features of the processor that this implementation uses, for logs.
    pub fn features(&self) -> &'static str {
        match &self.0 {
            #[cfg(target_arch = "x86_64")]
            Arithmetic::Ifma(_) => Ifma::NAME,
            #[cfg(target_arch = "x86_64")]
            Arithmetic::Fma(_) => Fma::NAME,
            Arithmetic::Portable(_) => "none",
        }
    }

    /// Prepares transforms of `size`, a power of two up to 2²⁸.
    ///
    /// # Errors
    /// [`Error::DomainSize`] for other sizes.
    pub fn domain(&self, size: usize) -> Result<Domain, Error> {
        let subgroup = Subgroup::new(size)?;
        let transforms: Option<Box<dyn Quotient>> = match &self.0 {
            #[cfg(target_arch = "x86_64")]
            Arithmetic::Ifma(sums) => Transforms::boxed(sums.adder, &subgroup),
            #[cfg(target_arch = "x86_64")]
            Arithmetic::Fma(sums) => Transforms::boxed(sums.adder, &subgroup),
            Arithmetic::Portable(_) => None,
        };
        Ok(Domain::new(subgroup, transforms))
    }

    /// `Σ_i scalars[offset + i] · bases[i]` over all bases. The scalars before and after these are
    /// not used.
    ///
    /// # Errors
    /// [`Error::TooFewScalars`] if there are fewer scalars than `offset` plus the number of bases.
    pub fn msm_g1(
        &self,
        BasesG1(bases): &BasesG1,
        scalars: &Scalars,
        offset: usize,
    ) -> Result<G1Projective, Error> {
        match &self.0 {
            #[cfg(target_arch = "x86_64")]
            Arithmetic::Ifma(sums) => sum(&sums.adder, &sums.g1, bases, scalars, offset),
            #[cfg(target_arch = "x86_64")]
            Arithmetic::Fma(sums) => sum(&sums.adder, &sums.g1, bases, scalars, offset),
            Arithmetic::Portable(sums) => sum(&sums.adder, &sums.g1, bases, scalars, offset),
        }
    }

    /// As [`Self::msm_g1`], in G2.
    ///
    /// # Errors
    /// As [`Self::msm_g1`].
    pub fn msm_g2(
        &self,
        BasesG2(bases): &BasesG2,
        scalars: &Scalars,
        offset: usize,
    ) -> Result<G2Projective, Error> {
        match &self.0 {
            #[cfg(target_arch = "x86_64")]
            Arithmetic::Ifma(sums) => sum(&sums.adder, &sums.g2, bases, scalars, offset),
            #[cfg(target_arch = "x86_64")]
            Arithmetic::Fma(sums) => sum(&sums.adder, &sums.g2, bases, scalars, offset),
            Arithmetic::Portable(sums) => sum(&sums.adder, &sums.g2, bases, scalars, offset),
        }
    }
}

fn sum<P: Point, A: Adder<P>>(
    adder: &A,
    pool: &Pool<P, A>,
    bases: &Bases<P>,
    scalars: &Scalars,
    offset: usize,
) -> Result<Projective<P::Curve>, Error> {
    let range = part(bases.points().len(), offset, scalars.len())?;
    Ok(Summer { adder, pool }.sum(bases, scalars.digits(), range))
}

/// The part of `scalars` scalars that belongs to `points` points, from `offset` on.
fn part(points: usize, offset: usize, scalars: usize) -> Result<Range<usize>, Error> {
    match offset.checked_add(points) {
        Some(end) if end <= scalars => Ok(offset..end),
        _ => Err(Error::TooFewScalars {
            points,
            offset,
            scalars,
        }),
    }
}

#[cfg(test)]
mod tests;
