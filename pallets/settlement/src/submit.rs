//! Settling a batch: all checks, one verification of all proofs, then the writes.

use crate::{
    Batch, BatchRecord, Batches, Circuit, Config, Error, Event, Pallet, SnapshotProvider, Venues,
    WeightInfo,
};
use alloc::vec::Vec;
use clearproof_bn254_host::groth16::{Item, Proof, batch_verify};
use clearproof_primitives::{
    batch::{BatchHeader, chunk_public_input, closing_public_input},
    field::Fr,
};
use frame_support::{dispatch::DispatchResult, ensure, traits::Get, weights::Weight};
use pallet_clearproof_custody::VenueCustody;
use sp_runtime::DispatchError;

impl<T: Config> Pallet<T> {
    /// Returns the weight of a batch's submission, by its size.
    pub(crate) fn weight_of(batch: &Batch) -> Weight {
        let size = batch.size();
        T::WeightInfo::submit_batch(size.chunks, size.withdrawals, size.deposits)
            .saturating_add(T::WeightInfo::check_prices(size.prices))
    }

    /// Settles a batch. All refusals happen before the first write.
    pub(crate) fn settle(who: &T::AccountId, batch: &Batch) -> DispatchResult {
        let header = &batch.header;
        let mut venue = Self::known(header.venue)?;
        let circuit = Self::registered(venue.due_circuit())?;
        Self::check_identity(batch, &venue, &circuit, who)?;
        Self::check_counts(batch)?;
        let snapshot =
            T::Snapshots::snapshot(header.snapshot_number).ok_or(Error::<T>::UnknownSnapshot)?;
        ensure!(
            header.snapshot_hash == snapshot.hash,
            Error::<T>::SnapshotMismatch
        );
        ensure!(
            header.snapshot_number >= venue.snapshot,
            Error::<T>::SnapshotWentBack
        );
        Self::check_fee(header, &snapshot)?;
        Self::check_times(header, &venue, &snapshot)?;
        let prices = Self::check_prices(batch, &circuit.shape, &snapshot)?;
        let boundaries = Self::canonical_boundaries(batch)?;
        let [before, after] = Self::cursors(header);
        T::Custody::check_batch(
            header.venue,
            &before,
            &after,
            &batch.withdrawals,
            header.protocol_fee,
        )?;
        let lists = Self::check_hashes(batch, &circuit.shape)?;
        let market = Self::next_market(batch, &snapshot, &prices)?;
        let header_hash = header.hash().map_err(|_| Error::<T>::NonCanonicalField)?;
        Self::verify(batch, &circuit, header_hash, &boundaries, &lists)?;

        let kept = T::Custody::apply_batch(
            header.venue,
            header.deposits_after,
            &batch.withdrawals,
            header.protocol_fee,
        )?;
        let last_circuit = venue.circuit;
        venue.advance(header);
        Self::count_venue(Some(last_circuit), Some(venue.circuit));
        Venues::<T>::insert(header.venue, venue);
        Self::put_market(header.venue, market);
        Self::remember_batch(header, header_hash);
        Self::report_deleveraging(header, &prices);
        Self::deposit_event(Event::BatchSettled {
            venue: header.venue,
            number: header.number,
            state_root: header.new_root,
            snapshot_number: header.snapshot_number,
            chunks: header.chunk_count,
            deposits_consumed: header.deposits_after,
            withdrawals: header.withdrawal_count,
            withdrawals_kept: kept,
        });
        Ok(())
    }

    /// Stores the record of a settled batch, and removes the one that is too old.
    fn remember_batch(header: &BatchHeader, header_hash: Fr) {
        let record = BatchRecord {
            state_root: header.new_root,
            header_hash: header_hash.into(),
            snapshot_number: header.snapshot_number,
            block: frame_system::Pallet::<T>::block_number(),
        };
        Batches::<T>::insert(header.venue, header.number, record);
        if let Some(old) = header.number.earlier(T::RootHistory::get().into()) {
            Batches::<T>::remove(header.venue, old);
        }
    }

    /// Verifies all proofs of the batch at once, each with the public input that the chain computes
    /// for it.
    fn verify(
        batch: &Batch,
        circuit: &Circuit,
        header_hash: Fr,
        boundaries: &[Fr],
        lists: &[Fr],
    ) -> DispatchResult {
        let decode = |bytes: &[u8]| {
            Proof::decode(bytes).map_err(|_| DispatchError::from(Error::<T>::MalformedProof))
        };
        let mut proofs = batch
            .chunks
            .iter()
            .map(|chunk| decode(&chunk.proof))
            .collect::<Result<Vec<_>, _>>()?;
        proofs.push(decode(&batch.closing_proof)?);

        let mut inputs: Vec<[Fr; 1]> = (0u16..)
            .zip(boundaries.iter().zip(boundaries.iter().skip(1)))
            .zip(lists)
            .map(|((index, (before, after)), list)| {
                [chunk_public_input(
                    header_hash,
                    index,
                    *before,
                    *after,
                    *list,
                )]
            })
            .collect();
        let (first, last) = boundaries
            .first()
            .zip(boundaries.last())
            .ok_or(Error::<T>::NoChunks)?;
        inputs.push([closing_public_input(
            header_hash,
            batch.header.chunk_count,
            *first,
            *last,
        )]);

        let chunk_key = Self::stored_key(&circuit.chunk_key)?;
        let closing_key = Self::stored_key(&circuit.closing_key)?;
        let keys = batch
            .chunks
            .iter()
            .map(|_| &chunk_key)
            .chain(core::iter::once(&closing_key));
        let items: Vec<Item<'_>> = keys
            .zip(&proofs)
            .zip(&inputs)
            .map(|((key, proof), input)| (key, proof, input.as_slice()))
            .collect();
        batch_verify(&items).map_err(|_| Error::<T>::ProofRejected)?;
        Ok(())
    }
}
