//! Holds the money: deposits, withdrawals and the totals of each venue.
//!
//! Each venue has one custody account. A deposit moves funds there and is appended to the venue's
//! queue, a Poseidon hash chain. Each settled batch consumes a prefix of the queue, in order. A
//! batch's withdrawals are paid from earlier and present deposits; the totals refuse any more,
//! whatever a proof states.
//!
//! For each venue and asset, [`Held`] records the debts: queued, consumed and claimable. The
//! custody account always holds at least their sum. On top it holds the asset's minimum balance
//! where that is above 1; otherwise its last units could not be paid. The venue's founder gives the
//! minimum balance of the native currency. For other tokens, anybody sends it once to
//! [`Pallet::custody_account`] before the first deposit.
//!
//! A withdrawal that its recipient cannot receive does not stop the batch; an example is less than
//! the minimum balance to a new account. It is kept, and the recipient claims it with
//! [`Pallet::claim`]. The chain's share of a batch's fees is paid to the treasury in the same way.
#![cfg_attr(not(feature = "std"), no_std)]
#![cfg_attr(
    not(test),
    warn(clippy::arithmetic_side_effects, clippy::indexing_slicing)
)]
extern crate alloc;

mod batch;
#[cfg(feature = "runtime-benchmarks")]
#[allow(
    clippy::arithmetic_side_effects,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a benchmark stops if its set-up fails"
)]
mod benchmarking;
mod funds;
mod queue;
mod registry;
#[cfg(any(test, feature = "try-runtime"))]
mod state;
mod types;
pub mod weights;

#[cfg(test)]
mod mock;
#[cfg(test)]
mod tests;

pub use pallet::*;
#[cfg(feature = "runtime-benchmarks")]
pub use types::BenchmarkHelper;
pub use types::{
    AssetInfo, AssetKind, AssetTotals, Cursor, Held, MAX_DEPOSITS_PER_BATCH, Queue, QueuedDeposit,
    VenueCustody, VenueId, VenueInspect,
};
pub use weights::WeightInfo;

/// The pallet.
// The pallet's attributes have short names in the prelude as well, which the lint would prefer.
#[allow(unused_qualifications)]
#[allow(clippy::expect_used, reason = "the attributes of FRAME expand to it")]
#[frame_support::pallet]
pub mod pallet {
    use super::*;
    use alloc::vec::Vec;
    use clearproof_primitives::{field::FieldBytes, shape::MarketShape};
    use frame_support::{
        PalletId,
        pallet_prelude::*,
        traits::{fungible, fungibles},
    };
    use frame_system::pallet_prelude::*;

    const STORAGE_VERSION: StorageVersion = StorageVersion::new(1);

    /// The pallet's state and calls.
    #[pallet::pallet]
    #[pallet::storage_version(STORAGE_VERSION)]
    pub struct Pallet<T>(_);

    /// The pallet's dependencies on the runtime. Withdrawals name recipients by 32 bytes, so
    /// accounts convert from and to them.
    #[pallet::config]
    pub trait Config:
        frame_system::Config<
            RuntimeEvent: From<Event<Self>>,
            AccountId: From<[u8; 32]> + Into<[u8; 32]>,
        >
    {
        /// The chain's own currency.
        type NativeCurrency: fungible::Inspect<Self::AccountId, Balance = u128>
            + fungible::Mutate<Self::AccountId>;

        /// All other tokens.
        type Tokens: fungibles::Inspect<Self::AccountId, AssetId = u32, Balance = u128>
            + fungibles::Mutate<Self::AccountId>;

        /// The origin that registers assets.
        type AdminOrigin: EnsureOrigin<Self::RuntimeOrigin>;

        /// The venues.
        type Venues: VenueInspect;

        /// The market's dimensions; asset indices are below its number of assets.
        #[pallet::constant]
        type Market: Get<MarketShape>;

        /// Custody accounts are sub-accounts of this one, by venue.
        #[pallet::constant]
        type PalletId: Get<PalletId>;

        /// The receiver of the chain's share of the fees.
        #[pallet::constant]
        type Treasury: Get<Self::AccountId>;

        /// Weights of the calls.
        type WeightInfo: WeightInfo;

        /// Prepares the state for benchmarks.
        #[cfg(feature = "runtime-benchmarks")]
        type BenchmarkHelper: BenchmarkHelper;
    }

    /// Registered assets by index; index 0 is the quote.
    #[pallet::storage]
    pub type Assets<T: Config> = StorageMap<_, Twox64Concat, u8, AssetInfo>;

    /// Deposit queues by venue.
    #[pallet::storage]
    pub type Queues<T: Config> = StorageMap<_, Twox64Concat, VenueId, Queue, ValueQuery>;

    /// Deposits that no batch has consumed yet, by venue and index in the queue, counting from 0.
    #[pallet::storage]
    pub type Deposits<T: Config> =
        StorageDoubleMap<_, Twox64Concat, VenueId, Twox64Concat, u64, QueuedDeposit>;

