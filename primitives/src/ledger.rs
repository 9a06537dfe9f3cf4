//! The venue's ledger and its state root.

use crate::{
    account::Account,
    field::Fr,
    poseidon::{Domain, hash, hash_list},
    shape::{MarketShape, Shape},
    tree::AccountsTree,
};
use alloc::vec::Vec;
use ark_ff::Zero;

/// A position in the deposit queue: how many deposits were taken, and the hash chain over them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DepositCursor {
    /// Deposits taken so far, below 2^64.
    pub count: u64,
    /// Accumulator after the last of them; 0 before the first.
    pub accumulator: Fr,
}

/// Everything of a venue's state that is not an account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ledger {
    /// Blinds the ledger's hash; renewed by the operator in each batch.
    pub salt: Fr,
    /// K sums: what all accounts hold of each asset, plus `fees` for asset 0. Equals deposits less
    /// withdrawals.
    pub totals: Vec<u64>,
    /// Fees collected, in quote units.
    pub fees: u64,
    /// Deposits taken from the chain's queue.
    pub deposits: DepositCursor,
    /// M sums of |quantity| over all accounts: twice the open interest, while an instrument has not
    /// expired.
    pub open_interest: Vec<u64>,
    /// The roundings of accruals and fills that no dust was paid from yet, in 2^-32 quote units.
    pub remainder: u32,
}

impl Ledger {
    /// The ledger of a venue that has settled nothing.
    pub fn genesis(market: &MarketShape) -> Self {
        Self {
            salt: Fr::zero(),
            totals: alloc::vec![0; market.assets as usize],
            fees: 0,
            deposits: DepositCursor::default(),
            open_interest: alloc::vec![0; market.instruments as usize],
            remainder: 0,
        }
    }

    /// Committed field elements: salt, totals, fees, deposit count, deposit accumulator, open
    /// interest hash, remainder.
    pub fn fields(&self) -> Vec<Fr> {
        let mut fields = alloc::vec![self.salt];
        fields.extend(self.totals.iter().map(|t| Fr::from(*t)));
        fields.extend([
            Fr::from(self.fees),
            Fr::from(self.deposits.count),
            self.deposits.accumulator,
            open_interest_hash(&self.open_interest),
            Fr::from(self.remainder),
        ]);
        fields
    }

    /// The ledger's hash.
    pub fn hash(&self) -> Fr {
        hash_list(Domain::Ledger, &self.fields())
    }
}

/// Hash of the open interest by slot, as ledger and headers name it.
pub fn open_interest_hash(open_interest: &[u64]) -> Fr {
    let fields: Vec<_> = open_interest.iter().map(|lots| Fr::from(*lots)).collect();
    hash_list(Domain::OpenInterest, &fields)
}

/// `state_root = Poseidon(accounts_root, ledger_hash)`.
pub fn state_root(accounts_root: Fr, ledger: &Ledger) -> Fr {
    hash::<2>(&[accounts_root, ledger.hash()])
}

/// The state root of a venue that has settled nothing: only the insurance fund, empty, at index 0.
pub fn genesis_state_root(shape: &Shape) -> Fr {
    let mut tree = AccountsTree::new(shape.depth as usize);
    tree.set(0, Account::insurance_fund(shape).leaf(shape));
    state_root(tree.root(), &Ledger::genesis(&shape.market))
}
