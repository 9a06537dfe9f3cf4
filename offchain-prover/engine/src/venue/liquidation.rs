//! Accounts below their maintenance margin are liquidated, bankrupt ones taken over by the insurance fund, and what the fund holds
//! is sold again.
//!
//! All accounts are looked at when a batch opens, since then the snapshot is another; their own steps bring none below. Those at
//! risk have orders of the venue's making in every tick, in the place of their own: for the part of each position that makes them
//! free again, at their zero price or better. The insurance fund closes what it took over at the mark or better.

use crate::{
    error::EngineError,
    pending::PendingStep,
    venue::{Open, Venue},
};
use clearproof_primitives::{
    account::Account,
    babyjubjub::Point,
    eddsa::Signature,
    field::Fr,
    fixed::{Price, FRACTION_BITS, ONE},
    funding::settle,
    margin::Margin,
    order::{Order, OrderSet, Side, SignedOrderSet},
    shape::TIME_BITS,
    step::{Forced, StepEffects, StepError},
};
use std::sync::Arc;

/// A liquidation closes so many parts of this many of each position.
const PARTS: u64 = 8;
/// The penalty is found to one part in 2^6.
const PENALTY_STEPS: u32 = 6;

impl Venue {
    /// Looks at all accounts; see the module.
    pub(crate) fn scan(&mut self) {
        if !self.current[0].positions.is_empty() {
            // First of all, as the padding of a chunk touches the fund as well.
            let touch = self.step_on(0, None);
            if let Ok((after, effects)) = self.simulate(&touch, self.now) {
                self.conclude(touch, after, &effects);
                self.note_at_risk(0);
            }
        }
        let accounts = 1..u32::try_from(self.current.len()).unwrap_or(u32::MAX);
        for account in accounts {
            match self.margin_of(account) {
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
        let settled = self.settled_account(open, account)?;
        Margin::of(&self.config.shape.market, &open.snapshot, &settled).ok()
    }

    fn settled_account(&self, open: &Open, account: u32) -> Option<Account> {
        let mut settled = self.account(account)?.clone();
        settle(&mut settled, &open.snapshot, &self.tally.funding).ok()?;
        Some(settled)
    }

    fn step_on(&self, account: u32, forced: Option<Forced>) -> PendingStep {
        PendingStep {
            account,
            exists: true,
            before: self.current.get(account as usize).cloned(),
            forced,
            ..PendingStep::default()
        }
    }

    fn conclude(&mut self, mut step: PendingStep, after: Account, effects: &StepEffects) {
        step.take(effects);
        self.current[step.account as usize] = Arc::new(after);
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
        let mut with = open.clone();
        with.finished.push(step.clone());
        let moved = self.moved(&with);
        let funding = self.tally.funding.clone();
        let shape = &self.config.shape;
        self.tally
            .after(shape, &moved, &self.current[0], funding, self.now)?;
        Ok(())
    }

    /// The orders that liquidate an account at risk now, or close what the insurance fund holds.
    pub(crate) fn forced_set(&self, open: &Open, account: u32) -> Option<Arc<SignedOrderSet>> {
        let settled = self.settled_account(open, account)?;
        let market = &self.config.shape.market;
        let margin = Margin::of(market, &open.snapshot, &settled).ok()?;
        let of_fund = account == 0;
        if !of_fund && (margin.equity < 0 || !margin.is_liquidatable()) {
            return None;
        }
        let parts = if of_fund {
            PARTS
        } else {
            self.parts_to_close(open, &settled)
        };
        let slack = if of_fund {
            0
        } else {
            slack(open, &settled, margin.equity.unsigned_abs())
        };
        let trades = |slot: u16| {
            let halted = open.terms.halted.get(usize::from(slot));
            !halted.copied().unwrap_or(false)
        };
        let positions = settled.positions.iter().filter(|p| trades(p.instrument));
        let orders: Vec<_> = (1u32..)
            .zip(positions)
            .take(self.config.shape.orders.into())
            .map(|(id, position)| {
                let mark = open.snapshot.rows[usize::from(position.instrument)].mark;
                let away = ((u128::from(mark) * u128::from(slack)) >> FRACTION_BITS) as u64;
                let (side, limit) = if position.quantity > 0 {
                    (Side::Sell, (mark - away.min(mark)).max(1))
                } else {
                    (Side::Buy, mark.saturating_add(away))
                };
                Some(Order {
                    id,
                    instrument: position.instrument,
                    side,
                    quantity: part(position.quantity.unsigned_abs(), parts),
                    limit,
                })
            })
            .collect();
        if orders.is_empty() {
            return None;
        }
        let set = OrderSet {
            venue: self.config.id,
            account,
            sequence: settled.sequence.max(1),
            valid_from: 0,
            valid_until: (1 << TIME_BITS) - 1,
            max_fee: u32::MAX,
            orders,
            withdrawal: None,
        };
        // Nobody signs it, and nobody looks.
        let identity = Point {
            x: Fr::from(0u64),
            y: Fr::from(1u64),
        };
        let signature = Signature::new(identity, Fr::from(0u64)).ok()?;
        Some(Arc::new(SignedOrderSet { set, signature }))
    }

    /// The fewest parts of each position whose closing at the mark leaves the account free, the highest penalty paid.
    fn parts_to_close(&self, open: &Open, account: &Account) -> u64 {
        let market = &self.config.shape.market;
        let rate = u128::from(open.snapshot.liquidation_rate);
        let enough = |parts: &u64| {
            let mut left = account.clone();
            let mut quote = 0i128;
            for position in &mut left.positions {
                let mark = u128::from(open.snapshot.rows[usize::from(position.instrument)].mark);
                let lots = part(position.quantity.unsigned_abs(), *parts);
                let value = (u128::from(lots) * mark) >> FRACTION_BITS;
                let penalty = ((value * rate) >> FRACTION_BITS) as i128 + 1;
                let lots = lots as i64 * position.quantity.signum();
                quote += i128::from(position.quantity.signum()) * value as i128 - penalty;
                position.quantity -= lots;
            }
            left.positions.retain(|position| position.quantity != 0);
            let balance = i64::try_from(i128::from(left.balances[0]) + quote);
            left.balances[0] = balance.unwrap_or(i64::MIN + 1);
            Margin::of(market, &open.snapshot, &left).is_ok_and(|margin| margin.is_free())
        };
        (1..PARTS).find(enough).unwrap_or(PARTS)
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

/// So many parts of a quantity, rounded up.
fn part(lots: u64, parts: u64) -> u64 {
    (u128::from(lots) * u128::from(parts)).div_ceil(u128::from(PARTS)) as u64
}

/// How far from the mark the zero price is: equity over what all positions are worth, at most one, as a fraction of 2^32.
fn slack(open: &Open, account: &Account, equity: u128) -> Price {
    let worth = |position: &clearproof_primitives::account::Position| {
        let mark = open.snapshot.rows[usize::from(position.instrument)].mark;
        u128::from(position.quantity.unsigned_abs()) * u128::from(mark)
    };
    let all: u128 = account.positions.iter().map(worth).sum();
    match equity.checked_div(all >> FRACTION_BITS) {
        Some(fraction) => u64::try_from(fraction).unwrap_or(u64::MAX).min(ONE),
        None => ONE,
    }
}
