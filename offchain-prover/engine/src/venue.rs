//! The venue: its state, what it tells, and what every step needs.

mod auctions;
mod bids;
mod deleverage;
mod deposits;
mod expired;
mod limits;
mod liquidation;
mod orders;
mod requests;
mod silence;

pub use auctions::{AuctionReport, Trade};
pub use deposits::DepositReceived;
pub use orders::{Accepted, Candidate};
pub use requests::OPENED_NUMBERS;
pub use silence::SILENCE_MS;
pub(crate) use silence::Watch;

use crate::{
    books::{Books, Tally},
    closing::Unsettled,
    error::EngineError,
    packing::Packing,
    pending::PendingStep,
    terms::MarketTerms,
};
use clearproof_primitives::{
    account::Account,
    babyjubjub::{Point, PublicKey},
    field::{FieldBytes, Fr},
    fixed::Factor,
    ids::{BatchNumber, VenueId},
    ledger::Ledger,
    order::SignedOrderSet,
    shape::Shape,
    snapshot::Snapshot,
    step::{StepContext, StepEffects, StepError, apply_unsigned},
};
use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    sync::Arc,
};

/// What never changes about a venue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VenueConfig {
    /// Shape of its circuits.
    pub shape: Shape,
    /// Its id on the chain.
    pub id: VenueId,
    /// Genesis field of the chain.
    pub genesis: Fr,
}

/// A live order set.
#[derive(Clone, Debug)]
pub(crate) struct Live {
    pub signed: Arc<SignedOrderSet>,
    pub arrival: u64,
    /// It has been in an auction: what is immediate-or-cancel or fill-or-kill in it is over.
    pub auctioned: bool,
}

/// The open batch.
#[derive(Clone, Debug)]
pub(crate) struct Open {
    pub snapshot: Snapshot,
    pub terms: MarketTerms,
    pub time_from: u64,
    /// Time of its last auction.
    pub auctioned: Option<u64>,
    /// Finished steps in order.
    pub finished: Vec<PendingStep>,
    /// How they pack into chunks.
    pub packing: Packing,
    /// How many of them carry out a withdrawal.
    pub withdrawals: u32,
    /// Steps that can still grow, by account.
    pub growing: BTreeMap<u32, PendingStep>,
    /// Accounts that were below their maintenance margin when the batch opened, and the insurance fund if it holds positions.
    pub at_risk: BTreeSet<u32>,
    /// Accounts that the insurance fund has taken over.
    pub taken_over: Vec<u32>,
    /// Accounts that were deleveraged, with instrument and lots.
    pub deleveraged: Vec<(u32, u16, i64)>,
    /// The lowest rank among them.
    pub deleverage_rank: Option<Factor>,
}

