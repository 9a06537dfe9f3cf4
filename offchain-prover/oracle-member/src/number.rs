//! Numbers in a source's text, converted to fixed point without floating point: the decimal point
//! is moved in the text, and the result is rounded once.

use clearproof_formats::decimal::{self, DecimalError, MAX_FRACTION, MAX_LENGTH};
use clearproof_primitives::{
    fixed::{FRACTION_BITS, INDEX_PRICE_BITS, IndexPrice},
    options::svi::SVI_BITS,
};
use thiserror::Error;

/// Largest power of ten in the text of a number.
const MAX_EXPONENT: i32 = 64;

/// The reason that a text is refused as a number.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum NumberError {
    /// Not a number in JSON's notation.
    #[error("`{0:.40}` is not a decimal number such as 12.5 or 1.2e-3")]
    Malformed(String),
    /// The text has too many characters.
    #[error("{0} characters, at most {MAX_LENGTH} are read")]
    Long(usize),
    /// Not a number, or an infinite one.
    #[error("`{0}` is not finite")]
    NotFinite(String),
    /// The number is below 0, which has no meaning here.
    #[error("{0} is negative")]
    Negative(String),
    /// The price is zero.
    #[error("{0} is 0, or less than half of 2^-32 smallest quote units")]
    Zero(String),
    /// The number exceeds the chain's limit.
    #[error("{text} is too large: must be below 2^{bits}{unit}")]
    TooLarge {
        /// The text that was read.
        text: String,
        /// Bits of the limit.
        bits: u32,
        /// The unit of the limit, with a space before it.
        unit: &'static str,
    },
    /// The number has more digits after the point than are kept.
    #[error(
        "{text} has {digits} digits after the point once it is in the unit of the chain, at most {MAX_FRACTION} are read"
    )]
    TooFine {
        /// The text that was read.
        text: String,
        /// The number of digits.
        digits: usize,
    },
}

/// A number without exponent: its sign and its digits around at most one point, as
/// [`decimal::parse`] reads them.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Plain {
    negative: bool,
    text: String,
}

/// Returns `text · 10^shift`, for a text in JSON's notation.
fn plain(text: &str, shift: i32) -> Result<Plain, NumberError> {
    if text.len() > MAX_LENGTH {
        return Err(NumberError::Long(text.len()));
    }
    let (negative, magnitude) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text),
    };
    let named = magnitude.trim_start_matches('+');
    if ["nan", "inf", "infinity"]
        .iter()
        .any(|name| named.eq_ignore_ascii_case(name))
    {
        return Err(NumberError::NotFinite(text.into()));
    }
    let malformed = || NumberError::Malformed(text.into());
    let (mantissa, exponent) = match magnitude.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, power(exponent).ok_or_else(malformed)?),
        None => (magnitude, 0),
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, "0"));
    let digits = |s: &str| !s.is_empty() && s.bytes().all(|b| b.is_ascii_digit());
    if !digits(whole) || !digits(fraction) {
        return Err(malformed());
    }
    let all: String = [whole, fraction].concat();
    // Position of the point in the result, counted from the first digit: within ±200.
    let point = whole.len() as i64 + i64::from(exponent) + i64::from(shift);
    let (before, after) = match usize::try_from(point) {
        Ok(point) => {
            let padded = format!("{all:0<point$}");
            let (before, after) = padded.split_at(point);
            (before.to_string(), after.to_string())
        }
        Err(_) => {
            let width = all.len() + point.unsigned_abs() as usize;
            (String::new(), format!("{all:0>width$}"))
        }
    };
    let (before, after) = (before.trim_start_matches('0'), after.trim_end_matches('0'));
    if after.len() > MAX_FRACTION {
        return Err(NumberError::TooFine {
            text: text.into(),
            digits: after.len(),
        });
    }
    let digits = |s: &str| {
        if s.is_empty() {
            "0".to_string()
        } else {
            s.to_string()
        }
    };
    Ok(Plain {
        negative,
        text: format!("{}.{}", digits(before), digits(after)),
    })
}

/// Returns the power of ten after the `e` of a number.
fn power(text: &str) -> Option<i32> {
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let power: i32 = text.parse().ok()?;
    (power.abs() <= MAX_EXPONENT).then_some(power)
}

