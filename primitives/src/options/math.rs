//! Elementary functions in fixed point: ln, exp, sqrt, and the normal distribution.
//!
//! All are pure integer code, built from 64×64-bit products and a few divisions. Formats differ
//! with the range of the values, so each function states its own: arguments of the normal
//! distribution have [`ARGUMENT_BITS`] fraction bits, probabilities have [`PROBABILITY_BITS`],
//! logarithms and exponentials [`LOG_BITS`]. Error bounds are absolute unless said otherwise, and
//! are tested against values at 50 digits (`tests/data/black76.py`, which also derives the
//! polynomials).

mod tables;

/// Fraction bits of logarithms, exponentials and densities.
pub const LOG_BITS: u32 = 64;
/// Fraction bits of an argument of the normal distribution.
pub const ARGUMENT_BITS: u32 = 58;
/// Fraction bits of a probability.
pub const PROBABILITY_BITS: u32 = 62;
/// Probability 1.
pub const CERTAIN: u64 = 1 << PROBABILITY_BITS;
/// Beyond this argument, 9.5, the tail of the normal distribution is below 2^-68, less than a
/// probability's last bit.
pub const TAIL: u64 = 19 << (ARGUMENT_BITS - 1);

/// ln 2 with 96 fraction bits.
const LN_2: i128 = 54_916_777_467_707_473_351_141_471_128;
/// log₂ e − 1 with 64 fraction bits.
const LOG2_E_LESS_1: u64 = 8_166_282_121_979_093_367;
/// 1/√(2π) with 64 fraction bits.
const INVERSE_ROOT_TWO_PI: u64 = 7_359_186_146_747_302_452;
/// `MILLS` has a row per eighth of its variable.
const MILLS_ROW_BITS: u32 = 3;
/// The pivot 4 of Mills' ratio's variable `4/(z+4)`.
const MILLS_PIVOT: u64 = 4 << ARGUMENT_BITS;
/// `1/(2k+1)` with 63 fraction bits: the series of atanh.
const ATANH: [u64; 13] = {
    let mut c = [0; 13];
    let mut k = 0;
    while k < c.len() {
        c[k] = (1 << 63) / (2 * k as u64 + 1);
        k += 1;
    }
    c
};

/// Returns true if the magnitudes of the coefficients sum to less than 2 by a margin for rounding:
/// then [`horner`] stays within 64 bits.
const fn is_contained(coefficients: &[i64]) -> bool {
    let (mut sum, mut k) = (0, 0);
    while k < coefficients.len() {
        sum += coefficients[k].unsigned_abs();
        k += 1;
    }
    sum < (1 << 63) - 64
}
const _: () = {
    assert!(is_contained(&tables::EXP2));
    let mut row = 0;
    while row < tables::MILLS.len() {
        assert!(is_contained(&tables::MILLS[row]));
        row += 1;
    }
};

/// `a · b / 2^shift` for a shift of 0 to 64, rounded down; `None` if it does not fit 128 bits.
pub fn mul_shift(a: u128, b: u64, shift: u32) -> Option<u128> {
    let low = (a as u64) as u128 * b as u128;
    let high = (a >> 64) * b as u128 + (low >> 64);
    // The product is high·2^64 + (low mod 2^64), below 2^192.
    let lifted = 64u32.checked_sub(shift)?;
    if lifted != 0 && high >> (128 - lifted) != 0 {
        return None;
    }
    Some((high << lifted) | ((low as u64) as u128 >> shift))
}

/// The upper half of a 128-bit product.
fn mul_high(a: u64, b: u64) -> u64 {
    ((a as u128 * b as u128) >> 64) as u64
}

/// Horner's rule for coefficients with 62 fraction bits, lowest first, at `u` of [-1, 1) with 63
/// fraction bits.
///
/// Each product is rounded to nearest, so the rounding error is at most half a unit per degree. No
/// partial sum exceeds the sum of the coefficients' magnitudes, which is below 2 for every table
/// ([`is_contained`]).
fn horner(coefficients: &[i64], u: i64) -> i64 {
    coefficients.iter().rev().fold(0, |sum, c| {
        let product = (sum as i128 * u as i128 + (1 << 62)) >> 63;
        c + product as i64
    })
}

/// `ln(a / b)` with [`LOG_BITS`] fraction bits; `None` if either is 0.
///
/// Error at most 2^-61. The ratio of the leading 64 bits is brought into [0.7, 1.4] by a power of
/// two, and `ln r = 2 atanh((r-1)/(r+1))` summed as a Taylor series to degree 25 (Abramowitz &
/// Stegun 4.1.27). Exactly 0 for `a = b`, and antisymmetric.
pub fn ln_ratio(a: u128, b: u128) -> Option<i128> {
    if a == 0 || b == 0 {
        return None;
    }
    let leading = |x: u128| ((x << x.leading_zeros()) >> 64) as u64 as u128;
    let (mut x, mut y) = (leading(a), leading(b));
    let mut exponent = b.leading_zeros() as i128 - a.leading_zeros() as i128;
    if 5 * x > 7 * y {
        y *= 2;
        exponent += 1;
    } else if 5 * y > 7 * x {
        x *= 2;
        exponent -= 1;
    }
    // Two bits fewer on both sides keep the divisor within 64 bits; the quotient is at most 0.177.
    let ratio = ((x.abs_diff(y) << 62) / (((x + y) >> 2) as u64 as u128)) as u64;
    let square = mul_high(ratio, ratio);
    let series = ATANH
        .iter()
        .rev()
        .fold(0, |sum, c| c + mul_high(sum, square));
    let logarithm = ((ratio as u128 * series as u128) >> 62) as i128;
    let whole = if exponent < 0 {
        -((-exponent * LN_2) >> 32)
    } else {
        (exponent * LN_2) >> 32
    };
    Some(if x < y {
        whole - logarithm
    } else {
        whole + logarithm
    })
}

