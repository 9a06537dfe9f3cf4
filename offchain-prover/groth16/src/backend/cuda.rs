//! NVIDIA GPUs, with `libclearproof_cuda`: sppark's sums and transforms behind a C interface of our
//! own.
//!
//! The library is built separately (`make cuda`) and loaded at run time, so that neither the build
//! nor a start without it needs CUDA. Key points and scalars are copied to the device as they are
//! in memory, in Montgomery form; key points stay there.
//!
//! Everything that the library returns is checked, and an impossible result is a [`BackendError`].
//! A result that is wrong but possible is found when the proof is verified.

mod device;
mod error;
mod library;
mod memory;
mod sums;
mod types;

pub use device::CudaVec;
pub use types::{CudaDevice, Element, Limbs};

use super::{Backend, BackendError, checks};
use crate::{
    circuit::Circuit,
    points::{G1Point, G2Point, Points},
};
use ark_bn254::{Fr, G1Projective, G2Projective};
use device::Device;
use error::{NAME, error};
use library::Library;
use std::{path::PathBuf, sync::Arc};

/// The place of the library and the device to use.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CudaOptions {
    /// The file `libclearproof_cuda.so`. Without a value, `CLEARPROOF_CUDA_LIBRARY` names it.
    /// Without either, it is the one beside the program, or else the one that the system's loader
    /// finds.
    pub library: Option<PathBuf>,
    /// Index of the device, from 0 on, among those that `CUDA_VISIBLE_DEVICES` allows.
    pub device: u32,
}

/// A GPU that is in use.
#[derive(Clone)]
pub struct CudaBackend {
    device: Arc<Device>,
    index: u32,
}

/// Transforms of one size.
#[derive(Clone, Copy, Debug)]
pub struct CudaDomain {
    size: usize,
    vanishing_inverse: Limbs,
}

impl CudaBackend {
    /// Loads the library unless it is already loaded, and opens the device.
    ///
    /// # Errors
    /// If the library is missing, lacks a function or has another version, and if there is no
    /// driver or no such device.
    pub fn open(options: &CudaOptions) -> Result<Self, BackendError> {
        let library = Library::load(options.library.as_deref())?;
        let device = Device::open(library, options.device)?;
        Ok(Self {
            device: Arc::new(device),
            index: options.device,
        })
    }

    /// Returns the number of devices that the library finds; [`CudaOptions::device`] is ignored.
    ///
    /// # Errors
    /// As [`Self::open`].
    pub fn devices(options: &CudaOptions) -> Result<u32, BackendError> {
        Library::load(options.library.as_deref())?.devices()
    }

    /// Returns the device's name and memory.
    ///
    /// # Errors
    /// If the device does not answer.
    pub fn device(&self) -> Result<CudaDevice, BackendError> {
        self.device.describe()
    }

    /// Returns the bytes that a circuit's key and one proof at a time need on the device.
    ///
    /// Vectors are counted exactly. The rest of sppark's memory is computed as its source does it,
    /// with room to spare.
    pub fn memory_needed(circuit: &Circuit) -> u64 {
        memory::needed(circuit)
    }

    /// Checks that a circuit's key and proofs fit in the device's free memory.
    ///
    /// # Errors
    /// If they do not fit, and if the device does not answer.
    pub fn check_memory(&self, circuit: &Circuit) -> Result<(), BackendError> {
        let needed = Self::memory_needed(circuit);
        let CudaDevice {
            name,
            memory_total,
            memory_free,
            ..
        } = self.device()?;
        if memory_free >= needed {
            return Ok(());
        }
        Err(error(
            "memory",
            format!(
                "circuit {} needs {needed} bytes on device {} ({name}), which has {memory_free} free of {memory_total}: free \
                 some, or take a larger device or a smaller circuit",
                circuit.id(),
                self.index
            ),
        ))
    }
}

impl CudaDomain {
    fn check(
        &self,
        operation: &'static str,
        values: &[&CudaVec<Limbs>],
    ) -> Result<(), BackendError> {
        let mut lengths = values.iter().map(|values| values.len());
        lengths.try_for_each(|found| checks::length(NAME, operation, self.size, found))
    }
}

