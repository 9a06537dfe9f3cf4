//! Poseidon, Baby Jubjub and EdDSA-Poseidon against the numbers that their reference
//! implementations publish.
#![allow(clippy::unwrap_used)]

use ark_ff::{BigInteger, Field, PrimeField};
use clearproof_primitives::{
    babyjubjub::{BASE8, BigInteger256, Point, PointError, PublicKey, Scalar},
    eddsa::{SecretKey, Signature, SignatureBytes, SignatureError},
    field::{FieldBytes, Fr, from_decimal, to_decimal},
    poseidon::{Domain, FULL_ROUNDS, LIST_RATE, LIST_WIDTH, hash, hash_list, parameters},
};
use proptest::prelude::*;

fn fr(text: &str) -> Fr {
    from_decimal(text).unwrap()
}

fn point(x: &str, y: &str) -> Point {
    Point { x: fr(x), y: fr(y) }
}

fn inputs<const N: usize>(values: [u64; N]) -> [Fr; N] {
    values.map(Fr::from)
}

/// circomlib `test/poseidonjs.js`, go-iden3-crypto `poseidon/poseidon_test.go`, circomlib's
/// compatibility tests.
#[test]
fn poseidon_matches_circomlib() {
    let checks = [
        (
            hash(&inputs([1])),
            "18586133768512220936620570745912940619677854269274689475585506675881198879027",
        ),
        (
            hash(&inputs([1, 2])),
            "7853200120776062878684798364095072458815029376092732009249414926327459813530",
        ),
        (
            hash(&inputs([1, 2, 0, 0, 0])),
            "1018317224307729531995786483840663576608797660851238720571059489595066344487",
        ),
        (
            hash(&inputs([3, 4, 0, 0, 0])),
            "5811595552068139067952687508729883632420015185677766880877743348592482390548",
        ),
        (
            hash(&inputs([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14])),
            "8354478399926161176778659061636406690034081872658507739535256090879947077494",
        ),
        (
            hash(&inputs([1, 2, 3, 4, 5, 6, 7, 8, 9, 0, 0, 0, 0, 0])),
            "5540388656744764564518487011617040650780060800286365721923524861648744699539",
        ),
    ];
    for (found, expected) in checks {
        assert_eq!(to_decimal(&found), expected);
    }
    let four = FieldBytes::from(hash(&inputs([1, 2, 3, 4]))).0;
    let four: Vec<u8> = four.into_iter().rev().collect();
    assert_eq!(
        hex::encode(four),
        "299c867db6c1fdd79dcefa40e4510b9837e60ebb1ce0663dbaa525df65250465"
    );
}

/// The permutation as the paper's figure has it, with dense matrices throughout.
fn plain_hash(items: &[Fr]) -> Fr {
    let width = items.len() + 1;
    let p = parameters(width).unwrap();
    let mut state = vec![Fr::from(0u64); width];
    state[1..].copy_from_slice(items);
    let half = FULL_ROUNDS / 2;
    for (round, constants) in p.round_constants.chunks(width).enumerate() {
        state.iter_mut().zip(constants).for_each(|(x, c)| *x += c);
        let full = round < half || round >= half + p.partial_rounds;
        let boxes = if full { width } else { 1 };
        state[..boxes].iter_mut().for_each(|x| *x = x.pow([5]));
        state = p
            .mds
            .chunks(width)
            .map(|row| row.iter().zip(&state).map(|(m, x)| *m * x).sum())
            .collect();
    }
    state[0]
}

#[test]
fn list_hashes_chain_blocks_of_thirteen() {
    let items: Vec<Fr> = (1..=30u64).map(Fr::from).collect();
    for length in [
        0,
        1,
        LIST_RATE - 1,
        LIST_RATE,
        LIST_RATE + 1,
        2 * LIST_RATE,
        30,
    ] {
        let mut padded = items[..length].to_vec();
        padded.resize(
            length.div_ceil(LIST_RATE).max(1) * LIST_RATE,
            Fr::from(0u64),
        );
        let expected = padded
            .chunks(LIST_RATE)
            .fold(Domain::Header.tag(), |chain, block| {
                let mut state = vec![chain];
                state.extend_from_slice(block);
                assert_eq!(state.len(), LIST_WIDTH - 1);
                plain_hash(&state)
            });
        assert_eq!(
            hash_list(Domain::Header, &items[..length]),
            expected,
            "length {length}"
        );
    }
    assert_ne!(
        hash_list(Domain::Header, &items),
        hash_list(Domain::Boundary, &items)
    );
}

