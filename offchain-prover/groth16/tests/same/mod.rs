//! Tests for every backend.

pub mod arithmetic;
pub mod proofs;