/// `e^x`, argument and result with [`LOG_BITS`] fraction bits; `None` for `x >= 43`, 0 for `x <=
/// -45`.
///
/// Relative error at most 2^-57 for positive `x`, absolute error at most 2^-60 for negative;
/// exactly 1 at 0. The argument times log₂ e is split into whole and fraction; `2^fraction` is a
/// polynomial of degree 13.
pub fn exp(x: i128) -> Option<u128> {
    if x == 0 {
        return Some(1 << LOG_BITS);
    }
    if x >= 43 << LOG_BITS {
        return None;
    }
    if x <= -(45 << LOG_BITS) {
        return Some(0);
    }
    let magnitude = x.unsigned_abs();
    let (whole, fraction) = (magnitude >> LOG_BITS, magnitude as u64);
    let binary =
        magnitude + whole * LOG2_E_LESS_1 as u128 + mul_high(fraction, LOG2_E_LESS_1) as u128;
    let binary = if x < 0 {
        -(binary as i128)
    } else {
        binary as i128
    };
    let exponent = (binary >> LOG_BITS) as i32;
    // 2f - 1 of the fraction f is the fraction with its top bit flipped, read as a signed number.
    let power = horner(&tables::EXP2, (binary as u64 ^ (1 << 63)) as i64) as u128;
    let shift = exponent + 3;
    Some(if shift >= 0 {
        power << shift
    } else {
        power >> -shift
    })
}

/// The normalised square root of `x > 0`: a root below 2^64 with its top bit set, and the half
/// shift `h`, such that `√x = root / 2^h`; `(0, 0)` for 0. The root is exact but for rounding down:
/// relative error below 2^-63.
pub fn normalised_sqrt(x: u128) -> (u64, u32) {
    if x == 0 {
        return (0, 0);
    }
    let half = x.leading_zeros() / 2;
    ((x << (2 * half)).isqrt() as u64, half)
}

/// The standard normal density `e^(-x²/2)/√(2π)` of an argument's magnitude ([`ARGUMENT_BITS`]),
/// with [`LOG_BITS`] fraction bits; error at most 2^-61; 0 from [`TAIL`] on.
pub fn normal_pdf(x: u64) -> u64 {
    if x >= TAIL {
        return 0;
    }
    let exponent = ((x as u128 * x as u128) >> (2 * ARGUMENT_BITS + 1 - LOG_BITS)) as i128;
    // Below 1, since the argument is not positive: nothing overflows, and the error is never
    // `None`.
    let power = exp(-exponent).unwrap_or(0);
    ((power * INVERSE_ROOT_TWO_PI as u128) >> 64) as u64
}

/// Mills' ratio `N(-z)/n(z)` for `z >= 0` ([`ARGUMENT_BITS`]), with [`PROBABILITY_BITS`] fraction
/// bits.
///
/// Error at most 2^-59. Smooth and of moderate size where the tail itself underflows, so
/// differences of tails keep their precision. In `t = 4/(z+4)`, which maps all `z >= 0` into (0,
/// 1], it is a polynomial of degree 11 on each eighth: the change of variable is M. M. Shepherd and
/// J. G. Laframboise's, "Chebyshev approximation of (1 + 2x) exp(x²) erfc x in 0 ≤ x < ∞" (Math.
/// Comp. 36, 1981); the polynomials are our own.
pub fn mills_ratio(z: u64) -> u64 {
    let divisor = z.saturating_add(MILLS_PIVOT);
    // One last bit less of the dividend keeps t below 1.
    let t = ((((MILLS_PIVOT as u128) << 64) - 1) / divisor as u128) as u64;
    let row = &tables::MILLS[(t >> (64 - MILLS_ROW_BITS)) as usize];
    let u = ((t << MILLS_ROW_BITS) ^ (1 << 63)) as i64;
    horner(row, u).max(0) as u64
}

/// The standard normal distribution `N(x)` ([`ARGUMENT_BITS`]), with [`PROBABILITY_BITS`] fraction
/// bits.
///
/// Error at most 2^-59; 0 and 1 from ∓[`TAIL`] on; `N(x) + N(-x)` is exactly 1 for `x != 0`.
pub fn normal_cdf(x: i64) -> u64 {
    let magnitude = x.unsigned_abs();
    let tail = mul_high(normal_pdf(magnitude), mills_ratio(magnitude));
    if x > 0 { CERTAIN - tail } else { tail }
}

#[cfg(test)]
mod tests;
