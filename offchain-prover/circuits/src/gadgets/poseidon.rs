//! Poseidon with circomlib's constants, equal to `clearproof_primitives::poseidon`.
//!
//! An S-box is three constraints, `x·x = x2`, `x2·x2 = x4`, `x4·x = y`. Which of x and y is the
//! variable decides how dense the rows are. Here it is x, the S-box's input, wherever possible, and
//! y is the linear expression (in the *next* inputs) that it must equal: then it stands in one
//! matrix only, C, rather than twice in A and twice in B. In the 60 or so partial rounds, whose
//! linear layers are never cut by other variables, that makes a third of the entries. The
//! expressions do not depend on the inputs: they are computed once for each width ([`Layout`]).
//!
//! Soundness: each row of C has the next input (or, in a full round, the invertible image of the
//! next inputs) as its only new variables, so given the inputs all variables are determined one
//! after the other, as in the native function.

use crate::r1cs::{Cs, Num, Sum};
use ark_bn254::Fr;
use ark_ff::{AdditiveGroup, Field};
use clearproof_primitives::poseidon::{
    Domain, FULL_ROUNDS, LIST_RATE, LIST_WIDTH, Parameters, WIDTHS, parameters,
};
use std::sync::OnceLock;

/// Poseidon of 1 to 5 or 14 inputs. Costs 3 for each S-box that is not constant: for n inputs, of
/// width t = n + 1, `3·(8·t + partial rounds − 1)`, less 3 for each constant input. 240 / 261 / 297
/// / 321 / 537 for 2 / 3 / 4 / 5 / 14.
pub fn hash<const N: usize>(cs: &mut Cs, inputs: &[Num; N]) -> Num {
    const {
        assert!(
            N >= 1 && (N <= 5 || N == LIST_WIDTH - 1),
            "no constants for this number of inputs"
        );
    };
    let layout = Layout::of(N + 1);
    if inputs.iter().all(Num::is_constant) {
        let values: Vec<Fr> = inputs.iter().map(Num::value).collect();
        return Num::constant(layout.native(&values));
    }
    layout.synthesize(cs, inputs)
}

