//! The partial rounds as a linear recurrence: what [`super::super::permutation`] computes with.
//!
//! Write a round's matrix as `[[a, r], [c, H]]`. With `u_k` the S-box's output in partial round k,
//! `w_k` its input before the constant, and `y_k` the other elements, `y_{k+1} = H·y_k + c·u_k` and
//! `w_{k+1} = a·u_k + r·y_k`: a linear system with one input and one output, whose matrix is the
//! same in every round. So (Kailath, "Linear Systems", 1980, section 2.1) once there have been `n`
//! rounds, `n` being the size of H, each output is a fixed combination of the last `n` outputs and
//! the last `n + 1` inputs. The coefficients come from H's characteristic polynomial by the theorem
//! of Cayley and Hamilton.

use super::{Matrix, inverse, multiply};
use crate::field::Fr;
use alloc::{vec, vec::Vec};

fn inner(a: &[Fr], b: &[Fr]) -> Fr {
    a.iter().zip(b).map(|(x, y)| *x * y).sum()
}

/// All constants of the recurrence, in the order of the committed files:
///
/// - the matrix of the full round before, row-major: it gives `w_0` and then `r·H^k·y_0` for k from
///   0 to n − 1;
/// - `h_{n−1}, .., h_0`, where `h_0 = a` and `h_i = r·H^(i−1)·c`: the response to a single input;
/// - the coefficients of `u_{k−n}, .., u_{k−1}`, then of `w_{k−n+1}, .., w_k`, then of `u_k` in
///   `w_{k+1}`;
/// - for each element but the first after the last round, its coefficients of the last n of `u`,
///   then the last n of `w`.
///
/// `None` if the outputs do not determine the state, which no committed width has.
pub(super) fn generate(mds: &Matrix) -> Option<Vec<Fr>> {
    let n = mds.len() - 1;
    let lower: Matrix = mds[1..].to_vec();
    let hat: Matrix = lower.iter().map(|row| row[1..].to_vec()).collect();
    let column: Matrix = lower.iter().map(|row| vec![row[0]]).collect();

    // Rows r·H^k, k from 0 to n: the last is a combination of those before.
    let mut powers: Matrix = vec![mds[0][1..].to_vec()];
    for k in 0..n {
        let next = multiply(&vec![powers[k].clone()], &hat).remove(0);
        powers.push(next);
    }
    let last = powers.pop()?;
    let outputs_to_state = inverse(&powers)?;
    let feedback = multiply(&vec![last], &outputs_to_state).remove(0);

    let plain_column: Vec<Fr> = column.iter().map(|row| row[0]).collect();
    let mut response = vec![mds[0][0]];
    response.extend(powers.iter().map(|row| inner(row, &plain_column)));
    // Coefficient of u_{k−j}: what the response has beyond the feedback of earlier outputs.
    let forward = |j: usize| {
        let fed_back: Fr = (1..=j).map(|i| feedback[n - i] * response[j - i]).sum();
        response[j] - fed_back
    };

    // State after the last round: H^n times the state n rounds before, which the outputs give, and
    // the inputs since.
    let mut from_outputs = outputs_to_state;
    let mut from_inputs: Vec<Matrix> = Vec::with_capacity(n);
    let mut moved = column;
    for _ in 0..n {
        from_outputs = multiply(&hat, &from_outputs);
        from_inputs.push(moved.clone());
        moved = multiply(&hat, &moved);
    }
    from_inputs.reverse();

    let mut out = mds[0].clone();
    out.extend(multiply(&powers, &lower).into_iter().flatten());
    out.extend(response[..n].iter().rev());
    out.extend((1..=n).rev().map(forward));
    out.extend(feedback.iter());
    out.push(forward(0));
    for (i, outputs) in from_outputs.iter().enumerate() {
        let input = |m: usize| from_inputs[m][i][0] - inner(&outputs[m..], &response);
        out.extend((0..n).map(input));
        out.extend(outputs);
    }
    Some(out)
}
