//! A small R1CS builder over the scalar field of BN254.
//!
//! A general library is not used, for this reason: a circuit is run once with [`Cs::recording`] to
//! obtain its matrices and then, for each proof, with [`Cs::witness_only`], which computes values
//! and skips linear combinations altogether. Both modes allocate exactly the same variables,
//! because the shape of a circuit never depends on values: that a [`Num`] is a constant is part of
//! its form and is known in both.
//!
//! Columns are ordered `[1, instance.., witness..]`, as arkworks' Groth16 expects them. Inputs may
//! be allocated at any time; [`Cs::finish`] puts them in their place.
//!
//! Gadgets never fail while they build: a value that breaks a rule gives an assignment that breaks
//! a row, and [`Cs::finish`] names the first such row and the part of the circuit that it belongs
//! to.

mod builder;
mod matrices;
mod mutation;
mod num;

pub use builder::{Cs, Synthesized};
pub use matrices::{CheckError, Matrices, RowViolated, check};
pub use mutation::mutations;
pub use num::{Bit, Num, Sum};

#[cfg(test)]
mod tests;
