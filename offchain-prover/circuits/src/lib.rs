//! R1CS gadgets and the two circuits: the chunk of account steps, and the closing proof.

pub mod gadgets;
pub mod r1cs;
