//! The account steps of the open batch.

use crate::{packing::Packing, pending::PendingStep};
use clearproof_primitives::{ids::AccountIndex, order::SignedOrderSet, shape::Shape};
use std::{collections::BTreeMap, sync::Arc};

/// Finished steps in order, and at most one step per account that can still grow.
#[derive(Clone, Debug, Default)]
pub(crate) struct OpenSteps {
    finished: Vec<PendingStep>,
    /// The finished steps as chunks.
    packing: Packing,
    /// Number of finished steps that carry out a withdrawal or transfer.
    withdrawals: u32,
    /// Steps that can still grow, by account.
    growing: BTreeMap<AccountIndex, PendingStep>,
}

impl OpenSteps {
    /// Number of steps.
    pub fn len(&self) -> usize {
        self.finished.len() + self.growing.len()
    }

    /// All steps in the order that they have if the batch closes now.
    pub fn iter(&self) -> impl Iterator<Item = &PendingStep> {
        self.finished.iter().chain(self.growing.values())
    }

    /// All steps, as the batch closes.
    pub fn into_finished(self) -> Vec<PendingStep> {
        let mut steps = self.finished;
        steps.extend(self.growing.into_values());
        steps
    }

    /// The finished steps as chunks.
    pub fn packing(&self) -> &Packing {
        &self.packing
    }

    /// Number of finished steps that carry out a withdrawal or transfer.
    pub fn withdrawals(&self) -> u32 {
        self.withdrawals
    }

    /// An account's growing step.
    pub fn growing(&self, account: AccountIndex) -> Option<&PendingStep> {
        self.growing.get(&account)
    }

    /// The growing step in which an account is being liquidated by this order set, if there is one.
    pub fn liquidating(
        &self,
        account: AccountIndex,
        set: &Arc<SignedOrderSet>,
    ) -> Option<&PendingStep> {
        let by_set = |step: &&PendingStep| {
            let used = step.set.as_ref().filter(|_| step.forced.is_some());
            used.is_some_and(|used| Arc::ptr_eq(used, set))
        };
        self.growing(account).filter(by_set)
    }

    /// Number of growing steps.
    pub fn growing_count(&self) -> usize {
        self.growing.len()
    }

    /// Replaces an account's growing step, or begins one.
    pub fn grow(&mut self, step: PendingStep) {
        self.growing.insert(step.account, step);
    }

    /// Ends an account's growing step.
    pub fn finish(&mut self, shape: &Shape, account: AccountIndex) {
        if let Some(step) = self.growing.remove(&account) {
            self.push(shape, step);
        }
    }

    /// Ends an account's growing step and adds one that does not grow.
    pub fn finish_with(&mut self, shape: &Shape, step: PendingStep) {
        self.finish(shape, step.account);
        self.push(shape, step);
    }

    fn push(&mut self, shape: &Shape, step: PendingStep) {
        self.packing.push(shape, &step);
        self.withdrawals += u32::from(step.withdraw);
        self.finished.push(step);
    }
}
