//! The schedule of a venue: opens batches at snapshots, consumes deposits, runs auctions and closes
//! batches. Has no clock of its own and never waits.

use super::{
    commands::{CancelAllAfter, Refusal},
    config::{SnapshotTiming, Timing},
    core::{Core, OpenBatch},
    error::OperatorError,
    journal::{Input, InputError, Outcome},
};
use clearproof_engine::{Accepted, AuctionReport, Candidate, EngineError, LeftOut};
use clearproof_primitives::{
    chain::{Instrument, QueuedDeposit, SnapshotView},
    field::FieldBytes,
    ids::AccountIndex,
    time::Millis,
};
use std::collections::BTreeMap;

/// Schedules a venue's work, from what is known of the chain.
#[derive(Debug)]
pub struct Scheduler {
    pub(super) core: Core,
    timing: Timing,
    snapshots: SnapshotTiming,
    /// Earliest start of a batch: when the venue was created or settled its last batch.
    time_floor: Millis,
    /// The latest final snapshot.
    pub(super) latest: Option<SnapshotView>,
    pub(super) instruments: Vec<Instrument>,
    /// Deposits that no final batch has consumed, by index in the queue.
    deposits: BTreeMap<u64, QueuedDeposit>,
    /// The deposit that the engine refuses; later ones wait behind it.
    stuck: Option<u64>,
    /// The reason that no batch can open, as it was logged last.
    obstacle: Option<&'static str>,
    /// Auctions that are not published yet.
    auctions: Vec<AuctionReport>,
}

impl Scheduler {
    /// Returns a scheduler that knows nothing of the markets yet.
    pub fn new(core: Core, timing: Timing, snapshots: SnapshotTiming, time_floor: Millis) -> Self {
        Self {
            core,
            timing,
            snapshots,
            time_floor,
            latest: None,
            instruments: Vec::new(),
            deposits: BTreeMap::new(),
            stuck: None,
            obstacle: None,
            auctions: Vec::new(),
        }
    }

    /// Adopts a final snapshot of the chain, unless a newer one is known.
    pub fn on_snapshot(&mut self, view: SnapshotView) {
        if FieldBytes::from(view.snapshot.hash()) != view.info.hash {
            tracing::error!(
                number = %view.snapshot.number,
                "the chain's snapshot has another hash here: use a prover of the runtime's version"
            );
            return;
        }
        let newer = |known: &SnapshotView| known.snapshot.number < view.snapshot.number;
        if self.latest.as_ref().is_none_or(newer) {
            self.latest = Some(view);
        }
    }

    /// Adopts the instruments that the chain lists.
    pub fn on_instruments(&mut self, instruments: Vec<Instrument>) {
        self.instruments = instruments;
    }

    /// Adds deposits that joined the queue.
    pub fn on_deposits(&mut self, deposits: Vec<(u64, QueuedDeposit)>) {
        self.deposits.extend(deposits);
    }

    /// Drops the deposits that a final batch has consumed.
    pub fn on_settled(&mut self) {
        let consumed = self.core.venue.settled_books().ledger().deposits.count;
        self.deposits = self.deposits.split_off(&consumed);
    }

    /// Checks an order set and makes it live. The result must not be reported before the commit.
    /// Where the open batch has no room for the set's withdrawal, the next one opens first.
    pub fn submit(
        &mut self,
        set: impl Into<Candidate>,
        now: Millis,
    ) -> Result<Result<Accepted, EngineError>, OperatorError> {
        let set = set.into();
        let mut result = self.core.submit(set.clone());
        if let Err(InputError::Engine(EngineError::BatchFull { .. })) = result {
            self.advance(now, false)?;
            result = self.core.submit(set);
        }
        match result {
            Ok(accepted) => Ok(Ok(accepted)),
            Err(InputError::Engine(error)) => Ok(Err(error)),
            Err(error) => Err(error.into()),
        }
    }

