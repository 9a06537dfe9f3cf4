//! The validators: a bonded, governed set, and the penalties for offences.
//!
//! `AdminOrigin` adds and removes validators. An account that is added must have session keys and
//! at least the minimum bond. The bond is held in the native currency. All of it, including the
//! parts whose owner has requested them back, can be slashed for as long as an offence can be
//! reported (`bonds`). The set is the session pallet's session manager (`sessions`): a change now
//! is in the set that the next session queues, and that set validates from the session after that.
//!
//! Offences reach the pallet through the offences pallet (`offences`): the bond is slashed, the
//! validator is disabled, and it leaves the set at the next planning. Equivocations are proved to
//! BABE and GRANDPA, with `ownership` of the keys. The pallet itself notices a validator that
//! authors nothing (`silence`).
//!
//! The set always keeps its minimum size: a validator whose departure would make it smaller stays,
//! and is marked.
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
mod bonds;
mod checks;
mod members;
#[cfg(test)]
mod mock;
mod offences;
mod ownership;
mod sessions;
mod silence;
#[cfg(test)]
mod tests;
mod types;
pub mod weights;

pub use ownership::KeyOwners;
pub use pallet::*;
pub use sessions::AccountOnly;
pub use silence::Unresponsive;
pub use types::{Bond, Limits, MAX_UNBONDING, Offender, Punishment, Silence, Unbonding};
pub use weights::WeightInfo;

/// The pallet; see the crate's documentation.
#[allow(clippy::expect_used, reason = "the attributes of FRAME expand to it")]
#[frame_support::pallet]
pub mod pallet {
    use super::*;
    use alloc::vec::Vec;
    use frame_support::{
        pallet_prelude::*,
        traits::{OnUnbalanced, fungible},
    };
    use frame_system::pallet_prelude::*;
    use pallet_session::historical::IdentificationTuple;
    use sp_runtime::Perbill;
    use sp_staking::{SessionIndex, offence::ReportOffence};

    const STORAGE_VERSION: StorageVersion = StorageVersion::new(1);

    /// Largest number of accounts that one call of the view `candidates` returns.
    pub const MAX_CANDIDATES_LISTED: usize = 100;

    /// Amounts of the currency of bonds.
    pub type BalanceOf<T> = <<T as Config>::NativeCurrency as fungible::Inspect<
        <T as frame_system::Config>::AccountId,
    >>::Balance;
    /// Slashed funds on their way to `OnSlash`.
    pub type CreditOf<T> =
        fungible::Credit<<T as frame_system::Config>::AccountId, <T as Config>::NativeCurrency>;
    /// The limits of a runtime.
    pub type LimitsOf<T> = Limits<BalanceOf<T>>;

    /// Configuration. A validator is identified by its account alone.
    #[pallet::config]
    pub trait Config:
        frame_system::Config<RuntimeEvent: From<Event<Self>>>
        + pallet_session::Config<ValidatorId = <Self as frame_system::Config>::AccountId>
        + pallet_session::historical::Config<FullIdentification = ()>
    {
        /// The origin that adds, removes and reinstates validators, and sets the limits.
        type AdminOrigin: EnsureOrigin<Self::RuntimeOrigin>;

        /// Holds the bonds.
        type NativeCurrency: fungible::MutateHold<Self::AccountId, Reason = Self::RuntimeHoldReason>
            + fungible::BalancedHold<Self::AccountId, Reason = Self::RuntimeHoldReason>
            + fungible::Mutate<Self::AccountId>;

        /// The runtime's hold reasons.
        type RuntimeHoldReason: From<HoldReason>;

        /// Receives slashed funds.
        type OnSlash: OnUnbalanced<CreditOf<Self>>;

        /// Accepts the pallet's own reports: the offences pallet, whose handler this pallet is.
        type Offences: ReportOffence<
                Self::AccountId,
                IdentificationTuple<Self>,
                Unresponsive<IdentificationTuple<Self>>,
            >;

        /// Least and largest minimum bond that governance can set.
        #[pallet::constant]
        type MinimumBondRange: Get<(BalanceOf<Self>, BalanceOf<Self>)>;

        /// Largest number of validators that governance can allow, which the consensus pallets must
        /// support. At least 1.
        #[pallet::constant]
        type MaxValidators: Get<u32>;

        /// Number of sessions after its own for which an offence can be reported. Consensus fixes
        /// it, so it is no parameter.
        #[pallet::constant]
        type ReportSessions: Get<SessionIndex>;

        /// Number of sessions from a request to withdraw a part of the bond until it is paid. More
        /// than `ReportSessions`, so that no offence outlives the bond that is liable for it.
        #[pallet::constant]
        type UnbondingSessions: Get<SessionIndex>;

        /// Number of consecutive sessions without a block after which a validator is unresponsive.
        /// At least 1.
        #[pallet::constant]
        type MaxSilentSessions: Get<u32>;

        /// Number of blocks that each validator must have authored on average in these sessions.
        /// The probability that a working validator authors nothing meanwhile is below e to the
        /// minus of this. At least 1.
        #[pallet::constant]
        type MaxSilentTurns: Get<u32>;

        /// Weights of the calls.
        type WeightInfo: WeightInfo;
    }

