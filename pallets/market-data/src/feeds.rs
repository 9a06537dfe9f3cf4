//! The acceptance of the oracle's values.

use crate::{
    AssetCount, CollateralAssets, Config, Event, FeedCount, Feeds, Instruments, Pallet, SlotCount,
    averages::{AverageBound, average_after, is_averaged},
    marks::FeedStates,
    types::*,
};
use alloc::{collections::BTreeSet, vec::Vec};
use clearproof_primitives::{
    fixed::{INDEX_PRICE_BITS, IndexPrice, Rate},
    ids::Slot,
    options::MAX_VOLATILITY,
    policy::Policy,
    rows::{Smile, mark_price},
    shape::MarketShape,
    time::Millis,
};
use frame_support::{BoundedBTreeMap, pallet_prelude::Get};

/// Instruments by slot.
pub type InstrumentsOf<M> = BoundedBTreeMap<Slot, Instrument, SlotCount<M>>;
/// Decimals of the collateral assets by index.
pub type CollateralOf<M> = BoundedBTreeMap<u8, u8, AssetCount<M>>;

/// The state of each feed. All states are in one storage item: a snapshot reads and writes every
/// one of them, and database accesses cost it most.
pub type FeedsOf<M> = BoundedBTreeMap<Feed, FeedState, FeedCount<M>>;

/// The listings.
pub(crate) struct Listed<M> {
    pub instruments: InstrumentsOf<M>,
    pub collateral: CollateralOf<M>,
}

impl<M: Get<MarketShape> + 'static> Listed<M> {
    /// Reads the present listings.
    pub fn read<T: Config<Market = M>>() -> Self {
        Self {
            instruments: Instruments::<T>::get(),
            collateral: CollateralAssets::<T>::get(),
        }
    }

    /// The feeds on which something is listed, each once.
    pub fn feeds(&self) -> impl Iterator<Item = Feed> + '_ {
        let underlyings =
            (0..M::get().underlyings).filter(|u| self.on_underlying(*u).next().is_some());
        let of_expiry = |expiry| [Feed::Forward(expiry), Feed::Volatility(expiry)];
        underlyings
            .map(Feed::Underlying)
            .chain(self.collateral.keys().map(|asset| Feed::Asset(*asset)))
            .chain(self.expiries().into_iter().flat_map(of_expiry))
    }

    /// The expiries of all listed options, each once.
    pub fn expiries(&self) -> BTreeSet<Expiry> {
        let expiries = self.instruments.values().map(|i| i.listing.expiry());
        expiries.flatten().collect()
    }

    /// The instruments on an underlying.
    pub fn on_underlying(&self, underlying: u16) -> impl Iterator<Item = &Instrument> {
        self.instruments
            .values()
            .filter(move |i| i.listing.underlying == underlying)
    }

    /// Returns true if every mark and weight that follows from the price is within its bits.
    fn fits(&self, feed: Feed, price: IndexPrice, policy: &Policy) -> bool {
        if price == 0 || price >= 1 << INDEX_PRICE_BITS {
            return false;
        }
        let marks_fit = |concerned: &dyn Fn(&Listing) -> bool| {
            let mut listings = self.instruments.values().map(|i| &i.listing);
            listings.all(|l| !concerned(l) || mark_price(price, l.units_per_lot).is_ok())
        };
        match feed {
            Feed::Underlying(u) => marks_fit(&|listing| listing.underlying == u),
            Feed::Forward(e) => marks_fit(&|listing| listing.expiry() == Some(e)),
            Feed::Volatility(_) => price <= MAX_VOLATILITY.into(),
            Feed::Asset(asset) => {
                let decimals = self.collateral.get(&asset).copied().unwrap_or_default();
                policy
                    .collateral_weight(asset as usize, price, decimals)
                    .is_ok()
            }
        }
    }
}

/// The bounds of acceptable values at a time.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bounds {
    /// Milliseconds since the Unix epoch.
    pub now: Millis,
    /// Largest age in milliseconds.
    pub max_age: Millis,
    /// Largest distance of a level from the last accepted one, as a fraction of 2^32 of that.
    pub max_step: Rate,
    /// Largest distance of a price from its average.
    pub average: AverageBound,
}

/// The accepted value of a feed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Reading {
    /// The level.
    pub level: TimedPrice,
    /// The smile behind a volatility.
    pub smile: Option<Smile>,
    /// The time-weighted average of a price from now on.
    pub average: Option<TimedPrice>,
}

