//! The host functions against arkworks, and against bad input.
#![allow(clippy::unwrap_used)]

mod common;

use ark_bn254::{Bn254, Fq2, Fq12, Fr, G1Affine, G1Projective, G2Affine, G2Projective};
use ark_bn254_ext as ext;
use ark_ec::{
    AffineRepr, CurveConfig, CurveGroup,
    pairing::{MillerLoopOutput, Pairing},
    scalar_mul::{glv::GLVConfig, variable_base::VariableBaseMSM},
};
use ark_ff::{AdditiveGroup, Field, PrimeField, Zero};
use ark_models_ext::transmute::{TransmuteInto, TransmuteRef};
use ark_serialize::CanonicalSerialize;
use ark_std::{UniformRand, test_rng};
use clearproof_bn254_host::{
    backend::{Backend, Host, Native},
    host::{HostError, clearproof_bn_254 as host},
    native,
    point::{G1_BYTES, G2_BYTES, PointFault, TARGET_BYTES, encode_g1, encode_g2},
};
use common::{g2_outside_subgroup, uncompressed};
use proptest::prelude::*;

fn points(n: usize) -> (Vec<G1Affine>, Vec<G2Affine>, Vec<Fr>) {
    let rng = &mut test_rng();
    let g1 = (0..n).map(|_| G1Affine::rand(rng)).collect();
    let g2 = (0..n).map(|_| G2Affine::rand(rng)).collect();
    let scalars = (0..n).map(|_| Fr::rand(rng)).collect();
    (g1, g2, scalars)
}

fn bytes<T: CanonicalSerialize>(values: &[T]) -> Vec<u8> {
    values.iter().flat_map(uncompressed).collect()
}

fn hooked_g1<B: Backend>(points: &[G1Affine]) -> Vec<ext::G1Affine<B>> {
    points.iter().map(|p| (*p).transmute_into()).collect()
}

fn hooked_g2<B: Backend>(points: &[G2Affine]) -> Vec<ext::G2Affine<B>> {
    points.iter().map(|p| (*p).transmute_into()).collect()
}

/// The results of a backend through the traits of arkworks.
fn through<B: Backend>(
    g1: &[G1Affine],
    g2: &[G2Affine],
    scalars: &[Fr],
) -> (Fq12, Fq12, G1Projective, G2Projective, Vec<G1Affine>) {
    let f = ext::Bn254::<B>::multi_miller_loop(hooked_g1::<B>(g1), hooked_g2::<B>(g2));
    let output = ext::Bn254::<B>::final_exponentiation(MillerLoopOutput(f.0)).unwrap();
    let s1 = ext::G1Projective::<B>::msm(&hooked_g1::<B>(g1), scalars).unwrap();
    let s2 = ext::G2Projective::<B>::msm(&hooked_g2::<B>(g2), scalars).unwrap();
    let (s1, s2): (&G1Projective, &G2Projective) = (s1.transmute_ref(), s2.transmute_ref());
    (f.0, output.0, *s1, *s2, B::scale_g1(g1, scalars).unwrap())
}

#[test]
fn backends_agree_with_arkworks() {
    for n in [0, 1, 2, 7, 8, 9, 33] {
        let (mut g1, mut g2, mut scalars) = points(n);
        if n > 6 {
            // Edge cases among the rest.
            g1[1] = G1Affine::identity();
            g2[2] = G2Affine::identity();
            scalars[3] = Fr::ZERO;
            scalars[4] = Fr::ONE;
            scalars[5] = -Fr::ONE;
            g1[0] = g1[6];
        }
        let f = Bn254::multi_miller_loop(&g1, &g2);
        let expected = (
            f.0,
            Bn254::final_exponentiation(f).unwrap().0,
            G1Projective::msm(&g1, &scalars).unwrap(),
            G2Projective::msm(&g2, &scalars).unwrap(),
            g1.iter()
                .zip(&scalars)
                .map(|(p, s)| (*p * s).into_affine())
                .collect::<Vec<_>>(),
        );
        assert_eq!(
            through::<Native>(&g1, &g2, &scalars),
            expected,
            "{n} pairs, native"
        );
        assert_eq!(
            through::<Host>(&g1, &g2, &scalars),
            expected,
            "{n} pairs, host"
        );
        assert_eq!(Native::check_g2_subgroup(&g2), Ok(()));
        assert_eq!(Host::check_g2_subgroup(&g2), Ok(()));
    }
}

/// The multiplication by the endomorphism must be right for every scalar, also at its seams.
#[test]
fn scaling_is_right_for_special_scalars() {
    let lambda = ark_bn254::g1::Config::LAMBDA;
    let big = Fr::from(u64::MAX);
    let p = G1Affine::rand(&mut test_rng());
    let scalars = [
        Fr::ZERO,
        Fr::ONE,
        -Fr::ONE,
        lambda,
        -lambda,
        lambda + Fr::ONE,
        big,
        big * lambda,
        big + big * lambda,
        big - big * lambda,
        Fr::from(u128::MAX),
        lambda.square(),
    ];
    let products = Native::scale_g1(&vec![p; scalars.len()], &scalars).unwrap();
    for (scalar, product) in scalars.iter().zip(products) {
        let mut expected = G1Projective::ZERO;
        for bit in ark_ff::BitIteratorBE::new(scalar.into_bigint()) {
            expected.double_in_place();
            if bit {
                expected += p;
            }
        }
        assert_eq!(product, expected.into_affine());
    }
}

