//! The columns' polynomials at the secret point, and the values that the key takes from them.

use super::secrets::Secrets;
use crate::matrices::{Matrices, Matrix};
use ark_bn254::Fr;
use ark_ff::{Field, Zero, batch_inversion};
use ark_poly::{EvaluationDomain, Radix2EvaluationDomain};
use rayon::prelude::*;

/// Scalars whose multiples of a generator are in the key.
pub(super) struct Queries {
    /// u(τ) per column.
    pub a: Vec<Fr>,
    /// v(τ) per column.
    pub b: Vec<Fr>,
    /// (β·u(τ) + α·v(τ) + w(τ)) / δ per witness column.
    pub l: Vec<Fr>,
    /// (β·u(τ) + α·v(τ) + w(τ)) / γ per instance column.
    pub gamma_abc: Vec<Fr>,
    /// Z(τ)·τⁱ / δ for i from 0 to the domain's size less two.
    pub h: Vec<Fr>,
}

/// Powers that one task computes, starting from one exponentiation.
const POWERS: usize = 1 << 12;

/// Evaluates everything at τ.
pub(super) fn evaluate(
    matrices: &Matrices,
    domain: &Radix2EvaluationDomain<Fr>,
    secrets: &Secrets,
) -> Queries {
    let Secrets {
        alpha,
        beta,
        gamma,
        delta,
        tau,
    } = secrets;
    let lagrange = domain.evaluate_all_lagrange_coefficients(*tau);
    let columns = matrices.num_columns();
    let mut evaluated: Vec<Vec<Fr>> = [&matrices.a, &matrices.b, &matrices.c]
        .par_iter()
        .map(|matrix| combine(matrix, &lagrange, columns))
        .collect();
    // The rows that keep the instance columns independent have an entry in A only.
    let extra = &lagrange[matrices.num_constraints()..][..matrices.num_instance];
    evaluated[0]
        .iter_mut()
        .zip(extra)
        .for_each(|(value, lagrange)| *value += lagrange);

    let mut inverses = [*gamma, *delta];
    batch_inversion(&mut inverses);
    let [gamma_inverse, delta_inverse] = inverses;
    let weighted = |columns: std::ops::Range<usize>, factor: Fr| -> Vec<Fr> {
        columns
            .into_par_iter()
            .map(|i| (evaluated[0][i] * beta + evaluated[1][i] * alpha + evaluated[2][i]) * factor)
            .collect()
    };
    let gamma_abc = weighted(0..matrices.num_instance, gamma_inverse);
    let l = weighted(matrices.num_instance..columns, delta_inverse);

    let factor = domain.evaluate_vanishing_polynomial(*tau) * delta_inverse;
    let h = powers(factor, tau, domain.size() - 1);

    let mut evaluated = evaluated.into_iter();
    let (a, b) = (
        evaluated.next().unwrap_or_default(),
        evaluated.next().unwrap_or_default(),
    );
    Queries {
        a,
        b,
        l,
        gamma_abc,
        h,
    }
}

/// `factor·τⁱ` for i from 0 on.
fn powers(factor: Fr, tau: &Fr, count: usize) -> Vec<Fr> {
    let mut all = vec![Fr::zero(); count];
    all.par_chunks_mut(POWERS)
        .enumerate()
        .for_each(|(chunk, powers)| {
            let mut power = factor * tau.pow([(chunk * POWERS) as u64]);
            for value in powers {
                *value = power;
                power *= tau;
            }
        });
    all
}

/// `Σ_row lagrange[row] · matrix[row]`, per column.
fn combine(matrix: &Matrix, lagrange: &[Fr], columns: usize) -> Vec<Fr> {
    let mut sums = vec![Fr::zero(); columns];
    for (row, lagrange) in matrix.rows().zip(lagrange) {
        for (coefficient, column) in row {
            sums[column] += *lagrange * coefficient;
        }
    }
    sums
}
