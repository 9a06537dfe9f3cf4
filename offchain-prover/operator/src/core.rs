//! The venue with its journal: every input goes through here, and nothing it does is told before it is on disk.

mod closed;
mod restore;

pub use closed::{Closed, Stage};

use super::{
    error::OperatorError,
    figures::BatchFigures,
    journal::{Input, InputError, Outcome, StoredSets},
    store::{Checkpoint, Store, WaitingSet, Writes},
};
use clearproof_client::Identity;
use clearproof_engine::{Accepted, Candidate, EngineError, LiveSets, Venue};
use clearproof_primitives::{
    chain::QueuedDeposit,
    field::{FieldBytes, bytes32_to_fields},
    fixed::Price,
    ids::BatchNumber,
    order::SignedOrderSet,
    poseidon::hash,
    snapshot::Snapshot,
};
use codec::Encode;
use rand::RngCore;
use std::{
    collections::{BTreeMap, VecDeque},
    sync::Arc,
};

/// What the open batch is about.
#[derive(Clone, Debug)]
pub struct OpenBatch {
    /// Its snapshot.
    pub snapshot: Arc<Snapshot>,
    /// First millisecond.
    pub time_from: u64,
    /// When its first account step was made.
    pub first_step: Option<u64>,
}

/// The venue, its journal and what is not final yet.
#[derive(Debug)]
pub struct Core {
    pub(super) venue: Venue,
    identity: Identity,
    submitter: [u8; 32],
    store: Store,
    writes: Writes,
    next_entry: u64,
    pub(super) open: Option<OpenBatch>,
    pub(super) closed: VecDeque<Closed>,
    /// Last final batch and the state root after it.
    pub(super) settled: (BatchNumber, FieldBytes),
    /// Order sets accepted since a batch was closed.
    order_sets: u64,
    /// Order sets that a roll-back took away, to submit again.
    pub(super) waiting: VecDeque<Arc<SignedOrderSet>>,
    /// Last clearing of each instrument: time and price.
    pub(super) last: BTreeMap<u16, (u64, Price)>,
    /// Time of the last auction.
    pub(super) last_auction: u64,
}

/// A field element that nobody can guess.
pub fn random_field() -> FieldBytes {
    let mut bytes = [0; 32];
    rand::rngs::OsRng.fill_bytes(&mut bytes);
    let (low, high) = bytes32_to_fields(&bytes);
    hash(&[low, high]).into()
}

impl Core {
    /// Which venue it is.
    pub fn identity(&self) -> &Identity {
        &self.identity
    }

    /// The venue and its live sets as data, where nothing waits to be final.
    fn checkpoint(&self) -> Checkpoint {
        Checkpoint {
            books: self.venue.stored(),
            live: StoredSets::from(&self.venue.live_data()),
            order_sets: self.order_sets,
        }
    }

    /// Carries an input out and notes what follows for what is not in the engine.
    fn absorb(&mut self, input: Input) -> Result<Outcome, InputError> {
        let opening = match &input {
            Input::Open {
                snapshot,
                time_from,
                ..
            } => Some(OpenBatch {
                snapshot: Arc::new(snapshot.clone()),
                time_from: *time_from,
                first_step: None,
            }),
            _ => None,
        };
        let outcome = input.apply(&mut self.venue, self.identity.genesis)?;
        match &outcome {
            Outcome::Opened => self.open = opening,
            Outcome::Accepted(_) => self.order_sets += 1,
            Outcome::Auctioned(report) => {
                self.last_auction = report.time;
                let clearings = report.clearings.iter();
                self.last
                    .extend(clearings.map(|(i, price, _)| (*i, (report.time, *price))));
            }
            Outcome::Sealed(batch) => {
                self.open = None;
                self.sealed(Arc::clone(batch));
            }
            Outcome::Discarded => self.open = None,
            Outcome::Deposited(_) | Outcome::Settled(_) | Outcome::Watched => {}
        }
        self.note_first_step();
        Ok(outcome)
    }

    fn note_first_step(&mut self) {
        if let Some(open) = &mut self.open {
            if open.first_step.is_none() && self.venue.open_steps() > 0 {
                open.first_step = Some(self.venue.now());
            }
        }
    }

    fn record(&mut self, entry: Vec<u8>) {
        self.writes.journal.push((self.next_entry, entry));
        self.next_entry += 1;
    }

