//! `.zkey`: a key, with the rows of A and B from which snarkjs computes the quotient.
//!
//! Points are in Montgomery form. Three things differ from our keys:
//! - The points of the quotient: see [`super::coset`].
//! - C is left out: on the subgroup the values of `C·z` are the products of those of `A·z` and
//!   `B·z`. The instance columns' rows, which our matrices imply, are rows of A after the
//!   constraints here.
//! - Coefficients are multiplied by 2⁵¹² modulo r. Their Montgomery product with a value that is
//!   not in Montgomery form is in Montgomery form.

use super::{
    ExportError,
    binary::{ELEMENT, G1, G2, Sections, write},
    coset, count, rows,
};
use crate::{
    circuit::Circuit,
    key::ProvingKey,
    matrices::Matrices,
    progress::{Phase, Progress},
};
use ark_bn254::{Bn254, Fq, Fr};
use ark_ff::{FftField, One, PrimeField};
use ark_groth16::ProvingKey as ArkworksKey;
use std::{io, path::Path};

const FORMAT: &str = ".zkey";
const PROTOCOL: u32 = 1;
const HEADER: u32 = 2;
const IC: u32 = 3;
const COEFFICIENTS: u32 = 4;
const A: u32 = 5;
const B_G1: u32 = 6;
const B_G2: u32 = 7;
const L: u32 = 8;
const H: u32 = 9;
const CONTRIBUTIONS: u32 = 10;

const GROTH16: u32 = 1;
/// Matrix, row, column, coefficient.
const COEFFICIENT: u64 = 3 * 4 + ELEMENT;
/// Hash of the circuit, number of contributions.
const CONTRIBUTION_HEADER: u64 = 64 + 4;
/// Points between two reports of progress.
const CHUNK: usize = 1 << 13;

/// Writes a key, and the part of its circuit that a prover needs, to `path`.
///
/// The points of the quotient are first converted to another basis, which takes minutes for large
/// circuits. The file has no contribution of a ceremony, so `snarkjs zkey verify` has nothing to
/// check. Proving and exporting the verifying key work.
///
/// # Errors
/// [`ExportError`]
pub fn write_zkey(
    path: &Path,
    circuit: &Circuit,
    key: &ProvingKey,
    progress: &dyn Progress,
) -> Result<(), ExportError> {
    check_circuit(circuit, key)?;
    let matrices = circuit.matrices();
    let points = &key.to_arkworks();
    check_queries(matrices, points)?;
    let (instance, domain) = (matrices.num_instance, matrices.domain_size());
    let entries = [&matrices.a, &matrices.b]
        .into_iter()
        .flat_map(rows)
        .map(|row| row.len())
        .sum::<usize>()
        + instance;
    let entries = count(FORMAT, "entries of A and B", entries)?;

    let h = coset::points(&points.h_query, domain, progress);
    let total = instance + 3 * matrices.num_columns() + matrices.num_witness + domain;
    progress.begin(Phase::Write, total as u64);
    write(path, b"zkey", 1, 10, |file| {
        file.section(PROTOCOL, 4)?;
        file.u32(GROTH16)?;
        header(file, matrices, points)?;

        let vk = &points.vk;
        list(file, IC, G1, &vk.gamma_abc_g1, Sections::g1, progress)?;
        coefficients(file, circuit, entries)?;
        list(file, A, G1, &points.a_query, Sections::g1, progress)?;
        list(file, B_G1, G1, &points.b_g1_query, Sections::g1, progress)?;
        list(file, B_G2, G2, &points.b_g2_query, Sections::g2, progress)?;
        list(file, L, G1, &points.l_query, Sections::g1, progress)?;
        list(file, H, G1, &h, Sections::g1, progress)?;

        file.section(CONTRIBUTIONS, CONTRIBUTION_HEADER)?;
        file.bytes(circuit.id().hash())?;
        file.bytes(&[0; 32])?;
        file.u32(0)
    })?;
    progress.end();
    Ok(())
}

