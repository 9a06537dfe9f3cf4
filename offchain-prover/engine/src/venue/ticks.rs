//! Ticks: one call auction per instrument, and the steps that its fills go to.

use crate::{
    auction::{self, Bid, Clearing, Match},
    error::EngineError,
    pending::{PendingStep, PricedFill},
    venue::{limits::largest_tick, Open, Venue},
};
use clearproof_primitives::{
    account::Account,
    batch::PriceEntry,
    fixed::Price,
    order::{Side, SignedOrderSet},
    step::{Forced, StepError},
};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

/// One fill, as a trader sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Trade {
    /// Account.
    pub account: u32,
    /// Slot of the order.
    pub slot: usize,
    /// Instrument.
    pub instrument: u16,
    /// Lots, negative where sold.
    pub lots: i64,
    /// Price.
    pub price: Price,
}

/// What a tick did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TickReport {
    /// Time of the tick.
    pub time: u64,
    /// Clearing prices and volumes by instrument.
    pub clearings: Vec<(u16, Price, u64)>,
    /// All fills.
    pub trades: Vec<Trade>,
    /// Accounts whose orders were left out of the tick, with the rule that they would have broken.
    pub left_out: Vec<(u32, StepError)>,
    /// Accounts that would have traded if a batch could hold more; their orders wait for the next tick.
    pub waiting: usize,
    /// Accounts that were liquidated, with the penalty that each paid; the insurance fund where it closed something.
    pub liquidated: Vec<(u32, u64)>,
}

/// Orders of the venue's own making by account, which take the place of the account's.
type ForcedSets = BTreeMap<u32, Arc<SignedOrderSet>>;

/// An account's step with the fills of a tick.
struct Grown {
    step: PendingStep,
    /// Whether it is a new step, after the one that was growing.
    begins: bool,
    /// The account after it.
    after: Account,
}

impl Venue {
    /// Runs one call auction over all instruments at `time`.
    ///
    /// Accounts at risk are liquidated in it; their own orders rest meanwhile.
    ///
    /// An account whose fills would break a rule is left out, and the auctions run again without it. Where more accounts
    /// would trade than one batch can hold, the auctions run again with the earliest order sets of those.
    pub fn tick(&mut self, time: u64) -> Result<TickReport, EngineError> {
        let open = self.open.as_ref().ok_or(EngineError::NoOpenBatch)?;
        // An instrument has one price at one time.
        if time < self.now || open.ticked == Some(time) {
            return Err(EngineError::Time {
                given: time,
                current: self.now,
            });
        }
        let mut report = TickReport {
            time,
            ..TickReport::default()
        };
        let at_risk = open.at_risk.iter();
        let forced: ForcedSets = at_risk
            .filter_map(|account| Some((*account, self.forced_set(open, *account)?)))
            .collect();
        let mut bids = self.bids(open, &forced, time);
        let (clearings, grown) = loop {
            let clearings = clear_all(open, &bids);
            let fills = fills_by_account(&clearings, time);
            let largest = largest_tick(&self.config.shape);
            if fills.len() > largest {
                report.waiting += fills.len() - largest;
                let kept = self.earliest(fills.into_keys().collect(), largest);
                keep_bids(&mut bids, |account| kept.contains(&account));
                continue;
            }
            let (grown, refused) = self.grow_all(open, &forced, fills, time);
            if refused.is_empty() {
                break (clearings, grown);
            }
            let refused: BTreeMap<_, _> = refused.into_iter().collect();
            keep_bids(&mut bids, |account| !refused.contains_key(&account));
            report.left_out.extend(refused);
        };
        let ends = |g: &Grown| open.growing.get(&g.step.account).filter(|_| g.begins);
        let fresh = |g: &&Grown| !open.growing.contains_key(&g.step.account);
        let still_growing = open.growing.len() + grown.iter().filter(fresh).count();
        self.ensure_chunks_fit(open, grown.iter().filter_map(ends), still_growing)?;

        for (instrument, clearing) in clearings {
            report
                .clearings
                .push((instrument, clearing.price, clearing.volume));
            let trades = clearing.matches.iter();
            report
                .trades
                .extend(trades.filter_map(|m| self.trade(&forced, instrument, clearing.price, m)));
        }
        self.now = time;
        if let Some(open) = &mut self.open {
            open.ticked = Some(time);
        }
        self.live
            .retain(|_, live| live.signed.set.valid_until >= time);
        for Grown {
            step,
            begins,
            after,
        } in grown
        {
            let account = step.account;
            if step.forced.is_some() {
                report.liquidated.push((account, step.penalty()));
            }
            if begins {
                self.finish(account);
            }
            self.current[account as usize] = Arc::new(after);
            if let Some(open) = &mut self.open {
                open.growing.insert(account, step);
            }
        }
        Ok(report)
    }