/// `poseidon::hash_list`: the list's length is part of the circuit's shape. One hash of 14 inputs
/// for each block of 13.
pub fn hash_list(cs: &mut Cs, domain: Domain, items: &[Num]) -> Num {
    let mut state = Num::constant(domain.tag());
    let empty: [&[Num]; 1] = [&[]];
    let blocks: Vec<&[Num]> = if items.is_empty() {
        empty.to_vec()
    } else {
        items.chunks(LIST_RATE).collect()
    };
    for block in blocks {
        let mut inputs: [Num; LIST_RATE + 1] = std::array::from_fn(|_| Num::zero());
        inputs[0] = state;
        inputs[1..=block.len()].clone_from_slice(block);
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

/// The values that all hashes of one width share.
struct Layout {
    width: usize,
    partial_rounds: usize,
    parameters: &'static Parameters,
    mds: Vec<Vec<Fr>>,
    mds_inverse: Vec<Vec<Fr>>,
    /// For each partial round, its S-box's output over `[state at the first partial round, first
    /// state elements of the rounds after it.., 1]`.
    partial_outputs: Vec<Row>,
    /// The state after the partial rounds, without its first element, over the same.
    after_partial: Vec<Row>,
}

impl Layout {
    /// The layout of a width, computed at first use.
    #[expect(clippy::expect_used, reason = "each message states why it holds")]
    fn of(width: usize) -> &'static Self {
        static LAYOUTS: [OnceLock<Layout>; WIDTHS.len()] =
            [const { OnceLock::new() }; WIDTHS.len()];
        let known = WIDTHS
            .iter()
            .zip(&LAYOUTS)
            .find(|((known, _), _)| *known == width);
        let (_, layout) = known.expect("`hash` only compiles for known widths");
        layout.get_or_init(|| {
            Self::new(parameters(width).expect("constants exist for each of WIDTHS"))
        })
    }

    fn new(parameters: &'static Parameters) -> Self {
        let (width, partial_rounds) = (parameters.width, parameters.partial_rounds);
        let mds: Vec<Vec<Fr>> = parameters.mds.chunks(width).map(<[Fr]>::to_vec).collect();
        let mut layout = Self {
            width,
            partial_rounds,
            parameters,
            mds_inverse: inverse(&mds),
            mds,
            partial_outputs: Vec::with_capacity(partial_rounds),
            after_partial: Vec::new(),
        };

        // Run the partial rounds on expressions. Variable j < width is state element j of the first
        // partial round, variable width + r the first state element r + 1 rounds later.
        let one = width + partial_rounds;
        let unit =
            |index: usize| -> Row { (0..=one).map(|i| Fr::from(u64::from(i == index))).collect() };
        let mut state: Vec<Row> = (0..width).map(unit).collect();
        for round in 0..partial_rounds {
            let constants = layout.round_constants(FULL_ROUNDS / 2 + round + 1);
            // next[0] = Σ mds[0][j]·state[j] + constant, with the S-box's output in place of
            // state[0]; solve for it.
            let next = unit(width + round);
            let mut output = next.clone();
            for (element, coefficient) in state.iter().zip(&layout.mds[0]).skip(1) {
                accumulate(&mut output, element, -*coefficient);
            }
            output[one] -= constants[0];
            let scale = layout.mds[0][0].inverse().unwrap_or(Fr::ZERO);
            output
                .iter_mut()
                .for_each(|coefficient| *coefficient *= scale);
            state[0] = output.clone();
            let mut after = vec![next];
            for (coefficients, constant) in layout.mds.iter().zip(constants).skip(1) {
                let mut row = vec![Fr::ZERO; one + 1];
                for (element, coefficient) in state.iter().zip(coefficients) {
                    accumulate(&mut row, element, *coefficient);
                }
                row[one] += constant;
                after.push(row);
            }
            layout.partial_outputs.push(output);
            state = after;
        }
        layout.after_partial = state.split_off(1);
        layout
    }

    fn round_constants(&self, round: usize) -> &'static [Fr] {
        &self.parameters.round_constants[round * self.width..(round + 1) * self.width]
    }

    fn rounds(&self) -> usize {
        FULL_ROUNDS + self.partial_rounds
    }

    /// The state before the S-boxes of each round, then the final state. Of the partial rounds but
    /// the first only the first element is given; they run in the sparse form, which computes the
    /// same.
    fn trace(&self, inputs: &[Fr]) -> Vec<Vec<Fr>> {
        let (parameters, half) = (self.parameters, FULL_ROUNDS / 2);
        let multiply = |matrix: &[Fr], state: &[Fr]| -> Vec<Fr> {
            matrix
                .chunks(self.width)
                .map(|row| row.iter().zip(state).map(|(m, x)| *m * x).sum())
                .collect()
        };
        let add = |state: &mut [Fr], constants: &[Fr]| {
            state
                .iter_mut()
                .zip(constants)
                .for_each(|(x, constant)| *x += constant);
        };
        let mut states = Vec::with_capacity(self.rounds() + 1);
        let full_round = |state: Vec<Fr>, states: &mut Vec<Vec<Fr>>| -> Vec<Fr> {
            let boxed = state.iter().map(|x| fifth_power(*x)).collect();
            states.push(state);
            boxed
        };

        let mut state = vec![Fr::ZERO];
        state.extend_from_slice(inputs);
        let mut boxed = state;
        for round in 0..half {
            let mut before = if round == 0 {
                boxed
            } else {
                multiply(parameters.mds, &boxed)
            };
            add(&mut before, self.round_constants(round));
            boxed = full_round(before, &mut states);
        }
        let mut first_partial = multiply(parameters.mds, &boxed);
        add(&mut first_partial, self.round_constants(half));
        states.push(first_partial);
        let mut state = multiply(parameters.pre_sparse, &boxed);
        let sparse = parameters.sparse.chunks_exact(2 * self.width - 1);
        for (round, (constant, matrix)) in
            parameters.partial_constants.iter().zip(sparse).enumerate()
        {
            let (row, column) = matrix.split_at(self.width);
            let before = state[0] + constant;
            if round > 0 {
                states.push(vec![before]);
            }
            state[0] = fifth_power(before);
            let first = row.iter().zip(&state).map(|(m, x)| *m * x).sum();
            let output = state[0];
            state[1..]
                .iter_mut()
                .zip(column)
                .for_each(|(x, m)| *x += *m * output);
            state[0] = first;
        }
        for constants in parameters.last_constants.chunks(self.width) {
            add(&mut state, constants);
            state = multiply(parameters.mds, &full_round(state, &mut states));
        }
        states.push(state);
        states
    }

    fn native(&self, inputs: &[Fr]) -> Fr {
        self.trace(inputs).last().map_or(Fr::ZERO, |state| state[0])
    }

    fn synthesize(&self, cs: &mut Cs, inputs: &[Num]) -> Num {
        let values: Vec<Fr> = inputs.iter().map(Num::value).collect();
        let states = self.trace(&values);
        let half = FULL_ROUNDS / 2;

        // Round 0: outputs are the variables, as those of constant inputs are constants.
        let mut input = vec![Num::zero()];
        input.extend_from_slice(inputs);
        let outputs: Vec<Num> = input
            .iter()
            .zip(self.round_constants(0))
            .map(|(x, constant)| sbox(cs, &(x + Num::constant(*constant))))
            .collect();
        // Round 1: inputs are expressions.
        let mut state: Vec<Num> = (0..self.width)
            .map(|i| {
                let mut sum = Sum::new();
                sum.add(&Num::constant(self.round_constants(1)[i]));
                for (output, coefficient) in outputs.iter().zip(&self.mds[i]) {
                    sum.add_scaled(output, *coefficient);
                }
                sum.finish()
            })
            .collect();

        for round in 1..half {
            state = self.full_round(cs, &state, &states[round + 1], round + 1);
        }
        state = self.partial_rounds(cs, state, &states);
        for round in half + self.partial_rounds..self.rounds() - 1 {
            state = self.full_round(cs, &state, &states[round + 1], round + 1);
        }

        // Last round: of the final state only the first element is wanted. The S-boxes but the
        // first give variables; the first gives what is missing for that element.
        let mut first = Sum::new();
        for (x, coefficient) in state.iter().zip(&self.mds[0]).skip(1) {
            first.add_scaled(&sbox(cs, x), -*coefficient);
        }
        let result = cs.alloc(states[self.rounds()][0]);
        first.add(&result);
        let scale = self.mds[0][0].inverse().unwrap_or(Fr::ZERO);
        sbox_into(cs, &state[0], &first.finish().scale(scale));
        result
    }

    /// A full round from S-box inputs to the next round's S-box inputs, which are new variables.
    fn full_round(&self, cs: &mut Cs, state: &[Num], next: &[Fr], next_round: usize) -> Vec<Num> {
        let next = cs.alloc_all(next);
        for (x, row) in state.iter().zip(&self.mds_inverse) {
            let output = cs.combination(fifth_power(x.value()), || {
                let mut sum = Sum::new();
                let constants = self.round_constants(next_round);
                for ((element, constant), coefficient) in next.iter().zip(constants).zip(row) {
                    sum.add_scaled(element, *coefficient);
                    sum.add(&Num::constant(-*constant * coefficient));
                }
                sum.finish()
            });
            sbox_into(cs, x, &output);
        }
        next
    }

    /// All partial rounds: their first state elements are new variables.
    fn partial_rounds(&self, cs: &mut Cs, state: Vec<Num>, states: &[Vec<Fr>]) -> Vec<Num> {
        let first_round = FULL_ROUNDS / 2;
        let mut variables = state;
        let mut x = variables[0].clone();
        for (round, row) in self.partial_outputs.iter().enumerate() {
            let (now, after) = (first_round + round, first_round + round + 1);
            let next = cs.alloc(states[after][0]);
            variables.push(next.clone());
            let output =
                cs.combination(fifth_power(states[now][0]), || expression(row, &variables));
            sbox_into(cs, &x, &output);
            x = next;
        }
        let end = &states[first_round + self.partial_rounds];
        let mut after = vec![x];
        for (row, value) in self.after_partial.iter().zip(&end[1..]) {
            after.push(cs.combination(*value, || expression(row, &variables)));
        }
        after
    }
}