    /// Sets an account's dead man's switch or turns it off. The result must not be reported before
    /// the commit. A trading key of another account is refused as if there were no such account.
    pub fn cancel_all_after(
        &mut self,
        request: &CancelAllAfter,
        now: Millis,
    ) -> Result<(), Refusal> {
        let venue = &self.core.venue;
        let known = venue.account_of_key(request.account_key);
        let known = known.filter(|account| {
            let account = venue.account(*account);
            let key = request.trading_key;
            key.is_none_or(|key| account.is_some_and(|a| a.trading_key == key))
        });
        let account = known.ok_or(EngineError::NoAccount(AccountIndex::default()))?;
        let input = Input::SetDeadMansSwitch {
            account,
            timeout_ms: request.timeout_ms,
            now,
        };
        match self.core.apply(input) {
            Ok(_) => Ok(()),
            Err(InputError::Engine(error)) => Err(error.into()),
            Err(error) => Err(Refusal::Storage(error.to_string())),
        }
    }

    /// Does everything that is due at `now`, milliseconds since the Unix epoch. Runs an auction
    /// only if `auction` is true.
    pub fn advance(&mut self, now: Millis, auction: bool) -> Result<(), OperatorError> {
        // Close, open, consume what waits, and close again if that filled the batch.
        for _ in 0..4 {
            if self.core.open.is_none() && !self.open(now)? {
                return Ok(());
            }
            if self.must_close(now) {
                self.core.close()?;
                continue;
            }
            if self.has_newer_snapshot() {
                self.core.apply(Input::Discard)?;
                continue;
            }
            self.consume_deposits()?;
            self.submit_waiting();
            if !self.must_close(now) {
                break;
            }
        }
        if auction {
            self.run_auction(now)?;
        }
        Ok(())
    }

    /// Removes and returns the auctions since the last call. They must be on disk by then.
    pub fn take_auctions(&mut self) -> Vec<AuctionReport> {
        std::mem::take(&mut self.auctions)
    }

    /// Last millisecond at which an auction may use the snapshot. The time of the next snapshot is
    /// not known before it is final, so this supposes that it came on time.
    fn deadline(&self, taken_at: Millis) -> Millis {
        taken_at.saturating_add(self.snapshots.usable_ms())
    }

    fn has_newer_snapshot(&self) -> bool {
        let open = self.core.open.as_ref().map(|open| open.snapshot.number);
        let latest = self.latest.as_ref().map(|view| view.snapshot.number);
        open.is_some() && latest > open
    }

    fn must_close(&self, now: Millis) -> bool {
        let Some(open) = &self.core.open else {
            return false;
        };
        let Some(first) = open.first_step else {
            return false;
        };
        self.is_full()
            || now >= first.saturating_add(self.timing.batch_ms)
            || self.has_newer_snapshot()
            || now > self.deadline(open.snapshot.taken_at)
    }

    /// True if the open batch has as many steps as the settings allow, or as the chain accepts.
    fn is_full(&self) -> bool {
        let venue = &self.core.venue;
        venue.open_steps() >= self.timing.batch_steps || venue.batch_full()
    }

    /// Opens a batch at the latest snapshot, if it is still usable and the prover keeps up.
    fn open(&mut self, now: Millis) -> Result<bool, OperatorError> {
        let earliest = self.core.venue.now().max(self.time_floor) + Millis::new(1);
        let time_from = match &self.latest {
            Some(view) => now.max(earliest).max(view.snapshot.taken_at),
            None => now,
        };
        let obstacle = self.obstacle_at(time_from);
        self.log_obstacle(obstacle);
        let (Some(view), None) = (&self.latest, obstacle) else {
            return Ok(false);
        };
        self.core.apply(Input::Open {
            snapshot: view.snapshot.clone(),
            info: view.info.clone(),
            time_from,
        })?;
        self.accrue_expired()?;
        Ok(true)
    }

