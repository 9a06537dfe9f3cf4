//! Types of the C interface: contexts, vectors and their elements, descriptions of devices.

use crate::points::{G1Point, G2Point};
use bytemuck::Pod;

/// Four limbs of a scalar in Montgomery form.
pub type Limbs = [u64; 4];

/// The description of a device.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CudaDevice {
    /// The name that its maker gave it.
    pub name: String,
    /// Compute capability, such as (9, 0).
    pub capability: (u32, u32),
    /// Bytes of memory.
    pub memory_total: u64,
    /// Bytes of memory that are free.
    pub memory_free: u64,
}

#[repr(C)]
pub(super) struct RawContext {
    _private: [u8; 0],
}

#[repr(C)]
pub(super) struct RawVector {
    _private: [u8; 0],
}

/// The header's `clearproof_cuda_device`.
#[repr(C)]
pub(super) struct RawDevice {
    pub name: [u8; 256],
    pub memory_total: u64,
    pub memory_free: u64,
    pub major: u32,
    pub minor: u32,
}

/// Elements of vectors.
pub trait Element: Pod {
    /// The header's number for this kind of element.
    const KIND: u32;
}

/// Elements that can be summed.
pub(super) trait Point: Element {
    /// A sum in Jacobian coordinates.
    type Sum: Pod;
}

impl Element for Limbs {
    const KIND: u32 = 0;
}

impl Element for G1Point {
    const KIND: u32 = 1;
}

impl Element for G2Point {
    const KIND: u32 = 2;
}

impl Point for G1Point {
    type Sum = [Limbs; 3];
}

impl Point for G2Point {
    type Sum = [[Limbs; 2]; 3];
}
