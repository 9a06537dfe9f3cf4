#![allow(clippy::unwrap_used)]

use super::*;
use crate::{
    backend::BackendError,
    key::Origin,
    progress::Silent,
    prover::ProveError,
    setup::generate,
    testing::{
        cubes,
        faulty::{Fault, Faulty},
        toy,
    },
};
use ark_bn254::{Fr, G1Affine};
use ark_ff::One;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Sums in G1 that the comparison with the reference makes.
const CHECKED: usize = 1;

fn faulty(fault: Fault, from: usize) -> Candidate {
    Candidate::new(BackendKind::Icicle, move || Ok(Faulty::new(fault, from)))
}

fn reference() -> Candidate {
    Candidate::new(BackendKind::Ark, || Ok(ArkBackend))
}

fn tuned() -> Candidate {
    Candidate::new(BackendKind::Cpu, || Ok(CpuBackend::detect()))
}

fn key(circuit: &Circuit) -> Result<ProvingKey, PrepareError> {
    Ok(generate(circuit, Origin::Development, &Silent).unwrap())
}

#[test]
fn kinds_are_written_as_they_are_read() {
    for name in BackendKind::NAMES {
        assert_eq!(name.parse::<BackendKind>().unwrap().to_string(), name);
    }
    let error = "gpu".parse::<BackendKind>().unwrap_err().to_string();
    assert!(
        error.contains("\"gpu\"") && error.contains("icicle"),
        "{error}"
    );
}

#[test]
fn wrong_results_are_found_before_a_backend_is_used() {
    for fault in [
        Fault::WrongSum,
        Fault::Error,
        Fault::Panic,
        Fault::WrongTransform,
    ] {
        let backends =
            Backends::open_of(BackendKind::Auto, vec![faulty(fault, 0), tuned()]).unwrap();
        let usable: Vec<_> = backends.usable().map(|(kind, _)| kind).collect();
        assert_eq!(usable, [BackendKind::Cpu], "{fault:?}");
        assert_eq!(backends.left_out().len(), 1);
        // If it was requested, it is an error instead.
        let error =
            Backends::open_of(BackendKind::Icicle, vec![faulty(fault, 0), tuned()]).unwrap_err();
        assert!(matches!(
            error,
            ChoiceError::Unusable {
                kind: BackendKind::Icicle,
                ..
            }
        ));
    }
    assert!(matches!(
        Backends::open_of(BackendKind::Auto, vec![faulty(Fault::Error, 0)]),
        Err(ChoiceError::None(_))
    ));
}

#[test]
fn a_backend_that_fails_at_work_is_replaced_for_all_circuits() {
    let (circuit, assignment) = toy();
    let (other, other_assignment) = cubes(70, Fr::from(5u64));
    for fault in [Fault::WrongSum, Fault::Error, Fault::Panic] {
        // The fault shows at the third sum of the first proof.
        let candidates = vec![faulty(fault, CHECKED + 2), tuned(), reference()];
        let backends = Backends::open_of(BackendKind::Icicle, candidates).unwrap();
        let prover = backends.prover(circuit.clone(), key).unwrap();
        let second = backends.prover(other.clone(), key).unwrap();
        assert_eq!((prover.backend(), second.backend()), ("faulty", "faulty"));
        let (_, meta) = prover.prove(&assignment).unwrap();
        assert_eq!(meta.backend, "cpu", "{fault:?}");
        assert!(meta.choice.contains("others failed"), "{}", meta.choice);
        assert_eq!(backends.switched_off()[0].0, BackendKind::Icicle);
        let [faulty, tuned, _] = backends.counts()[..] else {
            panic!("three backends");
        };
        assert_eq!((faulty.proofs, faulty.failures), (0, 1));
        assert_eq!((tuned.proofs, tuned.failures), (1, 0));
        let (_, meta) = second.prove(&other_assignment).unwrap();
        assert_eq!(meta.backend, "cpu");
        assert_eq!(prover.backend(), "cpu");
    }
}

