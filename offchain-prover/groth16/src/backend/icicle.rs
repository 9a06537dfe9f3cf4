//! ICICLE (<https://github.com/ingonyama-zk/icicle>, 3.8 to 4.0): sums and transforms on the
//! devices for which it has backends, such as NVIDIA GPUs.
//!
//! Its libraries are loaded at run time, so that neither the build nor a start without ICICLE needs
//! them. Key points and scalars are copied to the device as they are in memory, in Montgomery form;
//! key points stay there. ICICLE's other operands (roots of unity, coset generators, factors) are
//! not in Montgomery form, nor are the sums that it returns.
//!
//! Everything that ICICLE returns is checked, and an impossible result is a [`BackendError`]. A
//! result that is wrong but possible is found when the proof is verified.

mod device;
mod error;
mod library;
mod roots;
mod sums;
mod types;

pub use device::DeviceVec;

use super::{Backend, BackendError, checks, memory};
use crate::{
    circuit::Circuit,
    points::{G1Point, G2Point, Points},
};
use ark_bn254::{Fr, G1Projective, G2Projective};
use ark_ff::{BigInt, FftField, Zero};
use device::Session;
use error::{NAME, error};
use library::Icicle;
use std::path::PathBuf;
use types::{Device, Direction, Limbs, raw};

/// The place of ICICLE and the device to use.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IcicleOptions {
    /// Folder that contains `libicicle_device.so` and the other libraries, or has them in `lib`.
    /// Without a value, `ICICLE_INSTALL_DIR` names it; without either, the system's loader looks
    /// for the libraries.
    pub library_folder: Option<PathBuf>,
    /// Folder with ICICLE's backends. Without a value, `ICICLE_BACKEND_INSTALL_DIR` names it;
    /// without either, it is `backend` beside the libraries, or `/opt/icicle/lib/backend`.
    pub backend_folder: Option<PathBuf>,
    /// Kind of device, as ICICLE calls it: `CUDA`, `CPU`.
    pub device: String,
    /// Index among the devices of its kind, from 0 on.
    pub index: u32,
}

impl Default for IcicleOptions {
    /// Returns the options for the first NVIDIA GPU, with ICICLE in its default place.
    fn default() -> Self {
        Self {
            library_folder: None,
            backend_folder: None,
            device: "CUDA".into(),
            index: 0,
        }
    }
}

/// A device's memory in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DeviceMemory {
    /// Total memory.
    pub total: u64,
    /// Free memory.
    pub free: u64,
}

/// A device that ICICLE computes on.
#[derive(Clone, Copy)]
pub struct IcicleBackend(Session);

/// Transforms of one size.
#[derive(Clone, Copy, Debug)]
pub struct IcicleDomain {
    size: usize,
    vanishing_inverse: Limbs,
}

impl IcicleBackend {
    /// Loads ICICLE and its backends unless they are already loaded, and opens the device.
    ///
    /// # Errors
    /// If a library or one of its functions is missing (the error names both), or the device.
    pub fn open(options: &IcicleOptions) -> Result<Self, BackendError> {
        let IcicleOptions {
            library_folder,
            backend_folder,
            device: kind,
            index,
        } = options;
        let device = Device::new(kind, *index)?;
        let libraries = library::libraries(library_folder.as_deref())?;
        let icicle = Icicle::load(libraries.as_deref())?;
        icicle.load_backends(backend_folder.as_deref(), libraries.as_deref(), kind)?;
        Session::open(icicle, device).map(Self)
    }

    /// Returns the device's kind and index, for logs, such as `CUDA 0`.
    pub fn device(&self) -> String {
        self.0.device.to_string()
    }

    /// Returns the device's memory; none if ICICLE does not report it, as for the kind `CPU`.
    ///
    /// # Errors
    /// If the device does not answer.
    pub fn memory(&self) -> Result<Option<DeviceMemory>, BackendError> {
        let memory = self.0.memory()?;
        Ok(memory.map(|(total, free)| DeviceMemory { total, free }))
    }

    /// Returns the bytes that a circuit's key, its table of roots of unity, and the vectors of one
    /// proof at a time need on the device.
    ///
    /// ICICLE's own working memory for a sum is not included: it uses the memory that is free.
    pub fn memory_needed(circuit: &Circuit) -> u64 {
        let matrices = circuit.matrices();
        let [columns, domain] =
            [matrices.num_columns(), matrices.domain_size()].map(|count| count as u64);
        let (g1, g2) = memory::key_points(circuit);
        let roots = domain.max(1 << roots::SMALLEST);
        // The quotient needs three vectors; later the quotient and the assignment are kept.
        let vectors = (domain * 3).max(domain + columns);
        g1 * size_of::<G1Point>() as u64
            + g2 * size_of::<G2Point>() as u64
            + (roots + vectors) * size_of::<Limbs>() as u64
    }

