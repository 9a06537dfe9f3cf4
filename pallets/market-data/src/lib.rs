//! Instruments, index prices, and the snapshots that proofs are bound to.
//!
//! Every `SnapshotInterval` blocks, once the block's time is known, the pallet reads from the
//! oracle the index price of each underlying and each collateral asset, and the forward price and
//! the volatility smile of each expiry. It accepts values that are fresh, near the last accepted
//! one and within range, and stores a [`Snapshot`](clearproof_primitives::snapshot::Snapshot) under
//! the risk policy then in force. A value that is not accepted leaves the last one in place and
//! halts its feed: margin still exists, but instruments that depend on the feed do not trade
//! ([`SnapshotInfo::marks`] is 0 there) until a value is accepted.
//!
//! From one snapshot to the next, the price that marks are computed from moves by the policy's jump
//! limit at most. If the accepted price is further away, the mark price is held back for as many
//! snapshots as it takes. The rows of all instruments on it are suspended: positions can only be
//! reduced, inside the band around the mark that is held back.
//!
//! An option stops trading `TradingEndsBefore` its expiry. It settles at the index price's
//! time-weighted average over the `SettlementWindow` before the expiry. From then on its mark is
//! its intrinsic value at that price, and it carries no risk.
#![cfg_attr(not(feature = "std"), no_std)]
#![cfg_attr(
    not(test),
    warn(clippy::arithmetic_side_effects, clippy::indexing_slicing)
)]
// FRAME's attribute macros expand to qualified paths.
#![allow(unused_qualifications)]
extern crate alloc;

mod averages;
#[cfg(feature = "runtime-benchmarks")]
#[allow(
    clippy::arithmetic_side_effects,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a benchmark stops if its set-up fails"
)]
mod benchmarking;
mod bounded;
pub mod development;
mod expiries;
mod feeds;
mod listings;
mod marks;
#[cfg(test)]
mod mock;
mod snapshots;
#[cfg(test)]
mod tests;
pub mod types;
pub mod weights;

pub use bounded::{AssetCount, BoundedSnapshot, FeedCount, SlotCount, SnapshotRecord};
pub use feeds::{CollateralOf, FeedsOf, InstrumentsOf};
pub use pallet::*;
pub use types::*;
pub use weights::WeightInfo;

/// The pallet; see the crate's documentation.
#[allow(clippy::expect_used, reason = "the attributes of FRAME expand to it")]
#[frame_support::pallet]
pub mod pallet {
    use super::*;
    use alloc::vec::Vec;
    use clearproof_primitives::{
        field::FieldBytes,
        fixed::{IndexPrice, Rate},
        ids::{Slot, SnapshotNumber},
        rows::Smile,
        shape::MarketShape,
        snapshot::Snapshot,
        time::Millis,
    };
    use frame_support::{pallet_prelude::*, traits::Time};
    use frame_system::pallet_prelude::*;

    const STORAGE_VERSION: StorageVersion = StorageVersion::new(1);

    /// Configuration.
    #[pallet::config]
    pub trait Config: frame_system::Config<RuntimeEvent: From<Event<Self>>> {
        /// The origin that lists and delists instruments, halts them and lets them trade again.
        type AdminOrigin: EnsureOrigin<Self::RuntimeOrigin>;
        /// The origin that may also halt an instrument, but cannot let it trade again.
        type EmergencyOrigin: EnsureOrigin<Self::RuntimeOrigin>;
        /// The oracle.
        type Oracle: OracleFeeds;
        /// The risk policy.
        type Policy: PolicySource;
        /// The market's dimensions, which the policy has as well.
        #[pallet::constant]
        type Market: Get<MarketShape>;
        /// The chain's clock, in milliseconds since the Unix epoch.
        type Time: Time<Moment = u64>;
        /// Blocks from one snapshot to the next; 0 counts as 1.
        #[pallet::constant]
        type SnapshotInterval: Get<BlockNumberFor<Self>>;
        /// Number of snapshots that are kept. Lowering it later needs a migration that removes the
        /// snapshots beyond it.
        #[pallet::constant]
        type RetainedSnapshots: Get<u32>;
        /// Largest age of an acceptable value, in milliseconds.
        #[pallet::constant]
        type MaxPriceAge: Get<Millis>;
        /// Largest distance of an acceptable price from the last accepted one, as a fraction of
        /// 2^32 of the latter.
        #[pallet::constant]
        type MaxDeviation: Get<Rate>;
        /// Time within which a feed's time-weighted average follows the accepted price,
        /// milliseconds; below 2^32.
        #[pallet::constant]
        type AverageWindow: Get<Millis>;
        /// Largest distance of an acceptable price from that average, as a fraction of 2^32 of the
        /// average.
        #[pallet::constant]
        type MaxAverageDeviation: Get<Rate>;
        /// Largest distance of the volatility at the forward of an acceptable smile from the last
        /// accepted one, as a fraction of 2^32 of the latter.
        #[pallet::constant]
        type MaxVolatilityStep: Get<Rate>;
        /// Time before their expiry at which options stop trading, milliseconds: at least the time
        /// for which a snapshot may be used.
        #[pallet::constant]
        type TradingEndsBefore: Get<Millis>;
        /// Time before the expiry over which the settlement price is averaged, milliseconds.
        #[pallet::constant]
        type SettlementWindow: Get<Millis>;
        /// The open interest of the venues.
        type OpenInterest: OpenInterest;
        /// Time after the expiry at which the slot of an expired option is freed, milliseconds;
        /// later if positions are left. It is at least the time that a batch with the last trades
        /// may take to settle.
        #[pallet::constant]
        type FreedAfter: Get<Millis>;
        /// Weights of calls and hooks.
        type WeightInfo: WeightInfo;
    }

