//! Generates Poseidon's constants as the reference does: Grain LFSR, Cauchy matrix, the sparse
//! form, the recurrence.
//!
//! Source: the Poseidon paper, appendix F (Grain in self-shrinking mode) and B (sparse matrices).

mod recurrence;

use super::FULL_ROUNDS;
use crate::field::Fr;
use alloc::{vec, vec::Vec};
use ark_ff::{BigInt, BigInteger, Field, PrimeField, Zero};

const FIELD_BITS: usize = 254;

/// The 80-bit generator.
struct Grain([bool; 80], usize);

impl Grain {
    fn new(width: usize, partial_rounds: usize) -> Self {
        let mut state = [true; 80];
        let mut at = 0;
        let settings = [
            (1, 2),
            (0, 4),
            (FIELD_BITS, 12),
            (width, 12),
            (FULL_ROUNDS, 10),
            (partial_rounds, 10),
        ];
        for (value, bits) in settings {
            for bit in (0..bits).rev() {
                state[at] = value >> bit & 1 == 1;
                at += 1;
            }
        }
        let mut grain = Self(state, 0);
        for _ in 0..160 {
            grain.step();
        }
        grain
    }

    fn step(&mut self) -> bool {
        let bit = [62, 51, 38, 23, 13, 0]
            .iter()
            .fold(false, |sum, tap| sum ^ self.0[(self.1 + tap) % 80]);
        self.0[self.1] = bit;
        self.1 = (self.1 + 1) % 80;
        bit
    }

    /// The next bit of the self-shrinking mode: a pair's second bit counts only if its first is
    /// set.
    fn bit(&mut self) -> bool {
        while !self.step() {
            self.step();
        }
        self.step()
    }

    fn integer(&mut self) -> BigInt<4> {
        let bits: Vec<_> = (0..FIELD_BITS).map(|_| self.bit()).collect();
        BigInt::from_bits_be(&bits)
    }

    /// An element by rejection: integers of r or more are skipped.
    fn element(&mut self) -> Fr {
        loop {
            if let Some(element) = Fr::from_bigint(self.integer()) {
                return element;
            }
        }
    }

    /// An element by reduction modulo r.
    fn reduced(&mut self) -> Fr {
        Fr::from_le_bytes_mod_order(&self.integer().to_bytes_le())
    }
}

type Matrix = Vec<Vec<Fr>>;

fn multiply(a: &Matrix, b: &Matrix) -> Matrix {
    let column = |row: &[Fr], j: usize| row.iter().zip(b).map(|(x, other)| *x * other[j]).sum();
    a.iter()
        .map(|row| (0..b[0].len()).map(|j| column(row, j)).collect())
        .collect()
}

fn apply(matrix: &Matrix, vector: &[Fr]) -> Vec<Fr> {
    matrix
        .iter()
        .map(|row| row.iter().zip(vector).map(|(m, x)| *m * x).sum())
        .collect()
}

/// Inverse by Gauss–Jordan elimination; `None` for a singular matrix.
fn inverse(matrix: &Matrix) -> Option<Matrix> {
    let n = matrix.len();
    let identity = |i: usize, j: usize| Fr::from((i == j) as u64);
    let extended = |(i, row): (usize, &Vec<Fr>)| {
        row.iter()
            .copied()
            .chain((0..n).map(|j| identity(i, j)))
            .collect()
    };
    let mut rows: Matrix = matrix.iter().enumerate().map(extended).collect();
    for column in 0..n {
        let pivot = (column..n).find(|i| !rows[*i][column].is_zero())?;
        rows.swap(column, pivot);
        let scale = rows[column][column].inverse()?;
        rows[column].iter_mut().for_each(|x| *x *= scale);
        let pivot_row = rows[column].clone();
        for (_, row) in rows.iter_mut().enumerate().filter(|(i, _)| *i != column) {
            let factor = row[column];
            row.iter_mut()
                .zip(&pivot_row)
                .for_each(|(x, p)| *x -= factor * p);
        }
    }
    Some(rows.into_iter().map(|row| row[n..].to_vec()).collect())
}

/// All constants of an instance in the order of the committed files: plain constants, matrix,
/// pre-sparse matrix, partial constants, sparse matrices, last constants, the partial rounds'
/// recurrence. `None` if a matrix is singular, which no committed width has.
pub fn generate(width: usize, partial_rounds: usize) -> Option<Vec<Fr>> {
    let mut grain = Grain::new(width, partial_rounds);
    let constants: Vec<_> = (0..(FULL_ROUNDS + partial_rounds) * width)
        .map(|_| grain.element())
        .collect();
    let points: Vec<_> = (0..2 * width).map(|_| grain.reduced()).collect();
    let (xs, ys) = points.split_at(width);
    let mds: Matrix = xs
        .iter()
        .map(|x| {
            ys.iter()
                .map(|y| (*x + y).inverse())
                .collect::<Option<Vec<_>>>()
        })
        .collect::<Option<_>>()?;

    // From the last partial round to the first, M = sparse · diag(1, M̂); diag commutes with the
    // partial S-box and joins the matrix of the round before.
    let mut current = mds.clone();
    let mut rounds = Vec::with_capacity(partial_rounds);
    for _ in 0..partial_rounds {
        let hat: Matrix = current[1..].iter().map(|row| row[1..].to_vec()).collect();
        let hat_inverse = inverse(&hat)?;
        let row = multiply(&vec![current[0][1..].to_vec()], &hat_inverse).remove(0);
        let first_row: Vec<_> = [current[0][0]].into_iter().chain(row).collect();
        let column: Vec<_> = current[1..].iter().map(|r| r[0]).collect();
        rounds.push((first_row, column, hat.clone()));
        let lower = multiply(&hat, &mds[1..].to_vec());
        current = [mds[0].clone()].into_iter().chain(lower).collect();
    }
    rounds.reverse();

    // Constants of the elements without S-box move through the sparse matrix into the next round.
    let half = FULL_ROUNDS / 2;
    let mut carry = vec![Fr::zero(); width];
    let mut partial_constants = Vec::with_capacity(partial_rounds);
    for (i, (_, column, hat)) in rounds.iter().enumerate() {
        let plain = &constants[(half + i) * width..(half + i + 1) * width];
        let moved = apply(hat, &plain[1..]);
        partial_constants.push(plain[0] + carry[0]);
        let rest: Vec<_> = moved.iter().zip(&carry[1..]).map(|(m, c)| *m + c).collect();
        let first = rounds[i].0[1..]
            .iter()
            .zip(&rest)
            .map(|(m, x)| *m * x)
            .sum();
        debug_assert_eq!(column.len(), rest.len());
        carry = [first].into_iter().chain(rest).collect();
    }
    let last = constants[(half + partial_rounds) * width..].to_vec();
    let last = last
        .iter()
        .enumerate()
        .map(|(i, c)| if i < width { *c + carry[i] } else { *c });

    let mut out = constants;
    out.extend(mds.iter().flatten());
    out.extend(current.iter().flatten());
    out.extend(partial_constants);
    out.extend(
        rounds
            .iter()
            .flat_map(|(row, column, _)| row.iter().chain(column)),
    );
    out.extend(last);
    out.extend(recurrence::generate(&mds)?);
    Some(out)
}

/// The bytes of a committed file: Montgomery limbs, little-endian.
pub fn to_bytes(elements: &[Fr]) -> Vec<u8> {
    elements
        .iter()
        .flat_map(|e| e.0.0)
        .flat_map(u64::to_le_bytes)
        .collect()
}
