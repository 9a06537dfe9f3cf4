//! Accepting order sets, and the withdrawals in them.

use crate::{
    error::EngineError,
    pending::PendingStep,
    venue::{Live, Venue},
};
use clearproof_primitives::{field::Fr, order::SignedOrderSet};

/// An accepted order set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Accepted {
    /// Its message, which a receipt is about.
    pub message: Fr,
    /// Place in the order of arrival.
    pub arrival: u64,
    /// Whether its withdrawal was carried out in the open batch.
    pub withdrawn: bool,
}

impl Venue {
    /// An account's live order set.
    pub fn live_set(&self, account: u32) -> Option<&SignedOrderSet> {
        self.live.get(&account).map(|live| &live.signed)
    }

    /// All live order sets in order of arrival.
    pub fn live_sets(&self) -> Vec<&SignedOrderSet> {
        let mut sets: Vec<_> = self.live.values().collect();
        sets.sort_by_key(|live| live.arrival);
        sets.into_iter().map(|live| &live.signed).collect()
    }

    /// Checks an order set, signature included, and makes it the account's live set. Its withdrawal, if any, is carried
    /// out at once or the set is refused.
    pub fn submit(&mut self, signed: SignedOrderSet) -> Result<Accepted, EngineError> {
        let set = &signed.set;
        set.check(&self.config.shape)?;
        if set.venue != self.config.id {
            return Err(EngineError::OtherVenue(set.venue));
        }
        let account = self
            .account(set.account)
            .ok_or(EngineError::NoAccount(set.account))?;
        // The insurance fund has no owner, so nobody signs for it.
        let owner = (set.account as usize).checked_sub(1);
        let owner = owner
            .and_then(|i| self.owners.get(i))
            .ok_or(EngineError::NoAccount(set.account))?;
        // Before anything is said of the account: only its owner may learn its sequence.
        let message = set.message(&self.config.shape, self.config.genesis);
        owner.verify(message, &signed.signature)?;
        let newest = self
            .live
            .get(&set.account)
            .map_or(0, |live| live.signed.set.sequence)
            .max(account.sequence);
        if set.sequence <= newest {
            return Err(EngineError::OldSequence(newest));
        }
        if set.valid_until < self.now {
            return Err(EngineError::Expired(set.valid_until));
        }
        let withdrawn = set.withdrawal.is_some();
        let index = set.account;
        if withdrawn {
            self.withdraw(&signed)?;
        }
        self.arrivals += 1;
        self.live.insert(
            index,
            Live {
                signed,
                arrival: self.arrivals,
            },
        );
        Ok(Accepted {
            message,
            arrival: self.arrivals,
            withdrawn,
        })
    }

    /// Carries out a withdrawal in a step of its own.
    fn withdraw(&mut self, signed: &SignedOrderSet) -> Result<(), EngineError> {
        let account = signed.set.account;
        let step = PendingStep {
            account,
            exists: true,
            set: Some(signed.clone()),
            withdraw: true,
            before: Some(self.current[account as usize].clone()),
            ..PendingStep::default()
        };
        self.ensure_step_fits(&step)?;
        let after = self.simulate(&step, self.now)?.0;
        self.current[account as usize] = after;
        self.finish_with(step);
        Ok(())
    }
}