    /// The pallet.
    #[pallet::pallet]
    #[pallet::storage_version(STORAGE_VERSION)]
    pub struct Pallet<T>(_);

    /// Listed instruments by slot.
    #[pallet::storage]
    pub type Instruments<T: Config> = StorageValue<_, InstrumentsOf<T::Market>, ValueQuery>;

    /// Decimals of the listed collateral assets by index; the quote, asset 0, is never among them.
    #[pallet::storage]
    pub type CollateralAssets<T: Config> = StorageValue<_, CollateralOf<T::Market>, ValueQuery>;

    /// The state of each feed on which something is listed: the last accepted price or smile, and
    /// whether the feed is halted.
    #[pallet::storage]
    pub type Feeds<T: Config> = StorageValue<_, FeedsOf<T::Market>, ValueQuery>;

    /// The settlement of each expiry on which something is listed, from the beginning of its
    /// window.
    #[pallet::storage]
    pub type Settlements<T: Config> = StorageMap<_, Twox64Concat, Expiry, Settlement, ValueQuery>;

    /// Number of the latest snapshot; 0 before the first.
    #[pallet::storage]
    pub type LatestNumber<T: Config> = StorageValue<_, SnapshotNumber, ValueQuery>;

    /// The latest `RetainedSnapshots` snapshots by number.
    #[pallet::storage]
    pub type Snapshots<T: Config> =
        StorageMap<_, Twox64Concat, SnapshotNumber, BoundedSnapshot<T::Market>, OptionQuery>;

    /// The data that settlement needs of each of them.
    #[pallet::storage]
    pub type Records<T: Config> =
        StorageMap<_, Twox64Concat, SnapshotNumber, SnapshotRecord<T::Market>, OptionQuery>;

