//! Times verification natively and through the host functions, decoding included:
//! `cargo run --release -p clearproof-bn254-host --example verify_time`.
#![allow(clippy::unwrap_used)]

#[path = "../tests/common/mod.rs"]
mod common;

use ark_bn254::Fr;
use clearproof_bn254_host::{
    backend::{Backend, Host, Native},
    groth16::{batch_verify_with, Item, Proof, VerifyingKey},
};
use common::Setup;
use std::time::Instant;

/// The shortest of several runs, in milliseconds: what the work takes when nothing else runs.
fn shortest(mut run: impl FnMut()) -> f64 {
    (0..101)
        .map(|_| {
            let start = Instant::now();
            run();
            start.elapsed().as_secs_f64() * 1e3
        })
        .fold(f64::INFINITY, f64::min)
}

fn report<B: Backend>(name: &str, key: &VerifyingKey, proofs: &[(Vec<u8>, Vec<Fr>)]) {
    let key_bytes = key.encode_registered();
    let decode = || -> Vec<Proof> {
        proofs
            .iter()
            .map(|(bytes, _)| Proof::decode_with::<B>(bytes).unwrap())
            .collect()
    };
    let key_time = shortest(|| {
        VerifyingKey::decode_registered(&key_bytes).unwrap();
    });
    let decode_time = shortest(|| {
        decode();
    });
    let decoded = decode();
    let items: Vec<Item<'_>> = decoded
        .iter()
        .zip(proofs)
        .map(|(proof, (_, inputs))| (key, proof, &inputs[..]))
        .collect();
    let verify_time = shortest(|| batch_verify_with::<B>(&items).unwrap());
    println!(
        "{name}: {:3} proofs: key {key_time:.3} ms, decode {decode_time:.3} ms, verify {verify_time:.3} ms, all {:.3} ms",
        proofs.len(),
        key_time + decode_time + verify_time
    );
}

fn main() {
    let mut setup = Setup::new(1, 1);
    let proofs: Vec<_> = setup
        .prove_many(64)
        .into_iter()
        .map(|(p, x)| (p.encode().to_vec(), x))
        .collect();
    for n in [1, 2, 8, 64] {
        report::<Native>("native", &setup.key, &proofs[..n]);
        report::<Host>("host  ", &setup.key, &proofs[..n]);
    }
}
