//! Instruments, index prices, and the snapshots that proofs are bound to.
//!
//! Every `SnapshotInterval` blocks, once the block's time is known, the pallet asks the oracle for the index price
//! of each underlying and each collateral asset, and for the forward price and the volatility smile of each expiry. It
//! accepts those that are fresh, near the last accepted one and within range, and writes down a
//! [`Snapshot`](clearproof_primitives::snapshot::Snapshot) under the risk policy then in force. A value that is not
//! accepted leaves the last one in place and halts its feed: margin still exists, but what depends on it does not trade
//! ([`SnapshotInfo::marks`] is 0 there) until a value is accepted.
//!
//! From one snapshot to the next the price that marks are computed from moves by the policy's jump limit at most. Where the accepted
//! one is further away it is held back, for as many snapshots as it takes: the rows of all instruments on it are suspended, which
//! leaves nothing but the reduction of positions, inside the band around the mark that is held back.
//!
//! An option stops trading `TradingEndsBefore` its expiry. It settles at the index price's time-weighted average over
//! the `SettlementWindow` before it: from then on its mark is its intrinsic value at that price, and carries no risk.
#![cfg_attr(not(feature = "std"), no_std)]
// FRAME's attribute macros expand to qualified paths.
#![allow(unused_qualifications)]
extern crate alloc;

mod averages;
#[cfg(feature = "runtime-benchmarks")]
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
#[frame_support::pallet]
pub mod pallet {
    use super::*;
    use alloc::vec::Vec;
    use clearproof_primitives::{
        field::FieldBytes,
        fixed::{IndexPrice, Rate},
        ids::SnapshotNumber,
        rows::Smile,
        shape::MarketShape,
        snapshot::Snapshot,
    };
    use frame_support::{pallet_prelude::*, traits::Time};
    use frame_system::pallet_prelude::*;

    const STORAGE_VERSION: StorageVersion = StorageVersion::new(1);

    /// Configuration.
    #[pallet::config]
    pub trait Config: frame_system::Config<RuntimeEvent: From<Event<Self>>> {
        /// Who lists, delists, halts and lets trade again.
        type AdminOrigin: EnsureOrigin<Self::RuntimeOrigin>;
        /// Who halts an instrument besides, and cannot let it trade again.
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
        /// How many snapshots are kept. Lowering it later needs a migration that removes those beyond it.
        #[pallet::constant]
        type RetainedSnapshots: Get<u32>;
        /// Largest age of an acceptable value, in milliseconds.
        #[pallet::constant]
        type MaxPriceAge: Get<u64>;
        /// Largest distance of an acceptable price from the last accepted one, as a fraction of 2^32 of the latter.
        #[pallet::constant]
        type MaxDeviation: Get<Rate>;
        /// Milliseconds in which a feed's time-weighted average follows the accepted price; below 2^32.
        #[pallet::constant]
        type AverageWindow: Get<u64>;
        /// Largest distance of an acceptable price from that average, as a fraction of 2^32 of the average.
        #[pallet::constant]
        type MaxAverageDeviation: Get<Rate>;
        /// The same as `MaxDeviation` for the volatility at the forward of an acceptable smile.
        #[pallet::constant]
        type MaxVolatilityStep: Get<Rate>;
        /// Options stop trading so many milliseconds before they expire: at least the time for which a snapshot may be used.
        #[pallet::constant]
        type TradingEndsBefore: Get<u64>;
        /// The settlement price is the average over so many milliseconds before the expiry.
        #[pallet::constant]
        type SettlementWindow: Get<u64>;
        /// Whether venues hold positions in an instrument.
        type OpenInterest: OpenInterest;
        /// The slot of an expired option is freed so many milliseconds after the expiry, or when the last position is gone: at
        /// least the time that a batch with the last trades in it may take to settle.
        #[pallet::constant]
        type FreedAfter: Get<u64>;
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

    /// What is known of each feed that something is listed on: last accepted price or smile, and whether it is halted.
    #[pallet::storage]
    pub type Feeds<T: Config> = StorageValue<_, FeedsOf<T::Market>, ValueQuery>;

    /// How each expiry that something is listed on is being settled, from when its window begins.
    #[pallet::storage]
    pub type Settlements<T: Config> = StorageMap<_, Twox64Concat, Expiry, Settlement, ValueQuery>;