    /// The events of the pallet.
    #[pallet::event]
    #[pallet::generate_deposit(pub(super) fn deposit_event)]
    pub enum Event<T: Config> {
        /// An instrument was listed.
        InstrumentListed {
            /// The listing.
            listing: Listing,
        },
        /// An instrument was delisted; its slot is empty from the next snapshot on.
        InstrumentDelisted {
            /// Its slot.
            slot: Slot,
        },
        /// An instrument was halted, so that its positions may only be reduced, or trades again,
        /// from the next snapshot on.
        InstrumentHaltSet {
            /// Its slot.
            slot: Slot,
            /// True if it is halted.
            halted: bool,
        },
        /// A collateral asset was listed.
        CollateralListed {
            /// Its index and decimals.
            collateral: Collateral,
        },
        /// A collateral asset was delisted; it weighs nothing from the next snapshot on.
        CollateralDelisted {
            /// Its index.
            asset: u8,
        },
        /// The admin expects the next price of a feed in a range, however far it is from the last.
        RangeExpected {
            /// The feed.
            feed: Feed,
            /// The range.
            range: PriceRange,
        },
        /// A value was not accepted: the last one stays, and nothing on the feed trades.
        MarketHalted {
            /// The feed.
            feed: Feed,
            /// The reason.
            reason: HaltReason,
        },
        /// A halted feed has an acceptable price again.
        MarketResumed {
            /// The feed.
            feed: Feed,
        },
        /// Options expired.
        ExpirySettled {
            /// Their expiry.
            expiry: Expiry,
            /// Their settlement price, the average index price: quote units per whole unit, 32
            /// fraction bits.
            price: IndexPrice,
        },
        /// The accepted price is further from that of the last snapshot than the jump limit allows.
        /// Marks are computed from another price, and the instruments on it are suspended. There is
        /// one such event for each snapshot with a mark that is held back.
        MarkHeldBack {
            /// The underlying's index price, or a forward.
            feed: Feed,
            /// The price that marks are computed from: quote units per whole unit, 32 fraction
            /// bits.
            price: IndexPrice,
            /// The accepted price.
            accepted: IndexPrice,
        },
        /// An option could not be valued at the values in force. Its last row stays, suspended, and
        /// it does not trade.
        OptionNotValued {
            /// Its slot.
            slot: Slot,
        },
        /// A snapshot was taken.
        SnapshotTaken {
            /// Its number, counting from 1.
            number: SnapshotNumber,
            /// Its hash.
            hash: FieldBytes,
            /// Version of the policy with which it was computed.
            policy_version: u32,
        },
        /// A snapshot was due but not taken.
        SnapshotNotTaken {
            /// The reason.
            reason: NotTaken,
        },
    }

    /// The reasons for which a call is refused.
    #[pallet::error]
    pub enum Error<T> {
        /// `slot`: beyond the market's instrument slots; choose one below M.
        NoSuchSlot,
        /// `slot`: belongs to another underlying; choose one of `u·M/U` to `(u+1)·M/U − 1` for
        /// underlying `u`.
        SlotOfOtherUnderlying,
        /// `slot`: occupied; delist its instrument first or choose another.
        SlotTaken,
        /// `slot`: no instrument is listed in it.
        SlotEmpty,
        /// `symbol`: give 1 to 16 bytes of UTF-8.
        InvalidSymbol,
        /// `units_per_lot`: the mark at the index price would be 0 or at least 2^62; choose another
        /// lot.
        MarkOutOfRange,
        /// The oracle has no acceptable price, or for an option no forward or smile; feed them
        /// first, then list.
        NoIndexPrice,
        /// `expiry`: must be further away than `TradingEndsBefore`, and at most five years.
        ExpiryOutOfBounds,
        /// `strike`: must be positive, below 2^95, and worth less than 2^62 per lot.
        StrikeOutOfBounds,
        /// The instrument still trades; halt it first, and delist it once no venue holds positions
        /// in it.
        NotHalted,
        /// A venue still holds positions in the instrument; delist it once they are closed.
        PositionsLeft,
        /// `asset`: must be 1 to K − 1; asset 0 is the quote and always weighs one.
        NoSuchAsset,
        /// `asset`: listed already; delist it first to change its decimals.
        AssetTaken,
        /// `asset`: not listed.
        AssetNotListed,
        /// `decimals`: must be at most 18.
        DecimalsOutOfBounds,
        /// `feed`: nothing is listed on it.
        NoSuchFeed,
        /// `low`, `high`: needs 0 < low ≤ high < 2^95.
        InvalidRange,
        /// No risk policy is set; set one first.
        NoPolicy,
    }

    /// The listings at genesis.
    #[pallet::genesis_config]
    #[derive(frame_support::DefaultNoBound)]
    pub struct GenesisConfig<T: Config> {
        /// Instruments.
        pub instruments: Vec<Listing>,
        /// Collateral assets other than the quote.
        pub collateral: Vec<Collateral>,
        #[doc(hidden)]
        #[serde(skip)]
        pub _config: PhantomData<T>,
    }

    #[pallet::genesis_build]
    impl<T: Config> BuildGenesisConfig for GenesisConfig<T> {
        fn build(&self) {
            Pallet::<T>::list_genesis(&self.instruments, &self.collateral);
        }
    }

