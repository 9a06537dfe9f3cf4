//! Operator, prover and command line of a Clearproof venue.

pub mod chain;
pub mod proving;
