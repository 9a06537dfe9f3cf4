//! The reason that an SVI curve is refused.

use codec::{Decode, DecodeWithMemTracking, Encode};
use core::fmt;
use scale_info::TypeInfo;

/// Fraction bits of a curve's parameters: total variances of an hour need more than 32. All
/// parameters in bounds are below 2^53, so that every JSON reader keeps them exact.
pub const SVI_BITS: u32 = 48;

/// A log-moneyness `ln(K/F)` with [`SVI_BITS`] fraction bits; shown as a decimal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[derive(Encode, Decode, DecodeWithMemTracking, codec::MaxEncodedLen, TypeInfo)]
pub struct LogMoneyness(pub i64);

impl fmt::Display for LogMoneyness {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let thousandths = (self.0.unsigned_abs() as u128 * 1_000) >> SVI_BITS;
        let sign = if self.0 < 0 { "-" } else { "" };
        write!(
            f,
            "{sign}{}.{:03}",
            thousandths / 1_000,
            thousandths % 1_000
        )
    }
}

/// The reason that an SVI curve is refused or has no volatility. Each variant names the field and
/// its limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[derive(
    Encode,
    Decode,
    DecodeWithMemTracking,
    codec::MaxEncodedLen,
    TypeInfo,
    thiserror::Error
)]
pub enum SviError {
    /// A value is out of its bounds.
    #[error("{0}")]
    Bounds(SviField),
    /// The wings are too steep.
    #[error("b, rho: b (1 + |rho|) must be below 2")]
    Wings,
    /// Total variance is too small at the vertex.
    #[error("a: the least total variance, a + b sigma sqrt(1 - rho^2), must be at least 2^-32")]
    Variance,
    /// A butterfly spread would have a negative price: the density is negative.
    #[error("butterfly arbitrage: g(k) must not be negative, but is at log-moneyness {0}")]
    Butterfly(LogMoneyness),
    /// A calendar spread would have a negative price: total variance falls from one expiry to the
    /// next.
    #[error("calendar arbitrage: less total variance than the earlier expiry at log-moneyness {0}")]
    Calendar(LogMoneyness),
}

/// The field an [`SviError`] is about; its text states the limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[derive(
    Encode,
    Decode,
    DecodeWithMemTracking,
    codec::MaxEncodedLen,
    TypeInfo,
    thiserror::Error
)]
pub enum SviField {
    /// `a`.
    #[error("a: must lie within -16 and 16")]
    A,
    /// `b`.
    #[error("b: must be at most 2")]
    B,
    /// `rho`.
    #[error("rho: must lie within -0.999 and 0.999")]
    Rho,
    /// `m`.
    #[error("m: must lie within -4 and 4")]
    M,
    /// `sigma`.
    #[error("sigma: must lie within 2^-10 and 8")]
    Sigma,
    /// Log-moneyness of a strike.
    #[error("ln(strike/forward): must lie within -8 and 8")]
    LogMoneyness,
    /// Time to expiry of the curve.
    #[error("time to expiry: must be positive and at most 3,650 days (milliseconds)")]
    Time,
    /// Volatility at a strike.
    #[error("volatility: must be at most 6,400 %")]
    Volatility,
}
