//! `.wtns`: the value of each wire.

use super::{
    ExportError,
    binary::{ELEMENT, write},
    count,
};
use crate::circuit::Circuit;
use ark_bn254::Fr;
use ark_ff::{One, PrimeField};
use std::path::Path;

const FORMAT: &str = ".wtns";
const HEADER: u32 = 1;
const VALUES: u32 = 2;

/// Writes an assignment over all columns `[1, instance.., witness..]` to `path`. It is not checked
/// that the assignment satisfies the circuit. **The file is the secret that proofs hide.**
///
/// # Errors
/// [`ExportError`]
pub fn write_wtns(path: &Path, circuit: &Circuit, assignment: &[Fr]) -> Result<(), ExportError> {
    let (found, expected) = (assignment.len(), circuit.matrices().num_columns());
    if found != expected {
        return Err(ExportError::AssignmentLength { found, expected });
    }
    if !assignment[0].is_one() {
        return Err(ExportError::NoConstant);
    }
    let wires = count(FORMAT, "columns", found)?;
    write(path, b"wtns", 2, 2, |file| {
        file.section(HEADER, 4 + ELEMENT + 4)?;
        file.u32(ELEMENT as u32)?;
        file.limbs(&Fr::MODULUS.0)?;
        file.u32(wires)?;
        file.section(VALUES, u64::from(wires) * ELEMENT)?;
        assignment.iter().try_for_each(|value| file.scalar(value))
    })
}
