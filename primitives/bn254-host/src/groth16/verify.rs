//! Randomised batch verification.
//!
//! # Equation
//!
//! Proof i under key k with public inputs x is valid if e(A, B) = e(α, β)·e(L, γ)·e(C, δ), where
//! L = gamma_abc\[0\] + Σ xⱼ·gamma_abc\[j\]. With E_i the quotient of both sides, the batch checks
//! Π E_i^(r_i) = 1, arranged so that every G2 point occurs once:
//!
//! Π_i e(r_i·A_i, B_i) · Π_k e(−Σ r_i·L_i, γ_k)·e(−Σ r_i·C_i, δ_k) · Π_(k≠0) e(−(Σ r_i)·α_k, β_k) =
//! e(α_0, β_0),
//!
//! the sums over the proofs of key k. Key 0 is that of the first proof; the challenges of its
//! proofs are made to sum to one, so that e(α_0, β_0), known with the key, needs neither pairing
//! nor power.
//!
//! # Soundness
//!
//! All points lie in groups of prime order r (their types see to it), so each E_i lies in the
//! target group of order r. The challenges r_i for i ≥ 1 are drawn; r_0 = 1 − Σ r_i over the other
//! proofs of key 0. With F_i = E_i/E_0 for those and F_i = E_i for proofs of other keys, the
//! product is E_0·Π_(i≥1) F_i^(r_i). If all F_i are one, it is E_0, so it is one only if all proofs
//! hold. Otherwise take j with F_j ≠ 1: whatever the other challenges, exactly one value of r_j
//! modulo r gives the product 1. Each r_j is one of 2¹²⁸ − 1 different non-zero residues, each of
//! probability at most 2⁻¹²⁷; so a batch with a false proof passes with probability at most 2⁻¹²⁷
//! per try.
//!
//! Challenges are not random but hashed (Fiat–Shamir) over all keys, all proofs and all inputs,
//! with all counts: any change yields new challenges. Were something left out, one
//! could choose it after the challenges and cancel an error in one proof by an error in another;
//! for instance with C_1 outside the hash, one solves r_0·ΔC_0 + r_1·ΔC_1 = 0. An attacker may try
//! many batches; q tries succeed with probability at most q·2⁻¹²⁷, beyond the strength of the curve
//! itself (about 2¹⁰⁰).
//!
//! A challenge is a + b·λ with a, b of 64 bits and λ the eigenvalue of G1's endomorphism:
//! multiplying by it costs 64 doublings instead of 127. Different (a, b) give different residues:
//! every vector (a, b) ≠ 0 with a + b·λ = 0 modulo r has a coordinate beyond 2⁶⁴ in size, the
//! lattice's reduced basis being (2¹²⁶·⁸, 2⁶³·¹), (2⁶³·¹, 2¹²⁶·⁸) up to sign. Zero is replaced by
//! one: a zero would leave its proof unchecked.
//!
//! # Cost
//!
//! For n proofs under K different keys: one Miller loop with n + 3·K − 1 pairs, one final
//! exponentiation, n − 1 short and K general multiplications in G1, and per key a sum of as many
//! terms as it has proofs and one of as many as it has gamma_abc points.

use super::{key::VerifyingKey, proof::Proof};
use crate::{
    backend::{Backend, DefaultBackend, hooked_g1, pairing_product},
    host::HostError,
    point,
};
use alloc::vec::Vec;
use ark_bn254::{Fr, G1Affine, g1};
use ark_bn254_ext as ext;
use ark_ec::{
    CurveGroup,
    scalar_mul::{glv::GLVConfig, variable_base::VariableBaseMSM},
};
use ark_ff::{One, Zero};
use blake2::{
    Blake2b, Digest,
    digest::consts::{U16, U32},
};

/// Separates these hashes from all others; the number is the version of the transcript.
const DOMAIN: &[u8] = b"clearproof/groth16/batch/1";

