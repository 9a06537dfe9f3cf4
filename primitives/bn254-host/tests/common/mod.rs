//! A small circuit, its key, and proofs made with ark-groth16.
#![allow(clippy::unwrap_used, dead_code)]

use ark_bn254::{Bn254, Fq2, Fr, G2Affine};
use ark_groth16::{Groth16, ProvingKey, r1cs_to_qap::LibsnarkReduction};
use ark_relations::{
    gr1cs::{ConstraintSynthesizer, ConstraintSystemRef, SynthesisError},
    lc,
};
use ark_serialize::CanonicalSerialize;
use ark_snark::{CircuitSpecificSetupSNARK, SNARK};
use ark_std::{
    UniformRand,
    rand::{SeedableRng, rngs::StdRng},
};
use clearproof_bn254_host::groth16::{Proof, VerifyingKey};

pub type Prover = Groth16<Bn254, LibsnarkReduction>;

/// Public inputs w², w³, ... of a secret w.
#[derive(Clone)]
pub struct Powers {
    pub w: Option<Fr>,
    pub inputs: usize,
}

impl Powers {
    pub fn public(&self) -> Vec<Fr> {
        let w = self.w.unwrap();
        (0..self.inputs)
            .scan(w, |power, _| {
                *power *= w;
                Some(*power)
            })
            .collect()
    }
}

impl ConstraintSynthesizer<Fr> for Powers {
    fn generate_constraints(self, cs: ConstraintSystemRef<Fr>) -> Result<(), SynthesisError> {
        let missing = SynthesisError::AssignmentMissing;
        let value = self.w.ok_or(missing);
        let w = cs.new_witness_variable(|| value)?;
        let mut last = w;
        let mut last_value = value;
        for _ in 0..self.inputs {
            last_value = last_value.and_then(|v| Ok(v * self.w.ok_or(missing)?));
            let next = cs.new_input_variable(|| last_value)?;
            cs.enforce_r1cs_constraint(|| lc!() + last, || lc!() + w, || lc!() + next)?;
            last = next;
        }
        Ok(())
    }
}

pub struct Setup {
    pub rng: StdRng,
    pub inputs: usize,
    pub proving_key: ProvingKey<Bn254>,
    pub key: VerifyingKey,
}

impl Setup {
    pub fn new(inputs: usize, seed: u64) -> Self {
        let mut rng = StdRng::seed_from_u64(seed);
        let (proving_key, key) = Prover::setup(Powers { w: None, inputs }, &mut rng).unwrap();
        let key = VerifyingKey::decode(&uncompressed(&key)).unwrap();
        Self {
            rng,
            inputs,
            proving_key,
            key,
        }
    }

    /// A proof of a random statement, and its public inputs.
    pub fn prove(&mut self) -> (Proof, Vec<Fr>) {
        let circuit = Powers {
            w: Some(Fr::rand(&mut self.rng)),
            inputs: self.inputs,
        };
        let inputs = circuit.public();
        let proof = Prover::prove(&self.proving_key, circuit, &mut self.rng).unwrap();
        (Proof::decode(&uncompressed(&proof)).unwrap(), inputs)
    }

    pub fn prove_many(&mut self, n: usize) -> Vec<(Proof, Vec<Fr>)> {
        (0..n).map(|_| self.prove()).collect()
    }
}

pub fn uncompressed<T: CanonicalSerialize>(value: &T) -> Vec<u8> {
    let mut bytes = Vec::new();
    value.serialize_uncompressed(&mut bytes).unwrap();
    bytes
}

/// A point that satisfies G2's curve equation and lies outside the subgroup.
pub fn g2_outside_subgroup() -> G2Affine {
    let mut rng = StdRng::seed_from_u64(7);
    loop {
        let x = Fq2::rand(&mut rng);
        if let Some(point) = G2Affine::get_point_from_x_unchecked(x, false) {
            assert!(point.is_on_curve());
            if !point.is_in_correct_subgroup_assuming_on_curve() {
                return point;
            }
        }
    }
}
