//! What a prover's hardware has to offer.
//!
//! The handles are opaque: a backend may keep points and scalars in a form, an order or a memory of its own.
//! Key points are handed over once per key, in memory that a backend may go on using ([`Points`]), so that none need be
//! kept twice.

pub mod ark;
mod checks;
pub mod cpu;
pub mod cuda;
pub mod icicle;
mod memory;

use crate::{
    circuit::Circuit,
    points::{G1Point, G2Point, Points},
};
use ark_bn254::{Fr, G1Projective, G2Projective};
use thiserror::Error;

/// A backend could not do what it was asked to.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[error("backend {backend}, {operation}: {reason}")]
pub struct BackendError {
    /// The backend's name.
    pub backend: &'static str,
    /// What it was doing.
    pub operation: &'static str,
    /// Why it could not, and what to do where that is known.
    pub reason: String,
}

/// Vectors of scalars, points, sums over points, and transforms.
///
/// All transforms are over the subgroup of the domain's size that arkworks uses (`get_root_of_unity`), in
/// natural order in and out; the coset is that subgroup times `Fr::GENERATOR`.
pub trait Backend: Send + Sync {
    /// Points of G1, in the order in which they were loaded.
    type BasesG1: Send + Sync;
    /// Points of G2, in the order in which they were loaded.
    type BasesG2: Send + Sync;
    /// A vector of scalars.
    type Scalars: Send + Sync;
    /// What transforms of one size need.
    type Domain: Send + Sync;

    /// Short name, for logs and metrics.
    fn name(&self) -> &'static str;

    /// Name and what it runs on, for people.
    fn description(&self) -> String {
        self.name().to_owned()
    }

    /// Whether there is room for a circuit's key and for what a proof needs. Where nobody can know, there is.
    ///
    /// # Errors
    /// Where there is not, with what is missing.
    fn fits(&self, circuit: &Circuit) -> Result<(), BackendError> {
        let _ = circuit;
        Ok(())
    }

    /// Takes points of G1; points at infinity are allowed.
    ///
    /// # Errors
    /// Where the backend has no room.
    fn load_bases_g1(&self, points: Points<G1Point>) -> Result<Self::BasesG1, BackendError>;

    /// Takes points of G2; points at infinity are allowed.
    ///
    /// # Errors
    /// Where the backend has no room.
    fn load_bases_g2(&self, points: Points<G2Point>) -> Result<Self::BasesG2, BackendError>;

    /// Takes scalars.
    ///
    /// # Errors
    /// Where the backend has no room.
    fn load_scalars(&self, scalars: Vec<Fr>) -> Result<Self::Scalars, BackendError>;

    /// Gives scalars back.
    ///
    /// # Errors
    /// Where the transfer fails.
    fn read_scalars(&self, scalars: &Self::Scalars) -> Result<Vec<Fr>, BackendError>;

    /// Prepares transforms of `size`, a power of two.
    ///
    /// # Errors
    /// Where `size` is no power of two or larger than 2²⁸.
    fn domain(&self, size: usize) -> Result<Self::Domain, BackendError>;

    /// `Σ_i scalars[offset + i] · bases[i]` over all bases. Scalars before and after are not used.
    ///
    /// # Errors
    /// Where there are fewer than `offset` plus the number of bases scalars.
    fn msm_g1(
        &self,
        bases: &Self::BasesG1,
        scalars: &Self::Scalars,
        offset: usize,
    ) -> Result<G1Projective, BackendError>;

    /// As [`Self::msm_g1`], in G2.
    ///
    /// # Errors
    /// As [`Self::msm_g1`].
    fn msm_g2(
        &self,
        bases: &Self::BasesG2,
        scalars: &Self::Scalars,
        offset: usize,
    ) -> Result<G2Projective, BackendError>;

    /// From values on the subgroup to coefficients.
    ///
    /// # Errors
    /// Where the vector's length is not the domain's size; so for all transforms.
    fn intt(&self, domain: &Self::Domain, values: &mut Self::Scalars) -> Result<(), BackendError>;

    /// From coefficients to values on the coset.
    ///
    /// # Errors
    /// As [`Self::intt`].
    fn coset_ntt(
        &self,
        domain: &Self::Domain,
        values: &mut Self::Scalars,
    ) -> Result<(), BackendError>;

    /// From values on the coset to coefficients.
    ///
    /// # Errors
    /// As [`Self::intt`].
    fn coset_intt(
        &self,
        domain: &Self::Domain,
        values: &mut Self::Scalars,
    ) -> Result<(), BackendError>;

    /// `a[i] ← (a[i]·b[i] − c[i]) / Z` where Z is the value, the same everywhere, of the subgroup's vanishing
    /// polynomial on the coset.
    ///
    /// # Errors
    /// As [`Self::intt`].
    fn divide_by_vanishing(
        &self,
        domain: &Self::Domain,
        a: &mut Self::Scalars,
        b: &Self::Scalars,
        c: &Self::Scalars,
    ) -> Result<(), BackendError>;

    /// Coefficients of `(a·b − c) / Z` from the values of a, b and c on the subgroup, of the domain's size.
    ///
    /// A backend may do this in one go; what it returns must be the same.
    ///
    /// # Errors
    /// As [`Self::intt`].
    fn quotient(
        &self,
        domain: &Self::Domain,
        mut a: Self::Scalars,
        mut b: Self::Scalars,
        mut c: Self::Scalars,
    ) -> Result<Self::Scalars, BackendError> {
        for values in [&mut a, &mut b, &mut c] {
            self.intt(domain, values)?;
            self.coset_ntt(domain, values)?;
        }
        self.divide_by_vanishing(domain, &mut a, &b, &c)?;
        self.coset_intt(domain, &mut a)?;
        Ok(a)
    }
}
