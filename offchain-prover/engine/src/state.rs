//! A venue's books as plain data, for storage: everything that the next batch needs.

use crate::{
    books::Books,
    error::EngineError,
    venue::{Venue, VenueConfig},
};
use clearproof_primitives::{
    account::{Account, OrderSlot, Position},
    babyjubjub::{Point, PublicKey},
    field::{FieldBytes, Fr},
    ids::BatchNumber,
    ledger::{DepositCursor, Ledger},
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
    positions: Vec<(u16, i64)>,
    /// The basis, high and low half.
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
    open_interest: Vec<u64>,
    remainder: u32,
    funding: Vec<i64>,
    /// Number of the last batch in these books.
    pub number: BatchNumber,
    time: u64,
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
    /// As data.
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

impl Venue {
    /// The books after the last built batch.
    pub fn stored(&self) -> StoredBooks {
        self.books().stored()
    }

    /// A venue that goes on from stored books. Every owner's key is checked; the caller compares [`Venue::state_root`] with the chain's.
    pub fn restore(config: VenueConfig, stored: StoredBooks) -> Result<Self, EngineError> {
        let shape = config.shape;
        let accounts: Vec<Account> = stored
            .accounts
            .into_iter()
            .map(Account::try_from)
            .collect::<Result<_, _>>()?;
        let lengths_fit = accounts.iter().all(|a| {
            a.slots.len() == shape.orders as usize
                && a.balances.len() == shape.market.assets as usize
                && a.positions.len() <= shape.positions as usize
        });
        let ledger_fits = stored.totals.len() == shape.market.assets as usize
            && stored.funding.len() == shape.market.instruments as usize
            && stored.open_interest.len() == shape.market.instruments as usize;
        if accounts.is_empty()
            || accounts.len() as u64 > shape.capacity()
            || !lengths_fit
            || !ledger_fits
        {
            return Err(EngineError::Range(
                "stored books: lengths do not fit the venue's shape",
            ));
        }
        let accumulator: Fr = stored.deposits.1.to_fr()?;
        let ledger = Ledger {
            salt: stored.salt.to_fr()?,
            totals: stored.totals,
            fees: stored.fees,
            deposits: DepositCursor {
                count: stored.deposits.0,
                accumulator,
            },
            open_interest: stored.open_interest,
            remainder: stored.remainder,
        };
        let owners = accounts.iter().zip(0u32..).skip(1);
        let owners = owners.map(|(a, account)| {
            let (x, y) = a.owner;
            PublicKey::new(Point { x, y })
                .map_err(|error| EngineError::StoredOwner { account, error })
        });
        let owners = owners.collect::<Result<_, _>>()?;
        let books = Books::of(
            &shape,
            accounts,
            ledger,
            stored.funding,
            stored.number,
            stored.time,
        );
        Ok(Self::from_books(config, books, owners))
    }
}
