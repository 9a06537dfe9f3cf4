//! Auctions: one call auction per instrument, and the steps that its fills go to.

use crate::{
    auction::{self, Bid, Clearing, Match},
    error::EngineError,
    pending::{PendingStep, PricedFill},
    venue::{Open, Venue, limits::largest_auction},
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

/// What an auction did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AuctionReport {
    /// Time of the auction.
    pub time: u64,
    /// Clearing prices and volumes by instrument.
    pub clearings: Vec<(u16, Price, u64)>,
    /// All fills.
    pub trades: Vec<Trade>,
    /// Accounts whose orders were left out of the auction, with the rule that they would have broken.
    pub left_out: Vec<(u32, StepError)>,
    /// Accounts that would have traded if a batch could hold more; their orders wait for the next auction.
    pub waiting: usize,
    /// Accounts whose orders were cancelled before the auctions, as nothing was heard of them for as long as they said.
    pub silent: Vec<u32>,
    /// Accounts that were liquidated, with the penalty that each paid; the insurance fund where it closed something.
    pub liquidated: Vec<(u32, u64)>,
}

/// An account whose fills would break a rule, their slots, and the rule.
type Refusal = (u32, Vec<usize>, StepError);

/// Orders of the venue's own making by account, which take the place of the account's.
pub(super) type ForcedSets = BTreeMap<u32, Arc<SignedOrderSet>>;

/// An account's step with the fills of an auction.
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
    pub fn run_auction(&mut self, time: u64) -> Result<AuctionReport, EngineError> {
        let open = self.open.as_ref().ok_or(EngineError::NoOpenBatch)?;
        // An instrument has one price at one time.
        if time < self.now || open.auctioned == Some(time) {
            return Err(EngineError::Time {
                given: time,
                current: self.now,
            });
        }
        let mut report = AuctionReport {
            time,
            silent: self.silent_at(time),
            ..AuctionReport::default()
        };
        let at_risk = open.at_risk.iter();
        let forced: ForcedSets = at_risk
            .filter_map(|account| Some((*account, self.forced_set(open, *account)?)))
            .collect();
        let mut bids = self.bids(open, &forced, time);
        if !report.silent.is_empty() {
            keep_bids(&mut bids, |account| {
                forced.contains_key(&account) || !report.silent.contains(&account)
            });
        }
        let (clearings, grown) = loop {
            let clearings = self.clear_all(open, &bids);
            if self.drop_conditional(&mut bids, &forced, &clearings) {
                continue;
            }
            let fills = fills_by_account(&clearings, time);
            let largest = largest_auction(&self.config.shape);
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
            // Of an order that only reduces, nobody but itself is to blame.
            let grows = refused.iter().filter_map(|refusal| match refusal {
                (account, slots, StepError::FillGrows(i)) => Some((*account, *slots.get(*i)?)),
                _ => None,
            });
            let grows: BTreeSet<(u32, usize)> = grows.collect();
            let left_out: BTreeMap<_, _> = refused
                .into_iter()
                .filter(|(.., error)| !matches!(error, StepError::FillGrows(_)))
                .map(|(account, _, error)| (account, error))
                .collect();
            for book in &mut bids {
                book.retain(|bid| {
                    !left_out.contains_key(&bid.account)
                        && !grows.contains(&(bid.account, bid.slot))
                });
            }
            report.left_out.extend(left_out);
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
        self.cancel(&report.silent);
        self.now = time;
        if let Some(open) = &mut self.open {
            open.auctioned = Some(time);
        }
        self.live
            .retain(|_, live| live.signed.set.valid_until >= time);
        for live in self.live.values_mut() {
            live.auctioned |= live.signed.set.valid_from <= time;
        }
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
            self.put(account, after);
            if let Some(open) = &mut self.open {
                open.growing.insert(account, step);
            }
        }
        Ok(report)
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
    ) -> (Vec<Grown>, Vec<Refusal>) {
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
                Err(error) => {
                    let slots = step.fills.iter().map(|fill| fill.slot);
                    refused.push((account, slots.collect(), error));
                }
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
        // What the rules say of a reduce-only order, they say of the whole step.
        let reduces = |fills: &[PricedFill]| {
            let orders = fills.iter().filter_map(|fill| set?.set.order(fill.slot));
            orders.into_iter().any(|order| order.reduce_only)
        };
        let room = |step: &&PendingStep| {
            !is_forced
                && step.forced.is_none()
                && !reduces(fills)
                && !reduces(&step.fills)
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
                let forced = is_forced.then_some(Forced::Liquidation { penalty: 0 });
                let step = PendingStep {
                    set: set.cloned(),
                    fills: fills.to_vec(),
                    ..self.step_on(account, forced)
                };
                (step, true)
            }
        }
    }

    /// Clears all instruments that trade.
    fn clear_all(&self, open: &Open, bids: &[Vec<Bid>]) -> Vec<(u16, Clearing)> {
        let clear = |(i, book): (usize, &Vec<Bid>)| {
            let mark = open.snapshot.rows.get(i)?.mark;
            if mark == 0 || open.halted(i) {
                return None;
            }
            let band = *open.terms.bands.get(i)?;
            let slot = u16::try_from(i).ok()?;
            let clearing = auction::clear(book, mark, band)?;
            if self.within_cap(open, i, clearing.volume) {
                return Some((slot, clearing));
            }
            // No room for all of it: only what makes positions smaller.
            let reducing = self.reducing(slot, book);
            Some((slot, auction::clear(&reducing, mark, band)?))
        };
        bids.iter().enumerate().filter_map(clear).collect()
    }

    /// Whether so many lots leave the open interest within its cap, whoever opens or closes with them.
    fn within_cap(&self, open: &Open, slot: usize, volume: u64) -> bool {
        let cap = open.terms.open_interest_caps.get(slot);
        let held = self.open_interest.get(slot).copied().unwrap_or(0);
        cap.is_none_or(|cap| held + 2 * i128::from(volume) <= i128::from(*cap))
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
            deleverages: false,
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
