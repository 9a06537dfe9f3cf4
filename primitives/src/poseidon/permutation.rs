//! The permutation, computed with fewer multiplications than the rounds as they are written down.
//!
//! - Products with the full rounds' matrix take half the multiplications (see [`super::dot`]).
//! - In the partial rounds only one element passes an S-box, so they are a linear recurrence
//!   between its inputs and outputs (see `grain/recurrence.rs`, which makes the coefficients): 2·T
//!   − 1 products a round, and half of them by the same means, instead of the sparse form's 2·T − 1
//!   products with T reductions.
//! - The last round's matrix is only needed where the caller takes elements.

use super::{
    constants::Native,
    dot::{Sum, products},
};
use crate::field::Fr;
use ark_ff::{AdditiveGroup, Field};

/// Partial rounds of the instances that have most.
const MOST_PARTIAL_ROUNDS: usize = 60;

/// `x⁵`.
#[inline(always)]
fn sbox(x: Fr) -> Fr {
    let square = x.square();
    square.square() * x
}

#[inline(always)]
fn boxed<const T: usize>(state: &[Fr; T], constants: &[Fr]) -> [Fr; T] {
    let mut out = *state;
    for (x, c) in out.iter_mut().zip(constants) {
        *x = sbox(*x + c);
    }
    out
}

/// The permutation but for the last round's matrix.
pub(super) fn before_last_matrix<const T: usize>(native: &Native, mut state: [Fr; T]) -> [Fr; T] {
    let (first, last) = (native.first_constants, native.last_constants);
    let (entry_constants, first) = split_last::<T>(first);
    for constants in first.chunks_exact(T) {
        state = native.mds.times(&boxed(&state, constants));
    }
    state = native.entry.times(&boxed(&state, entry_constants));
    state = partial_rounds(native, &state);
    let (last_constants, last) = split_last::<T>(last);
    for constants in last.chunks_exact(T) {
        state = native.mds.times(&boxed(&state, constants));
    }
    boxed(&state, last_constants)
}

/// The last T elements, and those before.
fn split_last<const T: usize>(constants: &[Fr]) -> (&[Fr], &[Fr]) {
    let (rest, last) = constants.split_at(constants.len() - T);
    (last, rest)
}

/// All partial rounds, from the first one's S-box input and the next T − 1 inputs but for what
/// S-boxes add to them.
fn partial_rounds<const T: usize>(native: &Native, entry: &[Fr; T]) -> [Fr; T] {
    let n = T - 1;
    let rounds = native.partial_constants.len();
    // Outputs of the S-boxes, and inputs before the constant is added.
    let mut u = [Fr::ZERO; MOST_PARTIAL_ROUNDS];
    let mut w = [Fr::ZERO; MOST_PARTIAL_ROUNDS + 1];
    // Products u_k·w_{k+1} of the last n rounds, round k's at k modulo n, and their sum.
    let mut pairs = [Sum::ZERO; T];
    let mut slot = 0;
    let mut shared = Sum::ZERO;
    w[0] = entry[0];
    for (k, constant) in native.partial_constants.iter().enumerate() {
        u[k] = sbox(w[k] + constant);
        w[k + 1] = if k < n {
            let mut sum = Sum::of(&entry[k + 1]);
            for (response, u) in native.response[n - 1 - k..].iter().zip(&u) {
                sum.add_product(response, u);
            }
            sum.reduce()
        } else {
            native
                .step
                .dot(0, &u[k - n..k], &w[k - n + 1..=k], Some(&u[k]), &shared)
        };
        let pair = products(&u[k..=k], &w[k + 1..=k + 1]);
        shared.add(&pair);
        shared.sub(&pairs[slot]);
        pairs[slot] = pair;
        slot = if slot + 1 == n { 0 } else { slot + 1 };
    }
    let (u, w) = (&u[rounds - n..rounds], &w[rounds - n + 1..=rounds]);
    core::array::from_fn(|i| match i.checked_sub(1) {
        None => w[n - 1],
        Some(row) => native.exit.dot(row, u, w, None, &shared),
    })
}
