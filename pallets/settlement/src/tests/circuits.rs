#![allow(clippy::unwrap_used)]
use super::{call, refused, signed};
use crate::{Error, KeyBytes, mock::*, simulator::Simulator};
use ark_bn254::{G1Affine, G2Affine};
use ark_ec::AffineRepr;
use clearproof_bn254_host::groth16::VerifyingKey;
use clearproof_primitives::{
    batch::PROTOCOL_VERSION,
    ids::CircuitId,
    ledger::genesis_state_root,
    shape::{MarketShape, Shape},
};
use frame_support::{assert_ok, dispatch::DispatchResult};
use sp_runtime::{BuildStorage, DispatchError};

type E = Error<Test>;

fn register(
    id: CircuitId,
    shape: Shape,
    chunk: KeyBytes,
    closing: KeyBytes,
    development: bool,
) -> DispatchResult {
    let register = crate::Call::register_circuit {
        circuit: id,
        version: PROTOCOL_VERSION,
        shape,
        chunk_key: chunk,
        closing_key: closing,
        development,
    };
    call(register, RuntimeOrigin::root())
}

fn keys() -> (KeyBytes, KeyBytes) {
    (Simulator::new(5).key(), Simulator::new(6).key())
}

/// A good key with points replaced.
fn tampered(
    change: impl FnOnce(&mut (G1Affine, G2Affine, G2Affine, G2Affine, Vec<G1Affine>)),
) -> KeyBytes {
    let key = VerifyingKey::decode(&keys().0).unwrap();
    let mut points = (
        *key.alpha_g1(),
        *key.beta_g2(),
        *key.gamma_g2(),
        *key.delta_g2(),
        key.gamma_abc_g1().to_vec(),
    );
    change(&mut points);
    let (alpha, beta, gamma, delta, abc) = points;
    VerifyingKey::new(alpha, beta, gamma, delta, abc)
        .unwrap()
        .encode()
        .try_into()
        .unwrap()
}

#[test]
fn governance_registers_circuits_for_good() {
    new_test_ext().execute_with(|| {
        let (chunk, closing) = keys();
        let by_anyone = crate::Call::register_circuit {
            circuit: CircuitId::new(2),
            version: PROTOCOL_VERSION,
            shape: Shape::TINY,
            chunk_key: chunk.clone(),
            closing_key: closing.clone(),
            development: false,
        };
        refused(DispatchError::BadOrigin, || call(by_anyone, signed(OWNER)));
        assert_ok!(register(
            CircuitId::new(2),
            Shape::TINY,
            chunk.clone(),
            closing.clone(),
            false
        ));
        refused(E::CircuitExists, || {
            register(CircuitId::new(2), Shape::TINY, chunk, closing, false)
        });
        let circuit = Settlement::circuit(CircuitId::new(2)).unwrap();
        assert_eq!(
            circuit.genesis_root,
            genesis_state_root(&Shape::TINY).into()
        );
        assert_eq!(circuit.version, PROTOCOL_VERSION);
        assert!(!circuit.development);
    });
}

#[test]
fn development_keys_need_the_genesis_to_allow_them() {
    new_test_ext().execute_with(|| {
        let (chunk, closing) = keys();
        crate::DevelopmentKeysAllowed::<Test>::put(false);
        refused(E::DevelopmentKeyRefused, || {
            register(
                CircuitId::new(2),
                Shape::TINY,
                chunk.clone(),
                closing.clone(),
                true,
            )
        });
        assert_ok!(register(
            CircuitId::new(2),
            Shape::TINY,
            chunk,
            closing,
            false
        ));
    });
}

#[test]
#[should_panic(expected = "DevelopmentKeyRefused")]
fn a_genesis_with_development_keys_must_say_so() {
    let genesis = crate::GenesisConfig::<Test> {
        allow_development_keys: false,
        circuits: vec![genesis_circuit(true)],
        ..Default::default()
    };
    let _ = genesis.build_storage();
}

#[test]
fn the_genesis_configuration_goes_through_json() {
    let genesis = crate::GenesisConfig::<Test> {
        allow_development_keys: true,
        circuits: vec![genesis_circuit(true)],
        ..Default::default()
    };
    let json = serde_json::to_value(&genesis).unwrap();
    assert!(
        json["circuits"][0]["chunkKey"]
            .as_str()
            .unwrap()
            .starts_with("0x")
    );
    let back: crate::GenesisConfig<Test> = serde_json::from_value(json).unwrap();
    assert_eq!(back.circuits, genesis.circuits);
}

#[test]
fn shapes_must_fit_the_chain() {
    new_test_ext().execute_with(|| {
        let with = |shape| {
            let (chunk, closing) = keys();
            register(CircuitId::new(2), shape, chunk, closing, false)
        };
        let tiny = Shape::TINY;
        refused(E::MarketMismatch, || {
            with(Shape {
                market: MarketShape::REFERENCE,
                ..tiny
            })
        });
        let beyond: [fn(&mut Shape); 10] = [
            |s| s.steps = 0,
            |s| s.steps = 17,
            |s| s.depth = 0,
            |s| s.depth = 17,
            |s| s.orders = 65,
            |s| s.fills = 0,
            |s| s.fills = 65,
            |s| s.positions = 65,
            |s| s.entries = 0,
            |s| s.entries = 257,
        ];
        for change in beyond {
            let mut shape = tiny;
            change(&mut shape);
            refused(E::ShapeOutOfRange, || with(shape));
        }
        let largest = Shape {
            orders: 64,
            fills: 64,
            positions: 64,
            entries: 256,
            depth: 16,
            steps: 16,
            ..tiny
        };
        assert_ok!(with(largest));
    });
}

#[test]
fn unsound_keys_are_refused_on_either_side() {
    new_test_ext().execute_with(|| {
        let good = keys().0;
        let both = |error: E, bad: KeyBytes| {
            let code = DispatchError::from(error);
            refused(code, || {
                register(
                    CircuitId::new(2),
                    Shape::TINY,
                    bad.clone(),
                    good.clone(),
                    false,
                )
            });
            refused(code, || {
                register(CircuitId::new(2), Shape::TINY, good.clone(), bad, false)
            });
        };
        both(E::MalformedKey, KeyBytes::default());
        both(E::MalformedKey, good[..583].to_vec().try_into().unwrap());
        let mut off_curve = good.clone();
        off_curve[0] ^= 1;
        both(E::MalformedKey, off_curve);
        both(E::KeyInputCount, tampered(|key| key.4.truncate(1)));
        both(E::UnsafeKey, tampered(|key| key.3 = key.2));
        both(E::UnsafeKey, tampered(|key| key.3 = -key.2));
        both(E::UnsafeKey, tampered(|key| key.3 = G2Affine::generator()));
        both(E::UnsafeKey, tampered(|key| key.0 = G1Affine::zero()));
        both(E::UnsafeKey, tampered(|key| key.2 = G2Affine::zero()));
        both(E::UnsafeKey, tampered(|key| key.4[1] = G1Affine::zero()));
    });
}
