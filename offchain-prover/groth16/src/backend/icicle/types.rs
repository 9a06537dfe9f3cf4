//! ICICLE's C interface: the layout of its structures, and the meaning of its numbers.
//!
//! Taken from ICICLE 3.8 to 4.0 (`icicle/include/icicle`, files `device.h`, `errors.h`, `msm.h`,
//! `ntt.h`, `vec_ops.h`). A structure with another size or layout than the libraries expect does
//! not compile.

use super::error::error;
use crate::backend::BackendError;
use ark_bn254::Fr;
use ark_ff::PrimeField;
use std::{
    ffi::{c_int, c_void},
    fmt,
    mem::offset_of,
    ptr,
};

/// A field element: 64-bit limbs, the least significant first. Four 64-bit limbs have the same
/// layout in memory as ICICLE's eight of 32 bits.
pub(super) type Limbs = [u64; 4];

/// A number in ICICLE's form: not in Montgomery form.
pub(super) fn raw(number: Fr) -> Limbs {
    number.into_bigint().0
}

/// The number one in ICICLE's form, which is not Montgomery's. As the generator of a coset it
/// means: no coset.
const ONE: Limbs = [1, 0, 0, 0];

/// Bytes of a device's kind, including the zero at its end.
const NAME_BYTES: usize = 64;

/// A device: its kind, such as `CUDA`, and its index among those of the kind.
#[repr(C)]
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Device {
    kind: [u8; NAME_BYTES],
    index: c_int,
}

impl Device {
    pub(super) fn new(kind: &str, index: u32) -> Result<Self, BackendError> {
        let allowed = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
        if kind.is_empty() || kind.len() >= NAME_BYTES || !kind.chars().all(allowed) {
            let limit = NAME_BYTES - 1;
            return Err(error(
                "open",
                format!(
                    "device kind {kind:?}: 1 to {limit} letters, digits, '_' and '-' are allowed, as in CUDA"
                ),
            ));
        }
        let index = c_int::try_from(index).map_err(|_| {
            error(
                "open",
                format!("device index {index}: the limit is {}", c_int::MAX),
            )
        })?;
        let mut bytes = [0; NAME_BYTES];
        bytes[..kind.len()].copy_from_slice(kind.as_bytes());
        Ok(Self { kind: bytes, index })
    }
}

impl fmt::Display for Device {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let end = self.kind.iter().position(|byte| *byte == 0);
        let kind = String::from_utf8_lossy(&self.kind[..end.unwrap_or(NAME_BYTES)]);
        write!(f, "{kind} {}", self.index)
    }
}

#[repr(C)]
pub(super) struct MsmConfig {
    stream: *mut c_void,
    precompute_factor: c_int,
    window_bits: c_int,
    scalar_bits: c_int,
    batch_size: c_int,
    points_shared_in_batch: bool,
    scalars_on_device: bool,
    scalars_montgomery: bool,
    points_on_device: bool,
    points_montgomery: bool,
    results_on_device: bool,
    asynchronous: bool,
    extension: *mut c_void,
}

impl MsmConfig {
    /// One sum over scalars and points on the device, both in Montgomery form; the result goes to
    /// the host.
    pub(super) const fn on_device() -> Self {
        Self {
            stream: ptr::null_mut(),
            precompute_factor: 1,
            window_bits: 0,
            scalar_bits: 0,
            batch_size: 1,
            points_shared_in_batch: true,
            scalars_on_device: true,
            scalars_montgomery: true,
            points_on_device: true,
            points_montgomery: true,
            results_on_device: false,
            asynchronous: false,
            extension: ptr::null_mut(),
        }
    }
}

/// The direction of a transform: to values or to coefficients.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Direction {
    Forward = 0,
    Inverse = 1,
}

/// Natural order of input and output; ICICLE has five more orders.
const NATURAL: c_int = 0;

#[repr(C)]
pub(super) struct NttConfig {
    stream: *mut c_void,
    coset_generator: Limbs,
    batch_size: c_int,
    columns_batch: bool,
    ordering: c_int,
    inputs_on_device: bool,
    outputs_on_device: bool,
    asynchronous: bool,
    extension: *mut c_void,
}

impl NttConfig {
    /// One transform of a vector on the device, over the subgroup or over its coset with this
    /// generator.
    pub(super) fn on_device(coset_generator: Option<Limbs>) -> Self {
        Self {
            stream: ptr::null_mut(),
            coset_generator: coset_generator.unwrap_or(ONE),
            batch_size: 1,
            columns_batch: false,
            ordering: NATURAL,
            inputs_on_device: true,
            outputs_on_device: true,
            asynchronous: false,
            extension: ptr::null_mut(),
        }
    }
}

#[repr(C)]
pub(super) struct NttInitDomainConfig {
    stream: *mut c_void,
    asynchronous: bool,
    extension: *mut c_void,
}

impl NttInitDomainConfig {
    pub(super) const fn blocking() -> Self {
        Self {
            stream: ptr::null_mut(),
            asynchronous: false,
            extension: ptr::null_mut(),
        }
    }
}