const P: (&str, &str) = (
    "17777552123799933955779906779655732241715742912184938656739573121738514868268",
    "2626589144620713026669568689430873010625803728049924121243784502389097019475",
);
const TWICE_P: (&str, &str) = (
    "6890855772600357754907169075114257697580319025794532037257385534741338397365",
    "4338620300185947561074059802482547481416142213883829469920100239455078257889",
);

/// go-iden3-crypto `babyjub/babyjub_test.go`.
#[test]
fn baby_jubjub_matches_iden3() {
    let p = point(P.0, P.1);
    let twice = point(TWICE_P.0, TWICE_P.1);
    assert_eq!(p.add(&p), twice);
    let q = point(
        "16540640123574156134436876038791482806971768689494387082833631921987005038935",
        "20819045374670962167435360035096875258406992893633759881276124905556507972311",
    );
    let sum = point(
        "7916061937171219682591368294088513039687205273691143098332585753343424131937",
        "14035240266687799601661095864649209771790948434046947201833777492504781204499",
    );
    assert_eq!(p.add(&q), sum);
    assert_eq!(Point::IDENTITY.add(&q), q);
    let triple = point(
        "19372461775513343691590086534037741906533799473648040012278229434133483800898",
        "9458658722007214007257525444427903161243386465067105737478306991484593958249",
    );
    assert_eq!(p.mul(&BigInteger256::from(3u64)), triple);
    let products = [
        (
            p,
            sum.y,
            "17070357974431721403481313912716834497662307308519659060910483826664480189605",
            "4014745322800118607127020275658861516666525056516280575712425373174125159339",
        ),
        (
            twice,
            q.y,
            "13563888653650925984868671744672725781658357821216877865297235725727006259983",
            "8442587202676550862664528699803615547505326611544120184665036919364004251662",
        ),
    ];
    for (base, scalar, x, y) in products {
        assert_eq!(base.mul(&scalar.into_bigint()), point(x, y));
    }
    assert!(p.in_subgroup() && twice.in_subgroup());
    assert!(
        !Point {
            x: Fr::from(1u64),
            y: Fr::from(0u64)
        }
        .is_on_curve()
    );
    assert_eq!(
        hex::encode(p.compress()),
        "53b81ed5bffe9545b54016234682e7b2f699bd42a5e9eae27ff4051bc698ce85"
    );
    assert_eq!(
        hex::encode(twice.compress()),
        "e114eb17eddf794f063a68fecac515e3620e131976108555735c8b0773929709"
    );
    assert_eq!(Point::decompress(&p.compress()), Ok(p));
    assert_eq!(Point::decompress(&twice.compress()), Ok(twice));
}

