//! The account's order slots after the fills of a step.

use crate::{
    account::AccountVars,
    fills::FillTotals,
    forced::ForcedVars,
    gadgets::{
        compare::enforce_ge_if,
        logic::{and, enforce_equal_if, enforce_zero_if},
    },
    order_set::OrderSetVars,
    r1cs::Cs,
};
use clearproof_primitives::{order::pair_of, shape::QUANTITY_BITS};

/// Adds the fills to the order slots, and enforces the orders' quantities and conditions. Costs
/// R·(QUANTITY_BITS + 9).
///
/// A liquidation's fills count for no slot: its orders are not the account's.
pub fn count_filled(
    cs: &mut Cs,
    after: &mut AccountVars,
    set: &OrderSetVars,
    fills: &FillTotals,
    forced: &ForcedVars,
) {
    let own = forced.liquidation.not();
    let used: Vec<_> = fills
        .slot_used
        .iter()
        .map(|used| and(cs, used, &own))
        .collect();
    for ((slot, order), (filled, used)) in after
        .slots
        .iter_mut()
        .zip(&set.orders)
        .zip(fills.by_slot.iter().zip(&used))
    {
        let immediate = and(cs, used, &order.immediate);
        enforce_zero_if(cs, &immediate, &slot.filled);
        slot.filled = &slot.filled + cs.mul(own.num(), filled);
        enforce_ge_if(cs, used, &order.quantity, &slot.filled, QUANTITY_BITS);
        let whole = and(cs, used, &order.whole);
        enforce_equal_if(cs, &whole, &order.quantity, &slot.filled);
    }
    for (r, (order, used)) in set.orders.iter().zip(&used).enumerate() {
        if let Some(pair) = after.slots.get(pair_of(r)) {
            let alone = and(cs, used, &order.alone);
            enforce_zero_if(cs, &alone, &pair.filled);
        }
    }
}
