//! The governed risk policy, its bounds and cross-field checks.
//!
//! One [`Policy`] is in force at a time. It is replaced as a whole, so that its cross-field checks
//! always see all of it. Nothing reads it inside a batch: the market-data pallet reads it when it takes
//! a snapshot, and proofs are bound to snapshots, so a new policy takes effect with the next snapshot.
#![cfg_attr(not(feature = "std"), no_std)]
// FRAME's attribute macros expand to qualified paths.
#![allow(unused_qualifications)]
extern crate alloc;

#[cfg(feature = "runtime-benchmarks")]
mod benchmarking;
mod bounded;
#[cfg(test)]
mod mock;
#[cfg(test)]
mod tests;
pub mod weights;

pub use bounded::BoundedPolicy;
pub use pallet::*;
pub use weights::WeightInfo;

use clearproof_primitives::policy::{Policy, PolicyError, PolicyField};

/// The pallet; see the crate's documentation.
#[frame_support::pallet]
pub mod pallet {
    use super::*;
    use alloc::boxed::Box;
    use clearproof_primitives::shape::MarketShape;
    use frame_support::pallet_prelude::*;
    use frame_system::pallet_prelude::*;

    const STORAGE_VERSION: StorageVersion = StorageVersion::new(1);

    /// Configuration.
    #[pallet::config]
    pub trait Config: frame_system::Config<RuntimeEvent: From<Event<Self>>> {
        /// Who may replace the policy.
        type AdminOrigin: EnsureOrigin<Self::RuntimeOrigin>;
        /// The chain's market dimensions; the policy has one entry per underlying, scenario and asset.
        #[pallet::constant]
        type Market: Get<MarketShape>;
        /// Weights of the calls.
        type WeightInfo: WeightInfo;
    }

    /// The pallet.
    #[pallet::pallet]
    #[pallet::storage_version(STORAGE_VERSION)]
    pub struct Pallet<T>(_);

    /// The policy in force; none until genesis or the first `set_policy`.
    #[pallet::storage]
    pub type CurrentPolicy<T: Config> = StorageValue<_, BoundedPolicy<T::Market>, OptionQuery>;

    /// How often a policy was set: 1 for the first.
    #[pallet::storage]
    pub type Version<T: Config> = StorageValue<_, u32, ValueQuery>;

    /// What happened.
    #[pallet::event]
    #[pallet::generate_deposit(pub(super) fn deposit_event)]
    pub enum Event<T: Config> {
        /// A policy was set; it takes effect with the next snapshot.
        PolicySet {
            /// Its version, counting from 1.
            version: u32,
        },
    }

    /// Why a policy is refused: which field, and its limit.
    #[pallet::error]
    #[derive(PartialEq, Eq)]
    pub enum Error<T> {
        /// `underlyings`: give exactly one entry per underlying of the market.
        UnderlyingsLength,
        /// `scenarios`: give exactly one per scenario of the market, for every underlying.
        ScenariosLength,
        /// `haircuts`: give exactly one per asset of the market.
        HaircutsLength,
        /// `pegs`: give exactly one entry per asset of the market, none where the asset has no peg.
        PegsLength,
        /// `scenarios`: keep price shocks within -90 % and +500 % with at least one up and one down, volatility shocks within
        /// -100 % and +500 %, weights above 0 and at most 1, and weight times price shock within ±90 %.
        ScenariosBounds,
        /// `scaling`: keep powers at most 1 (65,536), and the floor within an hour and 30 days.
        ScalingBounds,
        /// `maintenance_factor`, `initial_factor`: keep within 1 to 15 (65,536 to 983,040).
        FactorsBounds,
        /// `charges`: keep each at most 50 % of the mark (2^31).
        ChargesBounds,
        /// `haircuts`: asset 0, the quote, must have none.
        HaircutsBounds,
        /// `pegs`: asset 0, the quote, must have none; keep prices above 0 and below 2^95, and slopes at most 16 (1,048,576).
        PegsBounds,
        /// `fee_rate`: keep at most 1 % (42,949,672 of 2^32), for perpetuals and options.
        FeeRateBounds,
        /// `position_limit`: keep within 1 and 2^48 - 1 lots, for perpetuals and options.
        PositionLimitBounds,
        /// `interest_cap`: keep within 1 and 2^59 lots, for perpetuals and options.
        InterestCapBounds,
        /// `jump_limit`: keep within 0.1 % and 50 % (4,294,967 to 2^31).
        JumpLimitBounds,
        /// `protocol_share`: keep at most one half (2^31).
        ProtocolShareBounds,
        /// `price_band`: keep within 0.1 % and 50 % (4,294,967 to 2^31).
        PriceBandBounds,
        /// `option_band`: keep within 0.1 % and 50 % (4,294,967 to 2^31).
        OptionBandBounds,
        /// `funding_cap`: at most 10 % (429,496,729).
        FundingCapBounds,
        /// `funding_interval`: keep within an hour and a week (3,600,000 to 604,800,000 ms).
        FundingIntervalBounds,
        /// `liquidation_rate`: at most 10 % (429,496,729).
        LiquidationRateBounds,
        /// Raise the initial factor or charge: it must not be below the maintenance one.
        InitialBelowMaintenance,
    }

