//! The venue: accounts, live order sets, ticks.

use crate::{
    auction::{self, Bid, Clearing},
    error::EngineError,
    pending::{PendingStep, PricedFill},
};
use clearproof_primitives::{
    account::Account,
    babyjubjub::{Point, PublicKey},
    batch::{Deposit, PriceEntry},
    field::{FieldBytes, Fr},
    fixed::{Price, Rate},
    ledger::Ledger,
    order::SignedOrderSet,
    shape::Shape,
    snapshot::Snapshot,
    step::{apply_unsigned, DepositStep, StepContext, StepEffects, StepError},
    tree::AccountsTree,
};
use std::collections::{BTreeMap, VecDeque};

/// What never changes about a venue.
#[derive(Clone, Debug)]
pub struct VenueConfig {
    /// Shape of its circuits.
    pub shape: Shape,
    /// Its id on the chain.
    pub id: u32,
    /// Genesis field of the chain.
    pub genesis: Fr,
}

/// A deposit with what its account key commits to.
#[derive(Clone, Debug)]
pub struct DepositReceived {
    /// Position in the queue, counting from 1.
    pub number: u64,
    /// The queue's record.
    pub deposit: Deposit,
    /// Owner's key.
    pub owner: PublicKey,
    /// Owner's viewing key.
    pub viewing_key: Fr,
}

/// An accepted order set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Accepted {
    /// Its message, which a receipt is about.
    pub message: Fr,
    /// Place in the order of arrival.
    pub arrival: u64,
    /// Whether its withdrawal was carried out in the open batch.
    pub withdrawn: bool,
}

/// One fill, as a trader sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Trade {
    /// Account.
    pub account: u32,
    /// Slot of the order.
    pub slot: usize,
    /// Instrument.
    pub instrument: u16,
    /// Lots, negative where sold.
    pub lots: i64,
    /// Price.
    pub price: Price,
}

/// What a tick did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TickReport {
    /// Time of the tick.
    pub time: u64,
    /// Clearing prices and volumes by instrument.
    pub clearings: Vec<(u16, Price, u64)>,
    /// All fills.
    pub trades: Vec<Trade>,
    /// Accounts whose orders were left out of the tick, with the rule that they would have broken.
    pub left_out: Vec<(u32, StepError)>,
}

/// A live order set.
#[derive(Clone, Debug)]
struct Live {
    signed: SignedOrderSet,
    arrival: u64,
}

/// The open batch.
#[derive(Clone, Debug)]
pub(crate) struct Open {
    pub snapshot: Snapshot,
    pub price_band: Rate,
    pub halted: Vec<bool>,
    pub time_from: u64,
    /// Finished steps in order.
    pub finished: Vec<PendingStep>,
    /// Steps that can still grow, by account.
    pub growing: BTreeMap<u32, PendingStep>,
}

/// Accounts, tree and ledger at one moment.
#[derive(Clone, Debug)]
pub(crate) struct Books {
    /// By index; 0 is the insurance fund.
    pub accounts: Vec<Account>,
    /// Account key to index.
    pub index: BTreeMap<FieldBytes, u32>,
    pub tree: AccountsTree,
    pub ledger: Ledger,
    /// Number of the last batch.
    pub number: u64,
    /// Last millisecond of the last batch.
    pub time: u64,
}

/// A venue. See the crate's documentation for the life of a batch.
#[derive(Clone, Debug)]
pub struct Venue {
    pub(crate) config: VenueConfig,
    /// As of the last closed batch, with nothing of the open one.
    pub(crate) books: Books,
    /// Accounts as they are now, the open batch included.
    pub(crate) current: Vec<Account>,
    pub(crate) open: Option<Open>,
    /// Books before each closed batch that is not final, oldest first.
    pub(crate) unsettled: VecDeque<Books>,
    pub(crate) deposits_taken: u64,
    live: BTreeMap<u32, Live>,
    arrivals: u64,
    pub(crate) now: u64,
}

impl Venue {
    /// A venue that has settled nothing.
    pub fn new(config: VenueConfig) -> Self {
        let fund = Account::insurance_fund(&config.shape);
        let books = Books::of(
            &config.shape,
            vec![fund],
            Ledger::genesis(&config.shape.market),
            0,
            0,
        );
        Self::from_books(config, books)
    }

    pub(crate) fn from_books(config: VenueConfig, books: Books) -> Self {
        Self {
            current: books.accounts.clone(),
            deposits_taken: books.ledger.deposits.count,
            now: books.time,
            config,
            books,
            open: None,
            unsettled: VecDeque::new(),
            live: BTreeMap::new(),
            arrivals: 0,
        }
    }

    /// The venue's configuration.
    pub fn config(&self) -> &VenueConfig {
        &self.config
    }

