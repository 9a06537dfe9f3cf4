//! R1CS matrices: shape rules, hash, and evaluation at an assignment.

mod compact;

pub use compact::Matrix;

use ark_bn254::Fr;
use ark_ff::{BigInteger, FftField, PrimeField, Zero};
use blake2::{
    Blake2b,
    digest::{Digest, consts::U32},
};
use rayon::prelude::*;
use thiserror::Error;

/// Constraints `(A·z) ∘ (B·z) = C·z` over the columns `z = [1, instance.., witness..]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Matrices {
    /// Number of instance columns, the leading one included.
    pub num_instance: usize,
    /// Number of witness columns.
    pub num_witness: usize,
    /// Left factors.
    pub a: Matrix,
    /// Right factors.
    pub b: Matrix,
    /// Products.
    pub c: Matrix,
}

/// A defect of matrices.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum MatricesError {
    /// There is no column for the constant one.
    #[error("num_instance is 0; the first instance column is the constant one and must be there")]
    NoConstant,
    /// A, B and C have different numbers of rows.
    #[error("A, B and C have {a}, {b} and {c} rows; they must have equally many")]
    RowCounts {
        /// Rows of A.
        a: usize,
        /// Rows of B.
        b: usize,
        /// Rows of C.
        c: usize,
    },
    /// An entry lies in a column that does not exist.
    #[error(
        "matrix {matrix}, row {row}: column {column} does not exist, there are {columns} columns"
    )]
    Column {
        /// The matrix: `A`, `B` or `C`.
        matrix: char,
        /// Index of the row.
        row: usize,
        /// The column of the entry.
        column: usize,
        /// Number of columns.
        columns: usize,
    },
    /// The number is larger than the field's largest domain with a power of two.
    #[error("{what} is {found}; the limit of the field's radix-2 domain is {limit}")]
    TooLarge {
        /// The counted quantity.
        what: &'static str,
        /// The number.
        found: usize,
        /// The largest number allowed.
        limit: usize,
    },
}

/// `A·z`, `B·z` and `C·z`, padded to the size of the domain as the reduction needs them.
pub(crate) struct Rows {
    pub a: Vec<Fr>,
    pub b: Vec<Fr>,
    pub c: Vec<Fr>,
}

impl Matrices {
    /// Largest number of rows plus instance columns, and of columns: 2²⁸.
    pub const LIMIT: usize = 1 << <Fr as FftField>::TWO_ADICITY;

    /// Number of rows.
    pub fn num_constraints(&self) -> usize {
        self.a.len()
    }

    /// Number of columns.
    pub fn num_columns(&self) -> usize {
        self.num_instance + self.num_witness
    }

    /// Size of the evaluation domain: rows plus instance columns, rounded up to a power of two.
    ///
    /// The instance columns have a row each, which keeps their polynomials independent (libsnark's
    /// reduction; without it public inputs would be malleable).
    pub fn domain_size(&self) -> usize {
        domain_size(self.num_constraints(), self.num_instance)
    }

    /// Checks the rules on which everything else relies: numbers of rows, columns, sizes.
    pub(crate) fn validate(&self) -> Result<(), MatricesError> {
        if self.num_instance == 0 {
            return Err(MatricesError::NoConstant);
        }
        let [a, b, c] = self.each().map(|(_, matrix)| matrix.len());
        if a != b || a != c {
            return Err(MatricesError::RowCounts { a, b, c });
        }
        let limit = Self::LIMIT;
        let sizes = [
            (
                "num_instance + num_witness",
                self.num_instance.saturating_add(self.num_witness),
            ),
            (
                "constraints + num_instance",
                a.saturating_add(self.num_instance),
            ),
        ];
        for (what, found) in sizes {
            if found > limit {
                return Err(MatricesError::TooLarge { what, found, limit });
            }
        }
        let columns = self.num_columns();
        for (name, matrix) in self.each() {
            if let Some((row, column)) = matrix.outside(columns) {
                return Err(MatricesError::Column {
                    matrix: name,
                    row,
                    column,
                    columns,
                });
            }
        }
        Ok(())
    }

    fn each(&self) -> [(char, &Matrix); 3] {
        [('A', &self.a), ('B', &self.b), ('C', &self.c)]
    }

    /// BLAKE2b-256 over a tag, the dimensions and the hashes of A, B and C.
    ///
    /// A matrix is hashed row by row: the number of entries, then per entry the column and the
    /// coefficient. Integers are 64-bit, field elements 32 bytes below r, all little-endian.
    pub(crate) fn hash(&self) -> [u8; 32] {
        let hashes: Vec<[u8; 32]> = self
            .each()
            .par_iter()
            .map(|(_, matrix)| hash_matrix(matrix))
            .collect();
        let mut hasher = Blake2b::<U32>::new();
        hasher.update(b"clearproof r1cs v1");
        for length in [self.num_instance, self.num_witness, self.num_constraints()] {
            hasher.update((length as u64).to_le_bytes());
        }
        for hash in hashes {
            hasher.update(hash);
        }
        hasher.finalize().into()
    }

