//! What every backend is tested for.

pub mod arithmetic;
pub mod proofs;
