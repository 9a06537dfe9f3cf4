//! Account steps in the making: the events on an account since its last finished step in the open
//! batch.

use clearproof_primitives::{
    account::Account,
    batch::{PriceEntry, transfer_hash},
    field::Fr,
    ids::AccountIndex,
    order::SignedOrderSet,
    step::{DepositStep, Fill, Forced, Step, StepEffects, Taken},
};
use std::sync::Arc;

/// A fill that names its price by entry, since chunks and their lists are only formed when the
/// batch closes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct PricedFill {
    pub slot: usize,
    pub entry: PriceEntry,
    pub quantity: u64,
}

/// A step whose chunk is not known yet.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct PendingStep {
    pub account: AccountIndex,
    pub exists: bool,
    pub deposit: Option<DepositStep>,
    pub set: Option<Arc<SignedOrderSet>>,
    pub fills: Vec<PricedFill>,
    pub withdraw: bool,
    /// The account before the step, or the fresh one that its deposit opens.
    pub before: Option<Arc<Account>>,
    /// Quote that its fills receive less the quote that they pay.
    pub quote: i128,
    /// Fees of its fills.
    pub fees: u128,
    /// The fraction of a unit that the accrual rounded off, in 2^-32 quote units.
    pub remainder: u32,
    /// The action that the venue takes without the owner's consent, if any.
    pub forced: Option<Forced>,
    /// The balances and positions that the insurance fund takes over.
    pub taken: Option<Taken>,
}

impl PendingStep {
    /// Records the step's share of the batch's sums.
    pub fn record_effects(&mut self, effects: &StepEffects) {
        self.quote = effects.quote;
        self.fees = effects.fees;
        self.remainder = effects.remainder;
        self.taken.clone_from(&effects.taken);
    }

    /// The price entries that the step needs.
    pub fn entries(&self) -> impl Iterator<Item = PriceEntry> + '_ {
        self.fills.iter().map(|f| f.entry)
    }

    /// The step against a chunk's sorted list, which must contain all its entries.
    pub fn against(&self, list: &[PriceEntry]) -> Step {
        let fills = self.fills.iter().map(|f| Fill {
            slot: f.slot,
            entry: list.binary_search(&f.entry).unwrap_or(list.len()),
            quantity: f.quantity,
        });
        Step {
            account: self.account,
            deposit: self.deposit.clone(),
            set: self.set.as_deref().cloned(),
            fills: fills.collect(),
            withdraw: self.withdraw,
            forced: self.forced,
        }
    }

    /// Hash of the transfer that it receives, as the boundary names a transfer that is on its way;
    /// 0 if it receives none.
    pub fn transfer_received(&self) -> Fr {
        let received = self.deposit.as_ref().filter(|d| d.transferred);
        received.map_or_else(Fr::default, |d| {
            transfer_hash(d.account_key, d.asset, d.amount)
        })
    }

    /// Lots that it has filled of the order in a slot.
    pub fn filled(&self, slot: usize) -> u64 {
        let fills = self.fills.iter().filter(|fill| fill.slot == slot);
        fills.map(|fill| fill.quantity).sum()
    }

    /// The penalty that it pays to the insurance fund.
    pub fn penalty(&self) -> u64 {
        match self.forced {
            Some(Forced::Liquidation { penalty }) => penalty,
            _ => 0,
        }
    }

    /// The step's own sorted list of entries.
    pub fn own_entries(&self) -> Vec<PriceEntry> {
        let mut list: Vec<_> = self.entries().collect();
        list.sort_unstable();
        list.dedup();
        list
    }
}
