//! Stands in for ICICLE (<https://github.com/ingonyama-zk/icicle>) in tests of the prover's backend, where there is no ICICLE.
//!
//! One library exports the functions of `libicicle_device`, `libicicle_field_bn254` and `libicicle_curve_bn254` that the
//! backend uses, under their names and with their layouts and conventions: a test makes a folder with the three names, all
//! links to it. It was written from ICICLE's headers, not from the backend, so that a misunderstanding of one is not one of
//! both. It computes with arkworks and knows one device, `CPU` 0.
//!
//! It is strict where ICICLE trusts its caller, or fails only on hardware of a certain kind:
//! - no device is active in a thread before `icicle_set_device`;
//! - addresses must lie in memory that `icicle_malloc` gave and `icicle_free` did not take, exactly where the configuration
//!   says "on device", and outside of it where it says "on host"; what was allocated holds garbage before it is written;
//! - numbers must be below their modulus and points on their curve;
//! - settings that the backend does not use are refused, not ignored.
//!
//! What ICICLE does that is easily forgotten, it does too: sums come back with Z ≠ 1, a second table of roots of unity is not
//! made while there is one, and the roots are those that it was given.
//!
//! [`faults::icicle_standin_fault`] makes it fail. A test that wants that loads a copy of the file: each has a state of its own.

mod curve;
pub mod faults;
mod field;
mod memory;
mod types;
