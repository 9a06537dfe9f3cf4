//! A venue's books after a batch, and the part of them that is known before anything is hashed.

use crate::{error::EngineError, pending::PendingStep};
use clearproof_primitives::{
    account::Account,
    batch::protocol_fee,
    boundary::{Boundary, dust},
    field::Fr,
    fixed::Rate,
    ids::{AccountIndex, BatchNumber},
    insurance_fund::{Received, receive},
    ledger::{Ledger, state_root},
    shape::Shape,
    time::Millis,
    tree::AccountsTree,
};
use std::sync::Arc;

/// Accounts, tree and ledger after a batch. They never change: a batch is built on a copy, which
/// shares the accounts that it does not touch.
#[derive(Clone, Debug)]
pub struct Books {
    /// By index; 0 is the insurance fund.
    pub(crate) accounts: Vec<Arc<Account>>,
    pub(crate) tree: AccountsTree,
    pub(crate) ledger: Ledger,
    /// Funding indices after the batch, which the next batch applies.
    pub(crate) funding: Vec<i64>,
    /// Number of the batch.
    pub(crate) number: BatchNumber,
    /// Its last millisecond.
    pub(crate) time: Millis,
}

impl Books {
    pub(crate) fn of(
        shape: &Shape,
        accounts: Vec<Account>,
        ledger: Ledger,
        funding: Vec<i64>,
        number: BatchNumber,
        time: Millis,
    ) -> Self {
        let mut tree = AccountsTree::new(shape.depth as usize);
        for (i, account) in accounts.iter().enumerate() {
            tree.set(i as u64, account.leaf(shape));
        }
        Self {
            accounts: accounts.into_iter().map(Arc::new).collect(),
            tree,
            ledger,
            funding,
            number,
            time,
        }
    }

    /// The books of a venue without a final batch: only the insurance fund, empty.
    pub(crate) fn genesis(shape: &Shape) -> Self {
        Self::of(
            shape,
            vec![Account::insurance_fund(shape)],
            Ledger::genesis(&shape.market),
            vec![0; shape.market.instruments.into()],
            BatchNumber::new(0),
            Millis::ZERO,
        )
    }

    /// Number of the last batch in these books; 0 before the first.
    pub fn number(&self) -> BatchNumber {
        self.number
    }

    /// The ledger.
    pub fn ledger(&self) -> &Ledger {
        &self.ledger
    }

    /// Funding indices after the last batch in these books, by slot.
    pub fn funding(&self) -> &[i64] {
        &self.funding
    }

    /// The state root.
    pub fn state_root(&self) -> Fr {
        state_root(self.tree.root(), &self.ledger)
    }

    pub(crate) fn store(&mut self, shape: &Shape, index: AccountIndex, account: Account) {
        self.tree.set(index.get().into(), account.leaf(shape));
        let account = Arc::new(account);
        match self.accounts.get_mut(index.place()) {
            Some(slot) => *slot = account,
            None => self.accounts.push(account),
        }
    }

    pub(crate) fn tally(&self) -> Tally {
        Tally {
            number: self.number,
            time: self.time,
            deposits: self.ledger.deposits.count,
            totals: self.ledger.totals.clone(),
            fees: self.ledger.fees,
            remainder: self.ledger.remainder,
            funding: self.funding.clone(),
            fund: Arc::clone(&self.accounts[0]),
        }
    }
}

/// The part of a batch's result that is known without hashing: enough to open the next batch, and
/// to know that this one can be built.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Tally {
    /// Number of the batch.
    pub number: BatchNumber,
    /// Its last millisecond.
    pub time: Millis,
    /// Deposits consumed from the queue.
    pub deposits: u64,
    /// The ledger's totals.
    pub totals: Vec<u64>,
    /// The ledger's fees.
    pub fees: u64,
    /// The ledger's remainder.
    pub remainder: u32,
    /// Funding indices.
    pub funding: Vec<i64>,
    /// The insurance fund.
    pub fund: Arc<Account>,
}

/// A batch's sums over its steps.
#[derive(Clone, Debug)]
pub(crate) struct BatchSums {
    /// Deposits consumed from the queue, those before the batch included.
    pub deposits: u64,
    /// Amounts of the batch's own deposits, by asset.
    pub deposited: Vec<u128>,
    /// Withdrawals, by asset.
    pub withdrawn: Vec<u128>,
    /// Quote received less quote paid in fills.
    pub quote: i128,
    /// Fees.
    pub fees: u128,
    /// Fractions of a unit that accruals rounded off, in 2^-32 quote units.
    pub remainder: u128,
    /// Penalties.
    pub penalties: u128,
    /// Lots that the insurance fund takes over, by instrument.
    pub taken: Vec<i128>,
    /// Balances that it takes over, by asset.
    pub taken_balances: Vec<i128>,
    /// The chain's share of the fees, as a fraction of 2^32.
    pub protocol_share: Rate,
}

