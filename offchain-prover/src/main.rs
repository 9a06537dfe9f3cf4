//! Operator, prover, calculators and the command line.
fn main() {}
