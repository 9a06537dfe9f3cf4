//! A stand-in for `libclearproof_cuda` in tests of the prover's backend on machines without a GPU.
//!
//! It exports the functions of `offchain-prover/cuda/include/clearproof_cuda.h`, which documents
//! them, and computes with arkworks. Its only device has number 0. It checks arguments as the
//! library does, and more: handles must be live, numbers below their modulus, points on their
//! curve.
//!
//! [`faults::clearproof_cuda_standin_fault`] makes it fail, and `clearproof_cuda_standin_memory`
//! sets the size of its device's memory. A test that uses these loads a copy of the file, since
//! each copy has a state of its own.

mod error;
pub mod faults;
mod interface;
mod points;
mod state;

pub use interface::*;
