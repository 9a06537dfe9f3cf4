//! Random batches through engine and circuits.

use crate::{
    actions::any_action,
    common::scene::{ClosingScene, Scene},
    config::{SHAPE, config},
    run::run_of,
};
use clearproof_circuits::{
    chunk::chunk,
    closing::closing,
    r1cs::{Cs, Matrices, Synthesized},
};
use clearproof_primitives::{step::Forced, witness::BatchWitness};
use proptest::prelude::*;
use std::sync::OnceLock;

fn synthesized(mut cs: Cs, build: impl Fn(&mut Cs)) -> Result<Synthesized, TestCaseError> {
    build(&mut cs);
    cs.finish().map_err(|e| TestCaseError::fail(e.to_string()))
}

fn accept(witness: &BatchWitness) -> Result<(), TestCaseError> {
    for part in &witness.chunks {
        synthesized(Cs::witness_only(), |cs| {
            chunk(cs, &SHAPE, &witness.header, &witness.snapshot, part).unwrap();
        })?;
    }
    synthesized(Cs::witness_only(), |cs| {
        closing(cs, &SHAPE, &witness.header, &witness.closing).unwrap();
    })?;
    Ok(())
}

/// The matrices of the busy batch's chunk and closing.
fn reference() -> &'static (Matrices, Matrices) {
    static MATRICES: OnceLock<(Matrices, Matrices)> = OnceLock::new();
    MATRICES.get_or_init(|| {
        let of = |build: &dyn Fn(&mut Cs)| {
            synthesized(Cs::recording(), build)
                .unwrap()
                .matrices
                .unwrap()
        };
        let (chunk, closing) = (Scene::busy(1), ClosingScene::busy());
        (of(&|cs| chunk.build(cs)), of(&|cs| closing.build(cs)))
    })
}

/// Both modes give the same assignment, and the matrices do not depend on it.
fn same_in_both_modes(matrices: &Matrices, build: impl Fn(&mut Cs)) -> Result<(), TestCaseError> {
    let recorded = synthesized(Cs::recording(), &build)?;
    let light = synthesized(Cs::witness_only(), &build)?;
    prop_assert!(
        recorded.assignment() == light.assignment(),
        "assignments differ between modes"
    );
    prop_assert_eq!(recorded.parts, light.parts);
    prop_assert!(
        recorded.matrices.as_ref() == Some(matrices),
        "matrices depend on values"
    );
    Ok(())
}

proptest! {
    #![proptest_config(config(24))]

    #[test]
    fn circuits_accept_what_the_engine_builds(
        actions in prop::collection::vec(any_action(), 50..170),
    ) {
        let batches = run_of(&actions).closed;
        for batch in &batches {
            accept(&batch.witness)?;
        }
        let last = &batches[batches.len() - 1].witness;
        let (of_chunk, of_closing) = reference();
        let part = &last.chunks[last.chunks.len() - 1];
        same_in_both_modes(of_chunk, |cs| {
            chunk(cs, &SHAPE, &last.header, &last.snapshot, part).unwrap();
        })?;
        same_in_both_modes(of_closing, |cs| {
            closing(cs, &SHAPE, &last.header, &last.closing).unwrap();
        })?;
    }
}

/// The test above has a value only if its batches are busy.
#[test]
fn random_batches_trade_and_withdraw() {
    use proptest::{strategy::ValueTree, test_runner::TestRunner};
    let mut runner = TestRunner::new(config(1));
    let (mut fills, mut withdrawals, mut batches) = (0, 0, 0);
    let (mut accrued, mut funded, mut rounded) = (0, 0, 0);
    let (mut liquidated, mut penalties, mut taken, mut closed) = (0, 0, 0, 0);
    let (mut deleveraged, mut requests) = (0, 0);
    for _ in 0..24 {
        let actions = prop::collection::vec(any_action(), 50..170)
            .new_tree(&mut runner)
            .unwrap()
            .current();
        let run = run_of(&actions);
        accrued += run.accrued;
        requests += run.requests;
        let steps = run.closed.iter().flat_map(|b| &b.witness.chunks);
        for step in steps.flat_map(|chunk| &chunk.steps) {
            match step.step.forced {
                Some(Forced::Liquidation { .. }) if step.step.account.is_insurance_fund() => {
                    closed += 1;
                }
                Some(Forced::Liquidation { penalty }) => {
                    liquidated += 1;
                    penalties += usize::from(penalty > 0);
                }
                Some(Forced::Deleverage) => deleveraged += 1,
                Some(Forced::Takeover) => taken += 1,
                None => {}
            }
        }
        for batch in run.closed {
            let chunks = &batch.witness.chunks;
            funded += usize::from(chunks[0].funding.iter().any(|f| *f != 0));
            rounded += usize::from(batch.witness.closing.last.remainder > 0);
            fills += batch.fills;
            withdrawals += batch.withdrawals.len();
            batches += 1;
        }
    }
    println!("{batches} batches, {fills} fills, {withdrawals} withdrawals");
    println!("{accrued} accrued, {funded} batches with funding, {rounded} with roundings");
    assert!(batches > 24 && fills > 50 && withdrawals > 5);
    assert!(accrued > 5 && funded > 5 && rounded > 5);
    println!("{liquidated} liquidated, {penalties} with a penalty");
    println!("{taken} taken over, {closed} closed by the fund");
    println!("{deleveraged} deleveraged, {requests} transfers and changes of keys");
    assert!(deleveraged > 1 && requests > 20);
    assert!(liquidated > 3 && penalties > 0 && taken > 3 && closed > 0);
}
