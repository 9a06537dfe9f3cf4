//! European options on a forward, by Black's formula: F. Black, "The pricing of commodity
//! contracts", Journal of Financial Economics 3 (1976).
//!
//! With total deviation `s = σ√T` and `a = |ln(F/K)|`, the option that is out of the money is worth
//! `discount · min(F, K) · B(a, s)`, where
//!
//! ```text
//! B(a, s) = N(h₁) − e^a N(h₂),    h₁ = s/2 − a/s,   h₂ = −s/2 − a/s
//! ```
//!
//! is the same for calls and puts (exchange F and K). Since `e^a n(h₂) = n(h₁)`, it needs no
//! product with `e^a`, and so loses no precision however far apart F and K are: with Mills' ratio
//! `M(z) = N(−z)/n(z)`,
//!
//! ```text
//! B = n(h₁)·(M(−h₁) − M(−h₂))          for h₁ ≤ 0
//! B = 1 − n(h₁)·(M(h₁) + M(−h₂))       for h₁ > 0
//! ```
//!
//! (P. Jäckel, "Let's be rational", Wilmott 2015, uses the same normalisation with the scaled
//! complementary error function.) The option that is in the money follows by parity, so that parity
//! holds exactly.

use super::error::{OptionError, OptionField};
use super::limits::{MAX_TIME_MS, MAX_VOLATILITY, YEAR_MS};
use super::math::{
    ARGUMENT_BITS, CERTAIN, LOG_BITS, PROBABILITY_BITS, TAIL, ln_ratio, mills_ratio, mul_shift,
    normal_pdf, normalised_sqrt,
};
use crate::{
    fixed::{FRACTION_BITS, INDEX_PRICE_BITS, IndexPrice, ONE},
    time::Millis,
};
use codec::{Decode, DecodeWithMemTracking, Encode};
use scale_info::TypeInfo;
use serde::{Deserialize, Serialize};

/// Fraction bits of a time in years; the longest, 10 years, has 92 bits.
const YEARS_BITS: u32 = 88;
/// Total deviations from 32 on: the option out of the money is worth its upper bound, to the last
/// bit. (Prices have 95 bits, so a <= 66, and h₁ >= 16 - 66/32 lies beyond the tail.)
const MAX_DEVIATION: u64 = 32 << ARGUMENT_BITS;

/// The right to buy or to sell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[derive(
    Encode,
    Decode,
    DecodeWithMemTracking,
    TypeInfo,
    codec::MaxEncodedLen,
    Serialize,
    Deserialize
)]
#[serde(rename_all = "lowercase")]
pub enum OptionKind {
    /// Pays max(F − K, 0) at expiry.
    Call,
    /// Pays max(K − F, 0) at expiry.
    Put,
}

/// A European option on a forward, and the state of its market.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct European {
    /// Call or put.
    pub kind: OptionKind,
    /// Forward price of the underlying at expiry; positive, below 2^95, 32 fraction bits.
    pub forward: IndexPrice,
    /// Strike; positive, below 2^95, 32 fraction bits.
    pub strike: IndexPrice,
    /// Volatility per year, 32 fraction bits; at most [`MAX_VOLATILITY`].
    pub volatility: u64,
    /// Time to expiry in milliseconds; at most [`MAX_TIME_MS`].
    pub time_ms: Millis,
    /// Discount factor to expiry, 32 fraction bits; positive, at most 1.
    pub discount: u64,
}

/// √T of a time in years as `root / 2^bits`, with a 64-bit root; relative error below 2^-62. The
/// costliest step of a price on a chain's virtual machine, and the same for all scenarios of an
/// option.
#[derive(Clone, Copy)]
pub(super) struct RootOfTime {
    /// The normalised root.
    pub root: u64,
    /// Its scale.
    pub bits: u32,
}

impl RootOfTime {
    /// Of a time in milliseconds; one beyond [`MAX_TIME_MS`], whose root means nothing, is refused
    /// where the root is used.
    pub fn of(time_ms: Millis) -> Self {
        let years = (u128::from(time_ms.get()) << YEARS_BITS) / u128::from(YEAR_MS.get());
        let (root, half) = normalised_sqrt(years);
        Self {
            root,
            bits: half + YEARS_BITS / 2,
        }
    }
}

/// The formula's intermediate values, shared by price and greeks.
pub(super) struct Terms {
    /// `s = σ√T`, [`ARGUMENT_BITS`].
    pub deviation: u64,
    /// √T in years.
    pub root: RootOfTime,
    /// `h₁ = s/2 − a/s`, [`ARGUMENT_BITS`]; beyond ∓[`TAIL`] only its sign means anything.
    pub inner: i64,
    /// `−h₂ = s/2 + a/s`, likewise.
    pub outer: u64,
}