#[test]
fn two_threads_outlive_a_faulty_backend() {
    let (circuit, assignment) = toy();
    let candidates = vec![faulty(Fault::WrongSum, CHECKED + 6), reference()];
    let backends = Backends::open_of(BackendKind::Icicle, candidates).unwrap();
    let prover = backends.prover(circuit, key).unwrap();
    std::thread::scope(|scope| {
        let work = || (0..4).all(|_| prover.prove(&assignment).is_ok());
        let threads = [scope.spawn(work), scope.spawn(work)];
        for thread in threads {
            assert!(thread.join().unwrap());
        }
    });
    assert_eq!(prover.backend(), "arkworks");
}

/// Each thread has a circuit of its own, and both use the faulty backend when it fails.
#[test]
fn provers_of_two_circuits_outlive_a_faulty_backend_at_once() {
    let candidates = vec![faulty(Fault::Panic, CHECKED + 9), reference()];
    let backends = Backends::open_of(BackendKind::Icicle, candidates).unwrap();
    let works = [toy(), cubes(70, Fr::from(5u64))].map(|(circuit, assignment)| {
        let prover = backends.prover(circuit, key).unwrap();
        (prover, assignment)
    });
    std::thread::scope(|scope| {
        let threads = works.each_ref().map(|(prover, assignment)| {
            scope.spawn(move || (0..4).all(|_| prover.prove(assignment).is_ok()))
        });
        for thread in threads {
            assert!(thread.join().unwrap());
        }
    });
    assert!(
        works
            .iter()
            .all(|(prover, _)| prover.backend() == "arkworks")
    );
    assert_eq!(backends.switched_off().len(), 1);
    let proofs: u64 = backends.counts().iter().map(|count| count.proofs).sum();
    assert_eq!(proofs, 8);
}

#[test]
fn a_key_that_is_gone_when_it_is_wanted_again_is_named() {
    let (circuit, assignment) = toy();
    let candidates = vec![faulty(Fault::Error, CHECKED + 1), reference()];
    let backends = Backends::open_of(BackendKind::Icicle, candidates).unwrap();
    let first = AtomicUsize::new(0);
    let prover = backends
        .prover(circuit, move |circuit| {
            match first.fetch_add(1, Ordering::Relaxed) {
                0 => key(circuit),
                _ => Err(PrepareError::from(ProveError::Backend(BackendError {
                    backend: "file",
                    operation: "open",
                    reason: "no such file".to_owned(),
                }))),
            }
        })
        .unwrap();
    let text = prover.prove(&assignment).err().unwrap().to_string();
    assert!(
        text.contains("loading the key again") && text.contains("no such file"),
        "{text}"
    );
}

#[test]
fn what_was_asked_for_is_used_or_an_error() {
    let (circuit, _) = toy();
    let full = Candidate::new(BackendKind::Icicle, || {
        Ok(Faulty::new(Fault::Error, usize::MAX).without_room())
    });
    // The first finds out before it gets the key, the second when it loads the key.
    let refusing = faulty(Fault::NoRoomForKeys, usize::MAX);
    for candidate in [full, refusing] {
        let candidates = vec![candidate, tuned(), reference()];
        let backends = Backends::open_of(BackendKind::Icicle, candidates).unwrap();
        let error = backends.prover(circuit.clone(), key).err().unwrap();
        let PrepareError::Choice(ChoiceError::Unusable { kind, .. }) = &error else {
            panic!("{error}");
        };
        assert_eq!(*kind, BackendKind::Icicle);
        let text = error.to_string();
        assert!(
            text.contains("out of order") && text.contains("--backend auto"),
            "{text}"
        );
    }
    // With `auto`, the others take over.
    let candidates = vec![faulty(Fault::NoRoomForKeys, usize::MAX), reference()];
    let backends = Backends::open_of(BackendKind::Auto, candidates).unwrap();
    let prover = backends.prover(circuit, key).unwrap();
    assert_eq!(prover.backend(), "arkworks");
    assert_eq!(backends.switched_off()[0].0, BackendKind::Icicle);
}

