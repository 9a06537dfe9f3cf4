//! The observer sees every host function once, whatever it answers.
#![allow(clippy::unwrap_used)]

use ark_bn254::{Fr, G1Affine, G2Affine};
use ark_ec::AffineRepr;
use ark_serialize::CanonicalSerialize;
use clearproof_bn254_host::{
    host::clearproof_bn_254 as node,
    observe::{Operation, set_observer},
    point::{self, G1_BYTES, G2_BYTES, TARGET_BYTES},
};
use std::sync::Mutex;

static SEEN: Mutex<Vec<Operation>> = Mutex::new(Vec::new());

#[test]
fn each_call_is_reported_under_its_name() {
    assert!(set_observer(|operation, _| SEEN
        .lock()
        .unwrap()
        .push(operation)));
    assert!(!set_observer(|_, _| ()), "there is one observer");

    let (g1, g2) = (
        point::encode_g1(&G1Affine::generator()),
        point::encode_g2(&G2Affine::generator()),
    );
    let mut scalar = Vec::new();
    Fr::from(3u64).serialize_uncompressed(&mut scalar).unwrap();
    let (mut one, mut two) = ([0; G1_BYTES], [0; G2_BYTES]);
    let (mut loops, mut power) = ([0; TARGET_BYTES], [0; TARGET_BYTES]);
    assert_eq!(node::multi_miller_loop(&g1, &g2, &mut loops), 0);
    assert_eq!(node::final_exponentiation(&loops, &mut power), 0);
    assert_eq!(node::msm_g1(&g1, &scalar, &mut one), 0);
    assert_eq!(node::msm_g2(&g2, &scalar, &mut two), 0);
    assert_eq!(node::scale_g1(&g1, &scalar, &mut one), 0);
    assert_eq!(node::check_g2_subgroup(&g2), 0);
    assert_eq!(*SEEN.lock().unwrap(), Operation::ALL);

    // A refusal took time as well.
    assert_ne!(node::check_g2_subgroup(&g2[1..]), 0);
    assert_eq!(
        SEEN.lock().unwrap().last(),
        Some(&Operation::CheckG2Subgroup)
    );
    let names: std::collections::BTreeSet<_> = Operation::ALL.map(Operation::name).into();
    assert_eq!(names.len(), Operation::ALL.len());
}
