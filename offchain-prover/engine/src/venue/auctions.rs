//! Auctions: one call auction per instrument, and the steps that hold its fills.

use super::{
    auction_orders::{OrderPlace, OrdersByInstrument},
    auction_report::{AuctionReport, InstrumentClearing, LeftOut, Liquidated, Trade},
    limits::largest_auction,
    liquidation::ForcedSets,
    state::{Venue, open_batch::OpenBatch},
};
use crate::{
    auction::{self, AuctionOrder, Clearing, Match},
    error::EngineError,
    pending::{PendingStep, PricedFill},
};
use clearproof_primitives::{
    account::Account,
    batch::PriceEntry,
    fixed::Price,
    ids::{AccountIndex, Slot},
    order::{Side, SignedOrderSet},
    step::{Forced, StepError},
    time::Millis,
};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

/// An account whose fills would break a rule.
struct Refusal {
    account: AccountIndex,
    /// Slots of its fills, in their order.
    slots: Vec<usize>,
    error: StepError,
}

/// An account's step with the fills of an auction.
struct Grown {
    step: PendingStep,
    /// It is a new step, after the one that was growing.
    begins: bool,
    /// The account after it.
    after: Account,
}

/// An auction in which no fill breaks a rule.
struct Cleared {
    clearings: BTreeMap<Slot, Clearing>,
    grown: Vec<Grown>,
}

/// The fixed terms of an auction while it is being cleared.
struct Round<'a> {
    venue: &'a Venue,
    open: &'a OpenBatch,
    forced: &'a ForcedSets,
    time: Millis,
}

impl Venue {
    /// Runs one call auction over all instruments at `time`.
    ///
    /// Accounts at risk are liquidated in it; their own orders rest meanwhile.
    ///
    /// An account whose fills would break a rule is left out, and the auctions run again without
    /// it. If more accounts would trade than one batch can hold, the auctions run again with those
    /// among them whose order sets are the earliest.
    pub fn run_auction(&mut self, time: Millis) -> Result<AuctionReport, EngineError> {
        let open = self.open.as_ref().ok_or(EngineError::NoOpenBatch)?;
        // An instrument has one price at one time.
        if time < self.now || open.last_auction == Some(time) {
            return Err(EngineError::Time {
                given: time,
                current: self.now,
            });
        }
        let mut report = AuctionReport {
            time,
            cancelled_by_switch: self.switches.timed_out_at(time),
            ..AuctionReport::default()
        };
        let forced = self.forced_sets(open);
        let round = Round {
            venue: self,
            open,
            forced: &forced,
            time,
        };
        let cleared = round.clear(&mut report);
        round.ensure_fits(&cleared.grown)?;
        round.report_trades(&cleared.clearings, &mut report);
        self.cancel_orders(&report.cancelled_by_switch);
        self.now = time;
        if let Some(open) = &mut self.open {
            open.last_auction = Some(time);
        }
        self.orders.record_auction(time);
        self.adopt(cleared.grown, &mut report);
        Ok(report)
    }

    /// Adds the grown steps to the open batch.
    fn adopt(&mut self, grown: Vec<Grown>, report: &mut AuctionReport) {
        for Grown {
            step,
            begins,
            after,
        } in grown
        {
            let account = step.account;
            if step.forced.is_some() {
                report.liquidated.push(Liquidated {
                    account,
                    penalty: step.penalty(),
                });
            }
            self.accounts.put(account, after);
            if let Some(open) = &mut self.open {
                if begins {
                    open.steps.finish(&self.config.shape, account);
                }
                open.steps.grow(step);
            }
        }
    }
}

