//! Taking snapshots, keeping the latest ones, and reading them.

use crate::{
    BoundedSnapshot, Config, Event, LatestNumber, Pallet, Records, SlotCount, SnapshotRecord,
    Snapshots,
    expiries::Settled,
    feeds::Listed,
    marks::{FeedStates, MarkPrices, mark_prices},
    types::*,
};
use alloc::vec::Vec;
use clearproof_primitives::{
    field::FieldBytes,
    fixed::{IndexPrice, ONE, Price},
    ids::{Slot, SnapshotNumber},
    policy::{Policy, PreviewRefusal},
    rows::{OptionMarket, expired_row, halted_row, mark_price},
    shape::MarketShape,
    snapshot::{InstrumentRow, Snapshot, SnapshotError},
    time::Millis,
};
use frame_support::{BoundedVec, pallet_prelude::Get, storage::with_transaction, traits::Time};
use frame_system::pallet_prelude::BlockNumberFor;
use sp_runtime::{
    DispatchError, TransactionOutcome,
    traits::{One, Zero},
};

/// The inputs of a snapshot.
struct Basis<'a, M: Get<MarketShape>> {
    now: Millis,
    policy: &'a Policy,
    listed: &'a Listed<M>,
    states: &'a FeedStates,
    marks: &'a MarkPrices,
    settled: &'a Settled,
}

/// A slot of a snapshot: its row, the largest distance of a clearing price from the mark, the
/// largest premium that counts for funding, the lots that a venue may hold, and whether the
/// instrument trades at all.
struct SlotContent {
    row: InstrumentRow,
    band: Price,
    premium_cap: Price,
    open_interest_cap: u64,
    trades: bool,
}

impl SlotContent {
    /// A slot that does not trade.
    fn resting(row: InstrumentRow) -> Self {
        Self {
            row,
            band: 0,
            premium_cap: 0,
            open_interest_cap: 0,
            trades: false,
        }
    }
}

/// Returns the lots that a venue may hold of an instrument. An expired one still has the cap of its
/// kind: positions in it may only be reduced.
fn open_interest_cap(policy: &Policy, listing: &Listing) -> u64 {
    let underlying = policy.underlyings.get(usize::from(listing.underlying));
    underlying.map_or(0, |policy| match listing.kind {
        InstrumentKind::Perpetual => policy.perpetual_terms.open_interest_cap,
        InstrumentKind::Option(_) => policy.option_terms.open_interest_cap,
    })
}

impl<M: Get<MarketShape>> Basis<'_, M> {
    fn accepted(&self, feed: Feed) -> Option<IndexPrice> {
        let state = self.states.get(&feed)?;
        state.accepted.map(|level| level.value)
    }

    fn halted(&self, feed: Feed) -> bool {
        self.states.get(&feed).is_none_or(|s| s.halt.is_some())
    }

    fn held_back(&self, feed: Feed) -> bool {
        self.marks.get(&feed).is_some_and(|mark| mark.held_back)
    }
}

impl<T: Config> Pallet<T> {
    /// Returns the time of the present block.
    pub(crate) fn now() -> Millis {
        Millis::new(T::Time::now())
    }

