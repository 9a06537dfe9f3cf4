//! The interface between the prover and the hardware.
//!
//! The handles are opaque: a backend may keep points and scalars in a form, an order or a memory of
//! its own. Key points are handed over once per key, in memory that a backend may go on using
//! ([`Points`]), so that no point need be kept twice.

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

/// A backend could not carry out an operation.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[error("backend {backend}, {operation}: {reason}")]
pub struct BackendError {
    /// The backend's name.
    pub backend: &'static str,
    /// The operation.
    pub operation: &'static str,
    /// The reason, and the remedy if one is known.
    pub reason: String,
}

/// Vectors of scalars, points, sums over points, and transforms.
///
/// All transforms are over the subgroup of the domain's size that arkworks uses
/// (`get_root_of_unity`), and take and return values in natural order. The coset is that subgroup
/// times `Fr::GENERATOR`.
pub trait Backend: Send + Sync {
    /// Points of G1, in the order in which they were loaded.
    type BasesG1: Send + Sync;
    /// Points of G2, in the order in which they were loaded.
    type BasesG2: Send + Sync;
    /// A vector of scalars.
    type Scalars: Send + Sync;
    /// Prepared transforms of one size.
    type Domain: Send + Sync;

    /// Short name, for logs and metrics.
    fn name(&self) -> &'static str;

    /// A description for people: the name and the hardware.
    fn description(&self) -> String {
        self.name().to_owned()
    }

    /// Succeeds if there is room for a circuit's key and for a proof, or if the free memory is
    /// unknown.
    ///
    /// # Errors
    /// If there is not enough room; the reason names what is missing.
    fn fits(&self, circuit: &Circuit) -> Result<(), BackendError> {
        let _ = circuit;
        Ok(())
    }

    /// Loads points of G1; points at infinity are allowed.
    ///
    /// # Errors
    /// If the backend has no room.
    fn load_bases_g1(&self, points: Points<G1Point>) -> Result<Self::BasesG1, BackendError>;

    /// Loads points of G2; points at infinity are allowed.
    ///
    /// # Errors
    /// If the backend has no room.
    fn load_bases_g2(&self, points: Points<G2Point>) -> Result<Self::BasesG2, BackendError>;

    /// Loads scalars.
    ///
    /// # Errors
    /// If the backend has no room.
    fn load_scalars(&self, scalars: Vec<Fr>) -> Result<Self::Scalars, BackendError>;

    /// Returns a copy of the scalars.
    ///
    /// # Errors
    /// If the transfer fails.
    fn read_scalars(&self, scalars: &Self::Scalars) -> Result<Vec<Fr>, BackendError>;

    /// Prepares transforms of `size`, a power of two.
    ///
    /// # Errors
    /// If `size` is not a power of two or is larger than 2²⁸.
    fn domain(&self, size: usize) -> Result<Self::Domain, BackendError>;

    /// `Σ_i scalars[offset + i] · bases[i]` over all bases. The scalars before and after these are
    /// not used.
    ///
    /// # Errors
    /// If there are fewer scalars than `offset` plus the number of bases.
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
    /// If the vector's length is not the domain's size. This holds for all transforms.
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

    /// `a[i] ← (a[i]·b[i] − c[i]) / Z`. Z is the value of the subgroup's vanishing polynomial on
    /// the coset, which is the same at all of its elements.
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

    /// Coefficients of `(a·b − c) / Z` from the values of a, b and c on the subgroup, one per
    /// element of the domain.
    ///
    /// A backend may compute this in one go; the result must be the same.
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
