//! The recorded book in makers' order sets: each level is one order.

use super::desk::{Desk, Place};
use clearproof_primitives::{fixed::Price, order::Side};
use std::{
    cmp::Reverse,
    collections::{BTreeMap, BTreeSet, BinaryHeap},
};

/// A level.
#[derive(Clone, Copy, Debug)]
struct Level {
    place: Place,
    /// Lots of the level in the recording.
    recorded: u64,
    /// Lots that were traded there since the last auction. The next auction is to match them, so
    /// they are not cancelled before it.
    traded: u64,
}

/// Bids or asks by price.
type Levels = BTreeMap<Price, Level>;

/// All levels.
pub struct Book {
    bids: Levels,
    asks: Levels,
    free: BinaryHeap<Reverse<Place>>,
    /// Levels whose orders may have differed from the recording since the last auction.
    unsettled: BTreeSet<(bool, Price)>,
    /// The most levels so far.
    pub most: usize,
}

impl Book {
    /// Returns an empty book with room in the sets of these members.
    pub fn new(members: std::ops::Range<usize>, orders_per_set: usize) -> Self {
        let places = |member| (0..orders_per_set).map(move |slot| Reverse(Place { member, slot }));
        Self {
            bids: Levels::new(),
            asks: Levels::new(),
            free: members.flat_map(places).collect(),
            unsettled: BTreeSet::new(),
            most: 0,
        }
    }

    fn levels(&mut self, side: Side) -> &mut Levels {
        match side {
            Side::Buy => &mut self.bids,
            Side::Sell => &mut self.asks,
        }
    }

    /// Sets the lots of a level from now on. Returns the place of the changed order, if one
    /// changed.
    pub fn set(&mut self, desk: &mut Desk, side: Side, price: Price, lots: u64) -> Option<Place> {
        if !self.levels(side).contains_key(&price) {
            if lots == 0 {
                return None;
            }
            // Room for all levels was counted before; see `levels_needed`.
            let Reverse(place) = self.free.pop()?;
            let level = Level {
                place,
                recorded: 0,
                traded: 0,
            };
            self.levels(side).insert(price, level);
            self.most = self.most.max(self.bids.len() + self.asks.len());
        }
        let level = self.levels(side).get_mut(&price)?;
        level.recorded = lots;
        self.adjust(desk, side, price)
    }

    /// Adjusts a level's order to the recording.
    fn adjust(&mut self, desk: &mut Desk, side: Side, price: Price) -> Option<Place> {
        let level = *self.levels(side).get(&price)?;
        let left = desk.left(level.place);
        let wanted = level.recorded.max(left.min(level.recorded + level.traded));
        if wanted == 0 {
            self.levels(side).remove(&price);
            self.free.push(Reverse(level.place));
        }
        // An order that was filled and is no longer wanted is removed from the desk; nothing
        // changes for the venue.
        if wanted != left || wanted == 0 {
            desk.put(level.place, side, price, wanted);
        }
        (wanted != left).then_some(level.place)
    }

    /// Notes that lots of a level were traded.
    pub fn trade(&mut self, side: Side, price: Price, lots: u64) {
        if let Some(level) = self.levels(side).get_mut(&price) {
            level.traded += lots;
            self.unsettled.insert((side == Side::Buy, price));
        }
    }

    /// Notes that the order at a place was filled in an auction.
    pub fn filled(&mut self, desk: &Desk, place: Place) {
        if let Some(order) = desk.order(place) {
            self.unsettled
                .insert((order.side == Side::Buy, order.limit));
        }
    }

    /// Corrects the orders that differ from the recording after an auction. Returns their places.
    pub fn set_right(&mut self, desk: &mut Desk) -> Vec<Place> {
        let mut changed = Vec::new();
        for (is_bid, price) in std::mem::take(&mut self.unsettled) {
            let side = if is_bid { Side::Buy } else { Side::Sell };
            if let Some(level) = self.levels(side).get_mut(&price) {
                level.traded = 0;
                changed.extend(self.adjust(desk, side, price));
            }
        }
        changed
    }

    /// Returns the price in the middle of the best recorded bid and ask.
    pub fn middle(&self) -> Option<Price> {
        let holds = |(price, level): (&Price, &Level)| (level.recorded > 0).then_some(*price);
        let bid = self.bids.iter().rev().find_map(holds)?;
        let ask = self.asks.iter().find_map(holds)?;
        Some(bid.midpoint(ask))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::replay::flow::tests::desk_of;

    const BUY: Side = Side::Buy;

    #[test]
    fn a_level_is_one_order_and_a_traded_one_is_left_to_the_auction() {
        let mut desk = desk_of(1);
        let mut book = Book::new(0..1, 2);
        let place = Place { member: 0, slot: 0 };
        assert_eq!(book.set(&mut desk, BUY, 100, 5), Some(place));
        assert_eq!(book.set(&mut desk, BUY, 100, 5), None, "nothing changes");
        book.trade(BUY, 100, 3);
        // The recorded level shrinks by a trade that the auction has not matched yet.
        assert_eq!(book.set(&mut desk, BUY, 100, 2), None);
        assert_eq!(desk.left(place), 5);
        // Two more lots are cancelled.
        assert_eq!(book.set(&mut desk, BUY, 100, 0), Some(place));
        assert_eq!(desk.left(place), 3);
        // The auction did not match them, so they are removed.
        assert_eq!(book.set_right(&mut desk), [place]);
        assert_eq!((desk.left(place), desk.order(place)), (0, None));
        assert_eq!(book.set(&mut desk, Side::Sell, 101, 1), Some(place));
        assert!(
            desk.order(place).is_some(),
            "the slot is free for another level"
        );
    }

    #[test]
    fn the_middle_is_between_the_best_of_both_sides() {
        let mut desk = desk_of(1);
        let mut book = Book::new(0..1, 2);
        book.set(&mut desk, BUY, 100, 5);
        assert_eq!(book.middle(), None);
        book.set(&mut desk, Side::Sell, 110, 5);
        assert_eq!(book.middle(), Some(105));
    }
}
