//! Sensitivities of a European option on a forward (J. Hull, "Options, Futures, and Other
//! Derivatives", the chapters on the greek letters and on futures options).

use super::black76::{European, OptionKind, RootOfTime, Terms};
use super::error::{OptionError, OptionField};
use super::limits::YEAR_MS;
use super::math::{
    ARGUMENT_BITS, LOG_BITS, PROBABILITY_BITS, ln_ratio, mul_shift, normal_cdf, normal_pdf,
};
use crate::{
    fixed::{FRACTION_BITS, ONE},
    time::Millis,
};

/// Fraction bits of a rate per year inside this file.
const RATE_BITS: u32 = 40;

/// Sensitivities, each rounded down. With no time or no volatility left they are the limits away
/// from the strike; at the strike delta is half the discount and gamma 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Greeks {
    /// Change of value per unit of the forward: `discount·N(d₁)` for a call, less the discount for
    /// a put; 32 fraction bits, error at most 2 units where `s` is above 10^-6.
    pub delta: i64,
    /// Change of delta per unit of the forward: `discount·n(d₁)/(F·s)`; 64 fraction bits, relative
    /// error at most 2^-40 where it has that many bits and `s` is above 10^-6.
    pub gamma: u128,
    /// Change of value per 100 % of volatility: `F·discount·n(d₁)·√T`; 32 fraction bits, error at
    /// most 1 unit plus F·(2^-58 + 2^-60/σ).
    pub vega: u128,
    /// Change of value per year that passes at an unchanged forward and rate:
    /// `−F·discount·n(d₁)·σ/(2√T) + r·value` with `r = −ln(discount)/T`; 32 fraction bits, error at
    /// most 3 + 2r units plus 2^-38 (F + value); 0 at expiry. Divide by 365 for a day.
    pub theta: i128,
}

impl European {
    /// All sensitivities at once.
    ///
    /// Errors: an input out of range; gamma not below 2^63; a discount that stands for a rate of
    /// 2^24 per year or more.
    pub fn greeks(&self) -> Result<Greeks, OptionError> {
        let terms = self.terms(RootOfTime::of(self.time_ms))?;
        // d₁ is h₁ for a forward below the strike and −h₂ above it, which may leave the signed
        // range far in the tail.
        let d1 = if self.forward > self.strike {
            i64::try_from(terms.outer).unwrap_or(i64::MAX)
        } else {
            terms.inner
        };
        let probability = normal_cdf(d1) as u128;
        let call = ((probability * self.discount as u128) >> PROBABILITY_BITS) as i64;
        // Below 2^95: the discount has 33 bits and the density 63, being at most 0.4.
        let density = self.discount as u128 * normal_pdf(d1.unsigned_abs()) as u128;
        Ok(Greeks {
            delta: match self.kind {
                OptionKind::Call => call,
                OptionKind::Put => call - self.discount as i64,
            },
            gamma: self.gamma(&terms, density)?,
            vega: self.vega(&terms, density)?,
            theta: self.theta(&terms, density)?,
        })
    }

    /// `density` is `discount·n(d₁)` with 96 fraction bits, here and below.
    fn gamma(&self, terms: &Terms, density: u128) -> Result<u128, OptionError> {
        if terms.deviation == 0 {
            return Ok(0);
        }
        let slope = (density << (LOG_BITS + ARGUMENT_BITS - 96)) / terms.deviation as u128;
        slope
            .checked_mul(ONE as u128)
            .map(|scaled| scaled / self.forward)
            .filter(|gamma| *gamma < 1 << 127)
            .ok_or(OptionError::Overflow(OptionField::Gamma))
    }

    fn vega(&self, terms: &Terms, density: u128) -> Result<u128, OptionError> {
        // √T is below 4: with 60 fraction bits it fits 62, and the product with the density's 62
        // bits fits 124.
        let root = root_of_time(terms) as u128;
        let share = ((density >> 34) * root) >> 60;
        mul_shift(self.forward, share as u64, 62).ok_or(OptionError::Overflow(OptionField::Forward))
    }

    fn theta(&self, terms: &Terms, density: u128) -> Result<i128, OptionError> {
        if self.time_ms == Millis::ZERO {
            return Ok(0);
        }
        let overflow = OptionError::Overflow(OptionField::Theta);
        // n(d₁)·discount has 61 bits with 62 fraction bits, volatility 39 with 32, the root 64 with
        // its own scale; the quotient, at most 0.2 · 64 · 178,000, has 22 bits before the point.
        let product = (density >> 34) * self.volatility as u128;
        let decay = (product << 27) / (2 * terms.root.root as u128);
        let scale = 62 + FRACTION_BITS + 27 - terms.root.bits;
        let decay = shift(decay, scale, RATE_BITS).ok_or(overflow)?;
        let decay = mul_shift(self.forward, decay, RATE_BITS).ok_or(overflow)?;
        let logarithm = ln_ratio(ONE as u128, self.discount as u128).unwrap_or(0) as u128;
        let rate = logarithm * u128::from(YEAR_MS.get()) / u128::from(self.time_ms.get());
        let rate = shift(rate, LOG_BITS, RATE_BITS).ok_or(overflow)?;
        let carry = mul_shift(self.price_at(terms), rate, RATE_BITS).ok_or(overflow)?;
        let signed = |x: u128| i128::try_from(x).map_err(|_| overflow);
        // Decay counts against the holder: rounded up before its sign turns.
        Ok(signed(carry)? - signed(decay)? - i128::from(decay != 0))
    }
}

/// √T in years with 60 fraction bits, below 2^62: times are at most ten years, so that a root other
/// than 0 has at least 62.
fn root_of_time(terms: &Terms) -> u64 {
    terms.root.root >> terms.root.bits.saturating_sub(60)
}

/// `x` with `from` fraction bits as 64 bits with `to` of them, rounded down.
fn shift(x: u128, from: u32, to: u32) -> Option<u64> {
    u64::try_from(x >> from.checked_sub(to)?).ok()
}
