//! Whole proofs.

use crate::{
    same::proofs::{self, key, powers},
    standin::{Own, backend},
};
use clearproof_groth16::{CudaBackend, Prove, Prover};

#[test]
fn verdicts_are_those_of_the_reference() {
    proofs::verdicts_agree(backend);
}

#[test]
fn proofs_equal_those_of_arkworks() {
    proofs::proofs_agree(&backend());
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

    // Without room for the vectors there is no proof but an error, and nothing worse.
    own.limit_memory(used + 32);
    let refused = prover.prove(&assignment).unwrap_err().to_string();
    assert!(refused.contains("out of memory (3)"), "{refused}");
    assert_eq!(own.used(), used);
    own.limit_memory(needed);
    prover.prove(&assignment).unwrap();
    drop(prover);
    assert_eq!(own.used(), 0);
}
