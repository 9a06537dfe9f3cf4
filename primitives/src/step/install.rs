//! Installing an order set: whether it may be used, the account's slots, its keys.

use super::{
    error::{StepError, require},
    visit::{Step, StepContext},
};
use crate::{
    account::{Account, OrderSlot},
    babyjubjub::Point,
    field::Fr,
    order::{KeyRequest, SEQUENCE_STEP_BITS, SignedOrderSet, epoch_of, key_hash},
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
        let Point { x, y } = key.point();
        require(key_hash((x, y)) == after.trading_key, StepError::TradingKey)?;
    }
    let installs = check_sequence(signed, after.sequence)?;
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
    if let Some(key) = set.key().filter(|_| installs) {
        require(signed.trading_key.is_none(), StepError::NeedsOwner)?;
        match key {
            KeyRequest::Trading(key) => {
                let hash = key.map(|key| key_hash(key.coordinates()));
                after.trading_key = hash.unwrap_or_default();
            }
            KeyRequest::Owner(key) => {
                after.owner = key.coordinates();
                after.trading_key = Fr::default();
            }
        }
    }
    Ok(installs)
}

/// Checks a set's sequence against that of the account's current set. True if it is a new one.
///
/// It is no lower, and by less than 2^56 higher: nobody uses up all sequences in one set. A set
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
