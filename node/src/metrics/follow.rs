//! Reads the chain at each finalised block.

use super::{Metrics, VenueMetrics, seconds};
use clearproof_primitives::{
    chain::{Instrument, MAX_VENUES_LISTED, Pauses, SnapshotView, VenueView},
    ids::{Slot, VenueId},
};
use clearproof_runtime::{AccountId, Hash, opaque::Block};
use clearproof_runtime_api::{ClearproofApi, MonitoringApi};
use futures::StreamExt;
use sc_client_api::BlockchainEvents;
use sp_api::{ApiError, ProvideRuntimeApi};
use sp_blockchain::HeaderBackend;
use std::sync::{Arc, atomic::Ordering};

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

/// A venue's name, its view on the chain, and the block of its last batch.
type VenueRow = (String, VenueView<AccountId>, Option<u32>);

impl VenueMetrics {
    /// Shows these venues, and removes those that are gone.
    fn show(&mut self, venues: &[VenueRow]) {
        let each = |value: fn(&VenueView<AccountId>) -> f64| {
            let values = venues.iter();
            values.map(move |(name, view, _)| (name.clone(), value(view)))
        };
        self.batch.show(each(|view| view.batches.get() as f64));
        self.settled_until.show(each(|view| seconds(view.time_to)));
        self.queued.show(each(|view| {
            let queue = &view.queue;
            queue.made.count.saturating_sub(queue.consumed.count) as f64
        }));
        self.stopped.show(each(|view| {
            let Pauses {
                owner,
                admin,
                deposits,
            } = view.pauses;
            u8::from(owner || admin || deposits).into()
        }));
        let blocks = venues.iter();
        self.block
            .show(blocks.filter_map(|(name, _, block)| Some((name.clone(), (*block)?.into()))));
    }
}

/// Sets the metrics.
pub(super) struct Reader {
    metrics: Metrics,
}

impl Reader {
    pub(super) fn new(metrics: Metrics) -> Self {
        Self { metrics }
    }

    /// Reads the chain at a block. If the runtime fails, the metrics stay as they were.
    pub(super) fn update<C>(&mut self, client: &C, at: Hash)
    where
        C: ProvideRuntimeApi<Block>,
        C::Api: ClearproofApi<Block, AccountId> + MonitoringApi<Block, AccountId>,
    {
        let state = client.runtime_api().monitoring(at);
        let read = state.map(|state| self.metrics.operation.show(&state));
        // An old runtime may have one interface without the other.
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
        // Only the first venues are shown: a time series for every venue beyond them would harm the
        // server that collects the metrics.
        let listed = api.venues(at, VenueId::default())?;
        if listed.len() == MAX_VENUES_LISTED {
            log::debug!("metrics: venues after the first {MAX_VENUES_LISTED} are not shown");
        }
        let mut venues = Vec::new();
        for venue in listed {
            if let Some(view) = api.venue(at, venue)? {
                let last = api.batch(at, venue, view.batches)?;
                venues.push((venue.to_string(), view, last.map(|batch| batch.block)));
            }
        }
        self.metrics.venues.show(&venues);

        let snapshot = api.snapshot(at, None)?;
        self.show_instruments(&api.instruments(at)?, snapshot.as_ref());
        if let Some(SnapshotView { snapshot, .. }) = snapshot {
            self.metrics.snapshot.set(snapshot.number.get());
            let taken_at = &self.metrics.taken_at.0;
            taken_at.store(snapshot.taken_at.get(), Ordering::Relaxed);
        }
        Ok(())
    }

    fn show_instruments(&self, listed: &[Instrument], snapshot: Option<&SnapshotView>) {
        let marked = |slot: Slot| {
            let mark = snapshot.and_then(|view| view.info.marks.get(slot.place()));
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
