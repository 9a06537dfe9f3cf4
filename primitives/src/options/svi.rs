//! The volatility smile of one expiry as a raw SVI curve: J. Gatheral and A. Jacquier,
//! "Arbitrage-free SVI volatility surfaces" (Quantitative Finance 14, 2014), section 3. Total
//! implied variance at log-moneyness `k = ln(K/F)` is
//!
//! ```text
//! w(k) = a + b (ρ (k − m) + √((k − m)² + σ²))
//! ```
//!
//! The conditions on a curve before options are marked with it are in [`arbitrage`].

pub mod arbitrage;
mod error;

pub use error::{LogMoneyness, SVI_BITS, SviError, SviField};

use super::limits::{MAX_TIME_MS, MAX_VOLATILITY, YEAR_MS};
use super::math::{LOG_BITS, ln_ratio};
use crate::{fixed::IndexPrice, time::Millis};
use codec::{Decode, DecodeWithMemTracking, Encode};
use scale_info::TypeInfo;
use serde::{Deserialize, Serialize};

/// Fraction bits of log-moneyness and total variance while computing.
pub(super) const WORK_BITS: u32 = 56;
/// One, as a parameter.
pub const SVI_ONE: i64 = 1 << SVI_BITS;
/// Options further from the forward than `e^±8` have no volatility.
pub const MAX_LOG_MONEYNESS: i64 = 8 * SVI_ONE;
/// Largest magnitude of `a`.
pub const MAX_LEVEL: i64 = 16 * SVI_ONE;
/// Largest `b`: the wing condition of [`arbitrage`] for ρ = 0.
pub const MAX_SLOPE: u64 = 2 * SVI_ONE as u64;
/// Largest magnitude of `ρ`: 0.999.
pub const MAX_CORRELATION: i64 = SVI_ONE / 1_000 * 999;
/// Largest magnitude of `m`.
pub const MAX_SHIFT: i64 = 4 * SVI_ONE;
/// Least `σ`: 2^-10.
pub const MIN_CURVATURE: u64 = SVI_ONE as u64 >> 10;
/// Largest `σ`.
pub const MAX_CURVATURE: u64 = 8 * SVI_ONE as u64;

/// A raw SVI curve; all parameters have [`SVI_BITS`] fraction bits. Usable once [`SviCurve::check`]
/// accepts it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[derive(
    Encode,
    Decode,
    DecodeWithMemTracking,
    TypeInfo,
    codec::MaxEncodedLen,
    Serialize,
    Deserialize
)]
pub struct SviCurve {
    /// Level of total variance.
    pub a: i64,
    /// Slope of the wings.
    pub b: u64,
    /// Rotation: the wings' slopes are `b(ρ − 1)` and `b(ρ + 1)`.
    pub rho: i64,
    /// Translation along `k`.
    pub m: i64,
    /// Smoothness at the vertex.
    pub sigma: u64,
}

/// A curve's value and slopes at one point, [`WORK_BITS`].
#[derive(Clone, Copy, Debug)]
pub(super) struct Local {
    /// `w`.
    pub variance: i128,
    /// `w'`.
    pub slope: i128,
    /// `w''`.
    pub curvature: i128,
}

impl SviCurve {
    /// Each parameter within its bounds: the cheap part of [`Self::check`], which says nothing of
    /// arbitrage.
    pub fn check_bounds(&self) -> Result<(), SviError> {
        let within = |x: i64, limit: i64| x.unsigned_abs() <= limit as u64;
        let checks = [
            (within(self.a, MAX_LEVEL), SviField::A),
            (self.b <= MAX_SLOPE, SviField::B),
            (within(self.rho, MAX_CORRELATION), SviField::Rho),
            (within(self.m, MAX_SHIFT), SviField::M),
            (
                (MIN_CURVATURE..=MAX_CURVATURE).contains(&self.sigma),
                SviField::Sigma,
            ),
        ];
        match checks.into_iter().find(|(ok, _)| !ok) {
            Some((_, field)) => Err(SviError::Bounds(field)),
            None => Ok(()),
        }
    }

    /// `k − m` and `√((k − m)² + σ²)`, [`WORK_BITS`], of a curve in bounds and `|k| <= 8`: below
    /// 2^60 and 2^60.
    fn arms(&self, k: i128) -> (i128, i128) {
        let x = k - work(self.m);
        let sigma = work(self.sigma as i64);
        (x, (x * x + sigma * sigma).isqrt())
    }

