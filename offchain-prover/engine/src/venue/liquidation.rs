//! Liquidation. Accounts below their maintenance margin are liquidated, the insurance fund takes
//! bankrupt ones over, and the fund's positions are sold again.
//!
//! All accounts are checked when a batch opens, since the snapshot is a new one; their own steps
//! bring none below maintenance margin. Accounts at risk have orders of the venue's making in every
//! auction, in the place of their own: for the part of each position that makes them free again, at
//! their zero price or better. Suspended positions stay as they are, and count with the benefit of
//! the doubt. The insurance fund closes the positions that it took over at the
//! mark or better.
//!
//! At one snapshot the rules allow one step that liquidates an account in part. So an account's
//! liquidation is one step, which grows from auction to auction until its orders are filled or it
//! has no room for more fills. What does not fit waits for the next snapshot.

use super::{
    expired::holds_expired,
    state::{Venue, open_batch::OpenBatch},
};
use crate::{error::EngineError, pending::PendingStep};
use clearproof_primitives::{
    account::Account,
    babyjubjub::Point,
    eddsa::Signature,
    field::Fr,
    fixed::Rate,
    ids::AccountIndex,
    liquidation::{Closing, plan, wind_down},
    margin::Margin,
    order::{Order, OrderSet, SignedOrderSet},
    shape::TIME_BITS,
    step::{Forced, StepEffects, StepError},
    time::Millis,
};
use std::{collections::BTreeMap, sync::Arc};

/// Orders of the venue's own making, by account. They take the place of the account's.
pub(super) type ForcedSets = BTreeMap<AccountIndex, Arc<SignedOrderSet>>;

/// The penalty is found to one part in 2^6.
const PENALTY_STEPS: u32 = 6;

impl Venue {
    /// Checks the margins of all accounts; see the module.
    pub(super) fn scan(&mut self) {
        if !self.accounts.fund().positions.is_empty() {
            // The fund comes first, as the padding of a chunk touches it as well.
            if self.touch(AccountIndex::INSURANCE_FUND).is_ok() {
                self.record_at_risk(AccountIndex::INSURANCE_FUND);
            }
        }
        for account in self.accounts.indices() {
            let margin = self.margin_of(account);
            if margin.is_some_and(|margin| margin.is_liquidatable()) {
                self.accrue_if_expired(account);
            }
            match margin {
                // If the batch had no room to turn its expired positions into quote, it waits.
                Some(_) if self.holds_expired(account) => {}
                Some(margin) if margin.is_bankrupt() => {
                    // If the fund has no room for it, it waits until the fund has closed something.
                    let _ = self.take_over(account);
                }
                Some(margin) if margin.is_liquidatable() => self.record_at_risk(account),
                _ => {}
            }
        }
    }

    fn record_at_risk(&mut self, account: AccountIndex) {
        if let Some(open) = &mut self.open {
            open.at_risk.insert(account);
        }
    }

    /// Accounts that were below their maintenance margin when the open batch opened, and the
    /// insurance fund if it holds positions.
    pub fn at_risk(&self) -> Vec<AccountIndex> {
        let open = self.open.as_ref();
        open.map_or_else(Vec::new, |open| open.at_risk.iter().copied().collect())
    }

    /// Accounts that the insurance fund has taken over in the open batch.
    pub fn taken_over(&self) -> &[AccountIndex] {
        self.open.as_ref().map_or(&[], |open| &open.taken_over)
    }

    /// Margin of an account as its next step finds it; none if it cannot owe anything.
    fn margin_of(&self, account: AccountIndex) -> Option<Margin> {
        let open = self.open.as_ref()?;
        let now = self.account(account)?;
        if now.positions.is_empty() && now.balances[0] >= 0 {
            return None;
        }
        let accrued = self.accrued_account(open, account)?;
        Margin::of(&self.config.shape.market, &open.snapshot, &accrued).ok()
    }

    /// Turns an account's expired positions into quote. No other action is taken on an account
    /// before that.
    fn accrue_if_expired(&mut self, account: AccountIndex) {
        if self.holds_expired(account) {
            // If the batch has no room for it, the account is left alone.
            let _ = self.touch(account);
        }
    }

    /// True if an account holds an expired instrument.
    fn holds_expired(&self, account: AccountIndex) -> bool {
        let open = self.open.as_ref().zip(self.account(account));
        open.is_some_and(|(open, account)| holds_expired(&open.snapshot.rows, account))
    }

    fn take_over(&mut self, account: AccountIndex) -> Result<(), EngineError> {
        let mut step = self.step_on(account, Some(Forced::Takeover));
        self.ensure_step_fits(&step)?;
        let (after, effects) = self.simulate(&step, self.now)?;
        step.record_effects(&effects);
        self.ensure_fund_receives(&step)?;
        self.conclude(step, after, &effects);
        if let Some(open) = &mut self.open {
            open.taken_over.push(account);
        }
        Ok(())
    }

    /// Requires that the insurance fund can receive the accounts that it takes over so far, and in
    /// one more step.
    fn ensure_fund_receives(&self, step: &PendingStep) -> Result<(), EngineError> {
        let open = self.open.as_ref().ok_or(EngineError::NoOpenBatch)?;
        let mut sums = self.open_sums(open);
        sums.add(step);
        let (shape, fund) = (&self.config.shape, self.accounts.fund());
        let funding = self.funding().to_vec();
        self.closed
            .tally()
            .after(shape, &sums, fund, funding, self.now)?;
        Ok(())
    }

