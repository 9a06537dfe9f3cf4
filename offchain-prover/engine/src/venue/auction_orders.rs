//! What each order brings into an auction's auctions: what is left of it, as far as its conditions, the account's position and the
//! instrument let it go.

use crate::{
    auction::{Bid, Clearing},
    venue::{Live, Open, Venue, auctions::ForcedSets},
};
use clearproof_primitives::{
    account::Account,
    order::{Order, Side, TimeInForce, pair_of},
    snapshot::InstrumentRow,
};
use std::collections::{BTreeMap, BTreeSet};

impl Venue {
    /// What is left of all live orders, by instrument.
    pub(super) fn bids(&self, open: &Open, forced: &ForcedSets, time: u64) -> Vec<Vec<Bid>> {
        let mut bids = vec![Vec::new(); open.snapshot.rows.len()];
        for (account, signed) in forced {
            let orders = signed.set.orders.iter().enumerate();
            for (slot, order) in orders.filter_map(|(i, o)| Some((i, o.as_ref()?))) {
                bids[order.instrument as usize].push(Bid {
                    account: *account,
                    slot,
                    side: order.side,
                    limit: order.limit,
                    quantity: order.quantity,
                    arrival: 0,
                });
            }
        }
        let own = self.live.iter();
        for (account, live) in own.filter(|(account, _)| !forced.contains_key(account)) {
            self.own_bids(open, *account, live, time, &mut bids);
        }
        bids
    }

    /// What is left of an account's orders that may be filled now.
    fn own_bids(&self, open: &Open, account: u32, live: &Live, time: u64, bids: &mut [Vec<Bid>]) {
        let set = &live.signed.set;
        if set.valid_from > time || time > set.valid_until {
            return;
        }
        let Some(holder) = self.account(account) else {
            return;
        };
        let filled = |slot: usize, order: &Order| {
            let held = holder.slots.get(slot).filter(|held| held.id == order.id);
            held.map_or(0, |held| held.filled)
        };
        let mut room = Room::default();
        let orders = set.orders.iter().enumerate();
        for (slot, order) in orders.filter_map(|(i, o)| Some((i, o.as_ref()?))) {
            let Some(row) = open.snapshot.rows.get(usize::from(order.instrument)) else {
                continue;
            };
            let filled_so_far = filled(slot, order);
            let fresh = order.time_in_force == TimeInForce::GoodTillTime
                || !(live.auctioned || filled_so_far > 0);
            let pair = pair_of(slot);
            let pair_filled = || set.order(pair).is_some_and(|other| filled(pair, other) > 0);
            let alone = !order.one_cancels_other || !pair_filled();
            let triggered = order.trigger.is_none_or(|t| t.is_met(row.mark));
            if !(fresh && alone && triggered) || set.max_fee < row.fee_rate {
                continue;
            }
            let mut quantity = order.quantity.saturating_sub(filled_so_far);
            if order.reduce_only || is_bound(holder, order.instrument, row) {
                quantity = room.take(holder, order, row, quantity);
            }
            if order.time_in_force == TimeInForce::FillOrKill && quantity < order.quantity {
                continue;
            }
            if quantity > 0 {
                bids[order.instrument as usize].push(Bid {
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
    pub(super) fn reducing(&self, instrument: u16, book: &[Bid]) -> Vec<Bid> {
        let mut left: BTreeMap<u32, u64> = BTreeMap::new();
        let mut reducing = Vec::new();
        for bid in book {
            let held = self
                .account(bid.account)
                .map_or(0, |a| a.quantity(instrument));
            // Only one side closes anything, so both may draw on what is left.
            let left = left.entry(bid.account).or_insert(held.unsigned_abs());
            let quantity = bid.quantity.min(*left).min(closable(held, bid.side));
            *left -= quantity;
            if quantity > 0 {
                reducing.push(Bid { quantity, ..*bid });
            }
        }
        reducing
    }

    /// Takes orders out of the auctions that want to be filled whole and would not be, and of pairs of which one is to cancel the
    /// other the later slot. True if there were any.
    pub(super) fn drop_conditional(
        &self,
        bids: &mut [Vec<Bid>],
        forced: &ForcedSets,
        clearings: &[(u16, Clearing)],
    ) -> bool {
        let matches = clearings.iter().flat_map(|(_, clearing)| &clearing.matches);
        let filled: BTreeMap<(u32, usize), u64> = matches
            .filter(|m| !forced.contains_key(&m.account))
            .map(|m| ((m.account, m.slot), m.quantity))
            .collect();
        let out = |(account, slot): (u32, usize), quantity: u64| {
            let set = &self.live.get(&account)?.signed.set;
            let order = set.order(slot)?;
            let in_part =
                order.time_in_force == TimeInForce::FillOrKill && quantity < order.quantity;
            let pair = pair_of(slot);
            let cancelled = order.one_cancels_other
                || set.order(pair).is_some_and(|other| other.one_cancels_other);
            let second = pair < slot && cancelled && filled.contains_key(&(account, pair));
            (in_part || second).then_some((account, slot))
        };
        let out: BTreeSet<_> = filled.iter().filter_map(|(key, q)| out(*key, *q)).collect();
        for book in bids.iter_mut().filter(|_| !out.is_empty()) {
            book.retain(|bid| !out.contains(&(bid.account, bid.slot)));
        }
        !out.is_empty()
    }
}

/// Lots that an order of this side can close of what is held.
pub(super) fn closable(held: i64, side: Side) -> u64 {
    match side {
        Side::Buy if held < 0 => held.unsigned_abs(),
        Side::Sell if held > 0 => held.unsigned_abs(),
        _ => 0,
    }
}

/// How far an account's orders of one instrument may still go, by side.
#[derive(Default)]
struct Room(BTreeMap<(u16, bool), u64>);

/// Whether an account could reach its position limit with what its orders want.
fn is_bound(account: &Account, instrument: u16, row: &InstrumentRow) -> bool {
    // Limits are far from what is usual; whoever is far from them too needs no sum of all orders.
    let held = account.quantity(instrument).unsigned_abs();
    held >= row.position_limit / 2 || row.position_limit < 1 << 32
}

impl Room {
    /// As much of an order as fits: what reduces the position, and unless it is reduce-only what the limit leaves.
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
