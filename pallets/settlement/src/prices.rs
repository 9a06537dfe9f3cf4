//! The prices that a batch states: of auctions, and of deleveraging.

use crate::{Batch, Config, Error, Event, Pallet};
use alloc::collections::BTreeMap;
use clearproof_primitives::{
    batch::{BatchHeader, PriceEntry},
    fixed::Price,
    ids::Slot,
    liquidation::deleverage_price,
    shape::Shape,
    time::Millis,
};
use frame_support::{dispatch::DispatchResult, ensure};
use pallet_clearproof_market_data::SnapshotInfo;
use sp_runtime::DispatchError;

/// All prices of a batch.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Prices {
    /// Prices of auctions, by instrument and time. Funding accrues from these.
    pub clearings: BTreeMap<(Slot, Millis), Price>,
    /// Prices of deleveraging, by instrument. They follow from the debt of the insurance fund, not
    /// from a market, so they move no funding.
    pub deleveraged: BTreeMap<Slot, DeleveragePrice>,
}

/// Price and side of an instrument's deleveraging.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct DeleveragePrice {
    pub price: Price,
    pub fund_sells: bool,
}

impl Prices {
    /// Records an entry's price. Returns false if it differs from one recorded before.
    fn agree_with(&mut self, entry: &PriceEntry) -> bool {
        if entry.deleverages {
            let stated = DeleveragePrice {
                price: entry.price,
                fund_sells: entry.fund_sells,
            };
            return *self.deleveraged.entry(entry.instrument).or_insert(stated) == stated;
        }
        let of_auction = self.clearings.entry((entry.instrument, entry.time));
        *of_auction.or_insert(entry.price) == entry.price
    }
}

impl<T: Config> Pallet<T> {
    /// Checks each chunk's price list: its length and order; each entry's instrument, price and
    /// time; and that an instrument has one price per auction in the whole batch, and one price and
    /// side for deleveraging. Returns all prices.
    ///
    /// Two sides would let other accounts be closed against each other, through the two entries,
    /// without the insurance fund.
    pub(crate) fn check_prices(
        batch: &Batch,
        shape: &Shape,
        snapshot: &SnapshotInfo,
    ) -> Result<Prices, DispatchError> {
        let mut prices = Prices::default();
        for chunk in &batch.chunks {
            ensure!(
                chunk.prices.len() <= shape.entries.into(),
                Error::<T>::TooManyPrices
            );
            let key = |entry: &PriceEntry| (entry.instrument, entry.time, entry.deleverages);
            let sorted = chunk.prices.is_sorted_by(|a, b| key(a) < key(b));
            ensure!(sorted, Error::<T>::PricesUnsorted);
            for entry in &chunk.prices {
                Self::check_price(entry, &batch.header, snapshot)?;
                ensure!(prices.agree_with(entry), Error::<T>::PriceConflict);
            }
        }
        Ok(prices)
    }

    fn check_price(
        entry: &PriceEntry,
        header: &BatchHeader,
        snapshot: &SnapshotInfo,
    ) -> DispatchResult {
        ensure!(entry.price != 0, Error::<T>::PriceZero);
        let inside = (header.time_from..=header.time_to).contains(&entry.time);
        ensure!(inside, Error::<T>::PriceTime);
        let slot = entry.instrument.place();
        let of_slot = |prices: &[Price]| prices.get(slot).copied().unwrap_or(0);
        let (mark, band) = (of_slot(&snapshot.marks), of_slot(&snapshot.bands));
        ensure!(mark != 0, Error::<T>::InstrumentNotListed);
        ensure!(
            entry.deleverages || !entry.fund_sells,
            Error::<T>::SideOfAuction
        );
        let price = deleverage_price(mark, header.slack, entry.fund_sells);
        ensure!(
            !entry.deleverages || entry.price == price,
            Error::<T>::DeleveragePrice
        );
        ensure!(
            entry.price.abs_diff(mark) <= band,
            Error::<T>::PriceOutsideBand
        );
        Ok(())
    }

    /// Reports the instruments that a settled batch deleveraged, with their prices.
    pub(crate) fn report_deleveraging(header: &BatchHeader, prices: &Prices) {
        for (instrument, deleveraged) in &prices.deleveraged {
            Self::deposit_event(Event::Deleveraged {
                venue: header.venue,
                instrument: *instrument,
                price: deleveraged.price,
                rank: header.deleverage_rank,
            });
        }
    }
}
