//! [`Vector`] with 51-bit limbs and the fused multiply-adds of AVX2 processors, on numbers with a floating point: for processors without
//! AVX-512 IFMA.
//!
//! An element is five limbs in radix 2⁵¹, each a whole number in a double, and R = 2²⁵⁵. Limbs may be negative. A product of two limbs
//! up to 2¹⁰² comes in two halves: added to 1.5·2¹⁰³, of which a unit in the last place is 2⁵¹, it is rounded to a multiple of that;
//! the rest, within ±2⁵⁰, is a second fused multiply-add. Both halves' bits are those of a constant plus the half as an integer, and integers are
//! what is summed; the constants are taken off all at once. That all this is exact needs the default rounding, to the nearest.
//! Source of the technique: Emmart, Zheng and Weems, "Faster Modular Exponentiation Using Double Precision Floating Point Arithmetic on
//! the GPU", ARITH 2018.
//!
//! Bounds. R is more than 2.64·p. *Balanced*: limbs within ±2⁵⁰, except for the last, which is as the value wants it. A product is balanced and
//! at most (|a|·|b|)/R + p/2. What is unpacked has limbs in 0..2⁵¹, so the difference of two is below 2⁵¹ in magnitude; with an opposite,
//! 2⁵². The product of two limbs must stay below 2¹⁰²: a factor that is balanced goes with any other up to 2⁵². In additions of points:
//!
//! | what | G1 | G2 |
//! | --- | --- | --- |
//! | denominators and numerators | 1 p | 1 p, norms 1.26 p |
//! | products of all before, running inverse | 0.81 p | 0.96 p |
//! | inverse of a denominator | 0.75 p | 0.82 p |
//! | slope | 0.79 p | 1.12 p |
//! | its square | 0.74 p | 1.45 p |
//! | x before it is reduced | −3 p to 1.5 p | −5 p to 3 p |
//! | y before it is reduced | −1.8 p to 0.8 p | −2.4 p to 1.4 p |
//!
//! In transforms products reach 2.1·r, differences twice that, and sums are tidied: within ±0.51·r.

// Indices say which limb of one goes with which of the other; iterators would hide it.
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
            // SAFETY: the caller's duty.
            unsafe { job.run() }
        }
        // SAFETY: the caller's duty.
        unsafe { with_features(job) }
    }
}
