//! The calculators: questions on standard input, answers on standard output.

use anyhow::Result;
use clearproof_tools::calculators::lines;
use serde::{Serialize, de::DeserializeOwned};
use std::io::{stdin, stdout};

/// Answers until the input ends.
pub fn run<Q: DeserializeOwned, A: Serialize>(
    answer: impl Fn(Q) -> Result<A, String>,
) -> Result<()> {
    Ok(lines::each(stdin().lock(), stdout().lock(), answer)?)
}
