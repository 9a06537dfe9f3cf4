//! A prover who lies in hints and is honest in everything that follows from them.

use crate::common::scene::{ClosingScene, Scene};
use ark_ff::One;
use clearproof_circuits::r1cs::{Cs, Matrices, Synthesized};
use clearproof_primitives::{
    account::Position,
    field::Fr,
    fixed::ONE,
    ids::Slot,
    margin::{Margin, MarginRefusal},
    step::StepError::MarginRefused,
};
use std::collections::{BTreeMap, BTreeSet};

const BEFORE: &str = "step/margin/before";

fn recorded(build: impl Fn(&mut Cs)) -> Synthesized {
    let mut cs = Cs::recording();
    build(&mut cs);
    cs.finish_unchecked()
}

fn holds_with(build: impl Fn(&mut Cs), forged: &[(usize, Fr)]) -> bool {
    let mut cs = Cs::witness_only().forging(forged.iter().copied());
    build(&mut cs);
    cs.finish().is_ok()
}

/// The witnesses that a prover chooses, ascending, with the part that they are first used in. Left
/// out are witnesses that rows determine: products, terms of a sum that a product must equal
/// (inside Poseidon), and bits of decompositions.
fn hints(matrices: &Matrices) -> BTreeMap<usize, String> {
    let witness = |column: usize| column.checked_sub(matrices.num_instance);
    let (mut chosen, mut bound) = (BTreeMap::new(), BTreeSet::new());
    for row in 0..matrices.num_constraints() {
        let (a, b, c) = (&matrices.a[row], &matrices.b[row], &matrices.c[row]);
        for index in a.iter().chain(b).chain(c).filter_map(|t| witness(t.1)) {
            let part = || matrices.part_of(row).to_owned();
            chosen.entry(index).or_insert_with(part);
        }
        let is_bit = a == b && a == c;
        match c[..] {
            [(_, product)] if a.iter().chain(b).all(|t| t.1 < product) => {
                bound.extend(witness(product));
            }
            [_, _, _, ..] if !is_bit => bound.extend(c.iter().filter_map(|t| witness(t.1))),
            _ => {}
        }
        // The lowest bit of a decomposition: the number less the weighted others.
        if is_bit && a.len() >= 16 {
            let others = a.iter().filter(|t| !t.0.is_one());
            bound.extend(others.filter_map(|t| witness(t.1)));
        }
    }
    chosen.retain(|index, _| !bound.contains(index));
    chosen
}

/// The number of hints that can be changed so that everything still holds, by part; of the parts
/// below `root` except hashes and signatures.
fn free(root: &str, build: impl Fn(&mut Cs)) -> BTreeMap<String, usize> {
    let all = recorded(&build);
    let (mut tried, mut free) = (0, BTreeMap::new());
    for (index, part) in hints(all.matrices.as_ref().unwrap()) {
        let hashes = part.starts_with("step/leaf") || part.contains("signature");
        if !part.starts_with(root) || hashes || all.free_hints.contains(&index) {
            continue;
        }
        tried += 1;
        let honest = all.witness[index];
        let lies = [Fr::one() - honest, honest + Fr::one()];
        let free_to = |lie: &Fr| *lie != honest && holds_with(&build, &[(index, *lie)]);
        if lies.iter().any(free_to) {
            *free.entry(part).or_default() += 1;
        }
    }
    assert!(tried > 80, "only {tried} hints found");
    free
}

/// Chunk 1 has an order set in both steps, chunk 2 in the first only. Without a deposit its key and
/// amount have no meaning, without an order set nothing of it has. Scan losses are bounds, and the
/// rule for free accounts applies only to an account that trades or withdraws. A place without a
/// position may be claimed not to reduce, which only makes rules harder to keep.
#[test]
fn one_lie_in_a_chunk_changes_nothing_that_counts() {
    let counts = |parts: &[(&str, usize)]| {
        let named = parts.iter().map(|(part, n)| ((*part).to_owned(), *n));
        named.collect::<BTreeMap<_, _>>()
    };
    let deposits = ("step/deposit", 4);
    let limits = ("step/limits", 3);
    let both = [deposits, limits, ("step/margin/after", 4), (BEFORE, 4)];
    let scene = Scene::busy(1);
    assert_eq!(free("step", |cs| scene.build(cs)), counts(&both));
    let first = [
        deposits,
        limits,
        ("step/margin", 1),
        ("step/margin/after", 4),
        (BEFORE, 4),
        ("step/order_set", 34),
    ];
    let scene = Scene::busy(2);
    assert_eq!(free("step", |cs| scene.build(cs)), counts(&first));
}

#[test]
fn one_lie_in_a_closing_is_refused() {
    let scene = ClosingScene::busy();
    assert_eq!(free("", |cs| scene.build(cs)), BTreeMap::new());
}

/// Account 2 is long 20 lots of instrument 0 and short 20 of instrument 1, which only gains in the
/// first scenario and has no charge for maintenance; it sells one lot of the former at `price`.
fn hedged(quote: i64, price: u64) -> Scene {
    let mut scene = Scene::busy(2);
    scene.reload(0, |account| {
        account.balances[0] = quote;
        account.positions = [(0, 20), (1, -20)]
            .map(|(instrument, quantity)| Position {
                instrument: Slot::new(instrument),
                quantity,
            })
            .to_vec();
    });
    for row in &mut scene.snapshot.rows[..2] {
        row.mark = 100 * ONE;
        (row.initial_long, row.initial_short) = (ONE, ONE);
        (row.maintenance_long, row.maintenance_short) = (0, 0);
        row.scenario_values.fill(0);
    }
    scene.snapshot.rows[1].scenario_values[0] = -(ONE as i64);
    scene.header.snapshot_hash = scene.snapshot.hash().into();
    scene.resign(0, |set| set.orders[0].as_mut().unwrap().limit = 1);
    scene.chunk.entries[0].price = price;
    scene.step(0).fills[0].quantity = 1;
    scene.replay();
    scene
}

/// A gain in the place of the scan loss would make the maintenance margin before the step negative
/// rather than zero, and the rule for accounts without any would not apply.
#[test]
fn a_gain_passed_off_as_the_scan_loss_before() {
    let scene = hedged(11, 90 * ONE);
    let margins = |account| Margin::of(&scene.shape.market, &scene.snapshot, account).unwrap();
    let witness = &scene.chunk.steps[0];
    let (before, after) = (margins(&witness.before), margins(&witness.after));
    assert_eq!((before.maintenance, after.maintenance), (0, 0));
    assert!(before.equity > 0 && after.equity == 0 && after.initial > 0);
    scene.refused(0, MarginRefused(MarginRefusal::BelowInitial), "step/margin");

    // The first step's hints for the first underlying: there is a loss, in the first scenario.
    let all = recorded(|cs| scene.build(cs));
    let of_part = hints(all.matrices.as_ref().unwrap());
    let before: Vec<_> = of_part.iter().filter(|(_, part)| *part == BEFORE).collect();
    let forged = [before[0], before[1]].map(|(index, _)| (*index, Fr::one()));
    assert!(forged.iter().all(|(i, _)| all.witness[*i] != Fr::one()));
    assert!(!holds_with(|cs| scene.build(cs), &forged));
}