    /// An account as it is now, the open batch included.
    pub fn account(&self, index: u32) -> Option<&Account> {
        self.current.get(index as usize)
    }

    /// Index of the account that deposits to this key go to.
    pub fn account_of_key(&self, key: Fr) -> Option<u32> {
        let opened = |account: &Account| account.key() == key;
        let known = self.books.index.get(&FieldBytes::from(key)).copied();
        let first_new = self.books.accounts.len();
        known.or_else(|| {
            Some((first_new + self.current[first_new..].iter().position(opened)?) as u32)
        })
    }

    /// Number of accounts, the insurance fund included.
    pub fn account_count(&self) -> usize {
        self.current.len()
    }

    /// Number of deposits taken from the queue, the open batch included.
    pub fn deposits_taken(&self) -> u64 {
        self.deposits_taken
    }

    /// Number of the last closed batch.
    pub fn batch_number(&self) -> u64 {
        self.books.number
    }

    /// State root after the last closed batch.
    pub fn state_root(&self) -> Fr {
        clearproof_primitives::ledger::state_root(self.books.tree.root(), &self.books.ledger)
    }

    /// The ledger after the last closed batch.
    pub fn ledger(&self) -> &Ledger {
        &self.books.ledger
    }

    /// Whether a batch is open.
    pub fn is_open(&self) -> bool {
        self.open.is_some()
    }

    /// Number of account steps in the open batch.
    pub fn open_steps(&self) -> usize {
        self.open
            .as_ref()
            .map_or(0, |open| open.finished.len() + open.growing.len())
    }

    /// An account's live order set.
    pub fn live_set(&self, account: u32) -> Option<&SignedOrderSet> {
        self.live.get(&account).map(|live| &live.signed)
    }

    /// All live order sets in order of arrival.
    pub fn live_sets(&self) -> Vec<&SignedOrderSet> {
        let mut sets: Vec<_> = self.live.values().collect();
        sets.sort_by_key(|live| live.arrival);
        sets.into_iter().map(|live| &live.signed).collect()
    }

    /// Opens a batch at a snapshot; its time span starts at `time_from`, after the last batch's.
    /// `halted` marks instruments that must not trade.
    pub fn open_batch(
        &mut self,
        snapshot: Snapshot,
        price_band: Rate,
        halted: Vec<bool>,
        time_from: u64,
    ) -> Result<(), EngineError> {
        if self.open.is_some() {
            return Err(EngineError::BatchOpen);
        }
        snapshot.check(&self.config.shape.market)?;
        if time_from <= self.books.time || time_from < snapshot.taken_at {
            return Err(EngineError::Time {
                given: time_from,
                current: self.books.time.max(snapshot.taken_at),
            });
        }
        self.now = time_from;
        self.open = Some(Open {
            snapshot,
            price_band,
            halted,
            time_from,
            finished: Vec::new(),
            growing: BTreeMap::new(),
        });
        Ok(())
    }

    /// Takes the next deposit of the chain's queue; opens an account for a key that is new.
    pub fn deposit(&mut self, received: &DepositReceived) -> Result<u32, EngineError> {
        if self.open.is_none() {
            return Err(EngineError::NoOpenBatch);
        }
        let expected = self.deposits_taken + 1;
        if received.number != expected {
            return Err(EngineError::DepositOrder {
                given: received.number,
                expected,
            });
        }
        let key = received.deposit.account_key.to_fr()?;
        let (account, exists, before) = match self.account_of_key(key) {
            Some(index) => (index, true, self.current[index as usize].clone()),
            None => {
                let index = self.current.len();
                if index as u64 >= self.config.shape.capacity() {
                    return Err(EngineError::Full(self.config.shape.capacity()));
                }
                let fresh = Account::new(&self.config.shape, &received.owner, received.viewing_key);
                (index as u32, false, fresh)
            }
        };
        if before.key() != key {
            return Err(EngineError::DepositKey);
        }
        let Deposit { asset, amount, .. } = received.deposit;
        let step = PendingStep {
            account,
            exists,
            deposit: Some(DepositStep {
                asset,
                amount,
                account_key: key,
            }),
            before: Some(before),
            ..PendingStep::default()
        };
        let after = self.simulate(&step, self.now)?.0;
        self.finish(account);
        if exists {
            self.current[account as usize] = after;
        } else {
            self.current.push(after);
        }
        self.deposits_taken += 1;
        if let Some(open) = &mut self.open {
            open.finished.push(step);
        }
        Ok(account)
    }

