//! Fixed point with explicit rounding. No floating point anywhere: every product says which way it
//! rounds.
//!
//! Prices are unsigned 32.32 ([`Price`]); rates (fees, factors) are fractions of 2^32 ([`Rate`]) or
//! of 2^16 ([`Factor`]). A product is rounded against the account that it concerns: what it pays
//! up, what it gets down.

use crate::number::number;

/// Fraction bits of a price and of a rate.
pub const FRACTION_BITS: u32 = 32;
/// One in 32.32.
pub const ONE: u64 = 1 << FRACTION_BITS;
/// Fraction bits of a margin factor.
pub const FACTOR_BITS: u32 = 16;

/// Index prices are below 2^95, so that their product with a [`Rate`] stays below 2^127.
pub const INDEX_PRICE_BITS: usize = 95;

/// A price, 32.32 fixed point, quote units per lot.
pub type Price = u64;
/// An index price as the oracle reports it: quote units per whole unit of the underlying or asset,
/// with 32 fraction bits, below 2^[`INDEX_PRICE_BITS`]. Wider than [`Price`], since a whole unit
/// may be worth more than 2^32 quote units.
pub type IndexPrice = u128;

number! {
    /// A share of an amount: `rate / 2^32`.
    Rate(u32)
}

impl Rate {
    /// The largest, just below one.
    pub const MAX: Self = Self::new(u32::MAX);
}

number! {
    /// A margin factor: `factor / 2^16`.
    Factor(u32)
}

impl Factor {
    /// The largest, just below 2^16.
    pub const MAX: Self = Self::new(u32::MAX);
}

/// Which way a product is rounded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rounding {
    /// Towards minus infinity.
    Down,
    /// Towards plus infinity.
    Up,
}

/// `a · b / 2^32`, rounded as asked; `None` if the result does not fit 63 bits.
pub fn mul_fraction(a: u64, b: u64, rounding: Rounding) -> Option<u64> {
    let product = a as u128 * b as u128;
    let floor = product >> FRACTION_BITS;
    let remainder = product & (ONE as u128 - 1);
    let value = match rounding {
        Rounding::Up if remainder != 0 => floor + 1,
        _ => floor,
    };
    u64::try_from(value)
        .ok()
        .filter(|v| *v < 1 << crate::shape::AMOUNT_BITS)
}

/// A price from a decimal string with at most nine fractional digits, rounded to the nearest 32.32
/// value.
pub fn price_from_decimal(text: &str) -> Option<Price> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let digits = |s: &str| s.bytes().all(|b| b.is_ascii_digit());
    if whole.is_empty()
        || whole.len() > 10
        || fraction.len() > 9
        || !digits(whole)
        || !digits(fraction)
    {
        return None;
    }
    let scale = 10u128.pow(fraction.len() as u32);
    let numerator = whole.parse::<u128>().ok()? * scale
        + if fraction.is_empty() {
            0
        } else {
            fraction.parse::<u128>().ok()?
        };
    u64::try_from(((numerator << FRACTION_BITS) + scale / 2) / scale).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn products_round_the_way_they_are_told() {
        assert_eq!(mul_fraction(3, ONE / 2, Rounding::Down), Some(1));
        assert_eq!(mul_fraction(3, ONE / 2, Rounding::Up), Some(2));
        assert_eq!(mul_fraction(4, ONE / 2, Rounding::Up), Some(2));
        assert_eq!(mul_fraction(u64::MAX, u64::MAX, Rounding::Down), None);
    }

    #[test]
    fn decimal_prices_are_exact_or_refused() {
        assert_eq!(price_from_decimal("1.5"), Some(ONE + ONE / 2));
        assert_eq!(price_from_decimal("4294967296"), None);
        for bad in ["", ".5", "-1", "1e3", "1.0000000001", "1.2.3"] {
            assert_eq!(price_from_decimal(bad), None, "{bad}");
        }
    }
}