    /// The pallet.
    #[pallet::pallet]
    #[pallet::storage_version(STORAGE_VERSION)]
    pub struct Pallet<T>(_);

    /// The reasons for which an account's funds are held.
    #[pallet::composite_enum]
    pub enum HoldReason {
        /// As a validator's bond.
        Bond,
    }

    /// The set as the next session's planning will use it, sorted.
    #[pallet::storage]
    pub type Members<T: Config> =
        StorageValue<_, BoundedVec<T::AccountId, T::MaxValidators>, ValueQuery>;

    /// The bonds, by account.
    #[pallet::storage]
    pub type Bonds<T: Config> =
        StorageMap<_, Blake2_128Concat, T::AccountId, Bond<BalanceOf<T>>, OptionQuery>;

    /// The loosest limits, in force until the genesis or governance sets others.
    #[pallet::type_value]
    pub fn LoosestLimits<T: Config>() -> LimitsOf<T> {
        Limits {
            minimum_bond: T::MinimumBondRange::get().0,
            minimum_validators: 1,
            maximum_validators: T::MaxValidators::get(),
        }
    }

    /// The limits in force.
    #[pallet::storage]
    pub type CurrentLimits<T: Config> = StorageValue<_, LimitsOf<T>, ValueQuery, LoosestLimits<T>>;

    /// Accounts that have committed an offence and have not been reinstated. Members among them
    /// leave at the next planning.
    #[pallet::storage]
    pub type Offenders<T: Config> =
        StorageMap<_, Blake2_128Concat, T::AccountId, Offender, OptionQuery>;

    /// The slashes for offences of a session, while these can be reported.
    #[pallet::storage]
    pub type Punishments<T: Config> = StorageDoubleMap<
        _,
        Twox64Concat,
        SessionIndex,
        Blake2_128Concat,
        T::AccountId,
        Punishment<BalanceOf<T>>,
        OptionQuery,
    >;

    /// The session keys in force, one entry per validator. The type of the keys has no largest
    /// encoding.
    #[pallet::storage]
    #[pallet::unbounded]
    pub type ActiveKeys<T: Config> = StorageValue<_, Vec<(T::AccountId, T::Keys)>, ValueQuery>;

    /// Blocks of the present session, by author.
    #[pallet::storage]
    pub type Authored<T: Config> = StorageMap<_, Twox64Concat, T::AccountId, u32, ValueQuery>;

    /// Validators that authored nothing in the last session that counted.
    #[pallet::storage]
    pub type Silences<T: Config> =
        StorageValue<_, BoundedVec<(T::AccountId, Silence), T::MaxValidators>, ValueQuery>;

    /// Exists while the pallet reports silent validators, which are not disabled.
    #[pallet::storage]
    pub type ReportingSilence<T: Config> = StorageValue<_, (), OptionQuery>;

