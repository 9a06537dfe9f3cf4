//! `price`: options on standard input, their values on standard output.

use anyhow::Result;
use clearproof_prover::calculators::{lines, price};
use std::io::{stdin, stdout};

/// Answers until the input ends.
pub fn run() -> Result<()> {
    Ok(lines::each(stdin().lock(), stdout().lock(), price::answer)?)
}
