//! The orders of an auction: of each live order the part that is left, as far as its conditions,
//! the account's position and the instrument allow.

use super::{
    liquidation::ForcedSets,
    state::{Venue, live_orders::LiveOrderSet, open_batch::OpenBatch},
};
use crate::auction::{AuctionOrder, Clearing};
use clearproof_primitives::{
    account::Account,
    ids::{AccountIndex, Slot},
    order::{Order, Side, TimeInForce, pair_of},
    snapshot::InstrumentRow,
    time::Millis,
};
use std::collections::{BTreeMap, BTreeSet};

/// Orders of an auction by instrument.
pub(super) type OrdersByInstrument = Vec<Vec<AuctionOrder>>;

/// The place of an order: an account and a slot of its order set.
pub(super) type OrderPlace = (AccountIndex, usize);

impl Venue {
    /// The part that is left of all live orders.
    pub(super) fn auction_orders(
        &self,
        open: &OpenBatch,
        forced: &ForcedSets,
        time: Millis,
    ) -> OrdersByInstrument {
        let mut orders = vec![Vec::new(); open.snapshot.rows.len()];
        for (account, signed) in forced {
            for (slot, order, quantity) in self.left_to_liquidate(open, *account, signed) {
                orders[order.instrument.place()].push(AuctionOrder {
                    account: *account,
                    slot,
                    side: order.side,
                    limit: order.limit,
                    quantity,
                    arrival: 0,
                });
            }
        }
        let own = self.orders.iter();
        for (account, live) in own.filter(|(account, _)| !forced.contains_key(account)) {
            let set = &live.signed.set;
            if set.valid_from <= time && time <= set.valid_until {
                self.add_own_orders(open, account, live, &mut orders);
            }
        }
        orders
    }

    /// Adds the part that is left of an account's own orders that may be filled now.
    fn add_own_orders(
        &self,
        open: &OpenBatch,
        account: AccountIndex,
        live: &LiveOrderSet,
        orders: &mut OrdersByInstrument,
    ) {
        let Some(holder) = self.account(account) else {
            return;
        };
        let mut room = Room::default();
        for (slot, order) in live.signed.set.placed() {
            let Some(row) = open.snapshot.rows.get(order.instrument.place()) else {
                continue;
            };
            if !may_be_filled(holder, live, slot, order, row) {
                continue;
            }
            let mut quantity = order.quantity.saturating_sub(filled(holder, slot, order));
            if order.reduce_only || is_bound(holder, order.instrument, row) {
                quantity = room.take(holder, order, row, quantity);
            }
            if order.time_in_force == TimeInForce::FillOrKill && quantity < order.quantity {
                continue;
            }
            if quantity > 0 {
                orders[order.instrument.place()].push(AuctionOrder {
                    account,
                    slot,
                    side: order.side,
                    limit: order.limit,
                    quantity,
                    arrival: live.arrival,
                });
            }
        }
    }

    /// The part of an instrument's orders that only makes positions smaller.
    pub(super) fn reducing(&self, instrument: Slot, book: &[AuctionOrder]) -> Vec<AuctionOrder> {
        let mut left: BTreeMap<AccountIndex, u64> = BTreeMap::new();
        let mut reducing = Vec::new();
        for order in book {
            let held = self
                .account(order.account)
                .map_or(0, |a| a.quantity(instrument));
            // Only one side closes anything, so both may draw on the same remainder.
            let left = left.entry(order.account).or_insert(held.unsigned_abs());
            let quantity = order.quantity.min(*left).min(closable(held, order.side));
            *left -= quantity;
            if quantity > 0 {
                reducing.push(AuctionOrder { quantity, ..*order });
            }
        }
        reducing
    }

