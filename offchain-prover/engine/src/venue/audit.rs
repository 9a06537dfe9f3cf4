//! An audit of a venue's books: they balance to the unit and the fraction of it.

use super::state::Venue;
use crate::books::Books;
use clearproof_primitives::{
    fixed::FRACTION_BITS,
    ids::Slot,
    snapshot::{InstrumentRow, Snapshot},
};

/// Books that do not balance, by a mistake in the program.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{what} {index}: the accounts hold {held}, the ledger has {booked}")]
pub struct Unbalanced {
    /// The sum that is wrong.
    pub what: &'static str,
    /// Index of the asset or instrument.
    pub index: usize,
    /// The amount that the accounts hold; of the quote in 2^-32 units.
    pub held: i128,
    /// The amount that they should hold.
    pub booked: i128,
}

impl Venue {
    /// Compares the holdings of all accounts after the last built batch with its ledger: each
    /// asset, each instrument's open interest, and long with short lots of all instruments that
    /// have not expired. `snapshot` is that batch's.
    pub fn audit(&self, snapshot: &Snapshot) -> Result<(), Unbalanced> {
        let books = self.books();
        let expired = |slot: Slot| snapshot.rows.get(slot.place()).filter(|row| row.expired);
        audit_assets(books, expired)?;
        audit_lots(books, expired)
    }
}

fn require(what: &'static str, index: usize, held: i128, booked: i128) -> Result<(), Unbalanced> {
    if held == booked {
        return Ok(());
    }
    Err(Unbalanced {
        what,
        index,
        held,
        booked,
    })
}

fn audit_assets<'a>(
    books: &Books,
    expired: impl Fn(Slot) -> Option<&'a InstrumentRow>,
) -> Result<(), Unbalanced> {
    let ledger = &books.ledger;
    let mut quote = i128::from(ledger.remainder);
    for account in &books.accounts {
        quote += (i128::from(account.balances[0]) << FRACTION_BITS) + account.funding_basis;
        for position in &account.positions {
            let slot = position.instrument;
            let value = expired(slot).map_or(0, |row| i128::from(row.mark));
            let index = books.funding.get(slot.place()).copied().unwrap_or(0);
            quote += i128::from(position.quantity) * (value - i128::from(index));
        }
    }
    for (k, total) in ledger.totals.iter().enumerate() {
        let total = i128::from(*total);
        match k {
            0 => {
                let booked = (total - i128::from(ledger.fees)) << FRACTION_BITS;
                require("asset", 0, quote, booked)?;
            }
            _ => {
                let balances = books.accounts.iter().map(|account| account.balances[k]);
                require("asset", k, balances.map(i128::from).sum(), total)?;
            }
        }
    }
    Ok(())
}

fn audit_lots<'a>(
    books: &Books,
    expired: impl Fn(Slot) -> Option<&'a InstrumentRow>,
) -> Result<(), Unbalanced> {
    for (slot, booked) in Slot::all().zip(&books.ledger.open_interest) {
        let lots = books.accounts.iter().map(|account| account.quantity(slot));
        let held: i128 = lots
            .clone()
            .map(|lots| i128::from(lots.unsigned_abs()))
            .sum();
        require(
            "open interest of slot",
            slot.place(),
            held,
            i128::from(*booked),
        )?;
        if expired(slot).is_none() {
            let net = lots.map(i128::from).sum();
            require("net lots of slot", slot.place(), net, 0)?;
        }
    }
    Ok(())
}
