//! Reads the chain at each finalised block.

use super::{seconds, Metrics};
use clearproof_primitives::chain::{Instrument, SnapshotView, Stops, VenueId};
use clearproof_runtime::{monitoring::MonitoringApi, opaque::Block, AccountId, Hash};
use futures::StreamExt;
use pallet_clearproof_settlement::{runtime_api::ClearproofApi, MAX_VENUES_LISTED};
use sc_client_api::BlockchainEvents;
use sp_api::{ApiError, ProvideRuntimeApi};
use sp_blockchain::HeaderBackend;
use std::{
    collections::BTreeSet,
    sync::{atomic::Ordering, Arc},
};

/// Keeps the metrics at the last finalised block for as long as the node runs.
pub async fn follow<C>(client: Arc<C>, metrics: Metrics)
where
    C: ProvideRuntimeApi<Block> + HeaderBackend<Block> + BlockchainEvents<Block>,
    C::Api: ClearproofApi<Block, AccountId> + MonitoringApi<Block, AccountId>,
{
    let mut finalised = client.finality_notification_stream();
    let mut reader = Reader::new(metrics);
    reader.update(&*client, client.info().finalized_hash);
    while let Some(block) = finalised.next().await {
        reader.update(&*client, block.hash);
    }
}

/// Sets the metrics, and forgets venues that are gone.
pub(super) struct Reader {
    metrics: Metrics,
    shown: BTreeSet<VenueId>,
}

impl Reader {
    pub(super) fn new(metrics: Metrics) -> Self {
        Self {
            metrics,
            shown: BTreeSet::new(),
        }
    }

    /// Reads the chain at a block. A runtime that does not answer leaves the metrics as they were.
    pub(super) fn update<C>(&mut self, client: &C, at: Hash)
    where
        C: ProvideRuntimeApi<Block>,
        C::Api: ClearproofApi<Block, AccountId> + MonitoringApi<Block, AccountId>,
    {
        let state = client.runtime_api().monitoring(at);
        let read = state.map(|state| self.metrics.operation.show(&state));
        // An old runtime may know one interface without the other.
        for answer in [self.try_update(client, at), read] {
            if let Err(error) = answer {
                log::debug!("metrics: the runtime did not answer at block {at:?}: {error}");
            }
        }
    }

    fn try_update<C>(&mut self, client: &C, at: Hash) -> Result<(), ApiError>
    where
        C: ProvideRuntimeApi<Block>,
        C::Api: ClearproofApi<Block, AccountId>,
    {
        let api = client.runtime_api();
        // The first venues only: beyond that, a time series each would harm the server that collects them.
        let listed = api.venues(at, 0)?;
        if listed.len() == MAX_VENUES_LISTED {
            log::debug!("metrics: venues after the first {MAX_VENUES_LISTED} are not shown");
        }
        let mut shown = BTreeSet::new();
        for venue in listed {
            if self.show_venue(client, at, venue)? {
                shown.insert(venue);
            }
        }
        for gone in self.shown.difference(&shown) {
            self.forget_venue(*gone);
        }
        self.shown = shown;

        let snapshot = api.snapshot(at, None)?;
        self.show_instruments(&api.instruments(at)?, snapshot.as_ref());
        if let Some(SnapshotView { snapshot, .. }) = snapshot {
            self.metrics.snapshot.set(snapshot.number);
            let taken_at = &self.metrics.taken_at.0;
            taken_at.store(snapshot.taken_at, Ordering::Relaxed);
        }
        Ok(())
    }

    /// False if the venue does not exist.
    fn show_venue<C>(&self, client: &C, at: Hash, venue: VenueId) -> Result<bool, ApiError>
    where
        C: ProvideRuntimeApi<Block>,
        C::Api: ClearproofApi<Block, AccountId>,
    {
        let api = client.runtime_api();
        let Some(view) = api.venue(at, venue)? else {
            return Ok(false);
        };
        let (metrics, name) = (&self.metrics.venues, venue.to_string());
        let label = [name.as_str()];
        metrics.batch.with_label_values(&label).set(view.batches);
        let until = metrics.settled_until.with_label_values(&label);
        until.set(seconds(view.time_to));
        let queued = view.queue.made.count.saturating_sub(view.queue.taken.count);
        metrics.queued.with_label_values(&label).set(queued);
        let Stops {
            owner,
            admin,
            deposits,
        } = view.stops;
        let stopped = owner || admin || deposits;
        metrics
            .stopped
            .with_label_values(&label)
            .set(stopped.into());
        if let Some(batch) = api.batch(at, venue, view.batches)? {
            let block = metrics.block.with_label_values(&label);
            block.set(batch.block.into());
        }
        Ok(true)
    }

    fn forget_venue(&self, venue: VenueId) {
        let (metrics, name) = (&self.metrics.venues, venue.to_string());
        let label = [name.as_str()];
        // A series that was never shown cannot be removed, and need not be.
        let _ = metrics.batch.remove_label_values(&label);
        let _ = metrics.block.remove_label_values(&label);
        let _ = metrics.settled_until.remove_label_values(&label);
        let _ = metrics.queued.remove_label_values(&label);
        let _ = metrics.stopped.remove_label_values(&label);
    }

    fn show_instruments(&self, listed: &[Instrument], snapshot: Option<&SnapshotView>) {
        let marked = |slot: u16| {
            let mark = snapshot.and_then(|view| view.info.marks.get(usize::from(slot)));
            mark.is_some_and(|mark| *mark != 0)
        };
        let (mut trading, mut halted, mut priceless) = (0, 0, 0);
        for instrument in listed {
            if instrument.halted {
                halted += 1;
            } else if marked(instrument.listing.slot) {
                trading += 1;
            } else {
                priceless += 1;
            }
        }
        for (state, count) in [
            ("trading", trading),
            ("halted", halted),
            ("no_price", priceless),
        ] {
            let gauge = self.metrics.instruments.with_label_values(&[state]);
            gauge.set(count);
        }
    }
}
