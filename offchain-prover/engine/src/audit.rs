//! Whether a venue's books balance, to the unit and the fraction of it.

use crate::venue::Venue;
use clearproof_primitives::{fixed::FRACTION_BITS, snapshot::Snapshot};

/// Books that do not balance: a mistake in the program.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{what} {index}: the accounts hold {held}, the ledger says {booked}")]
pub struct Unbalanced {
    /// Of what.
    pub what: &'static str,
    /// Of which.
    pub index: usize,
    /// What the accounts hold; of the quote in 2^-32 units.
    pub held: i128,
    /// What they should.
    pub booked: i128,
}

impl Venue {
    /// Compares what all accounts hold after the last built batch with its ledger: each asset, each instrument's open interest, and
    /// as much long as short of all that has not expired. `snapshot` is that batch's.
    pub fn audit(&self, snapshot: &Snapshot) -> Result<(), Unbalanced> {
        let books = self.books();
        let ledger = &books.ledger;
        let require = |what, index, held: i128, booked: i128| {
            if held == booked {
                Ok(())
            } else {
                Err(Unbalanced {
                    what,
                    index,
                    held,
                    booked,
                })
            }
        };
        let settled = |slot: usize| snapshot.rows.get(slot).filter(|row| row.expired);
        let mut quote = i128::from(ledger.remainder);
        for account in &books.accounts {
            quote += (i128::from(account.balances[0]) << FRACTION_BITS) + account.funding_basis;
            for position in &account.positions {
                let slot = usize::from(position.instrument);
                let value = settled(slot).map_or(0, |row| i128::from(row.mark));
                let index = books.funding.get(slot).copied().unwrap_or(0);
                quote += i128::from(position.quantity) * (value - i128::from(index));
            }
        }
        for (k, total) in ledger.totals.iter().enumerate() {
            let balances = books.accounts.iter().map(|account| account.balances[k]);
            let held = balances.map(i128::from).sum();
            let total = i128::from(*total);
            match k {
                0 => {
                    let booked = (total - i128::from(ledger.fees)) << FRACTION_BITS;
                    require("asset", 0, quote, booked)?;
                }
                _ => require("asset", k, held, total)?,
            }
        }
        for (slot, booked) in (0u16..).zip(&ledger.open_interest) {
            let lots = books.accounts.iter().map(|account| account.quantity(slot));
            let held: i128 = lots
                .clone()
                .map(|lots| i128::from(lots.unsigned_abs()))
                .sum();
            let slot = usize::from(slot);
            require("open interest of slot", slot, held, i128::from(*booked))?;
            if settled(slot).is_none() {
                let net = lots.map(i128::from).sum();
                require("net lots of slot", slot, net, 0)?;
            }
        }
        Ok(())
    }
}
