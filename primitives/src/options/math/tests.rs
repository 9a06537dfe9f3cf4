#![allow(clippy::unwrap_used)]
use super::*;
use crate::fixed::ONE;
use alloc::string::String;
use proptest::prelude::*;
use serde::Deserialize;

/// Reference values with 70 fraction bits, by `tests/data/black76.py`.
#[derive(Deserialize)]
struct Functions {
    normal: Vec<(i64, String, String)>,
    mills: Vec<(i64, String)>,
    exp: Vec<(String, String)>,
    ln: Vec<(String, String, String)>,
}

fn functions() -> Functions {
    #[derive(Deserialize)]
    struct File {
        functions: Functions,
    }
    let text = include_str!("../../../tests/data/black76.json");
    serde_json::from_str::<File>(text).unwrap().functions
}

/// |value − reference| in units of 2^-70.
fn error(value: i128, bits: u32, reference: &str) -> u128 {
    (value << (70 - bits)).abs_diff(reference.parse().unwrap())
}

#[test]
fn the_normal_distribution_is_within_its_bounds() {
    let reference = functions();
    let mut worst = [0; 3];
    for (x, cdf, pdf) in &reference.normal {
        let errors = [
            error(normal_cdf(*x) as i128, PROBABILITY_BITS, cdf),
            error(normal_pdf(x.unsigned_abs()) as i128, LOG_BITS, pdf),
        ];
        worst[0] = worst[0].max(errors[0]);
        worst[1] = worst[1].max(errors[1]);
    }
    for (z, ratio) in &reference.mills {
        let value = mills_ratio(*z as u64) as i128;
        worst[2] = worst[2].max(error(value, PROBABILITY_BITS, ratio));
    }
    println!("errors of N, n and Mills' ratio, in 2^-70: {worst:?}");
    assert!(worst[0] <= 1 << 11 && worst[1] <= 1 << 9 && worst[2] <= 1 << 11);
}

#[test]
fn exponentials_and_logarithms_are_within_their_bounds() {
    let reference = functions();
    let (mut below, mut relative, mut logarithm) = (0, 0f64, 0);
    for (x, value) in &reference.exp {
        let x: i128 = x.parse().unwrap();
        let result = exp(x).map(|v| v as i128);
        if x >= 43 << LOG_BITS {
            assert_eq!(result, None);
        } else if x <= 0 {
            below = below.max(error(result.unwrap(), LOG_BITS, value));
        } else {
            // Beyond e^38 the reference leaves 128 bits.
            if let Ok(exact) = value.parse::<i128>() {
                let result = result.unwrap();
                if result < 1 << 120 {
                    let gap = error(result, LOG_BITS, value) as f64;
                    relative = relative.max(gap / exact as f64);
                }
            }
        }
    }
    for (a, b, value) in &reference.ln {
        let result = ln_ratio(a.parse().unwrap(), b.parse().unwrap()).unwrap();
        logarithm = logarithm.max(error(result, LOG_BITS, value));
    }
    println!(
        "errors of exp below 0 and of ln, in 2^-70: {below}, {logarithm}; of exp above 0: {relative:e}"
    );
    assert!(below <= 1 << 10 && logarithm <= 1 << 9 && relative < 2f64.powi(-57));
}

#[test]
fn special_values_are_exact() {
    assert_eq!(exp(0), Some(1 << 64));
    assert_eq!(exp(i128::MAX), None);
    assert_eq!(exp(i128::MIN), Some(0));
    assert_eq!(ln_ratio(0, 1), None);
    assert_eq!(ln_ratio(1, 0), None);
    assert_eq!(ln_ratio(u128::MAX, u128::MAX), Some(0));
    assert_eq!(ln_ratio(8, 1), Some((3 * LN_2) >> 32));
    assert_eq!(normal_pdf(u64::MAX), 0);
    assert_eq!(mills_ratio(u64::MAX) >> 58, 0, "about 1/64");
    assert_eq!(normal_cdf(i64::MIN), 0);
    assert_eq!(normal_cdf(i64::MAX), CERTAIN);
    assert_eq!(normalised_sqrt(0), (0, 0));
    assert_eq!(normalised_sqrt(ONE as u128), (1 << 63, 47));
}

proptest! {
    #[test]
    fn nothing_panics_and_identities_hold(a: u128, b: u128, c: u64, x: i64, e: i128, shift in 0u32..80) {
        let _ = exp(e);
        let _ = mul_shift(a, c, shift);
        prop_assert!(x == 0 || normal_cdf(x) + normal_cdf(x.saturating_neg()) == CERTAIN);
        prop_assert!(mills_ratio(c) <= mills_ratio(0));
        if a > 0 && b > 0 {
            prop_assert_eq!(ln_ratio(a, b).unwrap(), -ln_ratio(b, a).unwrap());
        }
        let (root, half) = normalised_sqrt(a);
        let square = (root as u128).checked_mul(root as u128).unwrap();
        prop_assert!(square <= a << (2 * half) && (a << (2 * half)) - square <= 2 * root as u128);
    }

    #[test]
    fn products_are_exact(a: u128, b: u64, shift in 0u32..=64) {
        let (high, low) = ((a >> 64) * b as u128, (a as u64) as u128 * b as u128);
        // The reference keeps the two halves apart: floor((high·2^64 + low) / 2^shift).
        let carried = high + (low >> 64);
        let fits = carried.leading_zeros() >= 64 - shift;
        let expected = fits.then(|| {
            let upper = if shift == 64 { carried } else { carried << (64 - shift) };
            upper + (((low as u64) as u128) >> shift)
        });
        prop_assert_eq!(mul_shift(a, b, shift), expected);
    }

    #[test]
    fn exponential_and_logarithm_are_inverse(x in 1u128 << 40..1 << 120) {
        let back = exp(ln_ratio(x, 1 << 64).unwrap()).unwrap();
        prop_assert!(back.abs_diff(x) <= (x >> 56) + 64, "{x} {back}");
    }
}
