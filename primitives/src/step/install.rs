//! Installing an order set: whether it may be used, the account's slots, its keys.

use super::{
    error::{StepError, require},
    visit::{Step, StepContext},
};
use crate::{
    account::{Account, HANDED_OVER, OrderSlot},
    babyjubjub::Point,
    field::Fr,
    order::{Request, SEQUENCE_STEP_BITS, SignedOrderSet, epoch_of},
};

/// Checks target, sequence and validity, and brings the slots in line with the set. True if the set
/// is new.
pub(super) fn install(
    context: &StepContext<'_>,
    step: &Step,
    after: &mut Account,
) -> Result<bool, StepError> {
    let Some(signed) = &step.set else {
        return Ok(false);
    };
    let set = &signed.set;
    if set.venue != context.venue || set.account != step.account {
        return Err(StepError::WrongTarget);
    }
    if let Some(key) = &signed.trading_key {
        require(
            set.signer_mark(key) == after.trading_key,
            StepError::TradingKey,
        )?;
    }
    let installs = check_sequence(signed, after.sequence)?;
    require(installs || !set.inherits(), StepError::InheritedBefore)?;
    if set.valid_from > context.time_to || set.valid_until < context.time_from {
        return Err(StepError::NotValid);
    }
    after.sequence = set.sequence;
    for (i, slot) in after.slots.iter_mut().enumerate() {
        let id = set.order(i).map_or(0, |order| order.id);
        if id != slot.id {
            if !installs {
                return Err(StepError::SameSequenceOtherOrders);
            }
            *slot = OrderSlot { id, filled: 0 };
        }
    }
    if installs {
        change_keys(signed, after)?;
    }
    Ok(installs)
}

/// Carries out a request for other keys or another owner.
fn change_keys(signed: &SignedOrderSet, after: &mut Account) -> Result<(), StepError> {
    let (mark, viewing_key) = signed.set.request_parts().payload;
    match signed.set.request {
        Some(Request::Keys(_)) => {
            require(signed.trading_key.is_none(), StepError::NeedsOwner)?;
            after.trading_key = mark;
            if viewing_key != Fr::default() {
                after.viewing_key = viewing_key;
            }
        }
        Some(Request::Inherit(_)) => {
            let heir = signed.trading_key.ok_or(StepError::NeedsHeir)?;
            let Point { x, y } = heir.point();
            after.owner = (x, y);
            after.number |= HANDED_OVER;
            (after.trading_key, after.viewing_key) = (mark, viewing_key);
        }
        _ => {}
    }
    Ok(())
}

/// Checks a set's sequence against that of the account's current set. True if it is a new one.
///
/// It is no lower, and by less than 2^56 higher: one set does not use up all sequences. A set
/// that the owner did not sign keeps the epoch, so the owner can always sign one that is higher.
pub fn check_sequence(signed: &SignedOrderSet, current: u64) -> Result<bool, StepError> {
    let given = signed.set.sequence;
    let Some(step) = given.checked_sub(current) else {
        return Err(StepError::OldSequence { given, current });
    };
    require(
        step >> SEQUENCE_STEP_BITS == 0,
        StepError::SequenceTooHigh { given, current },
    )?;
    let (given, current) = (epoch_of(given), epoch_of(current));
    require(
        signed.trading_key.is_none() || given == current,
        StepError::Epoch { given, current },
    )?;
    Ok(step != 0)
}