/// Returns the level of an observation and, for a volatility, the smile behind it.
fn reading(
    feed: &Feed,
    observation: &Observation,
) -> Result<(IndexPrice, Option<Smile>), HaltReason> {
    match (feed, observation.value) {
        (Feed::Volatility(expiry), FeedValue::Curve(curve)) => {
            curve.check().map_err(HaltReason::Curve)?;
            let smile = Smile {
                curve,
                fed_at: observation.timestamp,
            };
            let level = smile.at_forward(expiry.time);
            let level = level.map_err(|_| HaltReason::OutOfRange)?;
            Ok((level.into(), Some(smile)))
        }
        (Feed::Volatility(_), FeedValue::Price(_)) | (_, FeedValue::Curve(_)) => {
            Err(HaltReason::WrongKind)
        }
        (_, FeedValue::Price(price)) => Ok((price, None)),
    }
}

impl FeedState {
    /// Returns the reading that replaces the accepted level and the smile behind it, or the reason
    /// for which `latest` is refused.
    pub(crate) fn judge(
        &self,
        feed: &Feed,
        latest: Option<Observation>,
        bounds: &Bounds,
        fits: impl FnOnce(IndexPrice) -> bool,
    ) -> Result<Reading, HaltReason> {
        let latest = latest.ok_or(HaltReason::Missing)?;
        if bounds.now.saturating_sub(latest.timestamp) > bounds.max_age {
            return Err(HaltReason::Stale);
        }
        let (value, smile) = reading(feed, &latest)?;
        if !fits(value) {
            return Err(HaltReason::OutOfRange);
        }
        let near = self
            .accepted
            .is_none_or(|last| is_near(last.value, value, bounds.max_step));
        let expected = self
            .expected
            .is_some_and(|range| (range.low..=range.high).contains(&value));
        let average = self.average_at(bounds.now, bounds.average.window);
        let is_steady = |average| is_near(average, value, bounds.average.max_distance);
        if !expected {
            if !near {
                return Err(HaltReason::Deviation);
            }
            if !average.is_none_or(is_steady) {
                return Err(HaltReason::FarFromAverage);
            }
        }
        let average = average_after(average, value, bounds.now, expected);
        Ok(Reading {
            level: TimedPrice {
                value,
                timestamp: latest.timestamp,
            },
            smile,
            average: is_averaged(feed).then_some(average),
        })
    }
}

/// Returns true if `|price − last| ≤ last · rate / 2^32`, computed exactly, for values below 2^95.
fn is_near(last: IndexPrice, price: IndexPrice, rate: Rate) -> bool {
    let distance = price.abs_diff(last).checked_mul(1 << 32);
    distance.is_some_and(|distance| distance <= last.saturating_mul(rate.get() as u128))
}

impl<T: Config> Pallet<T> {
    /// Returns the state of a feed; the default if nothing is listed on it.
    pub(crate) fn feed_state(feed: &Feed) -> FeedState {
        Feeds::<T>::get().get(feed).copied().unwrap_or_default()
    }

    /// Returns the feeds on which something is listed, with their states.
    pub(crate) fn listed_states(listed: &Listed<T::Market>) -> Vec<(Feed, FeedState)> {
        let known = Feeds::<T>::get();
        let state = |feed| (feed, known.get(&feed).copied().unwrap_or_default());
        listed.feeds().map(state).collect()
    }

    /// Stores the states of some feeds.
    pub(crate) fn remember(states: &FeedStates) {
        Feeds::<T>::mutate(|feeds| {
            for (feed, state) in states {
                // There is room for every feed on which something can be listed.
                let _ = feeds.try_insert(*feed, *state);
            }
        });
    }

    /// Returns a feed's state with the oracle's value if that is acceptable; otherwise with the
    /// last value, and halted.
    pub(crate) fn refreshed(
        feed: Feed,
        old: FeedState,
        now: Millis,
        listed: &Listed<T::Market>,
        policy: &Policy,
    ) -> FeedState {
        let fits = |price| listed.fits(feed, price, policy);
        let bounds = Bounds {
            now,
            max_age: T::MaxPriceAge::get(),
            max_step: match feed {
                Feed::Volatility(_) => T::MaxVolatilityStep::get(),
                _ => T::MaxDeviation::get(),
            },
            average: AverageBound {
                window: T::AverageWindow::get(),
                max_distance: T::MaxAverageDeviation::get(),
            },
        };
        let new = match old.judge(&feed, T::Oracle::latest(&feed), &bounds, fits) {
            Ok(Reading {
                level,
                smile,
                average,
            }) => FeedState {
                accepted: Some(level),
                halt: None,
                expected: None,
                average,
                smile,
                ..old
            },
            Err(reason) => FeedState {
                halt: Some(reason),
                ..old
            },
        };
        match new.halt {
            Some(reason) if old.halt != new.halt => {
                Self::deposit_event(Event::MarketHalted { feed, reason });
            }
            None if old.halt.is_some() => Self::deposit_event(Event::MarketResumed { feed }),
            _ => {}
        }
        new
    }
}
