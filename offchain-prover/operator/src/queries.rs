//! The queries of a venue, which change nothing.

use super::{
    commands::Refusal,
    figures::BatchFigures,
    scheduler::Scheduler,
    views::{AccountStatus, InstrumentStatus, Level, OpenBatchStatus, Status},
};
use clearproof_client::Identity;
use clearproof_primitives::{
    chain::Instrument,
    field::Fr,
    fixed::Price,
    funding::accrue,
    ids::Slot,
    margin::margin,
    order::{Order, Side, SignedOrderSet},
    time::Millis,
};
use std::collections::BTreeMap;

impl Scheduler {
    /// See [`VenueHandle::status`](super::handle::VenueHandle::status).
    pub fn status(&self, connected: bool) -> Status {
        let core = &self.core;
        let Identity {
            genesis,
            venue,
            shape,
        } = *core.identity();
        let open = core.open.as_ref();
        Status {
            venue,
            genesis,
            shape,
            accounts: core.venue.account_count(),
            deposits_consumed: core.venue.deposits_consumed(),
            settled: core.settled,
            pending: core.closed.iter().map(|closed| closed.number()).collect(),
            open: open.map(|open| OpenBatchStatus {
                snapshot: open.snapshot.number,
                time_from: open.time_from,
                steps: core.venue.open_steps(),
            }),
            last_auction: core.last_auction,
            connected,
        }
    }

    /// See [`VenueHandle::instruments`](super::handle::VenueHandle::instruments).
    pub fn instrument_statuses(&self) -> Vec<InstrumentStatus> {
        let marks = self.latest.as_ref().map(|view| &view.info.marks);
        let open_interest = &self.core.venue.ledger().open_interest;
        let status = |instrument: &Instrument| {
            let slot = instrument.listing.slot;
            let at = slot.place();
            let mark = marks.and_then(|marks| marks.get(at));
            InstrumentStatus {
                instrument: instrument.clone(),
                mark: mark.copied().unwrap_or(0),
                last: self.core.last.get(&slot).copied(),
                funding: self.core.venue.funding().get(at).copied().unwrap_or(0),
                open_interest: open_interest.get(at).copied().unwrap_or(0),
            }
        };
        self.instruments.iter().map(status).collect()
    }

    /// See [`VenueHandle::book`](super::handle::VenueHandle::book).
    pub fn book(&self, instrument: Slot, now: Millis) -> Vec<Level> {
        let (mut bids, mut asks) = (BTreeMap::<Price, u64>::new(), BTreeMap::<Price, u64>::new());
        for signed in self.core.venue.live_sets() {
            let set = &signed.set;
            if !(set.valid_from..=set.valid_until).contains(&now) {
                continue;
            }
            let orders = set.orders.iter().enumerate();
            let orders = orders.filter_map(|(slot, order)| Some((slot, order.as_ref()?)));
            for (slot, order) in orders.filter(|(_, order)| order.instrument == instrument) {
                let left = self.left(signed, slot, order);
                let side = match order.side {
                    Side::Buy => &mut bids,
                    Side::Sell => &mut asks,
                };
                if left > 0 {
                    let level = side.entry(order.limit).or_default();
                    *level = level.saturating_add(left);
                }
            }
        }
        let level = |side, (price, quantity)| Level {
            side,
            price,
            quantity,
        };
        let bids = bids.into_iter().rev().map(|l| level(Side::Buy, l));
        let asks = asks.into_iter().map(|l| level(Side::Sell, l));
        bids.chain(asks).collect()
    }

    /// Lots of an order that are not filled.
    fn left(&self, signed: &SignedOrderSet, slot: usize, order: &Order) -> u64 {
        let account = self.core.venue.account(signed.set.account);
        let held = account.and_then(|account| account.slots.get(slot));
        let filled = held
            .filter(|held| held.id == order.id)
            .map_or(0, |held| held.filled);
        order.quantity.saturating_sub(filled)
    }

    /// See [`VenueHandle::account`](super::handle::VenueHandle::account).
    pub fn account_status(&self, key: Fr) -> Option<AccountStatus> {
        let core = &self.core;
        let index = core.venue.account_of_key(key)?;
        let mut account = core.venue.account(index)?.clone();
        let live = core.venue.live_set(index).map(|signed| &signed.set);
        let opened = core.open.as_ref().map(|open| &*open.snapshot);
        let snapshot = opened.or(self.latest.as_ref().map(|view| &view.snapshot));
        if let Some(snapshot) = snapshot {
            // Its next step begins with this, so it is shown already. Where the result is out of
            // range, the account is shown as it is.
            let _ = accrue(&mut account, snapshot, core.venue.funding());
        }
        let market = &core.identity().shape.market;
        let margin = snapshot.and_then(|snapshot| {
            margin(market, snapshot, &account.balances, &account.positions).ok()
        });
        Some(AccountStatus {
            index,
            live_sequence: live.map_or(0, |set| set.sequence),
            live_orders: live.map(|set| set.orders.clone()).unwrap_or_default(),
            account,
            margin,
        })
    }

    /// See [`VenueHandle::batches`](super::handle::VenueHandle::batches).
    pub fn batches(&self, last: usize) -> Result<Vec<BatchFigures>, Refusal> {
        let figures = self.core.figures(last);
        figures.map_err(|error| Refusal::Storage(error.to_string()))
    }
}