#[test]
fn a_circuit_that_nothing_has_room_for_is_an_error_with_the_reasons() {
    let (circuit, _) = toy();
    let full = Candidate::new(BackendKind::Icicle, || {
        Ok(Faulty::new(Fault::Error, usize::MAX).without_room())
    });
    let backends = Backends::open_of(BackendKind::Auto, vec![full]).unwrap();
    let error = backends.prover(circuit, key).err().unwrap();
    let PrepareError::Choice(ChoiceError::None(reasons)) = error else {
        panic!("{error}");
    };
    assert!(reasons.contains("out of order"), "{reasons}");
}

/// Two threads find at once that all backends make wrong proofs: both must still have a backend
/// afterwards.
#[test]
fn a_wrong_key_switches_nothing_off_in_two_threads() {
    let (circuit, assignment) = toy();
    let backends = Backends::open_of(BackendKind::Auto, vec![tuned(), reference()]).unwrap();
    let wrong = backends
        .prover(circuit.clone(), |circuit| {
            let mut key = generate(circuit, Origin::Development, &Silent).unwrap();
            key.delta_g1 = G1Affine::identity();
            Ok::<_, PrepareError>(key)
        })
        .unwrap();
    let right = backends.prover(circuit, key).unwrap();
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                for _ in 0..3 {
                    let outcome = wrong.prove(&assignment);
                    let error = outcome.err().unwrap();
                    assert!(
                        matches!(error, ProveError::ProofDidNotVerify { .. }),
                        "{error}"
                    );
                    assert_eq!(right.prove(&assignment).unwrap().1.backend, "cpu");
                }
            });
        }
    });
    assert!(backends.switched_off().is_empty());
}

#[test]
fn assignments_are_never_blamed_on_a_backend() {
    let (circuit, mut assignment) = toy();
    let backends = Backends::open_of(BackendKind::Cpu, vec![tuned(), reference()]).unwrap();
    let prover = backends.prover(circuit, key).unwrap();
    assignment[5] += Fr::one();
    assert!(matches!(
        prover.prove(&assignment),
        Err(ProveError::Row { .. })
    ));
    assert!(matches!(
        prover.prove(&assignment[1..]),
        Err(ProveError::AssignmentLength { .. })
    ));
    assert!(backends.switched_off().is_empty());
}

#[test]
fn a_wrong_key_switches_nothing_off() {
    let (circuit, assignment) = toy();
    let backends = Backends::open_of(BackendKind::Auto, vec![tuned(), reference()]).unwrap();
    let prover = backends
        .prover(circuit, |circuit| {
            let mut key = generate(circuit, Origin::Development, &Silent).unwrap();
            key.delta_g1 = G1Affine::identity();
            Ok::<_, PrepareError>(key)
        })
        .unwrap();
    for _ in 0..2 {
        assert!(matches!(
            prover.prove(&assignment),
            Err(ProveError::ProofDidNotVerify { .. })
        ));
        assert!(backends.switched_off().is_empty());
    }
}

#[test]
fn what_has_no_room_is_not_ranked() {
    let (circuit, assignment) = toy();
    let full = Candidate::new(BackendKind::Icicle, || {
        Ok(Faulty::new(Fault::Error, usize::MAX).without_room())
    });
    let backends = Backends::open_of(BackendKind::Auto, vec![full, tuned(), reference()]).unwrap();
    let prover = backends.prover(circuit, key).unwrap();
    let (_, meta) = prover.prove(&assignment).unwrap();
    assert_eq!(meta.backend, "cpu");
    assert!(meta.choice.contains("out of order"), "{}", meta.choice);
}

#[test]
fn the_faster_of_two_is_taken_and_the_times_are_told() {
    let (circuit, assignment) = cubes(2000, Fr::from(3u64));
    let slow = Candidate::new(BackendKind::Icicle, || {
        Ok(Faulty::new(Fault::Error, usize::MAX))
    });
    let backends = Backends::open_of(BackendKind::Auto, vec![slow, tuned(), reference()]).unwrap();
    let prover = backends.prover(circuit, key).unwrap();
    let (_, meta) = prover.prove(&assignment).unwrap();
    let text = &meta.choice;
    assert!(
        text.contains("fastest at 4096") && text.contains("icicle") && text.contains("cpu"),
        "{text}"
    );
}
