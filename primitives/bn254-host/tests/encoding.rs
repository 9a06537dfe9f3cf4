//! Decoders of proofs and keys: what they accept, what they refuse and under which name.
#![allow(clippy::unwrap_used)]

mod common;

use ark_bn254::{Bn254, Fq, G1Affine, G2Affine};
use ark_ec::{AffineRepr, pairing::Pairing};
use ark_ff::{BigInteger, PrimeField};
use clearproof_bn254_host::{
    backend::{Host, Native},
    groth16::{
        DecodeError, Field, KeyError, MAX_GAMMA_ABC, MAX_KEY_BYTES, MAX_REGISTERED_KEY_BYTES,
        Object, PROOF_BYTES, Proof, VerifyingKey,
    },
    point::{G1_BYTES, G2_BYTES, PointFault, encode_g1, encode_g2},
};
use common::{Setup, g2_outside_subgroup, uncompressed};
use proptest::prelude::*;

const B: usize = G1_BYTES;
const C: usize = G1_BYTES + G2_BYTES;
const GAMMA_ABC: usize = G1_BYTES + 3 * G2_BYTES + 8;

fn fault(field: Field, fault: PointFault) -> DecodeError {
    DecodeError::Point { field, fault }
}

fn put(bytes: &[u8], at: usize, part: &[u8]) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    bytes[at..at + part.len()].copy_from_slice(part);
    bytes
}

/// The same x coordinate written as x + q, which is below 2²⁵⁶.
fn plus_modulus(bytes: &[u8], at: usize) -> Vec<u8> {
    let mut value = <Fq as PrimeField>::BigInt::default();
    for (limb, chunk) in value.0.iter_mut().zip(bytes[at..at + 32].chunks_exact(8)) {
        *limb = u64::from_le_bytes(chunk.try_into().unwrap());
    }
    assert!(!value.add_with_carry(&Fq::MODULUS));
    put(bytes, at, &value.to_bytes_le())
}

#[test]
fn encodings_are_those_of_arkworks() {
    let mut setup = Setup::new(3, 1);
    let (proof, _) = setup.prove();
    let (key, ark) = (&setup.key, &setup.proving_key.vk);
    assert_eq!(key.encode(), uncompressed(ark));
    let registered = key.encode_registered();
    assert_eq!(VerifyingKey::decode_registered(&registered).unwrap(), *key);
    let pairing = Bn254::pairing(ark.alpha_g1, ark.beta_g2);
    assert_eq!(*key.alpha_beta(), pairing.0);
    assert_eq!(Proof::decode(&proof.encode()).unwrap(), proof);
    assert_eq!(
        Proof::new(*proof.a(), *proof.b(), *proof.c()).unwrap(),
        proof
    );
    let rebuilt = VerifyingKey::new(
        ark.alpha_g1,
        ark.beta_g2,
        ark.gamma_g2,
        ark.delta_g2,
        ark.gamma_abc_g1.clone(),
    );
    assert_eq!(rebuilt.unwrap(), *key);
    assert_eq!(key.inputs(), 3);
}

#[test]
fn wrong_lengths_are_named() {
    let mut setup = Setup::new(1, 1);
    let proof = setup.prove().0.encode();
    for got in [0, 1, PROOF_BYTES - 1, PROOF_BYTES + 1] {
        let bytes: Vec<u8> = proof.iter().copied().chain([0]).take(got).collect();
        let object = Object::Proof;
        let expected = PROOF_BYTES;
        let error = DecodeError::WrongLength {
            object,
            expected,
            got,
        };
        assert_eq!(Proof::decode(&bytes), Err(error));
    }
    let key = setup.key.encode();
    for got in [key.len() - 1, key.len() + 1] {
        let bytes: Vec<u8> = key.iter().copied().chain([0]).take(got).collect();
        let object = Object::VerifyingKey;
        let error = DecodeError::WrongLength {
            object,
            expected: key.len(),
            got,
        };
        assert_eq!(VerifyingKey::decode(&bytes), Err(error));
    }
    let error = VerifyingKey::decode(&key[..GAMMA_ABC - 1]).unwrap_err();
    let (object, got) = (Object::VerifyingKey, GAMMA_ABC - 1);
    let expected = GAMMA_ABC + G1_BYTES;
    assert_eq!(
        error,
        DecodeError::WrongLength {
            object,
            expected,
            got
        }
    );
    assert_eq!(
        error.to_string(),
        "the verifying key has 455 bytes, expected 520"
    );
}