    /// Checks an order set, signature included, and makes it the account's live set. Its withdrawal, if any, is carried
    /// out at once or the set is refused.
    pub fn submit(&mut self, signed: SignedOrderSet) -> Result<Accepted, EngineError> {
        let set = &signed.set;
        set.check(&self.config.shape)?;
        if set.venue != self.config.id {
            return Err(EngineError::OtherVenue(set.venue));
        }
        let account = self
            .account(set.account)
            .ok_or(EngineError::NoAccount(set.account))?;
        let newest = self
            .live
            .get(&set.account)
            .map_or(0, |live| live.signed.set.sequence)
            .max(account.sequence);
        if set.sequence <= newest {
            return Err(EngineError::OldSequence(newest));
        }
        if set.valid_until < self.now {
            return Err(EngineError::Expired(set.valid_until));
        }
        let owner = PublicKey::new(Point {
            x: account.owner.0,
            y: account.owner.1,
        });
        let owner = owner.map_err(|_| EngineError::NoAccount(set.account))?;
        signed.verify(&self.config.shape, self.config.genesis, &owner)?;
        let message = set.message(&self.config.shape, self.config.genesis);
        let withdrawn = set.withdrawal.is_some();
        let index = set.account;
        if withdrawn {
            self.withdraw(&signed)?;
        } else {
            // A growing step uses the old set; fills under the new one start a step of their own.
            self.finish(index);
        }
        self.arrivals += 1;
        self.live.insert(
            index,
            Live {
                signed,
                arrival: self.arrivals,
            },
        );
        Ok(Accepted {
            message,
            arrival: self.arrivals,
            withdrawn,
        })
    }

    /// Carries out a withdrawal in a step of its own.
    fn withdraw(&mut self, signed: &SignedOrderSet) -> Result<(), EngineError> {
        if self.open.is_none() {
            return Err(EngineError::NoOpenBatch);
        }
        let account = signed.set.account;
        let step = PendingStep {
            account,
            exists: true,
            set: Some(signed.clone()),
            withdraw: true,
            before: Some(self.current[account as usize].clone()),
            ..PendingStep::default()
        };
        let after = self.simulate(&step, self.now)?.0;
        self.finish(account);
        self.current[account as usize] = after;
        if let Some(open) = &mut self.open {
            open.finished.push(step);
        }
        Ok(())
    }

    /// Runs one call auction over all instruments at `time`.
    ///
    /// An account whose fills would break a rule is left out, and the auctions run again without it.
    pub fn tick(&mut self, time: u64) -> Result<TickReport, EngineError> {
        let open = self.open.as_ref().ok_or(EngineError::NoOpenBatch)?;
        if time < self.now {
            return Err(EngineError::Time {
                given: time,
                current: self.now,
            });
        }
        let (fee_rate, snapshot_rows, band) = (
            open.snapshot.fee_rate,
            open.snapshot.rows.len(),
            open.price_band,
        );
        self.live
            .retain(|_, live| live.signed.set.valid_until >= time);
        let mut report = TickReport {
            time,
            ..TickReport::default()
        };
        let mut bids: Vec<Vec<Bid>> = vec![Vec::new(); snapshot_rows];
        for (account, live) in &self.live {
            let set = &live.signed.set;
            if set.valid_from > time || set.max_fee < fee_rate {
                continue;
            }
            for (slot, order) in set
                .orders
                .iter()
                .enumerate()
                .filter_map(|(i, o)| Some((i, o.as_ref()?)))
            {
                let quantity = order
                    .quantity
                    .saturating_sub(self.filled(*account, slot, order.id));
                if quantity > 0 {
                    let (side, limit) = (order.side, order.limit);
                    let bid = Bid {
                        account: *account,
                        slot,
                        side,
                        limit,
                        quantity,
                        arrival: live.arrival,
                    };
                    bids[order.instrument as usize].push(bid);
                }
            }
        }
        let clearings = loop {
            let clearings = self.clear_all(&bids, band);
            let refused = self.refusals(&clearings, time);
            if refused.is_empty() {
                break clearings;
            }
            for book in &mut bids {
                book.retain(|bid| refused.iter().all(|(account, _)| *account != bid.account));
            }
            report.left_out.extend(refused);
        };
        self.now = time;
        for (account, fills) in fills_by_account(&clearings, time) {
            self.grow(account, fills, time)?;
        }
        for (instrument, clearing) in clearings {
            report
                .clearings
                .push((instrument, clearing.price, clearing.volume));
            report
                .trades
                .extend(clearing.matches.iter().filter_map(|m| {
                    let order = self.live.get(&m.account)?.signed.set.order(m.slot)?;
                    let lots = match order.side {
                        clearproof_primitives::order::Side::Buy => m.quantity as i64,
                        clearproof_primitives::order::Side::Sell => -(m.quantity as i64),
                    };
                    Some(Trade {
                        account: m.account,
                        slot: m.slot,
                        instrument,
                        lots,
                        price: clearing.price,
                    })
                }));
        }
        Ok(report)
    }