#[test]
fn points_off_the_curve_fail_closed_on_every_backend() {
    fn check<B: Backend>() {
        let (mut g1, g2, scalars) = points(3);
        g1[1] = G1Affine::new_unchecked(1.into(), 1.into());
        let not_on_curve = HostError::Point(PointFault::NotOnCurve);
        assert_eq!(B::scale_g1(&g1, &scalars), Err(not_on_curve));
        assert_eq!(B::scale_g1(&g1[..1], &scalars), Err(HostError::Length));
        let sum = ext::G1Projective::<B>::msm(&hooked_g1::<B>(&g1), &scalars).unwrap();
        let sum = sum.into_affine();
        assert!(!sum.is_on_curve());
        let f = ext::Bn254::<B>::multi_miller_loop([sum], hooked_g2::<B>(&g2[..1]));
        assert_eq!(f.0, Fq12::ZERO);
        let f = ext::Bn254::<B>::final_exponentiation(f).unwrap();
        assert_eq!(f.0, Fq12::ZERO);
        let f =
            ext::Bn254::<B>::multi_miller_loop(hooked_g1::<B>(&g1[..1]), hooked_g2::<B>(&g2[..2]));
        assert_eq!(f.0, Fq12::ZERO);
        let outside = g2_outside_subgroup();
        let refused = Err(HostError::Point(PointFault::NotInSubgroup));
        assert_eq!(B::check_g2_subgroup(&[g2[0], outside]), refused);
        let off = G2Affine::new_unchecked(Field::ONE, Field::ONE);
        assert_eq!(B::check_g2_subgroup(&[off]), Err(not_on_curve));
        let sum = ext::G2Projective::<B>::msm(&hooked_g2::<B>(&[off]), &scalars[..1]).unwrap();
        assert!(!sum.into_affine().is_on_curve());
    }
    check::<Native>();
    check::<Host>();
}

#[test]
fn final_exponentiation_is_that_of_arkworks() {
    let rng = &mut test_rng();
    for f in (0..20)
        .map(|_| Fq12::rand(rng))
        .chain([Fq12::ONE, -Fq12::ONE])
    {
        let expected = Bn254::final_exponentiation(MillerLoopOutput(f)).unwrap();
        assert_eq!(native::final_exponentiation(f), Some(expected.0));
    }
    assert_eq!(native::final_exponentiation(Fq12::ZERO), None);
}

/// Against multiplication by r, for points in the subgroup, anywhere, and of every small order.
#[test]
fn the_subgroup_test_is_exact() {
    let rng = &mut test_rng();
    let by_r = |p: &G2Affine| p.mul_bigint(Fr::MODULUS);
    let check = |p: G2Affine| {
        assert!(p.is_on_curve());
        assert_eq!(native::g2_in_subgroup(&[p]), by_r(&p).is_zero());
    };
    check(G2Affine::identity());
    for _ in 0..50 {
        let inside = G2Affine::rand(rng);
        assert!(native::g2_in_subgroup(&[inside]));
        check(inside);
    }
    let mut outside = Vec::new();
    while outside.len() < 50 {
        outside.extend(G2Affine::get_point_from_x_unchecked(Fq2::rand(rng), true));
    }
    for p in outside {
        check(p);
        // The part of p outside the subgroup, and a point that differs from the subgroup by it.
        let part = by_r(&p).into_affine();
        assert!(!native::g2_in_subgroup(&[part]));
        check((G2Affine::rand(rng) + part).into_affine());
    }

    // Points of the small prime orders that divide the cofactor.
    for order in [10_069u64, 5_864_401] {
        let mut limbs = <ark_bn254::g2::Config as CurveConfig>::COFACTOR.to_vec();
        assert_eq!(divide(&mut limbs, order), 0);
        let small = loop {
            let x = Fq2::rand(rng);
            let Some(p) = G2Affine::get_point_from_x_unchecked(x, true) else {
                continue;
            };
            let small = by_r(&p).into_affine().mul_bigint(&limbs).into_affine();
            if !small.is_zero() {
                break small;
            }
        };
        assert!(small.mul_bigint([order]).is_zero());
        assert!(!native::g2_in_subgroup(&[small]));
        let shifted = (G2Affine::rand(rng) + small).into_affine();
        assert!(!native::g2_in_subgroup(&[shifted]));
        check(shifted);
    }
}

/// Divides a number in place, least significant limb first; gives the remainder.
fn divide(limbs: &mut [u64], by: u64) -> u64 {
    limbs.iter_mut().rev().fold(0, |carry, limb| {
        let value = u128::from(carry) << 64 | u128::from(*limb);
        *limb = (value / u128::from(by)) as u64;
        (value % u128::from(by)) as u64
    })
}

