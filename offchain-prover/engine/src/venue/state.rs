//! The parts of a venue.

pub(crate) mod accounts;
pub(crate) mod closed_batches;
pub(crate) mod dead_mans_switches;
pub(crate) mod live_orders;
pub(crate) mod open_batch;
pub(crate) mod open_steps;

use crate::{books::Books, config::VenueConfig};
use accounts::Accounts;
use clearproof_primitives::{
    account::Account,
    babyjubjub::PublicKey,
    field::Fr,
    ids::{AccountIndex, BatchNumber},
    ledger::Ledger,
    time::Millis,
};
use closed_batches::ClosedBatches;
use dead_mans_switches::DeadMansSwitches;
use live_orders::LiveOrders;
use open_batch::OpenBatch;
use std::sync::Arc;

/// A venue. See the crate's documentation for the life of a batch.
#[derive(Clone, Debug)]
pub struct Venue {
    pub(super) config: VenueConfig,
    /// The accounts as they are now, the open batch included.
    pub(super) accounts: Accounts,
    /// The live order sets.
    pub(super) orders: LiveOrders,
    /// The dead man's switches of accounts.
    pub(super) switches: DeadMansSwitches,
    /// The open batch, if one is open.
    pub(super) open: Option<OpenBatch>,
    /// The closed batches and the books after them.
    pub(super) closed: ClosedBatches,
    /// Last millisecond at which the venue acted.
    pub(super) now: Millis,
}

impl Venue {
    /// A venue that has settled nothing.
    pub fn new(config: VenueConfig) -> Self {
        let books = Books::genesis(&config.shape);
        Self::from_books(config, books, Vec::new())
    }

    /// A venue with these books; `owners` are those of the accounts from 1 on, as the insurance
    /// fund has none.
    pub(super) fn from_books(config: VenueConfig, books: Books, owners: Vec<PublicKey>) -> Self {
        Self {
            accounts: Accounts::new(&config.shape, &books.accounts, owners),
            orders: LiveOrders::default(),
            switches: DeadMansSwitches::default(),
            open: None,
            now: books.time,
            closed: ClosedBatches::new(books),
            config,
        }
    }

    /// The venue's configuration.
    pub fn config(&self) -> &VenueConfig {
        &self.config
    }

    /// Last millisecond that the venue acted at: the last auction, the start of the open batch, or
    /// the end of the last batch.
    pub fn now(&self) -> Millis {
        self.now
    }

    /// An account as it is now, the open batch included.
    pub fn account(&self, index: AccountIndex) -> Option<&Account> {
        self.accounts.get(index)
    }

    /// Index of the account that deposits to this key go to.
    pub fn account_of_key(&self, key: Fr) -> Option<AccountIndex> {
        self.accounts.index_of(key)
    }

    /// Number of accounts, the insurance fund included.
    pub fn account_count(&self) -> usize {
        self.accounts.len()
    }

    /// Owners of the accounts 1, 2, and so on.
    pub fn owners(&self) -> &[PublicKey] {
        self.accounts.owners()
    }

    /// A counter that grows whenever an account gets another owner, or its old one back.
    pub fn owner_changes(&self) -> u64 {
        self.accounts.owner_changes()
    }

    /// Number of deposits consumed from the queue, the open batch included.
    pub fn deposits_consumed(&self) -> u64 {
        self.closed.tally().deposits + self.open_deposits()
    }

    /// Number of deposits that the open batch has consumed.
    pub fn open_deposits(&self) -> u64 {
        self.open.as_ref().map_or(0, |open| open.deposits)
    }

    /// True if a batch is open.
    pub fn is_open(&self) -> bool {
        self.open.is_some()
    }

    /// Number of account steps in the open batch.
    pub fn open_steps(&self) -> usize {
        self.open.as_ref().map_or(0, |open| open.steps.len())
    }

    /// Number of the last closed batch, built or not.
    pub fn batch_number(&self) -> BatchNumber {
        self.closed.tally().number
    }

    /// Funding indices that the open batch applies, or the next one: those after the last closed
    /// batch.
    pub fn funding(&self) -> &[i64] {
        &self.closed.tally().funding
    }

    /// The books after the last built batch.
    pub fn books(&self) -> &Arc<Books> {
        self.closed.books()
    }

    /// The books after the last final batch.
    pub fn settled_books(&self) -> &Arc<Books> {
        self.closed.settled_books()
    }

    /// Numbers of the batches that are closed but not settled, oldest first.
    pub fn unsettled(&self) -> impl Iterator<Item = BatchNumber> + '_ {
        self.closed.unsettled()
    }

    /// State root after the last built batch.
    pub fn state_root(&self) -> Fr {
        self.books().state_root()
    }

    /// The ledger after the last built batch.
    pub fn ledger(&self) -> &Ledger {
        self.books().ledger()
    }
}
