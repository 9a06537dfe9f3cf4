//! Acts of the venue on an account without its consent: liquidation, deleveraging, takeover.

use super::{
    effects::{StepEffects, Taken},
    error::{StepError, require},
    visit::{Forced, Step, StepContext},
};
use crate::{
    account::{Account, Position},
    fixed::FRACTION_BITS,
    ids::Slot,
    liquidation::fits_slack,
    margin::{Margin, keeps_half, only_reduces, reduces_risk},
    snapshot::Snapshot,
};

/// Returns true if an account holds anything that has expired and is not yet turned into money.
pub fn holds_unsettled(snapshot: &Snapshot, account: &Account) -> bool {
    let row = |position: &Position| snapshot.rows.get(position.instrument.place());
    let mut rows = account.positions.iter().filter_map(row);
    rows.any(|row| row.expired)
}

/// Returns true if positions in suspended rows are what they were.
fn keeps_suspended(snapshot: &Snapshot, before: &Account, after: &Account) -> bool {
    let suspended = |slot: Slot| {
        let row = snapshot.rows.get(slot.place());
        row.is_some_and(|row| row.suspended)
    };
    let mut positions = before.positions.iter().chain(&after.positions);
    positions.all(|p| {
        !suspended(p.instrument) || before.quantity(p.instrument) == after.quantity(p.instrument)
    })
}

/// Lots of all positions, long and short alike.
fn lots(account: &Account) -> u128 {
    let lots = |position: &Position| u128::from(position.quantity.unsigned_abs());
    account.positions.iter().map(lots).sum()
}

/// The rules of liquidation and deleveraging. Returns true if the step liquidates an account in
/// part.
pub(super) fn check_forced(
    context: &StepContext<'_>,
    step: &Step,
    forced: Forced,
    before: &Account,
    after: &Account,
) -> Result<bool, StepError> {
    use StepError as E;
    let market = &context.shape.market;
    let of_fund = step.account.is_insurance_fund();
    let deleverages = forced == Forced::Deleverage;
    let margin_before = Margin::of(market, context.snapshot, before)?;
    let margin_after = Margin::of(market, context.snapshot, after)?;
    let mut partial = false;
    match (of_fund, deleverages) {
        (true, true) => {
            require(margin_before.is_bankrupt(), E::FundSolvent)?;
            let lacking = margin_before.favourable_equity().unsigned_abs();
            let fits = fits_slack(context.snapshot, before, lacking, context.slack);
            require(fits, E::Slack)?;
        }
        (false, false) => {
            require(margin_before.is_liquidatable(), E::NotLiquidatable)?;
            partial = margin_before.has_half_of_maintenance();
            require(!partial || keeps_half(before, after), E::NotPartial)?;
            let again = partial && before.was_kept_at(context.snapshot.number);
            require(!again, E::PartialAgain)?;
        }
        (false, true) => {
            let ranked = margin_before.is_ranked(context.deleverage_rank);
            require(ranked, E::NotRanked)?;
        }
        (true, false) => {}
    }
    let kept = keeps_suspended(context.snapshot, before, after);
    require(kept, E::Suspended)?;
    let roundings = (step.fills.len() as i128) << FRACTION_BITS;
    if deleverages && !of_fund {
        let gains_nothing = margin_after.equity <= margin_before.equity + roundings;
        require(gains_nothing, E::DeleveragePrice)?;
    }
    if step.fills.is_empty() {
        return Ok(partial);
    }
    let reduces = only_reduces(before, after);
    let allowed = match of_fund {
        true => reduces && margin_after.equity + roundings >= margin_before.equity,
        false => reduces_risk(&margin_before, &margin_after, reduces),
    };
    require(allowed, E::ForcedFills)?;
    let traded: u128 = step.fills.iter().map(|f| u128::from(f.quantity)).sum();
    require(lots(before) == lots(after) + traded, E::Netted)?;
    Ok(partial)
}

/// Leaves the account with nothing.
pub(super) fn take_over(
    context: &StepContext<'_>,
    after: &mut Account,
    effects: &mut StepEffects,
) -> Result<(), StepError> {
    let margin = Margin::of(&context.shape.market, context.snapshot, after)?;
    require(margin.is_bankrupt(), StepError::NotBankrupt)?;
    let nothing = alloc::vec![0; after.balances.len()];
    effects.taken = Some(Taken {
        balances: core::mem::replace(&mut after.balances, nothing),
        positions: core::mem::take(&mut after.positions),
    });
    after.funding_basis = 0;
    Ok(())
}
