//! The rules of listings, and the logic of the calls around them.

use crate::{
    CollateralAssets, Config, Error, Event, Feeds, Instruments, LatestNumber, Pallet, Settlements,
    feeds::Listed, types::*,
};
use alloc::vec::Vec;
use clearproof_primitives::{
    fixed::INDEX_PRICE_BITS,
    ids::{Slot, SnapshotNumber},
    options::YEAR_MS,
    policy::MAX_DECIMALS,
    rows::mark_price,
    time::Millis,
};
use frame_support::{ensure, pallet_prelude::Get};

/// Largest time before its expiry at which an option may be listed, milliseconds.
const LONGEST_OPTION: Millis = Millis::new(5 * YEAR_MS.get());

impl<T: Config> Pallet<T> {
    /// Lists the instruments and collateral of the genesis.
    ///
    /// # Panics
    /// If a listing is refused, with the listing and the reason: such a chain must not start.
    pub(crate) fn list_genesis(instruments: &[Listing], collateral: &[Collateral]) {
        for listing in instruments {
            let listed = Self::list(listing.clone());
            assert!(
                listed.is_ok(),
                "genesis: marketData.instruments: {listing:?}: {listed:?}"
            );
        }
        for collateral in collateral {
            let listed = Self::list_asset(*collateral);
            assert!(
                listed.is_ok(),
                "genesis: marketData.collateral: {collateral:?}: {listed:?}"
            );
        }
    }

    /// Puts an instrument in its slot.
    pub(crate) fn list(listing: Listing) -> Result<(), Error<T>> {
        let (market, slot) = (T::Market::get(), listing.slot);
        ensure!(slot.get() < market.instruments, Error::<T>::NoSuchSlot);
        let underlying = market.underlying_of(slot);
        ensure!(
            underlying == listing.underlying as usize,
            Error::<T>::SlotOfOtherUnderlying
        );
        ensure!(listing.units_per_lot > 0, Error::<T>::MarkOutOfRange);
        let text = core::str::from_utf8(&listing.symbol);
        ensure!(
            text.is_ok_and(|text| !text.is_empty()),
            Error::<T>::InvalidSymbol
        );
        if let InstrumentKind::Option(terms) = &listing.kind {
            Self::check_terms(terms, listing.units_per_lot)?;
        }
        Instruments::<T>::try_mutate(|instruments| {
            ensure!(!instruments.contains_key(&slot), Error::<T>::SlotTaken);
            let instrument = Instrument {
                listing,
                halted: false,
            };
            instruments
                .try_insert(slot, instrument)
                .map_err(|_| Error::<T>::NoSuchSlot)?;
            Ok(())
        })
    }

    fn check_terms(terms: &OptionTerms, units_per_lot: u64) -> Result<(), Error<T>> {
        let strike =
            terms.strike < 1 << INDEX_PRICE_BITS && mark_price(terms.strike, units_per_lot).is_ok();
        ensure!(strike, Error::<T>::StrikeOutOfBounds);
        // The genesis has no time: its options expire at fixed dates.
        let now = Self::now();
        // An option that would never trade would only occupy a slot.
        let earliest = now.saturating_add(T::TradingEndsBefore::get());
        let latest = now.saturating_add(LONGEST_OPTION);
        ensure!(
            now == Millis::ZERO || (earliest..=latest).contains(&terms.expiry),
            Error::<T>::ExpiryOutOfBounds
        );
        Ok(())
    }

    /// Requires that a newly listed instrument has a mark if snapshots are being taken. Reads the
    /// first values that it needs from the oracle if none is accepted yet.
    pub(crate) fn require_price(listing: &Listing) -> Result<(), Error<T>> {
        let forward = listing.expiry().map(Feed::Forward);
        let smile = listing.expiry().map(Feed::Volatility);
        let underlying = Feed::Underlying(listing.underlying);
        for feed in [Some(underlying), forward, smile].into_iter().flatten() {
            let Some(state) = Self::first_state(feed)? else {
                return Ok(());
            };
            if matches!(feed, Feed::Volatility(_)) {
                continue;
            }
            // A mark that is held back moves from one of these prices to the other. If both fit,
            // all prices between them do.
            let accepted = state.accepted.map(|level| level.value);
            for price in [accepted, state.marked].into_iter().flatten() {
                mark_price(price, listing.units_per_lot).map_err(|_| Error::<T>::MarkOutOfRange)?;
            }
        }
        Ok(())
    }

