//! Decimal text to binary fixed point and back.

use clearproof_primitives::fixed::FRACTION_BITS;
use thiserror::Error;

/// Longest decimal text that is read.
pub const MAX_LENGTH: usize = 64;
/// Most digits after the point that are read.
pub const MAX_FRACTION: usize = 24;

/// The reason that a text is not an accepted number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum DecimalError {
    /// Not decimal digits with at most one point between them.
    #[error(
        "must be a decimal number such as 12.5: digits, at most one point, at most {MAX_FRACTION} digits after it"
    )]
    Malformed,
    /// The number is too large for its field.
    #[error("is too large")]
    TooLarge,
}

/// Returns a number without sign as `value / 2^bits`, rounded to the nearest; `bits` is at most 48.
pub fn parse(text: &str, bits: u32) -> Result<u128, DecimalError> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
    let digits = |s: &str| !s.is_empty() && s.bytes().all(|b| b.is_ascii_digit());
    if text.len() > MAX_LENGTH
        || fraction.len() > MAX_FRACTION
        || !digits(whole)
        || !digits(fraction)
    {
        return Err(DecimalError::Malformed);
    }
    let whole: u128 = whole.parse().map_err(|_| DecimalError::TooLarge)?;
    let scale = 10u128.pow(fraction.len() as u32);
    let numerator: u128 = fraction.parse().map_err(|_| DecimalError::Malformed)?;
    // The numerator is below 10^24, so the sum is below 10^24 · 2^48 plus half of 10^24, below
    // 2^128.
    let part = ((numerator << bits) + scale / 2) / scale;
    let shifted = whole
        .checked_mul(1 << bits)
        .and_then(|value| value.checked_add(part));
    shifted.ok_or(DecimalError::TooLarge)
}

/// Returns a field's number with 32 fraction bits; the error names the field.
pub fn number(name: &str, text: &str) -> Result<u128, String> {
    parse(text, FRACTION_BITS).map_err(|error| format!("{name}: {error}"))
}

/// As [`number`], for a result of at most 64 bits.
pub fn small(name: &str, text: &str) -> Result<u64, String> {
    u64::try_from(number(name, text)?).map_err(|_| format!("{name}: is too large"))
}

/// Returns `value / 2^bits` in decimals with up to `digits` digits after the point, rounded to the
/// nearest, without trailing zeros. `bits` is at most 64 and `digits` at most 18.
pub fn format(value: i128, bits: u32, digits: u32) -> String {
    let (magnitude, mask) = (value.unsigned_abs(), (1u128 << bits) - 1);
    let scale = 10u128.pow(digits);
    // The fraction is below 2^64 and the scale below 2^60.
    let part = ((magnitude & mask) * scale + (1 << bits >> 1)) >> bits;
    let (whole, part) = ((magnitude >> bits) + part / scale, part % scale);
    let sign = if value < 0 && (whole, part) != (0, 0) {
        "-"
    } else {
        ""
    };
    if part == 0 {
        return format!("{sign}{whole}");
    }
    let text = format!("{part:0width$}", width = digits as usize);
    format!("{sign}{whole}.{}", text.trim_end_matches('0'))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn numbers_are_rounded_to_the_nearest() {
        assert_eq!(parse("1500", 32), Ok(1500 << 32));
        assert_eq!(parse("0.5", 1), Ok(1));
        assert_eq!(parse("0.25", 1), Ok(1), "half up");
        assert_eq!(parse("0.24", 1), Ok(0));
        assert_eq!(format(3, 1, 6), "1.5");
        assert_eq!(format(-3, 1, 0), "-2");
        assert_eq!(format(-1, 32, 6), "0", "no negative zero");
        assert_eq!(format(i128::MIN, 64, 18), "-9223372036854775808");
    }

    #[test]
    fn anything_else_is_refused() {
        for bad in [
            "", ".5", "5.", "-1", "+1", "1e3", "1,5", "1.2.3", " 1", "０",
        ] {
            assert_eq!(parse(bad, 32), Err(DecimalError::Malformed), "{bad}");
        }
        assert_eq!(parse(&"9".repeat(39), 32), Err(DecimalError::TooLarge));
        assert_eq!(parse(&"9".repeat(30), 40), Err(DecimalError::TooLarge));
        assert_eq!(parse(&format!("0.{}", "9".repeat(24)), 48), Ok(1 << 48));
        assert_eq!(parse(&"1".repeat(65), 32), Err(DecimalError::Malformed));
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_back(value in 0u64..1 << 40) {
            let text = format(value.into(), 16, 16);
            prop_assert_eq!(parse(&text, 16), Ok(value.into()));
        }

        #[test]
        fn no_text_makes_it_panic(text in any::<String>(), bits in 0u32..=48) {
            let _ = parse(&text, bits);
        }
    }
}