/// Refuses a key of another circuit, and circuits that are too large.
fn check_circuit(circuit: &Circuit, key: &ProvingKey) -> Result<(), ExportError> {
    if key.id() != circuit.id() {
        return Err(ExportError::Circuit {
            key: Box::new(key.id().clone()),
            circuit: Box::new(circuit.id().clone()),
        });
    }
    let domain = circuit.matrices().domain_size();
    // The coset needs a root of unity of twice the domain's order.
    let limit = 1 << (Fr::TWO_ADICITY - 1);
    if domain > limit {
        return Err(ExportError::TooLarge {
            format: FORMAT,
            what: "constraints and public inputs, rounded up to a power of two",
            found: domain as u64,
            limit: limit as u64,
        });
    }
    Ok(())
}

/// Refuses a key that does not have all points.
fn check_queries(matrices: &Matrices, points: &ArkworksKey<Bn254>) -> Result<(), ExportError> {
    let (instance, domain) = (matrices.num_instance, matrices.domain_size());
    let (columns, witness) = (matrices.num_columns(), matrices.num_witness);
    for (query, found, expected) in [
        ("gamma_abc_g1", points.vk.gamma_abc_g1.len(), instance),
        ("a_query", points.a_query.len(), columns),
        ("b_g1_query", points.b_g1_query.len(), columns),
        ("b_g2_query", points.b_g2_query.len(), columns),
        ("l_query", points.l_query.len(), witness),
        ("h_query", points.h_query.len(), domain - 1),
    ] {
        if found != expected {
            return Err(ExportError::Query {
                query,
                found,
                expected,
            });
        }
    }
    Ok(())
}

/// Moduli, dimensions and the points of the verifying key.
fn header(
    file: &mut Sections<'_>,
    matrices: &Matrices,
    points: &ArkworksKey<Bn254>,
) -> io::Result<()> {
    file.section(HEADER, 2 * (4 + ELEMENT) + 3 * 4 + 3 * G1 + 3 * G2)?;
    for modulus in [&Fq::MODULUS, &Fr::MODULUS] {
        file.u32(ELEMENT as u32)?;
        file.limbs(&modulus.0)?;
    }
    // All three are below 2^28, since larger circuits are refused.
    file.u32(matrices.num_columns() as u32)?;
    file.u32((matrices.num_instance - 1) as u32)?;
    file.u32(matrices.domain_size() as u32)?;
    let vk = &points.vk;
    file.g1(&(&vk.alpha_g1).into())?;
    file.g1(&(&points.beta_g1).into())?;
    file.g2(&(&vk.beta_g2).into())?;
    file.g2(&(&vk.gamma_g2).into())?;
    file.g1(&(&points.delta_g1).into())?;
    file.g2(&(&vk.delta_g2).into())
}

/// A section of points of `bytes` bytes each.
fn list<'a, 'f, P: 'a, Q: From<&'a P>>(
    file: &mut Sections<'f>,
    number: u32,
    bytes: u64,
    points: &'a [P],
    put: fn(&mut Sections<'f>, &Q) -> io::Result<()>,
    progress: &dyn Progress,
) -> io::Result<()> {
    file.section(number, points.len() as u64 * bytes)?;
    for chunk in points.chunks(CHUNK) {
        for point in chunk {
            put(file, &Q::from(point))?;
        }
        progress.advance(chunk.len() as u64);
    }
    Ok(())
}

/// The entries of A and B, row by row.
fn coefficients(file: &mut Sections<'_>, circuit: &Circuit, entries: u32) -> io::Result<()> {
    let matrices = circuit.matrices();
    let constraints = matrices.num_constraints();
    file.section(COEFFICIENTS, 4 + u64::from(entries) * COEFFICIENT)?;
    file.u32(entries)?;
    let mut entry = |matrix: u32, row: usize, column: usize, coefficient: &Fr| {
        file.u32(matrix)?;
        // Rows and columns are below 2^28.
        file.u32(row as u32)?;
        file.u32(column as u32)?;
        // The limbs are the coefficient times 2^256. Read as a scalar, they are multiplied by 2^256
        // once more.
        let doubly = Fr::from_bigint(coefficient.0).unwrap_or_default();
        file.limbs(&doubly.0.0)
    };
    for (row, (a, b)) in rows(&matrices.a).zip(rows(&matrices.b)).enumerate() {
        for (matrix, columns) in [(0, a), (1, b)] {
            for (coefficient, column) in columns {
                entry(matrix, row, column, &coefficient)?;
            }
        }
    }
    (0..matrices.num_instance)
        .try_for_each(|column| entry(0, constraints + column, column, &Fr::one()))
}
