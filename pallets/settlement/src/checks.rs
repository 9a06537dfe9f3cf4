//! What a batch must satisfy before any proof is looked at, from cheap to dear. Nothing here writes.

use crate::{interest::Clearings, Batch, BatchSize, Config, Error, Pallet, Stops, VenueOf};
use alloc::vec::Vec;
use clearproof_primitives::{
    batch::{
        price_list_hash, prices_hash, withdrawals_hash, BatchHeader, PriceEntry, PROTOCOL_VERSION,
    },
    field::{FieldBytes, Fr},
    fixed::Price,
    shape::{Shape, TIME_BITS},
};
use frame_support::{dispatch::DispatchResult, ensure, traits::Get};
use frame_system::pallet_prelude::BlockNumberFor;
use pallet_clearproof_custody::Cursor;
use pallet_clearproof_market_data::SnapshotInfo;
use sp_runtime::{traits::Zero, DispatchError};

impl<T: Config> Pallet<T> {
    /// Who submits, for which chain and venue, and that the batch follows the venue's last one.
    pub(crate) fn check_identity(
        batch: &Batch,
        venue: &VenueOf<T>,
        who: &T::AccountId,
    ) -> DispatchResult {
        let header = &batch.header;
        ensure!(header.version == PROTOCOL_VERSION, Error::<T>::WrongVersion);
        ensure!(venue.stops == Stops::default(), Error::<T>::VenuePaused);
        ensure!(venue.operators.contains(who), Error::<T>::NotOperator);
        let submitter: [u8; 32] = who.clone().into();
        ensure!(header.submitter == submitter, Error::<T>::WrongSubmitter);
        let genesis = frame_system::Pallet::<T>::block_hash(BlockNumberFor::<T>::zero());
        ensure!(
            genesis.as_ref() == header.genesis.as_slice(),
            Error::<T>::WrongGenesis
        );
        let number = venue.batches.checked_add(1);
        ensure!(number == Some(header.number), Error::<T>::WrongBatchNumber);
        ensure!(header.old_root == venue.state_root, Error::<T>::StaleRoot);
        Ok(())
    }

    /// That the header counts what the batch holds.
    pub(crate) fn check_counts(batch: &Batch) -> DispatchResult {
        let BatchSize {
            chunks,
            withdrawals,
            ..
        } = batch.size();
        ensure!(chunks > 0, Error::<T>::NoChunks);
        ensure!(
            chunks == u32::from(batch.header.chunk_count),
            Error::<T>::ChunkCountMismatch
        );
        ensure!(
            withdrawals == batch.header.withdrawal_count,
            Error::<T>::WithdrawalCountMismatch
        );
        Ok(())
    }

    /// The time span: after the last batch's, neither in the future nor long ago, between the taking of the batch's snapshot
    /// and a short grace after the taking of the next.
    pub(crate) fn check_times(
        header: &BatchHeader,
        venue: &VenueOf<T>,
        snapshot: &SnapshotInfo,
    ) -> DispatchResult {
        let (from, to) = (header.time_from, header.time_to);
        ensure!(from <= to, Error::<T>::TimeSpanReversed);
        // What a header's hash packs; a later date than any block's, but the packing must not rest on the clock.
        ensure!(
            to < 1 << TIME_BITS && to <= Self::now(),
            Error::<T>::TimeSpanInFuture
        );
        let age = Self::now().saturating_sub(to);
        ensure!(age <= T::MaxBatchAge::get(), Error::<T>::TimeSpanTooOld);
        ensure!(from > venue.time_to, Error::<T>::TimeSpanOverlaps);
        ensure!(from >= snapshot.taken_at, Error::<T>::SnapshotTooNew);
        if let Some(next) = snapshot.next_taken_at {
            let last = next.saturating_add(T::SnapshotGrace::get());
            ensure!(to <= last, Error::<T>::SnapshotTooOld);
        }
        Ok(())
    }

