//! EdDSA-Poseidon over Baby Jubjub as circomlib and iden3 define it, with strict verification.
//!
//! Source: circomlibjs `eddsa.js`, functions signPoseidon and verifyPoseidon. Stricter than they
//! are: keys lie in the prime-order subgroup and are not neutral ([`PublicKey`]), S is below l,
//! encodings are canonical. The circuit accepts exactly the same signatures.

use crate::{
    babyjubjub::{Point, PointError, PublicKey, Scalar, is_sum},
    field::{FieldBytes, FieldError, Fr},
    poseidon::hash,
};
use ark_ff::{BigInt, PrimeField};
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use scale_info::TypeInfo;

/// A signature: `R8` and `S`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Signature {
    /// The commitment.
    pub r8: Point,
    /// The response, an integer below l, as a field element (l is below r).
    s: Fr,
}

/// 64 bytes: R8 packed, then S little-endian, as circomlibjs packs signatures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[derive(Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo)]
pub struct SignatureBytes(pub [u8; 64]);

/// The reason that a signature is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SignatureError {
    /// R8 is not a point.
    #[error("signature R8: {0}")]
    R8(#[from] PointError),
    /// S is not a field element.
    #[error("signature S: {0}")]
    Encoding(#[from] FieldError),
    /// S is l or more.
    #[error("signature S: must be below the order of the prime subgroup")]
    NotReduced,
    /// The equation does not hold.
    #[error("signature does not belong to this message and key")]
    Wrong,
}

impl Signature {
    /// From parts; S must be below l, R8 on the curve.
    pub fn new(r8: Point, s: Fr) -> Result<Self, SignatureError> {
        if !r8.is_on_curve() {
            return Err(PointError::NotOnCurve.into());
        }
        if s.into_bigint() >= Scalar::MODULUS {
            return Err(SignatureError::NotReduced);
        }
        Ok(Self { r8, s })
    }

    /// S as a field element.
    pub fn s_as_field(&self) -> Fr {
        self.s
    }

    /// Packed form.
    pub fn to_bytes(&self) -> SignatureBytes {
        let mut bytes = [0; 64];
        bytes[..32].copy_from_slice(&self.r8.compress());
        bytes[32..].copy_from_slice(&FieldBytes::from(self.s).0);
        SignatureBytes(bytes)
    }
}

impl TryFrom<&SignatureBytes> for Signature {
    type Error = SignatureError;
    fn try_from(bytes: &SignatureBytes) -> Result<Self, SignatureError> {
        let (mut r8, mut s) = ([0; 32], [0; 32]);
        r8.copy_from_slice(&bytes.0[..32]);
        s.copy_from_slice(&bytes.0[32..]);
        Self::new(Point::decompress(&r8)?, FieldBytes(s).to_fr()?)
    }
}

impl PublicKey {
    /// Verifies `S·B8 = R8 + hm·(8·A)` with `hm = Poseidon(R8x, R8y, Ax, Ay, message)` as an
    /// integer below r.
    ///
    /// The equation forces R8 into the prime subgroup, as both other terms lie in it.
    pub fn verify(&self, message: Fr, signature: &Signature) -> Result<(), SignatureError> {
        let t = Scalar::from(8u64) * challenge(self, message, &signature.r8);
        let (s, t) = (signature.s.into_bigint(), t.into_bigint());
        accepted(is_sum(&s, &self.point().neg(), &t, &signature.r8))
    }
}

#[cfg(feature = "std")]
impl PreparedKey {
    /// As [`PublicKey::verify`], with the same result in less time.
    pub fn verify(&self, message: Fr, signature: &Signature) -> Result<(), SignatureError> {
        let t = challenge(&self.key(), message, &signature.r8);
        let (s, t) = (signature.s.into_bigint(), t.into_bigint());
        accepted(self.is_difference(&s, &t, &signature.r8))
    }
}

fn accepted(holds: bool) -> Result<(), SignatureError> {
    holds.then_some(()).ok_or(SignatureError::Wrong)
}

/// `Poseidon(R8x, R8y, Ax, Ay, message)` modulo l.
fn challenge(key: &PublicKey, message: Fr, r8: &Point) -> Scalar {
    let a = key.point();
    scalar_of(&hash(&[r8.x, r8.y, a.x, a.y, message]))
}

fn scalar_of(value: &Fr) -> Scalar {
    Scalar::from(num_to_scalar_input(value.into_bigint()))
}

/// An integer below r is below 8·l: reduce it by hand, as a field's own conversion expects reduced
/// input.
fn num_to_scalar_input(mut value: BigInt<4>) -> BigInt<4> {
    use ark_ff::BigInteger;
    while value >= Scalar::MODULUS {
        value.sub_with_borrow(&Scalar::MODULUS);
    }
    value
}

#[cfg(feature = "std")]
pub use crate::babyjubjub::PreparedKey;
#[cfg(feature = "std")]
pub use signing::SecretKey;

#[cfg(feature = "std")]
mod signing {
    use super::*;
    use crate::{
        babyjubjub::{base_multiple, eighth, integer},
        ids::VenueId,
        poseidon::{Domain, hash_list},
    };
    use blake_hash::{Blake512, Digest};

    /// Separates the secret of viewing keys from all else that is derived from a seed.
    const VIEWING_TAG: &[u8] = b"clearproof.viewing";

    /// A signing key: any 32 bytes. Its text is never shown.
    ///
    /// Signing takes a time that depends on the key: use it where no attacker can measure it, as on
    /// a trader's own machine.
    #[derive(Clone, PartialEq, Eq)]
    pub struct SecretKey {
        /// The secret scalar, clamped.
        scalar: [u8; 32],
        /// Secret that nonces are made from.
        prefix: [u8; 32],
        public: PublicKey,
    }

    impl core::fmt::Debug for SecretKey {
        fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
            f.write_str("SecretKey(hidden)")
        }
    }

    impl SecretKey {
        /// From seed bytes.
        ///
        /// The key is BLAKE-512 of the seed, its first half clamped as Ed25519 does.
        #[expect(clippy::expect_used, reason = "each message states why it holds")]
        pub fn new(seed: [u8; 32]) -> Self {
            let digest = Blake512::digest(&seed);
            let (mut scalar, mut prefix) = ([0; 32], [0; 32]);
            scalar.copy_from_slice(&digest[..32]);
            prefix.copy_from_slice(&digest[32..]);
            scalar[0] &= 0xf8;
            scalar[31] = scalar[31] & 0x7f | 0x40;
            let point = base_multiple(&eighth(integer(&scalar)));
            let public =
                PublicKey::new(point).expect("a clamped multiple of the base point is a valid key");
            Self {
                scalar,
                prefix,
                public,
            }
        }

        /// The public key `(s / 8) · B8`.
        pub fn public_key(&self) -> PublicKey {
            self.public
        }

        /// A viewing key of the account of this owner with that number at a venue; `rotation`
        /// counts them from 0. They follow from the seed, so the seed alone is enough to find them
        /// again. Never 0 but with a probability of 2^-254.
        ///
        /// The secret that they are hashed from is BLAKE-512 of a tag and the secret prefix,
        /// reduced. Its input has another length than a nonce's.
        pub fn viewing_key(&self, genesis: Fr, venue: VenueId, number: u16, rotation: u32) -> Fr {
            let mut input = [0; VIEWING_TAG.len() + 32];
            let (tag, prefix) = input.split_at_mut(VIEWING_TAG.len());
            tag.copy_from_slice(VIEWING_TAG);
            prefix.copy_from_slice(&self.prefix);
            let secret = Fr::from_le_bytes_mod_order(&Blake512::digest(&input));
            let place = [venue.get(), number.into(), rotation].map(Fr::from);
            let fields = [&[secret, genesis], &place[..]].concat();
            hash_list(Domain::ViewingKey, &fields)
        }

        /// Signs a message; deterministic.
        #[expect(clippy::expect_used, reason = "each message states why it holds")]
        pub fn sign(&self, message: Fr) -> Signature {
            let mut nonce_input = [0; 64];
            nonce_input[..32].copy_from_slice(&self.prefix);
            nonce_input[32..].copy_from_slice(&FieldBytes::from(message).0);
            let r = Scalar::from_le_bytes_mod_order(&Blake512::digest(&nonce_input));
            let r8 = base_multiple(&r.into_bigint());
            let challenge = challenge(&self.public, message, &r8);
            let s = r + challenge * Scalar::from_le_bytes_mod_order(&self.scalar);
            let s = Fr::from_bigint(s.into_bigint()).expect("l is below r");
            Signature { r8, s }
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::babyjubjub::BASE8;
    use crate::field::{from_decimal, to_decimal};
    use crate::ids::VenueId;
    use ark_ff::{Field, Zero};
    use proptest::prelude::*;

    fn fr(text: &str) -> Fr {
        from_decimal(text).unwrap()
    }

    /// circomlibjs, test/eddsa.js, "Sign (using Poseidon) a single 10 bytes from 0 to 9".
    #[test]
    fn matches_circomlibjs() {
        let seed: Vec<u8> = (0..32).map(|i| (i % 10) as u8).collect();
        let key = SecretKey::new(seed.try_into().unwrap());
        let message = [0u8, 1, 2, 3, 4, 5, 6, 7, 8, 9];
        let message = message
            .iter()
            .rev()
            .fold(Fr::zero(), |m, b| m * Fr::from(256u64) + Fr::from(*b));
        let public = key.public_key();
        assert_eq!(
            to_decimal(&public.point().x),
            "13277427435165878497778222415993513565335242147425444199013288855685581939618"
        );
        let signature = key.sign(message);
        assert_eq!(
            to_decimal(&signature.r8.x),
            "11384336176656855268977457483345535180380036354188103142384839473266348197733"
        );
        assert_eq!(
            to_decimal(&signature.s),
            "1672775540645840396591609181675628451599263765380031905495115170613215233181"
        );
        public.verify(message, &signature).unwrap();
        assert_eq!(
            public.verify(message + Fr::from(1u64), &signature),
            Err(SignatureError::Wrong)
        );
    }

    #[test]
    fn s_plus_l_and_foreign_points_are_refused() {
        let key = SecretKey::new([7; 32]);
        let signature = key.sign(Fr::from(5u64));
        let l = Fr::from_bigint(Scalar::MODULUS).unwrap();
        assert_eq!(
            Signature::new(signature.r8, signature.s + l),
            Err(SignatureError::NotReduced)
        );
        let off = Point {
            x: signature.r8.x + Fr::from(1u64),
            y: signature.r8.y,
        };
        assert_eq!(
            Signature::new(off, signature.s),
            Err(PointError::NotOnCurve.into())
        );
        let bytes = signature.to_bytes();
        assert_eq!(Signature::try_from(&bytes), Ok(signature));
    }

    #[test]
    fn keys_of_small_order_are_refused() {
        assert_eq!(PublicKey::new(Point::IDENTITY), Err(PointError::Identity));
        let order_2 = Point {
            x: Fr::zero(),
            y: -Fr::from(1u64),
        };
        assert_eq!(PublicKey::new(order_2), Err(PointError::NotInSubgroup));
        let x = crate::babyjubjub::A.inverse().unwrap().sqrt().unwrap();
        assert_eq!(
            PublicKey::new(Point { x, y: Fr::zero() }),
            Err(PointError::NotInSubgroup)
        );
        let mixed = BASE8.add(&order_2);
        assert_eq!(PublicKey::new(mixed), Err(PointError::NotInSubgroup));
        let zero = fr("0");
        assert_eq!(
            PublicKey::new(Point { x: zero, y: zero }),
            Err(PointError::NotOnCurve)
        );
    }

    #[test]
    fn packed_points_round_trip() {
        for i in 1..20u64 {
            let point = BASE8.mul(&BigInt::from(i));
            assert_eq!(Point::decompress(&point.compress()), Ok(point));
        }
        let mut beyond = FieldBytes::from(-Fr::from(1u64)).0;
        beyond[0] += 1;
        assert!(matches!(
            Point::decompress(&beyond),
            Err(PointError::NotCanonical(_))
        ));
    }

    /// The equation as written, by plain multiples.
    fn by_definition(key: &PublicKey, message: Fr, signature: &Signature) -> bool {
        let (a, r8) = (key.point(), signature.r8);
        let h = hash(&[r8.x, r8.y, a.x, a.y, message]).into_bigint();
        let right = r8.add(&a.mul(&BigInt::from(8u64)).mul(&h));
        BASE8.mul(&signature.s.into_bigint()) == right
    }

    fn all_agree(key: &PublicKey, message: Fr, signature: &Signature) -> bool {
        let expected = by_definition(key, message, signature);
        let result = expected.then_some(()).ok_or(SignatureError::Wrong);
        assert_eq!(key.verify(message, signature), result);
        let prepared = PreparedKey::new(*key);
        assert_eq!(prepared.verify(message, signature), result);
        assert_eq!(prepared.key(), *key);
        expected
    }

    /// (0, −1), of order 2, (1/√a, 0), of order 4, and the neutral point.
    fn torsion() -> [Point; 3] {
        let (zero, one) = (Fr::zero(), Fr::from(1u64));
        let x = crate::babyjubjub::A.inverse().unwrap().sqrt().unwrap();
        let order_2 = Point { x: zero, y: -one };
        [order_2, Point { x, y: zero }, Point::IDENTITY]
    }

    #[test]
    fn prepared_keys_refuse_what_plain_keys_refuse() {
        let key = SecretKey::new([9; 32]);
        let public = key.public_key();
        let message = Fr::from(77u64);
        let signature = key.sign(message);
        let largest = -Scalar::from(1u64);
        let largest = Fr::from_bigint(largest.into_bigint()).unwrap();
        for s in [Fr::zero(), Fr::from(1u64), largest] {
            for r8 in torsion().into_iter().chain([BASE8, signature.r8]) {
                let forged = Signature::new(r8, s).unwrap();
                assert!(!all_agree(&public, message, &forged));
            }
        }
        // S·B8 = R8 + h·8·A for a key that is its own base point, and its negative.
        for point in [BASE8, BASE8.neg()] {
            let key = PublicKey::new(point).unwrap();
            let h = Scalar::from(8u64) * challenge(&key, message, &BASE8);
            let h = if point == BASE8 { h } else { -h };
            let s = Fr::from_bigint((Scalar::from(1u64) + h).into_bigint()).unwrap();
            assert!(all_agree(&key, message, &Signature::new(BASE8, s).unwrap()));
            // R8 neutral: S·B8 = h·8·A.
            let h = Scalar::from(8u64) * challenge(&key, message, &Point::IDENTITY);
            let h = if point == BASE8 { h } else { -h };
            let s = Fr::from_bigint(h.into_bigint()).unwrap();
            assert!(all_agree(
                &key,
                message,
                &Signature::new(Point::IDENTITY, s).unwrap()
            ));
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(32))]

        #[test]
        fn plain_and_prepared_keys_agree(seed in any::<[u8; 32]>(), message in any::<[u8; 32]>(), other in any::<[u8; 32]>()) {
            let [message, other] = [message, other].map(|bytes| Fr::from_le_bytes_mod_order(&bytes));
            let key = SecretKey::new(seed);
            let public = key.public_key();
            let signature = key.sign(message);
            prop_assert!(all_agree(&public, message, &signature));
            prop_assert_eq!(all_agree(&public, other, &signature), message == other);
            let s = Scalar::from_bigint(signature.s.into_bigint()).unwrap();
            let s = Fr::from_bigint((s + scalar_of(&other)).into_bigint()).unwrap();
            let wrong_s = Signature::new(signature.r8, s).unwrap();
            prop_assert_eq!(all_agree(&public, message, &wrong_s), s == signature.s);
            for point in torsion() {
                let moved = Signature::new(signature.r8.add(&point), signature.s).unwrap();
                prop_assert_eq!(all_agree(&public, message, &moved), point.is_identity());
            }
            let negative = Signature::new(signature.r8.neg(), signature.s).unwrap();
            prop_assert!(!all_agree(&public, message, &negative));
            prop_assert!(!all_agree(&SecretKey::new([1; 32]).public_key(), message, &signature));
        }
    }

    #[test]
    fn viewing_keys_follow_from_the_seed_and_differ_by_each_part() {
        let key = |seed, genesis: u64, venue, number, rotation| {
            let owner = SecretKey::new([seed; 32]);
            owner.viewing_key(Fr::from(genesis), VenueId::new(venue), number, rotation)
        };
        let keys = [
            key(1, 2, 3, 4, 5),
            key(2, 2, 3, 4, 5),
            key(1, 3, 3, 4, 5),
            key(1, 2, 4, 4, 5),
            key(1, 2, 3, 5, 5),
            key(1, 2, 3, 4, 6),
        ];
        assert_eq!(keys[0], key(1, 2, 3, 4, 5));
        for (i, one) in keys.iter().enumerate() {
            assert!(keys[..i].iter().all(|other| other != one));
        }
    }
}