impl BatchSums {
    /// The sums of a batch without steps, after `deposits` of the queue.
    pub fn new(shape: &Shape, deposits: u64, protocol_share: Rate) -> Self {
        let assets = shape.market.assets as usize;
        Self {
            deposits,
            deposited: vec![0; assets],
            withdrawn: vec![0; assets],
            quote: 0,
            fees: 0,
            remainder: 0,
            penalties: 0,
            taken: vec![0; shape.market.instruments.into()],
            taken_balances: vec![0; assets],
            protocol_share,
        }
    }

    /// The sums of a whole batch, from its last boundary.
    pub fn of_boundary(last: &Boundary, protocol_share: Rate) -> Self {
        Self {
            deposits: last.deposits.count,
            deposited: last.deposited.clone(),
            withdrawn: last.withdrawn.clone(),
            quote: last.quote,
            fees: last.fees,
            remainder: last.remainder,
            penalties: last.penalties,
            taken: last.taken.clone(),
            taken_balances: last.taken_balances.clone(),
            protocol_share,
        }
    }

    /// The fee that goes to the chain's treasury.
    pub fn protocol_fee(&self) -> Result<u64, EngineError> {
        protocol_fee(self.fees, self.protocol_share).ok_or(EngineError::Range("protocol fee"))
    }

    /// Adds a step.
    pub fn add(&mut self, step: &PendingStep) {
        if let Some(deposit) = step.deposit.as_ref().filter(|d| !d.transferred) {
            self.deposited[usize::from(deposit.asset)] += u128::from(deposit.amount);
        }
        let set = step.set.as_ref().filter(|_| step.withdraw);
        if let Some(withdrawal) = set.and_then(|signed| signed.set.withdrawal()) {
            self.withdrawn[usize::from(withdrawal.asset)] += u128::from(withdrawal.amount);
        }
        self.quote += step.quote;
        self.fees += step.fees;
        self.remainder += u128::from(step.remainder);
        self.penalties += u128::from(step.penalty());
        if let Some(taken) = &step.taken {
            for (sum, balance) in self.taken_balances.iter_mut().zip(&taken.balances) {
                *sum += i128::from(*balance);
            }
            for position in &taken.positions {
                self.taken[position.instrument.place()] += i128::from(position.quantity);
            }
        }
    }
}

impl Tally {
    /// The tally after one more batch, which ends with these funding indices. The insurance fund,
    /// as the batch's steps leave it, receives the dust, the penalties and the accounts that it
    /// takes over.
    pub fn after(
        &self,
        shape: &Shape,
        sums: &BatchSums,
        fund: &Account,
        funding: Vec<i64>,
        time: Millis,
    ) -> Result<Self, EngineError> {
        let protocol_fee = sums.protocol_fee()?;
        let totals = self.totals_after(sums, protocol_fee)?;
        let fees = u64::try_from(u128::from(self.fees) + sums.fees - u128::from(protocol_fee));
        let dust = dust(sums.quote, sums.remainder, self.remainder);
        let (dust, remainder) = dust.ok_or(EngineError::Range("dust"))?;
        let penalties =
            i128::try_from(sums.penalties).map_err(|_| EngineError::Range("penalties"))?;
        let received = Received {
            quote: i128::from(dust) + penalties,
            balances: &sums.taken_balances,
            lots: &sums.taken,
            funding: &self.funding,
        };
        let fund = receive(shape, fund, &received)?;
        Ok(Self {
            number: self.number.next(),
            time,
            deposits: sums.deposits,
            totals,
            fees: fees.map_err(|_| EngineError::Range("fees"))?,
            remainder,
            funding,
            fund: Arc::new(fund),
        })
    }

    /// The ledger's totals after a batch: more by its deposits, less by its withdrawals and the
    /// protocol fee.
    fn totals_after(&self, sums: &BatchSums, protocol_fee: u64) -> Result<Vec<u64>, EngineError> {
        let flows = sums.deposited.iter().zip(&sums.withdrawn);
        let paid = std::iter::once(protocol_fee).chain(std::iter::repeat(0));
        let totals = self.totals.iter().zip(flows).zip(paid);
        let totals = totals.map(|((total, (deposited, withdrawn)), paid)| {
            let after = (u128::from(*total) + deposited).checked_sub(withdrawn + u128::from(paid));
            let total = after.and_then(|total| u64::try_from(total).ok());
            total.ok_or(EngineError::Range("totals"))
        });
        totals.collect()
    }
}
