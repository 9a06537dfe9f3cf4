//! Order sets that take effect at once, in a step of their own: those with a request besides their
//! orders (a withdrawal, a transfer, a change of keys), and those of a new epoch.

use super::{deposits::Opening, state::Venue};
use crate::{error::EngineError, pending::PendingStep};
use clearproof_primitives::{
    account::{Account, account_key},
    field::Fr,
    order::{Request, SignedOrderSet, TransferRequest},
    step::{DepositStep, StepEffects, StepError},
};
use std::sync::Arc;

/// A transfer opens accounts of the sender's own with numbers below this.
pub const OPENED_NUMBERS: u16 = 64;

impl Venue {
    /// Installs a set, and carries out its request if it has one.
    pub(super) fn carry_out(&mut self, signed: &Arc<SignedOrderSet>) -> Result<(), EngineError> {
        let account = signed.set.account;
        let request = &signed.set.request;
        let step = PendingStep {
            set: Some(Arc::clone(signed)),
            withdraw: signed.set.moves_money(),
            ..self.step_on(account, None)
        };
        self.ensure_step_fits(&step)?;
        let (after, effects) = self.simulate(&step, self.now)?;
        match request {
            Some(Request::Withdrawal(_)) => self.withdraw(step, after, &effects),
            Some(Request::Transfer(transfer)) => self.transfer(step, after, &effects, transfer),
            Some(Request::Inherit(_)) => self.hand_over(step, after, &effects, signed),
            Some(Request::Keys(_)) | None => {
                self.conclude(step, after, &effects);
                Ok(())
            }
        }
    }

    fn withdraw(
        &mut self,
        step: PendingStep,
        after: Account,
        effects: &StepEffects,
    ) -> Result<(), EngineError> {
        if let Some(withdrawal) = &effects.withdrawal {
            let held = self.held(withdrawal.asset);
            if u128::from(withdrawal.amount) > held {
                return Err(EngineError::Overdraw {
                    asset: withdrawal.asset,
                    held,
                });
            }
        }
        self.conclude(step, after, effects);
        Ok(())
    }

    /// The sender's step, and the receiver's right after it.
    fn transfer(
        &mut self,
        step: PendingStep,
        after: Account,
        effects: &StepEffects,
        transfer: &TransferRequest,
    ) -> Result<(), EngineError> {
        let to = transfer.to.to_fr()?;
        let credit = DepositStep {
            transferred: true,
            asset: transfer.asset,
            amount: transfer.amount,
            account_key: to,
        };
        let sender = step.account;
        let owner = self.accounts.owners()[sender.place() - 1];
        let number = match self.account_of_key(to) {
            Some(_) => None,
            None => number_of(after.owner, to),
        };
        let opening = number.map(|number| Opening { owner, number });
        let mut receives = self.credit_step(credit, opening)?;
        if receives.account == sender {
            receives.before = Some(Arc::new(after.clone()));
        }
        self.ensure_steps_fit(&[&step, &receives])?;
        let (received, credited) = self.simulate(&receives, self.now)?;
        self.conclude(step, after, effects);
        self.credit(receives, received, &credited, owner);
        Ok(())
    }

    /// Gives the account to its heir, who signed the set.
    fn hand_over(
        &mut self,
        step: PendingStep,
        after: Account,
        effects: &StepEffects,
        signed: &SignedOrderSet,
    ) -> Result<(), EngineError> {
        let account = step.account;
        let owner = signed.trading_key.ok_or(StepError::NeedsHeir)?;
        let key = after.key();
        if self
            .account_of_key(key)
            .is_some_and(|other| other != account)
        {
            return Err(EngineError::OwnerHasAccount);
        }
        self.accounts.change_owner(account, key, owner);
        self.conclude(step, after, effects);
        Ok(())
    }
}

/// The number of the owner's account that has this key, among the owner's first accounts.
fn number_of(owner: (Fr, Fr), key: Fr) -> Option<u16> {
    (0..OPENED_NUMBERS).find(|number| account_key(owner, *number) == key)
}
