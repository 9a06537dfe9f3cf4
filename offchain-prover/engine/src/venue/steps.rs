//! Account steps in the open batch: begun, worked out by the protocol's own rules, and added.

use super::state::{Venue, open_batch::OpenBatch};
use crate::{error::EngineError, pending::PendingStep};
use clearproof_primitives::{
    account::Account,
    fixed::Factor,
    funding::accrue,
    ids::AccountIndex,
    step::{Forced, StepContext, StepEffects, StepError, apply_unsigned},
    time::Millis,
};

impl Venue {
    /// A step on an account, with nothing in it yet.
    pub(super) fn step_on(&self, account: AccountIndex, forced: Option<Forced>) -> PendingStep {
        PendingStep {
            account,
            exists: true,
            before: self.accounts.shared(account).cloned(),
            forced,
            ..PendingStep::default()
        }
    }

    /// Applies a pending step by the protocol's own rules, except for signatures, which were
    /// checked on arrival.
    pub(super) fn simulate(
        &self,
        step: &PendingStep,
        time_to: Millis,
    ) -> Result<(Account, StepEffects), StepError> {
        let open = self.open.as_ref().ok_or(StepError::NoOrderSet)?;
        let entries = step.own_entries();
        let context = StepContext {
            shape: &self.config.shape,
            snapshot: &open.snapshot,
            funding: self.funding(),
            genesis: self.config.genesis,
            venue: self.config.id,
            time_from: open.time_from,
            time_to,
            entries: &entries,
            // Accounts are chosen for deleveraging by rank; the batch's own is the lowest of them.
            deleverage_rank: Factor::new(0),
            slack: open.slack,
            transfer: step.transfer_received(),
        };
        let before = step.before.as_ref().ok_or(StepError::NoAccount)?;
        apply_unsigned(&context, before, step.exists, &step.against(&entries))
    }

    /// Adds a step that does not grow, with its results.
    pub(super) fn conclude(
        &mut self,
        mut step: PendingStep,
        after: Account,
        effects: &StepEffects,
    ) {
        step.record_effects(effects);
        self.accounts.put(step.account, after);
        if let Some(open) = &mut self.open {
            open.steps.finish_with(&self.config.shape, step);
        }
    }

    /// Brings an account up to date in a step of its own that does nothing else.
    pub(super) fn touch(&mut self, account: AccountIndex) -> Result<(), EngineError> {
        let step = self.step_on(account, None);
        self.ensure_step_fits(&step)?;
        let (after, effects) = self.simulate(&step, self.now)?;
        self.conclude(step, after, &effects);
        Ok(())
    }

    /// An account as its next step finds it: with the funding since its last step, and with expired
    /// positions turned into quote.
    pub(super) fn accrued_account(
        &self,
        open: &OpenBatch,
        account: AccountIndex,
    ) -> Option<Account> {
        let mut accrued = self.account(account)?.clone();
        accrue(&mut accrued, &open.snapshot, self.funding()).ok()?;
        Some(accrued)
    }
}
