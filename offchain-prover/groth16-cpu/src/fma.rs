//! Vectors with 51-bit limbs in floating-point numbers, and the fused multiply-adds of AVX2
//! processors. For processors without AVX-512 IFMA.
//!
//! An element is five limbs in radix 2⁵¹, each a whole number in a double, and R = 2²⁵⁵. Limbs may
//! be negative. A product of two limbs, which is at most 2¹⁰², is computed in two halves. Added to
//! 1.5·2¹⁰³, whose unit in the last place is 2⁵¹, it is rounded to a multiple of 2⁵¹. The rest,
//! within ±2⁵⁰, comes from a second fused multiply-add. The bits of each half are those of a
//! constant plus the half as an integer, so the bits can be summed as integers; the constants are
//! subtracted all at once. All of this is exact in the default rounding mode, to the nearest.
//!
//! Source of the technique: Emmart, Zheng and Weems, "Faster Modular Exponentiation Using Double
//! Precision Floating Point Arithmetic on the GPU", ARITH 2018.
//!
//! Bounds. R is more than 2.64·p. *Balanced* means that limbs are within ±2⁵⁰, except for the last
//! one, which is as large as the value needs. A product is balanced and at most (|a|·|b|)/R + p/2.
//! An unpacked element has limbs in 0..2⁵¹, so that the difference of two has limbs below 2⁵¹ in
//! magnitude, and with an opposite below 2⁵². The product of two limbs must stay below 2¹⁰²: a
//! balanced factor may be multiplied by any other factor up to 2⁵². In additions of points:
//!
//! | value | G1 | G2 |
//! | --- | --- | --- |
//! | denominators and numerators | 1 p | 1 p, norms 1.26 p |
//! | products of all norms before, running inverse | 0.81 p | 0.96 p |
//! | inverse of a denominator | 0.75 p | 0.82 p |
//! | slope | 0.79 p | 1.12 p |
//! | its square | 0.74 p | 1.45 p |
//! | x before it is reduced | −3 p to 1.5 p | −5 p to 3 p |
//! | y before it is reduced | −1.8 p to 0.8 p | −2.4 p to 1.4 p |
//!
//! In transforms, products reach 2.1·r and differences twice that. Sums are tidied to within
//! ±0.51·r.

// The indices show which limb of one number belongs to which of the other; iterators would hide it.
#![allow(clippy::needless_range_loop)]

mod carry;
mod constants;
mod element;
mod lanes;
mod product;
mod vector;

use crate::vector::{Base, Instructions, Job, Scalar};
use element::V;

/// AVX2 with FMA.
#[derive(Clone, Copy, Debug)]
pub(super) struct Fma;

impl Instructions for Fma {
    type Base = V<Base>;
    type Scalar = V<Scalar>;
    const NAME: &'static str = "AVX2, FMA";

    fn available() -> bool {
        is_x86_feature_detected!("avx2")
            && is_x86_feature_detected!("fma")
            && is_x86_feature_detected!("bmi1")
            && is_x86_feature_detected!("bmi2")
    }

    unsafe fn run<J: Job<Self>>(job: J) {
        #[target_feature(enable = "avx2,fma,bmi1,bmi2")]
        unsafe fn with_features<J: Job<Fma>>(job: J) {
            // SAFETY: as the caller guarantees.
            unsafe { job.run() }
        }
        // SAFETY: as the caller guarantees.
        unsafe { with_features(job) }
    }
}