    /// Returns the reason that no batch can open at this time, if there is one.
    fn obstacle_at(&self, time_from: Millis) -> Option<&'static str> {
        let Some(view) = &self.latest else {
            return Some("the chain has no snapshot yet");
        };
        if time_from > self.deadline(view.snapshot.taken_at) {
            return Some(
                "the chain's last final snapshot is too old: it, the node or this clock is behind \
                 or ahead",
            );
        }
        let too_many = self.core.closed.len() >= self.timing.max_pending;
        too_many.then_some("too many batches wait for proofs or finality")
    }

    /// Logs the obstacle if it is another than before.
    fn log_obstacle(&mut self, obstacle: Option<&'static str>) {
        if obstacle == self.obstacle {
            return;
        }
        match obstacle {
            Some(why) => tracing::warn!(why, "trading pauses"),
            None => tracing::info!("trading goes on"),
        }
        self.obstacle = obstacle;
    }

    /// Turns expired instruments into money, as far as the batch just opened has room; the next
    /// batches do the rest.
    fn accrue_expired(&mut self) -> Result<(), OperatorError> {
        let any = |open: &OpenBatch| open.snapshot.rows.iter().any(|row| row.expired);
        if !self.core.open.as_ref().is_some_and(any) {
            return Ok(());
        }
        let limit = u32::try_from(self.timing.batch_steps).unwrap_or(u32::MAX);
        let outcome = self.core.apply(Input::AccrueExpired { limit })?;
        if let Outcome::ExpiredAccrued(accounts @ 1..) = outcome {
            tracing::info!(accounts, "expired instruments settled");
        }
        Ok(())
    }

    fn consume_deposits(&mut self) -> Result<(), OperatorError> {
        while !self.is_full() {
            let index = self.core.venue.deposits_consumed();
            let Some(queued) = self.deposits.get(&index) else {
                return Ok(());
            };
            match self.core.deposit(index, queued) {
                Ok(()) => {}
                Err(OperatorError::Engine(error)) => {
                    if self.stuck != Some(index) {
                        tracing::error!(
                            index,
                            %error,
                            "deposit cannot be taken; it and later ones wait"
                        );
                    }
                    self.stuck = Some(index);
                    return Ok(());
                }
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// Submits the order sets that a roll-back removed, once the deposits before them are consumed
    /// again.
    fn submit_waiting(&mut self) {
        let next = self.core.venue.deposits_consumed();
        if self.core.waiting.is_empty()
            || (self.deposits.contains_key(&next) && self.stuck.is_none())
        {
            return;
        }
        while !self.is_full() {
            let Some(signed) = self.core.waiting.pop_front() else {
                break;
            };
            let (account, sequence) = (signed.set.account, signed.set.sequence);
            if let Err(error) = self.core.submit(signed.into()) {
                tracing::warn!(%account, sequence, %error, "order set is not accepted any more");
            }
        }
        self.core.record_waiting();
    }

    /// Runs the auctions of all instruments, if the snapshot may still be used.
    fn run_auction(&mut self, now: Millis) -> Result<(), OperatorError> {
        let Some(open) = &self.core.open else {
            return Ok(());
        };
        // A clock that was set back stops the auctions until it has caught up. Two auctions never
        // share a millisecond, as an instrument has one price in it.
        let early = now < self.core.venue.now() || now <= self.core.last_auction;
        if early || now > self.deadline(open.snapshot.taken_at) {
            return Ok(());
        }
        match self.core.apply(Input::Auction(now)) {
            Ok(Outcome::Auctioned(report)) => {
                for LeftOut { account, rule } in &report.left_out {
                    tracing::debug!(%account, %rule, "left out of the auction");
                }
                self.auctions.push(report);
            }
            Ok(_) => {}
            // The orders wait for the first auction of the next batch.
            Err(InputError::Engine(EngineError::BatchFull { .. })) => self.core.close()?,
            Err(error) => return Err(error.into()),
        }
        Ok(())
    }
}
