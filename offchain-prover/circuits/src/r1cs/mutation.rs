//! Mutation testing of a circuit: finds witnesses that can be changed without breaking a
//! constraint.

use super::matrices::{CheckError, Matrices, RowViolated, evaluate};
use ark_bn254::Fr;
use ark_ff::{One, Zero};

/// Changes one witness at a time and reports the indices of those that some change leaves
/// satisfied, in ascending order.
///
/// Each witness `v` is replaced by `v + 1`, `−v`, `1 − v` and by a value from `random`; only the
/// rows that contain it are evaluated again. A sound circuit leaves none but
/// [`Synthesized::free_hints`](super::Synthesized). Changes of several witnesses at once are
/// outside of this test's reach: the gadgets' documentation argues for those.
///
/// # Errors
/// The assignment must fit and satisfy the matrices to begin with.
pub fn mutations(
    matrices: &Matrices,
    instance: &[Fr],
    witness: &[Fr],
    mut random: impl FnMut() -> Fr,
) -> Result<Vec<usize>, CheckError> {
    let assignment = matrices.columns(instance, witness)?;
    let sides = [&matrices.a, &matrices.b, &matrices.c];

    let mut values = Vec::with_capacity(matrices.num_constraints());
    // For each witness, its coefficients as (row, [in A, in B, in C]), rows ascending.
    let mut occurrences: Vec<Vec<(usize, [Fr; 3])>> = vec![Vec::new(); matrices.num_witness];
    for row in 0..matrices.num_constraints() {
        let value = sides.map(|side| evaluate(&side[row], &assignment));
        if value[0] * value[1] != value[2] {
            return Err(RowViolated {
                row,
                part: matrices.part_of(row).into(),
            }
            .into());
        }
        values.push(value);
        for (which, side) in sides.iter().enumerate() {
            for (coefficient, column) in &side[row] {
                let Some(index) = column.checked_sub(matrices.num_instance) else {
                    continue;
                };
                let list = &mut occurrences[index];
                match list.last_mut() {
                    Some((last, coefficients)) if *last == row => {
                        coefficients[which] += coefficient;
                    }
                    _ => {
                        let mut coefficients = [Fr::zero(); 3];
                        coefficients[which] = *coefficient;
                        list.push((row, coefficients));
                    }
                }
            }
        }
    }

    let mut survivors = Vec::new();
    for (index, rows) in occurrences.iter().enumerate() {
        let old = witness[index];
        let survives = [old + Fr::one(), -old, Fr::one() - old, random()]
            .into_iter()
            .any(|new| {
                let change = new - old;
                !change.is_zero()
                    && rows.iter().all(|(row, coefficients)| {
                        let [a, b, c] =
                            [0, 1, 2].map(|i| values[*row][i] + coefficients[i] * change);
                        a * b == c
                    })
            });
        if survives {
            survivors.push(index);
        }
    }
    Ok(survivors)
}