    /// Returns the state of a feed with an accepted level, which is read from the oracle now if it
    /// has none. Returns `None` as long as no snapshots are taken.
    fn first_state(feed: Feed) -> Result<Option<FeedState>, Error<T>> {
        let mut state = Self::feed_state(&feed);
        if state.accepted.is_none() {
            if LatestNumber::<T>::get() == SnapshotNumber::default() {
                return Ok(None);
            }
            let policy = T::Policy::policy().ok_or(Error::<T>::NoPolicy)?;
            let listed = Listed::<T::Market>::read::<T>();
            state = Self::refreshed(feed, state, Self::now(), &listed, &policy);
            Self::remember(&[(feed, state)].into());
        }
        match state {
            FeedState {
                accepted: Some(_), ..
            } => Ok(Some(state)),
            FeedState {
                halt: Some(HaltReason::OutOfRange),
                ..
            } => Err(Error::<T>::MarkOutOfRange),
            _ => Err(Error::<T>::NoIndexPrice),
        }
    }

    /// Empties the slot of a halted instrument in which no venue holds positions.
    pub(crate) fn delist(slot: Slot) -> Result<(), Error<T>> {
        let instruments = Instruments::<T>::get();
        let instrument = instruments.get(&slot).ok_or(Error::<T>::SlotEmpty)?;
        ensure!(instrument.halted, Error::<T>::NotHalted);
        ensure!(!T::OpenInterest::any(slot), Error::<T>::PositionsLeft);
        Self::free(slot);
        Ok(())
    }

    /// Empties the slots of options that expired long enough ago and in which no venue holds
    /// positions.
    pub(crate) fn free_expired(now: Millis) {
        let instruments = Instruments::<T>::get();
        let over = instruments.iter().filter(|(slot, instrument)| {
            let freed_at = instrument
                .listing
                .expiry()
                .map(|expiry| expiry.time.saturating_add(T::FreedAfter::get()));
            freed_at.is_some_and(|time| time <= now) && !T::OpenInterest::any(**slot)
        });
        let over: Vec<Slot> = over.map(|(slot, _)| *slot).collect();
        for slot in over {
            Self::free(slot);
            Self::deposit_event(Event::InstrumentDelisted { slot });
        }
    }

    /// Empties a slot, and forgets the feeds and expiries on which nothing is listed any more.
    fn free(slot: Slot) {
        let mut listed = Listed::<T::Market>::read::<T>();
        let Some(instrument) = listed.instruments.remove(&slot) else {
            return;
        };
        let listing = instrument.listing;
        let gone = listing.expiry().filter(|e| !listed.expiries().contains(e));
        Feeds::<T>::mutate(|feeds| {
            if listed.on_underlying(listing.underlying).next().is_none() {
                feeds.remove(&Feed::Underlying(listing.underlying));
            }
            if let Some(expiry) = gone {
                feeds.remove(&Feed::Forward(expiry));
                feeds.remove(&Feed::Volatility(expiry));
            }
        });
        if let Some(expiry) = gone {
            Settlements::<T>::remove(expiry);
        }
        Instruments::<T>::put(listed.instruments);
    }

    /// Lists a collateral asset.
    pub(crate) fn list_asset(collateral: Collateral) -> Result<(), Error<T>> {
        let Collateral { asset, decimals } = collateral;
        ensure!(
            asset > 0 && (asset as u16) < T::Market::get().assets,
            Error::<T>::NoSuchAsset
        );
        ensure!(decimals <= MAX_DECIMALS, Error::<T>::DecimalsOutOfBounds);
        CollateralAssets::<T>::try_mutate(|assets| {
            ensure!(!assets.contains_key(&asset), Error::<T>::AssetTaken);
            assets
                .try_insert(asset, decimals)
                .map_err(|_| Error::<T>::NoSuchAsset)?;
            Ok(())
        })
    }

    /// Stores the range in which the next price of a feed is expected.
    pub(crate) fn expect_range(feed: Feed, range: PriceRange) -> Result<(), Error<T>> {
        let PriceRange { low, high } = range;
        ensure!(
            low > 0 && low <= high && high < 1 << INDEX_PRICE_BITS,
            Error::<T>::InvalidRange
        );
        ensure!(
            Listed::<T::Market>::read::<T>().feeds().any(|f| f == feed),
            Error::<T>::NoSuchFeed
        );
        let state = FeedState {
            expected: Some(range),
            ..Self::feed_state(&feed)
        };
        Self::remember(&[(feed, state)].into());
        Ok(())
    }
}
