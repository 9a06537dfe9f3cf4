//! Taking deposits from the chain's queue.

use crate::{error::EngineError, pending::PendingStep, venue::Venue};
use clearproof_primitives::{
    account::{Account, account_key},
    babyjubjub::PublicKey,
    batch::Deposit,
    field::{FieldBytes, Fr},
    step::{DepositStep, StepEffects},
};
use std::sync::Arc;

/// A deposit with what the venue knows of its owner.
#[derive(Clone, Debug)]
pub struct DepositReceived {
    /// Position in the queue, counting from 1.
    pub number: u64,
    /// The queue's record.
    pub deposit: Deposit,
    /// Owner's key, which the record's account key is the hash of.
    pub owner: PublicKey,
    /// Viewing key for the account, if the deposit opens it. An account that is there keeps its own.
    pub viewing_key: Fr,
}

impl Venue {
    /// Index of the account that deposits to this key go to.
    pub fn account_of_key(&self, key: Fr) -> Option<u32> {
        self.index.get(&FieldBytes::from(key)).copied()
    }

    /// Takes the next deposit of the chain's queue, into the account of its key; opens one for a key that is new.
    ///
    /// Answers the account's index. Where the tree is full and the key new, neither this deposit nor a later one can be
    /// taken.
    pub fn deposit(&mut self, received: &DepositReceived) -> Result<u32, EngineError> {
        if self.open.is_none() {
            return Err(EngineError::NoOpenBatch);
        }
        let expected = self.deposits_taken + 1;
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
        let opening = (received.owner, 0, received.viewing_key);
        let step = self.credit_step(credit, Some(opening))?;
        self.ensure_step_fits(&step)?;
        let (after, effects) = self.simulate(&step, self.now)?;
        let account = step.account;
        self.credit(step, after, &effects, received.owner);
        self.deposits_taken += 1;
        Ok(account)
    }

    /// The step that credits the account of a key; for a key that is new, one that opens the account of this owner and number, with
    /// this viewing key.
    pub(crate) fn credit_step(
        &self,
        credit: DepositStep,
        opening: Option<(PublicKey, u16, Fr)>,
    ) -> Result<PendingStep, EngineError> {
        let shape = &self.config.shape;
        let (account, exists, before) = match self.account_of_key(credit.account_key) {
            Some(index) => (index, true, Arc::clone(&self.current[index as usize])),
            None => {
                let (owner, number, viewing_key) = opening.ok_or(EngineError::UnknownReceiver)?;
                let index = self.current.len();
                if index as u64 >= shape.capacity() {
                    return Err(EngineError::Full(shape.capacity()));
                }
                let fresh = Account::new(shape, &owner, number, viewing_key);
                (index as u32, false, Arc::new(fresh))
            }
        };
        Ok(PendingStep {
            account,
            exists,
            deposit: Some(credit),
            before: Some(before),
            ..PendingStep::default()
        })
    }

    /// Adds a step of [`Self::credit_step`] and what it leads to.
    pub(crate) fn credit(
        &mut self,
        step: PendingStep,
        after: Account,
        effects: &StepEffects,
        owner: PublicKey,
    ) {
        if !step.exists {
            self.owners.push(owner);
            self.index.insert(after.key().into(), step.account);
        }
        self.conclude(step, after, effects);
    }
}
