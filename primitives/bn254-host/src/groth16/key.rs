//! A verifying key, its encoding and its soundness checks.

use super::encoding::{DecodeError, Field, Object, Reader, check_g1, check_g2, check_subgroup};
use crate::{
    backend::{Backend, DefaultBackend, hooked_g1, pairing_product},
    host::HostError,
    point::{G1_BYTES, G2_BYTES, TARGET_BYTES, append, decode_target, encode_g1, encode_g2},
};
use alloc::vec::Vec;
use ark_bn254::{Fq12, G1Affine, G2Affine};
use ark_ec::AffineRepr;
use ark_ff::{AdditiveGroup, Zero};

/// The most points for public inputs that a key may have, the constant included.
pub const MAX_GAMMA_ABC: u32 = 16;

/// The most bytes of an encoded key.
pub const MAX_KEY_BYTES: usize = HEADER_BYTES + G1_BYTES * MAX_GAMMA_ABC as usize;
/// The most bytes of a key encoded for storage.
pub const MAX_REGISTERED_KEY_BYTES: usize = MAX_KEY_BYTES + TARGET_BYTES;

const COUNT_BYTES: usize = 8;
const HEADER_BYTES: usize = G1_BYTES + 3 * G2_BYTES + COUNT_BYTES;

/// A Groth16 verifying key. Its points are on their curves and in the subgroup, and there are 1 to
/// [`MAX_GAMMA_ABC`] points for the public inputs. Whether it is fit for use: [`Self::check`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerifyingKey {
    alpha_g1: G1Affine,
    beta_g2: G2Affine,
    gamma_g2: G2Affine,
    delta_g2: G2Affine,
    gamma_abc_g1: Vec<G1Affine>,
    /// e(α, β), which spares every verification one pairing.
    alpha_beta: Fq12,
}

/// The reason that a key must not be used, though its encoding is right.
#[derive(thiserror::Error, Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyError {
    /// A point is the identity.
    #[error("{0} is the identity")]
    Identity(Field),
    /// δ is γ or −γ: then A = α, B = β, C = ∓Σ xᵢ·gamma_abc\[i\] proves anything.
    #[error("gamma and delta of the verifying key are equal up to sign")]
    GammaEqualsDelta,
    /// δ is the generator or its negative: the set-up's second phase was never run.
    #[error("delta of the verifying key is the generator up to sign")]
    DeltaIsGenerator,
    /// The key has no public input, so its proofs say nothing about the statement at hand.
    #[error("the verifying key has no public input")]
    NoPublicInput,
}

impl VerifyingKey {
    /// A key from its points, in the order and with the names of `ark_groth16::VerifyingKey`.
    ///
    /// # Errors
    /// [`DecodeError::Point`] with the first point that is off its curve or outside the subgroup,
    /// [`DecodeError::GammaAbcCount`].
    pub fn new(
        alpha_g1: G1Affine,
        beta_g2: G2Affine,
        gamma_g2: G2Affine,
        delta_g2: G2Affine,
        gamma_abc_g1: Vec<G1Affine>,
    ) -> Result<Self, DecodeError> {
        check_count(gamma_abc_g1.len() as u64)?;
        check_g1(Field::KeyAlpha, &alpha_g1)?;
        check_g2::<DefaultBackend>(Field::KeyBeta, &beta_g2)?;
        check_g2::<DefaultBackend>(Field::KeyGamma, &gamma_g2)?;
        check_g2::<DefaultBackend>(Field::KeyDelta, &delta_g2)?;
        for (i, point) in (0..).zip(&gamma_abc_g1) {
            check_g1(Field::KeyGammaAbc(i), point)?;
        }
        let alpha_beta = pair_alpha_beta::<DefaultBackend>(&alpha_g1, &beta_g2)?;
        Ok(Self {
            alpha_g1,
            beta_g2,
            gamma_g2,
            delta_g2,
            gamma_abc_g1,
            alpha_beta,
        })
    }

