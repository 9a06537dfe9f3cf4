//! Prints the time of a Poseidon hash, of signing, of verifying and of admitting a key, on one core.

use clearproof_primitives::{
    babyjubjub::PublicKey,
    eddsa::{SecretKey, Signature},
    field::Fr,
    poseidon::hash,
};
use std::{hint::black_box, time::Instant};

/// Best mean of 300 short runs: other programs may be using the machine.
fn time<T>(name: &str, repeats: u32, mut run: impl FnMut() -> T) {
    let best = (0..300).map(|_| {
        let start = Instant::now();
        for _ in 0..repeats {
            black_box(run());
        }
        start.elapsed() / repeats
    });
    println!("{name:<32}{:>12.2?}", best.min().unwrap_or_default());
}

fn hash_time<const N: usize>() {
    let mut inputs = [Fr::from(7u64); N];
    time(&format!("Poseidon of {N}"), 20, || {
        inputs[0] = hash(black_box(&inputs))
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
    time("decode a signature", 5, || {
        Signature::try_from(black_box(&signature_bytes))
    });
    time("decode and check a public key", 5, || {
        PublicKey::from_compressed(black_box(&key_bytes))
    });
}