/// Returns a price, `text · 10^shift` smallest quote units per whole unit, rounded to the nearest
/// multiple of 2^-32, halves up.
///
/// # Errors
/// The text is not a number, is negative, zero, 2^95 or more, or has more than 24 digits after the
/// point.
pub fn price(text: &str, shift: i32) -> Result<IndexPrice, NumberError> {
    let Plain {
        negative,
        text: plain,
    } = plain(text, shift)?;
    if negative {
        return Err(NumberError::Negative(text.into()));
    }
    let bits = INDEX_PRICE_BITS as u32;
    let large = NumberError::TooLarge {
        text: text.into(),
        bits: bits - FRACTION_BITS,
        unit: " smallest quote units",
    };
    match decimal::parse(&plain, FRACTION_BITS) {
        Ok(0) => Err(NumberError::Zero(text.into())),
        Ok(price) if price < 1 << bits => Ok(price),
        Ok(_) | Err(DecimalError::TooLarge) => Err(large),
        // The text is longer than any that is read, so it exceeds the limit too.
        Err(DecimalError::Malformed) => Err(large),
    }
}

/// Returns a parameter of a curve: signed, 48 fraction bits, rounded to the nearest, halves away
/// from 0.
///
/// # Errors
/// The text is not a number, is 2^15 or more in magnitude, or has more than 24 digits after the
/// point.
pub fn parameter(text: &str) -> Result<i64, NumberError> {
    let Plain {
        negative,
        text: plain,
    } = plain(text, 0)?;
    let magnitude = decimal::parse(&plain, SVI_BITS);
    let magnitude = magnitude.ok().and_then(|m| i64::try_from(m).ok());
    let magnitude = magnitude.ok_or(NumberError::TooLarge {
        text: text.into(),
        bits: i64::BITS - 1 - SVI_BITS,
        unit: "",
    })?;
    Ok(if negative { -magnitude } else { magnitude })
}

/// As [`parameter`], for a parameter that cannot be negative.
///
/// # Errors
/// As [`parameter`]; and if the number is negative.
pub fn magnitude(text: &str) -> Result<u64, NumberError> {
    u64::try_from(parameter(text)?).map_err(|_| NumberError::Negative(text.into()))
}