    /// Removes fill-or-kill orders that would be filled in part; and of pairs in which one order
    /// cancels the other, if both would be filled, the later slot. Returns true if there were any.
    pub(super) fn drop_conditional(
        &self,
        orders: &mut OrdersByInstrument,
        forced: &ForcedSets,
        clearings: &BTreeMap<Slot, Clearing>,
    ) -> bool {
        let matches = clearings.values().flat_map(|clearing| &clearing.matches);
        let filled: BTreeMap<OrderPlace, u64> = matches
            .filter(|m| !forced.contains_key(&m.account))
            .map(|m| ((m.account, m.slot), m.quantity))
            .collect();
        let dropped = |(account, slot): OrderPlace, quantity: u64| {
            let set = &self.orders.get(account)?.signed.set;
            let order = set.order(slot)?;
            let in_part =
                order.time_in_force == TimeInForce::FillOrKill && quantity < order.quantity;
            let pair = pair_of(slot);
            let cancelled = order.one_cancels_other
                || set.order(pair).is_some_and(|other| other.one_cancels_other);
            let second = pair < slot && cancelled && filled.contains_key(&(account, pair));
            (in_part || second).then_some((account, slot))
        };
        let dropped: BTreeSet<_> = filled
            .iter()
            .filter_map(|(place, quantity)| dropped(*place, *quantity))
            .collect();
        for book in orders.iter_mut().filter(|_| !dropped.is_empty()) {
            book.retain(|order| !dropped.contains(&(order.account, order.slot)));
        }
        !dropped.is_empty()
    }
}

/// Lots filled so far of the order in a slot.
fn filled(holder: &Account, slot: usize, order: &Order) -> u64 {
    let held = holder.slots.get(slot).filter(|held| held.id == order.id);
    held.map_or(0, |held| held.filled)
}

/// True if an order's conditions let it be filled now: time in force, its pair, its trigger, and
/// the fee that its set accepts.
fn may_be_filled(
    holder: &Account,
    live: &LiveOrderSet,
    slot: usize,
    order: &Order,
    row: &InstrumentRow,
) -> bool {
    let set = &live.signed.set;
    let fresh = order.time_in_force == TimeInForce::GoodTillTime
        || !(live.auctioned || filled(holder, slot, order) > 0);
    let pair = pair_of(slot);
    let pair_filled = || {
        set.order(pair)
            .is_some_and(|other| filled(holder, pair, other) > 0)
    };
    let alone = !order.one_cancels_other || !pair_filled();
    let triggered = order.trigger.is_none_or(|t| t.is_met(row.mark));
    fresh && alone && triggered && set.max_fee >= row.fee_rate
}

/// Lots that an order of this side can close of a position.
pub(super) fn closable(held: i64, side: Side) -> u64 {
    match side {
        Side::Buy if held < 0 => held.unsigned_abs(),
        Side::Sell if held > 0 => held.unsigned_abs(),
        _ => 0,
    }
}

/// True if an account could reach its position limit with its orders.
fn is_bound(account: &Account, instrument: Slot, row: &InstrumentRow) -> bool {
    // Limits are far above usual quantities. An account that is far below them needs no sum of all
    // its orders.
    let held = account.quantity(instrument).unsigned_abs();
    held >= row.position_limit / 2 || row.position_limit < 1 << 32
}

/// Lots that an account's orders have used up so far, by instrument and side (true for sells).
#[derive(Default)]
struct Room(BTreeMap<(Slot, bool), u64>);

impl Room {
    /// The part of an order that fits: the lots that reduce the position, and unless it is
    /// reduce-only the lots that the limit leaves.
    fn take(
        &mut self,
        account: &Account,
        order: &Order,
        row: &InstrumentRow,
        quantity: u64,
    ) -> u64 {
        let held = account.quantity(order.instrument);
        let closes = closable(held, order.side);
        let most = match closes {
            _ if order.reduce_only => closes,
            0 => row.position_limit.saturating_sub(held.unsigned_abs()),
            lots => lots.saturating_add(row.position_limit),
        };
        let sells = order.side == Side::Sell;
        let used = self.0.entry((order.instrument, sells)).or_default();
        let taken = quantity.min(most.saturating_sub(*used));
        *used += taken;
        taken
    }
}