/// A proof, the key to verify it with, and its public inputs in order, without the constant.
pub type Item<'a> = (&'a VerifyingKey, &'a Proof, &'a [Fr]);

/// The reason that a batch was refused.
#[derive(thiserror::Error, Debug, Clone, Copy, PartialEq, Eq)]
pub enum VerifyError {
    /// There is nothing to verify.
    #[error("the batch has no proofs")]
    EmptyBatch,
    /// The number of public inputs does not fit the key.
    #[error("proof {item} has {got} public inputs, its key expects {expected}")]
    InputCount {
        /// The proof's index in the batch.
        item: usize,
        /// The number that the key expects.
        expected: usize,
        /// The number that was given.
        got: usize,
    },
    /// At least one proof does not hold. The batch does not show which.
    #[error("a proof of the batch is invalid")]
    Invalid,
    /// The host refused to compute.
    #[error("the host failed to compute: {0}")]
    Host(HostError),
    /// The pairing gave no result: the host refused it, or a key holds a point outside the
    /// subgroup.
    #[error("the pairing could not be computed")]
    Pairing,
}

/// Verifies one proof. See [`batch_verify`].
///
/// # Errors
/// As [`batch_verify`].
pub fn verify_one(key: &VerifyingKey, proof: &Proof, inputs: &[Fr]) -> Result<(), VerifyError> {
    batch_verify(&[(key, proof, inputs)])
}

/// Verifies all proofs at once; keys may differ. See the module's text for the soundness.
///
/// The keys must have passed [`VerifyingKey::check`] when they were registered.
///
/// # Errors
/// [`VerifyError`]; `Invalid` if at least one proof does not hold.
pub fn batch_verify(items: &[Item<'_>]) -> Result<(), VerifyError> {
    batch_verify_with::<DefaultBackend>(items)
}

/// [`batch_verify`] on a given backend.
///
/// # Errors
/// As [`batch_verify`].
pub fn batch_verify_with<B: Backend>(items: &[Item<'_>]) -> Result<(), VerifyError> {
    if items.is_empty() {
        return Err(VerifyError::EmptyBatch);
    }
    for (item, (key, _, inputs)) in items.iter().enumerate() {
        let (expected, got) = (key.inputs(), inputs.len());
        if expected != got {
            return Err(VerifyError::InputCount {
                item,
                expected,
                got,
            });
        }
    }
    let groups = group_by_key(items);
    let challenges = challenges(items, &groups);

    let mut g1 = scaled::<B>(items, &groups, &challenges)?;
    let mut g2: Vec<_> = items.iter().map(|(_, proof, _)| *proof.b()).collect();
    g2.extend(groups.iter().skip(1).map(|group| *group.key.beta_g2()));
    for group in &groups {
        let (inputs, c) = sums::<B>(items, group, &challenges)?;
        g1.extend([-inputs, -c]);
        g2.extend([*group.key.gamma_g2(), *group.key.delta_g2()]);
    }

    let product = pairing_product::<B>(g1, &g2);
    if product.is_zero() {
        return Err(VerifyError::Pairing);
    }
    match groups.first() {
        Some(first) if product == *first.key.alpha_beta() => Ok(()),
        _ => Err(VerifyError::Invalid),
    }
}

/// The proofs of one key, by their index in the batch.
struct Group<'a> {
    key: &'a VerifyingKey,
    items: Vec<usize>,
}

fn group_by_key<'a>(items: &[Item<'a>]) -> Vec<Group<'a>> {
    let mut groups: Vec<Group<'a>> = Vec::new();
    for (i, (key, _, _)) in items.iter().enumerate() {
        let same = |group: &&mut Group<'a>| core::ptr::eq(group.key, *key) || group.key == *key;
        match groups.iter_mut().find(same) {
            Some(group) => group.items.push(i),
            None => groups.push(Group {
                key,
                items: alloc::vec![i],
            }),
        }
    }
    groups
}

