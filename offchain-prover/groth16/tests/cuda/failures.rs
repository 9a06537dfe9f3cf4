//! Faults of a device or library end in an error, never in a panic or a wrong proof.

use crate::{
    same::proofs,
    standin::{Own, backend},
};
use ark_bn254::Fr;
use ark_ff::One;
use clearproof_groth16::{Backend, points::G1Point};

/// A proof takes five sums (h, l, a, b in G1, b in G2) and one quotient.
#[test]
fn faults_are_found_wherever_they_strike() {
    let own = Own::load();
    proofs::faults_are_found(
        own.open(),
        |fault| own.fail(fault),
        &[
            ("msm", 5, "does not verify"),
            ("msm-garbage", 5, "does not lie on the curve"),
            ("msm-nothing", 5, "not below the field's modulus"),
            (
                "msm-error",
                5,
                "device error (4): unspecified launch failure",
            ),
            ("ntt", 1, "does not verify"),
            (
                "ntt-error",
                1,
                "device error (4): unspecified launch failure",
            ),
        ],
    );
}

#[test]
fn scalars_that_are_none_are_refused() {
    let own = Own::load();
    let backend = own.open();
    let ones = vec![Fr::one(); 3];
    let scalars = backend.load_scalars(ones.clone()).unwrap();
    for fault in ["read-garbage:1", "read-nothing:1"] {
        own.fail(fault);
        let refused = backend.read_scalars(&scalars).unwrap_err().to_string();
        assert!(refused.contains("scalar 0 is not below"), "{refused}");
    }
    assert_eq!(backend.read_scalars(&scalars).unwrap(), ones);
}

/// The errors of each transform, with the operation's name.
#[test]
fn errors_say_what_was_being_done() {
    let own = Own::load();
    let backend = own.open();
    let domain = backend.domain(4).unwrap();
    let mut a = backend.load_scalars(vec![Fr::one(); 4]).unwrap();
    let [b, c] = [(); 2].map(|()| backend.load_scalars(vec![Fr::one(); 4]).unwrap());
    own.fail("ntt-error:1");
    let error = backend.intt(&domain, &mut a).unwrap_err();
    assert_eq!(error.operation, "inverse transform");
    own.fail("ntt-error:1");
    let error = backend.coset_ntt(&domain, &mut a).unwrap_err();
    assert_eq!(error.operation, "transform on the coset");
    own.fail("ntt-error:1");
    let error = backend.coset_intt(&domain, &mut a).unwrap_err();
    assert_eq!(error.operation, "inverse transform on the coset");
    own.fail("ntt-error:1");
    let error = backend.divide_by_vanishing(&domain, &mut a, &b, &c);
    assert_eq!(
        error.unwrap_err().operation,
        "division by the vanishing polynomial"
    );
    own.fail("ntt-error:1");
    let error = backend.quotient(&domain, a, b, c).err().unwrap();
    assert_eq!(error.operation, "quotient");
    assert_eq!(own.used(), 1);
}

#[test]
fn vectors_of_other_devices_are_refused() {
    let (ours, own) = (backend(), Own::load());
    let other = own.open();
    let theirs = other.load_scalars(vec![Fr::one(); 4]).unwrap();
    let refused = ours.read_scalars(&theirs).unwrap_err().to_string();
    assert!(refused.contains("opened apart"), "{refused}");
    let domain = ours.domain(4).unwrap();
    let mut mine = ours.load_scalars(vec![Fr::one(); 4]).unwrap();
    assert!(
        ours.divide_by_vanishing(&domain, &mut mine, &theirs, &theirs)
            .is_err()
    );
    let bases = other
        .load_bases_g1(vec![G1Point::default(); 4].into())
        .unwrap();
    assert!(ours.msm_g1(&bases, &mine, 0).is_err());
    assert!(other.msm_g1(&bases, &mine, 0).is_err());
    assert!(other.msm_g1(&bases, &theirs, 0).is_ok());
}
