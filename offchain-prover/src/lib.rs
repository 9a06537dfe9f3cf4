//! Operator, prover and command line of a Clearproof venue.

pub mod calculators;
pub mod chain;
pub mod demo;
pub mod feed;
pub mod operator;
pub mod policy;
pub mod proving;
pub mod replay;
pub mod trader;