/// A row over the variables that exist so far. The coefficients of later ones are zero; the last
/// coefficient is the constant.
fn expression(row: &[Fr], variables: &[Num]) -> Num {
    let mut sum = Sum::new();
    for (variable, coefficient) in variables.iter().zip(row) {
        sum.add_scaled(variable, *coefficient);
    }
    if let Some(constant) = row.last() {
        sum.add(&Num::constant(*constant));
    }
    sum.finish()
}

/// `into += factor · row`.
fn accumulate(into: &mut [Fr], row: &[Fr], factor: Fr) {
    for (sum, coefficient) in into.iter_mut().zip(row) {
        *sum += *coefficient * factor;
    }
}

/// The inverse of an invertible matrix, by Gauss and Jordan. A Poseidon matrix has no singular
/// minor.
#[expect(clippy::expect_used, reason = "each message states why it holds")]
fn inverse(matrix: &[Vec<Fr>]) -> Vec<Vec<Fr>> {
    let n = matrix.len();
    let mut left = matrix.to_vec();
    let mut right: Vec<Vec<Fr>> = (0..n)
        .map(|i| (0..n).map(|j| Fr::from(u64::from(i == j))).collect())
        .collect();
    for column in 0..n {
        let pivot = left[column][column]
            .inverse()
            .expect("all leading minors of an MDS matrix are non-zero");
        for row in [&mut left[column], &mut right[column]] {
            row.iter_mut().for_each(|entry| *entry *= pivot);
        }
        let (pivot_left, pivot_right) = (left[column].clone(), right[column].clone());
        for row in (0..n).filter(|row| *row != column) {
            let factor = -left[row][column];
            accumulate(&mut left[row], &pivot_left, factor);
            accumulate(&mut right[row], &pivot_right, factor);
        }
    }
    right
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::gadgets::testing::{accepted, rng};
    use ark_ff::UniformRand;
    use clearproof_primitives::poseidon as native;

    fn native_hash(inputs: &[Fr]) -> Fr {
        match inputs.len() {
            1 => native::hash::<1>(inputs.try_into().unwrap()),
            2 => native::hash::<2>(inputs.try_into().unwrap()),
            3 => native::hash::<3>(inputs.try_into().unwrap()),
            4 => native::hash::<4>(inputs.try_into().unwrap()),
            5 => native::hash::<5>(inputs.try_into().unwrap()),
            14 => native::hash::<14>(inputs.try_into().unwrap()),
            n => panic!("no hash of {n} inputs"),
        }
    }

    fn hash_any(cs: &mut Cs, inputs: &[Num]) -> Num {
        let inputs = inputs.to_vec();
        match inputs.len() {
            1 => hash::<1>(cs, &inputs.try_into().unwrap()),
            2 => hash::<2>(cs, &inputs.try_into().unwrap()),
            3 => hash::<3>(cs, &inputs.try_into().unwrap()),
            4 => hash::<4>(cs, &inputs.try_into().unwrap()),
            5 => hash::<5>(cs, &inputs.try_into().unwrap()),
            14 => hash::<14>(cs, &inputs.try_into().unwrap()),
            n => panic!("no hash of {n} inputs"),
        }
    }

    #[test]
    fn hashes_agree_with_the_native_ones_at_the_stated_cost() {
        let mut rng = rng();
        for (n, expected) in [(1, 213), (2, 240), (3, 261), (4, 297), (5, 321), (14, 537)] {
            for zero in [false, true] {
                let values: Vec<Fr> = (0..n)
                    .map(|_| if zero { Fr::ZERO } else { Fr::rand(&mut rng) })
                    .collect();
                let cost = accepted(|cs| {
                    let inputs: Vec<Num> = values.iter().map(|value| cs.input(*value)).collect();
                    assert_eq!(hash_any(cs, &inputs).value(), native_hash(&values));
                });
                assert_eq!(cost, expected);
            }
        }
    }

    #[test]
    fn constant_inputs_cost_less_or_nothing() {
        for constants in 0..=4usize {
            let cost = accepted(|cs| {
                let inputs: [Num; 4] = std::array::from_fn(|i| {
                    if i < constants {
                        Num::from(i as u64)
                    } else {
                        cs.input(i as u64)
                    }
                });
                let expected = native_hash(&(0..4u64).map(Fr::from).collect::<Vec<_>>());
                assert_eq!(hash(cs, &inputs).value(), expected);
            });
            assert_eq!(
                cost,
                if constants == 4 {
                    0
                } else {
                    297 - 3 * constants
                }
            );
        }
    }

    #[test]
    fn lists_agree_with_the_native_ones() {
        let mut rng = rng();
        for n in [0usize, 1, 12, 13, 14, 26, 27] {
            let values: Vec<Fr> = (0..n).map(|_| Fr::rand(&mut rng)).collect();
            let cost = accepted(|cs| {
                let items: Vec<Num> = values.iter().map(|value| cs.input(*value)).collect();
                assert_eq!(
                    hash_list(cs, Domain::Snapshot, &items).value(),
                    native::hash_list(Domain::Snapshot, &values)
                );
            });
            // The tag is constant in the first block, the filling in the last.
            let blocks = n.div_ceil(13);
            let filling = 13 * blocks - n;
            assert_eq!(
                cost,
                if n == 0 {
                    0
                } else {
                    blocks * 537 - 3 - 3 * filling
                }
            );
        }
    }

    /// The reason for the choice of variables: few entries, and few in B, whose points cost most.
    #[test]
    fn rows_stay_sparse() {
        for (n, limit) in [(2, 13), (4, 15), (5, 16), (14, 21)] {
            let mut cs = Cs::recording();
            let inputs: Vec<Num> = (0..n).map(|i| cs.input(i as u64)).collect();
            hash_any(&mut cs, &inputs);
            let matrices = cs.finish().unwrap().matrices.unwrap();
            let entries: usize = matrices.num_non_zero().iter().sum();
            println!(
                "{n} inputs: {:?} entries in {} rows",
                matrices.num_non_zero(),
                matrices.num_constraints()
            );
            assert!(
                entries < limit * matrices.num_constraints(),
                "{entries} entries"
            );
        }
    }
}
