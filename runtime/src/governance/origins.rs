//! The origins that referenda dispatch with, and the speed of governance.
// FRAME's attribute macros expand to qualified paths.
#![allow(unused_qualifications)]

pub use pallet::*;

/// Origins of governance, and the divisor of its periods.
#[frame_support::pallet]
#[allow(
    clippy::expect_used,
    clippy::uninhabited_references,
    reason = "the attributes of FRAME expand to them"
)]
pub mod pallet {
    use crate::OriginCaller;
    use alloc::vec::Vec;
    use codec::DecodeWithMemTracking;
    use frame_support::pallet_prelude::*;

    /// Configuration.
    #[pallet::config]
    pub trait Config: frame_system::Config {
        /// The origin that each track's referenda dispatch with, and the track's number, sorted by
        /// number. Clients read both here; `Referenda.Tracks` has the track's name.
        #[pallet::constant]
        type Tracks: Get<Vec<(OriginCaller, u16)>>;
    }

    /// The pallet.
    #[pallet::pallet]
    pub struct Pallet<T>(_);

    /// The powers of a track's referenda; see [`crate::governance::tracks`].
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    #[derive(Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo)]
    #[pallet::origin]
    pub enum Origin {
        /// Dispatches, as root, calls that the committee has whitelisted.
        WhitelistedCaller,
        /// Changes the risk policy within its bounds and delays, and cancels pending changes.
        RiskAdmin,
        /// Lists and delists markets, collateral and assets, names the oracle's members, pauses and
        /// resumes venues.
        MarketAdmin,
        /// Registers verifying keys.
        CircuitAdmin,
        /// Adds and removes validators.
        ValidatorAdmin,
        /// Spends the treasury.
        Treasurer,
        /// Cancels referenda, whose deposits are returned.
        ReferendumCanceller,
    }

    /// Divisor of governance's periods and the risk policy's delays. It is set at genesis, and no
    /// call changes it. It is 1 except on development chains.
    #[pallet::storage]
    pub type PeriodDivisor<T> = StorageValue<_, u32, ValueQuery, ConstU32<1>>;

    /// The speed of governance.
    #[pallet::genesis_config]
    pub struct GenesisConfig<T: Config> {
        /// See [`PeriodDivisor`]. A value of 0 counts as 1.
        pub period_divisor: u32,
        #[doc(hidden)]
        #[serde(skip)]
        pub _config: PhantomData<T>,
    }

    impl<T: Config> Default for GenesisConfig<T> {
        fn default() -> Self {
            Self {
                period_divisor: 1,
                _config: PhantomData,
            }
        }
    }

    #[pallet::genesis_build]
    impl<T: Config> BuildGenesisConfig for GenesisConfig<T> {
        fn build(&self) {
            PeriodDivisor::<T>::put(self.period_divisor.max(1));
        }
    }
}

/// Defines an origin check that only one of the [`Origin`]s passes.
macro_rules! ensure_origin {
    ($(#[$doc:meta] $name:ident: $origin:ident;)*) => { $(
        #[$doc]
        pub struct $name;

        impl<O> frame_support::traits::EnsureOrigin<O> for $name
        where
            O: From<Origin> + Clone,
            Result<Origin, O>: From<O>,
        {
            type Success = ();

            fn try_origin(origin: O) -> Result<(), O> {
                let checked: Result<Origin, O> = origin.clone().into();
                match checked {
                    Ok(Origin::$origin) => Ok(()),
                    _ => Err(origin),
                }
            }

            #[cfg(feature = "runtime-benchmarks")]
            fn try_successful_origin() -> Result<O, ()> {
                Ok(O::from(Origin::$origin))
            }
        }
    )* };
}

ensure_origin! {
    /// A referendum of the track for whitelisted calls.
    EnsureWhitelistedCaller: WhitelistedCaller;
    /// A referendum on risk parameters.
    EnsureRiskAdmin: RiskAdmin;
    /// A referendum on markets.
    EnsureMarketAdmin: MarketAdmin;
    /// A referendum on circuits.
    EnsureCircuitAdmin: CircuitAdmin;
    /// A referendum on validators.
    EnsureValidatorAdmin: ValidatorAdmin;
    /// A referendum on the treasury.
    EnsureTreasurer: Treasurer;
    /// A referendum that cancels another.
    EnsureReferendumCanceller: ReferendumCanceller;
}