    /// Decodes and checks a key from outside: canonical, curve and subgroup; computes e(α, β). A
    /// key to be registered must also pass [`Self::check`].
    ///
    /// # Errors
    /// Every [`DecodeError`] that names a key.
    pub fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        Self::decode_with::<DefaultBackend>(bytes)
    }

    /// [`Self::decode`] on a given backend.
    ///
    /// # Errors
    /// As [`Self::decode`].
    pub fn decode_with<B: Backend>(bytes: &[u8]) -> Result<Self, DecodeError> {
        let (mut key, _) = Self::read(bytes, 0)?;
        check_subgroup::<B>(Field::KeyBeta, &key.beta_g2)?;
        check_subgroup::<B>(Field::KeyGamma, &key.gamma_g2)?;
        check_subgroup::<B>(Field::KeyDelta, &key.delta_g2)?;
        key.alpha_beta = pair_alpha_beta::<B>(&key.alpha_g1, &key.beta_g2)?;
        Ok(key)
    }

    /// Decodes what [`Self::encode_registered`] wrote to a trusted place, such as the chain's
    /// storage. Canonical form and curve are checked again; the subgroup and e(α, β), which are
    /// expensive, are not.
    ///
    /// # Errors
    /// Every [`DecodeError`] that names a key, but never `NotInSubgroup`.
    pub fn decode_registered(bytes: &[u8]) -> Result<Self, DecodeError> {
        let (mut key, mut reader) = Self::read(bytes, TARGET_BYTES)?;
        key.alpha_beta = decode_target(reader.take::<TARGET_BYTES>()?)
            .map_err(DecodeError::point(Field::KeyAlphaBeta))?;
        Ok(key)
    }

    /// Reads the points, after which `rest` bytes must follow; leaves e(α, β) zero.
    fn read(bytes: &[u8], rest: usize) -> Result<(Self, Reader<'_>), DecodeError> {
        let length = |count: u32| {
            HEADER_BYTES
                .saturating_add(G1_BYTES.saturating_mul(count as usize))
                .saturating_add(rest)
        };
        let count = bytes
            .get(HEADER_BYTES - COUNT_BYTES..)
            .and_then(|rest| rest.first_chunk::<COUNT_BYTES>())
            .map(|count| u64::from_le_bytes(*count))
            .ok_or(DecodeError::WrongLength {
                object: Object::VerifyingKey,
                expected: length(1),
                got: bytes.len(),
            })?;
        let count = check_count(count)?;
        let mut reader = Reader::new(Object::VerifyingKey, bytes, length(count))?;
        let alpha_g1 = reader.g1(Field::KeyAlpha)?;
        let beta_g2 = reader.g2(Field::KeyBeta)?;
        let gamma_g2 = reader.g2(Field::KeyGamma)?;
        let delta_g2 = reader.g2(Field::KeyDelta)?;
        reader.take::<COUNT_BYTES>()?;
        let gamma_abc_g1 = (0..count)
            .map(|i| reader.g1(Field::KeyGammaAbc(i)))
            .collect::<Result<_, _>>()?;
        let alpha_beta = Fq12::ZERO;
        Ok((
            Self {
                alpha_g1,
                beta_g2,
                gamma_g2,
                delta_g2,
                gamma_abc_g1,
                alpha_beta,
            },
            reader,
        ))
    }

    /// Refuses keys with which false statements can be proven, as far as the key itself shows it.
    ///
    /// It cannot show who made the key, nor that the secrets are gone. γ may be the generator:
    /// ceremonies in the manner of <https://eprint.iacr.org/2017/1050> fix it so, and only δ's
    /// secret counts there.
    ///
    /// # Errors
    /// See [`KeyError`].
    pub fn check(&self) -> Result<(), KeyError> {
        let named = [
            (Field::KeyAlpha, self.alpha_g1.is_zero()),
            (Field::KeyBeta, self.beta_g2.is_zero()),
            (Field::KeyGamma, self.gamma_g2.is_zero()),
            (Field::KeyDelta, self.delta_g2.is_zero()),
        ];
        let inputs = (0..)
            .zip(&self.gamma_abc_g1)
            .map(|(i, point)| (Field::KeyGammaAbc(i), point.is_zero()));
        if let Some((field, _)) = named
            .into_iter()
            .chain(inputs)
            .find(|(_, identity)| *identity)
        {
            return Err(KeyError::Identity(field));
        }
        if same_up_to_sign(&self.gamma_g2, &self.delta_g2) {
            return Err(KeyError::GammaEqualsDelta);
        }
        if same_up_to_sign(&self.delta_g2, &G2Affine::generator()) {
            return Err(KeyError::DeltaIsGenerator);
        }
        if self.inputs() == 0 {
            return Err(KeyError::NoPublicInput);
        }
        Ok(())
    }

    /// The key's bytes.
    pub fn encode(&self) -> Vec<u8> {
        let points = self.gamma_abc_g1.len();
        let mut bytes =
            Vec::with_capacity(HEADER_BYTES.saturating_add(points.saturating_mul(G1_BYTES)));
        bytes.extend(encode_g1(&self.alpha_g1));
        bytes.extend(encode_g2(&self.beta_g2));
        bytes.extend(encode_g2(&self.gamma_g2));
        bytes.extend(encode_g2(&self.delta_g2));
        bytes.extend((points as u64).to_le_bytes());
        self.gamma_abc_g1
            .iter()
            .for_each(|p| bytes.extend(encode_g1(p)));
        bytes
    }

    /// The key's bytes, and e(α, β) after them (384): for [`Self::decode_registered`].
    pub fn encode_registered(&self) -> Vec<u8> {
        let mut bytes = self.encode();
        append(&self.alpha_beta, &mut bytes);
        bytes
    }

    /// Number of public inputs of the key's statements, without the constant.
    pub fn inputs(&self) -> usize {
        self.gamma_abc_g1.len().saturating_sub(1)
    }

    /// α.
    pub fn alpha_g1(&self) -> &G1Affine {
        &self.alpha_g1
    }

    /// β.
    pub fn beta_g2(&self) -> &G2Affine {
        &self.beta_g2
    }

    /// γ.
    pub fn gamma_g2(&self) -> &G2Affine {
        &self.gamma_g2
    }

    /// δ.
    pub fn delta_g2(&self) -> &G2Affine {
        &self.delta_g2
    }

    /// e(α, β).
    pub fn alpha_beta(&self) -> &Fq12 {
        &self.alpha_beta
    }

    /// The points of the constant and of each public input.
    pub fn gamma_abc_g1(&self) -> &[G1Affine] {
        &self.gamma_abc_g1
    }
}

fn check_count(got: u64) -> Result<u32, DecodeError> {
    match u32::try_from(got) {
        Ok(count) if (1..=MAX_GAMMA_ABC).contains(&count) => Ok(count),
        _ => Err(DecodeError::GammaAbcCount {
            got,
            limit: MAX_GAMMA_ABC,
        }),
    }
}

fn pair_alpha_beta<B: Backend>(alpha: &G1Affine, beta: &G2Affine) -> Result<Fq12, DecodeError> {
    let product = pairing_product::<B>(hooked_g1(&[*alpha]), &[*beta]);
    if product.is_zero() {
        let (field, error) = (Field::KeyAlphaBeta, HostError::NotInvertible);
        return Err(DecodeError::Host { field, error });
    }
    Ok(product)
}

/// On this curve two points with the same x are equal or opposite.
fn same_up_to_sign(p: &G2Affine, q: &G2Affine) -> bool {
    p.x == q.x
}
