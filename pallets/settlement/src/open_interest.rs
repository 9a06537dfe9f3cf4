//! Each venue's market: its funding indices and open interest, and the instruments in which it
//! holds positions.

use crate::{
    Batch, Config, Error, HoldingVenues, Pallet, VenueMarket, VenueMarkets, prices::Prices,
};
use alloc::vec::Vec;
use clearproof_primitives::{
    batch::{BatchHeader, PriceEntry},
    field::FieldBytes,
    funding::{FundingTerms, funding_hash, move_indices},
    ids::Slot,
    ledger::open_interest_hash,
    shape::INTEREST_BITS,
};
use frame_support::{BoundedVec, ensure, traits::Get};
use pallet_clearproof_custody::VenueId;
use pallet_clearproof_market_data::{OpenInterest, SnapshotInfo};

impl<T: Config> Pallet<T> {
    /// Returns a venue's funding indices and open interest. All are 0 for a venue that has settled
    /// nothing.
    pub fn market_of(venue: VenueId) -> VenueMarket<T::Market> {
        VenueMarkets::<T>::get(venue).unwrap_or_else(|| {
            let slots = usize::from(T::Market::get().instruments);
            VenueMarket {
                funding: BoundedVec::truncate_from(alloc::vec![0; slots]),
                open_interest: BoundedVec::truncate_from(alloc::vec![0; slots]),
            }
        })
    }

    /// Checks that the batch applied the venue's funding indices, and that its open interest is the
    /// one proven and grew to no more than the caps. Returns the market after the batch.
    pub(crate) fn next_market(
        batch: &Batch,
        snapshot: &SnapshotInfo,
        prices: &Prices,
    ) -> Result<VenueMarket<T::Market>, Error<T>> {
        let header = &batch.header;
        let mut market = Self::market_of(header.venue);
        let indices: FieldBytes = funding_hash(&market.funding).into();
        ensure!(indices == header.funding_hash, Error::<T>::FundingMismatch);
        ensure!(
            batch.open_interest.len() == market.open_interest.len(),
            Error::<T>::OpenInterestMismatch
        );
        let open_interest: FieldBytes = open_interest_hash(&batch.open_interest).into();
        ensure!(
            open_interest == header.open_interest_hash,
            Error::<T>::OpenInterestMismatch
        );
        check_caps::<T>(&market.open_interest, &batch.open_interest, snapshot)?;
        market.open_interest = BoundedVec::truncate_from(batch.open_interest.to_vec());
        let mut funding = market.funding.into_inner();
        accrue_all(&mut funding, header, snapshot, prices);
        market.funding = BoundedVec::truncate_from(funding);
        Ok(market)
    }

    /// Stores a venue's market, and counts the venues that hold positions in each instrument.
    pub(crate) fn put_market(venue: VenueId, market: VenueMarket<T::Market>) {
        let before = Self::market_of(venue).open_interest;
        Self::count_holders(&before, &market.open_interest);
        VenueMarkets::<T>::insert(venue, market);
    }

    /// Removes the market of a venue that is closed. A venue that owes nothing holds nothing.
    pub(crate) fn remove_market(venue: VenueId) {
        let before = Self::market_of(venue).open_interest;
        Self::count_holders(&before, &alloc::vec![0; before.len()]);
        VenueMarkets::<T>::remove(venue);
    }

    fn count_holders(before: &[u64], after: &[u64]) {
        for (slot, (before, after)) in Slot::all().zip(before.iter().zip(after)) {
            if (*before == 0) != (*after == 0) {
                HoldingVenues::<T>::mutate(slot, |venues| {
                    *venues = if *before == 0 {
                        venues.saturating_add(1)
                    } else {
                        venues.saturating_sub(1)
                    };
                });
            }
        }
    }

    /// Invariants of the storage: open interest is in its range, and the counts are those of the
    /// venues' markets.
    #[cfg(any(test, feature = "try-runtime"))]
    pub(crate) fn check_holders() -> Result<(), sp_runtime::DispatchError> {
        let markets: Vec<_> = VenueMarkets::<T>::iter_values().collect();
        let mut open_interest = markets
            .iter()
            .flat_map(|market| market.open_interest.iter());
        ensure!(
            open_interest.all(|lots| *lots < 1 << INTEREST_BITS),
            "VenueMarkets: open interest out of range"
        );
        for slot in T::Market::get().slots() {
            let holds = |market: &&VenueMarket<T::Market>| {
                market
                    .open_interest
                    .get(slot.place())
                    .is_some_and(|i| *i > 0)
            };
            let holding = markets.iter().filter(holds).count() as u32;
            ensure!(
                HoldingVenues::<T>::get(slot) == holding,
                "HoldingVenues: not the number of venues with open interest"
            );
        }
        Ok(())
    }
}

/// Checks that open interest that grows stays within its instrument's cap. Above the cap, for
/// example after a policy that lowered it, it may only fall.
fn check_caps<T: Config>(
    before: &[u64],
    after: &[u64],
    snapshot: &SnapshotInfo,
) -> Result<(), Error<T>> {
    let caps = snapshot.open_interest_caps.iter().copied();
    // A slot that the snapshot does not have is one without an instrument.
    let caps = caps.chain(core::iter::repeat(0));
    for ((before, after), cap) in before.iter().zip(after).zip(caps) {
        ensure!(
            *after < 1 << INTEREST_BITS,
            Error::<T>::OpenInterestOutOfRange
        );
        ensure!(
            after <= before || *after <= cap,
            Error::<T>::OpenInterestAboveCap
        );
    }
    Ok(())
}

fn accrue_all(indices: &mut [i64], header: &BatchHeader, snapshot: &SnapshotInfo, prices: &Prices) {
    let entries: Vec<_> = prices
        .clearings
        .iter()
        .map(|((instrument, time), price)| PriceEntry {
            instrument: *instrument,
            time: *time,
            price: *price,
            deleverages: false,
            fund_sells: false,
        })
        .collect();
    let terms = FundingTerms {
        marks: &snapshot.marks,
        caps: &snapshot.premium_caps,
        interval: snapshot.funding_interval,
        time_to: header.time_to,
    };
    move_indices(indices, &terms, &entries);
}

impl<T: Config> OpenInterest for Pallet<T> {
    fn any(slot: Slot) -> bool {
        HoldingVenues::<T>::get(slot) > 0
    }
}
