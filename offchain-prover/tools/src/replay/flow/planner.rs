//! The order sets for the rows between two auctions, signed and checked ahead of time.

use super::{
    book::Book,
    desk::{Desk, Place},
};
use crate::replay::recording::{Event, Form, Recorded};
use anyhow::Result;
use clearproof_engine::{AuctionReport, Candidate, Venue};
use clearproof_primitives::{
    fixed::Price,
    order::Side,
    shape::{Shape, TIME_BITS},
    time::Millis,
};
use std::{
    collections::{BTreeMap, BTreeSet},
    ops::Range,
};

/// The last possible time: makers' orders rest until they are replaced.
const FOR_EVER: Millis = Millis::new((1 << TIME_BITS) - 1);

/// An order set that is ready to be submitted.
pub struct Ready {
    /// The set; its signature is checked.
    pub candidate: Candidate,
    /// Number of its orders that are new, changed or removed, compared with the set before it.
    pub updates: u64,
}

/// Rows before an auction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Window {
    /// Time of the auction.
    pub auction: Millis,
    /// The rows.
    pub rows: Range<usize>,
}

/// Returns the windows of a recording. A window without rows is left out.
///
/// Levels and their trades have an auction every `length` milliseconds. In a recording of trades
/// alone each trade has an auction of its own, at its price; only trades of one millisecond and one
/// price share theirs. Further auctions of the same millisecond take place in the following ones.
pub fn windows(form: Form, rows: &[Recorded], length: Millis) -> Vec<Window> {
    let first = rows.first().map_or(Millis::ZERO, |row| row.time);
    let number = |row: &Recorded| (row.time - first).get() / length.get();
    let together = |a: &Recorded, b: &Recorded| match (form, a.event, b.event) {
        (Form::Trades, Event::Trade { price: one, .. }, Event::Trade { price: other, .. }) => {
            a.time == b.time && one == other
        }
        _ => number(a) == number(b),
    };
    let mut list: Vec<Window> = Vec::new();
    let mut begin = 0;
    for run in rows.chunk_by(together) {
        let earliest = list
            .last()
            .map_or(Millis::ZERO, |window| window.auction + Millis::new(1));
        let auction = match form {
            Form::Levels => first + length * (number(&run[0]) + 1),
            Form::Trades => earliest.max(run[0].time + Millis::new(1)),
        };
        list.push(Window {
            auction,
            rows: begin..begin + run.len(),
        });
        begin += run.len();
    }
    list
}

/// Returns the most levels that need an order at once: those at a window's beginning and those that
/// appear in it.
pub fn levels_needed(rows: &[Recorded], windows: &[Window]) -> usize {
    let mut levels = BTreeMap::new();
    let mut most = 0;
    for window in windows {
        for row in &rows[window.rows.clone()] {
            if let Event::Level { side, price, lots } = row.event {
                let level = levels.entry((side == Side::Buy, price)).or_insert(0);
                *level = lots;
            }
        }
        most = most.max(levels.len());
        levels.retain(|_, lots| *lots > 0);
    }
    most
}

/// Members who take turns; their orders are valid for the next auction only.
struct Rotation {
    members: Range<usize>,
    next: usize,
    /// Number of orders of each member since the last auction.
    used: Vec<usize>,
}

impl Rotation {
    fn new(members: Range<usize>) -> Self {
        Self {
            used: vec![0; members.len()],
            members,
            next: 0,
        }
    }

    /// Returns a free slot of the member whose turn it is; none if all slots of all members are
    /// taken.
    fn place(&mut self, orders_per_set: usize) -> Option<Place> {
        let turn = self.next % self.used.len().max(1);
        let used = self.used.get_mut(turn)?;
        let slot = *used;
        if slot == orders_per_set {
            return None;
        }
        *used += 1;
        self.next += 1;
        Some(Place {
            member: self.members.start + turn,
            slot,
        })
    }

    /// Removes all orders after the auction.
    fn clear(&mut self, desk: &mut Desk) {
        for (member, used) in self.members.clone().zip(&mut self.used) {
            if std::mem::take(used) > 0 {
                desk.clear(member);
            }
        }
    }
}

/// A recorded trade.
struct Trade {
    taker: Side,
    price: Price,
    lots: u64,
    /// The worst price that the taker accepted.
    limit: Price,
}

/// True if both are trades of one taker's order, which went through several levels of the book.
fn sweeps(a: &Recorded, b: &Recorded) -> bool {
    match (a.event, b.event) {
        (Event::Trade { taker: one, .. }, Event::Trade { taker: other, .. }) => {
            one == other && a.time == b.time
        }
        _ => false,
    }
}

/// Returns the worst price for the taker among these trades.
fn farthest(run: &[Recorded], taker: Side) -> Option<Price> {
    let prices = run.iter().filter_map(|row| match row.event {
        Event::Trade { price, .. } => Some(price),
        Event::Level { .. } => None,
    });
    match taker {
        Side::Buy => prices.max(),
        Side::Sell => prices.min(),
    }
}

