//! The values with which `gpu-check` (offchain-prover/cuda/check) compares a device, computed with
//! arkworks.
//!
//! With `CLEARPROOF_WRITE_VECTORS=1` the file is rewritten; otherwise it is compared.

use ark_bn254::{Fq, Fr, G1Affine, G1Projective, G2Affine, G2Projective};
use ark_ec::{AffineRepr, CurveGroup};
use ark_ff::{BigInt, FftField, Field, One, Zero};
use clearproof_groth16::{ArkBackend, Backend, points::G1Point, points::G2Point};
use std::{env, fmt::Write, fs, path::Path};

/// splitmix64.
struct Generator(u64);

impl Generator {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = self.0;
        let z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }
}

/// Of sixteen scalars, one is zero and one is one; the others have 253 bits in Montgomery form.
fn scalars(seed: u64, count: usize) -> Vec<Fr> {
    let mut random = Generator(seed);
    let scalar = |index| {
        let [a, b, c, d] = [(); 4].map(|()| random.next());
        match index % 16 {
            3 => Fr::zero(),
            7 => Fr::one(),
            _ => Fr::new_unchecked(BigInt([a, b, c, d & (u64::MAX >> 3)])),
        }
    };
    (0..count).map(scalar).collect()
}

/// The multiple of the generator to which the sum over these scalars evaluates. The points are its
/// multiples 1 to 1024, repeated, with every 64th at infinity.
fn multiple(scalars: &[Fr]) -> Fr {
    let term = |(index, scalar): (usize, &Fr)| match index % 64 {
        5 => Fr::zero(),
        _ => *scalar * Fr::from((index % 1024 + 1) as u64),
    };
    scalars.iter().enumerate().map(term).sum()
}

fn fingerprint(values: &[Fr]) -> u64 {
    values
        .iter()
        .flat_map(|value| value.0.0)
        .fold(0xcbf2_9ce4_8422_2325, |hash, limb| {
            (hash ^ limb).wrapping_mul(0x100_0000_01b3)
        })
}

fn list(limbs: &[u64]) -> String {
    let words: Vec<_> = limbs.iter().map(|limb| format!("{limb:#018x}")).collect();
    format!("{{{}}}", words.join(", "))
}

fn g1(point: G1Affine) -> String {
    list(bytemuck::cast_slice(&[G1Point::from(&point)]))
}

fn g2(point: G2Affine) -> String {
    list(bytemuck::cast_slice(&[G2Point::from(&point)]))
}

fn transform_case(text: &mut String, log_size: u32) {
    let size = 1 << log_size;
    let domain = ArkBackend.domain(size).unwrap();
    let input = scalars(1, size);
    let forward = {
        // The reference has no forward transform on the subgroup. It is the inverse with all values
        // but the first reversed.
        let mut values = input.clone();
        ArkBackend.intt(&domain, &mut values).unwrap();
        values[1..].reverse();
        let factor = Fr::from(size as u64);
        values.iter_mut().for_each(|value| *value *= factor);
        values
    };
    let transformed = |transform: &dyn Fn(&mut Vec<Fr>)| {
        let mut values = input.clone();
        transform(&mut values);
        values
    };
    let inverse = transformed(&|values| ArkBackend.intt(&domain, values).unwrap());
    let coset = transformed(&|values| ArkBackend.coset_ntt(&domain, values).unwrap());
    let coset_inverse = transformed(&|values| ArkBackend.coset_intt(&domain, values).unwrap());
    let [a, b, c] = [1, 2, 3].map(|seed| scalars(seed, size));
    let quotient = ArkBackend.quotient(&domain, a, b, c).unwrap();
    let prints = [forward, inverse, coset, coset_inverse, quotient].map(|v| fingerprint(&v));
    let vanishing = Fr::GENERATOR.pow([size as u64]) - Fr::one();
    let vanishing_inverse = list(&vanishing.inverse().unwrap().0.0);
    let prints = list(&prints);
    writeln!(
        text,
        "    {{{log_size}, {prints},\n     {vanishing_inverse}}},"
    )
    .unwrap();
}

fn file() -> String {
    let mut text = String::from(
        "// What gpu_check.cpp expects. Written by groth16/tests/cuda/vectors.rs with arkworks; do not edit.\n\n#include <cstdint>\n\n",
    );
    let constant = |text: &mut String, name: &str, limbs: usize, value: String| {
        writeln!(text, "static const uint64_t {name}[{limbs}] = {value};").unwrap();
    };
    constant(&mut text, "ONE", 4, list(&Fr::one().0.0));
    constant(&mut text, "GENERATOR_G1", 8, g1(G1Affine::generator()));
    constant(&mut text, "GENERATOR_G2", 16, g2(G2Affine::generator()));
    text += "\nstruct sum_case {\n    uint64_t count;\n    uint64_t g1[8];\n    uint64_t g2[16];\n};\n\n";
    text += "static const sum_case SUMS[] = {\n";
    for count in [1, 2, 33, 1000, 1024, 2048, 1 << 18, 1 << 20] {
        let multiple = multiple(&scalars(1, count));
        let in_g1: G1Projective = G1Affine::generator() * multiple;
        let in_g2: G2Projective = G2Affine::generator() * multiple;
        let (in_g1, in_g2) = (g1(in_g1.into_affine()), g2(in_g2.into_affine()));
        writeln!(text, "    {{{count}, {in_g1},\n     {in_g2}}},").unwrap();
    }
    text += "};\n\n// Forward, inverse, both on the coset, quotient.\nstruct transform_case {\n    uint32_t log_size;\n";
    text += "    uint64_t fingerprints[5];\n    uint64_t vanishing_inverse[4];\n};\n\n";
    text += "static const transform_case TRANSFORMS[] = {\n";
    for log_size in [0, 1, 4, 10, 11, 18, 20] {
        transform_case(&mut text, log_size);
    }
    text += "};\n";
    text
}

#[test]
fn the_device_check_expects_what_arkworks_computes() {
    // The path is not compiled in, because checkouts share one target directory.
    let manifest = env::var_os("CARGO_MANIFEST_DIR").unwrap();
    let path = Path::new(&manifest).join("../cuda/check/vectors.h");
    let text = file();
    if env::var_os("CLEARPROOF_WRITE_VECTORS").is_some() {
        fs::write(&path, &text).unwrap();
    }
    let written = fs::read_to_string(&path).unwrap();
    assert!(
        written == text,
        "{} is not what arkworks computes: CLEARPROOF_WRITE_VECTORS=1 writes it anew",
        path.display()
    );
}

/// The expected sums come from field arithmetic; here a small sum is added up.
#[test]
fn multiples_are_sums() {
    let scalars = scalars(1, 100);
    let mut sum = G1Projective::zero();
    for (index, scalar) in scalars.iter().enumerate() {
        if index % 64 != 5 {
            let point = G1Affine::generator() * Fr::from((index + 1) as u64);
            sum += point * scalar;
        }
    }
    assert_eq!(sum, G1Affine::generator() * multiple(&scalars));
    assert_ne!(sum.into_affine().x, Fq::zero());
}
