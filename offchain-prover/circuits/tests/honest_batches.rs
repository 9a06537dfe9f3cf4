//! The circuits accept the batches that the engine builds.
#![allow(clippy::unwrap_used)]

mod common;

use clearproof_circuits::{chunk::chunk, closing::closing, r1cs::Cs};
use clearproof_primitives::{shape::Shape, witness::BatchWitness};

fn accept(shape: &Shape, witness: &BatchWitness) -> Vec<usize> {
    let mut sizes = Vec::new();
    for part in &witness.chunks {
        let mut cs = Cs::recording();
        chunk(&mut cs, shape, &witness.header, &witness.snapshot, part).unwrap();
        let done = cs
            .finish()
            .unwrap_or_else(|e| panic!("chunk {}: {e:?}", part.index));
        println!("{:#?}", done.parts);
        sizes.push(done.num_constraints);
    }
    let mut cs = Cs::recording();
    closing(&mut cs, shape, &witness.header, &witness.closing).unwrap();
    sizes.push(
        cs.finish()
            .unwrap_or_else(|e| panic!("closing: {e:?}"))
            .num_constraints,
    );
    sizes
}

#[test]
fn a_busy_batch_of_the_tiny_shape_satisfies_both_circuits() {
    let (_, closed) = common::busy_batch(&Shape::TINY);
    let sizes = accept(&Shape::TINY, &closed.witness);
    assert_eq!(sizes, [35_610, 35_610, 35_610, 11_067]);
}

#[test]
fn a_busy_batch_of_the_reference_shape_satisfies_both_circuits() {
    let shape = Shape::REFERENCE;
    let (_, closed) = common::busy_batch(&shape);
    let sizes = accept(&shape, &closed.witness);
    // The counts in docs/performance.md, README.md and docs/protocol.md.
    assert_eq!(sizes, [482_994, 27_333]);
    // The evaluation domain has 2^19 places, and a step must stay below 45,000 with its share of
    // everything.
    assert!(sizes[0] <= 1 << 19);
    assert!(sizes[0] <= 45_000 * usize::from(shape.steps));
}