    /// Checks that a circuit's key and proofs fit in the device's free memory. Succeeds if ICICLE
    /// does not report it.
    ///
    /// # Errors
    /// If they do not fit, and if the device does not answer.
    pub fn check_memory(&self, circuit: &Circuit) -> Result<(), BackendError> {
        let needed = Self::memory_needed(circuit);
        match self.memory()? {
            Some(DeviceMemory { total, free }) if free < needed => Err(error(
                "memory",
                format!(
                    "circuit {} needs {needed} bytes on device {}, which has {free} free of {total}: free some, or take a \
                     larger device or a smaller circuit",
                    circuit.id(),
                    self.device()
                ),
            )),
            _ => Ok(()),
        }
    }
}

impl IcicleDomain {
    fn check(
        &self,
        operation: &'static str,
        values: &DeviceVec<Limbs>,
    ) -> Result<(), BackendError> {
        checks::length(NAME, operation, self.size, values.len())
    }
}

/// Returns the factor 2⁻²⁵⁶ that turns the product of two numbers in Montgomery form into the
/// Montgomery form of their product.
fn montgomery_correction() -> Limbs {
    raw(Fr::new_unchecked(BigInt::one()))
}

impl Backend for IcicleBackend {
    type BasesG1 = DeviceVec<G1Point>;
    type BasesG2 = DeviceVec<G2Point>;
    type Scalars = DeviceVec<Limbs>;
    type Domain = IcicleDomain;

    fn name(&self) -> &'static str {
        NAME
    }

    fn description(&self) -> String {
        format!("{NAME}, {}", self.device())
    }

    fn fits(&self, circuit: &Circuit) -> Result<(), BackendError> {
        self.check_memory(circuit)
    }

    fn load_bases_g1(&self, points: Points<G1Point>) -> Result<Self::BasesG1, BackendError> {
        self.0.upload("loading points", &points)
    }

    fn load_bases_g2(&self, points: Points<G2Point>) -> Result<Self::BasesG2, BackendError> {
        self.0.upload("loading points", &points)
    }

    fn load_scalars(&self, scalars: Vec<Fr>) -> Result<Self::Scalars, BackendError> {
        let limbs: Vec<Limbs> = scalars.into_iter().map(|scalar| scalar.0.0).collect();
        self.0.upload("loading scalars", &limbs)
    }

    fn read_scalars(&self, scalars: &Self::Scalars) -> Result<Vec<Fr>, BackendError> {
        const OPERATION: &str = "reading scalars";
        let limbs = self.0.download(OPERATION, scalars)?;
        checks::scalars(NAME, OPERATION, limbs)
    }

    fn domain(&self, size: usize) -> Result<IcicleDomain, BackendError> {
        let vanishing_inverse = raw(checks::vanishing_inverse(NAME, size)?);
        self.0.prepare_roots("domain", size.ilog2())?;
        Ok(IcicleDomain {
            size,
            vanishing_inverse,
        })
    }

    fn msm_g1(
        &self,
        bases: &Self::BasesG1,
        scalars: &Self::Scalars,
        offset: usize,
    ) -> Result<G1Projective, BackendError> {
        match self.0.msm_g1(bases, scalars, offset)? {
            Some(sum) => sums::g1(sum).map_err(|reason| error("sum over points", reason)),
            None => Ok(G1Projective::zero()),
        }
    }

    fn msm_g2(
        &self,
        bases: &Self::BasesG2,
        scalars: &Self::Scalars,
        offset: usize,
    ) -> Result<G2Projective, BackendError> {
        match self.0.msm_g2(bases, scalars, offset)? {
            Some(sum) => sums::g2(sum).map_err(|reason| error("sum over points", reason)),
            None => Ok(G2Projective::zero()),
        }
    }

    fn intt(&self, domain: &IcicleDomain, values: &mut Self::Scalars) -> Result<(), BackendError> {
        const OPERATION: &str = "inverse transform";
        domain.check(OPERATION, values)?;
        self.0
            .transform_with_roots(OPERATION, values, Direction::Inverse, None)
    }

    fn coset_ntt(
        &self,
        domain: &IcicleDomain,
        values: &mut Self::Scalars,
    ) -> Result<(), BackendError> {
        const OPERATION: &str = "transform on the coset";
        domain.check(OPERATION, values)?;
        let coset = Some(raw(Fr::GENERATOR));
        self.0
            .transform_with_roots(OPERATION, values, Direction::Forward, coset)
    }

    fn coset_intt(
        &self,
        domain: &IcicleDomain,
        values: &mut Self::Scalars,
    ) -> Result<(), BackendError> {
        const OPERATION: &str = "inverse transform on the coset";
        domain.check(OPERATION, values)?;
        let coset = Some(raw(Fr::GENERATOR));
        self.0
            .transform_with_roots(OPERATION, values, Direction::Inverse, coset)
    }

    fn divide_by_vanishing(
        &self,
        domain: &IcicleDomain,
        a: &mut Self::Scalars,
        b: &Self::Scalars,
        c: &Self::Scalars,
    ) -> Result<(), BackendError> {
        for values in [&*a, b, c] {
            domain.check("division by the vanishing polynomial", values)?;
        }
        // The device multiplies as if its operands were not in Montgomery form.
        self.0.multiply(a, b)?;
        self.0.scale(a, &montgomery_correction())?;
        self.0.subtract(a, c)?;
        self.0.scale(a, &domain.vanishing_inverse)
    }
}