    /// `w(k)`, [`WORK_BITS`], of a curve in bounds and `|k| <= 8`; below 2^63, error at most 2^-53.
    pub(super) fn variance(&self, k: i128) -> i128 {
        self.variance_given(self.arms(k))
    }

    fn variance_given(&self, (x, root): (i128, i128)) -> i128 {
        // Neither negative, since the root exceeds |ρx|, nor above 2^61; `b` has 50 bits.
        let arm = root + ((self.rho as i128 * x) >> SVI_BITS);
        work(self.a) + ((self.b as i128 * arm) >> SVI_BITS)
    }

    /// `w`, `w'` and `w''` at `k`, as [`Self::variance`]. Slopes are below 4 and the curvature,
    /// `b/σ` at most, below 2^11; their errors are at most 2^-46.
    ///
    /// One root and one division, which cost a chain's virtual machine more than all else here:
    /// with `r = √(x² + σ²)`, `w' = b(ρ + x/r)` and `w'' = b (σ/r)² / r`.
    pub(super) fn local(&self, k: i128) -> Local {
        /// Fraction bits of `1/r`, which is below 2^10.
        const INVERSE_BITS: u32 = 64;
        let (x, root) = self.arms(k);
        let b = self.b as i128;
        // The root is at least `σ`, 2^46.
        let inverse = (1i128 << (WORK_BITS + INVERSE_BITS)) / root;
        // |x| and σ are at most the root, so that the products are at most 2^120.
        let sine = (x * inverse) >> (WORK_BITS + INVERSE_BITS - SVI_BITS);
        let cosine = (work(self.sigma as i64) * inverse) >> INVERSE_BITS;
        // `b` has 50 bits and the square 57; then 59 bits, and 64 of the inverse.
        let square = (cosine * cosine) >> WORK_BITS;
        let bend = (b * square) >> SVI_BITS;
        Local {
            variance: self.variance_given((x, root)),
            slope: (b * (self.rho as i128 + sine)) >> (2 * SVI_BITS - WORK_BITS),
            curvature: (bend * (inverse >> 10)) >> (INVERSE_BITS - 10),
        }
    }

    /// Volatility per year at `strike`, `√(w(ln(strike/forward)) / T)`, 32 fraction bits, rounded
    /// down; relative error 2^-20 for the least total variance, 2^-32, and proportionally less
    /// above.
    ///
    /// `time_ms` is the time to expiry at the moment that the curve was fitted for: total variance
    /// runs off with time, so a curve used later keeps its volatilities only if that time is kept
    /// with it.
    ///
    /// Errors: a curve out of bounds, a strike further than `e^±8` from the forward, a time that is
    /// 0 or above [`MAX_TIME_MS`], a variance that is not positive (of a curve that was never
    /// checked), a volatility above [`MAX_VOLATILITY`].
    pub fn volatility(
        &self,
        forward: IndexPrice,
        strike: IndexPrice,
        time_ms: Millis,
    ) -> Result<u64, SviError> {
        self.check_bounds()?;
        let k = ln_ratio(strike, forward)
            .map(|k| k >> (LOG_BITS - WORK_BITS))
            .filter(|k| k.abs() <= work(MAX_LOG_MONEYNESS))
            .ok_or(SviError::Bounds(SviField::LogMoneyness))?;
        if time_ms == Millis::ZERO || time_ms > MAX_TIME_MS {
            return Err(SviError::Bounds(SviField::Time));
        }
        let variance = u128::try_from(self.variance(k))
            .ok()
            .filter(|w| *w > 0)
            .ok_or(SviError::Variance)?;
        // 63 bits, 8 more fraction bits for a root with 32, and 35 of the year.
        let yearly =
            (variance << (64 - WORK_BITS)) * u128::from(YEAR_MS.get()) / u128::from(time_ms.get());
        u64::try_from(yearly.isqrt())
            .ok()
            .filter(|v| *v <= MAX_VOLATILITY)
            .ok_or(SviError::Bounds(SviField::Volatility))
    }
}

/// A parameter with [`WORK_BITS`] fraction bits.
pub(super) const fn work(parameter: i64) -> i128 {
    (parameter as i128) << (WORK_BITS - SVI_BITS)
}

#[cfg(test)]
mod tests;
