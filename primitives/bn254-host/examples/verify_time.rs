//! Times verification natively and through the host functions, decoding included, beside the
//! targets: `cargo run --release --workspace --example verify_time`.
#![allow(clippy::unwrap_used)]

#[path = "../tests/common/mod.rs"]
mod common;

use ark_bn254::Fr;
use clearproof_bn254_host::{
    backend::{Backend, Host, Native},
    groth16::{Item, Proof, VerifyingKey, batch_verify_with},
};
use common::Setup;
use std::time::Instant;

/// Proofs in one batch, and the milliseconds that host functions may take for them.
const TARGETS: [(usize, f64); 2] = [(1, 1.5), (64, 45.0)];
const RUNS: usize = 51;

/// Milliseconds of several runs.
struct Times {
    /// The work's time when nothing else runs.
    shortest: f64,
    median: f64,
}

fn times(mut run: impl FnMut()) -> Times {
    let mut all: Vec<f64> = (0..RUNS)
        .map(|_| {
            let start = Instant::now();
            run();
            start.elapsed().as_secs_f64() * 1e3
        })
        .collect();
    all.sort_by(f64::total_cmp);
    Times {
        shortest: all[0],
        median: all[RUNS / 2],
    }
}

/// All that a chain does for a batch of proofs of one circuit: decodes the key and the proofs,
/// checks every point, verifies.
fn verify<B: Backend>(key: &[u8], proofs: &[(Vec<u8>, Vec<Fr>)]) {
    let key = VerifyingKey::decode_registered(key).unwrap();
    let decoded: Vec<Proof> = proofs
        .iter()
        .map(|(bytes, _)| Proof::decode_with::<B>(bytes).unwrap())
        .collect();
    let items: Vec<Item<'_>> = decoded
        .iter()
        .zip(proofs)
        .map(|(proof, (_, inputs))| (&key, proof, &inputs[..]))
        .collect();
    batch_verify_with::<B>(&items).unwrap();
}

fn main() {
    let mut setup = Setup::new(1, 1);
    let key = setup.key.encode_registered();
    let proofs: Vec<_> = setup
        .prove_many(64)
        .into_iter()
        .map(|(p, x)| (p.encode().to_vec(), x))
        .collect();
    println!(
        "{:<38} {:>11} {:>11} {:>11}  reached",
        "decoding and verifying", "median", "shortest", "target"
    );
    for n in [1, 2, 8, 64] {
        let proofs = &proofs[..n];
        let target = TARGETS.iter().find(|(count, _)| *count == n);
        print(
            "natively",
            n,
            &times(|| verify::<Native>(&key, proofs)),
            None,
        );
        let host = times(|| verify::<Host>(&key, proofs));
        print("host functions", n, &host, target.map(|(_, ms)| *ms));
    }
}

fn print(how: &str, n: usize, times: &Times, target: Option<f64>) {
    let what = match n {
        1 => format!("1 proof, {how}"),
        _ => format!("{n} proofs in one batch, {how}"),
    };
    let (bound, reached) = match target {
        Some(ms) if times.median <= ms => (format!("<= {ms} ms"), "yes"),
        Some(ms) => (format!("<= {ms} ms"), "NO"),
        None => (String::new(), ""),
    };
    println!(
        "{what:<38} {:>8.2} ms {:>8.2} ms {bound:>11}  {reached}",
        times.median, times.shortest
    );
}
