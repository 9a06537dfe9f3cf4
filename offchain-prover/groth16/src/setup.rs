//! Making keys: the generator of Groth16 (<https://eprint.iacr.org/2016/260>, section 3.2) from
//! matrices.

mod error;
mod qap;
mod secrets;

pub use error::SetupError;

use crate::{
    circuit::Circuit,
    key::{Origin, ProvingKey},
    points::{G1Point, G2Point, Points},
    progress::{Phase, Progress},
};
use ark_bn254::{Fr, G1Projective, G2Projective};
use ark_ec::{
    CurveGroup, PrimeGroup,
    scalar_mul::{BatchMulPreprocessing, ScalarMul},
};
use ark_ff::Zero;
use ark_groth16::VerifyingKey;
use ark_poly::{EvaluationDomain, Radix2EvaluationDomain};
use qap::Queries;
use rayon::prelude::*;
use secrets::Secrets;

/// Scalars whose multiples of a generator are computed between two reports of progress.
const CHUNK: usize = 1 << 13;

/// Makes the key of `circuit`.
///
/// Development keys are the same on every machine. For other keys, the secrets are in this
/// process's memory while it works and are not wiped afterwards: see [`Origin::SingleParty`].
///
/// # Errors
/// [`SetupError`]
pub fn generate(
    circuit: &Circuit,
    origin: Origin,
    progress: &dyn Progress,
) -> Result<ProvingKey, SetupError> {
    let size = circuit.matrices().domain_size();
    let domain = Radix2EvaluationDomain::new(size).ok_or(SetupError::Domain { size })?;
    let secrets = Secrets::draw(circuit.id(), origin, &domain)?;
    Ok(key(circuit, origin, &domain, &secrets, progress))
}

fn key(
    circuit: &Circuit,
    origin: Origin,
    domain: &Radix2EvaluationDomain<Fr>,
    secrets: &Secrets,
    progress: &dyn Progress,
) -> ProvingKey {
    let matrices = circuit.matrices();
    progress.begin(Phase::QapEvaluation, 1);
    let Queries {
        a,
        b,
        l,
        gamma_abc,
        h,
    } = qap::evaluate(matrices, domain, secrets);
    progress.advance(1);
    progress.end();

    let (g1, g2) = (G1Projective::generator(), G2Projective::generator());
    let (nonzero_a, nonzero_b) = (nonzero(&a), nonzero(&b));
    let others = l.len() + h.len() + gamma_abc.len();
    progress.begin(Phase::Tables, 2);
    let table_g1 = BatchMulPreprocessing::new(g1, nonzero_a + nonzero_b + others);
    progress.advance(1);
    let table_g2 = BatchMulPreprocessing::new(g2, nonzero_b);
    progress.advance(1);
    progress.end();

    let b_g2: Points<G2Point> = multiples(&table_g2, &b, Phase::BG2, progress);
    let query = |scalars: &[Fr], phase| -> Points<G1Point> {
        multiples(&table_g1, scalars, phase, progress)
    };
    ProvingKey {
        id: circuit.id().clone(),
        origin,
        num_constraints: matrices.num_constraints(),
        vk: VerifyingKey {
            alpha_g1: (g1 * secrets.alpha).into_affine(),
            beta_g2: (g2 * secrets.beta).into_affine(),
            gamma_g2: (g2 * secrets.gamma).into_affine(),
            delta_g2: (g2 * secrets.delta).into_affine(),
            gamma_abc_g1: table_g1.batch_mul(&gamma_abc),
        },
        beta_g1: (g1 * secrets.beta).into_affine(),
        delta_g1: (g1 * secrets.delta).into_affine(),
        b_g2,
        a: query(&a, Phase::A),
        b_g1: query(&b, Phase::BG1),
        h: query(&h, Phase::H),
        l: query(&l, Phase::L),
    }
}

/// Number of scalars that are not zero.
fn nonzero(scalars: &[Fr]) -> usize {
    let scalars = scalars.par_iter();
    scalars.filter(|scalar| !scalar.is_zero()).count()
}

/// Multiples of a generator, computed with its table.
fn multiples<G: ScalarMul<ScalarField = Fr>, P: for<'a> From<&'a G::MulBase>>(
    table: &BatchMulPreprocessing<G>,
    scalars: &[Fr],
    phase: Phase,
    progress: &dyn Progress,
) -> Points<P> {
    progress.begin(phase, scalars.len() as u64);
    let mut points = Vec::with_capacity(scalars.len());
    for chunk in scalars.chunks(CHUNK) {
        points.extend(table.batch_mul(chunk).iter().map(P::from));
        progress.advance(chunk.len() as u64);
    }
    progress.end();
    points.into()
}

#[cfg(test)]
mod tests;