#[test]
fn counts_out_of_bounds_are_refused_before_anything_is_allocated() {
    let key = Setup::new(1, 1).key.encode();
    for got in [0, u64::from(MAX_GAMMA_ABC) + 1, u64::MAX] {
        let bytes = put(&key, GAMMA_ABC - 8, &got.to_le_bytes());
        let error = DecodeError::GammaAbcCount {
            got,
            limit: MAX_GAMMA_ABC,
        };
        assert_eq!(VerifyingKey::decode(&bytes), Err(error));
    }
}

#[test]
fn bad_points_of_a_proof_are_named() {
    let proof = Setup::new(1, 1).prove().0.encode();
    let fields = [(Field::ProofA, 0), (Field::ProofB, B), (Field::ProofC, C)];
    for (field, at) in fields {
        let end = if field == Field::ProofB {
            at + G2_BYTES
        } else {
            at + G1_BYTES
        };
        let decode = |bytes: &[u8]| Proof::decode(bytes).unwrap_err();

        assert_eq!(
            decode(&plus_modulus(&proof, at)),
            fault(field, PointFault::NonCanonical)
        );

        // The sign flag contradicts y; arkworks' decoder takes it.
        let flipped = put(&proof, end - 1, &[proof[end - 1] ^ 0x80]);
        assert_eq!(decode(&flipped), fault(field, PointFault::NonCanonical));

        // Flagged as the identity, with coordinates left in; arkworks' decoder takes it.
        let flagged = put(&proof, end - 1, &[(proof[end - 1] & 0x3f) | 0x40]);
        assert_eq!(decode(&flagged), fault(field, PointFault::NonCanonical));

        // Zeros without the flag.
        let zeros = put(&proof, at, &vec![0; end - at]);
        assert_eq!(decode(&zeros), fault(field, PointFault::NonCanonical));

        let identity = put(&zeros, end - 1, &[0x40]);
        assert_eq!(decode(&identity), fault(field, PointFault::Identity));

        // x = 1, y = 1 is on neither curve.
        let mut ones = put(&zeros, at, &[1]);
        ones[(at + end) / 2] = 1;
        assert_eq!(decode(&ones), fault(field, PointFault::NotOnCurve));
    }
    let outside = put(&proof, B, &encode_g2(&g2_outside_subgroup()));
    let error = fault(Field::ProofB, PointFault::NotInSubgroup);
    assert_eq!(Proof::decode_with::<Native>(&outside), Err(error));
    assert_eq!(Proof::decode_with::<Host>(&outside), Err(error));
    assert_eq!(
        error.to_string(),
        "B of the proof: the point is not in the subgroup of prime order"
    );
}

#[test]
fn bad_points_of_a_key_are_named() {
    let key = Setup::new(1, 1).key;
    let (registered, key) = (key.encode_registered(), key.encode());
    let outside = encode_g2(&g2_outside_subgroup());
    let g2 = [Field::KeyBeta, Field::KeyGamma, Field::KeyDelta];
    for (i, field) in g2.into_iter().enumerate() {
        let bytes = put(&key, G1_BYTES + i * G2_BYTES, &outside);
        let error = Err(fault(field, PointFault::NotInSubgroup));
        assert_eq!(VerifyingKey::decode_with::<Native>(&bytes), error);
        assert_eq!(VerifyingKey::decode_with::<Host>(&bytes), error);
    }
    let points = [
        (Field::KeyAlpha, 0),
        (Field::KeyBeta, G1_BYTES),
        (Field::KeyGamma, G1_BYTES + G2_BYTES),
        (Field::KeyDelta, G1_BYTES + 2 * G2_BYTES),
        (Field::KeyGammaAbc(0), GAMMA_ABC),
        (Field::KeyGammaAbc(1), GAMMA_ABC + G1_BYTES),
    ];
    for (field, at) in points {
        let error = Err(fault(field, PointFault::NonCanonical));
        assert_eq!(VerifyingKey::decode(&plus_modulus(&key, at)), error);
        let registered = plus_modulus(&registered, at);
        assert_eq!(VerifyingKey::decode_registered(&registered), error);
    }
    let bytes = plus_modulus(&registered, key.len());
    let error = fault(Field::KeyAlphaBeta, PointFault::NonCanonical);
    assert_eq!(VerifyingKey::decode_registered(&bytes), Err(error));
    let (object, expected, got) = (Object::VerifyingKey, registered.len(), key.len());
    let error = DecodeError::WrongLength {
        object,
        expected,
        got,
    };
    assert_eq!(VerifyingKey::decode_registered(&key), Err(error));
    assert!(registered.len() <= MAX_REGISTERED_KEY_BYTES && key.len() <= MAX_KEY_BYTES);
}