    /// The events of the pallet.
    #[pallet::event]
    #[pallet::generate_deposit(pub(super) fn deposit_event)]
    pub enum Event<T: Config> {
        /// An account has added to its bond.
        Bonded {
            /// The account.
            who: T::AccountId,
            /// The amount added, smallest units.
            amount: BalanceOf<T>,
        },
        /// An account has requested a part of its bond back.
        UnbondRequested {
            /// The account.
            who: T::AccountId,
            /// The amount, smallest units.
            amount: BalanceOf<T>,
            /// The first session in which it can be withdrawn.
            until: SessionIndex,
        },
        /// A part of a bond was released.
        Withdrawn {
            /// The account.
            who: T::AccountId,
            /// The amount, smallest units.
            amount: BalanceOf<T>,
        },
        /// A validator enters the set at the next planning.
        Added {
            /// The validator.
            who: T::AccountId,
        },
        /// A validator leaves the set at the next planning, by decision of the admin origin.
        Removed {
            /// The validator.
            who: T::AccountId,
        },
        /// A validator leaves the set at the next planning, at its own request.
        Left {
            /// The validator.
            who: T::AccountId,
        },
        /// An offence is forgiven. The account stays in the set, or is in it again from the next
        /// planning on.
        Reinstated {
            /// The account.
            who: T::AccountId,
        },
        /// The limits changed.
        LimitsSet {
            /// The limits in force.
            limits: LimitsOf<T>,
        },
        /// An offence was reported.
        OffenceNoted {
            /// The offender.
            who: T::AccountId,
            /// The session of the offence.
            session: SessionIndex,
            /// The fraction of the bond that it costs.
            fraction: Perbill,
            /// The slashed amount, smallest units. It is smaller if an earlier offence of that
            /// session was slashed.
            slashed: BalanceOf<T>,
        },
        /// A validator has left the set for an offence.
        Expelled {
            /// The validator.
            who: T::AccountId,
        },
        /// A validator has committed an offence and stays, because the set would become too small.
        Retained {
            /// The validator.
            who: T::AccountId,
        },
        /// More validators were silent than consensus can tolerate. The network is to blame, and no
        /// validator is punished.
        OutageNoted {
            /// The session at whose end it was noticed.
            session: SessionIndex,
            /// Number of validators that were silent for too long.
            silent: u32,
        },
    }

    /// The reasons for which a call is refused, and the remedies.
    #[pallet::error]
    pub enum Error<T> {
        /// `amount`: give more than zero.
        AmountZero,
        /// `amount`: bond at least the minimum bond, and keep as much while in the set or queued
        /// for it.
        BelowMinimumBond,
        /// Nothing is bonded: bond first.
        NoBond,
        /// `amount`: more than is bonded and not yet being unbonded.
        MoreThanBonded,
        /// Too many parts of the bond are being unbonded, at most 16: withdraw the parts that are
        /// due, or wait until one is.
        TooManyRequests,
        /// Nothing is due yet: see the view `unbonding` for the sessions.
        NothingDue,
        /// `who`: is in the set already.
        AlreadyInSet,
        /// `who`: is not in the set.
        NotInSet,
        /// `who`: register session keys first (`session.set_keys`).
        NoSessionKeys,
        /// The set has its largest size, `maximum_validators`: remove a validator first.
        SetFull,
        /// The set has its smallest size, `minimum_validators`, not counting those who leave for an
        /// offence: add a validator first.
        SetAtMinimum,
        /// `who`: has committed an offence: reinstate it instead.
        IsOffender,
        /// `who`: has committed no offence that is not forgiven.
        NoOffender,
        /// Keys cannot be purged while in the set or in force: leave the set first, and wait until
        /// two sessions have begun.
        KeysInUse,
        /// `minimum_bond`: keep within the constant `MinimumBondRange`.
        MinimumBondBounds,
        /// `minimum_validators`: keep within 1 and the present size of the set.
        MinimumValidatorsBounds,
        /// `maximum_validators`: keep within the present size of the set and the constant
        /// `MaxValidators`.
        MaximumValidatorsBounds,
    }

