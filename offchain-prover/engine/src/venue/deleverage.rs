//! Auto-deleveraging. If the insurance fund owes more than it has, its positions are closed against
//! those of other accounts when a batch opens: first against the accounts that hold most for the
//! equity that they have. All prices lie as far from the marks, in the fund's favour, as what it
//! lacks is of all that its positions are worth; or as the narrowest band of them allows, and the
//! fund keeps the rest of the lack.

use super::{
    auction_orders::closable,
    state::{Venue, open_batch::Deleveraged},
};
use crate::{
    error::EngineError,
    pending::{PendingStep, PricedFill},
};
use clearproof_primitives::{
    account::Account,
    batch::PriceEntry,
    fixed::{Factor, ONE, Price, Rate},
    ids::AccountIndex,
    liquidation::{Closing, deleverage, largest_slack, wind_down},
    margin::Margin,
    order::Side,
    step::{Forced, StepEffects, StepError},
};
use std::cmp::Reverse;

/// A step that is worked out and not carried out yet.
struct PlannedStep {
    step: PendingStep,
    after: Account,
    effects: StepEffects,
    rank: Factor,
    lots: u64,
}

/// An account that can be deleveraged.
struct Counterpart {
    account: AccountIndex,
    /// Lots that it holds opposite to the fund.
    lots: u64,
    rank: Factor,
}

impl Venue {
    /// Accounts that were deleveraged in the open batch.
    pub fn deleveraged(&self) -> &[Deleveraged] {
        self.open.as_ref().map_or(&[], |open| &open.deleveraged)
    }

    /// Deleverages the insurance fund if it owes more than it has, as far as the batch has room.
    pub(super) fn deleverage(&mut self) {
        for closing in self.closings_of_fund().unwrap_or_default() {
            // A closing that finds no counterpart now, or no room, waits for the next batch.
            if self.deleverage_one(&closing).is_err() {
                return;
            }
        }
    }

    /// Decides on the batch's slack, and returns what it closes of the fund; nothing if the fund
    /// owes nothing.
    fn closings_of_fund(&mut self) -> Option<Vec<Closing>> {
        let open = self.open.as_ref()?;
        let (market, snapshot) = (&self.config.shape.market, &open.snapshot);
        let fund = self.accrued_account(open, AccountIndex::INSURANCE_FUND)?;
        let trades = |closing: &Closing| {
            let slot = closing.instrument;
            let suspended = snapshot.rows.get(slot.place()).is_none_or(|r| r.suspended);
            !open.is_halted(slot) && !suspended
        };
        let at_the_mark = wind_down(snapshot, &fund).into_iter().filter(trades);
        let most = at_the_mark.map(|closing| {
            let band = open.terms.bands.get(closing.instrument.place());
            band.map_or(Rate::MAX, |band| slack_within(*band, closing.limit))
        });
        let most = most.min().unwrap_or(Rate::MAX);
        let slack = largest_slack(market, snapshot, &fund, most).ok()??;
        let closings = deleverage(snapshot, &fund, slack).into_iter();
        let closings = closings.filter(trades).collect();
        self.open.as_mut()?.slack = slack;
        Some(closings)
    }

    /// Closes the fund's position of one instrument as far as other accounts hold the opposite.
    fn deleverage_one(&mut self, closing: &Closing) -> Result<(), EngineError> {
        let mut left = closing.lots;
        let mut planned = Vec::new();
        for counterpart in self.ranked(closing) {
            let lots = counterpart.lots.min(left);
            if lots == 0 {
                break;
            }
            // An account that the price would leave worse off than the rules allow is passed over.
            if let Ok(plan) = self.plan_deleverage(counterpart.account, closing, lots) {
                left -= lots;
                planned.push(plan);
            }
        }
        let lots = closing.lots - left;
        if lots == 0 {
            return Ok(());
        }
        let of_fund = self.plan_deleverage(AccountIndex::INSURANCE_FUND, closing, lots)?;
        let steps: Vec<_> = planned.iter().chain([&of_fund]).map(|p| &p.step).collect();
        self.ensure_steps_fit(&steps)?;
        for plan in planned {
            let Some(open) = &mut self.open else { break };
            let lots = match closing.side {
                Side::Sell => plan.lots as i64,
                Side::Buy => -(plan.lots as i64),
            };
            let deleveraged = Deleveraged {
                account: plan.step.account,
                instrument: closing.instrument,
                lots,
            };
            open.record_deleveraged(deleveraged, plan.rank);
            self.conclude(plan.step, plan.after, &plan.effects);
        }
        self.conclude(of_fund.step, of_fund.after, &of_fund.effects);
        Ok(())
    }

    /// Accounts that hold the opposite of the fund's position: the most leveraged first, then by
    /// index.
    fn ranked(&self, closing: &Closing) -> Vec<Counterpart> {
        let counterpart = |account| {
            let held = self.account(account)?.quantity(closing.instrument);
            let lots = closable(held, opposite(closing.side));
            let rank = (lots > 0).then(|| self.rank_of(account))??;
            Some(Counterpart {
                account,
                lots,
                rank,
            })
        };
        let mut ranked: Vec<_> = self.accounts.indices().filter_map(counterpart).collect();
        ranked.sort_by_key(|counterpart| (Reverse(counterpart.rank), counterpart.account));
        ranked
    }

    fn rank_of(&self, account: AccountIndex) -> Option<Factor> {
        let open = self.open.as_ref()?;
        let accrued = self.accrued_account(open, account)?;
        let margin = Margin::of(&self.config.shape.market, &open.snapshot, &accrued).ok()?;
        margin.rank()
    }

    fn plan_deleverage(
        &self,
        account: AccountIndex,
        closing: &Closing,
        lots: u64,
    ) -> Result<PlannedStep, StepError> {
        let side = match account {
            AccountIndex::INSURANCE_FUND => closing.side,
            _ => opposite(closing.side),
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
            fund_sells: closing.side == Side::Sell,
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
        let rank = self.rank_of(account).unwrap_or(Factor::new(0));
        Ok(PlannedStep {
            step,
            after,
            effects,
            rank,
            lots,
        })
    }
}

/// The largest slack that moves a mark by no more than a band.
fn slack_within(band: Price, mark: Price) -> Rate {
    let least_outside = (u128::from(band) + 1) * u128::from(ONE);
    let slack = (least_outside - 1).checked_div(mark.into());
    slack.map_or(Rate::MAX, |slack| {
        u32::try_from(slack).map_or(Rate::MAX, Rate::new)
    })
}

/// The side of those who trade with the fund: they buy what it sells.
fn opposite(side: Side) -> Side {
    match side {
        Side::Buy => Side::Sell,
        Side::Sell => Side::Buy,
    }
}
