//! Vectors with 52-bit limbs, and the fused multiply-adds of AVX-512 IFMA.
//!
//! An element is five limbs of 52 bits, one vector each, in Montgomery form with R = 2²⁶⁰. The
//! limbs of factors are normalised: in 0..2⁵². 2²⁶⁰ is more than 84 times either modulus, so sums
//! and differences need not be reduced. Every function states in multiples of p which values it
//! takes and returns.

// The indices show which limb of one number belongs to which of the other; iterators would hide it.
#![allow(clippy::needless_range_loop)]

mod constants;
mod element;
mod lanes;
mod vector;

use crate::vector::{Base, Instructions, Job, Scalar};
use element::V;

/// AVX-512 with IFMA.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ifma;

impl Instructions for Ifma {
    type Base = V<Base>;
    type Scalar = V<Scalar>;
    const NAME: &'static str = "AVX-512 IFMA";

    fn available() -> bool {
        is_x86_feature_detected!("avx512f")
            && is_x86_feature_detected!("avx512dq")
            && is_x86_feature_detected!("avx512bw")
            && is_x86_feature_detected!("avx512vl")
            && is_x86_feature_detected!("avx512ifma")
            && is_x86_feature_detected!("bmi1")
            && is_x86_feature_detected!("bmi2")
            && is_x86_feature_detected!("adx")
    }

    unsafe fn run<J: Job<Self>>(job: J) {
        #[target_feature(enable = "avx512f,avx512dq,avx512bw,avx512vl,avx512ifma,bmi1,bmi2,adx")]
        unsafe fn with_features<J: Job<Ifma>>(job: J) {
            // SAFETY: as the caller guarantees.
            unsafe { job.run() }
        }
        // SAFETY: as the caller guarantees.
        unsafe { with_features(job) }
    }
}
