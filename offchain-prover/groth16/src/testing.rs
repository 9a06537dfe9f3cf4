//! Circuits for this crate's tests.
#![allow(clippy::unwrap_used)]

pub(crate) mod faulty;

use crate::{
    circuit::Circuit,
    matrices::{Matrices, Matrix},
};
use ark_bn254::Fr;
use ark_ff::{One, UniformRand, Zero};
use ark_relations::gr1cs::{
    ConstraintSynthesizer, ConstraintSystemRef, LinearCombination, SynthesisError, Variable,
};
use rand::{Rng, SeedableRng, rngs::StdRng};

/// Changes a matrix by its rows.
pub(crate) fn edit(matrix: &mut Matrix, change: impl FnOnce(&mut Vec<Vec<(Fr, usize)>>)) {
    let mut rows = matrix.to_rows();
    change(&mut rows);
    *matrix = rows.into();
}

/// `x₀ = secret`, `xᵢ₊₁ = xᵢ²·xᵢ + i`, public result: 2 constraints per step, and one for the
/// result.
pub(crate) fn toy() -> (Circuit, Vec<Fr>) {
    cubes(150, Fr::from(3u64))
}

pub(crate) fn cubes(steps: usize, secret: Fr) -> (Circuit, Vec<Fr>) {
    let one = Fr::one();
    let (mut a, mut b, mut c) = (vec![], vec![], vec![]);
    let mut witness = vec![secret];
    let mut current = 2;
    for step in 0..steps {
        let x = witness[current - 2];
        let (square, next) = (current + 1, current + 2);
        let constant = Fr::from(step as u64);
        witness.extend([x * x, x * x * x + constant]);
        a.extend([vec![(one, current)], vec![(one, square)]]);
        b.extend([vec![(one, current)], vec![(one, current)]]);
        c.extend([vec![(one, square)], vec![(one, next), (-constant, 0)]]);
        current = next;
    }
    a.push(vec![(one, current), (-one, 1)]);
    b.push(vec![(one, 0)]);
    c.push(vec![]);
    let matrices = Matrices {
        num_instance: 2,
        num_witness: witness.len(),
        a: a.into(),
        b: b.into(),
        c: c.into(),
    };
    let mut assignment = vec![one, *witness.last().unwrap()];
    assignment.extend(witness);
    (
        Circuit::new("cubes", format!("steps={steps}"), matrices).unwrap(),
        assignment,
    )
}

/// A satisfied system of random rows: `free` free witnesses (small, large, zero, one), then one
/// witness per row that makes the row hold. There are `inputs` public inputs.
pub(crate) fn random_circuit(
    seed: u64,
    constraints: usize,
    inputs: usize,
    free: usize,
) -> (Circuit, Vec<Fr>) {
    let rng = &mut StdRng::seed_from_u64(seed);
    let mut assignment = vec![Fr::one()];
    for index in 0..inputs + free {
        assignment.push(match index % 4 {
            0 => Fr::rand(rng),
            1 => Fr::from(rng.r#gen::<u64>()),
            2 => Fr::from(rng.r#gen::<bool>()),
            _ => -Fr::from(rng.r#gen::<u16>()),
        });
    }
    let row = |rng: &mut StdRng, known: usize| -> Vec<(Fr, usize)> {
        (0..rng.gen_range(0..12))
            .map(|_| {
                let coefficient = if rng.r#gen() {
                    Fr::one()
                } else {
                    Fr::rand(rng)
                };
                (coefficient, rng.gen_range(0..known))
            })
            .collect()
    };
    let value = |row: &[(Fr, usize)], assignment: &[Fr]| -> Fr {
        row.iter().fold(Fr::zero(), |sum, (coefficient, column)| {
            sum + *coefficient * assignment[*column]
        })
    };
    let (mut a, mut b, mut c) = (vec![], vec![], vec![]);
    for _ in 0..constraints {
        let known = assignment.len();
        let (left, right, mut product) = (row(rng, known), row(rng, known), row(rng, known));
        let rest =
            value(&left, &assignment) * value(&right, &assignment) - value(&product, &assignment);
        assignment.push(rest);
        product.push((Fr::one(), known));
        a.push(left);
        b.push(right);
        c.push(product);
    }
    let matrices = Matrices {
        num_instance: 1 + inputs,
        num_witness: free + constraints,
        a: a.into(),
        b: b.into(),
        c: c.into(),
    };
    let circuit = Circuit::new("random", format!("seed={seed}"), matrices).unwrap();
    (circuit, assignment)
}

/// Replays matrices in arkworks' constraint system, without an assignment.
pub(crate) struct Replay<'a>(pub &'a Matrices);

impl ConstraintSynthesizer<Fr> for Replay<'_> {
    fn generate_constraints(self, cs: ConstraintSystemRef<Fr>) -> Result<(), SynthesisError> {
        let unknown = || Err(SynthesisError::AssignmentMissing);
        let mut columns = vec![Variable::One];
        for _ in 1..self.0.num_instance {
            columns.push(cs.new_input_variable(unknown)?);
        }
        for _ in 0..self.0.num_witness {
            columns.push(cs.new_witness_variable(unknown)?);
        }
        let combination = |matrix: &Matrix, row| {
            let entries = matrix.row(row);
            LinearCombination(
                entries
                    .map(|(coefficient, column)| (coefficient, columns[column]))
                    .collect(),
            )
        };
        for row in 0..self.0.num_constraints() {
            cs.enforce_r1cs_constraint(
                || combination(&self.0.a, row),
                || combination(&self.0.b, row),
                || combination(&self.0.c, row),
            )?;
        }
        Ok(())
    }
}