impl European {
    /// The option's value today, 32 fraction bits.
    ///
    /// Error at most 1 unit of 2^-32 plus 2^-58 of the lesser of forward and strike, for all inputs
    /// in range. Rounding: the value out of the money is rounded down, and so is the discounted
    /// difference of forward and strike that is added for an option in the money. Hence exactly:
    /// discounted intrinsic value (rounded down) <= price <= discounted forward (call) or strike
    /// (put), and call − put = ±⌊discount·|F − K|⌋. With no time or no volatility left the price is
    /// the discounted intrinsic value.
    pub fn price(&self) -> Result<IndexPrice, OptionError> {
        self.price_given(RootOfTime::of(self.time_ms))
    }

    /// The same, the root of its time being known.
    pub(super) fn price_given(&self, root: RootOfTime) -> Result<IndexPrice, OptionError> {
        Ok(self.price_at(&self.terms(root)?))
    }

    /// The price, its formula's terms being known; `self` is in range, since its terms exist.
    pub(super) fn price_at(&self, terms: &Terms) -> IndexPrice {
        let share = (terms.time_value() as u128 * self.discount as u128) >> FRACTION_BITS;
        let lesser = self.forward.min(self.strike);
        // Neither product overflows: prices are below 2^95, the share at most 2^62 and the discount
        // at most 2^32.
        let outside = mul_shift(lesser, share as u64, PROBABILITY_BITS).unwrap_or(lesser);
        let gain = match self.kind {
            OptionKind::Call => self.forward.saturating_sub(self.strike),
            OptionKind::Put => self.strike.saturating_sub(self.forward),
        };
        outside + ((gain * self.discount as u128) >> FRACTION_BITS)
    }

    /// Checks every input, then computes the formula's terms; `root` is of the option's time.
    pub(super) fn terms(&self, root: RootOfTime) -> Result<Terms, OptionError> {
        let price = |p: IndexPrice| p > 0 && p < 1 << INDEX_PRICE_BITS;
        let checks = [
            (price(self.forward), OptionField::Forward),
            (price(self.strike), OptionField::Strike),
            (self.volatility <= MAX_VOLATILITY, OptionField::Volatility),
            (self.time_ms <= MAX_TIME_MS, OptionField::Time),
            (
                self.discount > 0 && self.discount <= ONE,
                OptionField::Discount,
            ),
        ];
        if let Some((_, field)) = checks.into_iter().find(|(ok, _)| !ok) {
            return Err(OptionError::Bounds(field));
        }
        // Volatility has 39 bits and the root 64.
        let product = self.volatility as u128 * root.root as u128;
        let deviation = product >> (FRACTION_BITS + root.bits - ARGUMENT_BITS);
        let deviation = u64::try_from(deviation).unwrap_or(u64::MAX);
        let distance = ln_ratio(self.forward, self.strike)
            .unwrap_or(0)
            .unsigned_abs();
        let (inner, outer) = arguments(distance, deviation);
        Ok(Terms {
            deviation,
            root,
            inner,
            outer,
        })
    }
}

impl Terms {
    /// `B(a, s)`, [`PROBABILITY_BITS`]; error at most 2^-59.
    fn time_value(&self) -> u64 {
        let tail = self.inner.unsigned_abs();
        if self.deviation == 0 || tail >= TAIL {
            return if self.inner > 0 { CERTAIN } else { 0 };
        }
        let density = normal_pdf(tail) as u128;
        let (near, far) = (mills_ratio(tail), mills_ratio(self.outer));
        if self.inner <= 0 {
            // The ratio falls, so this is negative by a last bit at most.
            ((density * near.saturating_sub(far) as u128) >> LOG_BITS) as u64
        } else {
            // Two ratios are below 2.51, which fits 64 bits with 62 fraction bits.
            let tails = (density * (near + far) as u128) >> LOG_BITS;
            CERTAIN.saturating_sub(tails as u64)
        }
    }
}

/// `h₁` and `−h₂` from `a` ([`LOG_BITS`], below 2^71) and `s` ([`ARGUMENT_BITS`]).
///
/// Both come from the same rounded `a/s` and `s/2`, which amounts to the exact formula at an `a`
/// and `s` that differ by less than 2^-58; the price's slope in either is at most 1.
fn arguments(distance: u128, deviation: u64) -> (i64, u64) {
    if deviation == 0 {
        return match distance {
            0 => (0, 0),
            _ => (-(TAIL as i64), TAIL),
        };
    }
    if deviation >= MAX_DEVIATION {
        return (TAIL as i64, TAIL);
    }
    let half = deviation / 2;
    let quotient = (distance << (2 * ARGUMENT_BITS - LOG_BITS)) / deviation as u128;
    if quotient >= (half + TAIL) as u128 {
        return (-(TAIL as i64), TAIL);
    }
    // half < 16 and quotient < 25.5, so the outer argument is below 41.5, which fits 64 bits; the
    // inner lies within
    // -9.5 and 16, which fits 63.
    let quotient = quotient as u64;
    (half as i64 - quotient as i64, half + quotient)
}

#[cfg(test)]
mod tests;
