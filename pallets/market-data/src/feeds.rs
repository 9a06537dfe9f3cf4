//! Which index prices are accepted.

use crate::{
    types::*, AssetCount, CollateralAssets, Config, Event, Feeds, Instruments, Pallet, SlotCount,
};
use clearproof_primitives::{
    policy::{mark_price, IndexPrice, Policy, INDEX_PRICE_BITS},
    shape::MarketShape,
};
use frame_support::{pallet_prelude::Get, BoundedBTreeMap};

/// Instruments by slot.
pub type InstrumentsOf<M> = BoundedBTreeMap<u16, Instrument, SlotCount<M>>;
/// Decimals of the collateral assets by index.
pub type CollateralOf<M> = BoundedBTreeMap<u8, u8, AssetCount<M>>;

/// All that is listed.
pub(crate) struct Listed<M> {
    pub instruments: InstrumentsOf<M>,
    pub collateral: CollateralOf<M>,
}

impl<M: Get<MarketShape> + 'static> Listed<M> {
    /// Everything that is listed now.
    pub fn read<T: Config<Market = M>>() -> Self {
        Self {
            instruments: Instruments::<T>::get(),
            collateral: CollateralAssets::<T>::get(),
        }
    }

    /// The feeds that snapshots need, each once.
    pub fn feeds(&self) -> impl Iterator<Item = Feed> + '_ {
        let underlyings =
            (0..M::get().underlyings).filter(|u| self.on_underlying(*u).next().is_some());
        underlyings
            .map(Feed::Underlying)
            .chain(self.collateral.keys().map(|asset| Feed::Asset(*asset)))
    }

    /// The instruments on an underlying.
    pub fn on_underlying(&self, underlying: u16) -> impl Iterator<Item = &Instrument> {
        self.instruments
            .values()
            .filter(move |i| i.listing.underlying == underlying)
    }

    /// True if every mark and weight that follows from the price is within its bits.
    fn fits(&self, feed: Feed, price: IndexPrice, policy: &Policy) -> bool {
        if price == 0 || price >= 1 << INDEX_PRICE_BITS {
            return false;
        }
        match feed {
            Feed::Underlying(u) => self
                .on_underlying(u)
                .all(|i| mark_price(price, i.listing.units_per_lot).is_ok()),
            Feed::Asset(asset) => {
                let decimals = self.collateral.get(&asset).copied().unwrap_or_default();
                policy
                    .collateral_weight(asset as usize, price, decimals)
                    .is_ok()
            }
        }
    }
}

impl FeedState {
    /// Whether `latest` may replace the accepted price.
    pub(crate) fn judge(
        &self,
        latest: Option<TimedPrice>,
        now: u64,
        max_age: u64,
        max_deviation: u32,
        fits: impl FnOnce(IndexPrice) -> bool,
    ) -> Result<TimedPrice, HaltReason> {
        let latest = latest.ok_or(HaltReason::Missing)?;
        if now.saturating_sub(latest.timestamp) > max_age {
            return Err(HaltReason::Stale);
        }
        if !fits(latest.value) {
            return Err(HaltReason::OutOfRange);
        }
        let near = self
            .accepted
            .is_none_or(|last| is_near(last.value, latest.value, max_deviation));
        let expected = self
            .expected
            .is_some_and(|range| (range.low..=range.high).contains(&latest.value));
        if near || expected {
            Ok(latest)
        } else {
            Err(HaltReason::Deviation)
        }
    }
}

/// `|price − last| ≤ last · rate / 2^32`, exactly, for values below 2^95.
fn is_near(last: IndexPrice, price: IndexPrice, rate: u32) -> bool {
    let distance = price.abs_diff(last).checked_mul(1 << 32);
    distance.is_some_and(|distance| distance <= last.saturating_mul(rate as u128))
}

impl<T: Config> Pallet<T> {
    /// Takes over the oracle's price of a feed if it is acceptable; otherwise keeps the last one and halts the feed.
    pub(crate) fn refresh(
        feed: Feed,
        now: u64,
        listed: &Listed<T::Market>,
        policy: &Policy,
    ) -> FeedState {
        let old = Feeds::<T>::get(feed);
        let fits = |price| listed.fits(feed, price, policy);
        let latest = T::IndexPrices::latest(&feed);
        let new = match old.judge(
            latest,
            now,
            T::MaxPriceAge::get(),
            T::MaxDeviation::get(),
            fits,
        ) {
            Ok(price) => FeedState {
                accepted: Some(price),
                halt: None,
                expected: None,
            },
            Err(reason) => FeedState {
                halt: Some(reason),
                ..old
            },
        };
        match new.halt {
            Some(reason) if old.halt != new.halt => {
                Self::deposit_event(Event::MarketHalted { feed, reason })
            }
            None if old.halt.is_some() => Self::deposit_event(Event::MarketResumed { feed }),
            _ => {}
        }
        if new != old {
            Feeds::<T>::insert(feed, new);
        }
        new
    }
}
