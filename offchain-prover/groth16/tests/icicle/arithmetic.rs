//! Sums, transforms and quotients equal arkworks'.

use crate::{
    same::arithmetic,
    standin::{Own, backend},
};
use ark_bn254::Fr;
use ark_ff::{One, Zero};
use ark_std::rand::{SeedableRng, rngs::StdRng};
use clearproof_groth16::{ArkBackend, Backend, points::G2Point};
use std::thread;

#[test]
fn sums_are_those_of_arkworks() {
    arithmetic::sums_agree(&backend());
}

#[test]
fn sums_that_are_nothing_are_the_point_at_infinity() {
    arithmetic::empty_sums_are_infinity(&backend());
}

#[test]
fn scalars_come_back() {
    arithmetic::scalars_come_back(&backend());
}

#[test]
fn transforms_are_those_of_arkworks() {
    let backend = backend();
    for log_size in [0, 1, 2, 5, 9] {
        arithmetic::transforms_agree(&backend, log_size, u64::from(log_size));
    }
}

#[test]
fn wrong_sizes_are_refused() {
    arithmetic::wrong_sizes_are_refused(&backend());
}

/// 2¹² needs a larger table of roots than 2³ and 2¹¹ do: it grows while other threads transform.
#[test]
fn domains_of_several_sizes_are_used_at_once() {
    let own = Own::load();
    let small = own.backend.domain(8).unwrap();
    let backend = &own.backend;
    thread::scope(|scope| {
        for seed in 0..2 {
            for log_size in [3, 12, 11] {
                scope.spawn(move || arithmetic::transforms_agree(backend, log_size, seed));
            }
        }
    });
    let values = arithmetic::scalars(&mut StdRng::seed_from_u64(9), 8);
    let mut loaded = backend.load_scalars(values.clone()).unwrap();
    backend.intt(&small, &mut loaded).unwrap();
    let mut expected = values;
    ArkBackend
        .intt(&ArkBackend.domain(8).unwrap(), &mut expected)
        .unwrap();
    assert_eq!(backend.read_scalars(&loaded).unwrap(), expected);
}

#[test]
fn libraries_found_twice_share_what_they_keep() {
    let own = Own::load();
    let large = own.backend.domain(1 << 12).unwrap();
    let (_folder, again) = own.again();
    again.domain(1 << 11).unwrap();
    let mut values = again.load_scalars(vec![Fr::one(); 1 << 12]).unwrap();
    own.backend.intt(&large, &mut values).unwrap();
    assert_eq!(
        again.read_scalars(&values).unwrap()[..2],
        [Fr::one(), Fr::zero()]
    );
}

#[test]
fn memory_is_freed() {
    let own = Own::load();
    let before = own.allocated();
    {
        let scalars = own.backend.load_scalars(vec![Fr::one(); 10]).unwrap();
        assert_eq!(own.allocated(), before + 320);
        let points = vec![G2Point::default(); 3];
        let _points = own.backend.load_bases_g2(points.into()).unwrap();
        assert_eq!(own.allocated(), before + 320 + 384);
        // From a thread that never used the device.
        thread::scope(|scope| scope.spawn(move || drop(scalars)).join()).unwrap();
        assert_eq!(own.allocated(), before + 384);
    }
    assert_eq!(own.allocated(), before);
}
