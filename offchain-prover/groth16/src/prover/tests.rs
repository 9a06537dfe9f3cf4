#![allow(clippy::unwrap_used)]

use super::*;
use crate::{
    backend::ark::ArkBackend,
    compare::compare_with_arkworks,
    key::Origin,
    progress::Silent,
    setup::generate,
    testing::{
        cubes,
        faulty::{Fault, Faulty},
        random_circuit, toy,
    },
    verify::{VerifyError, verify},
};
use ark_ff::Zero;
use ark_groth16::Groth16;
use ark_serialize::CanonicalDeserialize;
use ark_std::rand::{SeedableRng, rngs::StdRng};

fn prover(circuit: &Circuit) -> Prover<ArkBackend> {
    let key = generate(circuit, Origin::Development, &Silent).unwrap();
    Prover::new(ArkBackend, circuit.clone(), key).unwrap()
}

#[test]
fn proofs_verify_with_arkworks() {
    let (circuit, assignment) = toy();
    let prover = prover(&circuit);
    let (proof, meta) = prover.prove(&assignment).unwrap();
    let key = ark_groth16::prepare_verifying_key(prover.verifying_key());
    let accepted =
        |input: Fr| Groth16::<Bn254>::verify_proof(&key, proof.points(), &[input]).unwrap();
    assert!(accepted(assignment[1]));
    assert!(!accepted(assignment[1] + Fr::one()));

    assert_eq!(
        (meta.backend, meta.constraints, meta.domain),
        ("arkworks", 301, 512)
    );
    assert_eq!(meta.columns, assignment.len());
    let times = &meta.times;
    let parts = [
        times.rows,
        times.quotient,
        times.a,
        times.b_g1,
        times.b_g2,
        times.l,
        times.h,
        times.verify,
    ];
    assert!(parts.iter().all(|part| !part.is_zero()));
    assert!(parts.iter().sum::<Duration>() <= times.total);
}

#[test]
fn proof_bytes_are_those_of_arkworks() {
    let (circuit, assignment) = toy();
    let (proof, _) = prover(&circuit).prove(&assignment).unwrap();
    let decoded =
        ark_groth16::Proof::<Bn254>::deserialize_uncompressed(&proof.to_bytes()[..]).unwrap();
    assert_eq!(&decoded, proof.points());
}

/// With the same randomness, the proof is that of ark-groth16's prover. The sizes include rows plus
/// inputs of exactly a power of two, one less and one more, no public input, and no constraint at
/// all.
#[test]
fn proofs_equal_those_of_arkworks() {
    for (seed, constraints, inputs, free) in [
        (1, 300, 1, 60),
        (2, 254, 1, 60),
        (3, 255, 1, 60),
        (4, 256, 1, 60),
        (5, 512, 0, 40),
        (6, 511, 0, 40),
        (7, 100, 9, 1),
        (8, 0, 2, 3),
        (9, 1, 0, 0),
    ] {
        let (circuit, assignment) = random_circuit(seed, constraints, inputs, free);
        let key = generate(&circuit, Origin::Development, &Silent).unwrap();
        let comparison =
            compare_with_arkworks(&ArkBackend, &key, &circuit, &assignment, 2).unwrap();
        assert!(comparison.speed_up() > 0.0, "seed {seed}");
        assert_eq!(comparison.backend.constraints, constraints);
    }
}

#[test]
fn witnesses_of_zeros_are_proven() {
    // x = 0, and each step adds only its own number: step 0 keeps the zero.
    let (circuit, assignment) = cubes(1, Fr::zero());
    assert!(assignment[1..].iter().all(Zero::is_zero));
    let (proof, _) = prover(&circuit).prove(&assignment).unwrap();
    let key = generate(&circuit, Origin::Development, &Silent).unwrap();
    assert_eq!(
        verify(key.verifying_key(), &[Fr::zero()], proof.points()),
        Ok(())
    );
}

