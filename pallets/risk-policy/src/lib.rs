//! The governed risk policy, its bounds and cross-field checks.
//!
//! One [`Policy`] is in force at a time. Governance changes it parameter by parameter, by lists of
//! [`PolicyChange`](clearproof_primitives::policy::PolicyChange)s:
//!
//! - A list is judged as a whole: hard bounds, the largest step of each parameter, and rules
//!   between parameters.
//! - It waits for a short delay if it is sure to tighten, and for a long one if not. Meanwhile it
//!   is public and can be cancelled.
//! - It is judged again when it is due. Lists that wait together take a parameter no further than
//!   one step.
//! - An emergency may only tighten, and not twice within an interval; otherwise the largest step
//!   would bound nothing.
//! - Root replaces the policy as a whole.
//!
//! Nothing changes inside a batch. When the market-data pallet takes a snapshot, it calls
//! [`Pallet::advance`] and reads the policy. Proofs are bound to snapshots, so a new policy takes
//! effect with the next snapshot.
#![cfg_attr(not(feature = "std"), no_std)]
#![cfg_attr(
    not(test),
    warn(clippy::arithmetic_side_effects, clippy::indexing_slicing)
)]
// FRAME's attribute macros expand to qualified paths.
#![allow(unused_qualifications)]
extern crate alloc;

#[cfg(feature = "runtime-benchmarks")]
#[allow(
    clippy::arithmetic_side_effects,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a benchmark stops if its set-up fails"
)]
mod benchmarking;
mod bounded;
mod changes;
#[cfg(test)]
mod mock;
#[cfg(test)]
mod tests;
pub mod weights;

pub use bounded::BoundedPolicy;
pub use changes::PendingOf;
use changes::RESERVED;
pub use pallet::*;
pub use weights::WeightInfo;

use clearproof_primitives::{
    policy::{ChangeError, Fault, Policy, PolicyError, PolicyField},
    time::Millis,
};

/// The pallet; see the crate's documentation.
#[allow(clippy::expect_used, reason = "the attributes of FRAME expand to it")]
#[frame_support::pallet]
pub mod pallet {
    use super::*;
    use alloc::{boxed::Box, vec::Vec};
    use clearproof_primitives::{
        policy::{
            Assessment, Direction, DropReason, PendingChange, PolicyChange, PolicyState,
            PolicyVersion,
        },
        shape::MarketShape,
    };
    use frame_support::{pallet_prelude::*, traits::Time};
    use frame_system::pallet_prelude::*;

    const STORAGE_VERSION: StorageVersion = StorageVersion::new(1);

    /// Configuration.
    #[pallet::config]
    pub trait Config: frame_system::Config<RuntimeEvent: From<Event<Self>>> {
        /// The origin that may replace the policy as a whole, from the next snapshot on.
        type AdminOrigin: EnsureOrigin<Self::RuntimeOrigin>;
        /// The origin that may change it within steps and delays.
        type ChangeOrigin: EnsureOrigin<Self::RuntimeOrigin>;
        /// The origin that may tighten it at once.
        type TightenOrigin: EnsureOrigin<Self::RuntimeOrigin>;
        /// The origin that may cancel pending changes.
        type CancelOrigin: EnsureOrigin<Self::RuntimeOrigin>;
        /// The chain's clock, in milliseconds since the Unix epoch.
        type Clock: Time<Moment = u64>;
        /// Delay of a change that is sure to tighten, milliseconds.
        #[pallet::constant]
        type TightenDelay: Get<Millis>;
        /// Delay of any other change, milliseconds; not shorter.
        #[pallet::constant]
        type LoosenDelay: Get<Millis>;
        /// Delay of a change of the emergency origin, milliseconds.
        #[pallet::constant]
        type EmergencyDelay: Get<Millis>;
        /// Time from one change of the emergency origin to the next, milliseconds, whatever the
        /// changes set; at least `TightenDelay` and at most 18 hours.
        #[pallet::constant]
        type EmergencyInterval: Get<Millis>;
        /// Largest number of pending changes. The last place is reserved for an emergency.
        #[pallet::constant]
        type MaxPending: Get<u32>;
        /// Largest number of parameters that one change may set.
        #[pallet::constant]
        type MaxChanges: Get<u32>;
        /// The chain's market dimensions. The policy has one entry per underlying, scenario and
        /// asset.
        #[pallet::constant]
        type Market: Get<MarketShape>;
        /// Weights of the calls.
        type WeightInfo: WeightInfo;
    }

