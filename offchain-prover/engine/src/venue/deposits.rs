//! Taking deposits from the chain's queue.

use crate::{error::EngineError, pending::PendingStep, venue::Venue};
use clearproof_primitives::{
    account::{account_key, Account},
    babyjubjub::PublicKey,
    batch::Deposit,
    field::{FieldBytes, Fr},
    step::DepositStep,
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
        if account_key((owner.x, owner.y)) != key {
            return Err(EngineError::DepositKey);
        }
        let (account, exists, before) = match self.account_of_key(key) {
            Some(index) => (index, true, Arc::clone(&self.current[index as usize])),
            None => {
                let index = self.current.len();
                if index as u64 >= self.config.shape.capacity() {
                    return Err(EngineError::Full(self.config.shape.capacity()));
                }
                let fresh = Account::new(&self.config.shape, &received.owner, received.viewing_key);
                (index as u32, false, Arc::new(fresh))
            }
        };
        let Deposit { asset, amount, .. } = received.deposit;
        let mut step = PendingStep {
            account,
            exists,
            deposit: Some(DepositStep {
                asset,
                amount,
                account_key: key,
            }),
            before: Some(before),
            ..PendingStep::default()
        };
        self.ensure_step_fits(&step)?;
        let (after, effects) = self.simulate(&step, self.now)?;
        step.take(&effects);
        let after = Arc::new(after);
        if exists {
            self.current[account as usize] = after;
        } else {
            self.current.push(after);
            self.owners.push(received.owner);
            self.index.insert(key.into(), account);
        }
        self.deposits_taken += 1;
        self.finish_with(step);
        Ok(account)
    }
}