impl Round<'_> {
    /// Clears all instruments until no fill breaks a rule and a batch can hold all of them.
    fn clear(&self, report: &mut AuctionReport) -> Cleared {
        let mut orders = self.venue.auction_orders(self.open, self.forced, self.time);
        if !report.cancelled_by_switch.is_empty() {
            keep_accounts(&mut orders, |account| {
                self.forced.contains_key(&account) || !report.cancelled_by_switch.contains(&account)
            });
        }
        loop {
            let clearings = self.clear_all(&orders);
            if self
                .venue
                .drop_conditional(&mut orders, self.forced, &clearings)
            {
                continue;
            }
            let fills = fills_by_account(&clearings, self.time);
            let largest = largest_auction(&self.venue.config.shape);
            if fills.len() > largest {
                report.waiting += fills.len() - largest;
                let kept = self.earliest(fills.into_keys().collect(), largest);
                keep_accounts(&mut orders, |account| kept.contains(&account));
                continue;
            }
            let (grown, refused) = self.grow_all(fills);
            if refused.is_empty() {
                return Cleared { clearings, grown };
            }
            leave_out(&mut orders, refused, report);
        }
    }

    /// Requires that the open batch has room for the grown steps.
    fn ensure_fits(&self, grown: &[Grown]) -> Result<(), EngineError> {
        let growing = |g: &Grown| self.open.steps.growing(g.step.account);
        let ended = grown.iter().filter_map(|g| growing(g).filter(|_| g.begins));
        let fresh = grown.iter().filter(|g| growing(g).is_none()).count();
        let still_growing = self.open.steps.growing_count() + fresh;
        self.venue
            .ensure_chunks_fit(self.open, ended, still_growing)
    }

    /// The earliest order sets' accounts among these, `count` of them.
    fn earliest(&self, mut accounts: Vec<AccountIndex>, count: usize) -> BTreeSet<AccountIndex> {
        let live = &self.venue.orders;
        accounts.sort_by_key(|account| live.get(*account).map(|live| live.arrival));
        accounts.into_iter().take(count).collect()
    }

    /// The steps that hold the fills, and the accounts whose fills would break a rule.
    fn grow_all(
        &self,
        fills: BTreeMap<AccountIndex, Vec<PricedFill>>,
    ) -> (Vec<Grown>, Vec<Refusal>) {
        let (mut grown, mut refused) = (Vec::with_capacity(fills.len()), Vec::new());
        for (account, fills) in fills {
            let (mut step, begins) = self.grow(account, &fills);
            let result = match step.forced {
                None => self.venue.simulate(&step, self.time),
                Some(_) => self.venue.with_penalty(&mut step, self.time),
            };
            match result {
                Ok((after, effects)) => {
                    step.record_effects(&effects);
                    grown.push(Grown {
                        step,
                        begins,
                        after,
                    });
                }
                Err(error) => refused.push(Refusal {
                    account,
                    slots: step.fills.iter().map(|fill| fill.slot).collect(),
                    error,
                }),
            }
        }
        (grown, refused)
    }

    /// The account's growing step with more fills; or a new step and true, if they do not fit or
    /// the order set is another by now.
    ///
    /// A liquidation is always a step of its own.
    fn grow(&self, account: AccountIndex, fills: &[PricedFill]) -> (PendingStep, bool) {
        let set = self.set_in_use(account);
        let is_forced = self.forced.contains_key(&account);
        // The rules treat a reduce-only order's step as a whole.
        let reduces = |fills: &[PricedFill]| {
            let orders = fills.iter().filter_map(|fill| set?.set.order(fill.slot));
            orders.into_iter().any(|order| order.reduce_only)
        };
        let room = |step: &&PendingStep| {
            !is_forced
                && step.forced.is_none()
                && !reduces(fills)
                && !reduces(&step.fills)
                && step.fills.len() + fills.len() <= self.venue.config.shape.fills as usize
                && step.set.as_ref().map(|s| s.set.sequence) == set.map(|s| s.set.sequence)
        };
        match self.open.steps.growing(account).filter(room) {
            Some(step) => {
                let mut step = step.clone();
                step.fills.extend_from_slice(fills);
                (step, false)
            }
            None => {
                let forced = is_forced.then_some(Forced::Liquidation { penalty: 0 });
                let step = PendingStep {
                    set: set.cloned(),
                    fills: fills.to_vec(),
                    ..self.venue.step_on(account, forced)
                };
                (step, true)
            }
        }
    }

    /// The order set that an account trades by: the venue's own, or else the live one.
    fn set_in_use(&self, account: AccountIndex) -> Option<&Arc<SignedOrderSet>> {
        let own = self.venue.orders.get(account).map(|live| &live.signed);
        self.forced.get(&account).or(own)
    }

    /// Clears all instruments that trade.
    fn clear_all(&self, orders: &[Vec<AuctionOrder>]) -> BTreeMap<Slot, Clearing> {
        Slot::all()
            .zip(orders)
            .filter_map(|(slot, book)| Some((slot, self.clear_one(slot, book)?)))
            .collect()
    }

    fn clear_one(&self, slot: Slot, book: &[AuctionOrder]) -> Option<Clearing> {
        let at = slot.place();
        let mark = self.open.snapshot.rows.get(at)?.mark;
        if mark == 0 || self.open.is_halted(slot) {
            return None;
        }
        let band = *self.open.terms.bands.get(at)?;
        let clearing = auction::clear(book, mark, band)?;
        if self.is_within_cap(slot, clearing.volume) {
            return Some(clearing);
        }
        // There is no room for all of it: only the part that makes positions smaller trades.
        auction::clear(&self.venue.reducing(slot, book), mark, band)
    }

    /// True if `volume` lots leave the open interest within its cap, even if all of them open
    /// positions.
    fn is_within_cap(&self, slot: Slot, volume: u64) -> bool {
        let cap = self.open.terms.open_interest_caps.get(slot.place());
        let held = self.venue.accounts.open_interest(slot);
        cap.is_none_or(|cap| held + 2 * i128::from(volume) <= i128::from(*cap))
    }

    fn report_trades(&self, clearings: &BTreeMap<Slot, Clearing>, report: &mut AuctionReport) {
        for (instrument, clearing) in clearings {
            report.clearings.push(InstrumentClearing {
                instrument: *instrument,
                price: clearing.price,
                volume: clearing.volume,
            });
            let matches = clearing.matches.iter();
            report
                .trades
                .extend(matches.filter_map(|m| self.trade(*instrument, clearing.price, m)));
        }
    }

    fn trade(&self, instrument: Slot, price: Price, m: &Match) -> Option<Trade> {
        let order = self.set_in_use(m.account)?.set.order(m.slot)?;
        let lots = match order.side {
            Side::Buy => m.quantity as i64,
            Side::Sell => -(m.quantity as i64),
        };
        Some(Trade {
            account: m.account,
            slot: m.slot,
            instrument,
            lots,
            price,
        })
    }
}

