//! Circuits, assignments, keys and proofs in the formats of circom's tools. Other provers can be
//! given the same work, and other verifiers the same proofs.
//!
//! - [`write_r1cs`]: the constraints, `.r1cs` version 1
//!   (<https://github.com/iden3/r1csfile/blob/master/doc/r1cs_bin_format.md>).
//! - [`write_wtns`]: an assignment, `.wtns` version 2.
//! - [`write_zkey`]: a proving key for Groth16, `.zkey` version 1, for snarkjs and rapidsnark.
//! - [`verifying_key_json`], [`proof_json`] and [`inputs_json`]: the arguments of `snarkjs groth16
//!   verify`.
//!
//! Columns keep their places: wire 0 is the constant one, then come the public inputs, then the
//! witness. Each file appears completely or not at all.

mod binary;
mod coset;
mod json;
mod r1cs;
#[cfg(test)]
mod tests;
mod wtns;
mod zkey;

pub use json::{inputs_json, proof_json, verifying_key_json, write_json};
pub use r1cs::write_r1cs;
pub use wtns::write_wtns;
pub use zkey::write_zkey;

use crate::{circuit::CircuitId, matrices::Matrix};
use ark_bn254::Fr;
use ark_ff::Zero;
use std::{io, path::PathBuf};
use thiserror::Error;

/// The reason why nothing was exported.
#[derive(Debug, Error)]
pub enum ExportError {
    /// The file or its folder cannot be written.
    #[error("{path}: {source}")]
    Io {
        /// The file.
        path: PathBuf,
        /// The system's error.
        source: io::Error,
    },
    /// The key is for another circuit.
    #[error("the key is for circuit {key}, the matrices are those of {circuit}")]
    Circuit {
        /// The key's circuit.
        key: Box<CircuitId>,
        /// The circuit to export.
        circuit: Box<CircuitId>,
    },
    /// A list of points of the key does not fit the circuit.
    #[error(
        "the key's {query} has {found} points, the circuit takes {expected}; make the key again"
    )]
    Query {
        /// Name of the list.
        query: &'static str,
        /// Points in it.
        found: usize,
        /// Points that it must have.
        expected: usize,
    },
    /// The assignment does not have one element per column.
    #[error("the assignment has {found} elements, the circuit has {expected} columns")]
    AssignmentLength {
        /// Elements given.
        found: usize,
        /// Columns.
        expected: usize,
    },
    /// Element 0 of the assignment is the constant one.
    #[error("element 0 of the assignment must be 1")]
    NoConstant,
    /// The number is too large for the format.
    #[error("{what}: there are {found}, the format of {format} files takes {limit}")]
    TooLarge {
        /// The format.
        format: &'static str,
        /// The counted quantity.
        what: &'static str,
        /// The number.
        found: u64,
        /// The largest number allowed.
        limit: u64,
    },
}

/// `found` as the 32-bit count that the format uses for it.
fn count(format: &'static str, what: &'static str, found: usize) -> Result<u32, ExportError> {
    u32::try_from(found).map_err(|_| ExportError::TooLarge {
        format,
        what,
        found: found as u64,
        limit: u32::MAX.into(),
    })
}

/// The rows of a matrix, each with its columns in ascending order and no column twice. Readers of
/// these formats keep a row as a map, in which a second coefficient would replace the first one
/// instead of being added to it.
fn rows(matrix: &Matrix) -> impl Iterator<Item = Vec<(Fr, usize)>> + '_ {
    matrix.rows().map(merged)
}

fn merged(row: impl Iterator<Item = (Fr, usize)>) -> Vec<(Fr, usize)> {
    let mut row: Vec<_> = row.collect();
    row.sort_by_key(|(_, column)| *column);
    row.dedup_by(|next, kept| {
        let same = next.1 == kept.1;
        if same {
            kept.0 += next.0;
        }
        same
    });
    row.retain(|(coefficient, _)| !coefficient.is_zero());
    row
}