/// One challenge per proof; those of the first key's proofs sum to one.
///
/// Hashed: the number of keys; each key; the number of its proofs and, for each, its index, the
/// proof and its inputs. A key's encoding states its own length and the number of inputs of its
/// proofs.
fn challenges(items: &[Item<'_>], groups: &[Group<'_>]) -> Vec<Fr> {
    let mut hasher = Blake2b::<U32>::new_with_prefix(DOMAIN);
    hasher.update((groups.len() as u64).to_le_bytes());
    for group in groups {
        hasher.update(group.key.encode());
        hasher.update((group.items.len() as u64).to_le_bytes());
        for &i in &group.items {
            let (_, proof, inputs) = &items[i];
            hasher.update((i as u64).to_le_bytes());
            hasher.update(proof.encode());
            let mut bytes = Vec::new();
            inputs.iter().for_each(|x| point::append(x, &mut bytes));
            hasher.update(bytes);
        }
    }
    let seed = hasher.finalize();
    let challenge = |i: usize| {
        let mut hasher = Blake2b::<U16>::new_with_prefix(seed);
        hasher.update((i as u64).to_le_bytes());
        let bits = u128::from_le_bytes(hasher.finalize().into());
        match bits {
            0 => Fr::one(),
            bits => Fr::from(bits as u64) + Fr::from((bits >> 64) as u64) * g1::Config::LAMBDA,
        }
    };
    let mut challenges: Vec<Fr> = (0..items.len()).map(challenge).collect();
    // The first group holds proof 0.
    let others = groups.first().map_or(&[][..], |group| &group.items[1..]);
    challenges[0] = Fr::one() - others.iter().map(|&i| challenges[i]).sum::<Fr>();
    challenges
}

/// `r_i·A_i` for each proof, then `−(Σ r_i)·α_k` for each key but the first.
fn scaled<B: Backend>(
    items: &[Item<'_>],
    groups: &[Group<'_>],
    challenges: &[Fr],
) -> Result<Vec<ext::G1Affine<B>>, VerifyError> {
    let mut points: Vec<G1Affine> = items.iter().map(|(_, proof, _)| *proof.a()).collect();
    let mut scalars = challenges.to_vec();
    for group in groups.iter().skip(1) {
        points.push(*group.key.alpha_g1());
        scalars.push(group.items.iter().map(|&i| challenges[i]).sum());
    }
    let mut products = B::scale_g1(&points, &scalars).map_err(VerifyError::Host)?;
    products.iter_mut().skip(items.len()).for_each(|p| *p = -*p);
    Ok(hooked_g1(&products))
}

/// `Σ r_i·L_i` and `Σ r_i·C_i` over the proofs of one key.
fn sums<B: Backend>(
    items: &[Item<'_>],
    group: &Group<'_>,
    challenges: &[Fr],
) -> Result<(ext::G1Affine<B>, ext::G1Affine<B>), VerifyError> {
    let mut coefficients = alloc::vec![Fr::zero(); group.key.gamma_abc_g1().len()];
    let mut scalars = Vec::with_capacity(group.items.len());
    let mut c = Vec::with_capacity(group.items.len());
    for &i in &group.items {
        let (_, proof, inputs) = &items[i];
        let constant = Fr::one();
        for (sum, x) in coefficients
            .iter_mut()
            .zip(core::iter::once(&constant).chain(*inputs))
        {
            *sum += challenges[i] * x;
        }
        scalars.push(challenges[i]);
        c.push(*proof.c());
    }
    let msm = |points: &[G1Affine], scalars: &[Fr]| {
        ext::G1Projective::<B>::msm(&hooked_g1(points), scalars)
            .map_err(|_| VerifyError::Host(HostError::Length))
    };
    let sums = [
        msm(group.key.gamma_abc_g1(), &coefficients)?,
        msm(&c, &scalars)?,
    ];
    let [inputs, c] = sums.map(|sum| sum.into_affine());
    Ok((inputs, c))
}