    /// The debts of each venue's custody account, by venue and asset.
    #[pallet::storage]
    pub type Totals<T: Config> =
        StorageDoubleMap<_, Twox64Concat, VenueId, Twox64Concat, u8, Held, ValueQuery>;

    /// Withdrawals and protocol fees kept for a claim, in smallest units, by venue, recipient and
    /// asset.
    #[pallet::storage]
    pub type Claimable<T: Config> = StorageNMap<
        _,
        (
            NMapKey<Twox64Concat, VenueId>,
            NMapKey<Blake2_128Concat, T::AccountId>,
            NMapKey<Twox64Concat, u8>,
        ),
        u64,
        ValueQuery,
    >;

    /// Assets registered at genesis.
    #[pallet::genesis_config]
    #[derive(frame_support::DefaultNoBound)]
    pub struct GenesisConfig<T: Config> {
        /// Index and asset. The existence of a token is not checked at genesis.
        pub assets: Vec<(u8, AssetInfo)>,
        /// Holds no value.
        #[serde(skip)]
        pub _config: PhantomData<T>,
    }

    #[pallet::genesis_build]
    impl<T: Config> BuildGenesisConfig for GenesisConfig<T> {
        fn build(&self) {
            for (index, info) in &self.assets {
                assert!(
                    u16::from(*index) < T::Market::get().assets,
                    "custody genesis: asset index {index} is beyond the market's assets"
                );
                Assets::<T>::insert(index, info);
            }
        }
    }

    /// The events of the pallet.
    #[pallet::event]
    #[pallet::generate_deposit(pub(super) fn deposit_event)]
    pub enum Event<T: Config> {
        /// An asset was registered, or its minimum deposit changed.
        AssetRegistered {
            /// Index.
            asset: u8,
            /// The asset.
            info: AssetInfo,
        },
        /// A deposit was appended to a venue's queue.
        DepositQueued {
            /// Venue.
            venue: VenueId,
            /// Position in the queue, counting from 0.
            index: u64,
            /// The owner's compressed key.
            owner: [u8; 32],
            /// The hash of that key, by which the venue's state names the account.
            account_key: FieldBytes,
            /// Asset index.
            asset: u8,
            /// Smallest units.
            amount: u64,
            /// The queue's hash chain after this deposit.
            accumulator: FieldBytes,
        },
        /// A withdrawal could not be paid out and waits for its recipient's claim.
        WithdrawalKept {
            /// Venue.
            venue: VenueId,
            /// The account that may claim it.
            recipient: T::AccountId,
            /// Asset index.
            asset: u8,
            /// Smallest units.
            amount: u64,
        },
        /// The treasury was paid the chain's share of a batch's fees, in asset 0.
        ProtocolFeePaid {
            /// Venue.
            venue: VenueId,
            /// Smallest units.
            amount: u64,
        },
        /// The treasury could not be paid the chain's share of a batch's fees. The amount waits for
        /// the treasury's claim.
        ProtocolFeeKept {
            /// Venue.
            venue: VenueId,
            /// Smallest units of asset 0.
            amount: u64,
        },
        /// A claim was paid.
        Claimed {
            /// Venue.
            venue: VenueId,
            /// The account that held the claim.
            claimant: T::AccountId,
            /// The account that was paid.
            to: T::AccountId,
            /// Asset index.
            asset: u8,
            /// Smallest units.
            amount: u64,
        },
    }

    /// The reasons for which a call or a batch is refused.
    #[pallet::error]
    pub enum Error<T> {
        /// No asset is registered under this index: use a registered one.
        UnknownAsset,
        /// The asset index must be below the market's number of assets.
        AssetBeyondMarket,
        /// The index belongs to another asset, whose balances refer to it: use a free index.
        AssetKindFixed,
        /// The asset has another index already: change that one.
        AssetRegisteredTwice,
        /// The assets pallet has no such token: create it first.
        TokenMissing,
        /// The owner's key must be a compressed point of Baby Jubjub's prime-order subgroup, not
        /// the identity.
        InvalidOwnerKey,
        /// A field element must be below the modulus of BN254's scalar field.
        NonCanonicalField,
        /// An amount must be 1 to 2^63 - 1 smallest units.
        AmountOutOfRange,
        /// The deposit is below the asset's minimum deposit: deposit more at once.
        BelowMinimumDeposit,
        /// The venue's total of the asset would reach 2^63: deposit less.
        TotalTooLarge,
        /// Send the token's minimum balance to the venue's custody account once, so that it can pay
        /// its last unit.
        ReserveMissing,
        /// The batch's deposit cursors must be the end of the consumed deposits and a later
        /// position in the queue.
        DepositCursorMismatch,
        /// The batch consumes more than 512 deposits: split it.
        TooManyDeposits,
        /// The batch withdraws more of an asset, protocol fee included, than the venue's consumed
        /// deposits less withdrawals.
        Overdraw,
        /// Nothing is kept for the caller at this venue and asset.
        NothingToClaim,
        /// The venue still owes deposits, balances or claims.
        VenueNotEmpty,
    }

