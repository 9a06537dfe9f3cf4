//! The randomness of a proof.

use super::ProveError;
use crate::circuit::CircuitId;
use ark_bn254::Fr;
use ark_ff::UniformRand;
use blake2::{
    Blake2b,
    digest::{Digest, consts::U32},
};
use rand::{CryptoRng, RngCore, SeedableRng};
use rand_chacha::ChaCha20Rng;

/// The two scalars that hide the witness in a proof.
pub(crate) struct Blinding {
    pub r: Fr,
    pub s: Fr,
}

impl Blinding {
    /// Draws both from a seed that hashes 32 bytes of `rng`, the circuit and the whole assignment.
    ///
    /// If `rng` is good, so is the seed. If it repeats itself, different assignments still get
    /// unrelated scalars; two proofs with the same scalars would reveal differences between their
    /// witnesses.
    pub fn draw<R: RngCore + CryptoRng>(
        circuit: &CircuitId,
        assignment: &[Fr],
        rng: &mut R,
    ) -> Result<Self, ProveError> {
        let mut random = [0; 32];
        rng.try_fill_bytes(&mut random)?;
        let mut hasher = Blake2b::<U32>::new();
        hasher.update(b"clearproof groth16 blinding v1");
        hasher.update(random);
        hasher.update(circuit.hash());
        for element in assignment {
            // The limbs in memory are as unique as the canonical bytes, and need no conversion.
            for limb in element.0.0 {
                hasher.update(limb.to_le_bytes());
            }
        }
        let mut rng = ChaCha20Rng::from_seed(hasher.finalize().into());
        Ok(Self {
            r: Fr::rand(&mut rng),
            s: Fr::rand(&mut rng),
        })
    }
}
