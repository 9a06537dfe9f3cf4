//! The prices that marks are computed from: the accepted prices, held back where they jump.
//!
//! Index prices and forwards are each held back from their own price in the last snapshot. A
//! forward is not moved together with the index price: the two feeds may jump in different
//! snapshots, or one of them may be halted, and a value at one level must not be scaled by the
//! other.

use crate::{Config, Event, Pallet, types::*};
use alloc::collections::BTreeMap;
use clearproof_primitives::{fixed::IndexPrice, policy::Policy, snapshot::SnapshotError};

/// The feeds of a snapshot as they are refreshed.
pub(crate) type FeedStates = BTreeMap<Feed, FeedState>;

/// A price that marks are computed from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct MarkPrice {
    /// Quote units per whole unit, 32 fraction bits.
    pub price: IndexPrice,
    /// True if this is not the accepted price, which is too far from that of the last snapshot. The
    /// mark is unreliable.
    pub held_back: bool,
}

/// The prices that a snapshot's marks are computed from, by underlying and forward.
pub(crate) type MarkPrices = BTreeMap<Feed, MarkPrice>;

/// Returns the underlying whose marks are computed from a feed's price.
pub(crate) fn marked_underlying(feed: &Feed) -> Option<u16> {
    match feed {
        Feed::Underlying(underlying) => Some(*underlying),
        Feed::Forward(expiry) => Some(expiry.underlying),
        Feed::Asset(_) | Feed::Volatility(_) => None,
    }
}

/// Returns the prices that the marks of the next snapshot are computed from.
pub(crate) fn mark_prices(
    states: &FeedStates,
    policy: &Policy,
) -> Result<MarkPrices, SnapshotError> {
    let mut prices = MarkPrices::new();
    for (feed, state) in states {
        let accepted = state.accepted.map(|level| level.value);
        let (Some(underlying), Some(accepted)) = (marked_underlying(feed), accepted) else {
            continue;
        };
        let price = match state.marked {
            None => accepted,
            // While its feed is halted, a mark stays where it is.
            Some(last) if state.halt.is_some() => last,
            Some(last) => policy.held_back(underlying.into(), last, accepted)?.0,
        };
        let held_back = price != accepted;
        prices.insert(*feed, MarkPrice { price, held_back });
    }
    Ok(prices)
}

impl<T: Config> Pallet<T> {
    /// Stores the prices that a snapshot's marks were computed from, and reports those that are
    /// held back.
    pub(crate) fn remember_marks(mut states: FeedStates, prices: &MarkPrices) {
        for (feed, mark) in prices {
            let Some(state) = states.get_mut(feed) else {
                continue;
            };
            state.marked = Some(mark.price);
            if let Some(accepted) = state.accepted.filter(|_| mark.held_back) {
                Self::deposit_event(Event::MarkHeldBack {
                    feed: *feed,
                    price: mark.price,
                    accepted: accepted.value,
                });
            }
        }
        Self::remember(&states);
    }

    /// Invariant of the storage: marks were computed from prices, of underlyings and forwards
    /// alone.
    #[cfg(any(test, feature = "try-runtime"))]
    pub(crate) fn check_marks() -> Result<(), &'static str> {
        let prices = 1..1 << clearproof_primitives::fixed::INDEX_PRICE_BITS;
        let sound = |feed: &Feed, state: &FeedState| match state.marked {
            None => true,
            Some(price) => {
                marked_underlying(feed).is_some()
                    && state.accepted.is_some()
                    && prices.contains(&price)
            }
        };
        let feeds = crate::Feeds::<T>::get();
        if feeds.iter().any(|(feed, state)| !sound(feed, state)) {
            return Err("Feeds: marks were computed from no price of an underlying or forward");
        }
        if feeds
            .iter()
            .any(|(feed, state)| state.smile.is_some() && !matches!(feed, Feed::Volatility(_)))
        {
            return Err("Feeds: a smile of something else than a volatility");
        }
        Ok(())
    }
}