/// A venue. See the crate's documentation for the life of a batch.
#[derive(Clone, Debug)]
pub struct Venue {
    pub(crate) config: VenueConfig,
    /// As of the last final batch.
    pub(crate) settled: Arc<Books>,
    /// Closed batches that are not final, oldest first; no built one comes after a sealed one.
    pub(crate) unsettled: VecDeque<Unsettled>,
    /// As of the last closed batch, built or not.
    pub(crate) tally: Tally,
    /// Accounts as they are now, the open batch included.
    pub(crate) current: Vec<Arc<Account>>,
    /// Σ |lots| over all accounts as they are now, by slot.
    pub(crate) open_interest: Vec<i128>,
    /// The owner of account i + 1: checked once, when the account was opened or restored.
    owners: Vec<PublicKey>,
    /// How often an account got another owner.
    owner_changes: u64,
    /// Account key to index.
    index: BTreeMap<FieldBytes, u32>,
    pub(crate) open: Option<Open>,
    pub(crate) deposits_taken: u64,
    pub(crate) live: BTreeMap<u32, Live>,
    /// Accounts whose orders end when nothing is heard of them.
    pub(crate) watched: BTreeMap<u32, Watch>,
    pub(crate) arrivals: u64,
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
            vec![0; config.shape.market.instruments.into()],
            BatchNumber::default(),
            0,
        );
        Self::from_books(config, books, Vec::new())
    }

    /// A venue with books whose accounts, the insurance fund aside, belong to these owners.
    pub(crate) fn from_books(config: VenueConfig, books: Books, owners: Vec<PublicKey>) -> Self {
        let accounts = books.accounts.iter().zip(0u32..).skip(1);
        Self {
            index: accounts
                .map(|(account, i)| (account.key().into(), i))
                .collect(),
            owners,
            owner_changes: 0,
            open_interest: open_interest_of(&config.shape, &books.accounts),
            current: books.accounts.clone(),
            tally: books.tally(),
            deposits_taken: books.ledger.deposits.count,
            now: books.time,
            config,
            settled: Arc::new(books),
            open: None,
            unsettled: VecDeque::new(),
            live: BTreeMap::new(),
            watched: BTreeMap::new(),
            arrivals: 0,
        }
    }

    /// The venue's configuration.
    pub fn config(&self) -> &VenueConfig {
        &self.config
    }

    /// An account as it is now, the open batch included.
    pub fn account(&self, index: u32) -> Option<&Account> {
        self.current.get(index as usize).map(|account| &**account)
    }

    /// Forgets the accounts that the last final books do not have, and all that changed in the others since then.
    pub(crate) fn return_to_settled(&mut self) {
        let settled = Arc::clone(&self.settled);
        let known = settled.accounts.len();
        self.owners.truncate(known - 1);
        for (account, owner) in settled.accounts.iter().skip(1).zip(self.owners.iter_mut()) {
            let (x, y) = account.owner;
            if owner.point() != (Point { x, y }) {
                // It was an owner's key before, so it is a key.
                *owner = PublicKey::new(Point { x, y }).unwrap_or(*owner);
                self.owner_changes += 1;
            }
        }
        // What keys signed that the accounts do not have any more, nobody signed.
        let current = &self.current;
        self.live.retain(|account, _| {
            let at = *account as usize;
            let keys = |a: &Arc<Account>| (a.owner, a.number, a.trading_key);
            let (then, now) = (
                settled.accounts.get(at).map(keys),
                current.get(at).map(keys),
            );
            then.is_none() || then == now
        });
        let accounts = settled.accounts.iter().zip(0u32..).skip(1);
        self.index = accounts.map(|(a, i)| (a.key().into(), i)).collect();
        self.current.clone_from(&settled.accounts);
        self.open_interest = open_interest_of(&self.config.shape, &self.current);
    }

    /// Replaces an account, or adds the next one.
    pub(crate) fn put(&mut self, index: u32, account: Account) {
        let before = self.current.get(index as usize);
        let sides = before.map(|before| (&**before, -1));
        for (account, sign) in sides.into_iter().chain([(&account, 1)]) {
            add_lots(&mut self.open_interest, account, sign);
        }
        let account = Arc::new(account);
        match self.current.get_mut(index as usize) {
            Some(place) => *place = account,
            None => self.current.push(account),
        }
    }

    /// Owners of the accounts 1, 2, and so on.
    pub fn owners(&self) -> &[PublicKey] {
        &self.owners
    }

    /// Grows whenever an account gets another owner, or its old one back.
    pub fn owner_changes(&self) -> u64 {
        self.owner_changes
    }

    /// Number of accounts, the insurance fund included.
    pub fn account_count(&self) -> usize {
        self.current.len()
    }

    /// Number of deposits taken from the queue, the open batch included.
    pub fn deposits_taken(&self) -> u64 {
        self.deposits_taken
    }

    /// Number of the last closed batch, built or not.
    pub fn batch_number(&self) -> BatchNumber {
        self.tally.number
    }

    /// State root after the last built batch.
    pub fn state_root(&self) -> Fr {
        self.books().state_root()
    }

    /// The ledger after the last built batch.
    pub fn ledger(&self) -> &Ledger {
        self.books().ledger()
    }

    /// Funding indices that the open batch applies, or the next one: those after the last closed batch.
    pub fn funding(&self) -> &[i64] {
        &self.tally.funding
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

    /// Opens a batch at a snapshot; its time span starts at `time_from`, after the last batch's. All accounts' margins are looked
    /// at: the insurance fund takes bankrupt ones over at once, and those below maintenance margin are liquidated in the auctions. Where
    /// the fund owes more than it has, its positions are closed against others' at once.
    pub fn open_batch(
        &mut self,
        snapshot: Snapshot,
        terms: impl Into<MarketTerms>,
        time_from: u64,
    ) -> Result<(), EngineError> {
        if self.open.is_some() {
            return Err(EngineError::BatchOpen);
        }
        snapshot.check(&self.config.shape.market)?;
        if time_from <= self.tally.time || time_from < snapshot.taken_at {
            return Err(EngineError::Time {
                given: time_from,
                current: self.tally.time.max(snapshot.taken_at),
            });
        }
        self.now = time_from;
        self.open = Some(Open {
            snapshot,
            terms: terms.into(),
            time_from,
            auctioned: None,
            finished: Vec::new(),
            packing: Packing::default(),
            withdrawals: 0,
            growing: BTreeMap::new(),
            at_risk: BTreeSet::new(),
            taken_over: Vec::new(),
            deleveraged: Vec::new(),
            deleverage_rank: None,
        });
        self.scan();
        self.deleverage();
        Ok(())
    }

    /// Ends an account's growing step.
    fn finish(&mut self, account: u32) {
        if let Some(open) = &mut self.open {
            if let Some(step) = open.growing.remove(&account) {
                open.push(&self.config.shape, step);
            }
        }
    }

    /// Ends an account's growing step and adds one that does not grow.
    fn finish_with(&mut self, step: PendingStep) {
        self.finish(step.account);
        if let Some(open) = &mut self.open {
            open.push(&self.config.shape, step);
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
            funding: &self.tally.funding,
            genesis: self.config.genesis,
            venue: self.config.id,
            time_from: open.time_from,
            time_to,
            entries: &entries,
            // Who is deleveraged is chosen by rank; the batch's own is the lowest of them.
            deleverage_rank: 0,
            transfer: step.transfer_received(),
        };
        let before = step.before.as_ref().ok_or(StepError::NoAccount)?;
        apply_unsigned(&context, before, step.exists, &step.against(&entries))
    }
}

/// Σ |lots| by slot.
fn open_interest_of(shape: &Shape, accounts: &[Arc<Account>]) -> Vec<i128> {
    let mut sums = vec![0; shape.market.instruments.into()];
    for account in accounts {
        add_lots(&mut sums, account, 1);
    }
    sums
}

/// Adds what an account holds, long or short, or takes it away.
fn add_lots(sums: &mut [i128], account: &Account, sign: i128) {
    for position in &account.positions {
        if let Some(sum) = sums.get_mut(usize::from(position.instrument)) {
            *sum += sign * i128::from(position.quantity.unsigned_abs());
        }
    }
}

impl Open {
    /// Whether the instrument in a slot must not trade.
    fn halted(&self, slot: usize) -> bool {
        self.terms.halted.get(slot).copied().unwrap_or(false)
    }

    fn push(&mut self, shape: &Shape, step: PendingStep) {
        self.packing.push(shape, &step);
        self.withdrawals += u32::from(step.withdraw);
        self.finished.push(step);
    }
}