    /// [`Self::apply`] for an order set whose signature may have been checked already, and need not be again.
    pub fn submit(&mut self, candidate: &Candidate) -> Result<Accepted, EngineError> {
        let accepted = self.venue.submit(candidate.clone())?;
        self.order_sets += 1;
        self.note_first_step();
        self.record(Input::order_set(candidate.signed()).encode());
        Ok(accepted)
    }

    /// Carries an input out and puts it in the next transaction. What it did must not be told before [`Self::commit`].
    pub fn apply(&mut self, input: Input) -> Result<Outcome, InputError> {
        let bytes = input.encode();
        let outcome = self.absorb(input)?;
        self.record(bytes);
        if matches!(outcome, Outcome::Discarded) && self.closed.is_empty() {
            // Nothing is open or on its way: the journal can start here, so it does not grow while nobody trades.
            self.writes.checkpoint = Some(self.checkpoint());
            self.writes.prune = Some(self.next_entry - 1);
        }
        Ok(outcome)
    }

    /// Takes the next deposit of the queue; a new leaf gets the viewing key that is known for its owner, or a fresh one.
    pub fn deposit(&mut self, index: u64, queued: &QueuedDeposit) -> Result<(), OperatorError> {
        let owner = queued.owner;
        let known = match self.store.viewing_key(&owner)? {
            None => self
                .writes
                .viewing_keys
                .iter()
                .find(|(o, _)| *o == owner)
                .map(|(_, key)| *key),
            known => known,
        };
        let viewing_key = known.map_or_else(random_field, FieldBytes);
        self.apply(Input::Deposit {
            number: index + 1,
            deposit: queued.deposit,
            owner,
            viewing_key,
        })?;
        if known.is_none() {
            self.writes.viewing_keys.push((owner, viewing_key.0));
        }
        Ok(())
    }

    /// Closes the open batch where it is. It is built later.
    pub fn close(&mut self) -> Result<(), OperatorError> {
        let input = Input::Close {
            time_to: self.venue.now(),
            submitter: self.submitter,
            salt_seed: random_field(),
        };
        if let Outcome::Sealed(batch) = self.apply(input)? {
            tracing::info!(
                number = %batch.number(),
                steps = batch.steps(),
                fills = batch.fills(),
                "batch closed"
            );
        }
        Ok(())
    }

    /// Forgets that the first waiting order sets wait.
    pub fn waiting_changed(&mut self) {
        let stored = |signed: &Arc<SignedOrderSet>| WaitingSet::from(&**signed);
        self.writes.waiting = Some(self.waiting.iter().map(stored).collect());
    }

    /// Writes all that happened since the last time; on an error the venue is ahead of the disk and must not go on.
    pub fn commit(&mut self) -> Result<(), OperatorError> {
        if self.writes.is_empty() {
            return Ok(());
        }
        self.store.write(&self.writes)?;
        self.writes = Writes::default();
        Ok(())
    }

    /// Goes back to the last final books. Order sets that were installed there stay live; all others wait to be submitted
    /// again, when the deposits that opened their accounts are taken again.
    pub fn roll_back(&mut self) -> Result<(), OperatorError> {
        self.commit()?;
        self.venue.roll_back();
        let LiveSets {
            sets,
            arrivals,
            watched,
        } = self.venue.live_data();
        let installed = |set: &Arc<SignedOrderSet>| {
            let account = self.venue.account(set.set.account);
            account.is_some_and(|account| account.sequence >= set.set.sequence)
        };
        let (kept, lost): (Vec<_>, Vec<_>) = sets.into_iter().partition(|(_, set)| installed(set));
        self.venue.restore_live(LiveSets {
            sets: kept,
            arrivals,
            watched,
        });
        self.waiting.extend(lost.into_iter().map(|(_, set)| set));
        self.open = None;
        self.closed.clear();
        self.order_sets = 0;
        self.waiting_changed();
        self.writes.checkpoint = Some(self.checkpoint());
        self.writes.prune = Some(u64::MAX);
        self.writes.drop_proofs = Some(BatchNumber::new(u64::MAX));
        self.commit()
    }

    /// Figures of the last settled batches, oldest first.
    pub fn figures(&self, last: usize) -> Result<Vec<BatchFigures>, OperatorError> {
        self.store.figures(last)
    }
}