impl Backend for CudaBackend {
    type BasesG1 = CudaVec<G1Point>;
    type BasesG2 = CudaVec<G2Point>;
    type Scalars = CudaVec<Limbs>;
    type Domain = CudaDomain;

    fn name(&self) -> &'static str {
        NAME
    }

    fn fits(&self, circuit: &Circuit) -> Result<(), BackendError> {
        self.check_memory(circuit)
    }

    fn load_bases_g1(&self, points: Points<G1Point>) -> Result<Self::BasesG1, BackendError> {
        self.device.upload("loading points", &points)
    }

    fn load_bases_g2(&self, points: Points<G2Point>) -> Result<Self::BasesG2, BackendError> {
        self.device.upload("loading points", &points)
    }

    fn load_scalars(&self, scalars: Vec<Fr>) -> Result<Self::Scalars, BackendError> {
        let limbs: Vec<Limbs> = scalars.into_iter().map(|scalar| scalar.0.0).collect();
        self.device.upload("loading scalars", &limbs)
    }

    fn read_scalars(&self, scalars: &Self::Scalars) -> Result<Vec<Fr>, BackendError> {
        const OPERATION: &str = "reading scalars";
        let limbs = self.device.download(OPERATION, scalars)?;
        checks::scalars(NAME, OPERATION, limbs)
    }

    fn domain(&self, size: usize) -> Result<CudaDomain, BackendError> {
        let vanishing_inverse = checks::vanishing_inverse(NAME, size)?.0.0;
        Ok(CudaDomain {
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
        let sum = self.device.msm(bases, scalars, offset)?;
        sums::g1(sum).map_err(|reason| error("sum over points", reason))
    }

    fn msm_g2(
        &self,
        bases: &Self::BasesG2,
        scalars: &Self::Scalars,
        offset: usize,
    ) -> Result<G2Projective, BackendError> {
        let sum = self.device.msm(bases, scalars, offset)?;
        sums::g2(sum).map_err(|reason| error("sum over points", reason))
    }

    fn intt(&self, domain: &CudaDomain, values: &mut Self::Scalars) -> Result<(), BackendError> {
        const OPERATION: &str = "inverse transform";
        domain.check(OPERATION, &[values])?;
        self.device.transform(OPERATION, values, true, false)
    }

    fn coset_ntt(
        &self,
        domain: &CudaDomain,
        values: &mut Self::Scalars,
    ) -> Result<(), BackendError> {
        const OPERATION: &str = "transform on the coset";
        domain.check(OPERATION, &[values])?;
        self.device.transform(OPERATION, values, false, true)
    }

    fn coset_intt(
        &self,
        domain: &CudaDomain,
        values: &mut Self::Scalars,
    ) -> Result<(), BackendError> {
        const OPERATION: &str = "inverse transform on the coset";
        domain.check(OPERATION, &[values])?;
        self.device.transform(OPERATION, values, true, true)
    }

    fn divide_by_vanishing(
        &self,
        domain: &CudaDomain,
        a: &mut Self::Scalars,
        b: &Self::Scalars,
        c: &Self::Scalars,
    ) -> Result<(), BackendError> {
        const OPERATION: &str = "division by the vanishing polynomial";
        domain.check(OPERATION, &[a, b, c])?;
        self.device
            .divide(OPERATION, a, b, c, &domain.vanishing_inverse)
    }

    /// Runs all transforms in one call: between two of them, coefficients stay in the order in
    /// which the first one leaves them.
    fn quotient(
        &self,
        domain: &CudaDomain,
        mut a: Self::Scalars,
        mut b: Self::Scalars,
        mut c: Self::Scalars,
    ) -> Result<Self::Scalars, BackendError> {
        const OPERATION: &str = "quotient";
        domain.check(OPERATION, &[&a, &b, &c])?;
        self.device.quotient(
            OPERATION,
            [&mut a, &mut b, &mut c],
            &domain.vanishing_inverse,
        )?;
        Ok(a)
    }
}
