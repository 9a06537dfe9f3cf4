//! Whole proofs.

use crate::standin::{backend, Own};
use ark_bn254::Fr;
use ark_ff::One;
use clearproof_groth16::{
    compare_with_arkworks, generate, verify, ArkBackend, Backend, Circuit, CudaBackend, Matrices,
    Origin, Prove, ProveError, Prover, ProvingKey, Silent,
};

/// `secret` raised to the power 2^`squarings` is public. Each number on the way is multiplied with its square plus one besides,
/// so that rows have several entries.
pub fn powers(squarings: usize, secret: u64) -> (Circuit, Vec<Fr>) {
    let one = Fr::one();
    let mut columns = vec![one, Fr::from(0_u64), Fr::from(secret)];
    let (mut a, mut b, mut c) = (vec![], vec![], vec![]);
    let mut last = 2;
    for _ in 0..squarings {
        let square = columns.len();
        columns.push(columns[last] * columns[last]);
        a.push(vec![(one, last)]);
        b.push(vec![(one, last)]);
        c.push(vec![(one, square)]);
        let shifted = columns.len();
        columns.push((columns[square] + one) * columns[last]);
        a.push(vec![(one, square), (one, 0)]);
        b.push(vec![(one, last)]);
        c.push(vec![(one, shifted)]);
        last = square;
    }
    columns[1] = columns[last];
    a.push(vec![(one, last)]);
    b.push(vec![(one, 0)]);
    c.push(vec![(one, 1)]);
    let matrices = Matrices {
        num_instance: 2,
        num_witness: columns.len() - 2,
        a: a.into(),
        b: b.into(),
        c: c.into(),
    };
    let circuit = Circuit::new("powers", format!("squarings={squarings}"), matrices).unwrap();
    (circuit, columns)
}

pub fn key(circuit: &Circuit) -> ProvingKey {
    generate(circuit, Origin::Development, &Silent).unwrap()
}

fn verdict<B: Backend>(backend: B, circuit: &Circuit, assignment: &[Fr]) -> Result<(), ProveError> {
    let key = key(circuit);
    let prover = Prover::new(backend, circuit.clone(), key).unwrap();
    let (proof, meta) = prover.prove(assignment)?;
    let inputs = &assignment[1..circuit.matrices().num_instance];
    assert_eq!(
        verify(prover.verifying_key(), inputs, proof.points()),
        Ok(())
    );
    assert_eq!(meta.backend, prover.backend());
    Ok(())
}

#[test]
fn verdicts_are_those_of_the_reference() {
    let (circuit, assignment) = powers(100, 3);
    verdict(backend(), &circuit, &assignment).unwrap();
    verdict(ArkBackend, &circuit, &assignment).unwrap();
    for column in [1, 2, 60, assignment.len() - 1] {
        let mut wrong = assignment.clone();
        wrong[column] += Fr::one();
        let ours = verdict(backend(), &circuit, &wrong).unwrap_err();
        let theirs = verdict(ArkBackend, &circuit, &wrong).unwrap_err();
        assert!(matches!(ours, ProveError::Row { .. }));
        assert_eq!(ours.to_string(), theirs.to_string());
    }
}

/// Same randomness, same proof as ark-groth16's prover.
#[test]
fn proofs_equal_those_of_arkworks() {
    for squarings in [1, 31, 500] {
        let (circuit, assignment) = powers(squarings, 5);
        let comparison =
            compare_with_arkworks(&backend(), &key(&circuit), &circuit, &assignment, 2).unwrap();
        assert_eq!(comparison.backend.backend, "cuda");
    }
}

#[test]
fn keys_and_proofs_need_no_more_memory_than_is_told() {
    let own = Own::load();
    let (circuit, assignment) = powers(700, 7);
    let needed = CudaBackend::memory_needed(&circuit);
    let backend = own.open();
    own.limit_memory(needed - 1);
    let refused = backend.check_memory(&circuit).unwrap_err().to_string();
    assert!(refused.contains(&needed.to_string()), "{refused}");

    own.limit_memory(needed);
    backend.check_memory(&circuit).unwrap();
    let prover = Prover::new(backend, circuit.clone(), key(&circuit)).unwrap();
    let used = own.used();
    prover.prove(&assignment).unwrap();
    assert_eq!(own.used(), used);

    // Without the room for the vectors there is no proof, and no more than an error.
    own.limit_memory(used + 32);
    let refused = prover.prove(&assignment).unwrap_err().to_string();
    assert!(refused.contains("out of memory (3)"), "{refused}");
    assert_eq!(own.used(), used);
    own.limit_memory(needed);
    prover.prove(&assignment).unwrap();
    drop(prover);
    assert_eq!(own.used(), 0);
}
