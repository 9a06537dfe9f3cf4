//! When what happens: opening batches at snapshots, deposits, auctions, closing. Has no clock of its own and does no waiting.

use super::{
    config::{SnapshotTiming, Timing},
    core::{Core, OpenBatch},
    error::OperatorError,
    handle::Refusal,
    journal::{Input, InputError, Outcome},
};
use clearproof_engine::{Accepted, AuctionReport, Candidate, EngineError};
use clearproof_primitives::{
    chain::{Instrument, QueuedDeposit, SnapshotView},
    field::{FieldBytes, Fr},
};
use std::collections::BTreeMap;

/// What a venue knows of the chain, and what it does about it.
#[derive(Debug)]
pub struct Desk {
    pub(super) core: Core,
    timing: Timing,
    snapshots: SnapshotTiming,
    /// No batch can start before this: when the venue was created or settled its last batch.
    time_floor: u64,
    /// The latest final snapshot.
    pub(super) latest: Option<SnapshotView>,
    pub(super) instruments: Vec<Instrument>,
    /// Deposits that no final batch has taken, by index in the queue.
    deposits: BTreeMap<u64, QueuedDeposit>,
    /// The deposit that the engine does not take; later ones wait behind it.
    stuck: Option<u64>,
    /// Why no batch can open, as it was logged last.
    obstacle: Option<&'static str>,
    /// Auctions that are not told yet.
    auctions: Vec<AuctionReport>,
}

