//! The live order sets: at most one for each account.

use clearproof_primitives::{ids::AccountIndex, order::SignedOrderSet, time::Millis};
use std::{collections::BTreeMap, sync::Arc};

/// A live order set.
#[derive(Clone, Debug)]
pub(crate) struct LiveOrderSet {
    pub signed: Arc<SignedOrderSet>,
    /// Place in the order of arrival.
    pub arrival: u64,
    /// It has been in an auction: its immediate-or-cancel and fill-or-kill orders are over.
    pub auctioned: bool,
}

/// All live order sets, by account.
#[derive(Clone, Debug, Default)]
pub(crate) struct LiveOrders {
    sets: BTreeMap<AccountIndex, LiveOrderSet>,
    /// Number of order sets that ever arrived.
    arrivals: u64,
}

impl LiveOrders {
    /// These sets, the last of `arrivals` that ever arrived.
    pub fn new(sets: impl Iterator<Item = LiveOrderSet>, arrivals: u64) -> Self {
        Self {
            sets: sets.map(|live| (live.signed.set.account, live)).collect(),
            arrivals,
        }
    }

    /// An account's order set.
    pub fn get(&self, account: AccountIndex) -> Option<&LiveOrderSet> {
        self.sets.get(&account)
    }

    /// All accounts with an order set.
    pub fn iter(&self) -> impl Iterator<Item = (AccountIndex, &LiveOrderSet)> {
        self.sets.iter().map(|(account, live)| (*account, live))
    }

    /// All order sets in order of arrival.
    pub fn by_arrival(&self) -> Vec<&LiveOrderSet> {
        let mut sets: Vec<_> = self.sets.values().collect();
        sets.sort_by_key(|live| live.arrival);
        sets
    }

    /// Number of live order sets.
    pub fn len(&self) -> usize {
        self.sets.len()
    }

    /// Number of order sets that ever arrived.
    pub fn arrivals(&self) -> u64 {
        self.arrivals
    }

    /// Counts one more order set and returns its place in the order of arrival.
    pub fn count_arrival(&mut self) -> u64 {
        self.arrivals += 1;
        self.arrivals
    }

    /// Makes an order set its account's live one.
    pub fn insert(&mut self, live: LiveOrderSet) {
        self.sets.insert(live.signed.set.account, live);
    }

    /// Removes an account's order set.
    pub fn remove(&mut self, account: AccountIndex) {
        self.sets.remove(&account);
    }

    /// Keeps some order sets only.
    pub fn retain(&mut self, keep: impl Fn(AccountIndex, &SignedOrderSet) -> bool) {
        self.sets
            .retain(|account, live| keep(*account, &live.signed));
    }

    /// Records an auction at `time`: drops the sets that are no longer valid, and marks those that
    /// took part.
    pub fn record_auction(&mut self, time: Millis) {
        self.sets
            .retain(|_, live| live.signed.set.valid_until >= time);
        for live in self.sets.values_mut() {
            live.auctioned |= live.signed.set.valid_from <= time;
        }
    }
}