    /// Number of the latest snapshot; 0 before the first.
    #[pallet::storage]
    pub type LatestNumber<T: Config> = StorageValue<_, SnapshotNumber, ValueQuery>;

    /// The latest `RetainedSnapshots` snapshots by number.
    #[pallet::storage]
    pub type Snapshots<T: Config> =
        StorageMap<_, Twox64Concat, SnapshotNumber, BoundedSnapshot<T::Market>, OptionQuery>;

    /// What settlement needs of each of them.
    #[pallet::storage]
    pub type Records<T: Config> =
        StorageMap<_, Twox64Concat, SnapshotNumber, SnapshotRecord<T::Market>, OptionQuery>;

    /// What happened.
    #[pallet::event]
    #[pallet::generate_deposit(pub(super) fn deposit_event)]
    pub enum Event<T: Config> {
        /// An instrument was listed.
        InstrumentListed {
            /// How.
            listing: Listing,
        },
        /// An instrument was delisted; its slot is empty from the next snapshot on.
        InstrumentDelisted {
            /// Its slot.
            slot: u16,
        },
        /// An instrument was halted, so that its positions only become fewer, or trades again, from the next snapshot on.
        InstrumentHaltSet {
            /// Its slot.
            slot: u16,
            /// Whether it is halted.
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
        /// The admin expects the next price of a feed in a range, however far from the last.
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
            /// Why.
            reason: HaltReason,
        },
        /// A halted feed has an acceptable price again.
        MarketResumed {
            /// The feed.
            feed: Feed,
        },
        /// Options expired: this is what they settle at.
        ExpirySettled {
            /// Their expiry.
            expiry: Expiry,
            /// Average index price, quote units per whole unit, 32 fraction bits.
            price: IndexPrice,
        },
        /// The accepted price is further from the last snapshot's than the jump limit: marks are computed from another one, and the
        /// instruments on it are suspended. Once per snapshot for which that is so.
        MarkHeldBack {
            /// The underlying's index price, or a forward.
            feed: Feed,
            /// What marks are computed from: quote units per whole unit, 32 fraction bits.
            price: IndexPrice,
            /// What was accepted.
            accepted: IndexPrice,
        },
        /// An option could not be valued at the values in force: its last row stays, suspended, and it does not trade.
        OptionNotValued {
            /// Its slot.
            slot: u16,
        },
        /// A snapshot was taken.
        SnapshotTaken {
            /// Its number, counting from 1.
            number: SnapshotNumber,
            /// Its hash.
            hash: FieldBytes,
            /// Version of the policy it was computed with.
            policy_version: u32,
        },
        /// A snapshot was due but not taken.
        SnapshotNotTaken {
            /// Why.
            reason: NotTaken,
        },
    }

    /// Why a call is refused.
    #[pallet::error]
    pub enum Error<T> {
        /// `slot`: beyond the market's instrument slots; choose one below M.
        NoSuchSlot,
        /// `slot`: belongs to another underlying; choose one of `u·M/U` to `(u+1)·M/U − 1` for underlying `u`.
        SlotOfOtherUnderlying,
        /// `slot`: taken; delist its instrument first or choose another.
        SlotTaken,
        /// `slot`: no instrument is listed in it.
        SlotEmpty,
        /// `symbol`: give 1 to 16 bytes of UTF-8.
        InvalidSymbol,
        /// `units_per_lot`: the mark at the index price would be 0 or at least 2^62; choose another lot.
        MarkOutOfRange,
        /// The oracle has no acceptable price, or for an option no forward or smile; feed them first, then list.
        NoIndexPrice,
        /// `expiry`: must be further away than `TradingEndsBefore`, and at most five years.
        ExpiryOutOfBounds,
        /// `strike`: must be positive, below 2^95, and worth less than 2^62 per lot.
        StrikeOutOfBounds,
        /// The instrument still trades; halt it first, and delist it once no venue holds positions in it.
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

    /// What is listed when the chain starts.
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
                // The benchmark has nothing expired: whether anybody holds what has is read for each slot.
                let slots = T::Market::get().instruments.into();
                T::WeightInfo::take_snapshot()
                    .saturating_add(T::DbWeight::get().reads(slots))
                    .saturating_add(T::Policy::advance_weight())
            } else {
                Weight::zero()
            }
        }