fn error(code: u32) -> HostError {
    HostError::from_code(code).unwrap_err()
}

#[test]
fn bad_arguments_are_named_by_their_status() {
    let (g1, g2, scalars) = points(2);
    let (b1, b2, bs) = (bytes(&g1), bytes(&g2), bytes(&scalars));
    let mut target = [0; TARGET_BYTES];
    let mut one = [0; G1_BYTES];
    let mut one2 = [0; G2_BYTES];
    assert_eq!(host::multi_miller_loop(&b1, &b2, &mut target), 0);
    assert_eq!(host::msm_g1(&b1, &bs, &mut one), 0);
    assert_eq!(host::msm_g2(&b2, &bs, &mut one2), 0);

    let length = HostError::Length;
    assert_eq!(
        error(host::multi_miller_loop(&b1, &b2[..G2_BYTES], &mut target)),
        length
    );
    assert_eq!(
        error(host::multi_miller_loop(&b1[1..], &b2, &mut target)),
        length
    );
    assert_eq!(
        error(host::multi_miller_loop(&b1, &b2, &mut target[1..])),
        length
    );
    assert_eq!(error(host::msm_g1(&b1, &bs[..32], &mut one)), length);
    assert_eq!(error(host::msm_g1(&b1, &bs, &mut one[1..])), length);
    assert_eq!(error(host::msm_g2(&b2, &bs[..31], &mut one2)), length);
    assert_eq!(error(host::scale_g1(&b1, &bs, &mut one)), length);
    assert_eq!(
        error(host::final_exponentiation(&[1; 383], &mut target)),
        length
    );

    let zero = [0; TARGET_BYTES];
    assert_eq!(
        error(host::final_exponentiation(&zero, &mut target)),
        HostError::NotInvertible
    );
    let non_canonical = HostError::Point(PointFault::NonCanonical);
    let full = [0xff; TARGET_BYTES];
    assert_eq!(
        error(host::final_exponentiation(&full, &mut target)),
        non_canonical
    );
    assert_eq!(
        error(host::msm_g1(&b1, &[0xff; 64], &mut one)),
        non_canonical
    );
    assert_eq!(error(host::msm_g1(&[0; 128], &bs, &mut one)), non_canonical);
    let off = encode_g1(&G1Affine::new_unchecked(1.into(), 1.into()));
    let not_on_curve = HostError::Point(PointFault::NotOnCurve);
    assert_eq!(error(host::msm_g1(&off, &bs[..32], &mut one)), not_on_curve);
    let outside = encode_g2(&g2_outside_subgroup());
    let not_in_subgroup = HostError::Point(PointFault::NotInSubgroup);
    assert_eq!(error(host::check_g2_subgroup(&outside)), not_in_subgroup);
}

#[test]
fn status_codes_are_stable_and_round_trip() {
    let errors = [
        HostError::Length,
        HostError::Point(PointFault::NonCanonical),
        HostError::Point(PointFault::NotOnCurve),
        HostError::Point(PointFault::NotInSubgroup),
        HostError::Point(PointFault::Identity),
        HostError::NotInvertible,
        HostError::UnknownStatus(7),
    ];
    for (code, error) in (1..).zip(errors) {
        assert_eq!(error.code(), code);
        assert_eq!(HostError::from_code(code), Err(error));
    }
    assert_eq!(HostError::from_code(0), Ok(()));
}

/// Points outside the subgroup give useless results, but never a panic.
#[test]
fn points_outside_the_subgroup_do_not_panic() {
    let outside = encode_g2(&g2_outside_subgroup());
    let g1 = encode_g1(&G1Affine::generator());
    let mut target = [0; TARGET_BYTES];
    assert_eq!(host::multi_miller_loop(&g1, &outside, &mut target), 0);
    let f = target;
    assert_eq!(host::final_exponentiation(&f, &mut target), 0);
    assert_eq!(host::msm_g2(&outside, &[5; 32], &mut [0; G2_BYTES]), 0);
}

proptest! {
    #[test]
    fn random_arguments_never_panic(
        a in proptest::collection::vec(any::<u8>(), 0..400),
        b in proptest::collection::vec(any::<u8>(), 0..400),
        out in 0usize..400,
    ) {
        let mut out = vec![0; out];
        for (a, b) in [(&a[..], &b[..]), (&a[..a.len() / 64 * 64], &b[..b.len() / 128 * 128])] {
            let empty = a.is_empty() && b.is_empty();
            prop_assert!(host::multi_miller_loop(a, b, &mut out) != 0 || empty);
            prop_assert!(host::msm_g1(a, b, &mut out) != 0 || empty);
            prop_assert!(host::msm_g2(a, b, &mut out) != 0 || empty);
            prop_assert!(host::scale_g1(a, b, &mut out) != 0 || empty);
            prop_assert!(host::final_exponentiation(a, &mut out) != 0);
            prop_assert!(host::check_g2_subgroup(a) != 0 || a.is_empty());
        }
    }
}
