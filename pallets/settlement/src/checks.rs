//! The checks of a batch before any proof is verified, cheapest first. Nothing here writes.

use crate::{Batch, BatchSize, Circuit, Config, Error, Pallet, VenueOf};
use alloc::vec::Vec;
use clearproof_primitives::{
    batch::{BatchHeader, price_list_hash, prices_hash, withdrawals_hash},
    field::{FieldBytes, Fr},
    shape::{AMOUNT_BITS, Shape, TIME_BITS},
};
use frame_support::{dispatch::DispatchResult, ensure, traits::Get};
use frame_system::pallet_prelude::BlockNumberFor;
use pallet_clearproof_custody::Cursor;
use pallet_clearproof_market_data::SnapshotInfo;
use sp_runtime::{DispatchError, traits::Zero};

impl<T: Config> Pallet<T> {
    /// Checks submitter, chain and venue, and that the batch follows the venue's last one.
    /// `circuit` is the one that this batch is proven with.
    pub(crate) fn check_identity(
        batch: &Batch,
        venue: &VenueOf<T>,
        circuit: &Circuit,
        who: &T::AccountId,
    ) -> DispatchResult {
        let header = &batch.header;
        ensure!(header.version == circuit.version, Error::<T>::WrongVersion);
        ensure!(venue.pauses.settles(), Error::<T>::VenuePaused);
        Self::ensure_settles(venue.due_circuit())?;
        ensure!(venue.operators.contains(who), Error::<T>::NotOperator);
        let submitter: [u8; 32] = who.clone().into();
        ensure!(header.submitter == submitter, Error::<T>::WrongSubmitter);
        let genesis = frame_system::Pallet::<T>::block_hash(BlockNumberFor::<T>::zero());
        ensure!(
            genesis.as_ref() == header.genesis.as_slice(),
            Error::<T>::WrongGenesis
        );
        let number = venue.batches.checked_next();
        ensure!(number == Some(header.number), Error::<T>::WrongBatchNumber);
        ensure!(header.old_root == venue.state_root, Error::<T>::StaleRoot);
        Ok(())
    }

    /// Checks that the header's counts are those of the batch.
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

    /// Checks the time span: it is after the last batch's, neither in the future nor too old, and
    /// between the taking of the batch's snapshot and a short grace after the taking of the next.
    pub(crate) fn check_times(
        header: &BatchHeader,
        venue: &VenueOf<T>,
        snapshot: &SnapshotInfo,
    ) -> DispatchResult {
        let (from, to) = (header.time_from, header.time_to);
        ensure!(from <= to, Error::<T>::TimeSpanReversed);
        // The header's hash packs this number of bits. No block has such a late date, but the
        // packing must not depend on the clock.
        ensure!(
            to.get() < 1 << TIME_BITS && to <= Self::now(),
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

    /// Checks the header's statements on the protocol fee: the snapshot's share, and an amount that
    /// a header can hold.
    pub(crate) fn check_fee(header: &BatchHeader, snapshot: &SnapshotInfo) -> DispatchResult {
        ensure!(
            header.protocol_share == snapshot.protocol_share,
            Error::<T>::ProtocolShareMismatch
        );
        // The header's hash packs this number of bits. The proof shows that the amount is the share
        // of the fees.
        ensure!(
            header.protocol_fee < 1 << AMOUNT_BITS,
            Error::<T>::ProtocolFeeTooLarge
        );
        Ok(())
    }

    /// Checks that the header's field elements and the boundaries are canonical. Returns the
    /// boundaries.
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
            header.open_interest_hash,
        ]
        .into_iter()
        .try_for_each(|bytes| field(bytes).map(|_| ()))?;
        batch.boundaries().map(field).collect()
    }

    /// Checks that the hashes of price lists and withdrawals are the header's. Returns each chunk's
    /// price-list hash.
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

    /// Returns the header's deposit cursors, before and after the batch.
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