    #[pallet::hooks]
    impl<T: Config> Hooks<BlockNumberFor<T>> for Pallet<T> {
        /// Reserves the weight of `on_finalize`.
        fn on_initialize(block: BlockNumberFor<T>) -> Weight {
            if Self::is_due(block) {
                // The benchmark has no expired instruments. For each slot, the open interest of an
                // expired one is read.
                let slots = T::Market::get().instruments.into();
                T::WeightInfo::take_snapshot()
                    .saturating_add(T::DbWeight::get().reads(slots))
                    .saturating_add(T::Policy::advance_weight())
            } else {
                Weight::zero()
            }
        }

        /// Takes the snapshot at the end of the block, when the block's time and its oracle feeds
        /// are known.
        fn on_finalize(block: BlockNumberFor<T>) {
            if Self::is_due(block) {
                Self::take_snapshot();
            }
        }

        fn integrity_test() {
            assert!(
                T::RetainedSnapshots::get() >= 2,
                "RetainedSnapshots: settlement needs the next one too"
            );
            assert!(
                T::MaxPriceAge::get() > Millis::ZERO,
                "MaxPriceAge: no price would ever be fresh"
            );
            assert!(
                T::MaxDeviation::get() > Rate::new(0),
                "MaxDeviation: no price could ever move"
            );
            assert!(
                T::MaxAverageDeviation::get() >= T::MaxDeviation::get(),
                "MaxAverageDeviation: a price that held for long could not move by MaxDeviation"
            );
            assert!(
                (1..1 << 32).contains(&T::AverageWindow::get().get()),
                "AverageWindow: must be 1 to 2^32 - 1"
            );
            assert!(
                T::MaxVolatilityStep::get() > Rate::new(0),
                "MaxVolatilityStep: no smile could ever move"
            );
            assert!(
                (1..=1 << 32).contains(&T::SettlementWindow::get().get()),
                "SettlementWindow: the average's sum must fit 128 bits"
            );
            assert!(
                T::Market::get().assets <= 256,
                "Market: an asset index is one byte"
            );
        }

        #[cfg(feature = "try-runtime")]
        fn try_state(_n: BlockNumberFor<T>) -> Result<(), sp_runtime::TryRuntimeError> {
            Self::check_state().map_err(Into::into)
        }
    }

    #[pallet::call(weight(T::WeightInfo))]
    impl<T: Config> Pallet<T> {
        /// Lists an instrument in an empty slot of its underlying, from the next snapshot on.
        ///
        /// Origin: `AdminOrigin`. Once snapshots are taken, the oracle must have an acceptable
        /// price of the underlying, so that a listing cannot stop them.
        #[pallet::call_index(0)]
        pub fn list_instrument(origin: OriginFor<T>, listing: Listing) -> DispatchResult {
            T::AdminOrigin::ensure_origin(origin)?;
            Self::list(listing.clone())?;
            Self::require_price(&listing)?;
            Self::deposit_event(Event::InstrumentListed { listing });
            Ok(())
        }

        /// Delists a halted instrument: its slot's row is zero from the next snapshot on.
        ///
        /// Origin: `AdminOrigin`. Refused while a venue holds positions in the instrument.
        #[pallet::call_index(1)]
        pub fn delist_instrument(origin: OriginFor<T>, slot: Slot) -> DispatchResult {
            T::AdminOrigin::ensure_origin(origin)?;
            Self::delist(slot)?;
            Self::deposit_event(Event::InstrumentDelisted { slot });
            Ok(())
        }

        /// Halts an instrument, or lets it trade again, from the next snapshot on. While it is
        /// halted, its positions may only be reduced: holders can still close them, and accounts
        /// that fall below maintenance margin are still liquidated.
        ///
        /// Origin: `AdminOrigin`; `EmergencyOrigin` may halt it as well.
        #[pallet::call_index(2)]
        pub fn set_halted(origin: OriginFor<T>, slot: Slot, halted: bool) -> DispatchResult {
            if let Err(origin) = T::AdminOrigin::try_origin(origin) {
                ensure!(halted, DispatchError::BadOrigin);
                T::EmergencyOrigin::ensure_origin(origin)?;
            }
            Instruments::<T>::try_mutate(|instruments| {
                instruments
                    .get_mut(&slot)
                    .ok_or(Error::<T>::SlotEmpty)?
                    .halted = halted;
                Ok::<_, Error<T>>(())
            })?;
            Self::deposit_event(Event::InstrumentHaltSet { slot, halted });
            Ok(())
        }

