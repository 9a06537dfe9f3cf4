//! The dead man's switch: cancels all orders of an account that has been inactive for too long.

use super::state::{Venue, dead_mans_switches::SWITCH_TIMEOUT_MS};
use crate::error::EngineError;
use clearproof_primitives::{ids::AccountIndex, time::Millis};

impl Venue {
    /// Arms an account's dead man's switch: cancels the account's orders in the first auction more
    /// than `timeout_ms` milliseconds after its last activity. Activity is this call, at `now`, and
    /// every order set. `None` turns the switch off. It is off again once it has cancelled.
    ///
    /// # Errors
    /// No such account, or a timeout outside [`SWITCH_TIMEOUT_MS`].
    pub fn set_dead_mans_switch(
        &mut self,
        account: AccountIndex,
        timeout_ms: Option<Millis>,
        now: Millis,
    ) -> Result<(), EngineError> {
        if account.is_insurance_fund() || self.account(account).is_none() {
            return Err(EngineError::NoAccount(account));
        }
        match timeout_ms {
            None => self.switches.disarm(account),
            Some(timeout) if SWITCH_TIMEOUT_MS.contains(&timeout) => {
                self.switches.arm(account, timeout, now.max(self.now));
            }
            Some(timeout) => return Err(EngineError::SwitchTimeout(timeout)),
        }
        Ok(())
    }

    /// Milliseconds of inactivity after which an account's orders are cancelled; none if its dead
    /// man's switch is off.
    pub fn dead_mans_switch(&self, account: AccountIndex) -> Option<Millis> {
        self.switches.timeout_of(account)
    }

    /// Cancels the orders of accounts whose switches have timed out, and turns these off.
    pub(super) fn cancel_orders(&mut self, timed_out: &[AccountIndex]) {
        for account in timed_out {
            self.switches.disarm(*account);
            self.orders.remove(*account);
        }
    }
}
