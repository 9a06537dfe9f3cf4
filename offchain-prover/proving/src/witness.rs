//! The witness of one proof.

use anyhow::Result;
use clearproof_circuits::r1cs::Cs;
use clearproof_primitives::field::Fr;
use std::time::{Duration, Instant};

/// An assignment, ready to be proven.
pub(crate) struct Witness {
    pub circuit: &'static str,
    /// Name in errors.
    pub name: String,
    pub assignment: Vec<Fr>,
    /// Time to compute it.
    pub took: Duration,
}

impl Witness {
    /// Computes the assignment of a circuit.
    pub fn compute<E: std::error::Error + Send + Sync + 'static>(
        circuit: &'static str,
        build: impl FnOnce(&mut Cs) -> Result<(), E>,
    ) -> Result<Self> {
        let started = Instant::now();
        let mut cs = Cs::witness_only();
        build(&mut cs)?;
        let done = cs
            .finish()
            .map_err(|row| anyhow::anyhow!("{circuit}: the witness breaks a rule: {row}"))?;
        Ok(Self {
            circuit,
            name: circuit.to_owned(),
            assignment: done.assignment(),
            took: started.elapsed(),
        })
    }

    /// Returns the witness with another name in errors.
    pub fn called(self, name: String) -> Self {
        Self { name, ..self }
    }
}