        /// Lists a collateral asset; it weighs nothing until a price of it is accepted.
        ///
        /// Origin: `AdminOrigin`.
        #[pallet::call_index(3)]
        pub fn list_collateral(origin: OriginFor<T>, collateral: Collateral) -> DispatchResult {
            T::AdminOrigin::ensure_origin(origin)?;
            Self::list_asset(collateral)?;
            Self::deposit_event(Event::CollateralListed { collateral });
            Ok(())
        }

        /// Delists a collateral asset: it weighs nothing from the next snapshot on.
        ///
        /// Origin: `AdminOrigin`.
        #[pallet::call_index(4)]
        pub fn delist_collateral(origin: OriginFor<T>, asset: u8) -> DispatchResult {
            T::AdminOrigin::ensure_origin(origin)?;
            CollateralAssets::<T>::try_mutate(|assets| {
                assets.remove(&asset).ok_or(Error::<T>::AssetNotListed)
            })?;
            Feeds::<T>::mutate(|feeds| feeds.remove(&Feed::Asset(asset)));
            Self::deposit_event(Event::CollateralDelisted { asset });
            Ok(())
        }

        /// Lets the next fresh price of a feed be accepted if it lies in `low..=high`, however far
        /// it is from the last. This ends a halt by deviation when the market really moved. Any
        /// accepted price ends the expectation. Marks follow the price by at most the policy's jump
        /// limit per snapshot.
        ///
        /// Origin: `AdminOrigin`. Prices are quote units per whole unit, 32 fraction bits.
        #[pallet::call_index(5)]
        pub fn accept_range(
            origin: OriginFor<T>,
            feed: Feed,
            #[pallet::compact] low: IndexPrice,
            #[pallet::compact] high: IndexPrice,
        ) -> DispatchResult {
            T::AdminOrigin::ensure_origin(origin)?;
            let range = PriceRange { low, high };
            Self::expect_range(feed, range)?;
            Self::deposit_event(Event::RangeExpected { feed, range });
            Ok(())
        }
    }

    #[pallet::view_functions]
    impl<T: Config> Pallet<T> {
        /// Returns all listed instruments, by slot.
        pub fn instruments() -> Vec<Instrument> {
            Instruments::<T>::get().values().cloned().collect()
        }

        /// Returns all expiries on which options are listed, by underlying and time.
        pub fn expiries() -> Vec<ExpiryView> {
            let listed = feeds::Listed::<T::Market>::read::<T>();
            listed.expiries().into_iter().map(Self::view).collect()
        }

        /// Returns all listed collateral assets.
        pub fn collateral() -> Vec<Collateral> {
            CollateralAssets::<T>::get()
                .iter()
                .map(|(asset, decimals)| Collateral {
                    asset: *asset,
                    decimals: *decimals,
                })
                .collect()
        }

        /// Returns the last accepted smile of an expiry.
        pub fn smile(expiry: Expiry) -> Option<Smile> {
            Self::feed_state(&Feed::Volatility(expiry)).smile
        }

        /// Returns the settlement of an expiry. The price is set once the expiry has passed.
        pub fn settlement(expiry: Expiry) -> Settlement {
            Settlements::<T>::get(expiry)
        }

        /// Returns the last accepted level and the halt of a feed.
        pub fn feed(feed: Feed) -> FeedState {
            Self::feed_state(&feed)
        }

        /// Returns every feed on which something is listed, with its last accepted level and halt.
        pub fn listed_feeds() -> Vec<(Feed, FeedState)> {
            let listed = feeds::Listed::<T::Market>::read::<T>();
            Self::listed_states(&listed)
        }

        /// Returns the snapshot with that number, while it is kept.
        pub fn snapshot(number: SnapshotNumber) -> Option<Snapshot> {
            Snapshots::<T>::get(number).map(BoundedSnapshot::into_inner)
        }

        /// Returns the data that settlement checks a batch on that snapshot against, while it is
        /// kept.
        pub fn snapshot_info(number: SnapshotNumber) -> Option<SnapshotInfo> {
            Self::info(number)
        }

        /// Returns the latest snapshot and its hash.
        pub fn latest_snapshot() -> Option<(Snapshot, FieldBytes)> {
            let number = LatestNumber::<T>::get();
            Some((Self::snapshot(number)?, Records::<T>::get(number)?.hash))
        }

        /// Returns the reason for which no snapshot is taken; `None` if the next one will be taken.
        pub fn why_no_snapshot() -> Option<NotTaken> {
            Self::not_ready()
        }
    }
}
