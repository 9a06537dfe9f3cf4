//! The reason that a policy is refused.

use codec::{Decode, DecodeWithMemTracking, Encode};
use scale_info::TypeInfo;

/// The reason that a policy is refused. Each variant names the field and its limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[derive(Encode, Decode, DecodeWithMemTracking, TypeInfo, thiserror::Error)]
pub enum PolicyError {
    /// A list has the wrong length.
    #[error("{0:?}: wrong number of entries for the market")]
    Length(PolicyField),
    /// A value is out of its bounds.
    #[error("{0:?}: out of bounds")]
    Bounds(PolicyField),
    /// Initial margin is below maintenance margin.
    #[error("initial margin must not be below maintenance margin")]
    InitialBelowMaintenance,
}

/// The field a [`PolicyError`] is about.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    Encode,
    Decode,
    DecodeWithMemTracking,
    TypeInfo
)]
pub enum PolicyField {
    /// `underlyings`, one per underlying.
    Underlyings,
    /// `scenarios`: S of them, at least one price up and one down. A price shock is within -90 %
    /// and +500 %, a volatility shock within -100 % and +500 %, a weight above 0 and at most 1; and
    /// weight times price shock is within ±90 %.
    Scenarios,
    /// `scaling`: powers at most 1, the floor an hour to 30 days.
    Scaling,
    /// `maintenance_factor`, `initial_factor`: 1 to 15.
    Factors,
    /// `charges`: at most 50 % of the mark.
    Charges,
    /// `haircuts`: K of them, at most 100 %, none on asset 0.
    Haircuts,
    /// `pegs`: K of them, none on asset 0; prices above 0 and below 2^95, slopes at most 16.
    Pegs,
    /// `fee_rate`: at most 1 %.
    FeeRate,
    /// `position_limit`: 1 to 2^48 - 1 lots.
    PositionLimit,
    /// `open_interest_cap`: 1 to 2^59 lots.
    OpenInterestCap,
    /// `jump_limit`: 0.1 % to 50 %.
    JumpLimit,
    /// `protocol_share`: at most one half.
    ProtocolShare,
    /// `price_band`: 0.1 % to 50 %.
    PriceBand,
    /// `option_band`: 0.1 % to 50 %.
    OptionBand,
    /// `funding_cap`: at most 10 %.
    FundingCap,
    /// `funding_interval`: an hour to a week.
    FundingInterval,
    /// `liquidation_rate`: at most 10 %.
    LiquidationRate,
}