/// Keeps the orders of some accounts only.
fn keep_accounts(orders: &mut OrdersByInstrument, keep: impl Fn(AccountIndex) -> bool) {
    for book in orders {
        book.retain(|order| keep(order.account));
    }
}

/// Removes the orders of accounts whose fills broke a rule, and reports the accounts. If the fill
/// of a reduce-only order grew the position, only that order is removed.
fn leave_out(orders: &mut OrdersByInstrument, refused: Vec<Refusal>, report: &mut AuctionReport) {
    let (mut grows, mut left_out) = (BTreeSet::<OrderPlace>::new(), BTreeSet::new());
    for refusal in refused {
        let account = refusal.account;
        match refusal.error {
            StepError::FillGrows(i) => {
                grows.extend(refusal.slots.get(i).map(|slot| (account, *slot)));
            }
            rule => {
                left_out.insert(account);
                report.left_out.push(LeftOut { account, rule });
            }
        }
    }
    for book in orders {
        book.retain(|order| {
            !left_out.contains(&order.account) && !grows.contains(&(order.account, order.slot))
        });
    }
}

fn fills_by_account(
    clearings: &BTreeMap<Slot, Clearing>,
    time: Millis,
) -> BTreeMap<AccountIndex, Vec<PricedFill>> {
    let mut fills: BTreeMap<AccountIndex, Vec<PricedFill>> = BTreeMap::new();
    for (instrument, clearing) in clearings {
        let entry = PriceEntry {
            instrument: *instrument,
            time,
            deleverages: false,
            fund_sells: false,
            price: clearing.price,
        };
        for m in &clearing.matches {
            fills.entry(m.account).or_default().push(PricedFill {
                slot: m.slot,
                entry,
                quantity: m.quantity,
            });
        }
    }
    fills
}
