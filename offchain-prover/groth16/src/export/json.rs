//! Verifying keys, proofs and public inputs in snarkjs' format: numbers are decimal strings, and
//! points have three coordinates, the last of which is one, or zero at infinity.

use super::{ExportError, binary::replace};
use crate::proof::Proof;
use ark_bn254::{Bn254, Fq, Fq2, Fq6, Fq12, Fr, G1Affine, G2Affine};
use ark_ec::{AffineRepr, pairing::Pairing};
use ark_ff::{One, Zero};
use ark_groth16::VerifyingKey;
use serde_json::{Value, json};
use std::{
    io::{self, Write},
    path::Path,
};

/// snarkjs' name of the curve.
const CURVE: &str = "bn128";
const PROTOCOL: &str = "groth16";

fn pair(value: &Fq2) -> Value {
    json!([value.c0.to_string(), value.c1.to_string()])
}

fn g1(point: &G1Affine) -> Value {
    let coordinates = match point.xy() {
        Some((x, y)) => [x, y, Fq::one()],
        None => [Fq::zero(), Fq::one(), Fq::zero()],
    };
    json!(coordinates.map(|value| value.to_string()))
}

fn g2(point: &G2Affine) -> Value {
    let coordinates = match point.xy() {
        Some((x, y)) => [x, y, Fq2::one()],
        None => [Fq2::zero(), Fq2::one(), Fq2::zero()],
    };
    json!(coordinates.each_ref().map(pair))
}

fn gt(value: &Fq12) -> Value {
    let triple = |value: &Fq6| json!([pair(&value.c0), pair(&value.c1), pair(&value.c2)]);
    json!([triple(&value.c0), triple(&value.c1)])
}

/// A verifying key.
pub fn verifying_key_json(key: &VerifyingKey<Bn254>) -> Value {
    json!({
        "protocol": PROTOCOL,
        "curve": CURVE,
        "nPublic": key.gamma_abc_g1.len().saturating_sub(1),
        "vk_alpha_1": g1(&key.alpha_g1),
        "vk_beta_2": g2(&key.beta_g2),
        "vk_gamma_2": g2(&key.gamma_g2),
        "vk_delta_2": g2(&key.delta_g2),
        "vk_alphabeta_12": gt(&Bn254::pairing(key.alpha_g1, key.beta_g2).0),
        "IC": key.gamma_abc_g1.iter().map(g1).collect::<Vec<_>>(),
    })
}

/// A proof.
pub fn proof_json(proof: &Proof) -> Value {
    let points = proof.points();
    json!({
        "pi_a": g1(&points.a),
        "pi_b": g2(&points.b),
        "pi_c": g1(&points.c),
        "protocol": PROTOCOL,
        "curve": CURVE,
    })
}

/// Public inputs, without the leading one.
pub fn inputs_json(inputs: &[Fr]) -> Value {
    inputs.iter().map(Fr::to_string).collect()
}

/// Writes JSON to `path`.
///
/// # Errors
/// [`ExportError::Io`]
pub fn write_json(path: &Path, value: &Value) -> Result<(), ExportError> {
    replace(path, |file| {
        serde_json::to_writer_pretty(&mut *file, value).map_err(io::Error::from)?;
        file.write_all(b"\n")
    })
}
