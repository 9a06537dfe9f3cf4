//! Batch verification: what holds, what does not, on every backend.
#![allow(clippy::unwrap_used)]

mod common;

use ark_bn254::{Fr, G1Affine};
use ark_ec::CurveGroup;
use ark_groth16::prepare_verifying_key;
use ark_std::UniformRand;
use clearproof_bn254_host::{
    backend::{Host, Native},
    groth16::{
        Item, Proof, VerifyError, VerifyingKey, batch_verify, batch_verify_with, verify_one,
    },
};
use common::{Prover, Setup};

/// Verifies natively and through the host functions, which must agree.
fn verify(items: &[Item<'_>]) -> Result<(), VerifyError> {
    let native = batch_verify_with::<Native>(items);
    assert_eq!(native, batch_verify_with::<Host>(items));
    assert_eq!(native, batch_verify(items));
    native
}

fn items<'a>(key: &'a VerifyingKey, proofs: &'a [(Proof, Vec<Fr>)]) -> Vec<Item<'a>> {
    proofs
        .iter()
        .map(|(proof, inputs)| (key, proof, &inputs[..]))
        .collect()
}

#[test]
fn valid_proofs_are_accepted_alone_and_in_batches_of_every_size() {
    let mut setup = Setup::new(1, 1);
    let proofs = setup.prove_many(12);
    let all = items(&setup.key, &proofs);
    let prepared = prepare_verifying_key(&setup.proving_key.vk);
    for (key, proof, inputs) in &all {
        let ark = ark_groth16::Proof {
            a: *proof.a(),
            b: *proof.b(),
            c: *proof.c(),
        };
        assert!(Prover::verify_proof(&prepared, &ark, inputs).unwrap());
        assert_eq!(verify_one(key, proof, inputs), Ok(()));
    }
    for n in 1..=all.len() {
        assert_eq!(verify(&all[..n]), Ok(()), "{n} proofs");
    }
}

#[test]
fn keys_may_differ_and_proofs_may_come_in_any_order() {
    let mut setups = [Setup::new(1, 1), Setup::new(4, 2), Setup::new(15, 3)];
    let proofs: Vec<_> = setups.iter_mut().map(|s| s.prove_many(3)).collect();
    // The same key at another address is the same key.
    let copy = setups[0].key.clone();
    let mut mixed: Vec<Item<'_>> = Vec::new();
    for i in 0..3 {
        for (setup, proofs) in setups.iter().zip(&proofs) {
            let key = if i == 1 && setup.inputs == 1 {
                &copy
            } else {
                &setup.key
            };
            mixed.push((key, &proofs[i].0, &proofs[i].1));
        }
    }
    assert_eq!(verify(&mixed), Ok(()));
    mixed.reverse();
    assert_eq!(verify(&mixed), Ok(()));

    // A proof under another key, with that key's number of inputs.
    let inputs = vec![Fr::from(1); 4];
    mixed[0] = (&setups[1].key, mixed[0].1, &inputs);
    assert_eq!(verify(&mixed), Err(VerifyError::Invalid));
}

#[test]
fn every_single_fault_in_a_batch_is_found() {
    let mut setup = Setup::new(2, 1);
    let proofs = setup.prove_many(5);
    let other = setup.prove();
    let mut rng = setup.rng.clone();
    for i in 0..proofs.len() {
        let (proof, inputs) = &proofs[i];
        let shifted = (*proof.c() + G1Affine::rand(&mut rng)).into_affine();
        let swapped = vec![inputs[1], inputs[0]];
        let bad = [
            (
                Proof::new(*proof.a(), *proof.b(), shifted).unwrap(),
                inputs.clone(),
            ),
            (
                Proof::new(-*proof.a(), *proof.b(), *proof.c()).unwrap(),
                inputs.clone(),
            ),
            (
                Proof::new(*other.0.a(), *proof.b(), *proof.c()).unwrap(),
                inputs.clone(),
            ),
            (
                Proof::new(*proof.a(), *other.0.b(), *proof.c()).unwrap(),
                inputs.clone(),
            ),
            (*proof, swapped),
            (*proof, other.1.clone()),
            (*proof, vec![inputs[0], inputs[1] + Fr::from(1)]),
        ];
        for bad in bad {
            let mut batch = proofs.clone();
            batch[i] = bad;
            assert_eq!(
                verify(&items(&setup.key, &batch)),
                Err(VerifyError::Invalid)
            );
            assert_eq!(
                verify(&items(&setup.key, &batch[i..=i])),
                Err(VerifyError::Invalid)
            );
        }
    }
}

#[test]
fn errors_that_cancel_without_challenges_are_found() {
    let mut setup = Setup::new(1, 1);
    let mut proofs = setup.prove_many(2);
    let shift = G1Affine::rand(&mut setup.rng);
    for (i, shift) in [shift, -shift].into_iter().enumerate() {
        let proof = proofs[i].0;
        let c = (*proof.c() + shift).into_affine();
        proofs[i].0 = Proof::new(*proof.a(), *proof.b(), c).unwrap();
    }
    assert_eq!(
        verify(&items(&setup.key, &proofs)),
        Err(VerifyError::Invalid)
    );

    // Inputs exchanged between two proofs: the sums of inputs are unchanged.
    let honest = setup.prove_many(2);
    let exchanged = [
        (honest[0].0, honest[1].1.clone()),
        (honest[1].0, honest[0].1.clone()),
    ];
    assert_eq!(
        verify(&items(&setup.key, &exchanged)),
        Err(VerifyError::Invalid)
    );
}

#[test]
fn a_rerandomised_proof_still_holds() {
    let mut setup = Setup::new(1, 1);
    let (proof, inputs) = setup.prove();
    let ark = ark_groth16::Proof {
        a: *proof.a(),
        b: *proof.b(),
        c: *proof.c(),
    };
    let ark = Prover::rerandomize_proof(&setup.proving_key.vk, &ark, &mut setup.rng);
    let again = Proof::new(ark.a, ark.b, ark.c).unwrap();
    assert_ne!(again.encode(), proof.encode());
    let both = [(proof, inputs.clone()), (again, inputs)];
    assert_eq!(verify(&items(&setup.key, &both)), Ok(()));
    assert_eq!(verify(&items(&setup.key, &both[1..])), Ok(()));
}

#[test]
fn the_number_of_inputs_must_fit_the_key() {
    let mut setup = Setup::new(2, 1);
    let mut proofs = setup.prove_many(2);
    let inputs = proofs[1].1.clone();
    for got in [0, 1, 3] {
        // Zeros appended would change nothing in the sum: only the count gives them away.
        proofs[1].1 = inputs
            .iter()
            .copied()
            .chain([Fr::from(0)])
            .take(got)
            .collect();
        let error = VerifyError::InputCount {
            item: 1,
            expected: 2,
            got,
        };
        assert_eq!(verify(&items(&setup.key, &proofs)), Err(error));
    }
}

#[test]
fn an_empty_batch_is_an_error() {
    assert_eq!(verify(&[]), Err(VerifyError::EmptyBatch));
}

/// Keys with γ = ±δ are refused because they accept anything.
#[test]
fn a_key_with_gamma_equal_to_delta_proves_anything() {
    use ark_ec::AffineRepr;
    let setup = Setup::new(1, 1);
    let vk = &setup.proving_key.vk;
    let input = Fr::from(42);
    let l = (vk.gamma_abc_g1[0] + vk.gamma_abc_g1[1] * input).into_affine();
    for (delta, c) in [(vk.gamma_g2, -l), (-vk.gamma_g2, l)] {
        let abc = vk.gamma_abc_g1.clone();
        let key = VerifyingKey::new(vk.alpha_g1, vk.beta_g2, vk.gamma_g2, delta, abc).unwrap();
        assert!(key.check().is_err());
        let forged = Proof::new(vk.alpha_g1, vk.beta_g2, c).unwrap();
        assert_eq!(verify(&[(&key, &forged, &[input])]), Ok(()));
        assert!(!c.is_zero());
    }
}
