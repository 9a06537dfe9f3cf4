//! Taking snapshots, keeping the latest ones, and reading them.

use crate::{
    feeds::Listed, types::*, BoundedSnapshot, Config, Event, Feeds, LatestNumber, Pallet, Records,
    SnapshotRecord, Snapshots,
};
use alloc::{collections::BTreeMap, vec::Vec};
use clearproof_primitives::{
    field::FieldBytes,
    fixed::{Price, ONE},
    policy::{mark_price, Policy},
    snapshot::{InstrumentRow, Snapshot, SnapshotError, UnderlyingFactors},
};
use frame_support::{pallet_prelude::Get, traits::Time, BoundedVec};
use frame_system::pallet_prelude::BlockNumberFor;
use sp_runtime::traits::{One, Zero};

type FeedStates = BTreeMap<Feed, FeedState>;

impl<T: Config> Pallet<T> {
    /// True if a snapshot is to be taken in this block.
    pub(crate) fn is_due(block: BlockNumberFor<T>) -> bool {
        (block % T::SnapshotInterval::get().max(One::one())).is_zero()
    }

    /// Refreshes all feeds, then takes the next snapshot and drops the oldest beyond `RetainedSnapshots`.
    pub(crate) fn take_snapshot() {
        if let Err(reason) = Self::try_take_snapshot() {
            Self::deposit_event(Event::SnapshotNotTaken { reason });
        }
    }

    fn try_take_snapshot() -> Result<(), NotTaken> {
        let policy =
            pallet_clearproof_risk_policy::Pallet::<T>::policy().ok_or(NotTaken::NoPolicy)?;
        let listed = Listed::<T::Market>::read::<T>();
        let now = T::Time::now();
        let states: FeedStates = listed
            .feeds()
            .map(|f| (f, Self::refresh(f, now, &listed, &policy)))
            .collect();
        readiness(&states)?;

        let number = LatestNumber::<T>::get()
            .checked_add(1)
            .ok_or(NotTaken::Invalid)?;
        let snapshot =
            Self::build(number, now, &policy, &listed, &states).map_err(|_| NotTaken::Invalid)?;
        let hash = FieldBytes::from(snapshot.hash());
        let record = SnapshotRecord {
            hash,
            taken_at: now,
            marks: Self::tradeable_marks(&snapshot, &listed, &states)?,
            price_band: policy.price_band,
        };
        let bounded = BoundedSnapshot::try_from(snapshot).map_err(|_| NotTaken::Invalid)?;
        Snapshots::<T>::insert(number, bounded);
        Records::<T>::insert(number, record);
        LatestNumber::<T>::put(number);
        if let Some(oldest) = number.checked_sub(T::RetainedSnapshots::get() as u64) {
            Snapshots::<T>::remove(oldest);
            Records::<T>::remove(oldest);
        }
        let policy_version = pallet_clearproof_risk_policy::Pallet::<T>::version();
        Self::deposit_event(Event::SnapshotTaken {
            number,
            hash,
            policy_version,
        });
        Ok(())
    }

    fn build(
        number: u64,
        taken_at: u64,
        policy: &Policy,
        listed: &Listed<T::Market>,
        states: &FeedStates,
    ) -> Result<Snapshot, SnapshotError> {
        let market = T::Market::get();
        let accepted = |feed| states.get(&feed).and_then(|state| state.accepted);
        let weights = (0..market.assets).map(|asset| {
            if asset == 0 {
                return Ok(ONE);
            }
            let index = u8::try_from(asset).map_err(|_| SnapshotError::Shape("weights"))?;
            match (listed.collateral.get(&index), accepted(Feed::Asset(index))) {
                (Some(decimals), Some(price)) => {
                    policy.collateral_weight(asset as usize, price.value, *decimals)
                }
                _ => Ok(0),
            }
        });
        let rows = (0..market.instruments).map(|slot| match listed.instruments.get(&slot) {
            None => Ok(InstrumentRow::empty(&market)),
            Some(Instrument { listing, .. }) => {
                let price =
                    accepted(Feed::Underlying(listing.underlying)).ok_or(SnapshotError::Mark)?;
                let mark = mark_price(price.value, listing.units_per_lot)?;
                match listing.kind {
                    InstrumentKind::Perpetual => {
                        policy.perpetual_row(listing.underlying as usize, mark)
                    }
                }
            }
        });
        let factors = policy.underlyings.iter();
        Ok(Snapshot {
            number,
            taken_at,
            weights: weights.collect::<Result<_, _>>()?,
            factors: factors
                .map(|u| UnderlyingFactors {
                    initial: u.initial_factor,
                    maintenance: u.maintenance_factor,
                })
                .collect(),
            fee_rate: policy.fee_rate,
            rows: rows.collect::<Result<_, _>>()?,
        })
    }