impl Desk {
    /// A desk that knows nothing of the markets yet.
    pub fn new(core: Core, timing: Timing, snapshots: SnapshotTiming, time_floor: u64) -> Self {
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

    /// The chain has taken a snapshot.
    pub fn snapshot(&mut self, view: SnapshotView) {
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

    /// Instruments as the chain lists them.
    pub fn instruments(&mut self, instruments: Vec<Instrument>) {
        self.instruments = instruments;
    }

    /// Deposits have joined the queue.
    pub fn deposits(&mut self, deposits: Vec<(u64, QueuedDeposit)>) {
        self.deposits.extend(deposits);
    }

    /// Checks an order set and makes it live; not to be told before the commit. Where the open batch has no room for its
    /// withdrawal, the next one opens first.
    pub fn submit(
        &mut self,
        set: impl Into<Candidate>,
        now: u64,
    ) -> Result<Result<Accepted, EngineError>, OperatorError> {
        let set = set.into();
        let result = self.core.submit(&set);
        if !matches!(result, Err(EngineError::BatchFull { .. })) {
            return Ok(result);
        }
        self.advance(now, false)?;
        Ok(self.core.submit(&set))
    }

    /// Sets or lifts an account's switch for silence; not to be told before the commit. Somebody else's trading key is told that
    /// there is no such account.
    pub fn watch(
        &mut self,
        key: Fr,
        trading_key: Option<Fr>,
        silence: Option<u64>,
        now: u64,
    ) -> Result<(), Refusal> {
        let venue = &self.core.venue;
        let known = venue.account_of_key(key).filter(|account| {
            let account = venue.account(*account);
            trading_key.is_none_or(|key| account.is_some_and(|a| a.trading_key == key))
        });
        let account = known.ok_or(EngineError::NoAccount(0))?;
        let input = Input::Watch {
            account,
            silence,
            now,
        };
        match self.core.apply(input) {
            Ok(_) => Ok(()),
            Err(InputError::Engine(error)) => Err(error.into()),
            Err(error) => Err(Refusal::Storage(error.to_string())),
        }
    }

    /// A batch is final.
    pub fn settled(&mut self) {
        let taken = self.core.venue.settled_books().ledger().deposits.count;
        self.deposits = self.deposits.split_off(&taken);
    }

    /// Does all that is due at `now`, milliseconds since the Unix epoch; an auction only if it is time for one.
    pub fn advance(&mut self, now: u64, auction: bool) -> Result<(), OperatorError> {
        // Close, open, take what waits, and close again if that filled the batch.
        for _ in 0..4 {
            if self.core.open.is_none() && !self.open(now)? {
                return Ok(());
            }
            if self.must_close(now) {
                self.core.close()?;
                continue;
            }
            if self.newer_snapshot() {
                self.core.apply(Input::Discard)?;
                continue;
            }
            self.take_deposits()?;
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

    /// Auctions since the last call, now that they are on disk.
    pub fn take_auctions(&mut self) -> Vec<AuctionReport> {
        std::mem::take(&mut self.auctions)
    }

    /// Last millisecond at which an auction may use the snapshot. When the next one was taken is not known before it is final, so
    /// this supposes that it came on time.
    fn deadline(&self, taken_at: u64) -> u64 {
        taken_at.saturating_add(self.snapshots.usable_ms())
    }

    fn newer_snapshot(&self) -> bool {
        let open = self.core.open.as_ref().map(|open| open.snapshot.number);
        let latest = self.latest.as_ref().map(|view| view.snapshot.number);
        open.is_some() && latest > open
    }

    fn must_close(&self, now: u64) -> bool {
        let Some(open) = &self.core.open else {
            return false;
        };
        let Some(first) = open.first_step else {
            return false;
        };
        self.filled()
            || now >= first.saturating_add(self.timing.batch_ms)
            || self.newer_snapshot()
            || now > self.deadline(open.snapshot.taken_at)
    }

    /// Whether the open batch shall take no more, or cannot.
    fn filled(&self) -> bool {
        let venue = &self.core.venue;
        venue.open_steps() >= self.timing.batch_steps || venue.batch_full()
    }

    /// Opens a batch at the latest snapshot if there is one of use and the prover keeps up.
    fn open(&mut self, now: u64) -> Result<bool, OperatorError> {
        let earliest = self.core.venue.now().max(self.time_floor) + 1;
        let time_from = match &self.latest {
            Some(view) => now.max(earliest).max(view.snapshot.taken_at),
            None => now,
        };
        let obstacle = match &self.latest {
            None => Some("the chain has no snapshot yet"),
            Some(view) if time_from > self.deadline(view.snapshot.taken_at) => Some(
                "the chain's last final snapshot is too old: it, the node or this clock is behind or ahead",
            ),
            Some(_) if self.core.closed.len() >= self.timing.max_pending => {
                Some("too many batches wait for proofs or finality")
            }
            Some(_) => None,
        };
        if obstacle != self.obstacle {
            match obstacle {
                Some(why) => tracing::warn!(why, "trading pauses"),
                None => tracing::info!("trading goes on"),
            }
            self.obstacle = obstacle;
        }
        let (Some(view), None) = (&self.latest, obstacle) else {
            return Ok(false);
        };
        self.core.apply(Input::Open {
            snapshot: view.snapshot.clone(),
            info: view.info.clone(),
            time_from,
        })?;
        self.settle_expired()?;
        Ok(true)
    }

    /// Turns what has expired into money, as far as the batch just opened has room; the next batches do the rest.
    fn settle_expired(&mut self) -> Result<(), OperatorError> {
        let any = |open: &OpenBatch| open.snapshot.rows.iter().any(|row| row.expired);
        if !self.core.open.as_ref().is_some_and(any) {
            return Ok(());
        }
        let limit = u32::try_from(self.timing.batch_steps).unwrap_or(u32::MAX);
        if let Outcome::Settled(accounts @ 1..) = self.core.apply(Input::SettleExpired { limit })? {
            tracing::info!(accounts, "expired instruments settled");
        }
        Ok(())
    }

    fn take_deposits(&mut self) -> Result<(), OperatorError> {
        while !self.filled() {
            let index = self.core.venue.deposits_taken();
            let Some(queued) = self.deposits.get(&index) else {
                return Ok(());
            };
            match self.core.deposit(index, queued) {
                Ok(()) => {}
                Err(OperatorError::Engine(error)) => {
                    if self.stuck != Some(index) {
                        tracing::error!(index, %error, "deposit cannot be taken; it and later ones wait");
                    }
                    self.stuck = Some(index);
                    return Ok(());
                }
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// Order sets that a roll-back took away, once the deposits before them are taken again.
    fn submit_waiting(&mut self) {
        let next = self.core.venue.deposits_taken();
        if self.core.waiting.is_empty()
            || (self.deposits.contains_key(&next) && self.stuck.is_none())
        {
            return;
        }
        while !self.filled() {
            let Some(signed) = self.core.waiting.pop_front() else {
                break;
            };
            let (account, sequence) = (signed.set.account, signed.set.sequence);
            if let Err(error) = self.core.submit(&signed.into()) {
                tracing::warn!(account, sequence, %error, "order set is not accepted any more");
            }
        }
        self.core.waiting_changed();
    }

    /// Runs the auctions, if the snapshot may still be used.
    fn run_auction(&mut self, now: u64) -> Result<(), OperatorError> {
        let Some(open) = &self.core.open else {
            return Ok(());
        };
        // A clock that was set back stops the auctions until it has caught up; two auctions never share a millisecond, as an
        // instrument has one price in it.
        let early = now < self.core.venue.now() || now <= self.core.last_auction;
        if early || now > self.deadline(open.snapshot.taken_at) {
            return Ok(());
        }
        match self.core.apply(Input::Auction(now)) {
            Ok(Outcome::Auctioned(report)) => {
                for (account, rule) in &report.left_out {
                    tracing::debug!(account, %rule, "left out of the auction");
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
