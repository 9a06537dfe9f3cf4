//! Sums, transforms and quotients equal arkworks'.

use crate::{
    same::arithmetic,
    standin::{Own, backend},
};
use ark_bn254::Fr;
use ark_ff::One;
use clearproof_groth16::{Backend, points::G2Point};
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

/// Several threads, sizes and contexts at once.
#[test]
fn threads_share_a_device() {
    let own = Own::load();
    let backends = [own.open(), own.open()];
    thread::scope(|scope| {
        for (seed, backend) in (0..).zip(&backends) {
            for log_size in [3, 10, 7] {
                scope.spawn(move || arithmetic::transforms_agree(backend, log_size, seed));
            }
        }
    });
}

#[test]
fn memory_is_freed() {
    let own = Own::load();
    assert_eq!(own.used(), 0);
    let backend = own.open();
    let scalars = backend.load_scalars(vec![Fr::one(); 10]).unwrap();
    assert_eq!(own.used(), 1 + 320);
    let points = backend
        .load_bases_g2(vec![G2Point::default(); 3].into())
        .unwrap();
    assert_eq!(own.used(), 1 + 320 + 384);
    // From another thread.
    thread::scope(|scope| scope.spawn(move || drop(scalars)).join()).unwrap();
    assert_eq!(own.used(), 1 + 384);
    // A device is closed with the last of its vectors.
    drop(backend);
    assert_eq!(own.used(), 1 + 384);
    drop(points);
    assert_eq!(own.used(), 0);
}