#[test]
fn points_that_were_never_encoded_are_checked_too() {
    let setup = Setup::new(1, 1);
    let ark = &setup.proving_key.vk;
    let off = G1Affine::new_unchecked(1.into(), 1.into());
    let (g1, g2) = (G1Affine::generator(), G2Affine::generator());
    let outside = g2_outside_subgroup();
    let not_on_curve = |field| fault(field, PointFault::NotOnCurve);
    assert_eq!(Proof::new(off, g2, g1), Err(not_on_curve(Field::ProofA)));
    assert_eq!(Proof::new(g1, g2, off), Err(not_on_curve(Field::ProofC)));
    let error = Err(fault(Field::ProofB, PointFault::NotInSubgroup));
    assert_eq!(Proof::new(g1, outside, g1), error);
    let key = |delta, abc| VerifyingKey::new(ark.alpha_g1, ark.beta_g2, ark.gamma_g2, delta, abc);
    let error = Err(fault(Field::KeyDelta, PointFault::NotInSubgroup));
    assert_eq!(key(outside, vec![g1; 2]), error);
    assert_eq!(
        key(ark.delta_g2, vec![g1, off]),
        Err(not_on_curve(Field::KeyGammaAbc(1)))
    );
    let limit = MAX_GAMMA_ABC;
    let error = DecodeError::GammaAbcCount { got: 17, limit };
    assert_eq!(key(ark.delta_g2, vec![g1; 17]), Err(error));
}

#[test]
fn unsound_keys_are_refused() {
    let setup = Setup::new(1, 1);
    assert_eq!(setup.key.check(), Ok(()));
    let key = setup.key.encode();
    let check = |bytes: &[u8]| VerifyingKey::decode(bytes).unwrap().check().unwrap_err();

    let no_g1 = encode_g1(&G1Affine::identity());
    let no_g2 = encode_g2(&G2Affine::identity());
    let (beta, gamma) = (G1_BYTES, G1_BYTES + G2_BYTES);
    let delta = gamma + G2_BYTES;
    for (field, at, point) in [
        (Field::KeyAlpha, 0, &no_g1[..]),
        (Field::KeyBeta, beta, &no_g2[..]),
        (Field::KeyGamma, gamma, &no_g2[..]),
        (Field::KeyDelta, delta, &no_g2[..]),
        (Field::KeyGammaAbc(0), GAMMA_ABC, &no_g1[..]),
        (Field::KeyGammaAbc(1), GAMMA_ABC + G1_BYTES, &no_g1[..]),
    ] {
        assert_eq!(check(&put(&key, at, point)), KeyError::Identity(field));
    }

    let g = *setup.key.gamma_g2();
    for same in [g, -g] {
        let bytes = put(&key, delta, &encode_g2(&same));
        assert_eq!(check(&bytes), KeyError::GammaEqualsDelta);
    }
    let generator = G2Affine::generator();
    for unset in [generator, -generator] {
        let bytes = put(&key, delta, &encode_g2(&unset));
        assert_eq!(check(&bytes), KeyError::DeltaIsGenerator);
    }
    let ceremony = put(&key, gamma, &encode_g2(&generator));
    assert_eq!(VerifyingKey::decode(&ceremony).unwrap().check(), Ok(()));

    let mut bare = put(&key, GAMMA_ABC - 8, &1u64.to_le_bytes());
    bare.truncate(GAMMA_ABC + G1_BYTES);
    assert_eq!(check(&bare), KeyError::NoPublicInput);
}

proptest! {
    #[test]
    fn random_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..1200)) {
        prop_assert!(Proof::decode(&bytes).is_err());
        prop_assert!(VerifyingKey::decode(&bytes).is_err());
        prop_assert!(VerifyingKey::decode_registered(&bytes).is_err());
    }

    #[test]
    fn what_decodes_encodes_to_the_same_bytes(
        at in 0usize..PROOF_BYTES,
        flip in 1u8..,
        length in 0usize..=PROOF_BYTES,
    ) {
        let proof = Setup::new(1, 1).prove().0.encode();
        prop_assert!(length == PROOF_BYTES || Proof::decode(&proof[..length]).is_err());
        let changed = put(&proof, at, &[proof[at] ^ flip]);
        match Proof::decode(&changed) {
            Ok(decoded) => prop_assert_eq!(&decoded.encode()[..], &changed[..]),
            Err(error) => {
                let named = matches!(error, DecodeError::Point { .. });
                prop_assert!(named, "{}", error);
            }
        }
    }
}
