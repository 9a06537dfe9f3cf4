//! Verifying keys whose trapdoor is known, and proofs simulated with it. Tests and benchmarks use
//! them to have a valid Groth16 proof for any public input without a circuit. This is Groth16's own
//! simulator (eprint 2016/260, section 3.2): A = a, B = b, C = (a·b − α·β − L·γ) / δ, in exponents.
#![allow(clippy::expect_used, reason = "each message states why it holds")]

use crate::{KeyBytes, ProofBytes};
use ark_bn254::{G1Affine, G2Affine};
use ark_ec::{AffineRepr, CurveGroup};
use ark_ff::Field;
use clearproof_bn254_host::groth16::{Proof, VerifyingKey};
use clearproof_primitives::field::Fr;

/// A verifying key's trapdoor.
#[derive(Clone, Copy)]
pub(crate) struct Simulator {
    alpha: Fr,
    beta: Fr,
    gamma: Fr,
    delta: Fr,
    constant: Fr,
    input: Fr,
}

fn g1(scalar: Fr) -> G1Affine {
    (G1Affine::generator() * scalar).into_affine()
}

fn g2(scalar: Fr) -> G2Affine {
    (G2Affine::generator() * scalar).into_affine()
}

impl Simulator {
    /// A trapdoor from a seed.
    pub(crate) fn new(seed: u64) -> Self {
        // Any distinct non-zero scalars other than ±1 are suitable.
        let scalar = |n: u64| {
            Fr::from(1_000_003u64).pow([seed.wrapping_mul(16).wrapping_add(n).wrapping_add(5)])
        };
        Self {
            alpha: scalar(1),
            beta: scalar(2),
            gamma: scalar(3),
            delta: scalar(4),
            constant: scalar(5),
            input: scalar(6),
        }
    }

    /// The verifying key, encoded.
    pub(crate) fn key(&self) -> KeyBytes {
        let points = alloc::vec![g1(self.constant), g1(self.input)];
        VerifyingKey::new(
            g1(self.alpha),
            g2(self.beta),
            g2(self.gamma),
            g2(self.delta),
            points,
        )
        .expect("multiples of the generators lie in the groups")
        .encode()
        .try_into()
        .expect("a key with one input has KEY_BYTES bytes")
    }

    /// Returns a proof that verifies for the public input; `nonce` selects one of many.
    pub(crate) fn prove(&self, public_input: Fr, nonce: u64) -> ProofBytes {
        let (a, b) = (Fr::from(nonce) + Fr::from(7u64), Fr::from(11u64));
        let statement = self.constant + public_input * self.input;
        let inverse = self.delta.inverse().expect("delta is not zero");
        let c = (a * b - self.alpha * self.beta - statement * self.gamma) * inverse;
        Proof::new(g1(a), g2(b), g1(c))
            .expect("multiples of the generators lie in the groups")
            .encode()
    }
}