/// Returns the whole part of `text · 10^shift`: a time whose unit is shifted to milliseconds.
///
/// # Errors
/// The text is not a number, is negative, or is 2^64 or more.
pub fn whole(text: &str, shift: i32) -> Result<u64, NumberError> {
    let Plain {
        negative,
        text: plain,
    } = plain(text, shift)?;
    if negative {
        return Err(NumberError::Negative(text.into()));
    }
    let whole = plain
        .split_once('.')
        .map_or(plain.as_str(), |(whole, _)| whole);
    whole.parse().map_err(|_| NumberError::TooLarge {
        text: text.into(),
        bits: u64::BITS,
        unit: "",
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use clearproof_primitives::options::svi::SVI_ONE;
    use proptest::prelude::*;

    #[test]
    fn prices_are_exact_whatever_they_are_written_like() {
        let wanted = 1_080_000u128 << 32;
        for text in [
            "1.08",
            "1.080000",
            "108e-2",
            "0.108E1",
            "10800000e-7",
            "1.08e+0",
            "001.08",
        ] {
            assert_eq!(price(text, 6), Ok(wanted), "{text}");
        }
        assert_eq!(price("108", 4), Ok(wanted), "cents");
        assert_eq!(price("108000000", -2), Ok(wanted));
        // Numbers that a float cannot hold: 2^53 + 1, and a tenth.
        assert_eq!(
            price("9007199254740993", 0),
            Ok(9_007_199_254_740_993 << 32)
        );
        assert_eq!(
            price("0.1", 0),
            Ok(429_496_730),
            "the nearest to 429496729.6"
        );
        assert_eq!(
            price("1.0799999999999998", 6),
            Ok(wanted - 1),
            "1.08 less 2e-16, of which 2^32·10^6 make 0.86"
        );
    }

    #[test]
    fn what_is_no_price_is_refused_by_name() {
        for text in [
            "", "-", ".5", "5.", "1,5", "1e", "1e+", "1e65", "1.2.3", " 1", "+1", "0x10", "１",
            "1e1.5", "1ee5",
        ] {
            assert!(
                matches!(price(text, 6), Err(NumberError::Malformed(_))),
                "{text}: {:?}",
                price(text, 6)
            );
        }
        for text in ["NaN", "-inf", "Infinity", "+Infinity"] {
            assert!(
                matches!(price(text, 6), Err(NumberError::NotFinite(_))),
                "{text}"
            );
        }
        for text in ["-1", "-0", "-1e-60"] {
            let error = price(text, 20).unwrap_err();
            assert!(
                matches!(
                    error,
                    NumberError::Negative(_) | NumberError::TooFine { .. }
                ),
                "{text}: {error}"
            );
        }
        for text in ["0", "0.000", "0e9", "1e-20"] {
            assert!(
                matches!(price(text, 6), Err(NumberError::Zero(_))),
                "{text}: {:?}",
                price(text, 6)
            );
        }
        for text in [
            "9223372036854775808",
            "1e64",
            "99999999999999999999999999999999999999999999",
        ] {
            assert!(
                matches!(price(text, 18), Err(NumberError::TooLarge { .. })),
                "{text}: {:?}",
                price(text, 18)
            );
        }
        assert!(price("9223372036854775807.99", 0).is_ok());
        assert!(matches!(
            price("1.0000000000000000000000001", 0),
            Err(NumberError::TooFine { .. })
        ));
        assert!(price("1.0000000000000000000000001", 1).is_ok());
        assert_eq!(price(&"1".repeat(65), 0), Err(NumberError::Long(65)));
    }

    #[test]
    fn parameters_have_a_sign_and_forty_eight_bits() {
        assert_eq!(parameter("-0.5"), Ok(-SVI_ONE / 2));
        assert_eq!(parameter("4e-2"), Ok(11_258_999_068_426));
        assert_eq!(parameter("-0"), Ok(0));
        assert_eq!(magnitude("0.25"), Ok(SVI_ONE as u64 / 4));
        assert_eq!(
            magnitude("-0.25"),
            Err(NumberError::Negative("-0.25".into()))
        );
        assert!(matches!(
            parameter("32768"),
            Err(NumberError::TooLarge { .. })
        ));
        assert!(parameter("-32767.9").is_ok());
    }

    #[test]
    fn times_lose_what_is_below_a_millisecond() {
        assert_eq!(whole("1700000000.1239", 3), Ok(1_700_000_000_123));
        assert_eq!(whole("1700000000123456789", -6), Ok(1_700_000_000_123));
        assert!(whole("-1", 3).is_err() && whole("1e40", 3).is_err());
    }

    proptest! {
        #[test]
        fn a_price_is_the_nearest_fixed_point_number(mantissa in 1u64..1 << 53, digits in 0u32..12, shift in 0i32..6) {
            let scale = 10u128.pow(digits);
            let (whole, part) = (u128::from(mantissa) / scale, u128::from(mantissa) % scale);
            let text = match digits {
                0 => format!("{whole}"),
                _ => format!("{whole}.{part:0width$}", width = digits as usize),
            };
            // p = mantissa · 10^shift / 10^digits, so |price · 10^digits − mantissa · 10^shift ·
            // 2^32| is at most half of 10^digits.
            let exact = (u128::from(mantissa) * 10u128.pow(shift as u32)) << 32;
            match price(&text, shift) {
                Ok(price) => prop_assert!(price.checked_mul(scale).unwrap().abs_diff(exact) * 2 <= scale),
                Err(NumberError::Zero(_)) => prop_assert!(exact * 2 < scale),
                Err(NumberError::TooLarge { .. }) => prop_assert!(exact / scale >= (1 << 95) - 1),
                Err(other) => prop_assert!(false, "{text}: {other}"),
            }
        }

        #[test]
        fn moving_the_point_by_exponent_or_by_shift_is_one(mantissa in 1u32.., exponent in -12i32..12, shift in -6i32..12) {
            let (written, moved) = (price(&format!("{mantissa}e{exponent}"), shift), price(&mantissa.to_string(), exponent + shift));
            prop_assert_eq!(written.ok(), moved.ok());
        }

        #[test]
        fn multiples_of_two_to_the_minus_thirty_two_are_kept(price_bits in 1u128..1 << 50) {
            let text = decimal::format(price_bits as i128, 32, 18);
            // The error of 18 digits, for a number below 2^18, is far less than half of 2^-32.
            prop_assert_eq!(price(&text, 0), Ok(price_bits));
        }

        #[test]
        fn no_text_makes_it_panic(text in any::<String>(), shift in -60i32..60) {
            let _ = (price(&text, shift), parameter(&text), whole(&text, shift));
        }

        #[test]
        fn no_number_makes_it_panic(text in "-?[0-9]{0,30}(\\.[0-9]{0,30})?([eE][+-]?[0-9]{0,3})?", shift in -60i32..60) {
            let _ = (price(&text, shift), parameter(&text), whole(&text, shift));
        }
    }
}
