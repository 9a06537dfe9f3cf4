//! The start: restores the last final books, replays the journal to the end of the last process,
//! then follows the chain.

use super::{Closed, Core};
use crate::{
    error::OperatorError,
    journal::InputError,
    store::{Checkpoint, Store, Writes},
    views::FinalBatch,
};
use clearproof_client::Identity;
use clearproof_engine::{LiveSets, Venue, VenueConfig};
use clearproof_primitives::{
    batch::genesis_field, chain::VenueView, ids::BatchNumber, order::SignedOrderSet, time::Millis,
};
use std::{
    collections::{BTreeMap, VecDeque},
    sync::Arc,
};

impl Core {
    /// Restores the venue as it was when the last process ended, and as the chain knows it.
    pub fn restore(
        identity: Identity,
        submitter: [u8; 32],
        store: Store,
        chain: &VenueView<[u8; 32]>,
    ) -> Result<Self, OperatorError> {
        let loaded = store.load()?;
        let fresh = loaded.checkpoint.is_none();
        if fresh && chain.batches > BatchNumber::default() {
            return Err(OperatorError::Diverged(format!(
                "venue {} has settled {} batches, and this folder has no books: give the folder of \
                 the operator that settled them, or a backup of it",
                identity.venue, chain.batches
            )));
        }
        let mut core = Self::at_checkpoint(identity, submitter, store, loaded.checkpoint)?;
        for set in loaded.waiting {
            let signed = SignedOrderSet::try_from(set).map_err(InputError::Engine)?;
            core.waiting.push_back(Arc::new(signed));
        }
        if fresh {
            core.writes.checkpoint = Some(core.checkpoint());
        }
        let entries = loaded.journal.len();
        for (number, input) in loaded.journal {
            core.next_entry = number;
            core.absorb(input).map_err(|error| OperatorError::Corrupt {
                what: format!("journal entry {number}"),
                problem: error.to_string(),
            })?;
            core.next_entry += 1;
        }
        // Stored proofs and the chain's root can only be compared with built batches.
        core.build()?;
        for proven in &loaded.proven {
            core.adopt_proofs(proven);
        }
        core.commit()?;
        tracing::info!(
            settled = %core.settled.number,
            closed = core.closed.len(),
            entries,
            "books restored"
        );
        core.follow(chain)?;
        Ok(core)
    }

    /// Returns the venue at the journal's start.
    fn at_checkpoint(
        identity: Identity,
        submitter: [u8; 32],
        store: Store,
        checkpoint: Option<Checkpoint>,
    ) -> Result<Self, OperatorError> {
        let config = VenueConfig {
            shape: identity.shape,
            id: identity.venue,
            genesis: genesis_field(&identity.genesis),
        };
        let (venue, order_sets) = match checkpoint {
            None => (Venue::new(config), 0),
            Some(checkpoint) => {
                let venue = Venue::restore(config, checkpoint.books);
                let mut venue = venue.map_err(InputError::Engine)?;
                let live = LiveSets::try_from(checkpoint.live).map_err(InputError::Engine)?;
                venue.restore_live(live);
                (venue, checkpoint.order_sets)
            }
        };
        Ok(Self {
            settled: FinalBatch {
                number: venue.batch_number(),
                state_root: venue.state_root().into(),
            },
            venue,
            identity,
            submitter,
            store,
            writes: Writes::default(),
            next_entry: 1,
            open: None,
            closed: VecDeque::new(),
            order_sets,
            waiting: VecDeque::new(),
            last: BTreeMap::new(),
            last_auction: Millis::ZERO,
        })
    }

    /// Makes the batches final that the chain has settled meanwhile. Fails where the books are not
    /// those of the chain.
    fn follow(&mut self, chain: &VenueView<[u8; 32]>) -> Result<(), OperatorError> {
        let FinalBatch {
            number: settled,
            state_root,
        } = self.settled;
        if chain.batches < settled {
            return Err(OperatorError::Diverged(format!(
                "the chain has settled {} batches, the books {settled}: the chain was started \
                 anew, or the node is not in sync yet; wait for it, or give another folder",
                chain.batches
            )));
        }
        let known = match chain.batches.get() - settled.get() {
            0 => Some(state_root),
            ahead => self
                .closed
                .get(ahead as usize - 1)
                .and_then(Closed::header)
                .map(|header| header.new_root),
        };
        if known != Some(chain.state_root) {
            let ours = known.map_or("unknown here".into(), |root| root.to_string());
            return Err(OperatorError::Diverged(format!(
                "after batch {} the state root is {} on the chain and {ours}: another operator \
                 settled batches, or an old backup was restored; give the folder that is up to \
                 date",
                chain.batches, chain.state_root
            )));
        }
        for number in settled.next().through(chain.batches) {
            tracing::info!(%number, "batch was settled while the operator was away");
            self.settle(number, None)?;
        }
        Ok(())
    }
}
