//! Accounts that hold what has expired are visited without being asked, so that it turns into money and its slot gets free.

use crate::{error::EngineError, pending::PendingStep, venue::Venue};
use clearproof_primitives::account::Account;
use std::sync::Arc;

impl Venue {
    /// Settles up to `limit` accounts that hold an expired instrument, lowest index first, each in a step of its own. Answers how
    /// many; fewer than `limit` where none are left, or the batch is full.
    pub fn settle_expired(&mut self, limit: usize) -> Result<usize, EngineError> {
        let accounts: Vec<u32> = self.holders_of_expired()?.take(limit).collect();
        let mut done = 0;
        for account in accounts {
            let mut step = PendingStep {
                account,
                exists: true,
                before: Some(Arc::clone(&self.current[account as usize])),
                ..PendingStep::default()
            };
            match self.ensure_step_fits(&step) {
                Err(EngineError::BatchFull { .. }) => return Ok(done),
                other => other?,
            }
            // A balance that the result does not fit keeps its position, which is worth the same.
            let Ok((after, effects)) = self.simulate(&step, self.now) else {
                continue;
            };
            step.take(&effects);
            self.put(account, after);
            self.finish_with(step);
            done += 1;
        }
        Ok(done)
    }

    fn holders_of_expired(&self) -> Result<impl Iterator<Item = u32> + '_, EngineError> {
        let open = self.open.as_ref().ok_or(EngineError::NoOpenBatch)?;
        let rows = &open.snapshot.rows;
        let any = rows.iter().any(|row| row.settled);
        let expired = |slot: u16| rows.get(usize::from(slot)).is_some_and(|row| row.settled);
        let holds = move |account: &Account| {
            let positions = account.positions.iter();
            positions.map(|p| p.instrument).any(expired)
        };
        // Without anything expired, which is the rule, no account is looked at.
        let accounts = (0u32..).zip(self.current.iter()).filter(move |_| any);
        Ok(accounts
            .filter(move |(_, account)| holds(account))
            .map(|(index, _)| index))
    }
}
