#![allow(clippy::unwrap_used)]

use super::{secrets::development_seed, *};
use crate::{
    key::ProvingKey,
    progress::Silent,
    testing::{Replay, edit, random_circuit, toy},
};
use ark_bn254::Bn254;
use ark_groth16::Groth16;
use ark_serialize::CanonicalSerialize;
use blake2::{
    Blake2b,
    digest::{Digest, consts::U32},
};
use rand::SeedableRng;
use rand_chacha::ChaCha20Rng;

fn digest(key: &ProvingKey) -> String {
    let mut bytes = Vec::new();
    key.to_arkworks()
        .serialize_uncompressed(&mut bytes)
        .unwrap();
    hex::encode(Blake2b::<U32>::digest(&bytes))
}

/// The key is, point by point, the one that ark-groth16's generator makes from the same secrets.
#[test]
fn keys_equal_those_of_arkworks() {
    for (seed, constraints, instance) in [(1, 300, 1), (2, 510, 3), (3, 511, 0)] {
        let (circuit, _) = random_circuit(seed, constraints, instance, 90);
        let key = generate(&circuit, Origin::Development, &Silent).unwrap();

        let mut rng = ChaCha20Rng::from_seed(development_seed(circuit.id()));
        let domain = Radix2EvaluationDomain::new(circuit.matrices().domain_size()).unwrap();
        // Their generator draws the secret point itself, after the four other secrets.
        let mut theirs_rng = rng.clone();
        let secrets = Secrets::sample(&mut rng, &domain);
        for _ in 0..4 {
            <Fr as ark_ff::UniformRand>::rand(&mut theirs_rng);
        }
        let theirs = Groth16::<Bn254>::generate_parameters_with_qap(
            Replay(circuit.matrices()),
            secrets.alpha,
            secrets.beta,
            secrets.gamma,
            secrets.delta,
            G1Projective::generator(),
            G2Projective::generator(),
            &mut theirs_rng,
        )
        .unwrap();
        assert_eq!(key.to_arkworks(), theirs, "{constraints} constraints");
    }
}

/// The key is the same on any machine and with any number of threads. The digest also pins it
/// across versions.
#[test]
fn development_keys_are_deterministic() {
    let (circuit, _) = toy();
    let digests: Vec<_> = [1, 2, 3]
        .into_iter()
        .map(|threads| {
            let pool = rayon::ThreadPoolBuilder::new()
                .num_threads(threads)
                .build()
                .unwrap();
            pool.install(|| digest(&generate(&circuit, Origin::Development, &Silent).unwrap()))
        })
        .collect();
    assert_eq!(
        digests,
        ["89e45c08e225479b09c5b733d6b7a08d477e5b7cc4614cdef98948e8ed00c5f2"; 3]
    );
}

#[test]
fn keys_depend_on_the_circuit_and_on_the_origin() {
    let (circuit, _) = toy();
    let mut matrices = circuit.matrices().clone();
    edit(&mut matrices.a, |rows| rows[0][0].0 += Fr::from(1u64));
    let other = Circuit::new(circuit.id().name(), circuit.id().shape(), matrices).unwrap();
    let make = |circuit: &Circuit, origin| generate(circuit, origin, &Silent).unwrap();
    let development = make(&circuit, Origin::Development);
    assert_ne!(
        development.verifying_key().alpha_g1,
        make(&other, Origin::Development).verifying_key().alpha_g1
    );
    let singles = [
        make(&circuit, Origin::SingleParty),
        make(&circuit, Origin::SingleParty),
    ];
    assert_ne!(
        development.verifying_key().alpha_g1,
        singles[0].verifying_key().alpha_g1
    );
    assert_ne!(
        singles[0].verifying_key().alpha_g1,
        singles[1].verifying_key().alpha_g1
    );
    assert_eq!(singles[0].origin(), Origin::SingleParty);
    assert!(development.origin().is_development());
}

#[test]
fn the_verifying_key_has_its_documented_bytes() {
    let (circuit, _) = toy();
    let key = generate(&circuit, Origin::Development, &Silent).unwrap();
    let bytes = key.verifying_key_bytes();
    let inputs = circuit.matrices().num_instance;
    assert_eq!(bytes.len(), 64 + 3 * 128 + 8 + 64 * inputs);
    assert_eq!(bytes[448..456], (inputs as u64).to_le_bytes());
    let mut alpha = Vec::new();
    key.verifying_key()
        .alpha_g1
        .serialize_uncompressed(&mut alpha)
        .unwrap();
    assert_eq!(bytes[..64], alpha);
}
