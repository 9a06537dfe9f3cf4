//! Acts of the venue on an account without its consent: liquidation, deleveraging, takeover.

use super::{
    effects::{StepEffects, Taken},
    error::{StepError, require},
    visit::{Forced, Step, StepContext},
};
use crate::{
    account::{Account, Position},
    fixed::FRACTION_BITS,
    liquidation::fits_slack,
    margin::{Margin, keeps_half, only_reduces, reduces_risk},
    snapshot::Snapshot,
};

/// Returns true if an account holds anything that is suspended, or expired and not yet turned into
/// money.
pub fn holds_suspended(snapshot: &Snapshot, account: &Account) -> bool {
    let row = |position: &Position| snapshot.rows.get(position.instrument.place());
    let mut rows = account.positions.iter().filter_map(row);
    rows.any(|row| row.suspended || row.expired)
}

/// The rules of liquidation and deleveraging.
pub(super) fn check_forced(
    context: &StepContext<'_>,
    step: &Step,
    forced: Forced,
    before: &Account,
    after: &Account,
) -> Result<(), StepError> {
    use StepError as E;
    let market = &context.shape.market;
    let of_fund = step.account.is_insurance_fund();
    let deleverages = forced == Forced::Deleverage;
    let margin_before = Margin::of(market, context.snapshot, before)?;
    let margin_after = Margin::of(market, context.snapshot, after)?;
    match (of_fund, deleverages) {
        (true, true) => {
            require(margin_before.equity < 0, E::FundSolvent)?;
            let lacking = margin_before.equity.unsigned_abs();
            let fits = fits_slack(context.snapshot, before, lacking, context.slack);
            require(fits, E::Slack)?;
        }
        (false, false) => {
            require(margin_before.is_liquidatable(), E::NotLiquidatable)?;
            let partly = margin_before.has_half_of_maintenance();
            require(!partly || keeps_half(before, after), E::NotPartial)?;
        }
        (false, true) => {
            let ranked = margin_before.is_ranked(context.deleverage_rank);
            require(ranked, E::NotRanked)?;
        }
        (true, false) => {}
    }
    let roundings = (step.fills.len() as i128) << FRACTION_BITS;
    if deleverages && !of_fund {
        let gains_nothing = margin_after.equity <= margin_before.equity + roundings;
        require(gains_nothing, E::DeleveragePrice)?;
    }
    if step.fills.is_empty() {
        return Ok(());
    }
    let reduces = only_reduces(before, after);
    if of_fund {
        let loses_nothing = margin_after.equity + roundings >= margin_before.equity;
        return require(reduces && loses_nothing, E::ForcedFills);
    }
    let allowed = reduces_risk(&margin_before, &margin_after, reduces);
    require(allowed, E::ForcedFills)
}

/// Leaves the account with nothing.
pub(super) fn take_over(
    context: &StepContext<'_>,
    after: &mut Account,
    effects: &mut StepEffects,
) -> Result<(), StepError> {
    let margin = Margin::of(&context.shape.market, context.snapshot, after)?;
    if margin.equity >= 0 {
        return Err(StepError::NotBankrupt);
    }
    let nothing = alloc::vec![0; after.balances.len()];
    effects.taken = Some(Taken {
        balances: core::mem::replace(&mut after.balances, nothing),
        positions: core::mem::take(&mut after.positions),
    });
    after.funding_basis = 0;
    Ok(())
}