    /// Each chunk's price list: its length and order; each entry's instrument, price and time; and that an
    /// instrument has one price per tick in the whole batch. Answers all prices.
    pub(crate) fn check_prices(
        batch: &Batch,
        shape: &Shape,
        snapshot: &SnapshotInfo,
    ) -> Result<Clearings, DispatchError> {
        let mut clearings = Clearings::new();
        for chunk in &batch.chunks {
            ensure!(
                chunk.prices.len() <= shape.entries.into(),
                Error::<T>::TooManyPrices
            );
            let key = |entry: &PriceEntry| (entry.instrument, entry.time);
            let sorted = chunk
                .prices
                .windows(2)
                .all(|pair| key(&pair[0]) < key(&pair[1]));
            ensure!(sorted, Error::<T>::PricesUnsorted);
            for entry in &chunk.prices {
                Self::check_price(entry, &batch.header, snapshot)?;
                let price = *clearings.entry(key(entry)).or_insert(entry.price);
                ensure!(price == entry.price, Error::<T>::PriceConflict);
            }
        }
        Ok(clearings)
    }

    fn check_price(
        entry: &PriceEntry,
        header: &BatchHeader,
        snapshot: &SnapshotInfo,
    ) -> DispatchResult {
        ensure!(entry.price != 0, Error::<T>::PriceZero);
        let inside = (header.time_from..=header.time_to).contains(&entry.time);
        ensure!(inside, Error::<T>::PriceTime);
        let slot = usize::from(entry.instrument);
        let of_slot = |prices: &[Price]| prices.get(slot).copied().unwrap_or(0);
        let (mark, band) = (of_slot(&snapshot.marks), of_slot(&snapshot.bands));
        ensure!(mark != 0, Error::<T>::InstrumentNotListed);
        ensure!(
            entry.price.abs_diff(mark) <= band,
            Error::<T>::PriceOutsideBand
        );
        Ok(())
    }

    /// The header's field elements and the boundaries are canonical; answers the boundaries.
    pub(crate) fn canonical_boundaries(batch: &Batch) -> Result<Vec<Fr>, DispatchError> {
        let field = |bytes: FieldBytes| {
            bytes
                .to_fr()
                .map_err(|_| DispatchError::from(Error::<T>::NonCanonicalField))
        };
        let header = &batch.header;
        [
            header.new_root,
            header.snapshot_hash,
            header.prices_hash,
            header.deposits_accumulator_before,
            header.deposits_accumulator_after,
            header.withdrawals_hash,
            header.data_hash,
            header.interest_hash,
        ]
        .into_iter()
        .try_for_each(|bytes| field(bytes).map(|_| ()))?;
        batch.boundaries().map(field).collect()
    }

    /// The hashes of price lists and withdrawals are the header's; answers each chunk's price-list hash.
    pub(crate) fn check_hashes(batch: &Batch, shape: &Shape) -> Result<Vec<Fr>, DispatchError> {
        let withdrawals: FieldBytes = withdrawals_hash(&batch.withdrawals).into();
        ensure!(
            withdrawals == batch.header.withdrawals_hash,
            Error::<T>::WithdrawalsHashMismatch
        );
        let lists: Vec<_> = batch
            .chunks
            .iter()
            .map(|chunk| price_list_hash(shape, &chunk.prices))
            .collect();
        let prices: FieldBytes = prices_hash(&lists).into();
        ensure!(
            prices == batch.header.prices_hash,
            Error::<T>::PricesHashMismatch
        );
        Ok(lists)
    }

    /// The header's deposit cursors, before and after.
    pub(crate) fn cursors(header: &BatchHeader) -> [Cursor; 2] {
        [
            Cursor {
                count: header.deposits_before,
                accumulator: header.deposits_accumulator_before,
            },
            Cursor {
                count: header.deposits_after,
                accumulator: header.deposits_accumulator_after,
            },
        ]
    }
}