    #[pallet::call]
    impl<T: Config> Pallet<T> {
        /// Registers an asset under an index, or changes its minimum deposit (at least 1). Admin
        /// origin.
        #[pallet::call_index(0)]
        #[pallet::weight(T::WeightInfo::register_asset())]
        pub fn register_asset(
            origin: OriginFor<T>,
            asset: u8,
            kind: AssetKind,
            minimum_deposit: u64,
        ) -> DispatchResult {
            T::AdminOrigin::ensure_origin(origin)?;
            let info = AssetInfo {
                kind,
                minimum_deposit,
            };
            Self::register(asset, info)?;
            Self::deposit_event(Event::AssetRegistered { asset, info });
            Ok(())
        }

        /// Deposits into a venue, for the account of the given owner, a compressed Baby Jubjub key.
        ///
        /// If the venue has no such account, the batch that consumes the deposit opens it. Only the
        /// owner can move the money again.
        #[pallet::call_index(1)]
        #[pallet::weight(T::WeightInfo::deposit())]
        pub fn deposit(
            origin: OriginFor<T>,
            venue: VenueId,
            asset: u8,
            amount: u64,
            owner: [u8; 32],
        ) -> DispatchResult {
            let who = ensure_signed(origin)?;
            Self::ensure_amount(amount)?;
            let info = Self::registered(asset)?;
            ensure!(
                amount >= info.minimum_deposit,
                Error::<T>::BelowMinimumDeposit
            );
            T::Venues::ensure_accepts_deposits(venue)?;
            let account_key = Self::named_account(&owner)?;
            Self::collect(venue, asset, info.kind, &who, amount)?;
            let (index, queued) = Self::enqueue(venue, owner, account_key, asset, amount)?;
            Self::deposit_event(Event::DepositQueued {
                venue,
                index,
                owner,
                account_key: queued.deposit.account_key,
                asset,
                amount,
                accumulator: queued.accumulator,
            });
            Ok(())
        }

        /// Pays a withdrawal that was kept for the caller to any account that can receive it.
        #[pallet::call_index(2)]
        #[pallet::weight(T::WeightInfo::claim())]
        pub fn claim(
            origin: OriginFor<T>,
            venue: VenueId,
            asset: u8,
            to: T::AccountId,
        ) -> DispatchResult {
            let claimant = ensure_signed(origin)?;
            let amount = Self::pay_claim(venue, asset, &claimant, &to)?;
            Self::deposit_event(Event::Claimed {
                venue,
                claimant,
                to,
                asset,
                amount,
            });
            Ok(())
        }
    }

    #[pallet::view_functions]
    impl<T: Config> Pallet<T> {
        /// Returns the account that holds a venue's money.
        pub fn custody_account(venue: VenueId) -> T::AccountId {
            Self::custody_account_of(venue)
        }

        /// Returns a venue's deposit queue: the deposits that were consumed, and all that were
        /// made.
        pub fn queue(venue: VenueId) -> Queue {
            Queues::<T>::get(venue)
        }

        /// Returns the deposits that no batch has consumed, in order, starting with an index; at
        /// most 512.
        pub fn queued_deposits(venue: VenueId, from: u64) -> Vec<(u64, QueuedDeposit)> {
            let queue = Queues::<T>::get(venue);
            let start = from.max(queue.consumed.count);
            let end = queue
                .made
                .count
                .min(start.saturating_add(MAX_DEPOSITS_PER_BATCH));
            (start..end)
                .filter_map(|index| Some((index, Deposits::<T>::get(venue, index)?)))
                .collect()
        }

        /// Returns the debts of a venue's custody account, by asset.
        pub fn totals(venue: VenueId) -> AssetTotals {
            let mut totals: AssetTotals = Totals::<T>::iter_prefix(venue).collect();
            totals.sort_unstable_by_key(|(asset, _)| *asset);
            totals
        }

        /// Returns the amount kept for an account at a venue, in smallest units.
        pub fn claimable(venue: VenueId, account: T::AccountId, asset: u8) -> u64 {
            Claimable::<T>::get((venue, account, asset))
        }
    }

    #[pallet::hooks]
    impl<T: Config> Hooks<BlockNumberFor<T>> for Pallet<T> {
        fn integrity_test() {
            assert!(
                T::Market::get().assets <= 1 << u8::BITS,
                "asset indices have eight bits"
            );
        }

        #[cfg(feature = "try-runtime")]
        fn try_state(_: BlockNumberFor<T>) -> Result<(), sp_runtime::TryRuntimeError> {
            Self::check_state()
        }
    }
}
