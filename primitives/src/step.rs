//! The account step: all that happens to one account in one visit, as native code. The circuit
//! mirrors it rule by rule.

mod effects;
mod error;
mod fills;
mod forced;
mod install;
mod visit;

pub use effects::{StepEffects, Taken, Transfer};
pub use error::StepError;
pub use forced::holds_suspended;
pub use install::check_sequence;
pub use visit::{DepositStep, Fill, Forced, Step, StepContext};

use crate::{
    account::Account,
    babyjubjub::{Point, PublicKey},
    batch::{Withdrawal, transfer_hash},
    field::Fr,
    funding::{accrue, funding_basis},
    margin::{Margin, check_step, only_reduces},
    order::{OrderSetError, Request, SignedOrderSet},
    shape::AMOUNT_BITS,
};
use error::{amount_in_range, require};
use fills::{apply_fill, check_orders, check_position_limits};
use forced::{check_forced, take_over};
use install::install;

/// Applies a step, signature included. `before` is the account as loaded; where `exists` is false
/// it is the fresh account that the step's deposit opens.
pub fn apply(
    context: &StepContext<'_>,
    before: &Account,
    exists: bool,
    step: &Step,
) -> Result<(Account, StepEffects), StepError> {
    let result = apply_unsigned(context, before, exists, step)?;
    if let Some(signed) = step.set.as_ref().filter(|_| step.forced.is_none()) {
        let owner = Point {
            x: before.owner.0,
            y: before.owner.1,
        };
        let key = PublicKey::new(owner).map_err(|_| StepError::OwnerKey)?;
        signed.verify(context.shape, context.genesis, &key)?;
    }
    Ok(result)
}

/// Applies a step whose signature was already checked, accounts as for [`apply`].
pub fn apply_unsigned(
    context: &StepContext<'_>,
    before: &Account,
    exists: bool,
    step: &Step,
) -> Result<(Account, StepEffects), StepError> {
    let signed = step.set.is_some() && step.forced.is_none();
    let taken_over = step.forced == Some(Forced::Takeover);
    let market = context.snapshot;
    if step.account.is_insurance_fund() && (step.deposit.is_some() || signed || taken_over) {
        return Err(StepError::InsuranceFund);
    }
    if !exists && step.deposit.is_none() {
        return Err(StepError::NoAccount);
    }
    require(exists || before.is_new(context.shape), StepError::NotNew)?;
    if step.forced.is_some()
        && (step.deposit.is_some() || step.withdraw || (taken_over && step.set.is_some()))
    {
        return Err(StepError::ForcedWith);
    }
    let left_alone = step.forced.is_some() && !step.account.is_insurance_fund();
    let held = left_alone && holds_suspended(market, before);
    require(!held, StepError::Suspended)?;
    let mut before = before.clone();
    let mut effects = StepEffects {
        remainder: accrue(&mut before, market, context.funding)?,
        ..StepEffects::default()
    };
    let before = &before;
    let mut after = before.clone();
    if let Some(deposit) = &step.deposit {
        if deposit.account_key != before.key() {
            return Err(StepError::DepositKey);
        }
        if deposit.transferred {
            let hash = transfer_hash(deposit.account_key, deposit.asset, deposit.amount);
            if context.transfer != hash {
                return Err(StepError::NoTransfer);
            }
            effects.transfer = Some(Transfer::Received);
        }
        let balance = after
            .balances
            .get_mut(deposit.asset as usize)
            .ok_or(StepError::DepositAsset)?;
        *balance = amount_in_range(*balance as i128 + deposit.amount as i128)?;
    }
    match (step.forced, &step.set) {
        (None, None) if step.fills.is_empty() && !step.withdraw => {}
        (Some(Forced::Takeover), None) if step.fills.is_empty() => {
            take_over(context, &mut after, &mut effects)?;
        }
        (_, None) => return Err(StepError::NoOrderSet),
        (forced, Some(signed)) => {
            trade(context, step, signed, before, &mut after, &mut effects)?;
            match forced {
                None => check_margin(context, step, before, &after)?,
                Some(forced) => check_forced(context, step, forced, before, &after)?,
            }
        }
    }
    Ok((after, effects))
}

/// Installs the order set unless it is the venue's own, fills it, and carries out its withdrawal.
fn trade(
    context: &StepContext<'_>,
    step: &Step,
    signed: &SignedOrderSet,
    before: &Account,
    after: &mut Account,
    effects: &mut StepEffects,
) -> Result<(), StepError> {
    let set = &signed.set;
    let forced = step.forced.is_some();
    let mut installs = false;
    if !forced {
        set.check(context.shape)?;
        installs = install(context, step, after)?;
    }
    if step.fills.len() > context.shape.fills as usize {
        return Err(StepError::TooManyFills(
            step.fills.len(),
            context.shape.fills,
        ));
    }
    let slots_before = after.slots.clone();
    for (i, fill) in step.fills.iter().enumerate() {
        apply_fill(context, step, signed, i, fill, after, effects)?;
    }
    check_orders(step, set, &slots_before, before, after)?;
    check_position_limits(context.snapshot, before, after)?;
    if let Some(Forced::Liquidation { penalty }) = step.forced {
        let limit = effects.penalty_limit;
        if u128::from(penalty) > limit || penalty >= 1 << AMOUNT_BITS {
            return Err(StepError::Penalty {
                given: penalty,
                limit,
            });
        }
        after.balances[0] = amount_in_range(after.balances[0] as i128 - penalty as i128)?;
        effects.penalties = penalty;
    }
    if after.positions.len() > context.shape.positions as usize {
        return Err(StepError::TooManyPositions);
    }
    after.funding_basis = funding_basis(after, context.funding);
    require(
        step.withdraw || !installs || !set.moves_money(),
        StepError::NotCarriedOut,
    )?;
    if step.withdraw {
        require(installs, StepError::NoWithdrawal)?;
        require(signed.trading_key.is_none(), StepError::NeedsOwner)?;
        let (asset, amount) = match set.request {
            Some(Request::Withdrawal(request)) => {
                effects.withdrawal = Some(Withdrawal {
                    recipient: request.recipient,
                    asset: request.asset,
                    amount: request.amount,
                });
                (request.asset, request.amount)
            }
            Some(Request::Transfer(request)) => {
                let free = context.transfer == Fr::default() && step.deposit.is_none();
                require(free, StepError::TransferPending)?;
                let to = request.to.to_fr().map_err(|_| OrderSetError::Receiver)?;
                let hash = transfer_hash(to, request.asset, request.amount);
                effects.transfer = Some(Transfer::Sent(hash));
                (request.asset, request.amount)
            }
            _ => return Err(StepError::NoWithdrawal),
        };
        let balance = &mut after.balances[asset as usize];
        *balance = amount_in_range(*balance as i128 - amount as i128)?;
    }
    match (1..after.balances.len()).find(|k| after.balances[*k] < 0) {
        Some(k) => Err(StepError::NegativeBalance(k)),
        None => Ok(()),
    }
}

/// The margin rule of an account's own steps.
fn check_margin(
    context: &StepContext<'_>,
    step: &Step,
    before: &Account,
    after: &Account,
) -> Result<(), StepError> {
    if step.fills.is_empty() && !step.withdraw {
        return Ok(());
    }
    let market = &context.shape.market;
    let margin_before = Margin::of(market, context.snapshot, before)?;
    let margin_after = Margin::of(market, context.snapshot, after)?;
    check_step(
        &margin_before,
        &margin_after,
        only_reduces(before, after),
        step.withdraw,
    )?;
    Ok(())
}
