//! The venue with its journal. Every input goes through here, and no result is reported before it
//! is on disk.

mod batches;
mod closed;
mod restore;

pub use closed::{Closed, Stage};

use super::{
    error::OperatorError,
    figures::BatchFigures,
    journal::{Input, InputError, Outcome, StoredSet, StoredSets},
    store::{Checkpoint, Store, Writes},
    views::{FinalBatch, LastClearing},
};
use clearproof_client::Identity;
use clearproof_engine::{Accepted, ArrivedSet, Candidate, InstrumentClearing, Venue};
use clearproof_primitives::{
    chain::QueuedDeposit,
    field::{FieldBytes, bytes32_to_fields},
    ids::{BatchNumber, Slot},
    order::SignedOrderSet,
    poseidon::hash,
    snapshot::Snapshot,
    time::Millis,
};
use codec::Encode;
use rand::RngCore;
use std::{
    collections::{BTreeMap, VecDeque},
    sync::Arc,
};

/// The open batch.
#[derive(Clone, Debug)]
pub struct OpenBatch {
    /// Its snapshot.
    pub snapshot: Arc<Snapshot>,
    /// First millisecond.
    pub time_from: Millis,
    /// Time of its first account step.
    pub first_step: Option<Millis>,
}

/// The venue, its journal and the batches that are not final yet.
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
    /// The last final batch.
    pub(super) settled: FinalBatch,
    /// Order sets accepted since a batch was closed.
    order_sets: u64,
    /// Order sets that a roll-back removed, to submit again.
    pub(super) waiting: VecDeque<Arc<SignedOrderSet>>,
    /// Last clearing of each instrument.
    pub(super) last: BTreeMap<Slot, LastClearing>,
    /// Time of the last auction.
    pub(super) last_auction: Millis,
}

/// Returns a field element that cannot be guessed.
pub fn random_field() -> FieldBytes {
    let mut bytes = [0; 32];
    rand::rngs::OsRng.fill_bytes(&mut bytes);
    let (low, high) = bytes32_to_fields(&bytes);
    hash(&[low, high]).into()
}

impl Core {
    /// Identity of the venue.
    pub fn identity(&self) -> &Identity {
        &self.identity
    }

    /// Returns the venue and its live sets as data. Only valid while every batch is final.
    fn checkpoint(&self) -> Checkpoint {
        Checkpoint {
            books: self.venue.stored(),
            live: StoredSets::from(&self.venue.live_data()),
            order_sets: self.order_sets,
        }
    }

    /// Carries an input out, and updates what is kept outside the engine.
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
                let time = report.time;
                self.last_auction = time;
                let last = |clearing: &InstrumentClearing| {
                    let price = clearing.price;
                    (clearing.instrument, LastClearing { time, price })
                };
                self.last.extend(report.clearings.iter().map(last));
            }
            Outcome::Sealed(batch) => {
                self.open = None;
                self.on_sealed(Arc::clone(batch));
            }
            Outcome::Discarded => self.open = None,
            Outcome::Deposited(_) | Outcome::ExpiredAccrued(_) | Outcome::SwitchSet => {}
        }
        self.note_first_step();
        Ok(outcome)
    }

    fn note_first_step(&mut self) {
        if let Some(open) = &mut self.open
            && open.first_step.is_none()
            && self.venue.open_steps() > 0
        {
            open.first_step = Some(self.venue.now());
        }
    }

    fn record(&mut self, entry: Vec<u8>) {
        self.writes.journal.push((self.next_entry, entry));
        self.next_entry += 1;
    }

    /// Carries an input out and adds it to the next transaction. Its result must not be reported
    /// before [`Self::commit`].
    pub fn apply(&mut self, input: Input) -> Result<Outcome, InputError> {
        let bytes = input.encode();
        let outcome = self.absorb(input)?;
        self.record(bytes);
        if matches!(outcome, Outcome::Discarded) && self.closed.is_empty() {
            // No batch is open or pending: the journal can start here, so it does not grow while
            // there is no trading.
            self.writes.checkpoint = Some(self.checkpoint());
            self.writes.prune = Some(self.next_entry - 1);
        }
        Ok(outcome)
    }

    /// Submits an order set; see [`Self::apply`]. A signature that was checked already is not
    /// checked again.
    pub fn submit(&mut self, candidate: Candidate) -> Result<Accepted, InputError> {
        match self.apply(Input::order_set(candidate))? {
            Outcome::Accepted(accepted) => Ok(accepted),
            _ => Err(InputError::OtherOutcome),
        }
    }

    /// Consumes the next deposit of the queue.
    pub fn deposit(&mut self, index: u64, queued: &QueuedDeposit) -> Result<(), OperatorError> {
        self.apply(Input::Deposit {
            number: index + 1,
            deposit: queued.deposit,
            owner: queued.owner,
        })?;
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

    /// Adds the list of waiting order sets to the next transaction.
    pub fn record_waiting(&mut self) {
        let stored = |signed: &Arc<SignedOrderSet>| StoredSet::from(&**signed);
        self.writes.waiting = Some(self.waiting.iter().map(stored).collect());
    }

    /// Writes everything that happened since the last call. On an error the venue is ahead of the
    /// disk and must stop.
    pub fn commit(&mut self) -> Result<(), OperatorError> {
        if self.writes.is_empty() {
            return Ok(());
        }
        self.store.write(&self.writes)?;
        self.writes = Writes::default();
        Ok(())
    }

    /// Goes back to the last final books. Order sets that were installed there stay live. All
    /// others wait to be submitted again, once the deposits that opened their accounts are consumed
    /// again.
    pub fn roll_back(&mut self) -> Result<(), OperatorError> {
        self.commit()?;
        self.venue.roll_back();
        let mut live = self.venue.live_data();
        let is_installed = |arrived: &ArrivedSet| {
            let set = &arrived.signed.set;
            let account = self.venue.account(set.account);
            account.is_some_and(|account| account.sequence >= set.sequence)
        };
        let (kept, lost): (Vec<_>, Vec<_>) = live.sets.into_iter().partition(is_installed);
        live.sets = kept;
        self.venue.restore_live(live);
        self.waiting
            .extend(lost.into_iter().map(|arrived| arrived.signed));
        self.open = None;
        self.closed.clear();
        self.order_sets = 0;
        self.record_waiting();
        self.writes.checkpoint = Some(self.checkpoint());
        self.writes.prune = Some(u64::MAX);
        self.writes.drop_proofs = Some(BatchNumber::new(u64::MAX));
        self.commit()
    }

    /// Returns the figures of the last settled batches, at most `last`, oldest first.
    pub fn figures(&self, last: usize) -> Result<Vec<BatchFigures>, OperatorError> {
        self.store.figures(last)
    }
}