    /// What is left of all live orders, by instrument.
    fn bids(&self, open: &Open, forced: &ForcedSets, time: u64) -> Vec<Vec<Bid>> {
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
            let set = &live.signed.set;
            let valid = set.valid_from <= time && time <= set.valid_until;
            if !valid || set.max_fee < open.snapshot.fee_rate {
                continue;
            }
            let orders = set.orders.iter().enumerate();
            for (slot, order) in orders.filter_map(|(i, o)| Some((i, o.as_ref()?))) {
                let filled = self.filled(*account, slot, order.id);
                let quantity = order.quantity.saturating_sub(filled);
                if quantity > 0 {
                    bids[order.instrument as usize].push(Bid {
                        account: *account,
                        slot,
                        side: order.side,
                        limit: order.limit,
                        quantity,
                        arrival: live.arrival,
                    });
                }
            }
        }
        bids
    }

    /// Lots filled of an order, 0 if the slot still holds another one.
    fn filled(&self, account: u32, slot: usize, id: u32) -> u64 {
        let held = self.account(account).and_then(|a| a.slots.get(slot));
        held.filter(|s| s.id == id).map_or(0, |s| s.filled)
    }

    /// So many of these accounts, those whose order sets came first.
    fn earliest(&self, mut accounts: Vec<u32>, count: usize) -> BTreeSet<u32> {
        let arrival = |account: &u32| self.live.get(account).map(|live| live.arrival);
        accounts.sort_by_key(arrival);
        accounts.into_iter().take(count).collect()
    }

    /// The steps that hold the fills, and the accounts that the fills would bring into conflict with a rule.
    fn grow_all(
        &self,
        open: &Open,
        forced: &ForcedSets,
        fills: BTreeMap<u32, Vec<PricedFill>>,
        time: u64,
    ) -> (Vec<Grown>, Vec<(u32, StepError)>) {
        let (mut grown, mut refused) = (Vec::with_capacity(fills.len()), Vec::new());
        for (account, fills) in fills {
            let (mut step, begins) = self.grown(open, forced, account, &fills);
            let result = match step.forced {
                None => self.simulate(&step, time),
                Some(_) => self.with_penalty(&mut step, time),
            };
            match result {
                Ok((after, effects)) => {
                    step.take(&effects);
                    grown.push(Grown {
                        step,
                        begins,
                        after,
                    });
                }
                Err(error) => refused.push((account, error)),
            }
        }
        (grown, refused)
    }

    /// The account's growing step with more fills; or, if they do not fit or the order set is another by now, a new step,
    /// and true.
    ///
    /// A liquidation is always a step of its own.
    fn grown(
        &self,
        open: &Open,
        forced: &ForcedSets,
        account: u32,
        fills: &[PricedFill],
    ) -> (PendingStep, bool) {
        let own = self.live.get(&account).map(|live| &live.signed);
        let set = forced.get(&account).or(own);
        let is_forced = forced.contains_key(&account);
        let room = |step: &&PendingStep| {
            !is_forced
                && step.forced.is_none()
                && step.fills.len() + fills.len() <= self.config.shape.fills as usize
                && step.set.as_ref().map(|s| s.set.sequence) == set.map(|s| s.set.sequence)
        };
        match open.growing.get(&account).filter(room) {
            Some(step) => {
                let mut step = step.clone();
                step.fills.extend_from_slice(fills);
                (step, false)
            }
            None => {
                let step = PendingStep {
                    account,
                    exists: true,
                    set: set.cloned(),
                    fills: fills.to_vec(),
                    before: self.current.get(account as usize).cloned(),
                    forced: is_forced.then_some(Forced::Liquidation { penalty: 0 }),
                    ..PendingStep::default()
                };
                (step, true)
            }
        }
    }

    fn trade(
        &self,
        forced: &ForcedSets,
        instrument: u16,
        price: Price,
        m: &Match,
    ) -> Option<Trade> {
        let own = self.live.get(&m.account).map(|live| &live.signed);
        let set = forced.get(&m.account).or(own)?;
        let order = set.set.order(m.slot)?;
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

fn clear_all(open: &Open, bids: &[Vec<Bid>]) -> Vec<(u16, Clearing)> {
    let tradable = |i: usize| {
        open.snapshot.rows[i].mark > 0 && !open.terms.halted.get(i).copied().unwrap_or(false)
    };
    let books = bids.iter().enumerate().filter(|(i, _)| tradable(*i));
    books
        .filter_map(|(i, book)| {
            let (mark, band) = (open.snapshot.rows[i].mark, *open.terms.bands.get(i)?);
            Some((i as u16, auction::clear(book, mark, band)?))
        })
        .collect()
}

fn keep_bids(bids: &mut [Vec<Bid>], keep: impl Fn(u32) -> bool) {
    for book in bids {
        book.retain(|bid| keep(bid.account));
    }
}

fn fills_by_account(clearings: &[(u16, Clearing)], time: u64) -> BTreeMap<u32, Vec<PricedFill>> {
    let mut fills: BTreeMap<u32, Vec<PricedFill>> = BTreeMap::new();
    for (instrument, clearing) in clearings {
        let entry = PriceEntry {
            instrument: *instrument,
            time,
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