    /// Marks of the instruments that trade: listed, neither halted themselves nor on a halted feed.
    fn tradeable_marks(
        snapshot: &Snapshot,
        listed: &Listed<T::Market>,
        states: &FeedStates,
    ) -> Result<BoundedVec<Price, crate::SlotCount<T::Market>>, NotTaken> {
        let trades = |slot: usize| {
            let instrument = listed.instruments.get(&(slot as u16));
            instrument.is_some_and(|i| {
                let state = states.get(&Feed::Underlying(i.listing.underlying));
                !i.halted && state.is_some_and(|s| s.halt.is_none())
            })
        };
        let marks = snapshot
            .rows
            .iter()
            .enumerate()
            .map(|(slot, row)| if trades(slot) { row.mark } else { 0 });
        marks
            .collect::<Vec<_>>()
            .try_into()
            .map_err(|_| NotTaken::Invalid)
    }

    /// Why the next snapshot would not be taken with the prices accepted so far; none if it would.
    pub(crate) fn not_ready() -> Option<NotTaken> {
        if pallet_clearproof_risk_policy::Pallet::<T>::policy().is_none() {
            return Some(NotTaken::NoPolicy);
        }
        let listed = Listed::<T::Market>::read::<T>();
        let states = listed
            .feeds()
            .map(|feed| (feed, Feeds::<T>::get(feed)))
            .collect();
        readiness(&states).err()
    }

    /// Invariants of the storage: what is kept is exactly the latest snapshots, each with its record, and the latest
    /// record's hash is its snapshot's; accepted prices belong to something listed.
    #[cfg(any(test, feature = "try-runtime"))]
    pub(crate) fn check_state() -> Result<(), &'static str> {
        let latest = LatestNumber::<T>::get();
        let oldest = latest.saturating_sub(T::RetainedSnapshots::get() as u64) + 1;
        for number in oldest..=latest {
            let (snapshot, record) = (Self::snapshot(number), Records::<T>::get(number));
            let (snapshot, record) = snapshot
                .zip(record)
                .ok_or("Snapshots, Records: one of the latest is missing")?;
            snapshot
                .check(&T::Market::get())
                .map_err(|_| "Snapshots: does not fit the market")?;
            let same = snapshot.number == number && snapshot.taken_at == record.taken_at;
            if !same || (number == latest && record.hash != FieldBytes::from(snapshot.hash())) {
                return Err("Records: does not belong to its snapshot");
            }
        }
        let kept = latest + 1 - oldest;
        if Snapshots::<T>::iter_keys().count() as u64 != kept
            || Records::<T>::iter_keys().count() as u64 != kept
        {
            return Err("Snapshots, Records: more than RetainedSnapshots");
        }
        let listed = Listed::<T::Market>::read::<T>();
        if Feeds::<T>::iter_keys().any(|feed| !listed.feeds().any(|f| f == feed)) {
            return Err("Feeds: nothing is listed on one of them");
        }
        Ok(())
    }

    /// What settlement checks a batch on snapshot `number` against; none if it is not kept (any more).
    pub(crate) fn info(number: u64) -> Option<SnapshotInfo> {
        let record = Records::<T>::get(number)?;
        let next = number.checked_add(1).and_then(Records::<T>::get);
        Some(SnapshotInfo {
            hash: record.hash,
            taken_at: record.taken_at,
            next_taken_at: next.map(|next| next.taken_at),
            marks: record.marks.into_inner(),
            price_band: record.price_band,
        })
    }
}

/// A snapshot needs a price for each underlying that has instruments; collateral without one weighs nothing.
fn readiness(states: &FeedStates) -> Result<(), NotTaken> {
    for (feed, state) in states {
        if let (Feed::Underlying(underlying), None) = (*feed, state.accepted) {
            return Err(NotTaken::NoPrice { underlying });
        }
    }
    Ok(())
}
