//! A stand-in for ICICLE (<https://github.com/ingonyama-zk/icicle>) in tests of the prover's
//! backend on machines without ICICLE.
//!
//! One library exports the functions of `libicicle_device`, `libicicle_field_bn254` and
//! `libicicle_curve_bn254` that the backend uses, under their names and with their layouts and
//! conventions. A test makes a folder with the three names, all of them links to it. It was written
//! from ICICLE's headers, not from the backend, so that both do not share a misunderstanding. It
//! computes with arkworks and has one device, `CPU` 0.
//!
//! It is strict where ICICLE trusts its caller, or fails only on certain hardware:
//! - no device is active in a thread before `icicle_set_device`;
//! - addresses must lie in memory that `icicle_malloc` returned and `icicle_free` did not free,
//!   exactly where the configuration has "on device", and outside of it where it has "on host";
//!   allocated memory holds garbage before it is written;
//! - numbers must be below their modulus and points on their curve;
//! - settings that the backend does not use are refused, not ignored.
//!
//! It also does what is easily forgotten about ICICLE: sums are returned with Z ≠ 1, a second table
//! of roots of unity is not made while there is one, and the roots are those that it was given.
//!
//! [`faults::icicle_standin_fault`] makes it fail. A test that uses it loads a copy of the file,
//! since each copy has a state of its own.

mod curve;
pub mod faults;
mod field;
mod memory;
mod types;
