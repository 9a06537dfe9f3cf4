//! Deposits from the chain's queue.

use super::state::Venue;
use crate::{error::EngineError, pending::PendingStep};
use clearproof_primitives::{
    account::{Account, account_key},
    babyjubjub::PublicKey,
    batch::Deposit,
    ids::AccountIndex,
    step::{DepositStep, StepEffects},
};
use std::sync::Arc;

/// A deposit with the owner's data that the venue knows.
#[derive(Clone, Debug)]
pub struct DepositReceived {
    /// Position in the queue, counting from 1.
    pub number: u64,
    /// The queue's record.
    pub deposit: Deposit,
    /// Owner's key, which the record's account key is the hash of.
    pub owner: PublicKey,
}

/// The data that a new account opens with.
#[derive(Clone, Copy, Debug)]
pub(super) struct Opening {
    pub owner: PublicKey,
    pub number: u16,
}

impl Venue {
    /// Consumes the next deposit of the chain's queue, into the account of its key; opens an
    /// account for a new key.
    ///
    /// Returns the account's index. If the tree is full and the key is new, neither this deposit
    /// nor a later one can be consumed.
    pub fn deposit(&mut self, received: &DepositReceived) -> Result<AccountIndex, EngineError> {
        if self.open.is_none() {
            return Err(EngineError::NoOpenBatch);
        }
        let expected = self.deposits_consumed() + 1;
        if received.number != expected {
            return Err(EngineError::DepositOrder {
                given: received.number,
                expected,
            });
        }
        let key = received.deposit.account_key.to_fr()?;
        let owner = received.owner.point();
        if account_key((owner.x, owner.y), 0) != key {
            return Err(EngineError::DepositKey);
        }
        let Deposit { asset, amount, .. } = received.deposit;
        let credit = DepositStep {
            transferred: false,
            asset,
            amount,
            account_key: key,
        };
        let opening = Opening {
            owner: received.owner,
            number: 0,
        };
        let step = self.credit_step(credit, Some(opening))?;
        self.ensure_step_fits(&step)?;
        let (after, effects) = self.simulate(&step, self.now)?;
        let account = step.account;
        self.credit(step, after, &effects, received.owner);
        if let Some(open) = &mut self.open {
            open.deposits += 1;
        }
        Ok(account)
    }

    /// The step that credits the account of a key. For a new key it opens an account with the data
    /// of `opening`.
    pub(super) fn credit_step(
        &self,
        credit: DepositStep,
        opening: Option<Opening>,
    ) -> Result<PendingStep, EngineError> {
        let known = self.account_of_key(credit.account_key);
        let step = match known {
            Some(index) => self.step_on(index, None),
            None => {
                let opening = opening.ok_or(EngineError::UnknownReceiver)?;
                self.opening_step(&opening)?
            }
        };
        Ok(PendingStep {
            deposit: Some(credit),
            ..step
        })
    }

    fn opening_step(&self, opening: &Opening) -> Result<PendingStep, EngineError> {
        let shape = &self.config.shape;
        let index = self.accounts.len();
        if index as u64 >= shape.capacity() {
            return Err(EngineError::Full(shape.capacity()));
        }
        let fresh = Account::new(shape, &opening.owner, opening.number);
        Ok(PendingStep {
            account: AccountIndex::new(index as u32),
            exists: false,
            before: Some(Arc::new(fresh)),
            ..PendingStep::default()
        })
    }

    /// Adds a step of [`Self::credit_step`] with its results.
    pub(super) fn credit(
        &mut self,
        step: PendingStep,
        after: Account,
        effects: &StepEffects,
        owner: PublicKey,
    ) {
        if !step.exists {
            self.accounts.register(step.account, after.key(), owner);
        }
        self.conclude(step, after, effects);
    }
}
