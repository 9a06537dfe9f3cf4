//! Whole proofs.

use crate::{
    same::proofs::{self, key, powers},
    standin::{Own, backend},
};
use clearproof_groth16::{IcicleBackend, Prove, Prover};

#[test]
fn verdicts_are_those_of_the_reference() {
    proofs::verdicts_agree(backend);
}

#[test]
fn proofs_equal_those_of_arkworks() {
    proofs::proofs_agree(&backend());
}

#[test]
fn keys_and_proofs_need_the_memory_that_is_told() {
    let own = Own::load();
    let (circuit, assignment) = powers(700, 7);
    let needed = IcicleBackend::memory_needed(&circuit);
    assert_eq!(own.backend.memory().unwrap(), None);
    own.backend.check_memory(&circuit).unwrap();

    let limit = needed as usize;
    own.limit_memory(limit - 1);
    let refused = own.backend.check_memory(&circuit).unwrap_err().to_string();
    assert!(refused.contains(&needed.to_string()), "{refused}");

    own.limit_memory(limit);
    let memory = own.backend.memory().unwrap().unwrap();
    assert_eq!((memory.total, memory.free), (needed, needed));
    own.backend.check_memory(&circuit).unwrap();
    let prover = Prover::new(own.backend, circuit.clone(), key(&circuit)).unwrap();
    let used = own.allocated();
    assert_eq!(
        own.backend.memory().unwrap().unwrap().free,
        needed - used as u64
    );
    prover.prove(&assignment).unwrap();
    assert_eq!(own.allocated(), used);

    // Without room for the vectors there is no proof but an error, and nothing worse.
    own.limit_memory(used + 32);
    let refused = prover.prove(&assignment).unwrap_err().to_string();
    assert!(refused.contains("OUT_OF_MEMORY (2)"), "{refused}");
    assert_eq!(own.allocated(), used);
    own.limit_memory(limit);
    prover.prove(&assignment).unwrap();
    drop(prover);
    assert_eq!(own.allocated(), 0);
}
