//! Starting again: from the last final books over the journal to where the last process ended, then to where the chain is.

use super::{Closed, Core};
use crate::{
    error::OperatorError,
    journal::InputError,
    store::{Store, Writes},
};
use clearproof_client::Identity;
use clearproof_engine::{LiveSets, Venue, VenueConfig};
use clearproof_primitives::{
    batch::genesis_field, chain::VenueView, ids::BatchNumber, order::SignedOrderSet,
};
use std::{
    collections::{BTreeMap, VecDeque},
    sync::Arc,
};

impl Core {
    /// The venue as it was when the last process ended, and as the chain knows it.
    pub fn restore(
        identity: Identity,
        submitter: [u8; 32],
        store: Store,
        chain: &VenueView<[u8; 32]>,
    ) -> Result<Self, OperatorError> {
        let loaded = store.load()?;
        let config = VenueConfig {
            shape: identity.shape,
            id: identity.venue,
            genesis: genesis_field(&identity.genesis),
        };
        let fresh = loaded.checkpoint.is_none();
        if fresh && chain.batches > BatchNumber::default() {
            return Err(OperatorError::Diverged(format!(
                "venue {} has settled {} batches, and this folder has no books: give the folder of the operator that \
                 settled them, or a backup of it",
                identity.venue, chain.batches
            )));
        }
        let stored = |e| InputError::Engine(e);
        let (venue, order_sets) = match loaded.checkpoint {
            None => (Venue::new(config), 0),
            Some(checkpoint) => {
                let mut venue = Venue::restore(config, checkpoint.books).map_err(stored)?;
                let live = LiveSets::try_from(checkpoint.live).map_err(stored)?;
                venue.restore_live(live);
                (venue, checkpoint.order_sets)
            }
        };
        let mut core = Self {
            settled: (venue.batch_number(), venue.state_root().into()),
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
            last_auction: 0,
        };
        for set in loaded.waiting {
            let signed = SignedOrderSet::try_from(set).map_err(stored)?;
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
        // Proofs and the chain's root are compared with what the batches come to.
        core.build()?;
        for proven in &loaded.proven {
            core.prove(proven);
        }
        core.commit()?;
        tracing::info!(
            settled = %core.settled.0,
            closed = core.closed.len(),
            entries,
            "books restored"
        );
        core.follow(chain)?;
        Ok(core)
    }

    /// Brings what is final to where the chain is, or says why that cannot be.
    fn follow(&mut self, chain: &VenueView<[u8; 32]>) -> Result<(), OperatorError> {
        let (settled, root) = self.settled;
        if chain.batches < settled {
            return Err(OperatorError::Diverged(format!(
                "the chain has settled {} batches, the books {settled}: the chain was started anew, or the node is not \
                 in sync yet; wait for it, or give another folder",
                chain.batches
            )));
        }
        let known = match chain.batches.get() - settled.get() {
            0 => Some(root),
            ahead => self
                .closed
                .get(ahead as usize - 1)
                .and_then(Closed::header)
                .map(|header| header.new_root),
        };
        if known != Some(chain.state_root) {
            let ours = known.map_or("unknown here".into(), |root| root.to_string());
            return Err(OperatorError::Diverged(format!(
                "after batch {} the state root is {} on the chain and {ours}: another operator settled batches, or an old \
                 backup was restored; give the folder that is up to date",
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
