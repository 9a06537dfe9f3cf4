//! Faults of a device or library end in an error, never in a panic or a wrong proof.

use crate::{
    same::proofs,
    standin::{Own, backend},
};
use ark_bn254::Fr;
use ark_ff::One;
use clearproof_groth16::{Backend, points::G1Point};

/// A proof takes five sums (h, l, a, b in G1, b in G2) and seven transforms.
#[test]
fn faults_are_found_wherever_they_strike() {
    let own = Own::load();
    let (_folder, backend) = own.again();
    proofs::faults_are_found(
        backend,
        |fault| own.fail(fault),
        &[
            ("msm", 5, "does not verify"),
            ("msm-garbage", 5, "not below the field's modulus"),
            ("msm-nothing", 5, "not below the field's modulus"),
            ("msm-error", 5, "msm returned UNKNOWN_ERROR (14)"),
            ("ntt", 7, "does not verify"),
            ("ntt-error", 7, "bn254_ntt returned UNKNOWN_ERROR (14)"),
        ],
    );
}

#[test]
fn vectors_of_other_devices_are_refused() {
    let (ours, own) = (backend(), Own::load());
    let theirs = own.backend.load_scalars(vec![Fr::one(); 4]).unwrap();
    let refused = ours.read_scalars(&theirs).unwrap_err().to_string();
    assert!(refused.contains("was given to device"), "{refused}");
    let domain = ours.domain(4).unwrap();
    let mut mine = ours.load_scalars(vec![Fr::one(); 4]).unwrap();
    assert!(
        ours.divide_by_vanishing(&domain, &mut mine, &theirs, &theirs)
            .is_err()
    );
    let none = own
        .backend
        .load_bases_g1(vec![G1Point::default(); 4].into())
        .unwrap();
    assert!(ours.msm_g1(&none, &mine, 0).is_err());
}

/// A larger table of roots replaces the smaller one. If it cannot be made, the smaller one is
/// restored.
#[test]
fn small_transforms_go_on_where_large_ones_are_refused() {
    let own = Own::load();
    own.fail("roots-error:1");
    assert!(own.backend.domain(8).is_err());
    let small = own.backend.domain(8).unwrap();
    own.fail("roots-error:1");
    let refused = own.backend.domain(1 << 12).unwrap_err().to_string();
    assert!(
        refused.contains("bn254_ntt_init_domain returned"),
        "{refused}"
    );

    let ones = vec![Fr::one(); 8];
    let mut values = own.backend.load_scalars(ones.clone()).unwrap();
    own.backend.coset_ntt(&small, &mut values).unwrap();
    own.backend.coset_intt(&small, &mut values).unwrap();
    assert_eq!(own.backend.read_scalars(&values).unwrap(), ones);
    own.backend.domain(1 << 12).unwrap();
}
