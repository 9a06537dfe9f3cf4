//! A visit to an account: its leaf is loaded, changed and stored.

use super::environment::StepEnvironment;
use crate::{
    account::{AccountVars, PositionVars},
    exposure::Exposure,
    gadgets::{
        bits::{alloc_bit, to_bits},
        logic::{and, enforce_implies, enforce_zero_if, is_equal, is_zero, select},
        merkle,
    },
    movements::Incoming,
    r1cs::{Bit, Cs, Num},
    running::Running,
};
use clearproof_primitives::witness::StepWitness;

/// An account during a step.
pub struct Visit<'a> {
    pub environment: &'a StepEnvironment<'a>,
    pub witness: &'a StepWitness,
    pub index: Num,
    /// Set if the account is the insurance fund.
    pub is_fund: Bit,
    index_bits: Vec<Bit>,
    /// The account as the tree has it.
    pub loaded: AccountVars,
    /// The account after its accrual.
    pub before: AccountVars,
    /// Its positions before the step. Once the positions after it are enforced, without the expired
    /// ones.
    pub exposure_before: Exposure,
    /// The account as far as the step has changed it.
    pub after: AccountVars,
}

impl<'a> Visit<'a> {
    /// Loads the account and brings it up to date.
    pub fn begin(
        cs: &mut Cs,
        environment: &'a StepEnvironment<'a>,
        running: &mut Running,
        witness: &'a StepWitness,
    ) -> Self {
        let StepEnvironment { shape, market, .. } = environment;
        let index = cs.alloc(u64::from(witness.step.account.get()));
        let index_bits = to_bits(cs, &index, 2 * shape.depth as usize);
        let is_fund = is_zero(cs, &index);
        let loaded = cs.part("account", |cs| {
            let loaded = AccountVars::load(cs, shape, &witness.before);
            PositionVars::enforce_canonical(cs, &loaded.positions);
            loaded
        });
        let exposure_before = cs.part("positions", |cs| {
            Exposure::of(cs, market.rows.len(), &loaded.positions)
        });
        let mut before = loaded.clone();
        let accrual = cs.part("accrual", |cs| {
            environment
                .funding
                .accrue(cs, market, &loaded, &exposure_before)
        });
        before.balances[0] = &before.balances[0] + &accrual.credit;
        running.remainder = &running.remainder + &accrual.remainder;
        Self {
            environment,
            witness,
            index,
            is_fund,
            index_bits,
            loaded,
            after: before.clone(),
            before,
            exposure_before,
        }
    }

    /// Credits the deposit or transfer that the account receives.
    pub fn receive(&mut self, cs: &mut Cs, running: &mut Running) -> Incoming {
        let (shape, step) = (self.environment.shape, &self.witness.step);
        Incoming::credit(cs, shape, running, step, &self.before, &mut self.after)
    }

    /// Returns the bit that is set if the step opens the account: then it receives money, and was
    /// empty.
    pub fn open_account(&self, cs: &mut Cs, incoming: &Incoming) -> Bit {
        let opens = alloc_bit(cs, !self.witness.exists);
        enforce_implies(cs, &opens, &incoming.active);
        for content in self.loaded.contents() {
            enforce_zero_if(cs, &opens, &content);
        }
        opens
    }

    /// Stamps the account, unless it is the insurance fund, with the batch's snapshot. `partial` is
    /// set if the step liquidates it in part, which no step at that snapshot has done before. Costs
    /// 6.
    ///
    /// Sound: `kept` of a leaf speaks of its stamp's snapshot. Under another stamp it says nothing
    /// of this batch's, at which no step of the account has been: each leaves its stamp, and the
    /// chain takes no batch at an earlier snapshot than the last. Each partial step sets `kept`,
    /// and other steps at the same snapshot keep it.
    pub fn stamp(&mut self, cs: &mut Cs, partial: &Bit) {
        let present = &self.environment.header.snapshot_number;
        let same = is_equal(cs, &self.loaded.stamp, present);
        let kept = and(cs, &same, &self.loaded.kept);
        let again = and(cs, partial, &kept);
        cs.enforce_zero(again.num());
        // Not both are set.
        self.after.kept = Bit::from_num_unchecked(kept.num() + partial.num() - again.num());
        self.after.stamp = select(cs, &self.is_fund, &self.loaded.stamp, present);
    }

    /// Replaces the leaf in the tree. A leaf that opens was empty.
    pub fn store(&self, cs: &mut Cs, running: &mut Running, opens: &Bit) {
        let old_leaf = self.loaded.leaf(cs);
        let old_leaf = cs.mul(opens.not().num(), &old_leaf);
        let new_leaf = self.after.leaf(cs);
        let (old_root, new_root) = cs.part("tree", |cs| {
            let path = &self.witness.path;
            merkle::update(cs, &self.index_bits, &old_leaf, &new_leaf, path)
        });
        cs.enforce_equal(&old_root, &running.accounts_root);
        running.accounts_root = new_root;
    }
}
