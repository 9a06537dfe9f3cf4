//! Proving keys and their origins.

pub mod error;
mod file;
mod header;
mod map;
mod origin;
mod point;
pub mod store;
mod version1;

pub use origin::Origin;

use crate::{
    circuit::CircuitId,
    points::{G1Point, G2Point, Points},
    progress::{Phase, Progress},
    verify::verifying_key_bytes,
};
use ark_bn254::{Bn254, G1Affine, G2Affine};
use ark_groth16::VerifyingKey;
use error::{KeyFileError, Part};
use header::Counts;
use point::RawPoint;
use rayon::prelude::*;

/// A proving key with its identity. Its points are in memory of their own after a set-up, and in a
/// mapped file after loading.
///
/// The queries have one point per column (`a`, `b_g1`, `b_g2`), one per witness column (`l`), and
/// one less than the domain has elements (`h`).
#[derive(Clone, Debug, PartialEq)]
pub struct ProvingKey {
    pub(crate) id: CircuitId,
    pub(crate) origin: Origin,
    pub(crate) num_constraints: usize,
    pub(crate) vk: VerifyingKey<Bn254>,
    pub(crate) beta_g1: G1Affine,
    pub(crate) delta_g1: G1Affine,
    pub(crate) a: Points<G1Point>,
    pub(crate) b_g1: Points<G1Point>,
    pub(crate) b_g2: Points<G2Point>,
    pub(crate) h: Points<G1Point>,
    pub(crate) l: Points<G1Point>,
}

impl ProvingKey {
    /// The circuit that the key is for.
    pub fn id(&self) -> &CircuitId {
        &self.id
    }

    /// The origin of the key: who knows its secrets.
    pub fn origin(&self) -> Origin {
        self.origin
    }

    /// Rows of the circuit's matrices.
    pub fn num_constraints(&self) -> usize {
        self.num_constraints
    }

    /// A copy of the key in memory, in the form of `ark-groth16`: for comparisons and exports.
    pub fn to_arkworks(&self) -> ark_groth16::ProvingKey<Bn254> {
        let g1 = |points: &[G1Point]| points.par_iter().map(G1Affine::from).collect();
        ark_groth16::ProvingKey {
            vk: self.vk.clone(),
            beta_g1: self.beta_g1,
            delta_g1: self.delta_g1,
            a_query: g1(&self.a),
            b_g1_query: g1(&self.b_g1),
            b_g2_query: self.b_g2.par_iter().map(G2Affine::from).collect(),
            h_query: g1(&self.h),
            l_query: g1(&self.l),
        }
    }

    /// The verifying key.
    pub fn verifying_key(&self) -> &VerifyingKey<Bn254> {
        &self.vk
    }

    /// The verifying key in the chain's encoding; see [`verifying_key_bytes`].
    pub fn verifying_key_bytes(&self) -> Vec<u8> {
        verifying_key_bytes(&self.vk)
    }

    /// Checks in all threads that every point lies on its curve and in the subgroup of prime order.
    ///
    /// # Errors
    /// [`KeyFileError::Point`] names the first point that does not.
    pub fn check_points(&self, progress: &dyn Progress) -> Result<(), KeyFileError> {
        let counts = self.counts();
        let queries = 3 * counts.columns() + counts.quotient_points() + counts.num_witness;
        progress.begin(Phase::Check, (queries + counts.num_instance + 6) as u64);
        // Points are numbered in the order of the file.
        let vk = &self.vk;
        let first: Vec<_> = [&vk.alpha_g1, &self.beta_g1, &self.delta_g1]
            .map(G1Point::from)
            .into();
        let second: Vec<_> = [&vk.beta_g2, &vk.gamma_g2, &vk.delta_g2]
            .map(G2Point::from)
            .into();
        let third: Vec<_> = vk.gamma_abc_g1.iter().map(G1Point::from).collect();
        members(&first, Part::VerifyingKey, 0, progress)?;
        members(&second, Part::VerifyingKey, 3, progress)?;
        members(&third, Part::VerifyingKey, 6, progress)?;
        members(&self.a, Part::A, 0, progress)?;
        members(&self.b_g1, Part::BG1, 0, progress)?;
        members(&self.b_g2, Part::BG2, 0, progress)?;
        members(&self.h, Part::H, 0, progress)?;
        members(&self.l, Part::L, 0, progress)?;
        progress.end();
        Ok(())
    }

    fn counts(&self) -> Counts {
        Counts {
            num_instance: self.vk.gamma_abc_g1.len(),
            num_witness: self.l.len(),
            num_constraints: self.num_constraints,
        }
    }
}

/// Checks that all points are members of their group. The first one is number `before` of its part.
fn members<P: RawPoint>(
    points: &[P],
    part: Part,
    before: usize,
    progress: &dyn Progress,
) -> Result<(), KeyFileError> {
    /// Points between two reports of progress.
    const CHUNK: usize = 1 << 13;
    for (number, chunk) in points.chunks(CHUNK).enumerate() {
        if let Some(place) = chunk
            .par_iter()
            .position_first(|point| !point.is_in_group())
        {
            return Err(KeyFileError::Point {
                part,
                index: before + number * CHUNK + place,
            });
        }
        progress.advance(chunk.len() as u64);
    }
    Ok(())
}
