//! The layouts of ICICLE's configurations, and the codes that its functions return.

use std::ffi::{c_int, c_void};

/// A field element as eight limbs of 32 bits.
pub type Scalar = [u32; 8];

/// `eIcicleError::SUCCESS`.
pub const SUCCESS: c_int = 0;

/// The code of a refusal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(i32)]
pub enum Refusal {
    InvalidDevice = 1,
    OutOfMemory = 2,
    InvalidPointer = 3,
    ApiNotImplemented = 10,
    InvalidArgument = 11,
    BackendLoadFailed = 12,
    Unknown = 14,
}

/// The code that an exported function returns.
pub fn code(result: Result<(), Refusal>) -> c_int {
    match result {
        Ok(()) => SUCCESS,
        Err(refusal) => refusal as c_int,
    }
}

/// Refuses a wrong argument.
pub fn require(condition: bool, refusal: Refusal) -> Result<(), Refusal> {
    if condition { Ok(()) } else { Err(refusal) }
}

/// `icicle::Device`.
#[repr(C)]
pub struct Device {
    /// The kind, ended by a zero.
    pub kind: [u8; 64],
    pub id: c_int,
}

/// `icicle::MSMConfig`.
#[repr(C)]
pub struct MsmConfig {
    pub stream: *const c_void,
    pub precompute_factor: c_int,
    pub c: c_int,
    pub bitsize: c_int,
    pub batch_size: c_int,
    pub are_points_shared_in_batch: bool,
    pub are_scalars_on_device: bool,
    pub are_scalars_montgomery_form: bool,
    pub are_points_on_device: bool,
    pub are_points_montgomery_form: bool,
    pub are_results_on_device: bool,
    pub is_async: bool,
    pub ext: *const c_void,
}

impl MsmConfig {
    /// Refuses settings that are not supported here.
    pub fn check(&self) -> Result<(), Refusal> {
        let plain = self.stream.is_null()
            && self.ext.is_null()
            && !self.is_async
            && self.precompute_factor == 1
            && self.c == 0
            && self.bitsize == 0
            && self.batch_size == 1
            && self.are_points_shared_in_batch;
        require(plain, Refusal::ApiNotImplemented)
    }
}

/// `icicle::NTTConfig<scalar_t>`.
#[repr(C)]
pub struct NttConfig {
    pub stream: *const c_void,
    pub coset_gen: Scalar,
    pub batch_size: c_int,
    pub columns_batch: bool,
    pub ordering: c_int,
    pub are_inputs_on_device: bool,
    pub are_outputs_on_device: bool,
    pub is_async: bool,
    pub ext: *const c_void,
}

impl NttConfig {
    /// Refuses settings that are not supported here.
    pub fn check(&self) -> Result<(), Refusal> {
        let plain = self.stream.is_null()
            && self.ext.is_null()
            && !self.is_async
            && self.batch_size == 1
            && !self.columns_batch
            && self.ordering == 0;
        require(plain, Refusal::ApiNotImplemented)
    }
}

/// `icicle::NTTInitDomainConfig`.
#[repr(C)]
pub struct NttInitDomainConfig {
    pub stream: *const c_void,
    pub is_async: bool,
    pub ext: *const c_void,
}

impl NttInitDomainConfig {
    /// Refuses settings that are not supported here.
    pub fn check(&self) -> Result<(), Refusal> {
        let plain = self.stream.is_null() && self.ext.is_null() && !self.is_async;
        require(plain, Refusal::ApiNotImplemented)
    }
}

/// `icicle::VecOpsConfig`.
#[repr(C)]
pub struct VecOpsConfig {
    pub stream: *const c_void,
    pub is_a_on_device: bool,
    pub is_b_on_device: bool,
    pub is_result_on_device: bool,
    pub is_async: bool,
    pub batch_size: c_int,
    pub columns_batch: bool,
    pub ext: *const c_void,
}

impl VecOpsConfig {
    /// Refuses settings that are not supported here.
    pub fn check(&self) -> Result<(), Refusal> {
        let plain = self.stream.is_null()
            && self.ext.is_null()
            && !self.is_async
            && self.batch_size == 1
            && !self.columns_batch;
        require(plain, Refusal::ApiNotImplemented)
    }
}

const _: () = {
    assert!(size_of::<Device>() == 68);
    assert!(size_of::<MsmConfig>() == 40);
    assert!(size_of::<NttConfig>() == 64);
    assert!(size_of::<NttInitDomainConfig>() == 24);
    assert!(size_of::<VecOpsConfig>() == 32);
};
