//! Accounts that hold what has expired are visited without being asked, so that it turns into money and its slot gets free.

use crate::{error::EngineError, venue::Venue};
use clearproof_primitives::{account::Account, snapshot::InstrumentRow};

impl Venue {
    /// Settles up to `limit` accounts that hold an expired instrument, lowest index first, each in a step of its own. Answers how
    /// many; fewer than `limit` where none are left, or the batch is full.
    pub fn settle_expired(&mut self, limit: usize) -> Result<usize, EngineError> {
        let accounts: Vec<u32> = self.holders_of_expired()?.take(limit).collect();
        let mut done = 0;
        for account in accounts {
            match self.touch(account) {
                Ok(()) => done += 1,
                Err(EngineError::BatchFull { .. }) => return Ok(done),
                // A balance that the result does not fit keeps its position, which is worth the same.
                Err(EngineError::Step(_)) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(done)
    }

    /// Settles an account in a step of its own that does nothing else.
    pub(crate) fn touch(&mut self, account: u32) -> Result<(), EngineError> {
        let step = self.step_on(account, None);
        self.ensure_step_fits(&step)?;
        let (after, effects) = self.simulate(&step, self.now)?;
        self.conclude(step, after, &effects);
        Ok(())
    }

    fn holders_of_expired(&self) -> Result<impl Iterator<Item = u32> + '_, EngineError> {
        let open = self.open.as_ref().ok_or(EngineError::NoOpenBatch)?;
        let rows = &open.snapshot.rows;
        let any = rows.iter().any(|row| row.expired);
        // Without anything expired, which is the rule, no account is looked at.
        let accounts = (0u32..).zip(self.current.iter()).filter(move |_| any);
        Ok(accounts
            .filter(move |(_, account)| holds_expired(rows, account))
            .map(|(index, _)| index))
    }
}

/// Whether an account holds anything that has expired.
pub(crate) fn holds_expired(rows: &[InstrumentRow], account: &Account) -> bool {
    let row = |slot: u16| rows.get(usize::from(slot));
    let mut positions = account.positions.iter();
    positions.any(|p| row(p.instrument).is_some_and(|row| row.expired))
}
