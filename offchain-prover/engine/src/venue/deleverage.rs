//! Where the insurance fund owes more than it has, its positions are closed against others' when a batch opens, at prices that leave
//! it nothing: first against those accounts that hold most for what they have.

use crate::{
    error::EngineError,
    pending::{PendingStep, PricedFill},
    venue::{Venue, bids::closable},
};
use clearproof_primitives::{
    account::Account,
    batch::PriceEntry,
    fixed::Factor,
    liquidation::{Closing, deleverage},
    margin::Margin,
    order::Side,
    step::{Forced, StepEffects, StepError},
};

/// A step that is worked out and not carried out yet.
struct Planned {
    step: PendingStep,
    after: Account,
    effects: StepEffects,
    rank: Factor,
    lots: u64,
}

impl Venue {
    /// Accounts that were deleveraged in the open batch, with instrument and signed lots.
    pub fn deleveraged(&self) -> &[(u32, u16, i64)] {
        self.open.as_ref().map_or(&[], |open| &open.deleveraged)
    }

    /// Deleverages the insurance fund, where it owes more than it has and the batch has room.
    pub(crate) fn deleverage(&mut self) {
        for closing in self.closings_of_fund() {
            // What finds no counterpart now, or no room, waits for the next batch.
            if self.deleverage_one(&closing).is_err() {
                return;
            }
        }
    }

    fn closings_of_fund(&self) -> Vec<Closing> {
        let Some(open) = &self.open else {
            return Vec::new();
        };
        let market = &self.config.shape.market;
        let fund = self.accrued_account(open, 0);
        let closings = fund.and_then(|fund| deleverage(market, &open.snapshot, &fund).ok());
        let trades = |closing: &Closing| {
            let slot = usize::from(closing.instrument);
            let suspended = open.snapshot.rows.get(slot).is_none_or(|r| r.suspended);
            !open.halted(slot) && !suspended
        };
        closings
            .unwrap_or_default()
            .into_iter()
            .filter(trades)
            .collect()
    }

    /// Closes the fund's position of one instrument as far as others hold the opposite.
    fn deleverage_one(&mut self, closing: &Closing) -> Result<(), EngineError> {
        let mut left = closing.lots;
        let mut planned = Vec::new();
        for (account, held) in self.ranked(closing) {
            let lots = held.min(left);
            if lots == 0 {
                break;
            }
            // An account that the price would leave worse off than the rules allow is passed over.
            if let Ok(plan) = self.plan_deleverage(account, closing, lots) {
                left -= lots;
                planned.push(plan);
            }
        }
        let lots = closing.lots - left;
        if lots == 0 {
            return Ok(());
        }
        let of_fund = self.plan_deleverage(0, closing, lots)?;
        let steps: Vec<_> = planned.iter().chain([&of_fund]).map(|p| &p.step).collect();
        self.ensure_steps_fit(&steps)?;
        for plan in planned {
            let Some(open) = &mut self.open else { break };
            let lowest = open.deleverage_rank.unwrap_or(Factor::MAX);
            open.deleverage_rank = Some(lowest.min(plan.rank));
            let lots = match closing.side {
                Side::Sell => plan.lots as i64,
                Side::Buy => -(plan.lots as i64),
            };
            open.deleveraged
                .push((plan.step.account, closing.instrument, lots));
            self.conclude(plan.step, plan.after, &plan.effects);
        }
        self.conclude(of_fund.step, of_fund.after, &of_fund.effects);
        Ok(())
    }

    /// Accounts that hold the opposite of what the fund does, with their lots: the most leveraged first, then by index.
    fn ranked(&self, closing: &Closing) -> Vec<(u32, u64)> {
        let accounts = 1..u32::try_from(self.current.len()).unwrap_or(u32::MAX);
        let mut ranked: Vec<_> = accounts
            .filter_map(|account| {
                let held = self.account(account)?.quantity(closing.instrument);
                let lots = closable(held, across(closing.side));
                let rank = (lots > 0).then(|| self.rank_of(account))??;
                Some((std::cmp::Reverse(rank), account, lots))
            })
            .collect();
        ranked.sort_unstable();
        let lots = ranked.into_iter().map(|(_, account, lots)| (account, lots));
        lots.collect()
    }

    fn rank_of(&self, account: u32) -> Option<Factor> {
        let open = self.open.as_ref()?;
        let settled = self.accrued_account(open, account)?;
        let margin = Margin::of(&self.config.shape.market, &open.snapshot, &settled).ok()?;
        margin.rank()
    }

    fn plan_deleverage(
        &self,
        account: u32,
        closing: &Closing,
        lots: u64,
    ) -> Result<Planned, StepError> {
        let side = match account {
            0 => closing.side,
            _ => across(closing.side),
        };
        let order = Closing {
            side,
            lots,
            ..*closing
        };
        let entry = PriceEntry {
            instrument: closing.instrument,
            time: self.now,
            deleverages: true,
            price: closing.limit,
        };
        let mut step = self.step_on(account, Some(Forced::Deleverage));
        step.set = self.set_of(account, &[order]);
        step.fills = vec![PricedFill {
            slot: 0,
            entry,
            quantity: lots,
        }];
        let (after, effects) = self.simulate(&step, self.now)?;
        let rank = self.rank_of(account).unwrap_or(0);
        Ok(Planned {
            step,
            after,
            effects,
            rank,
            lots,
        })
    }
}

/// What those do who trade with the fund: they buy what it sells.
fn across(side: Side) -> Side {
    match side {
        Side::Buy => Side::Sell,
        Side::Sell => Side::Buy,
    }
}
