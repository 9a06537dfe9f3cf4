//! Expired instruments: the venue visits their holders without being asked, so that the positions
//! turn into quote and their slots become free.

use super::state::Venue;
use crate::error::EngineError;
use clearproof_primitives::{
    account::Account,
    ids::{AccountIndex, Slot},
    snapshot::InstrumentRow,
};

impl Venue {
    /// Turns the expired positions of up to `limit` accounts into quote, lowest index first, each
    /// account in a step of its own. Returns their number. It is below `limit` if no more accounts
    /// hold expired instruments, or the batch is full.
    pub fn accrue_expired(&mut self, limit: usize) -> Result<usize, EngineError> {
        let accounts: Vec<AccountIndex> = self.holders_of_expired()?.take(limit).collect();
        let mut done = 0;
        for account in accounts {
            match self.touch(account) {
                Ok(()) => done += 1,
                Err(EngineError::BatchFull { .. }) => return Ok(done),
                // The balance would leave its range. The position stays, which is worth the same.
                Err(EngineError::Step(_)) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(done)
    }

    fn holders_of_expired(&self) -> Result<impl Iterator<Item = AccountIndex> + '_, EngineError> {
        let open = self.open.as_ref().ok_or(EngineError::NoOpenBatch)?;
        let rows = &open.snapshot.rows;
        let any = rows.iter().any(|row| row.expired);
        // If nothing has expired, which is the rule, no account is visited.
        let accounts = self.accounts.iter().filter(move |_| any);
        Ok(accounts
            .filter(move |(_, account)| holds_expired(rows, account))
            .map(|(index, _)| index))
    }
}

/// True if an account holds an expired instrument.
pub(super) fn holds_expired(rows: &[InstrumentRow], account: &Account) -> bool {
    let row = |slot: Slot| rows.get(slot.place());
    let mut positions = account.positions.iter();
    positions.any(|p| row(p.instrument).is_some_and(|row| row.expired))
}
