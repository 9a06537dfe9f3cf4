//! A venue's books as plain data, for storage: everything that the next batch needs.
//!
//! The names of the fields are part of the stored form. Where a field's name in the code has
//! changed, the stored one stays.

use crate::{books::Books, error::EngineError};
use clearproof_primitives::{
    account::{Account, OrderSlot, Position},
    babyjubjub::{Point, PublicKey},
    field::FieldBytes,
    ids::{AccountIndex, BatchNumber, Slot},
    ledger::{DepositCursor, Ledger},
    shape::Shape,
    time::Millis,
};
use serde::{Deserialize, Serialize};

/// An account as stored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StoredAccount {
    owner: (FieldBytes, FieldBytes),
    number: u16,
    trading_key: FieldBytes,
    viewing_key: FieldBytes,
    sequence: u64,
    slots: Vec<(u32, u64)>,
    balances: Vec<i64>,
    positions: Vec<(Slot, i64)>,
    /// The funding basis, high and low half.
    #[serde(rename = "basis")]
    funding_basis: (i64, u64),
}

/// A venue's final books as stored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StoredBooks {
    accounts: Vec<StoredAccount>,
    salt: FieldBytes,
    totals: Vec<u64>,
    fees: u64,
    deposits: (u64, FieldBytes),
    #[serde(rename = "interest")]
    open_interest: Vec<u64>,
    remainder: u32,
    funding: Vec<i64>,
    /// Number of the last batch in these books.
    pub number: BatchNumber,
    time: Millis,
}

impl From<&Account> for StoredAccount {
    fn from(account: &Account) -> Self {
        Self {
            owner: (account.owner.0.into(), account.owner.1.into()),
            number: account.number,
            trading_key: account.trading_key.into(),
            viewing_key: account.viewing_key.into(),
            sequence: account.sequence,
            slots: account.slots.iter().map(|s| (s.id, s.filled)).collect(),
            balances: account.balances.clone(),
            positions: account
                .positions
                .iter()
                .map(|p| (p.instrument, p.quantity))
                .collect(),
            funding_basis: (
                (account.funding_basis >> 64) as i64,
                account.funding_basis as u64,
            ),
        }
    }
}

impl TryFrom<StoredAccount> for Account {
    type Error = EngineError;
    fn try_from(stored: StoredAccount) -> Result<Self, EngineError> {
        let position = |(instrument, quantity)| Position {
            instrument,
            quantity,
        };
        let (high, low) = stored.funding_basis;
        Ok(Self {
            owner: (stored.owner.0.to_fr()?, stored.owner.1.to_fr()?),
            number: stored.number,
            trading_key: stored.trading_key.to_fr()?,
            viewing_key: stored.viewing_key.to_fr()?,
            sequence: stored.sequence,
            slots: stored
                .slots
                .into_iter()
                .map(|(id, filled)| OrderSlot { id, filled })
                .collect(),
            balances: stored.balances,
            positions: stored.positions.into_iter().map(position).collect(),
            funding_basis: i128::from(high) << 64 | i128::from(low),
        })
    }
}

impl Books {
    /// The books as data.
    pub fn stored(&self) -> StoredBooks {
        let accounts = self.accounts.iter().map(|account| &**account);
        let ledger = &self.ledger;
        StoredBooks {
            accounts: accounts.map(StoredAccount::from).collect(),
            salt: ledger.salt.into(),
            totals: ledger.totals.clone(),
            fees: ledger.fees,
            deposits: (ledger.deposits.count, ledger.deposits.accumulator.into()),
            open_interest: ledger.open_interest.clone(),
            remainder: ledger.remainder,
            funding: self.funding.clone(),
            number: self.number,
            time: self.time,
        }
    }
}

impl StoredBooks {
    /// The books of a venue of this shape, and the owners of its accounts from 1 on. Every owner's
    /// key is checked.
    pub(crate) fn into_books(self, shape: &Shape) -> Result<(Books, Vec<PublicKey>), EngineError> {
        let accounts: Vec<Account> = self
            .accounts
            .into_iter()
            .map(Account::try_from)
            .collect::<Result<_, _>>()?;
        let lengths_fit = accounts.iter().all(|a| {
            a.slots.len() == shape.orders as usize
                && a.balances.len() == shape.market.assets as usize
                && a.positions.len() <= shape.positions as usize
        });
        let ledger_fits = self.totals.len() == shape.market.assets as usize
            && self.funding.len() == shape.market.instruments as usize
            && self.open_interest.len() == shape.market.instruments as usize;
        if accounts.is_empty()
            || accounts.len() as u64 > shape.capacity()
            || !lengths_fit
            || !ledger_fits
        {
            return Err(EngineError::Range(
                "stored books: lengths do not fit the venue's shape",
            ));
        }
        let ledger = Ledger {
            salt: self.salt.to_fr()?,
            totals: self.totals,
            fees: self.fees,
            deposits: DepositCursor {
                count: self.deposits.0,
                accumulator: self.deposits.1.to_fr()?,
            },
            open_interest: self.open_interest,
            remainder: self.remainder,
        };
        let owners = owners_of(&accounts)?;
        let books = Books::of(
            shape,
            accounts,
            ledger,
            self.funding,
            self.number,
            self.time,
        );
        Ok((books, owners))
    }
}

/// The owners of the accounts from 1 on; the insurance fund has none.
fn owners_of(accounts: &[Account]) -> Result<Vec<PublicKey>, EngineError> {
    let owners = accounts.iter().zip(AccountIndex::all()).skip(1);
    let owners = owners.map(|(account, index)| {
        let (x, y) = account.owner;
        PublicKey::new(Point { x, y }).map_err(|error| EngineError::StoredOwner {
            account: index,
            error,
        })
    });
    owners.collect()
}
