//! Dead man's switches: an account may have its orders cancelled when it has been inactive for too
//! long.

use clearproof_primitives::{ids::AccountIndex, time::Millis};
use std::{collections::BTreeMap, ops::RangeInclusive};

/// Timeouts in milliseconds that an account may choose: a second to a day.
pub const SWITCH_TIMEOUT_MS: RangeInclusive<Millis> = Millis::new(1_000)..=Millis::new(86_400_000);

/// The dead man's switch of an account, as data.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ArmedSwitch {
    /// The account.
    pub account: AccountIndex,
    /// Milliseconds of inactivity after which its orders are cancelled.
    pub timeout_ms: Millis,
    /// Time of its last activity, in milliseconds.
    pub last_active: Millis,
}

#[derive(Clone, Copy, Debug)]
struct Switch {
    timeout_ms: Millis,
    last_active: Millis,
}

/// The dead man's switches of all accounts that have one.
#[derive(Clone, Debug, Default)]
pub(crate) struct DeadMansSwitches(BTreeMap<AccountIndex, Switch>);

impl DeadMansSwitches {
    /// Arms an account's switch at `now`, or sets it anew.
    pub fn arm(&mut self, account: AccountIndex, timeout_ms: Millis, now: Millis) {
        let switch = Switch {
            timeout_ms,
            last_active: now,
        };
        self.0.insert(account, switch);
    }

    /// Turns an account's switch off.
    pub fn disarm(&mut self, account: AccountIndex) {
        self.0.remove(&account);
    }

    /// An account's timeout in milliseconds.
    pub fn timeout_of(&self, account: AccountIndex) -> Option<Millis> {
        self.0.get(&account).map(|switch| switch.timeout_ms)
    }

    /// Records that an account has been active at `now`.
    pub fn record_activity(&mut self, account: AccountIndex, now: Millis) {
        if let Some(switch) = self.0.get_mut(&account) {
            switch.last_active = switch.last_active.max(now);
        }
    }

    /// Accounts that at `time` have been inactive for longer than their timeout.
    pub fn timed_out_at(&self, time: Millis) -> Vec<AccountIndex> {
        let timed_out =
            |switch: &Switch| time.saturating_sub(switch.last_active) > switch.timeout_ms;
        let accounts = self.0.iter().filter(|(_, switch)| timed_out(switch));
        accounts.map(|(account, _)| *account).collect()
    }

    /// All switches as data, by account.
    pub fn armed(&self) -> Vec<ArmedSwitch> {
        let armed = |(account, switch): (&AccountIndex, &Switch)| ArmedSwitch {
            account: *account,
            timeout_ms: switch.timeout_ms,
            last_active: switch.last_active,
        };
        self.0.iter().map(armed).collect()
    }
}

impl FromIterator<ArmedSwitch> for DeadMansSwitches {
    fn from_iter<T: IntoIterator<Item = ArmedSwitch>>(armed: T) -> Self {
        let mut switches = Self::default();
        for switch in armed {
            switches.arm(switch.account, switch.timeout_ms, switch.last_active);
        }
        switches
    }
}