    /// Lots filled of an order, 0 if the slot still holds another one.
    fn filled(&self, account: u32, slot: usize, id: u32) -> u64 {
        let held = self.account(account).and_then(|a| a.slots.get(slot));
        held.filter(|s| s.id == id).map_or(0, |s| s.filled)
    }

    fn clear_all(&self, bids: &[Vec<Bid>], band: Rate) -> Vec<(u16, Clearing)> {
        let Some(open) = &self.open else {
            return Vec::new();
        };
        let tradable = |i: usize| {
            open.snapshot.rows[i].mark > 0 && !open.halted.get(i).copied().unwrap_or(false)
        };
        let cleared = bids
            .iter()
            .enumerate()
            .filter(|(i, _)| tradable(*i))
            .filter_map(|(i, book)| {
                Some((
                    i as u16,
                    auction::clear(book, open.snapshot.rows[i].mark, band)?,
                ))
            });
        cleared.collect()
    }

    /// Accounts that the clearings would bring into conflict with a rule.
    fn refusals(&self, clearings: &[(u16, Clearing)], time: u64) -> Vec<(u32, StepError)> {
        let each = fills_by_account(clearings, time).into_iter();
        each.filter_map(|(account, fills)| {
            let grown = self.grown(account, &fills);
            self.simulate(&grown, time)
                .err()
                .map(|error| (account, error))
        })
        .collect()
    }

    /// The account's growing step with more fills, or a new step if they do not fit.
    fn grown(&self, account: u32, fills: &[PricedFill]) -> PendingStep {
        let growing = self
            .open
            .as_ref()
            .and_then(|open| open.growing.get(&account));
        let room = |step: &&PendingStep| {
            step.fills.len() + fills.len() <= self.config.shape.fills as usize
        };
        let mut step = growing
            .filter(room)
            .cloned()
            .unwrap_or_else(|| PendingStep {
                account,
                exists: true,
                set: self.live.get(&account).map(|live| live.signed.clone()),
                before: self.current.get(account as usize).cloned(),
                ..PendingStep::default()
            });
        step.fills.extend_from_slice(fills);
        step
    }

    fn grow(&mut self, account: u32, fills: Vec<PricedFill>, time: u64) -> Result<(), EngineError> {
        let step = self.grown(account, &fills);
        let after = self.simulate(&step, time)?.0;
        if step.fills.len() == fills.len() {
            self.finish(account);
        }
        self.current[account as usize] = after;
        if let Some(open) = &mut self.open {
            open.growing.insert(account, step);
        }
        Ok(())
    }

    /// Ends an account's growing step.
    pub(crate) fn finish(&mut self, account: u32) {
        if let Some(open) = &mut self.open {
            open.finished.extend(open.growing.remove(&account));
        }
    }

    /// Applies a pending step by the protocol's own rules, signatures aside: they were checked on arrival.
    pub(crate) fn simulate(
        &self,
        step: &PendingStep,
        time_to: u64,
    ) -> Result<(Account, StepEffects), StepError> {
        let open = self.open.as_ref().ok_or(StepError::NoOrderSet)?;
        let entries = step.own_entries();
        let context = StepContext {
            shape: &self.config.shape,
            snapshot: &open.snapshot,
            genesis: self.config.genesis,
            venue: self.config.id,
            time_from: open.time_from,
            time_to,
            entries: &entries,
        };
        let before = step.before.as_ref().ok_or(StepError::NoAccount)?;
        apply_unsigned(&context, before, step.exists, &step.against(&entries))
    }
}

fn fills_by_account(clearings: &[(u16, Clearing)], time: u64) -> BTreeMap<u32, Vec<PricedFill>> {
    let mut fills: BTreeMap<u32, Vec<PricedFill>> = BTreeMap::new();
    for (instrument, clearing) in clearings {
        let entry = PriceEntry {
            instrument: *instrument,
            time,
            price: clearing.price,
        };
        for m in &clearing.matches {
            fills.entry(m.account).or_default().push(PricedFill {
                slot: m.slot,
                entry,
                quantity: m.quantity,
            });
        }
    }
    fills
}

impl Books {
    pub fn of(
        shape: &Shape,
        accounts: Vec<Account>,
        ledger: Ledger,
        number: u64,
        time: u64,
    ) -> Self {
        let mut tree = AccountsTree::new(shape.depth as usize);
        let mut index = BTreeMap::new();
        for (i, account) in accounts.iter().enumerate() {
            tree.set(i as u64, account.leaf(shape));
            if i > 0 {
                index.insert(FieldBytes::from(account.key()), i as u32);
            }
        }
        Self {
            accounts,
            index,
            tree,
            ledger,
            number,
            time,
        }
    }
}
