//! Scalars that governance sets directly, without delays and cross checks.
//!
//! Each value is clamped to hard bounds where it is read, so that no value stops the chain or opens
//! the oracle to everybody.

use crate::{
    Balance, Runtime, RuntimeEvent, RuntimeOrigin,
    constants::{market, money},
    governance::EnsureMarkets,
};
use clearproof_primitives::{
    fixed::{ONE, Rate},
    time::Millis,
};
use frame_support::{
    dynamic_params::{dynamic_pallet_params, dynamic_params},
    traits::{EnsureOrigin, EnsureOriginWithArg, Get},
};

/// The parameters by group, each with its default.
#[dynamic_params(RuntimeParameters, pallet_parameters::Parameters::<Runtime>)]
pub mod dynamic {
    use super::*;

    /// The rules by which the oracle's values count.
    #[dynamic_pallet_params]
    #[codec(index = 0)]
    pub mod oracle {
        use super::*;

        /// Fresh values of members that a new value of a feed requires.
        #[codec(index = 0)]
        pub static MinimumFeeds: u32 = 2;
        /// Time for which a member's value counts, milliseconds.
        #[codec(index = 1)]
        pub static FeedExpiresIn: Millis = Millis::new(120_000);
        /// Largest age of an acceptable value, milliseconds.
        #[codec(index = 2)]
        pub static MaxPriceAge: Millis = market::MAX_PRICE_AGE;
        /// Largest distance of an acceptable price from the last accepted one, as a fraction of
        /// 2^32.
        #[codec(index = 3)]
        pub static MaxDeviation: Rate = market::MAX_DEVIATION;
        /// Largest distance of an acceptable volatility at the forward from the last accepted one,
        /// as a fraction of 2^32.
        #[codec(index = 4)]
        pub static MaxVolatilityStep: Rate = market::MAX_VOLATILITY_STEP;
        /// Time within which a feed's average follows the accepted price, milliseconds.
        #[codec(index = 5)]
        pub static AverageWindow: Millis = market::AVERAGE_WINDOW;
        /// Largest distance of an acceptable price from that average, as a fraction of 2^32.
        #[codec(index = 6)]
        pub static MaxAverageDeviation: Rate = market::MAX_AVERAGE_DEVIATION;
    }

    /// The requirements for founding a venue.
    #[dynamic_pallet_params]
    #[codec(index = 1)]
    pub mod venues {
        use super::*;

        /// Held from the owner until the venue is closed.
        #[codec(index = 0)]
        pub static VenueDeposit: Balance = 100 * money::CLR;
    }
}

/// Reads a parameter within its hard bounds.
macro_rules! bounded {
    ($(#[$doc:meta] $name:ident: $type:ty = $parameter:path, $low:expr, $high:expr;)*) => { $(
        #[$doc]
        pub struct $name;

        impl Get<$type> for $name {
            fn get() -> $type {
                <$parameter as Get<$type>>::get().clamp($low, $high)
            }
        }
    )* };
}

bounded! {
    /// 2 to 16 members.
    MinimumFeeds: u32 = dynamic::oracle::MinimumFeeds, 2, 16;
    /// Half a minute to ten minutes.
    FeedExpiresIn: Millis = dynamic::oracle::FeedExpiresIn, Millis::new(30_000), Millis::new(600_000);
    /// Half a minute to ten minutes.
    MaxPriceAge: Millis = dynamic::oracle::MaxPriceAge, Millis::new(30_000), Millis::new(600_000);
    /// 1 % to a half.
    MaxDeviation: Rate = dynamic::oracle::MaxDeviation, Rate::new((ONE / 100) as u32), Rate::new((ONE / 2) as u32);
    /// 5 % to a half.
    MaxVolatilityStep: Rate =
        dynamic::oracle::MaxVolatilityStep, Rate::new((ONE / 20) as u32), Rate::new((ONE / 2) as u32);
    /// A minute to a day.
    AverageWindow: Millis = dynamic::oracle::AverageWindow, Millis::new(60_000), Millis::new(86_400_000);
    /// [`MaxDeviation`] to 100 %: a price that held for long can move by that.
    MaxAverageDeviation: Rate =
        dynamic::oracle::MaxAverageDeviation, MaxDeviation::get(), Rate::MAX;
    /// 1 to 100,000 CLR.
    VenueDeposit: Balance = dynamic::venues::VenueDeposit, money::CLR, 100_000 * money::CLR;
}

/// Root or a referendum on markets, for every parameter.
pub struct EnsureParameters;

impl EnsureOriginWithArg<RuntimeOrigin, RuntimeParametersKey> for EnsureParameters {
    type Success = ();

    fn try_origin(origin: RuntimeOrigin, _: &RuntimeParametersKey) -> Result<(), RuntimeOrigin> {
        EnsureMarkets::try_origin(origin)
    }

    #[cfg(feature = "runtime-benchmarks")]
    fn try_successful_origin(_: &RuntimeParametersKey) -> Result<RuntimeOrigin, ()> {
        EnsureMarkets::try_successful_origin()
    }
}

impl pallet_parameters::Config for Runtime {
    type RuntimeEvent = RuntimeEvent;
    type RuntimeParameters = RuntimeParameters;
    type AdminOrigin = EnsureParameters;
    // The pallet does not export its weights, except for these.
    type WeightInfo = ();
}

/// The parameter that the pallet's benchmark sets.
#[cfg(feature = "runtime-benchmarks")]
impl Default for RuntimeParameters {
    fn default() -> Self {
        Self::Oracle(dynamic::oracle::Parameters::MinimumFeeds(
            dynamic::oracle::MinimumFeeds,
            Some(2),
        ))
    }
}