        /// Takes the snapshot here, where the block's time and its oracle feeds are known.
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
                T::MaxPriceAge::get() > 0,
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
                (1..1 << 32).contains(&T::AverageWindow::get()),
                "AverageWindow: must be 1 to 2^32 - 1"
            );
            assert!(
                T::MaxVolatilityStep::get() > Rate::new(0),
                "MaxVolatilityStep: no smile could ever move"
            );
            assert!(
                T::SettlementWindow::get() > 0 && T::SettlementWindow::get() <= 1 << 32,
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
        /// Origin: `AdminOrigin`. Once snapshots are taken, the oracle must have an acceptable price of the
        /// underlying, so that a listing cannot stop them.
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
        /// Origin: `AdminOrigin`, who makes sure that no venue still holds positions in it, for the chain cannot see
        /// them: they would be worth nothing.
        #[pallet::call_index(1)]
        pub fn delist_instrument(origin: OriginFor<T>, slot: u16) -> DispatchResult {
            T::AdminOrigin::ensure_origin(origin)?;
            Self::delist(slot)?;
            Self::deposit_event(Event::InstrumentDelisted { slot });
            Ok(())
        }

        /// Halts an instrument, or lets it trade again, from the next snapshot on. While it is halted its positions only become fewer:
        /// who holds one can still close it, and whoever falls below maintenance margin is still liquidated.
        ///
        /// Origin: `AdminOrigin`, or to halt it `EmergencyOrigin`.
        #[pallet::call_index(2)]
        pub fn set_halted(origin: OriginFor<T>, slot: u16, halted: bool) -> DispatchResult {
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

        /// Lets the next fresh price of a feed be accepted if it lies in `low..=high`, however far it is from the last:
        /// the way out of a halt by deviation when the market really moved. Any accepted price ends it. Marks follow it by at most
        /// the policy's jump limit per snapshot.
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
        /// All listed instruments, by slot.
        pub fn instruments() -> Vec<Instrument> {
            Instruments::<T>::get().values().cloned().collect()
        }

        /// All expiries that options are listed on, by underlying and time.
        pub fn expiries() -> Vec<ExpiryView> {
            let listed = feeds::Listed::<T::Market>::read::<T>();
            listed.expiries().into_iter().map(Self::view).collect()
        }

        /// All listed collateral assets.
        pub fn collateral() -> Vec<Collateral> {
            CollateralAssets::<T>::get()
                .iter()
                .map(|(asset, decimals)| Collateral {
                    asset: *asset,
                    decimals: *decimals,
                })
                .collect()
        }

        /// The last accepted smile of an expiry.
        pub fn smile(expiry: Expiry) -> Option<Smile> {
            Self::feed_state(&Feed::Volatility(expiry)).smile
        }

        /// How an expiry is being settled; the price is there once it has passed.
        pub fn settlement(expiry: Expiry) -> Settlement {
            Settlements::<T>::get(expiry)
        }

        /// Last accepted level and halt of a feed.
        pub fn feed(feed: Feed) -> FeedState {
            Self::feed_state(&feed)
        }

        /// Every feed that something is listed on, with its last accepted level and halt.
        pub fn listed_feeds() -> Vec<(Feed, FeedState)> {
            let listed = feeds::Listed::<T::Market>::read::<T>();
            Self::listed_states(&listed)
        }

        /// The snapshot of that number, while it is kept.
        pub fn snapshot(number: SnapshotNumber) -> Option<Snapshot> {
            Snapshots::<T>::get(number).map(BoundedSnapshot::into_inner)
        }

        /// What settlement checks a batch on that snapshot against, while it is kept.
        pub fn snapshot_info(number: SnapshotNumber) -> Option<SnapshotInfo> {
            Self::info(number)
        }

        /// The latest snapshot and its hash.
        pub fn latest_snapshot() -> Option<(Snapshot, FieldBytes)> {
            let number = LatestNumber::<T>::get();
            Some((Self::snapshot(number)?, Records::<T>::get(number)?.hash))
        }

        /// Why no snapshot is taken; none if the next one will be.
        pub fn why_no_snapshot() -> Option<NotTaken> {
            Self::not_ready()
        }
    }
}
