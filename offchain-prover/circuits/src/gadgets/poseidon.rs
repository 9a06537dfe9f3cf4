//! Poseidon with circomlib's constants, equal to `clearproof_primitives::poseidon`.
//!
//! An S-box is three constraints, `x·x = x2`, `x2·x2 = x4`, `x4·x = y`. Which of x and y is the variable decides how
//! dense the rows are. Here it is x, the S-box's input, wherever possible, and y is the linear expression (in the
//! *next* inputs) that it must equal: then it stands in one matrix only, C, rather than twice in A and twice in B. In the 60
//! or so partial rounds, whose linear layers are never cut by other variables, that makes a third of the entries.
//! The expressions do not depend on the inputs: they are computed once for each width ([`Layout`]).
//!
//! Soundness: each row of C has the next input (or, in a full round, the invertible image of the next inputs) as its only
//! new variables, so given the inputs all variables are determined one after the other, as in the native function.

use crate::r1cs::{Cs, Num, Sum};
use ark_bn254::Fr;
use ark_ff::{AdditiveGroup, Field, One};
use clearproof_primitives::poseidon::{self, Domain};
use std::sync::OnceLock;

/// Inputs of one block of [`hash_list`], beside the running hash.
const BLOCK: usize = 13;

/// Poseidon of 1 to 5 or 14 inputs. Costs 3 for each S-box that is not constant: for n inputs, of width t = n + 1,
/// `3·(8·t + partial rounds − 1)`, less 3 for each constant input. 240 / 261 / 297 / 321 / 537 for 2 / 3 / 4 / 5 / 14.
pub fn hash(cs: &mut Cs, inputs: &[Num]) -> Num {
    let layout = Layout::of(inputs.len() + 1);
    if inputs.iter().all(Num::is_constant) {
        let values: Vec<Fr> = inputs.iter().map(Num::value).collect();
        return Num::constant(layout.native(&values));
    }
    layout.synthesize(cs, inputs)
}

/// `poseidon::hash_list`: the list's length is part of the circuit's shape. One hash of 14 inputs for each block of 13.
pub fn hash_list(cs: &mut Cs, domain: Domain, items: &[Num]) -> Num {
    let mut state = Num::constant(domain.tag());
    let empty: [&[Num]; 1] = [&[]];
    let blocks: Vec<&[Num]> = if items.is_empty() { empty.to_vec() } else { items.chunks(BLOCK).collect() };
    for block in blocks {
        let mut inputs = Vec::with_capacity(BLOCK + 1);
        inputs.push(state);
        inputs.extend_from_slice(block);
        inputs.resize(BLOCK + 1, Num::zero());
        state = hash(cs, &inputs);
    }
    state
}

/// `x⁵` as a witness. Costs 3.
fn sbox(cs: &mut Cs, x: &Num) -> Num {
    let square = cs.square(x);
    let fourth = cs.square(&square);
    cs.mul(&fourth, x)
}

/// Requires `x⁵ = y`. Costs 3.
fn sbox_into(cs: &mut Cs, x: &Num, y: &Num) {
    let square = cs.square(x);
    let fourth = cs.square(&square);
    cs.enforce(&fourth, x, y);
}

/// `value⁵`.
fn fifth_power(value: Fr) -> Fr {
    value.square().square() * value
}

/// A linear expression over the segment's variables, and the constant last.
type Row = Vec<Fr>;

/// What is the same for all hashes of one width.
struct Layout {
    width: usize,
    partial_rounds: usize,
    /// Round r adds `constants[r·width..]` before its S-boxes.
    constants: &'static [Fr],
    mds: Vec<Vec<Fr>>,
    mds_inverse: Vec<Vec<Fr>>,
    /// For each partial round, its S-box's output over `[state at the first partial round, first state elements of the
    /// rounds after it.., 1]`.
    partial_outputs: Vec<Row>,
    /// The state after the partial rounds, without its first element, over the same.
    after_partial: Vec<Row>,
}
