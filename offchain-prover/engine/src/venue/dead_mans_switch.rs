//! Cancelling all orders of an account that is not heard of any more: the dead man's switch.

use crate::{error::EngineError, venue::Venue};
use std::ops::RangeInclusive;

/// Milliseconds of silence that an account may ask for: a second to a day.
pub const SILENCE_MS: RangeInclusive<u64> = 1_000..=86_400_000;

/// An account that is listened to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Watch {
    /// Milliseconds.
    pub silence: u64,
    /// When it was last heard of.
    pub heard: u64,
}

impl Venue {
    /// Cancels the account's orders in the first auction more than `silence` milliseconds after it was last heard of: by this call, at
    /// `now`, or by an order set. `None` ends that. The switch is off again once it has cancelled.
    ///
    /// # Errors
    /// No such account, or a silence out of [`SILENCE_MS`].
    pub fn watch(
        &mut self,
        account: u32,
        silence: Option<u64>,
        now: u64,
    ) -> Result<(), EngineError> {
        if account == 0 || self.account(account).is_none() {
            return Err(EngineError::NoAccount(account));
        }
        match silence {
            None => {
                self.watched.remove(&account);
            }
            Some(silence) if SILENCE_MS.contains(&silence) => {
                let heard = now.max(self.now);
                self.watched.insert(account, Watch { silence, heard });
            }
            Some(silence) => return Err(EngineError::Silence(silence)),
        }
        Ok(())
    }

    /// Milliseconds of silence after which an account's orders are cancelled; none if they are not.
    pub fn silence_of(&self, account: u32) -> Option<u64> {
        self.watched.get(&account).map(|watch| watch.silence)
    }

    /// An account has signed something.
    pub(crate) fn hear(&mut self, account: u32) {
        let now = self.now;
        if let Some(watch) = self.watched.get_mut(&account) {
            watch.heard = watch.heard.max(now);
        }
    }

    /// Those who have been silent for too long at `time`.
    pub(crate) fn silent_at(&self, time: u64) -> Vec<u32> {
        let silent = |watch: &Watch| time.saturating_sub(watch.heard) > watch.silence;
        let accounts = self.watched.iter().filter(|(_, watch)| silent(watch));
        accounts.map(|(account, _)| *account).collect()
    }

    /// Takes away their orders.
    pub(crate) fn cancel(&mut self, silent: &[u32]) {
        for account in silent {
            self.watched.remove(account);
            self.live.remove(account);
        }
    }
}