    /// The set at genesis. Session keys come from the session pallet's genesis.
    #[pallet::genesis_config]
    #[derive(frame_support::DefaultNoBound)]
    pub struct GenesisConfig<T: Config> {
        /// The validators with their bonds, smallest units. Their balances must cover the bonds.
        /// Without validators no block can be authored.
        pub validators: Vec<(T::AccountId, BalanceOf<T>)>,
        /// The limits; `None` means the loosest.
        pub limits: Option<LimitsOf<T>>,
    }

    #[pallet::genesis_build]
    impl<T: Config> BuildGenesisConfig for GenesisConfig<T> {
        fn build(&self) {
            let built = Pallet::<T>::build_genesis(&self.validators, self.limits);
            assert!(built.is_ok(), "genesis: validatorSet: {built:?}");
        }
    }

    #[pallet::hooks]
    impl<T: Config> Hooks<BlockNumberFor<T>> for Pallet<T> {
        fn integrity_test() {
            Self::check_constants();
        }

        #[cfg(feature = "try-runtime")]
        fn try_state(_n: BlockNumberFor<T>) -> Result<(), sp_runtime::TryRuntimeError> {
            Self::check_state().map_err(Into::into)
        }
    }

    #[pallet::call]
    impl<T: Config> Pallet<T> {
        /// Adds to the caller's bond: the amount is held.
        ///
        /// The first amount must be at least the minimum bond.
        #[pallet::call_index(0)]
        #[pallet::weight(<T as Config>::WeightInfo::bond())]
        pub fn bond(
            origin: OriginFor<T>,
            #[pallet::compact] amount: BalanceOf<T>,
        ) -> DispatchResult {
            let who = ensure_signed(origin)?;
            Self::add_to_bond(&who, amount)?;
            Self::deposit_event(Event::Bonded { who, amount });
            Ok(())
        }

        /// Requests a part of the caller's bond back. It can be withdrawn after
        /// `UnbondingSessions`, and slashed until then.
        ///
        /// An account that is in the set, validates or is queued cannot go below the minimum bond.
        #[pallet::call_index(1)]
        #[pallet::weight(<T as Config>::WeightInfo::request_unbond())]
        pub fn request_unbond(
            origin: OriginFor<T>,
            #[pallet::compact] amount: BalanceOf<T>,
        ) -> DispatchResult {
            let who = ensure_signed(origin)?;
            let until = Self::start_unbonding(&who, amount)?;
            Self::deposit_event(Event::UnbondRequested { who, amount, until });
            Ok(())
        }

        /// Releases the parts that the caller requested back long enough ago.
        #[pallet::call_index(2)]
        #[pallet::weight(<T as Config>::WeightInfo::withdraw_unbonded())]
        pub fn withdraw_unbonded(origin: OriginFor<T>) -> DispatchResult {
            let who = ensure_signed(origin)?;
            let amount = Self::release_due(&who)?;
            Self::deposit_event(Event::Withdrawn { who, amount });
            Ok(())
        }

        /// Adds a validator to the set.
        ///
        /// Origin: `AdminOrigin`. The account needs the minimum bond and session keys, and no
        /// offence against it.
        #[pallet::call_index(3)]
        #[pallet::weight(<T as Config>::WeightInfo::add_validator())]
        pub fn add_validator(origin: OriginFor<T>, who: T::AccountId) -> DispatchResult {
            T::AdminOrigin::ensure_origin(origin)?;
            ensure!(!Offenders::<T>::contains_key(&who), Error::<T>::IsOffender);
            Self::insert_member(&who)?;
            Self::deposit_event(Event::Added { who });
            Ok(())
        }

        /// Removes a validator from the set, unless the set has its minimum size.
        ///
        /// Origin: `AdminOrigin`.
        #[pallet::call_index(4)]
        #[pallet::weight(<T as Config>::WeightInfo::remove_validator())]
        pub fn remove_validator(origin: OriginFor<T>, who: T::AccountId) -> DispatchResult {
            T::AdminOrigin::ensure_origin(origin)?;
            Self::remove_member(&who)?;
            Self::deposit_event(Event::Removed { who });
            Ok(())
        }