    /// The pallet.
    #[pallet::pallet]
    #[pallet::storage_version(STORAGE_VERSION)]
    pub struct Pallet<T>(_);

    /// The policy in force. Empty until genesis or the first `set_policy`.
    #[pallet::storage]
    pub type CurrentPolicy<T: Config> = StorageValue<_, BoundedPolicy<T::Market>, OptionQuery>;

    /// Number of policies that were set: 1 for the first.
    #[pallet::storage]
    pub type Version<T: Config> = StorageValue<_, u32, ValueQuery>;

    /// A list of changes of bounded length.
    pub type ChangesOf<T> = BoundedVec<PolicyChange, <T as Config>::MaxChanges>;

    /// Pending changes, in the order in which they take effect.
    #[pallet::storage]
    pub type Pending<T: Config> =
        StorageValue<_, BoundedVec<PendingChange<ChangesOf<T>>, T::MaxPending>, ValueQuery>;

    /// Number of the next change.
    #[pallet::storage]
    pub type NextChange<T: Config> = StorageValue<_, u32, ValueQuery>;

    /// Time at which the emergency origin last tightened, in milliseconds since the Unix epoch. A
    /// change that was cancelled counts as well.
    #[pallet::storage]
    pub type LastEmergency<T: Config> = StorageValue<_, Millis, OptionQuery>;

    /// Every policy that was ever in force, by its version.
    #[pallet::storage]
    pub type History<T: Config> =
        StorageMap<_, Twox64Concat, u32, PolicyVersion<BoundedPolicy<T::Market>>, OptionQuery>;

    /// The events of the pallet.
    #[pallet::event]
    #[pallet::generate_deposit(pub(super) fn deposit_event)]
    pub enum Event<T: Config> {
        /// A policy was set; it takes effect with the next snapshot.
        PolicySet {
            /// Its version, counting from 1.
            version: u32,
        },
        /// A change was scheduled.
        ChangeScheduled {
            /// Its number.
            id: u32,
            /// Its direction.
            direction: Direction,
            /// It is in force for the first snapshot taken then or later; milliseconds since the
            /// Unix epoch.
            effective_at: Millis,
        },
        /// A pending change was cancelled.
        ChangeCancelled {
            /// Its number.
            id: u32,
        },
        /// A change took effect, with the snapshot of this block.
        ChangeInForce {
            /// Its number.
            id: u32,
            /// The policy's version from now on.
            version: u32,
        },
        /// A change that was due did not take effect.
        ChangeDropped {
            /// Its number.
            id: u32,
            /// The reason.
            reason: DropReason,
        },
    }

