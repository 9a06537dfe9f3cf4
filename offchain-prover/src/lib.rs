//! Operator, prover and command line of a Clearproof venue.

pub mod proving;
