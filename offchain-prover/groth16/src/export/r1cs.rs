//! `.r1cs`: header, constraints, and the label of each wire.

use super::{
    ExportError,
    binary::{ELEMENT, write},
    count, rows,
};
use crate::{circuit::Circuit, matrices::Matrix};
use ark_bn254::Fr;
use ark_ff::PrimeField;
use std::path::Path;

const FORMAT: &str = ".r1cs";
const HEADER: u32 = 1;
const CONSTRAINTS: u32 = 2;
const LABELS: u32 = 3;

/// Writes a circuit's constraints to `path`.
///
/// All instance columns are public inputs. No column is an output, and no witness column is called
/// an input: circom's distinction concerns the arguments of a program that computes witnesses.
///
/// # Errors
/// [`ExportError`]
pub fn write_r1cs(path: &Path, circuit: &Circuit) -> Result<(), ExportError> {
    let matrices = circuit.matrices();
    let wires = count(FORMAT, "columns", matrices.num_columns())?;
    let constraints = count(FORMAT, "constraints", matrices.num_constraints())?;
    let inputs = count(FORMAT, "public inputs", matrices.num_instance - 1)?;
    let each = [&matrices.a, &matrices.b, &matrices.c];
    let entries: u64 = each.into_iter().map(entries).sum();
    let bytes = u64::from(constraints) * 3 * 4 + entries * (4 + ELEMENT);

    write(path, b"r1cs", 1, 3, |file| {
        file.section(HEADER, 4 + ELEMENT + 4 * 4 + 8 + 4)?;
        file.u32(ELEMENT as u32)?;
        file.limbs(&Fr::MODULUS.0)?;
        file.u32(wires)?;
        file.u32(0)?;
        file.u32(inputs)?;
        file.u32(0)?;
        file.u64(wires.into())?;
        file.u32(constraints)?;

        file.section(CONSTRAINTS, bytes)?;
        let [a, b, c] = each.map(rows);
        for ((a, b), c) in a.zip(b).zip(c) {
            for row in [a, b, c] {
                // Rows have at most as many entries as there are columns, whose number was checked.
                file.u32(row.len() as u32)?;
                for (coefficient, column) in row {
                    file.u32(column as u32)?;
                    file.scalar(&coefficient)?;
                }
            }
        }

        file.section(LABELS, u64::from(wires) * 8)?;
        (0..u64::from(wires)).try_for_each(|label| file.u64(label))
    })
}

fn entries(matrix: &Matrix) -> u64 {
    rows(matrix).map(|row| row.len() as u64).sum()
}