    /// The reasons for which a policy is refused: the field and its limit.
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
        /// `scenarios`: keep price shocks within -90 % and +500 % with at least one up and one
        /// down, volatility shocks within -100 % and +500 %, weights above 0 and at most 1, and
        /// weight times price shock within ±90 %.
        ScenariosBounds,
        /// `scaling`: keep powers at most 1 (65,536), and the floor within an hour and 30 days.
        ScalingBounds,
        /// `maintenance_factor`, `initial_factor`: keep within 1 to 15 (65,536 to 983,040).
        FactorsBounds,
        /// `charges`: keep each at most 50 % of the mark (2^31).
        ChargesBounds,
        /// `haircuts`: asset 0, the quote, must have none.
        HaircutsBounds,
        /// `pegs`: asset 0, the quote, must have none; keep prices above 0 and below 2^95, and
        /// slopes at most 16 (1,048,576).
        PegsBounds,
        /// `fee_rate`: keep at most 1 % (42,949,672 of 2^32), for perpetuals and options.
        FeeRateBounds,
        /// `position_limit`: keep within 1 and 2^48 - 1 lots, for perpetuals and options.
        PositionLimitBounds,
        /// `open_interest_cap`: keep within 1 and 2^59 lots, for perpetuals and options.
        OpenInterestCapBounds,
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
        /// No policy is set that could be changed: root sets the first.
        NoPolicy,
        /// `changes`: nothing would change; set a parameter to another value than it has.
        NothingChanges,
        /// `changes`: at most `MaxChanges` parameters fit into one list; split it.
        TooManyChanges,
        /// `changes`: no perpetual, or no option, would trade any more on any underlying; only root
        /// may do that.
        HaltsEveryMarket,
        /// `changes`: the market has no such underlying, scenario or collateral asset.
        NoSuchEntry,
        /// `changes`: a parameter is set twice.
        SetTwice,
        /// `changes`: a value is out of its parameter's hard bounds; `check_changes` names the
        /// parameter and its bounds.
        OutOfBounds,
        /// `changes`: a value is further from the present one than one change may go;
        /// `check_changes` gives the limit.
        StepTooLarge,
        /// `changes`: each underlying needs a scenario with the price up and one with it down.
        OneSidedScenarios,
        /// `changes`: price shock times weight must be within ±90 %.
        CountedMoveTooLarge,
        /// `changes`: not sure to tighten, but an emergency may do nothing else.
        WouldLoosen,
        /// All places of `MaxPending` are occupied; the last one is reserved for an emergency:
        /// wait, or cancel a pending change.
        TooManyPending,
        /// `EmergencyInterval` since the last emergency is not over: try again after `seconds`
        /// (`state` gives the exact time), or let voters schedule the change.
        EmergencyTooSoon {
            /// Seconds left, rounded up.
            seconds: u16,
        },
        /// `id`: no such change is pending.
        NoSuchChange,
    }

    impl<T> From<ChangeError> for Error<T> {
        fn from(error: ChangeError) -> Self {
            match error {
                ChangeError::NoPolicy => Self::NoPolicy,
                ChangeError::Nothing => Self::NothingChanges,
                ChangeError::TooMany { .. } => Self::TooManyChanges,
                ChangeError::HaltsEveryMarket { .. } => Self::HaltsEveryMarket,
                ChangeError::Policy(error) => error.into(),
                ChangeError::Refused { fault, .. } => match fault {
                    Fault::NoSuchEntry { .. } => Self::NoSuchEntry,
                    Fault::Repeated { .. } => Self::SetTwice,
                    Fault::OutOfBounds { .. } => Self::OutOfBounds,
                    Fault::StepTooLarge { .. } => Self::StepTooLarge,
                    Fault::InitialBelowMaintenance { .. } => Self::InitialBelowMaintenance,
                    Fault::OneSided => Self::OneSidedScenarios,
                    Fault::CountedMove { .. } => Self::CountedMoveTooLarge,
                },
            }
        }
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
                PolicyError::Length(F::OpenInterestCap)
                | PolicyError::Bounds(F::OpenInterestCap) => Self::OpenInterestCapBounds,
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

    /// The policy at genesis.
    #[pallet::genesis_config]
    #[derive(frame_support::DefaultNoBound)]
    pub struct GenesisConfig<T: Config> {
        /// The policy. Without one the chain takes no snapshots until one is set.
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
                assert!(stored.is_ok(), "genesis: riskPolicy.policy: {stored:?}");
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
                market.instruments > 0 && market.instruments.is_multiple_of(market.underlyings),
                "Market: instruments must be a multiple of underlyings"
            );
            assert!(
                T::LoosenDelay::get() >= T::TightenDelay::get(),
                "LoosenDelay: must not be shorter than TightenDelay"
            );
            assert!(
                T::EmergencyInterval::get() >= T::TightenDelay::get(),
                "EmergencyInterval: must not be shorter than TightenDelay"
            );
            assert!(
                T::EmergencyInterval::get().get() <= u64::from(u16::MAX) * 1_000,
                "EmergencyInterval: its seconds must fit an error, 65,535 at most"
            );
            assert!(
                T::MaxPending::get() > RESERVED && T::MaxChanges::get() > 0,
                "MaxPending, MaxChanges: nothing could ever change"
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
                let last = History::<T>::get(Version::<T>::get());
                ensure!(
                    last.is_some_and(|last| last.policy.into_inner() == policy),
                    "History: its last entry is not the policy in force"
                );
            }
            let pending = Pending::<T>::get();
            ensure!(
                pending.is_sorted_by_key(|change| change.effective_at),
                "Pending: not in the order in which changes take effect"
            );
            let next = NextChange::<T>::get();
            ensure!(
                pending.iter().all(|change| change.id < next),
                "NextChange: a number is used already"
            );
            ensure!(
                LastEmergency::<T>::get().is_none_or(|last| last <= Self::now()),
                "LastEmergency: in the future"
            );
            Ok(())
        }
    }

    #[pallet::call]
    impl<T: Config> Pallet<T> {
        /// Replaces the policy, from the next snapshot on.
        ///
        /// Origin: `AdminOrigin`. Refuses a policy out of its bounds; the error names the field and
        /// its limit.
        #[pallet::call_index(0)]
        #[pallet::weight(T::WeightInfo::set_policy())]
        pub fn set_policy(origin: OriginFor<T>, policy: Box<Policy>) -> DispatchResult {
            T::AdminOrigin::ensure_origin(origin)?;
            let version = Self::store(*policy).map_err(Error::<T>::from)?;
            Self::deposit_event(Event::PolicySet { version });
            Ok(())
        }

        /// Schedules changes of parameters, all of which take effect together: after the short
        /// delay if they are sure to tighten, after the long one if not, with the first snapshot
        /// from then on.
        ///
        /// Origin: `ChangeOrigin`. The runtime's method `check_changes` returns the effect
        /// beforehand, or the parameter, limit and present value of a refusal.
        #[pallet::call_index(1)]
        #[pallet::weight(T::WeightInfo::schedule_change())]
        pub fn schedule_change(origin: OriginFor<T>, changes: Vec<PolicyChange>) -> DispatchResult {
            T::ChangeOrigin::ensure_origin(origin)?;
            Self::schedule(changes)
        }

        /// Schedules changes that are sure to tighten after `EmergencyDelay`. Refused until
        /// `EmergencyInterval` after the last such call, whatever that one set.
        ///
        /// Origin: `TightenOrigin`.
        #[pallet::call_index(2)]
        #[pallet::weight(T::WeightInfo::tighten())]
        pub fn tighten(origin: OriginFor<T>, changes: Vec<PolicyChange>) -> DispatchResult {
            T::TightenOrigin::ensure_origin(origin)?;
            Self::schedule_emergency(changes)
        }

        /// Cancels a pending change.
        ///
        /// Origin: `CancelOrigin`.
        #[pallet::call_index(3)]
        #[pallet::weight(T::WeightInfo::cancel_change())]
        pub fn cancel_change(origin: OriginFor<T>, id: u32) -> DispatchResult {
            T::CancelOrigin::ensure_origin(origin)?;
            Self::cancel(id)
        }
    }

    #[pallet::view_functions]
    impl<T: Config> Pallet<T> {
        /// Returns the policy in force for the next snapshot.
        pub fn policy() -> Option<Policy> {
            CurrentPolicy::<T>::get().map(BoundedPolicy::into_inner)
        }

        /// Returns the policy's version, counting from 1; 0 before the first.
        pub fn version() -> u32 {
            Version::<T>::get()
        }

        /// Returns the policy in force, its version, the pending changes in the order in which they
        /// take effect, and the time from which on an emergency may tighten again.
        pub fn state() -> PolicyState {
            let listed = |change: PendingChange<ChangesOf<T>>| PendingChange {
                id: change.id,
                changes: change.changes.into_inner(),
                direction: change.direction,
                proposed_at: change.proposed_at,
                effective_at: change.effective_at,
            };
            PolicyState {
                current: Self::policy(),
                version: Self::version(),
                pending: Pending::<T>::get().into_iter().map(listed).collect(),
                emergency_from: Self::next_emergency(),
            }
        }

        /// Returns a policy that is or was in force, by its version.
        pub fn at_version(version: u32) -> Option<PolicyVersion> {
            let known = History::<T>::get(version)?;
            Some(PolicyVersion {
                policy: known.policy.into_inner(),
                since: known.since,
            })
        }

        /// Returns the effect of scheduling these changes now, or the reason for which they are
        /// refused.
        pub fn check_changes(changes: Vec<PolicyChange>) -> Result<Assessment, ChangeError> {
            Self::assess(&changes)
        }
    }
}