    /// Returns true if a snapshot is to be taken in this block.
    #[expect(
        clippy::arithmetic_side_effects,
        reason = "the divisor is at least one"
    )]
    pub(crate) fn is_due(block: BlockNumberFor<T>) -> bool {
        (block % T::SnapshotInterval::get().max(One::one())).is_zero()
    }

    /// Puts a change of the policy that is due into force and refreshes all feeds. Then takes the
    /// next snapshot and drops the oldest beyond `RetainedSnapshots`.
    pub(crate) fn take_snapshot() {
        T::Policy::advance(Self::now());
        let policy = T::Policy::policy().ok_or(NotTaken::NoPolicy);
        if let Err(reason) = policy.and_then(|policy| Self::try_take_snapshot(&policy)) {
            Self::deposit_event(Event::SnapshotNotTaken { reason });
        }
    }

    fn try_take_snapshot(policy: &Policy) -> Result<(), NotTaken> {
        let now = Self::now();
        Self::free_expired(now);
        let listed = Listed::<T::Market>::read::<T>();
        let states = Self::refreshed_states(now, &listed, policy);
        // Stored even if no snapshot can be taken yet.
        Self::remember(&states);
        readiness(&states)?;
        let accepted = |feed| states.get(&feed)?.accepted.map(|level| level.value);
        let settled = Self::settle_expiries(now, &listed, accepted);
        let marks = mark_prices(&states, policy).map_err(|_| NotTaken::Invalid)?;

        let number = LatestNumber::<T>::get()
            .checked_next()
            .ok_or(NotTaken::Invalid)?;
        let basis = Basis {
            now,
            policy,
            listed: &listed,
            states: &states,
            marks: &marks,
            settled: &settled,
        };
        let hash = Self::store_snapshot(number, &basis)?;
        Self::remember_marks(states, &marks);
        if let Some(oldest) = number.earlier(T::RetainedSnapshots::get().into()) {
            Snapshots::<T>::remove(oldest);
            Records::<T>::remove(oldest);
        }
        Self::deposit_event(Event::SnapshotTaken {
            number,
            hash,
            policy_version: T::Policy::version(),
        });
        Ok(())
    }

    /// Returns the feeds that a snapshot needs, with the oracle's values that are acceptable now.
    fn refreshed_states(now: Millis, listed: &Listed<T::Market>, policy: &Policy) -> FeedStates {
        // An expired option needs neither forward nor smile any more.
        Self::listed_states(listed)
            .into_iter()
            .filter(|(feed, _)| feed.expiry().is_none_or(|expiry| now < expiry.time))
            .map(|(feed, old)| (feed, Self::refreshed(feed, old, now, listed, policy)))
            .collect()
    }

    /// Computes and stores a snapshot and its record, and returns its hash.
    fn store_snapshot(
        number: SnapshotNumber,
        basis: &Basis<'_, T::Market>,
    ) -> Result<FieldBytes, NotTaken> {
        let slots = Self::slots(basis).map_err(|_| NotTaken::Invalid)?;
        let bounded = |value: &dyn Fn(&SlotContent) -> u64| {
            let values: Vec<_> = slots.iter().map(value).collect();
            BoundedVec::<_, SlotCount<T::Market>>::try_from(values).map_err(|_| NotTaken::Invalid)
        };
        let trading = bounded(&|slot| if slot.trades { slot.row.mark } else { 0 })?;
        let bands = bounded(&|slot| slot.band)?;
        let premium_caps = bounded(&|slot| slot.premium_cap)?;
        let open_interest_caps = bounded(&|slot| slot.open_interest_cap)?;
        let rows = slots.into_iter().map(|slot| slot.row).collect();
        let snapshot = Self::build(number, basis, rows).map_err(|_| NotTaken::Invalid)?;
        let hash = FieldBytes::from(snapshot.hash());
        let record = SnapshotRecord {
            hash,
            taken_at: basis.now,
            marks: trading,
            bands,
            premium_caps,
            funding_interval: basis.policy.funding_interval,
            open_interest_caps,
            protocol_share: basis.policy.protocol_share,
        };
        let bounded = BoundedSnapshot::try_from(snapshot).map_err(|_| NotTaken::Invalid)?;
        Snapshots::<T>::insert(number, bounded);
        Records::<T>::insert(number, record);
        LatestNumber::<T>::put(number);
        Ok(hash)
    }

    /// Returns the snapshot that would be taken now under a policy. Leaves the storage as it is.
    pub fn preview(policy: Policy) -> Result<Snapshot, PreviewRefusal> {
        policy.check(&T::Market::get())?;
        with_transaction(|| {
            let taken = Self::try_take_snapshot(&policy)
                .and_then(|()| {
                    let taken = Self::snapshot(LatestNumber::<T>::get());
                    taken.ok_or(NotTaken::Invalid)
                })
                .map_err(PreviewRefusal::NotTaken);
            TransactionOutcome::Rollback(Ok::<_, DispatchError>(taken))
        })
        .unwrap_or(Err(PreviewRefusal::NotTaken(NotTaken::Invalid)))
    }

    fn build(
        number: SnapshotNumber,
        basis: &Basis<'_, T::Market>,
        rows: Vec<InstrumentRow>,
    ) -> Result<Snapshot, SnapshotError> {
        let policy = basis.policy;
        let weights = (0..T::Market::get().assets).map(|asset| {
            if asset == 0 {
                return Ok(ONE);
            }
            let index = u8::try_from(asset).map_err(|_| SnapshotError::Shape("weights"))?;
            let decimals = basis.listed.collateral.get(&index);
            match (decimals, basis.accepted(Feed::Asset(index))) {
                (Some(decimals), Some(price)) => {
                    policy.collateral_weight(asset as usize, price, *decimals)
                }
                _ => Ok(0),
            }
        });
        Ok(Snapshot {
            number,
            taken_at: basis.now,
            weights: weights.collect::<Result<_, _>>()?,
            factors: policy.factors(),
            protocol_share: policy.protocol_share,
            liquidation_rate: policy.liquidation_rate,
            rows,
        })
    }

    fn slots(basis: &Basis<'_, T::Market>) -> Result<Vec<SlotContent>, SnapshotError> {
        let market = T::Market::get();
        let empty = || SlotContent::resting(InstrumentRow::empty(&market));
        let slot = |slot: Slot| match basis.listed.instruments.get(&slot) {
            None => Ok(empty()),
            Some(instrument) => {
                let listing = &instrument.listing;
                let mut slot = match listing.kind {
                    InstrumentKind::Perpetual => Self::perpetual(basis, listing)?,
                    InstrumentKind::Option(terms) => {
                        Self::option(basis, listing, &terms)?.unwrap_or_else(empty)
                    }
                };
                if instrument.halted {
                    // Positions may only be reduced, and a premium made by so few orders is not
                    // paid.
                    slot.row.position_limit = 0;
                    slot.premium_cap = 0;
                }
                if slot.row.mark != 0 {
                    slot.open_interest_cap = open_interest_cap(basis.policy, listing);
                }
                Ok(slot)
            }
        };
        market.slots().map(slot).collect()
    }

    fn perpetual(
        basis: &Basis<'_, T::Market>,
        listing: &Listing,
    ) -> Result<SlotContent, SnapshotError> {
        let feed = Feed::Underlying(listing.underlying);
        let price = basis.marks.get(&feed).ok_or(SnapshotError::Mark)?;
        let mark = mark_price(price.price, listing.units_per_lot)?;
        let row = basis
            .policy
            .perpetual_row(listing.underlying as usize, mark)?;
        let halted = basis.halted(feed);
        let suspended = halted || price.held_back;
        // No premium is paid over an unreliable mark.
        let premium_cap = if suspended {
            0
        } else {
            basis.policy.premium_cap(mark)
        };
        Ok(SlotContent {
            band: basis.policy.perpetual_band(mark),
            premium_cap,
            trades: !halted,
            ..SlotContent::resting(if suspended {
                halted_row(row, mark)
            } else {
                row
            })
        })
    }

    /// Returns an option's slot. Returns `None` before the option has had a forward and a smile,
    /// when no position in it can exist.
    fn option(
        basis: &Basis<'_, T::Market>,
        listing: &Listing,
        terms: &OptionTerms,
    ) -> Result<Option<SlotContent>, SnapshotError> {
        let expiry = Expiry {
            underlying: listing.underlying,
            time: terms.expiry,
        };
        let market = T::Market::get();
        if let Some(price) = basis.settled.get(&expiry) {
            let row = expired_row(&market, terms, *price, listing.units_per_lot)?;
            return Ok(Some(SlotContent::resting(row)));
        }
        let [forward_feed, smile_feed] = [Feed::Forward(expiry), Feed::Volatility(expiry)];
        let forward = basis.marks.get(&forward_feed).map(|mark| mark.price);
        let smile = basis.states.get(&smile_feed).and_then(|state| state.smile);
        let (Some(forward), Some(smile)) = (forward, smile) else {
            return Ok(None);
        };
        let lot = OptionMarket {
            terms,
            units_per_lot: listing.units_per_lot,
            forward,
            smile: &smile,
            now: basis.now,
        };
        let index = Feed::Underlying(listing.underlying);
        let halted = [index, forward_feed, smile_feed]
            .into_iter()
            .any(|feed| basis.halted(feed));
        let held_back = basis.held_back(index) || basis.held_back(forward_feed);
        let ends = terms.expiry.saturating_sub(T::TradingEndsBefore::get());
        match basis.policy.option_row(listing.underlying as usize, &lot) {
            Ok((row, value)) => Ok(Some(SlotContent {
                band: basis.policy.option_band(row.mark, value),
                trades: !halted && basis.now < ends,
                ..SlotContent::resting(if halted || held_back {
                    halted_row(row, value)
                } else {
                    row
                })
            })),
            Err(_) => {
                Self::deposit_event(Event::OptionNotValued { slot: listing.slot });
                // The last mark is as unreliable as that of a halted feed. Without a value, its
                // charges stay as they are.
                let value = mark_price(forward, listing.units_per_lot).unwrap_or_default();
                let last = Self::last_row(listing.slot);
                Ok(last.map(|row| SlotContent::resting(halted_row(row, value))))
            }
        }
    }

    /// Returns a slot's row in the latest snapshot, if it held an instrument that had not expired.
    fn last_row(slot: Slot) -> Option<InstrumentRow> {
        let mut snapshot = Self::snapshot(LatestNumber::<T>::get())?;
        let known = snapshot.rows.get(slot.place())?;
        let live = known.mark != 0 && !known.expired;
        live.then(|| snapshot.rows.swap_remove(slot.place()))
    }

    /// Returns the reason for which the next snapshot would not be taken with the prices accepted
    /// so far; `None` if it would be taken.
    pub(crate) fn not_ready() -> Option<NotTaken> {
        if T::Policy::policy().is_none() {
            return Some(NotTaken::NoPolicy);
        }
        let listed = Listed::<T::Market>::read::<T>();
        let states = Self::listed_states(&listed).into_iter().collect();
        readiness(&states).err()
    }

    /// Invariants of the storage. The kept snapshots are exactly the latest ones, each with its
    /// record, and the latest record's hash is that of its snapshot. Accepted prices belong to
    /// something listed. Marks were computed from index prices and forwards alone.
    #[cfg(any(test, feature = "try-runtime"))]
    pub(crate) fn check_state() -> Result<(), &'static str> {
        let latest = LatestNumber::<T>::get();
        let oldest = latest.earlier(T::RetainedSnapshots::get().into());
        let oldest = oldest.unwrap_or_default().next();
        for number in oldest.through(latest) {
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
        let kept = latest.next().get().saturating_sub(oldest.get());
        if Snapshots::<T>::iter_keys().count() as u64 != kept
            || Records::<T>::iter_keys().count() as u64 != kept
        {
            return Err("Snapshots, Records: more than RetainedSnapshots");
        }
        let listed = Listed::<T::Market>::read::<T>();
        let known = crate::Feeds::<T>::get();
        if known.keys().any(|feed| !listed.feeds().any(|f| f == *feed)) {
            return Err("Feeds: nothing is listed on one of them");
        }
        Self::check_marks()?;
        let expiries = listed.expiries();
        if crate::Settlements::<T>::iter_keys().any(|expiry| !expiries.contains(&expiry)) {
            return Err("Settlements: no option is listed on one of them");
        }
        Ok(())
    }

    /// Returns the data that settlement checks a batch on snapshot `number` against; `None` if the
    /// snapshot is not kept.
    pub(crate) fn info(number: SnapshotNumber) -> Option<SnapshotInfo> {
        let record = Records::<T>::get(number)?;
        let next = number.checked_next().and_then(Records::<T>::get);
        Some(SnapshotInfo {
            hash: record.hash,
            taken_at: record.taken_at,
            next_taken_at: next.map(|next| next.taken_at),
            marks: record.marks.into_inner(),
            bands: record.bands.into_inner(),
            premium_caps: record.premium_caps.into_inner(),
            funding_interval: record.funding_interval,
            open_interest_caps: record.open_interest_caps.into_inner(),
            protocol_share: record.protocol_share,
        })
    }
}

/// Checks that each underlying that has instruments has a price. Collateral without a price weighs
/// nothing.
fn readiness(states: &FeedStates) -> Result<(), NotTaken> {
    for (feed, state) in states {
        if let (Feed::Underlying(underlying), None) = (*feed, state.accepted) {
            return Err(NotTaken::NoPrice { underlying });
        }
    }
    Ok(())
}
