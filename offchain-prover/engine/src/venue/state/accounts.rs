//! The accounts of a venue with their owners and keys, and the open interest that they add up to.

use clearproof_primitives::{
    account::Account,
    babyjubjub::{Point, PublicKey},
    field::{FieldBytes, Fr},
    ids::{AccountIndex, Slot},
    shape::Shape,
};
use std::{collections::BTreeMap, sync::Arc};

/// All accounts, by index; 0 is the insurance fund.
#[derive(Clone, Debug)]
pub(crate) struct Accounts {
    current: Vec<Arc<Account>>,
    /// Σ |lots| over all accounts, by slot.
    open_interest: Vec<i128>,
    /// The owner of account i + 1: checked once, when the account was opened or restored.
    owners: Vec<PublicKey>,
    /// Number of times that an account got another owner.
    owner_changes: u64,
    /// Account key to index.
    by_key: BTreeMap<FieldBytes, AccountIndex>,
}

impl Accounts {
    /// These accounts; `owners` are those from index 1 on.
    pub fn new(shape: &Shape, accounts: &[Arc<Account>], owners: Vec<PublicKey>) -> Self {
        Self {
            current: accounts.to_vec(),
            open_interest: open_interest_of(shape, accounts),
            owners,
            owner_changes: 0,
            by_key: keys_of(accounts),
        }
    }

    /// An account.
    pub fn get(&self, index: AccountIndex) -> Option<&Account> {
        self.shared(index).map(|account| &**account)
    }

    /// An account, to be shared.
    pub fn shared(&self, index: AccountIndex) -> Option<&Arc<Account>> {
        self.current.get(index.place())
    }

    /// The insurance fund.
    pub fn fund(&self) -> &Account {
        &self.current[0]
    }

    /// All accounts with their indices.
    pub fn iter(&self) -> impl Iterator<Item = (AccountIndex, &Account)> {
        AccountIndex::all().zip(self.current.iter().map(|account| &**account))
    }

    /// Indices of all accounts but the insurance fund.
    pub fn indices(&self) -> impl Iterator<Item = AccountIndex> + use<> {
        AccountIndex::all().take(self.current.len()).skip(1)
    }

    /// Number of accounts.
    pub fn len(&self) -> usize {
        self.current.len()
    }

    /// The account with this key.
    pub fn index_of(&self, key: Fr) -> Option<AccountIndex> {
        self.by_key.get(&FieldBytes::from(key)).copied()
    }

    /// Owners of the accounts from 1 on.
    pub fn owners(&self) -> &[PublicKey] {
        &self.owners
    }

    /// An account's owner. The insurance fund has none.
    pub fn owner_of(&self, index: AccountIndex) -> Option<&PublicKey> {
        let place = (index.place()).checked_sub(1)?;
        self.owners.get(place)
    }

    /// Number of times that an account got another owner.
    pub fn owner_changes(&self) -> u64 {
        self.owner_changes
    }

    /// Lots that all accounts hold of an instrument, long and short.
    pub fn open_interest(&self, slot: Slot) -> i128 {
        self.open_interest.get(slot.place()).copied().unwrap_or(0)
    }

    /// Replaces an account, or adds the next one.
    pub fn put(&mut self, index: AccountIndex, account: Account) {
        let before = self.current.get(index.place());
        let sides = before.map(|before| (&**before, -1));
        for (account, sign) in sides.into_iter().chain([(&account, 1)]) {
            add_lots(&mut self.open_interest, account, sign);
        }
        let account = Arc::new(account);
        match self.current.get_mut(index.place()) {
            Some(place) => *place = account,
            None => self.current.push(account),
        }
    }

    /// Replaces the insurance fund at the end of a batch.
    pub fn replace_fund(&mut self, fund: &Arc<Account>) {
        self.current[0] = Arc::clone(fund);
    }

    /// Registers owner and key of the account that is about to be added.
    pub fn register(&mut self, index: AccountIndex, key: Fr, owner: PublicKey) {
        self.owners.push(owner);
        self.by_key.insert(key.into(), index);
    }

    /// Gives an account to another owner, under another key.
    pub fn change_owner(&mut self, index: AccountIndex, key: Fr, owner: PublicKey) {
        let old = self.current[index.place()].key().into();
        self.by_key.remove(&old);
        self.by_key.insert(key.into(), index);
        self.owners[index.place() - 1] = owner;
        self.owner_changes += 1;
    }

    /// Returns to earlier accounts: forgets the accounts that these do not have, and all changes in
    /// the others.
    pub fn return_to(&mut self, shape: &Shape, earlier: &[Arc<Account>]) {
        self.owners.truncate(earlier.len() - 1);
        for (account, owner) in earlier.iter().skip(1).zip(self.owners.iter_mut()) {
            let (x, y) = account.owner;
            if owner.point() != (Point { x, y }) {
                // It was an owner's key before, so it is a key.
                *owner = PublicKey::new(Point { x, y }).unwrap_or(*owner);
                self.owner_changes += 1;
            }
        }
        self.by_key = keys_of(earlier);
        self.current = earlier.to_vec();
        self.open_interest = open_interest_of(shape, &self.current);
    }
}

/// Keys of the accounts from 1 on.
fn keys_of(accounts: &[Arc<Account>]) -> BTreeMap<FieldBytes, AccountIndex> {
    let accounts = accounts.iter().zip(AccountIndex::all()).skip(1);
    accounts
        .map(|(account, index)| (account.key().into(), index))
        .collect()
}

/// Σ |lots| by slot.
fn open_interest_of(shape: &Shape, accounts: &[Arc<Account>]) -> Vec<i128> {
    let mut sums = vec![0; shape.market.instruments.into()];
    for account in accounts {
        add_lots(&mut sums, account, 1);
    }
    sums
}

/// Adds the lots that an account holds, long or short, times `sign`.
fn add_lots(sums: &mut [i128], account: &Account, sign: i128) {
    for position in &account.positions {
        if let Some(sum) = sums.get_mut(position.instrument.place()) {
            *sum += sign * i128::from(position.quantity.unsigned_abs());
        }
    }
}
