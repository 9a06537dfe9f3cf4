//! One matrix: compressed rows, in which each different coefficient is stored once.
//!
//! An entry takes eight bytes instead of the forty of a coefficient and a column. Circuits have few
//! different coefficients, and most entries are one or minus one, for which no multiplication is
//! needed.

use ark_bn254::Fr;
use ark_ff::{One, Zero};
use std::{collections::HashMap, fmt};

/// Rows of `(coefficient, column)`; columns are `[1, instance.., witness..]`.
#[derive(Clone, PartialEq, Eq)]
pub struct Matrix {
    /// The index of each row's first entry, and at the end the number of entries.
    starts: Vec<usize>,
    entries: Vec<Entry>,
    /// One, minus one, then the others in the order of their first appearance.
    coefficients: Vec<Fr>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
struct Entry {
    coefficient: u32,
    column: u32,
}

const ONE: u32 = 0;
const MINUS_ONE: u32 = 1;

impl Matrix {
    /// Makes a matrix from its rows. Columns of 2³² − 1 and above become 2³² − 1, which no circuit
    /// has.
    ///
    /// # Panics
    /// If there are 2³² different coefficients, for which no machine has the memory.
    #[expect(clippy::expect_used, reason = "each message states why it holds")]
    pub fn from_rows<R>(rows: impl IntoIterator<Item = R>) -> Self
    where
        R: IntoIterator<Item = (Fr, usize)>,
    {
        let mut coefficients = vec![Fr::one(), -Fr::one()];
        let mut places: HashMap<Fr, u32> = (0..).zip(&coefficients).map(|(i, c)| (*c, i)).collect();
        let (mut starts, mut entries) = (vec![0], Vec::new());
        for row in rows {
            for (value, column) in row {
                let coefficient = *places.entry(value).or_insert_with(|| {
                    coefficients.push(value);
                    (coefficients.len() - 1)
                        .try_into()
                        .expect("fewer than 2^32 coefficients")
                });
                let column = column.try_into().unwrap_or(u32::MAX);
                entries.push(Entry {
                    coefficient,
                    column,
                });
            }
            starts.push(entries.len());
        }
        entries.shrink_to_fit();
        Self {
            starts,
            entries,
            coefficients,
        }
    }

    /// Number of rows.
    pub fn len(&self) -> usize {
        self.starts.len() - 1
    }

    /// True if there are no rows.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Number of entries.
    pub fn num_entries(&self) -> usize {
        self.entries.len()
    }

    /// The entries of a row; none if there is no such row.
    pub fn row(&self, row: usize) -> impl ExactSizeIterator<Item = (Fr, usize)> + Clone + '_ {
        self.entries(row).iter().map(|entry| {
            let coefficient = self.coefficients[entry.coefficient as usize];
            (coefficient, entry.column as usize)
        })
    }

    /// All rows.
    pub fn rows(
        &self,
    ) -> impl ExactSizeIterator<Item = impl ExactSizeIterator<Item = (Fr, usize)> + Clone + '_> + '_
    {
        (0..self.len()).map(|row| self.row(row))
    }

    /// The rows as lists, in arkworks' form.
    pub fn to_rows(&self) -> Vec<Vec<(Fr, usize)>> {
        self.rows().map(Iterator::collect).collect()
    }

    fn entries(&self, row: usize) -> &[Entry] {
        match (self.starts.get(row), self.starts.get(row + 1)) {
            (Some(start), Some(end)) => &self.entries[*start..*end],
            _ => &[],
        }
    }

    /// The row and column of the first entry in a column that is not below `columns`.
    pub(super) fn outside(&self, columns: usize) -> Option<(usize, usize)> {
        let place = self
            .entries
            .iter()
            .position(|entry| entry.column as usize >= columns)?;
        let row = self.starts.partition_point(|start| *start <= place) - 1;
        Some((row, self.entries[place].column as usize))
    }

    /// The product of a row with the assignment, which has all columns.
    pub(super) fn dot(&self, row: usize, assignment: &[Fr]) -> Fr {
        let mut sum = Fr::zero();
        for entry in self.entries(row) {
            let value = assignment[entry.column as usize];
            match entry.coefficient {
                ONE => sum += value,
                MINUS_ONE => sum -= value,
                other => sum += value * self.coefficients[other as usize],
            }
        }
        sum
    }
}

impl From<Vec<Vec<(Fr, usize)>>> for Matrix {
    fn from(rows: Vec<Vec<(Fr, usize)>>) -> Self {
        Self::from_rows(rows)
    }
}

impl fmt::Debug for Matrix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "matrix of {} rows, {} entries, {} coefficients",
            self.len(),
            self.num_entries(),
            self.coefficients.len()
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_come_back() {
        let [one, two] = [1u64, 2].map(Fr::from);
        let rows = vec![
            vec![(one, 3), (-one, 0), (two, 7)],
            vec![],
            vec![(two, 1), (Fr::zero(), 2)],
        ];
        let matrix = Matrix::from(rows.clone());
        assert_eq!(matrix.to_rows(), rows);
        assert_eq!((matrix.len(), matrix.num_entries()), (3, 5));
        assert_eq!(matrix.row(3).len(), 0);
        assert_eq!(matrix.coefficients.len(), 4);
        assert!(Matrix::from(Vec::new()).is_empty());
    }

    #[test]
    fn the_first_entry_outside_is_found() {
        let one = Fr::one();
        let matrix = Matrix::from(vec![
            vec![(one, 1)],
            vec![],
            vec![(one, 0), (one, 5)],
            vec![(one, usize::MAX)],
        ]);
        assert_eq!(matrix.outside(5), Some((2, 5)));
        assert_eq!(matrix.outside(6), Some((3, u32::MAX as usize)));
        assert_eq!(matrix.outside(usize::MAX), None);
    }

    #[test]
    fn products_are_those_of_the_entries() {
        let values: Vec<Fr> = [1u64, 10, 100, 1000].map(Fr::from).to_vec();
        let [one, two] = [1u64, 2].map(Fr::from);
        let matrix = Matrix::from(vec![vec![(one, 1), (-one, 0), (two, 3)], vec![]]);
        assert_eq!(matrix.dot(0, &values), Fr::from(2009u64));
        assert_eq!(matrix.dot(1, &values), Fr::zero());
    }
}