    impl<T> From<PolicyError> for Error<T> {
        fn from(error: PolicyError) -> Self {
            use PolicyField as F;
            match error {
                PolicyError::InitialBelowMaintenance => Self::InitialBelowMaintenance,
                PolicyError::Length(F::Underlyings) | PolicyError::Bounds(F::Underlyings) => {
                    Self::UnderlyingsLength
                }
                PolicyError::Length(F::Scenarios) => Self::ScenariosLength,
                PolicyError::Length(F::Haircuts) => Self::HaircutsLength,
                PolicyError::Length(F::Pegs) => Self::PegsLength,
                PolicyError::Bounds(F::Pegs) => Self::PegsBounds,
                PolicyError::Bounds(F::Scenarios) => Self::ScenariosBounds,
                PolicyError::Length(F::Scaling) | PolicyError::Bounds(F::Scaling) => {
                    Self::ScalingBounds
                }
                PolicyError::Bounds(F::Haircuts) => Self::HaircutsBounds,
                PolicyError::Length(F::Factors) | PolicyError::Bounds(F::Factors) => {
                    Self::FactorsBounds
                }
                PolicyError::Length(F::Charges) | PolicyError::Bounds(F::Charges) => {
                    Self::ChargesBounds
                }
                PolicyError::Length(F::FeeRate) | PolicyError::Bounds(F::FeeRate) => {
                    Self::FeeRateBounds
                }
                PolicyError::Length(F::PositionLimit) | PolicyError::Bounds(F::PositionLimit) => {
                    Self::PositionLimitBounds
                }
                PolicyError::Length(F::InterestCap) | PolicyError::Bounds(F::InterestCap) => {
                    Self::InterestCapBounds
                }
                PolicyError::Length(F::JumpLimit) | PolicyError::Bounds(F::JumpLimit) => {
                    Self::JumpLimitBounds
                }
                PolicyError::Length(F::ProtocolShare) | PolicyError::Bounds(F::ProtocolShare) => {
                    Self::ProtocolShareBounds
                }
                PolicyError::Length(F::PriceBand) | PolicyError::Bounds(F::PriceBand) => {
                    Self::PriceBandBounds
                }
                PolicyError::Length(F::OptionBand) | PolicyError::Bounds(F::OptionBand) => {
                    Self::OptionBandBounds
                }
                PolicyError::Length(F::FundingCap) | PolicyError::Bounds(F::FundingCap) => {
                    Self::FundingCapBounds
                }
                PolicyError::Length(F::FundingInterval)
                | PolicyError::Bounds(F::FundingInterval) => Self::FundingIntervalBounds,
                PolicyError::Length(F::LiquidationRate)
                | PolicyError::Bounds(F::LiquidationRate) => Self::LiquidationRateBounds,
            }
        }
    }

    /// The policy that the chain starts with.
    #[pallet::genesis_config]
    #[derive(frame_support::DefaultNoBound)]
    pub struct GenesisConfig<T: Config> {
        /// The policy; none leaves the chain without snapshots until one is set.
        pub policy: Option<Policy>,
        #[doc(hidden)]
        #[serde(skip)]
        pub _config: PhantomData<T>,
    }

    #[pallet::genesis_build]
    impl<T: Config> BuildGenesisConfig for GenesisConfig<T> {
        fn build(&self) {
            if let Some(policy) = &self.policy {
                let stored = Pallet::<T>::store(policy.clone());
                assert!(
                    stored.is_ok(),
                    "genesis: riskPolicy.policy: {:?}",
                    policy.check(&T::Market::get())
                );
            }
        }
    }

    #[pallet::hooks]
    impl<T: Config> Hooks<BlockNumberFor<T>> for Pallet<T> {
        fn integrity_test() {
            let market = T::Market::get();
            assert!(
                market.underlyings > 0 && market.assets > 0,
                "Market: needs an underlying and the quote asset"
            );
            assert!(
                market.instruments > 0 && market.instruments % market.underlyings == 0,
                "Market: instruments must be a multiple of underlyings"
            );
            assert!(
                market.scenarios >= 2,
                "Market: needs at least one scenario up and one down"
            );
        }

        #[cfg(feature = "try-runtime")]
        fn try_state(_n: BlockNumberFor<T>) -> Result<(), sp_runtime::TryRuntimeError> {
            if let Some(policy) = Self::policy() {
                policy
                    .check(&T::Market::get())
                    .map_err(|_| "CurrentPolicy: out of its bounds")?;
                ensure!(
                    Version::<T>::get() > 0,
                    "Version: 0 although a policy is set"
                );
            }
            Ok(())
        }
    }

    #[pallet::call]
    impl<T: Config> Pallet<T> {
        /// Replaces the policy, from the next snapshot on.
        ///
        /// Origin: `AdminOrigin`. Refuses a policy out of its bounds, naming the field and its limit.
        #[pallet::call_index(0)]
        #[pallet::weight(T::WeightInfo::set_policy())]
        pub fn set_policy(origin: OriginFor<T>, policy: Box<Policy>) -> DispatchResult {
            T::AdminOrigin::ensure_origin(origin)?;
            let version = Self::store(*policy)?;
            Self::deposit_event(Event::PolicySet { version });
            Ok(())
        }
    }

    #[pallet::view_functions]
    impl<T: Config> Pallet<T> {
        /// The policy in force for the next snapshot.
        pub fn policy() -> Option<Policy> {
            CurrentPolicy::<T>::get().map(BoundedPolicy::into_inner)
        }

        /// Its version, counting from 1; 0 while there is none.
        pub fn version() -> u32 {
            Version::<T>::get()
        }
    }

    impl<T: Config> Pallet<T> {
        /// Checks and stores a policy; returns its version.
        fn store(policy: Policy) -> Result<u32, Error<T>> {
            CurrentPolicy::<T>::put(BoundedPolicy::<T::Market>::try_from(policy)?);
            Ok(Version::<T>::mutate(|version| {
                *version = version.saturating_add(1);
                *version
            }))
        }
    }
}