    /// Evaluates all rows in parallel. The error is the index of the first row that does not hold.
    ///
    /// The matrices must be valid, and the assignment must have one element per column.
    pub(crate) fn evaluate(&self, assignment: &[Fr]) -> Result<Rows, usize> {
        let (size, constraints) = (self.domain_size(), self.num_constraints());
        let product = |matrix: &Matrix| {
            let mut values = vec![Fr::zero(); size];
            values
                .par_iter_mut()
                .take(constraints)
                .enumerate()
                .for_each(|(row, value)| *value = matrix.dot(row, assignment));
            values
        };
        let (mut a, b, c) = (product(&self.a), product(&self.b), product(&self.c));
        if let Some(row) = (0..constraints)
            .into_par_iter()
            .find_first(|row| a[*row] * b[*row] != c[*row])
        {
            return Err(row);
        }
        a[constraints..constraints + self.num_instance]
            .copy_from_slice(&assignment[..self.num_instance]);
        Ok(Rows { a, b, c })
    }
}

/// Size of the evaluation domain of a circuit.
pub(crate) fn domain_size(constraints: usize, num_instance: usize) -> usize {
    (constraints + num_instance).next_power_of_two()
}

fn hash_matrix(matrix: &Matrix) -> [u8; 32] {
    let mut hasher = Blake2b::<U32>::new();
    for row in matrix.rows() {
        hasher.update((row.len() as u64).to_le_bytes());
        for (coefficient, column) in row {
            hasher.update((column as u64).to_le_bytes());
            hasher.update(coefficient.into_bigint().to_bytes_le());
        }
    }
    hasher.finalize().into()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use crate::testing::{edit, random_circuit, toy};
    use ark_ff::One;

    #[test]
    fn the_first_violated_row_is_named() {
        let (circuit, mut assignment) = random_circuit(1, 300, 1, 80);
        let matrices = circuit.matrices();
        assert!(matrices.evaluate(&assignment).is_ok());
        let column = matrices.num_instance + 17;
        assignment[column] += Fr::one();
        let first = (0..matrices.num_constraints())
            .find(|row| {
                let [a, b, c] =
                    [&matrices.a, &matrices.b, &matrices.c].map(|m| m.dot(*row, &assignment));
                a * b != c
            })
            .unwrap();
        assert_eq!(matrices.evaluate(&assignment).err(), Some(first));
    }

    #[test]
    fn the_hash_depends_on_every_part() {
        let (circuit, _) = toy();
        let base = circuit.matrices().clone();
        let changes: [fn(&mut Matrices); 7] = [
            |m| m.num_witness += 1,
            |m| {
                m.num_instance += 1;
                m.num_witness -= 1;
            },
            |m| edit(&mut m.a, |rows| rows[3][0].0 += Fr::one()),
            |m| edit(&mut m.b, |rows| rows[3][0].1 += 1),
            |m| edit(&mut m.c, |rows| rows[3].clear()),
            |m| std::mem::swap(&mut m.a, &mut m.c),
            |m| {
                edit(&mut m.a, |rows| {
                    let entry = rows[5].pop().unwrap();
                    rows[6].insert(0, entry);
                });
            },
        ];
        for (index, change) in changes.iter().enumerate() {
            let mut changed = base.clone();
            change(&mut changed);
            assert_ne!(changed.hash(), base.hash(), "change {index}");
        }
        assert_eq!(base.clone().hash(), base.hash());
    }

    #[test]
    fn malformed_matrices_are_refused() {
        let (circuit, _) = toy();
        let change = |change: fn(&mut Matrices)| {
            let mut matrices = circuit.matrices().clone();
            change(&mut matrices);
            matrices.validate()
        };
        assert_eq!(change(|_| ()), Ok(()));
        assert_eq!(
            change(|m| m.num_instance = 0),
            Err(MatricesError::NoConstant)
        );
        assert!(matches!(
            change(|m| edit(&mut m.b, |rows| drop(rows.pop()))),
            Err(MatricesError::RowCounts { .. })
        ));
        assert!(matches!(
            change(|m| {
                let columns = m.num_columns();
                edit(&mut m.c, |rows| rows[2][0].1 = columns);
            }),
            Err(MatricesError::Column {
                matrix: 'C',
                row: 2,
                ..
            })
        ));
        assert!(matches!(
            change(|m| m.num_witness = usize::MAX),
            Err(MatricesError::TooLarge {
                found: usize::MAX,
                ..
            })
        ));
    }
}