    /// The orders that liquidate the accounts at risk now.
    pub(super) fn forced_sets(&self, open: &OpenBatch) -> ForcedSets {
        let at_risk = open.at_risk.iter();
        at_risk
            .filter_map(|account| Some((*account, self.forced_set(open, *account)?)))
            .collect()
    }

    /// The orders that liquidate an account at risk now, or close the insurance fund's positions,
    /// in instruments that trade. If its liquidation has begun, those that it began with.
    fn forced_set(&self, open: &OpenBatch, account: AccountIndex) -> Option<Arc<SignedOrderSet>> {
        let market = &self.config.shape.market;
        let accrued = self.accrued_account(open, account)?;
        let closings = match account {
            AccountIndex::INSURANCE_FUND => wind_down(&open.snapshot, &accrued),
            _ => {
                if let Some(set) = self.set_to_go_on_with(open, account) {
                    let margin = Margin::of(market, &open.snapshot, &accrued).ok()?;
                    return margin.is_liquidatable().then_some(set);
                }
                plan(market, &open.snapshot, &accrued).ok()?
            }
        };
        let trades = |closing: &Closing| !open.is_halted(closing.instrument);
        let closings: Vec<_> = closings.into_iter().filter(trades).collect();
        self.set_of(account, &closings)
    }

    /// The order set of the growing step in which an account is being liquidated, if more of it can
    /// be filled there.
    fn set_to_go_on_with(
        &self,
        open: &OpenBatch,
        account: AccountIndex,
    ) -> Option<Arc<SignedOrderSet>> {
        let growing = open.steps.growing(account)?;
        let set = growing.set.as_ref().filter(|_| growing.forced.is_some())?;
        let mut left = self.left_to_liquidate(open, account, set);
        left.next().is_some().then(|| Arc::clone(set))
    }

    /// The orders of a set of the venue's own making with their slots and the lots that are left of
    /// them, as many as the step has room for that fills them.
    pub(super) fn left_to_liquidate<'a>(
        &self,
        open: &'a OpenBatch,
        account: AccountIndex,
        signed: &'a Arc<SignedOrderSet>,
    ) -> impl Iterator<Item = (usize, &'a Order, u64)> + use<'a> {
        let step = open.steps.liquidating(account, signed);
        let used = step.map_or(0, |step| step.fills.len());
        let room = usize::from(self.config.shape.fills).saturating_sub(used);
        let left = move |(slot, order): (usize, &'a Order)| {
            let filled = step.map_or(0, |step| step.filled(slot));
            let lots = order.quantity.saturating_sub(filled);
            (lots > 0).then_some((slot, order, lots))
        };
        signed.set.placed().filter_map(left).take(room)
    }

    /// An order set of the venue's own making; none if there are no orders.
    pub(super) fn set_of(
        &self,
        account: AccountIndex,
        closings: &[Closing],
    ) -> Option<Arc<SignedOrderSet>> {
        let orders: Vec<_> = (1u32..)
            .zip(closings)
            .take(self.config.shape.orders.into())
            .map(|(id, closing)| {
                Some(Order {
                    id,
                    instrument: closing.instrument,
                    side: closing.side,
                    quantity: closing.lots,
                    limit: closing.limit,
                    ..Order::default()
                })
            })
            .collect();
        if orders.is_empty() {
            return None;
        }
        let set = OrderSet {
            venue: self.config.id,
            account,
            sequence: 1,
            valid_from: Millis::ZERO,
            valid_until: Millis::new((1 << TIME_BITS) - 1),
            max_fee: Rate::new(u32::MAX),
            orders,
            request: None,
        };
        // The set is not signed, and its signature is never checked.
        let identity = Point {
            x: Fr::from(0u64),
            y: Fr::from(1u64),
        };
        let signature = Signature::new(identity, Fr::from(0u64)).ok()?;
        Some(Arc::new(SignedOrderSet {
            set,
            signature,
            trading_key: None,
        }))
    }

    /// A liquidation's step with the highest penalty that the rules leave room for.
    pub(super) fn with_penalty(
        &self,
        step: &mut PendingStep,
        time: Millis,
    ) -> Result<(Account, StepEffects), StepError> {
        let mut best = self.simulate(step, time)?;
        if step.account.is_insurance_fund() {
            return Ok(best);
        }
        let limit = u64::try_from(best.1.penalty_limit).unwrap_or(u64::MAX >> 1);
        let resolution = (limit >> PENALTY_STEPS).max(1);
        let mut try_penalty = |penalty: u64| {
            let forced = Some(Forced::Liquidation { penalty });
            let tried = PendingStep {
                forced,
                ..step.clone()
            };
            let Ok(result) = self.simulate(&tried, time) else {
                return false;
            };
            best = result;
            step.forced = forced;
            true
        };
        if limit > 0 && !try_penalty(limit) {
            // Bisection: the higher the penalty, the less equity is left.
            let (mut low, mut high) = (0, limit);
            while high - low > resolution {
                let middle = low + (high - low) / 2;
                if try_penalty(middle) {
                    low = middle;
                } else {
                    high = middle;
                }
            }
        }
        Ok(best)
    }
}
