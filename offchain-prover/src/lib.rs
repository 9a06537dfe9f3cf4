//! Operator, prover, calculators and the command line.
