//! Recorded matrices, and checking an assignment against them.

use ark_bn254::Fr;
use ark_ff::Zero;
use thiserror::Error;

/// The three matrices over the columns `[1, instance.., witness..]`, row by row as
/// `(coefficient, column)`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Matrices {
    /// Left factors.
    pub a: Vec<Vec<(Fr, usize)>>,
    /// Right factors.
    pub b: Vec<Vec<(Fr, usize)>>,
    /// Products.
    pub c: Vec<Vec<(Fr, usize)>>,
    /// Number of instance columns, the leading one included.
    pub num_instance: usize,
    /// Number of witness columns.
    pub num_witness: usize,
    /// For each row, the index of its part in `part_names`.
    pub row_parts: Vec<u32>,
    /// Paths of the parts; index 0 is the empty path.
    pub part_names: Vec<String>,
}

/// A constraint does not hold.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[error("constraint {row} does not hold, in part '{part}'")]
pub struct RowViolated {
    /// Index of the row.
    pub row: usize,
    /// Path of the part that it belongs to.
    pub part: String,
}

/// The reason that an assignment is refused.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum CheckError {
    /// The assignment does not fit the matrices.
    #[error("the assignment has {found} {what}, the matrices have {expected}")]
    Length {
        /// The counted columns: inputs or witnesses.
        what: &'static str,
        /// Their number in the assignment.
        found: usize,
        /// Their number in the matrices.
        expected: usize,
    },
    /// A row is violated.
    #[error(transparent)]
    Row(#[from] RowViolated),
}

impl Matrices {
    /// Number of rows.
    pub fn num_constraints(&self) -> usize {
        self.a.len()
    }

    /// Number of non-zero entries of A, B and C.
    pub fn num_non_zero(&self) -> [usize; 3] {
        [&self.a, &self.b, &self.c].map(|matrix| matrix.iter().map(Vec::len).sum())
    }

    /// The path of the part that a row belongs to.
    pub fn part_of(&self, row: usize) -> &str {
        self.row_parts
            .get(row)
            .and_then(|part| self.part_names.get(*part as usize))
            .map_or("", String::as_str)
    }

    /// The assignment over all columns, if it has the right length. `instance` is without the
    /// leading one.
    pub(super) fn columns(&self, instance: &[Fr], witness: &[Fr]) -> Result<Vec<Fr>, CheckError> {
        let length = |what, found, expected| {
            if found == expected {
                Ok(())
            } else {
                Err(CheckError::Length {
                    what,
                    found,
                    expected,
                })
            }
        };
        length("inputs", instance.len() + 1, self.num_instance)?;
        length("witnesses", witness.len(), self.num_witness)?;
        let mut all = Vec::with_capacity(self.num_instance + self.num_witness);
        all.push(Fr::from(1u64));
        all.extend_from_slice(instance);
        all.extend_from_slice(witness);
        Ok(all)
    }
}

/// The value of one row.
pub(super) fn evaluate(row: &[(Fr, usize)], assignment: &[Fr]) -> Fr {
    row.iter().fold(Fr::zero(), |sum, (coefficient, column)| {
        sum + *coefficient * assignment[*column]
    })
}

/// Checks every row. `instance` is without the leading one.
pub fn check(matrices: &Matrices, instance: &[Fr], witness: &[Fr]) -> Result<(), CheckError> {
    let assignment = matrices.columns(instance, witness)?;
    for row in 0..matrices.num_constraints() {
        let [a, b, c] =
            [&matrices.a, &matrices.b, &matrices.c].map(|m| evaluate(&m[row], &assignment));
        if a * b != c {
            return Err(RowViolated {
                row,
                part: matrices.part_of(row).into(),
            }
            .into());
        }
    }
    Ok(())
}
