//! What may be listed, and the calls' logic around it.

use crate::{
    feeds::Listed, types::*, CollateralAssets, Config, Error, Feeds, Instruments, LatestNumber,
    Pallet,
};
use clearproof_primitives::policy::{mark_price, INDEX_PRICE_BITS, MAX_DECIMALS};
use frame_support::{ensure, pallet_prelude::Get, traits::Time};

impl<T: Config> Pallet<T> {
    /// Puts an instrument in its slot.
    pub(crate) fn list(listing: Listing) -> Result<(), Error<T>> {
        let (market, slot) = (T::Market::get(), listing.slot);
        ensure!(slot < market.instruments, Error::<T>::NoSuchSlot);
        let underlying = market.underlying_of(slot as usize);
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

    /// Requires that a newly listed instrument has a mark if snapshots are being taken; gets the first price of its
    /// underlying from the oracle if need be.
    pub(crate) fn require_price(listing: &Listing) -> Result<(), Error<T>> {
        let feed = Feed::Underlying(listing.underlying);
        let mut state = Feeds::<T>::get(feed);
        if state.accepted.is_none() {
            if LatestNumber::<T>::get() == 0 {
                return Ok(());
            }
            let policy =
                pallet_clearproof_risk_policy::Pallet::<T>::policy().ok_or(Error::<T>::NoPolicy)?;
            let listed = Listed::<T::Market>::read::<T>();
            state = Self::refresh(feed, T::Time::now(), &listed, &policy);
        }
        match state {
            FeedState {
                accepted: Some(price),
                ..
            } => {
                mark_price(price.value, listing.units_per_lot)
                    .map_err(|_| Error::<T>::MarkOutOfRange)?;
                Ok(())
            }
            FeedState {
                halt: Some(HaltReason::OutOfRange),
                ..
            } => Err(Error::<T>::MarkOutOfRange),
            _ => Err(Error::<T>::NoIndexPrice),
        }
    }

    /// Empties the slot of a halted instrument; forgets the price of an underlying that nothing is left on.
    pub(crate) fn delist(slot: u16) -> Result<(), Error<T>> {
        let mut listed = Listed::<T::Market>::read::<T>();
        let instrument = listed
            .instruments
            .remove(&slot)
            .ok_or(Error::<T>::SlotEmpty)?;
        ensure!(instrument.halted, Error::<T>::NotHalted);
        let underlying = instrument.listing.underlying;
        if listed.on_underlying(underlying).next().is_none() {
            Feeds::<T>::remove(Feed::Underlying(underlying));
        }
        Instruments::<T>::put(listed.instruments);
        Ok(())
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

    /// Notes the range that the next price of a feed is expected in.
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
        Feeds::<T>::mutate(feed, |state| state.expected = Some(range));
        Ok(())
    }
}