/// Turns rows into order sets.
pub struct Planner {
    form: Form,
    makers: Range<usize>,
    takers: Rotation,
    /// In a recording of trades, the members that trade with the takers.
    counterparts: Rotation,
    /// In a recording of levels, the book.
    book: Book,
    /// Price of the last trade.
    last: Option<Price>,
    /// Number of rows of levels so far.
    pub level_rows: u64,
    /// Number of trades so far.
    pub trade_rows: u64,
    /// Lots of these trades.
    pub traded: u128,
    /// Number of trades for which no slot was free.
    pub crowded_out: u64,
}

impl Planner {
    /// Returns the number of makers that a recording needs for this number of takers.
    pub fn makers_needed(
        form: Form,
        rows: &[Recorded],
        windows: &[Window],
        shape: &Shape,
        takers: usize,
    ) -> usize {
        match form {
            Form::Levels => levels_needed(rows, windows).div_ceil(shape.orders.into()),
            Form::Trades => takers,
        }
    }

    /// Makes the desk's members up to `makers` makers, and all others takers.
    pub fn new(form: Form, desk: &Desk, makers: usize) -> Self {
        let book = match form {
            Form::Levels => 0..makers,
            Form::Trades => 0..0,
        };
        Self {
            form,
            makers: 0..makers,
            takers: Rotation::new(makers..desk.len()),
            counterparts: Rotation::new(0..makers),
            book: Book::new(book, desk.orders_per_set()),
            last: None,
            level_rows: 0,
            trade_rows: 0,
            traded: 0,
            crowded_out: 0,
        }
    }

    /// Returns the most levels so far.
    pub fn most_levels(&self) -> usize {
        self.book.most
    }

    /// Returns the price that the mark follows: the middle of the book, or else the last trade.
    pub fn price(&self) -> Option<Price> {
        self.book.middle().or(self.last)
    }

    /// Returns the order sets of a window's rows, in the order of the rows.
    ///
    /// # Errors
    /// A set that no venue would accept.
    pub fn plan(
        &mut self,
        desk: &mut Desk,
        rows: &[Recorded],
        auction: Millis,
    ) -> Result<Vec<Ready>> {
        let mut ready = Vec::new();
        self.takers.clear(desk);
        if self.form == Form::Trades {
            self.counterparts.clear(desk);
        }
        let mut changed: BTreeSet<Place> = self.book.set_right(desk).into_iter().collect();
        sign_changed(desk, &mut changed, &mut ready)?;
        for run in rows.chunk_by(|a, b| a.message == b.message || sweeps(a, b)) {
            for row in run {
                match row.event {
                    Event::Level { side, price, lots } => {
                        self.level_rows += 1;
                        changed.extend(self.book.set(desk, side, price, lots));
                    }
                    Event::Trade { taker, price, lots } => {
                        let trade = Trade {
                            taker,
                            price,
                            lots,
                            limit: farthest(run, taker).unwrap_or(price),
                        };
                        self.trade(desk, &trade, auction, &mut ready)?;
                    }
                }
            }
            sign_changed(desk, &mut changed, &mut ready)?;
        }
        Ok(ready)
    }

    /// Turns a trade into a taker's order; in a recording of trades alone, into a counterpart's
    /// order as well.
    fn trade(
        &mut self,
        desk: &mut Desk,
        trade: &Trade,
        auction: Millis,
        ready: &mut Vec<Ready>,
    ) -> Result<()> {
        let Trade {
            taker,
            price,
            lots,
            limit,
        } = *trade;
        self.trade_rows += 1;
        self.traded += u128::from(lots);
        self.last = Some(price);
        let maker = match taker {
            Side::Buy => Side::Sell,
            Side::Sell => Side::Buy,
        };
        let slots = desk.orders_per_set();
        let Some(place) = self.takers.place(slots) else {
            self.crowded_out += 1;
            return Ok(());
        };
        let mut orders = vec![(place, taker)];
        match self.form {
            Form::Levels => self.book.trade(maker, price, lots),
            // As many makers as takers take turns, so one is free.
            Form::Trades => orders.extend(self.counterparts.place(slots).map(|at| (at, maker))),
        }
        for (place, side) in orders.into_iter().rev() {
            desk.put(place, side, limit, lots);
            ready.push(Ready {
                candidate: desk.sign(place.member, auction)?,
                updates: 1,
            });
        }
        Ok(())
    }

    /// Notes the fills of an auction.
    pub fn note(&mut self, desk: &mut Desk, venue: &Venue, auction: &AuctionReport) {
        if self.form == Form::Trades {
            return;
        }
        let filled = auction.trades.iter().filter_map(|trade| {
            let member = desk.member_of(trade.account)?;
            self.makers
                .contains(&member)
                .then_some((member, trade.slot))
        });
        let filled: BTreeSet<_> = filled.collect();
        for (member, slot) in filled {
            desk.refresh(venue, member);
            self.book.filled(desk, Place { member, slot });
        }
    }
}

/// Signs the sets that have changed.
fn sign_changed(
    desk: &mut Desk,
    changed: &mut BTreeSet<Place>,
    ready: &mut Vec<Ready>,
) -> Result<()> {
    let changed: Vec<_> = std::mem::take(changed).into_iter().collect();
    for of_member in changed.chunk_by(|a, b| a.member == b.member) {
        ready.push(Ready {
            candidate: desk.sign(of_member[0].member, FOR_EVER)?,
            updates: of_member.len() as u64,
        });
    }
    Ok(())
}
