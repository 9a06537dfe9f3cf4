//! The life of a batch: open, sealed, built, then final, or rolled back.
//!
//! Sealing takes the open batch away and hashes nothing, so the next one can open at once. Building
//! does all the hashing, on any thread, from the sealed batch and the books before it alone.

use super::state::{Venue, open_batch::OpenBatch};
use crate::{
    batch::{BuiltBatch, ClosedBatch},
    error::EngineError,
    sealed::{BatchRequest, SealedBatch, funding_after},
    terms::MarketTerms,
};
use clearproof_primitives::{
    account::Account,
    fixed::{Factor, Rate},
    ids::BatchNumber,
    snapshot::Snapshot,
    step::check_sequence,
    submission::MAX_CHUNKS,
    time::Millis,
};
use std::sync::Arc;

impl Venue {
    /// Opens a batch at a snapshot; its time span starts at `time_from`, after the last batch's.
    /// The margins of all accounts are checked. The insurance fund takes bankrupt accounts over at
    /// once, and those below maintenance margin are liquidated in the auctions. If the fund owes
    /// more than it has, its positions are closed against those of others at once.
    pub fn open_batch(
        &mut self,
        snapshot: Snapshot,
        terms: impl Into<MarketTerms>,
        time_from: Millis,
    ) -> Result<(), EngineError> {
        if self.open.is_some() {
            return Err(EngineError::BatchOpen);
        }
        snapshot.check(&self.config.shape.market)?;
        let last = self.closed.tally().time;
        if time_from <= last || time_from < snapshot.taken_at {
            return Err(EngineError::Time {
                given: time_from,
                current: last.max(snapshot.taken_at),
            });
        }
        self.now = time_from;
        self.open = Some(OpenBatch::new(snapshot, terms.into(), time_from));
        self.scan();
        self.deleverage();
        Ok(())
    }

    /// Gives up the open batch, in which nothing has happened, so that the next can open at a newer
    /// snapshot.
    pub fn discard_batch(&mut self) -> Result<(), EngineError> {
        if self.open.is_none() {
            return Err(EngineError::NoOpenBatch);
        }
        let steps = self.open_steps();
        if steps > 0 {
            return Err(EngineError::NotEmpty(steps));
        }
        self.open = None;
        Ok(())
    }

    /// Closes the open batch without building it; the next one may open at once.
    ///
    /// Every problem that could prevent building is found here. [`Venue::on_built`] adopts the
    /// result of [`SealedBatch::build`]; until then books, ledger and state root are those before
    /// it.
    pub fn seal_batch(&mut self, request: &BatchRequest) -> Result<Arc<SealedBatch>, EngineError> {
        if request.time_to < self.now {
            return Err(EngineError::Time {
                given: request.time_to,
                current: self.now,
            });
        }
        let open = self.open.as_ref().ok_or(EngineError::NoOpenBatch)?;
        let chunks = self.open_chunks();
        if chunks > MAX_CHUNKS as usize {
            return Err(EngineError::TooManyChunks(chunks));
        }
        let funding = funding_after(
            self.funding(),
            &open.snapshot,
            &open.terms,
            open.steps.iter(),
            request.time_to,
        );
        let (shape, fund) = (&self.config.shape, self.accounts.fund());
        let (sums, time_to) = (self.open_sums(open), request.time_to);
        let tally = self
            .closed
            .tally()
            .after(shape, &sums, fund, funding, time_to)?;
        let open = self.open.take().ok_or(EngineError::NoOpenBatch)?;
        let sealed = Arc::new(SealedBatch {
            config: self.config.clone(),
            request: request.clone(),
            snapshot: open.snapshot,
            time_from: open.time_from,
            deleverage_rank: open.deleverage_rank.unwrap_or(Factor::new(0)),
            // The slack says what the fund lacks. It stays private where no account bears it.
            slack: open.deleverage_rank.map_or(Rate::new(0), |_| open.slack),
            steps: open.steps.into_finished(),
            tally,
        });
        self.accounts.replace_fund(&sealed.tally.fund);
        self.closed.push(&sealed);
        self.now = request.time_to;
        Ok(sealed)
    }

    /// Adopts the books after the oldest sealed batch, which is built.
    pub fn on_built(&mut self, built: &BuiltBatch) -> Result<(), EngineError> {
        self.closed.on_built(built)
    }

    /// Closes the open batch and builds it at once.
    pub fn close_batch(&mut self, request: &BatchRequest) -> Result<ClosedBatch, EngineError> {
        self.closed.ensure_built()?;
        let built = self.seal_batch(request)?.build(self.books())?;
        self.on_built(&built)?;
        Ok(built.batch)
    }

    /// Makes the oldest closed batch final, as the chain has settled it.
    pub fn settle(&mut self, number: BatchNumber) -> Result<(), EngineError> {
        self.closed.settle(number)
    }

    /// Forgets everything since the last final batch except live order sets, and leaves no batch
    /// open. Sealed batches are forgotten too, so a build in progress becomes void.
    pub fn roll_back(&mut self) {
        self.open = None;
        self.closed.roll_back();
        self.now = self.closed.tally().time;
        let settled = &self.closed.settled_books().accounts;
        // A set that was signed with keys that its account no longer has is not valid any more; nor
        // is a trading key's of an epoch that the account has not reached.
        let accounts = &self.accounts;
        self.orders.retain(|account, signed| {
            let Some(earlier) = settled.get(account.place()) else {
                return true;
            };
            let keys = |a: &Account| (a.owner, a.number, a.trading_key);
            accounts.get(account).map(keys) == Some(keys(earlier))
                && check_sequence(signed, earlier.sequence).is_ok()
        });
        self.accounts.return_to(&self.config.shape, settled);
    }
}
