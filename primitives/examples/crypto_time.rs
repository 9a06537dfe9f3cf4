//! Prints the median time of a Poseidon hash, of signing, of verifying and of admitting a key, on
//! one core.

use clearproof_primitives::{
    babyjubjub::PublicKey,
    eddsa::{PreparedKey, SecretKey, Signature},
    field::Fr,
    poseidon::hash,
};
use std::{hint::black_box, time::Instant};

/// Median of 301 short runs' means: other programs may be using the machine.
fn time<T>(name: &str, repeats: u32, mut run: impl FnMut() -> T) {
    let mut means = [0; 301].map(|_: u8| {
        let start = Instant::now();
        for _ in 0..repeats {
            black_box(run());
        }
        start.elapsed().as_nanos() / u128::from(repeats)
    });
    means.sort_unstable();
    println!("{name:<32}{:>10} ns", means[means.len() / 2]);
}

fn hash_time<const N: usize>() {
    let mut inputs = [Fr::from(7u64); N];
    time(&format!("Poseidon of {N}"), 20, || {
        inputs[0] = hash(black_box(&inputs));
    });
}

fn main() {
    hash_time::<1>();
    hash_time::<2>();
    hash_time::<3>();
    hash_time::<4>();
    hash_time::<5>();
    hash_time::<14>();
    let secret = SecretKey::new([42; 32]);
    let key = secret.public_key();
    let message = Fr::from(1234u64);
    let signature = secret.sign(message);
    let (signature_bytes, key_bytes) = (signature.to_bytes(), key.compress());
    time("sign", 5, || secret.sign(black_box(message)));
    time("verify", 5, || {
        key.verify(black_box(message), black_box(&signature))
    });
    let prepared = PreparedKey::new(key);
    time("verify, prepared key", 5, || {
        prepared.verify(black_box(message), black_box(&signature))
    });
    time("prepare a key", 5, || PreparedKey::new(black_box(key)));
    time("decode a signature", 5, || {
        Signature::try_from(black_box(&signature_bytes))
    });
    time("decode and check a public key", 5, || {
        PublicKey::from_compressed(black_box(&key_bytes))
    });
}
