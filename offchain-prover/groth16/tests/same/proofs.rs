//! Whole proofs of any backend.

use ark_bn254::Fr;
use ark_ff::One;
use clearproof_groth16::{
    ArkBackend, Backend, Circuit, Matrices, Origin, Prove, ProveError, Prover, ProvingKey, Silent,
    compare_with_arkworks, generate, verify,
};

/// `secret` raised to the power 2^`squarings` is public. Each number on the way is also multiplied
/// by its square plus one, so that rows have several entries.
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

/// A development key.
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

/// An assignment is proven, or refused for the same reason as by the reference.
pub fn verdicts_agree<B: Backend>(backend: impl Fn() -> B) {
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

/// With the same randomness, the proof is that of ark-groth16's prover.
pub fn proofs_agree<B: Backend>(backend: &B) {
    for squarings in [1, 31, 500] {
        let (circuit, assignment) = powers(squarings, 5);
        let comparison =
            compare_with_arkworks(backend, &key(&circuit), &circuit, &assignment, 2).unwrap();
        assert_eq!(comparison.backend.backend, backend.name());
    }
}

/// Faults at each call that a proof makes: their names, the number of calls, and the text of the
/// error. `fail` sets a fault, `name:call`, which happens once.
pub fn faults_are_found<B: Backend>(
    backend: B,
    fail: impl Fn(&str),
    faults: &[(&str, usize, &str)],
) {
    let name = backend.name();
    let (circuit, assignment) = powers(20, 3);
    let prover = Prover::new(backend, circuit.clone(), key(&circuit)).unwrap();
    prover.prove(&assignment).unwrap();
    for (fault, calls, why) in faults {
        for call in 1..=*calls {
            fail(&format!("{fault}:{call}"));
            let error = prover.prove(&assignment).unwrap_err();
            let fits = match &error {
                ProveError::ProofDidNotVerify { backend } => *backend == name,
                ProveError::Backend(error) => error.backend == name,
                _ => false,
            };
            assert!(
                fits && error.to_string().contains(why),
                "{fault}:{call}: {error}"
            );
        }
        // There are no more calls, so the next proof succeeds.
        fail(&format!("{fault}:{}", calls + 1));
        prover.prove(&assignment).unwrap();
        fail("");
    }
}
