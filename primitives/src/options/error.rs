//! The reason that an option cannot be valued.

use codec::{Decode, DecodeWithMemTracking, Encode};
use scale_info::TypeInfo;

/// The reason that an option cannot be valued. Each variant names the field, and the field its
/// limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[derive(
    Encode,
    Decode,
    DecodeWithMemTracking,
    codec::MaxEncodedLen,
    TypeInfo,
    thiserror::Error
)]
pub enum OptionError {
    /// An input is out of its range.
    #[error("{0}")]
    Bounds(OptionField),
    /// A result does not fit its type.
    #[error("result too large: {0}")]
    Overflow(OptionField),
}

/// The field an [`OptionError`] is about; its text states the limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[derive(
    Encode,
    Decode,
    DecodeWithMemTracking,
    codec::MaxEncodedLen,
    TypeInfo,
    thiserror::Error
)]
pub enum OptionField {
    /// Forward price.
    #[error("forward: must be positive and below 2^95 (32 fraction bits)")]
    Forward,
    /// Strike price.
    #[error("strike: must be positive and below 2^95 (32 fraction bits)")]
    Strike,
    /// Volatility per year.
    #[error("volatility: must be at most 6,400 % (64, 32 fraction bits)")]
    Volatility,
    /// Time to expiry.
    #[error("time to expiry: must be at most 3,650 days (milliseconds)")]
    Time,
    /// Discount factor.
    #[error("discount: must be positive and at most 1 (32 fraction bits)")]
    Discount,
    /// Gamma.
    #[error("gamma: must be below 2^63 (64 fraction bits)")]
    Gamma,
    /// Theta.
    #[error("theta: the discount must stand for a rate below 2^24 per year")]
    Theta,
    /// A scenario's move of the forward.
    #[error("price_shock: must lie within -90 % and +500 % (fractions of 2^16)")]
    PriceShock,
    /// A scenario's move of the volatility at 30 days to expiry.
    #[error("volatility_shock: must lie within -100 % and +500 % (fractions of 2^16)")]
    VolatilityShock,
    /// The share of a scenario's value change that counts.
    #[error("weight: must be positive and at most 1 (fractions of 2^16)")]
    Weight,
    /// `short_power`, `long_power`.
    #[error("powers: must be at most 1 (fractions of 2^16)")]
    Power,
    /// The floor on the time that scales a volatility shock.
    #[error("floor_ms: must be an hour to 30 days (milliseconds)")]
    Floor,
    /// The value of a lot.
    #[error("mark: must be positive and below 2^62 (32.32 quote units per lot)")]
    Mark,
    /// The value change of a lot.
    #[error("scenario_values: magnitudes must be below 2^62 (32.32 quote units per lot)")]
    Delta,
}
