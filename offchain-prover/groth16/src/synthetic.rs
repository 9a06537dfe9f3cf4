//! A circuit of any size, for measuring provers.

use crate::{
    circuit::{Circuit, CircuitError},
    matrices::Matrices,
};
use ark_bn254::Fr;
use ark_ff::{Field, One, Zero};

/// A circuit of `constraints` constraints, at least two, with one public input and a satisfying
/// assignment.
///
/// One witness in ten is boolean. The rest are full-size, and three out of four of them are in a
/// product on both sides, as in hashes and curve arithmetic.
///
/// # Errors
/// [`CircuitError`] if there are too many constraints.
pub fn circuit(constraints: usize) -> Result<(Circuit, Vec<Fr>), CircuitError> {
    let (one, five) = (Fr::one(), Fr::from(5u64));
    let (mut a, mut b, mut c) = (vec![], vec![], vec![]);
    // The one; the input, whose value is known only at the end; and the start of the chain of
    // products.
    let mut columns = vec![one, Fr::zero(), Fr::from(7u64)];
    let mut last = 2;
    for row in 0..constraints.saturating_sub(1).max(1) {
        let fresh = columns.len();
        if row % 10 == 0 {
            columns.push(Fr::from(row as u64 / 10 % 2));
            a.push(vec![(one, fresh)]);
            b.push(vec![(one, fresh), (-one, 0)]);
            c.push(vec![]);
        } else {
            let earlier = (last / 2).max(2);
            let sum = columns[last] + columns[earlier] * five;
            let squared = row % 4 != 0;
            columns.push(sum * if squared { sum } else { columns[last] });
            let left = vec![(one, last), (five, earlier)];
            b.push(if squared {
                left.clone()
            } else {
                vec![(one, last)]
            });
            a.push(left);
            c.push(vec![(one, fresh)]);
            last = fresh;
        }
    }
    columns[1] = columns[last].square();
    a.push(vec![(one, last)]);
    b.push(vec![(one, last)]);
    c.push(vec![(one, 1)]);
    let matrices = Matrices {
        num_instance: 2,
        num_witness: columns.len() - 2,
        a: a.into(),
        b: b.into(),
        c: c.into(),
    };
    let shape = format!("constraints={}", matrices.num_constraints());
    Ok((Circuit::new("synthetic", shape, matrices)?, columns))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn it_has_the_size_asked_for_and_is_satisfied() {
        for constraints in [2, 3, 11, 1000] {
            let (circuit, assignment) = circuit(constraints).unwrap();
            let matrices = circuit.matrices();
            assert_eq!(matrices.num_constraints(), constraints);
            assert_eq!(matrices.num_columns(), assignment.len());
            assert!(matrices.evaluate(&assignment).is_ok());
        }
        let (small, _) = circuit(0).unwrap();
        assert_eq!(small.matrices().num_constraints(), 2);
    }
}