fn published() -> (SecretKey, Fr) {
    let mut seed = [0; 32];
    hex::decode_to_slice(
        "0001020304050607080900010203040506070809000102030405060708090001",
        &mut seed,
    )
    .unwrap();
    let message = Fr::from_le_bytes_mod_order(&[0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    (SecretKey::new(seed), message)
}

/// circomlibjs `test/eddsa.js`, "Sign (using Poseidon) a single 10 bytes from 0 to 9".
#[test]
fn eddsa_matches_circomlibjs() {
    let (secret, message) = published();
    let key = secret.public_key();
    assert_eq!(
        key.point(),
        point(
            "13277427435165878497778222415993513565335242147425444199013288855685581939618",
            "13622229784656158136036771217484571176836296686641868549125388198837476602820",
        )
    );
    let signature = secret.sign(message);
    assert_eq!(
        signature.r8,
        point(
            "11384336176656855268977457483345535180380036354188103142384839473266348197733",
            "15383486972088797283337779941324724402501462225528836549661220478783371668959",
        )
    );
    assert_eq!(
        to_decimal(&signature.s_as_field()),
        "1672775540645840396591609181675628451599263765380031905495115170613215233181"
    );
    assert_eq!(
        hex::encode(signature.to_bytes().0),
        "dfedb4315d3f2eb4de2d3c510d7a987dcab67089c8ace06308827bf5bcbe02a2\
         9d043ece562a8f82bfc0adb640c0107a7d3a27c1c7c1a6179a0da73de5c1b203"
    );
    assert_eq!(key.verify(message, &signature), Ok(()));
}

/// As [`PublicKey::verify`], with the integers written out and nothing reduced.
fn holds(key: &Point, message: Fr, signature: &Signature) -> bool {
    let h = hash(&[signature.r8.x, signature.r8.y, key.x, key.y, message]).into_bigint();
    let right = signature
        .r8
        .add(&key.mul(&BigInteger256::from(8u64)).mul(&h));
    BASE8.mul(&signature.s_as_field().into_bigint()) == right
}

#[test]
fn points_of_small_order_added_to_a_signature_are_refused() {
    let (secret, message) = published();
    let key = secret.public_key();
    let signature = secret.sign(message);
    let two = Point {
        x: Fr::from(0u64),
        y: -Fr::from(1u64),
    };
    let moved = Signature::new(signature.r8.add(&two), signature.s_as_field()).unwrap();
    assert_eq!(key.verify(message, &moved), Err(SignatureError::Wrong));
    assert!(!holds(&key.point(), message, &moved));
    // A key of order 2 would accept S·B8 = R8 for any S and message: 8 times it is neutral.
    let r8 = BASE8.mul(&BigInteger256::from(5u64));
    let forged = Signature::new(r8, Fr::from(5u64)).unwrap();
    assert!(holds(&two, message, &forged));
    assert_eq!(PublicKey::new(two), Err(PointError::NotInSubgroup));
}

#[test]
fn encodings_of_signatures_are_canonical() {
    let (secret, message) = published();
    let signature = secret.sign(message);
    let bytes = signature.to_bytes();
    let mut s = signature.s_as_field().into_bigint();
    s.add_with_carry(&Scalar::MODULUS);
    let mut beyond = bytes;
    beyond.0[32..].copy_from_slice(&s.to_bytes_le());
    assert_eq!(
        Signature::try_from(&beyond),
        Err(SignatureError::NotReduced)
    );
    let mut huge = bytes;
    huge.0[32..].fill(0xff);
    assert!(matches!(
        Signature::try_from(&huge),
        Err(SignatureError::Encoding(_))
    ));
    let mut y_is_r = bytes;
    y_is_r.0[..32].copy_from_slice(&Fr::MODULUS.to_bytes_le());
    assert!(matches!(
        Signature::try_from(&y_is_r),
        Err(SignatureError::R8(PointError::NotCanonical(_)))
    ));
    let other_sign = {
        let mut other = bytes;
        other.0[31] ^= 0x80;
        Signature::try_from(&other).unwrap()
    };
    assert_eq!(other_sign.r8, signature.r8.neg());
    assert_eq!(
        secret.public_key().verify(message, &other_sign),
        Err(SignatureError::Wrong)
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn sparse_and_dense_rounds_agree(values in any::<[[u8; 32]; 14]>()) {
        let v = values.map(|bytes| Fr::from_le_bytes_mod_order(&bytes));
        prop_assert_eq!(hash(&[v[0]]), plain_hash(&v[..1]));
        prop_assert_eq!(hash(&[v[0], v[1]]), plain_hash(&v[..2]));
        prop_assert_eq!(hash(&[v[0], v[1], v[2]]), plain_hash(&v[..3]));
        prop_assert_eq!(hash(&[v[0], v[1], v[2], v[3]]), plain_hash(&v[..4]));
        prop_assert_eq!(hash(&[v[0], v[1], v[2], v[3], v[4]]), plain_hash(&v[..5]));
        prop_assert_eq!(hash(&v), plain_hash(&v));
    }

    #[test]
    fn signatures_verify_and_altered_ones_do_not(seed in any::<[u8; 32]>(), bytes in any::<[u8; 32]>(), delta in 1u64..) {
        let secret = SecretKey::new(seed);
        let key = secret.public_key();
        let message = Fr::from_le_bytes_mod_order(&bytes);
        let signature = secret.sign(message);
        prop_assert_eq!(key.verify(message, &signature), Ok(()));
        prop_assert!(holds(&key.point(), message, &signature));
        prop_assert_eq!(Signature::try_from(&signature.to_bytes()), Ok(signature));
        prop_assert_eq!(PublicKey::from_compressed(&key.compress()), Ok(key));
        prop_assert_eq!(key.verify(message + Fr::from(delta), &signature), Err(SignatureError::Wrong));
        let s = signature.s_as_field().into_bigint();
        let altered = (Scalar::from(s) + Scalar::from(delta)).into_bigint();
        let altered = Signature::new(signature.r8, Fr::from(altered)).unwrap();
        prop_assert_eq!(key.verify(message, &altered), Err(SignatureError::Wrong));
        let stranger = SecretKey::new(bytes).public_key();
        prop_assume!(stranger != key);
        prop_assert_eq!(stranger.verify(message, &signature), Err(SignatureError::Wrong));
    }

    #[test]
    fn any_bytes_are_a_signature_that_encodes_to_them_or_none(low in any::<[u8; 32]>(), high in any::<[u8; 32]>(), top in 0u8..8) {
        let mut bytes = [low, high].concat();
        bytes[31] &= 0x9f;
        bytes[63] = top;
        let bytes = SignatureBytes(bytes.try_into().unwrap());
        if let Ok(signature) = Signature::try_from(&bytes) {
            prop_assert_eq!(signature.to_bytes(), bytes);
            prop_assert!(signature.r8.is_on_curve());
        }
    }
}
