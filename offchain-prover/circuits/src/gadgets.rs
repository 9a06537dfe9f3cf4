//! Gadgets: one per file, each with its constraint count in a test and its soundness argument in
//! its documentation.
//!
//! Conventions. Widths are in bits. "Costs n" means n constraints when no input is constant.
//! Gadgets do not fail: an assignment that cannot be completed honestly breaks a row (see
//! [`crate::r1cs`]).

pub mod bits;
pub mod compare;
pub mod division;
pub mod eddsa;
pub mod edwards;
pub mod logic;
pub mod maximum;
pub mod merkle;
pub mod one_hot;
pub mod poseidon;
pub mod signed;

#[cfg(test)]
pub(crate) mod testing;
