//! Stands in for `libclearproof_cuda` in tests of the prover's backend, where there is no GPU.
//!
//! It exports the functions of `offchain-prover/cuda/include/clearproof_cuda.h`, whose comments say what they do, and computes
//! with arkworks. Its one device is number 0. It checks arguments as the library does, and more: handles must be live, numbers
//! below their modulus, points on their curve.
//!
//! [`faults::clearproof_cuda_standin_fault`] makes it fail, and `clearproof_cuda_standin_memory` sets how much memory its device
//! has. A test that wants that loads a copy of the file: each has a state of its own.

mod error;
pub mod faults;
mod interface;
mod points;
mod state;

pub use interface::*;
