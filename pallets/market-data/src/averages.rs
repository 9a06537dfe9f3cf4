//! The time-weighted average of a feed, from which no price may be far away. It stops an attacker
//! who moves a price step by step, each step within the bound from the last price.

use crate::{Feed, FeedState, types::*};
use clearproof_primitives::{
    fixed::{IndexPrice, Rate},
    time::Millis,
};

/// Largest distance of a price from its average.
#[derive(Clone, Copy, Debug)]
pub(crate) struct AverageBound {
    /// Time within which the average follows the accepted price, milliseconds; at least 1, and
    /// below 2^32.
    pub window: Millis,
    /// Largest distance, as a fraction of 2^32 of the average.
    pub max_distance: Rate,
}

impl FeedState {
    /// Returns the average at `now`, if the accepted price has held since the average was last
    /// known. The average covers the part of the distance that the elapsed time is of the window,
    /// rounded towards its former value.
    pub(crate) fn average_at(&self, now: Millis, window: Millis) -> Option<IndexPrice> {
        let (average, accepted) = (self.average?, self.accepted?.value);
        let held = now.saturating_sub(average.timestamp).min(window);
        // Nothing saturates: prices are below 2^95 and times below 2^32. The window is at least 1.
        let moved = accepted
            .abs_diff(average.value)
            .saturating_mul(held.get().into())
            .checked_div(window.get().into())?;
        Some(if accepted >= average.value {
            average.value.saturating_add(moved)
        } else {
            average.value.saturating_sub(moved)
        })
    }
}

/// Returns the average from now on. `known` is its value when an acceptable price came. The average
/// starts at the first price, and again at one that was expected.
pub(crate) fn average_after(
    known: Option<IndexPrice>,
    price: IndexPrice,
    now: Millis,
    expected: bool,
) -> TimedPrice {
    TimedPrice {
        value: known.filter(|_| !expected).unwrap_or(price),
        timestamp: now,
    }
}

/// Returns true if the feed has such a bound. Volatilities have none: they may well double within
/// minutes.
pub(crate) fn is_averaged(feed: &Feed) -> bool {
    !matches!(feed, Feed::Volatility(_))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    const WINDOW: Millis = Millis::new(600_000);

    fn state(average: IndexPrice, accepted: IndexPrice) -> FeedState {
        let at = |value| {
            Some(TimedPrice {
                value,
                timestamp: Millis::ZERO,
            })
        };
        FeedState {
            accepted: at(accepted),
            average: at(average),
            ..FeedState::default()
        }
    }

    #[test]
    fn it_goes_as_far_as_the_price_has_held() {
        let average = |accepted, now| state(1_000, accepted).average_at(now, WINDOW).unwrap();
        assert_eq!(average(2_000, Millis::ZERO), 1_000);
        assert_eq!(average(2_000, WINDOW / 4), 1_250);
        assert_eq!(average(600, WINDOW / 4), 900);
        assert_eq!(average(2_000, WINDOW * 10), 2_000);
        assert_eq!(
            average(1_001, WINDOW - Millis::new(1)),
            1_000,
            "towards where it was"
        );
        assert_eq!(average(999, WINDOW - Millis::new(1)), 1_000);
    }

    #[test]
    fn no_price_or_time_overflows() {
        let most = (1 << 95) - 1;
        let longest = Millis::new(u32::MAX.into());
        assert_eq!(state(1, most).average_at(Millis::MAX, longest), Some(most));
        assert_eq!(state(most, 1).average_at(Millis::MAX, longest), Some(1));
        assert_eq!(
            FeedState::default().average_at(Millis::new(7), Millis::new(1)),
            None
        );
    }

    #[test]
    fn it_starts_anew_at_a_price_that_was_expected() {
        let known = state(1_000, 1_000).average_at(Millis::new(9), WINDOW);
        let after = |expected| average_after(known, 5_000, Millis::new(9), expected).value;
        assert_eq!((after(false), after(true)), (1_000, 5_000));
        let none = FeedState::default().average_at(Millis::new(9), WINDOW);
        let first = average_after(none, 7, Millis::new(9), false);
        assert_eq!((first.value, first.timestamp), (7, Millis::new(9)));
    }
}