        /// Takes the caller out of the set, unless the set has its minimum size. The bond stays
        /// until it is requested back.
        #[pallet::call_index(5)]
        #[pallet::weight(<T as Config>::WeightInfo::leave())]
        pub fn leave(origin: OriginFor<T>) -> DispatchResult {
            let who = ensure_signed(origin)?;
            Self::remove_member(&who)?;
            Self::deposit_event(Event::Left { who });
            Ok(())
        }

        /// Forgives an account its offences: it stays in the set, or enters it again.
        ///
        /// Origin: `AdminOrigin`. Slashed funds are not returned: the account needs the minimum
        /// bond again, and session keys.
        #[pallet::call_index(6)]
        #[pallet::weight(<T as Config>::WeightInfo::reinstate())]
        pub fn reinstate(origin: OriginFor<T>, who: T::AccountId) -> DispatchResult {
            T::AdminOrigin::ensure_origin(origin)?;
            Self::forgive(&who)?;
            Self::deposit_event(Event::Reinstated { who });
            Ok(())
        }

        /// Sets the limits: the minimum bond, and the smallest and largest size of the set.
        ///
        /// Origin: `AdminOrigin`. Validators in the set keep their places when the minimum bond
        /// rises.
        #[pallet::call_index(7)]
        #[pallet::weight(<T as Config>::WeightInfo::set_limits())]
        pub fn set_limits(origin: OriginFor<T>, limits: LimitsOf<T>) -> DispatchResult {
            T::AdminOrigin::ensure_origin(origin)?;
            Self::check_limits(&limits)?;
            CurrentLimits::<T>::put(limits);
            Self::deposit_event(Event::LimitsSet { limits });
            Ok(())
        }

        /// Removes the caller's session keys and frees the deposit for them, as
        /// `session.purge_keys` would.
        ///
        /// Refused while the keys are needed: a validator without keys would vanish from the set,
        /// and its signatures could not be attributed to it. Runtimes refuse `session.purge_keys`
        /// itself.
        #[pallet::call_index(8)]
        #[pallet::weight(<T as Config>::WeightInfo::purge_keys())]
        pub fn purge_keys(origin: OriginFor<T>) -> DispatchResult {
            let who = ensure_signed(origin.clone())?;
            ensure!(!Self::serves(&who), Error::<T>::KeysInUse);
            pallet_session::Pallet::<T>::purge_keys(origin)
        }
    }

    #[pallet::view_functions]
    impl<T: Config> Pallet<T> {
        /// Returns the set as the next session's planning will use it, including those who will
        /// leave it for an offence.
        pub fn members() -> Vec<T::AccountId> {
            Members::<T>::get().into_inner()
        }

        /// Returns accounts that could be added: with keys and the minimum bond, without an
        /// offence, not in the set. The list starts behind `after` in the map of bonds, or at its
        /// beginning for `None`, and has at most 100 entries.
        pub fn candidates(after: Option<T::AccountId>) -> Vec<T::AccountId> {
            Self::list_candidates(after)
        }

        /// Returns the amount that an account has bonded and not requested back, smallest units.
        pub fn bond_of(who: T::AccountId) -> BalanceOf<T> {
            Bonds::<T>::get(who).unwrap_or_default().active
        }

        /// Returns the parts that an account has requested back, each with the session from which
        /// on it can be withdrawn.
        pub fn unbonding(who: T::AccountId) -> Vec<Unbonding<BalanceOf<T>>> {
            Bonds::<T>::get(who)
                .unwrap_or_default()
                .unbonding
                .into_inner()
        }

        /// Returns the duration for which a validator has authored nothing.
        pub fn silence_of(who: T::AccountId) -> Silence {
            Self::silence(&who)
        }

        /// Returns an account's gravest offence that is not forgiven, if it has committed one.
        pub fn offence_of(who: T::AccountId) -> Option<Offender> {
            Offenders::<T>::get(who)
        }

        /// Returns the limits in force: the minimum bond, and the smallest and largest size of the
        /// set.
        pub fn limits() -> LimitsOf<T> {
            CurrentLimits::<T>::get()
        }
    }
}
