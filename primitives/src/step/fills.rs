//! Fills: each by itself, and what orders and instruments say of all fills of a step.

use super::{
    effects::StepEffects,
    error::{StepError, amount_in_range, require},
    visit::{Fill, Forced, Step, StepContext},
};
use crate::{
    account::{Account, OrderSlot, Position},
    fixed::{Rounding, mul_fraction},
    ids::Slot,
    margin::reduces_in,
    order::{OrderSet, Side, SignedOrderSet, TimeInForce, pair_of},
    shape::QUANTITY_BITS,
    snapshot::Snapshot,
};
use alloc::vec::Vec;

pub(super) fn apply_fill(
    context: &StepContext<'_>,
    step: &Step,
    signed: &SignedOrderSet,
    i: usize,
    fill: &Fill,
    after: &mut Account,
    effects: &mut StepEffects,
) -> Result<(), StepError> {
    let forced = step.forced.is_some();
    let deleverages = step.forced == Some(Forced::Deleverage);
    let order = signed
        .set
        .order(fill.slot)
        .ok_or(StepError::FillTarget(i))?;
    let entry = context
        .entries
        .get(fill.entry)
        .ok_or(StepError::FillTarget(i))?;
    require(entry.price != 0, StepError::FillTarget(i))?;
    let fits = entry.deleverages == deleverages && (deleverages || !entry.fund_sells);
    require(fits, StepError::FillTarget(i))?;
    let row = context.snapshot.rows.get(order.instrument.place());
    let row = row.ok_or(StepError::FillInstrument(i))?;
    require(
        entry.instrument == order.instrument,
        StepError::FillInstrument(i),
    )?;
    let funds_side = entry.fund_sells == (order.side == Side::Sell);
    let side_fits = !deleverages || funds_side == step.account.is_insurance_fund();
    require(side_fits, StepError::FillSide(i))?;
    require(
        fill.quantity != 0 && fill.quantity < 1 << QUANTITY_BITS,
        StepError::FillQuantity(i),
    )?;
    if !forced {
        // The slots count what their own orders got, and no more than those want.
        let slot = &mut after.slots[fill.slot];
        slot.filled += fill.quantity;
        require(slot.filled <= order.quantity, StepError::FillQuantity(i))?;
    }
    require(
        entry.time >= signed.set.valid_from && entry.time <= signed.set.valid_until,
        StepError::FillTime(i),
    )?;
    let (within_limit, rounding, sign) = match order.side {
        Side::Buy => (entry.price <= order.limit, Rounding::Up, 1),
        Side::Sell => (entry.price >= order.limit, Rounding::Down, -1),
    };
    require(within_limit, StepError::FillLimit(i))?;
    let quote =
        mul_fraction(fill.quantity, entry.price, rounding).ok_or(StepError::Range("fill quote"))?;
    let mark = if row.expired { 0 } else { row.mark };
    let triggered = order.trigger.is_none_or(|trigger| trigger.is_met(mark));
    require(triggered, StepError::FillTrigger(i))?;
    let rate = match forced {
        true => context.snapshot.liquidation_rate,
        false => row.fee_rate,
    };
    require(rate <= signed.set.max_fee, StepError::FeeAboveMaximum)?;
    let fee =
        mul_fraction(quote, rate.get().into(), Rounding::Up).ok_or(StepError::Range("fee"))?;
    let change = -(sign as i128) * quote as i128;
    // A liquidation's fills make up its penalty's limit; the penalty itself is charged once.
    let (fee, limit) = if forced { (0, fee) } else { (fee, 0) };
    effects.penalty_limit += u128::from(limit);
    after.balances[0] = amount_in_range(after.balances[0] as i128 + change - fee as i128)?;
    let lots = sign * fill.quantity as i64;
    add_position(&mut after.positions, order.instrument, lots)?;
    effects.net.push((order.instrument, lots));
    effects.quote += change;
    effects.fees += fee as u128;
    Ok(())
}

/// The rules that filled orders set for their own fills.
pub(super) fn check_orders(
    step: &Step,
    set: &OrderSet,
    slots_before: &[OrderSlot],
    before: &Account,
    after: &Account,
) -> Result<(), StepError> {
    for (i, fill) in step.fills.iter().enumerate() {
        let Some(order) = set.order(fill.slot) else {
            continue;
        };
        let reduces = !order.reduce_only || reduces_in(before, after, order.instrument);
        require(reduces, StepError::FillGrows(i))?;
        if step.forced.is_some() {
            continue;
        }
        let filled = |slots: &[OrderSlot], slot: usize| slots.get(slot).map_or(0, |s| s.filled);
        match order.time_in_force {
            TimeInForce::GoodTillTime => {}
            TimeInForce::ImmediateOrCancel => {
                let fresh = filled(slots_before, fill.slot) == 0;
                require(fresh, StepError::FilledBefore(fill.slot))?;
            }
            TimeInForce::FillOrKill => {
                let whole = filled(&after.slots, fill.slot) == order.quantity;
                require(whole, StepError::FilledInPart(fill.slot))?;
            }
        }
        let alone = !order.one_cancels_other || filled(&after.slots, pair_of(fill.slot)) == 0;
        require(alone, StepError::PairFilled(fill.slot))?;
    }
    Ok(())
}

/// Positions that grow or change sides stay within the instrument's limit.
pub(super) fn check_position_limits(
    snapshot: &Snapshot,
    before: &Account,
    after: &Account,
) -> Result<(), StepError> {
    let grown = |p: &&Position| !reduces_in(before, after, p.instrument);
    for position in after.positions.iter().filter(grown) {
        let row = snapshot.rows.get(position.instrument.place());
        let (lots, limit) = (
            position.quantity.unsigned_abs(),
            row.map_or(0, |row| row.position_limit),
        );
        let error = StepError::PositionLimit {
            instrument: position.instrument,
            lots,
            limit,
        };
        require(lots <= limit, error)?;
    }
    Ok(())
}

/// Adds lots to a position, keeping the list sorted and free of empty positions.
fn add_position(
    positions: &mut Vec<Position>,
    instrument: Slot,
    lots: i64,
) -> Result<(), StepError> {
    match positions.binary_search_by_key(&instrument, |p| p.instrument) {
        Ok(at) => {
            positions[at].quantity += lots;
            if positions[at].quantity == 0 {
                positions.remove(at);
            } else if positions[at].quantity.unsigned_abs() >= 1 << QUANTITY_BITS {
                return Err(StepError::Range("position"));
            }
        }
        Err(at) => positions.insert(
            at,
            Position {
                instrument,
                quantity: lots,
            },
        ),
    }
    Ok(())
}