#[test]
fn wrong_assignments_are_refused_before_any_work() {
    let (circuit, assignment) = toy();
    let prover = prover(&circuit);
    let refused = |change: &dyn Fn(&mut Vec<Fr>)| {
        let mut assignment = assignment.clone();
        change(&mut assignment);
        prover.prove(&assignment).unwrap_err()
    };
    // The secret appears first in row 0, and the result only in the last row.
    assert!(matches!(
        refused(&|z| z[2] += Fr::one()),
        ProveError::Row { row: 0 }
    ));
    assert!(matches!(
        refused(&|z| z[1] += Fr::one()),
        ProveError::Row { row: 300 }
    ));
    assert!(matches!(
        refused(&|z| z[0] = Fr::zero()),
        ProveError::NoConstant
    ));
    let expected = assignment.len();
    for (found, error) in [
        (0, refused(&|z| z.clear())),
        (expected - 1, refused(&|z| z.truncate(expected - 1))),
        (expected + 1, refused(&|z| z.push(Fr::zero()))),
    ] {
        let ProveError::AssignmentLength {
            found: reported,
            expected: needed,
            instance,
        } = error
        else {
            panic!("{error}");
        };
        assert_eq!((reported, needed, instance), (found, expected, 1));
    }
}

#[test]
fn public_inputs_are_bound() {
    let (circuit, assignment) = random_circuit(11, 200, 3, 40);
    let prover = prover(&circuit);
    let (proof, _) = prover.prove(&assignment).unwrap();
    let (key, inputs) = (prover.verifying_key(), &assignment[1..4]);
    assert_eq!(verify(key, inputs, proof.points()), Ok(()));
    for index in 0..3 {
        let mut inputs = inputs.to_vec();
        inputs[index] += Fr::one();
        assert_eq!(
            verify(key, &inputs, proof.points()),
            Err(VerifyError::Refused),
            "input {index}"
        );
    }
    for wrong in [&inputs[..2], &assignment[1..5], &[]] {
        let count = VerifyError::InputCount {
            found: wrong.len(),
            expected: 3,
        };
        assert_eq!(verify(key, wrong, proof.points()), Err(count));
    }
    let empty = VerifyingKey::default();
    assert!(matches!(
        verify(&empty, &[], proof.points()),
        Err(VerifyError::InputCount { .. })
    ));
}

#[test]
fn keys_of_other_circuits_are_refused() {
    let (circuit, _) = toy();
    let (other, assignment) = cubes(151, Fr::from(3u64));
    let key = generate(&circuit, Origin::Development, &Silent).unwrap();
    assert!(matches!(
        Prover::new(ArkBackend, other.clone(), key.clone()),
        Err(ProveError::Circuit { .. })
    ));
    let loaded = LoadedKey::new(&ArkBackend, key).unwrap();
    let result = prove(&ArkBackend, &loaded, &other, &assignment, &mut OsRng);
    assert!(matches!(result, Err(ProveError::Circuit { .. })));
}

#[test]
fn randomness_is_hedged_with_the_assignment() {
    let (circuit, assignment) = toy();
    let draw = |assignment: &[Fr], seed| {
        let blinding =
            Blinding::draw(circuit.id(), assignment, &mut StdRng::seed_from_u64(seed)).unwrap();
        (blinding.r, blinding.s)
    };
    let mut other = assignment.clone();
    *other.last_mut().unwrap() += Fr::one();
    let base = draw(&assignment, 1);
    assert_eq!(base, draw(&assignment, 1));
    assert_ne!(base, draw(&assignment, 2));
    assert_ne!(base.0, base.1);
    let hedged = draw(&other, 1);
    assert!(base.0 != hedged.0 && base.1 != hedged.1);

    let prover = prover(&circuit);
    let [first, second] = [(); 2].map(|()| prover.prove(&assignment).unwrap().0);
    assert_ne!(first, second);
}

#[test]
fn wrong_proofs_never_leave() {
    let (circuit, assignment) = toy();
    for fault in [Fault::WrongSum, Fault::WrongSumG2, Fault::WrongQuotient] {
        let key = generate(&circuit, Origin::Development, &Silent).unwrap();
        let prover = Prover::new(Faulty::new(fault, 0), circuit.clone(), key).unwrap();
        assert!(
            matches!(
                prover.prove(&assignment),
                Err(ProveError::ProofDidNotVerify { backend: "faulty" })
            ),
            "{fault:?}"
        );
    }
}

/// Damage after the digests were checked, as when a file is changed after it was loaded, makes the
/// proof fail, and the error names the file as a possible cause.
#[test]
fn damaged_points_cost_a_proof() {
    let (circuit, assignment) = toy();
    let mut key = generate(&circuit, Origin::Development, &Silent).unwrap();
    let mut points = key.l.to_vec();
    points[3].x[0] ^= 1;
    key.l = points.into();
    let prover = Prover::new(ArkBackend, circuit, key).unwrap();
    let error = prover.prove(&assignment).unwrap_err();
    assert!(matches!(error, ProveError::ProofDidNotVerify { .. }));
    assert!(error.to_string().contains("clearproof-prover keys check"));
}