#[repr(C)]
pub(super) struct VecOpsConfig {
    stream: *mut c_void,
    a_on_device: bool,
    b_on_device: bool,
    result_on_device: bool,
    asynchronous: bool,
    batch_size: c_int,
    columns_batch: bool,
    extension: *mut c_void,
}

impl VecOpsConfig {
    /// One operation on vectors on the device. The first operand may be on the host if it is a
    /// single scalar.
    pub(super) const fn on_device(first_on_device: bool) -> Self {
        Self {
            stream: ptr::null_mut(),
            a_on_device: first_on_device,
            b_on_device: true,
            result_on_device: true,
            asynchronous: false,
            batch_size: 1,
            columns_batch: false,
            extension: ptr::null_mut(),
        }
    }
}

const _: () = {
    assert!(size_of::<Device>() == 68 && offset_of!(Device, index) == 64);
    assert!(size_of::<MsmConfig>() == 40);
    assert!(offset_of!(MsmConfig, precompute_factor) == 8);
    assert!(offset_of!(MsmConfig, points_shared_in_batch) == 24);
    assert!(offset_of!(MsmConfig, asynchronous) == 30);
    assert!(offset_of!(MsmConfig, extension) == 32);
    assert!(size_of::<NttConfig>() == 64);
    assert!(offset_of!(NttConfig, coset_generator) == 8);
    assert!(offset_of!(NttConfig, batch_size) == 40);
    assert!(offset_of!(NttConfig, ordering) == 48);
    assert!(offset_of!(NttConfig, inputs_on_device) == 52);
    assert!(offset_of!(NttConfig, extension) == 56);
    assert!(size_of::<NttInitDomainConfig>() == 24);
    assert!(offset_of!(NttInitDomainConfig, extension) == 16);
    assert!(size_of::<VecOpsConfig>() == 32);
    assert!(offset_of!(VecOpsConfig, batch_size) == 12);
    assert!(offset_of!(VecOpsConfig, extension) == 24);
    assert!(size_of::<Direction>() == 4);
};

/// The code of success.
pub(super) const SUCCESS: c_int = 0;
/// The device has no such function.
pub(super) const API_NOT_IMPLEMENTED: c_int = 10;

const CODES: [&str; 15] = [
    "SUCCESS",
    "INVALID_DEVICE",
    "OUT_OF_MEMORY",
    "INVALID_POINTER",
    "ALLOCATION_FAILED",
    "DEALLOCATION_FAILED",
    "COPY_FAILED",
    "SYNCHRONIZATION_FAILED",
    "STREAM_CREATION_FAILED",
    "STREAM_DESTRUCTION_FAILED",
    "API_NOT_IMPLEMENTED",
    "INVALID_ARGUMENT",
    "BACKEND_LOAD_FAILED",
    "LICENSE_CHECK_ERROR",
    "UNKNOWN_ERROR",
];

/// The error for what the function `call` returned.
pub(super) fn returned(operation: &'static str, call: &str, code: c_int) -> BackendError {
    let name = usize::try_from(code).ok().and_then(|code| CODES.get(code));
    let name = name
        .copied()
        .unwrap_or("a code that ICICLE does not define");
    let advice = match name {
        "OUT_OF_MEMORY" | "ALLOCATION_FAILED" => {
            "; the device's memory is full: free some, or take a larger device or a smaller circuit"
        }
        "LICENSE_CHECK_ERROR" => {
            "; ICICLE's backend for this device found no valid licence: ICICLE_LICENSE names its file or server"
        }
        _ => "",
    };
    error(
        operation,
        format!("{call} returned {name} ({code}){advice}"),
    )
}

/// Succeeds if `call` returned success.
pub(super) fn check(operation: &'static str, call: &str, code: c_int) -> Result<(), BackendError> {
    if code == SUCCESS {
        Ok(())
    } else {
        Err(returned(operation, call, code))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn devices_have_a_kind_and_an_index() {
        let device = Device::new("CUDA", 3).unwrap();
        assert_eq!(device.to_string(), "CUDA 3");
        assert!(device != Device::new("CUDA", 2).unwrap());
        assert!(device != Device::new("CUD", 3).unwrap());
        let longest = "x".repeat(63);
        assert_eq!(
            Device::new(&longest, 0).unwrap().to_string(),
            format!("{longest} 0")
        );
        for kind in ["", "CU DA", "CUDA\0", "../cuda", &"x".repeat(64)] {
            let refused = Device::new(kind, 0).err().unwrap();
            assert!(refused.reason.contains("device kind"), "{refused}");
        }
        assert!(Device::new("CUDA", u32::MAX).is_err());
    }

    #[test]
    fn codes_have_names() {
        assert_eq!(check("x", "call", 0), Ok(()));
        let reason = |code| check("x", "call", code).unwrap_err().reason;
        assert!(reason(2).starts_with("call returned OUT_OF_MEMORY (2); "));
        assert_eq!(reason(3), "call returned INVALID_POINTER (3)");
        assert_eq!(reason(14), "call returned UNKNOWN_ERROR (14)");
        assert_eq!(CODES[API_NOT_IMPLEMENTED as usize], "API_NOT_IMPLEMENTED");
        for unknown in [-1, 15] {
            assert!(reason(unknown).contains("does not define"));
        }
    }
}
