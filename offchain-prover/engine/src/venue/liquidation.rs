//! Accounts below their maintenance margin are liquidated, bankrupt ones taken over by the insurance fund, and what the fund holds
//! is sold again.
//!
//! All accounts are looked at when a batch opens, since then the snapshot is another; their own steps bring none below. Those at
//! risk have orders of the venue's making in every auction, in the place of their own: for the part of each position that makes them
//! free again, at their zero price or better. The insurance fund closes what it took over at the mark or better.

use crate::{
    error::EngineError,
    pending::PendingStep,
    venue::{Open, Venue, expired::holds_expired},
};
use clearproof_primitives::{
    account::Account,
    babyjubjub::Point,
    eddsa::Signature,
    field::Fr,
    funding::accrue,
    liquidation::{Closing, plan, wind_down},
    margin::Margin,
    order::{Order, OrderSet, SignedOrderSet},
    shape::TIME_BITS,
    step::{Forced, StepEffects, StepError, holds_suspended},
};
use std::sync::Arc;

/// The penalty is found to one part in 2^6.
const PENALTY_STEPS: u32 = 6;

impl Venue {
    /// Looks at all accounts; see the module.
    pub(crate) fn scan(&mut self) {
        if !self.current[0].positions.is_empty() {
            // First of all, as the padding of a chunk touches the fund as well.
            if self.touch(0).is_ok() {
                self.note_at_risk(0);
            }
        }
        let accounts = 1..u32::try_from(self.current.len()).unwrap_or(u32::MAX);
        for account in accounts {
            let margin = self.margin_of(account);
            if margin.is_some_and(|margin| margin.is_liquidatable()) {
                self.settle_what_expired(account);
            }
            match margin {
                // At a mark that is not to be relied on, nobody is.
                Some(_) if self.is_suspended(account) => {}
                Some(margin) if margin.equity < 0 => {
                    // Where the fund has no room for it, it waits until the fund has closed something.
                    let _ = self.take_over(account);
                }
                Some(margin) if margin.is_liquidatable() => self.note_at_risk(account),
                _ => {}
            }
        }
    }

    fn note_at_risk(&mut self, account: u32) {
        if let Some(open) = &mut self.open {
            open.at_risk.insert(account);
        }
    }

    /// Accounts below their maintenance margin when the open batch opened, the insurance fund if it holds positions among them.
    pub fn at_risk(&self) -> Vec<u32> {
        let open = self.open.as_ref();
        open.map_or_else(Vec::new, |open| open.at_risk.iter().copied().collect())
    }

    /// Accounts that the insurance fund has taken over in the open batch.
    pub fn taken_over(&self) -> &[u32] {
        self.open.as_ref().map_or(&[], |open| &open.taken_over)
    }

    /// Margin of an account as its next step finds it; none where it cannot owe anything.
    fn margin_of(&self, account: u32) -> Option<Margin> {
        let open = self.open.as_ref()?;
        let now = self.account(account)?;
        if now.positions.is_empty() && now.balances[0] >= 0 {
            return None;
        }
        let settled = self.accrued_account(open, account)?;
        Margin::of(&self.config.shape.market, &open.snapshot, &settled).ok()
    }

    /// Nothing is done to an account that holds something expired before that is turned into money.
    fn settle_what_expired(&mut self, account: u32) {
        let open = self.open.as_ref().zip(self.account(account));
        if open.is_some_and(|(open, account)| holds_expired(&open.snapshot.rows, account)) {
            // Where the batch has no room for it, the account is left alone.
            let _ = self.touch(account);
        }
    }

    /// Whether an account holds what is suspended.
    fn is_suspended(&self, account: u32) -> bool {
        let open = self.open.as_ref();
        open.zip(self.account(account))
            .is_some_and(|(open, account)| holds_suspended(&open.snapshot, account))
    }

    pub(crate) fn accrued_account(&self, open: &Open, account: u32) -> Option<Account> {
        let mut settled = self.account(account)?.clone();
        accrue(&mut settled, &open.snapshot, &self.tally.funding).ok()?;
        Some(settled)
    }

    pub(crate) fn step_on(&self, account: u32, forced: Option<Forced>) -> PendingStep {
        PendingStep {
            account,
            exists: true,
            before: self.current.get(account as usize).cloned(),
            forced,
            ..PendingStep::default()
        }
    }

    /// Adds a step that does not grow, and what it leads to.
    pub(crate) fn conclude(
        &mut self,
        mut step: PendingStep,
        after: Account,
        effects: &StepEffects,
    ) {
        step.take(effects);
        self.put(step.account, after);
        self.finish_with(step);
    }

    fn take_over(&mut self, account: u32) -> Result<(), EngineError> {
        let mut step = self.step_on(account, Some(Forced::Takeover));
        self.ensure_step_fits(&step)?;
        let (after, effects) = self.simulate(&step, self.now)?;
        step.take(&effects);
        self.ensure_fund_receives(&step)?;
        self.conclude(step, after, &effects);
        if let Some(open) = &mut self.open {
            open.taken_over.push(account);
        }
        Ok(())
    }

    /// Requires that the insurance fund can receive what it takes over so far, and in one more step.
    fn ensure_fund_receives(&self, step: &PendingStep) -> Result<(), EngineError> {
        let open = self.open.as_ref().ok_or(EngineError::NoOpenBatch)?;
        let mut moved = self.moved(open);
        moved.add(step);
        let funding = self.tally.funding.clone();
        let shape = &self.config.shape;
        self.tally
            .after(shape, &moved, &self.current[0], funding, self.now)?;
        Ok(())
    }

    /// The orders that liquidate an account at risk now, or close what the insurance fund holds, where it trades.
    pub(crate) fn forced_set(&self, open: &Open, account: u32) -> Option<Arc<SignedOrderSet>> {
        let settled = self.accrued_account(open, account)?;
        let closings = match account {
            0 => wind_down(&open.snapshot, &settled),
            _ => plan(&self.config.shape.market, &open.snapshot, &settled).ok()?,
        };
        let trades = |closing: &Closing| !open.halted(closing.instrument.into());
        let closings: Vec<_> = closings.into_iter().filter(trades).collect();
        self.set_of(account, &closings)
    }

    /// An order set of the venue's own making; none without orders.
    pub(crate) fn set_of(&self, account: u32, closings: &[Closing]) -> Option<Arc<SignedOrderSet>> {
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
            valid_from: 0,
            valid_until: (1 << TIME_BITS) - 1,
            max_fee: u32::MAX,
            orders,
            request: None,
        };
        // Nobody signs it, and nobody looks.
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
    pub(crate) fn with_penalty(
        &self,
        step: &mut PendingStep,
        time: u64,
    ) -> Result<(Account, StepEffects), StepError> {
        let mut best = self.simulate(step, time)?;
        if step.account == 0 {
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
