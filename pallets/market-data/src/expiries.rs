//! The settlement prices of options: the index price's time-weighted average over the window before
//! their expiry.

use crate::{Config, Event, LatestNumber, Pallet, Records, Settlements, feeds::Listed, types::*};
use alloc::collections::BTreeMap;
use clearproof_primitives::{fixed::IndexPrice, time::Millis};
use frame_support::pallet_prelude::Get;

/// Settlement prices of the expiries that have passed.
pub(crate) type Settled = BTreeMap<Expiry, IndexPrice>;

impl Settlement {
    /// Adds the time since `last`, when the previous snapshot was taken, as far as it lies in the
    /// window, at the price accepted now. Once the expiry has passed, the average is the settlement
    /// price, or the price accepted now if there was no snapshot in the window.
    ///
    /// Prices are below 2^95 and windows at most 2^32 ms, so the sum stays below 2^127.
    fn advance(
        &mut self,
        (begins, expiry): (Millis, Millis),
        last: Millis,
        now: Millis,
        price: IndexPrice,
    ) {
        let passed = now.min(expiry).saturating_sub(last.max(begins));
        let part = price.saturating_mul(passed.get().into());
        self.sum = self.sum.saturating_add(part);
        self.weight = self.weight.saturating_add(passed);
        if now >= expiry {
            let average = self.sum.checked_div(self.weight.get().into());
            self.price = average.or(Some(price));
        }
    }
}

impl<T: Config> Pallet<T> {
    /// Returns the view of an expiry.
    pub(crate) fn view(expiry: Expiry) -> ExpiryView {
        let [forward, volatility] =
            [Feed::Forward(expiry), Feed::Volatility(expiry)].map(|feed| Self::feed_state(&feed));
        ExpiryView {
            expiry,
            forward: forward.accepted.map(|level| level.value),
            volatility: volatility.accepted.map(|level| level.value),
            halted: forward.halt.is_some() || volatility.halt.is_some(),
            settlement: Settlements::<T>::get(expiry).price,
        }
    }

    /// Carries all averages on to `now`. Returns the prices of the expiries that have passed.
    ///
    /// While a feed is halted, its last accepted price counts.
    pub(crate) fn settle_expiries(
        now: Millis,
        listed: &Listed<T::Market>,
        accepted: impl Fn(Feed) -> Option<IndexPrice>,
    ) -> Settled {
        let last = Records::<T>::get(LatestNumber::<T>::get());
        // Before the first snapshot no time has passed.
        let last = last.map_or(now, |record| record.taken_at);
        let mut settled = Settled::new();
        for expiry in listed.expiries() {
            let begins = expiry.time.saturating_sub(T::SettlementWindow::get());
            if now <= begins {
                continue;
            }
            let mut settlement = Settlements::<T>::get(expiry);
            if settlement.price.is_none() {
                // A snapshot is only taken if every underlying has a price.
                let Some(price) = accepted(Feed::Underlying(expiry.underlying)) else {
                    continue;
                };
                settlement.advance((begins, expiry.time), last, now, price);
                Settlements::<T>::insert(expiry, settlement);
                if let Some(price) = settlement.price {
                    Self::deposit_event(Event::ExpirySettled { expiry, price });
                }
            }
            settled.extend(settlement.price.map(|price| (expiry, price)));
        }
        settled
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WINDOW: (Millis, Millis) = (Millis::new(9_000), Millis::new(10_000));

    #[test]
    fn the_average_is_weighted_by_time_within_the_window() {
        let mut settlement = Settlement::default();
        let mut advance = |last, now, price| {
            settlement.advance(WINDOW, Millis::new(last), Millis::new(now), price);
            settlement
        };
        let first = advance(8_500, 9_250, 100);
        assert_eq!((first.sum, first.weight.get()), (25_000, 250));
        assert_eq!(advance(9_250, 9_500, 200).price, None);
        let settlement = advance(9_500, 12_000, 300);
        assert_eq!(settlement.weight.get(), 1_000);
        assert_eq!(settlement.price, Some(25 + 50 + 150));
    }

    #[test]
    fn without_a_snapshot_in_the_window_the_next_price_counts() {
        let mut settlement = Settlement::default();
        let late_start = Millis::new(50_000);
        settlement.advance(WINDOW, late_start, late_start, 7);
        assert_eq!(settlement.price, Some(7));
        let mut late = Settlement::default();
        late.advance(WINDOW, Millis::new(8_000), late_start, 7);
        assert_eq!((late.weight.get(), late.price), (1_000, Some(7)));
    }

    #[test]
    fn the_largest_price_over_the_longest_window_does_not_saturate() {
        let (window, price) = (Millis::new(1 << 32), (1u128 << 95) - 1);
        let mut settlement = Settlement::default();
        let expiry = Millis::new(1 << 40);
        settlement.advance((expiry - window, expiry), Millis::ZERO, expiry * 2, price);
        assert_eq!((settlement.weight, settlement.price), (window, Some(price)));
    }
}
