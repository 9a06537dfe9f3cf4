//! The call auction: one price per instrument and auction.
//!
//! The price maximises the matched quantity, then leaves the least imbalance, then lies nearest the
//! mark, inside the band. Better limits go first, then earlier orders; each order is filled at most
//! once per auction.

use clearproof_primitives::{fixed::Price, ids::AccountIndex, order::Side};
use std::cmp::Reverse;

/// An order in the auction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AuctionOrder {
    /// Owner's account.
    pub account: AccountIndex,
    /// Slot in the owner's order set.
    pub slot: usize,
    /// Direction.
    pub side: Side,
    /// Worst acceptable price.
    pub limit: Price,
    /// Lots left, at least 1.
    pub quantity: u64,
    /// Place in the order of arrival.
    pub arrival: u64,
}

/// The fill of one order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Match {
    /// Owner's account.
    pub account: AccountIndex,
    /// Slot in the owner's order set.
    pub slot: usize,
    /// Lots.
    pub quantity: u64,
}

/// An auction's outcome: the price and the fills. Bought and sold lots are equal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Clearing {
    /// The uniform price.
    pub price: Price,
    /// Lots that change hands.
    pub volume: u64,
    /// Filled orders.
    pub matches: Vec<Match>,
}

/// A price that an auction may clear at.
struct Candidate {
    price: Price,
    volume: u128,
    imbalance: u128,
    /// Distance from the mark.
    distance: u64,
}

impl Candidate {
    /// True if the auction prefers this price to the other one.
    fn is_better(&self, other: &Self) -> bool {
        let rank = |c: &Self| (Reverse(c.volume), c.imbalance, c.distance);
        rank(self) < rank(other)
    }
}

/// Lowest and highest price allowed around a mark, both at most `band` away; never 0.
pub fn allowed(mark: Price, band: Price) -> (Price, Price) {
    (mark.saturating_sub(band).max(1), mark.saturating_add(band))
}

/// Clears one instrument. `None` if nothing matches inside the band.
pub fn clear(orders: &[AuctionOrder], mark: Price, band: Price) -> Option<Clearing> {
    let (mut buys, mut sells) = meeting(orders)?;
    buys.sort_by_key(|order| (Reverse(order.limit), order.arrival));
    sells.sort_by_key(|order| (order.limit, order.arrival));
    let best = best_price(&buys, &sells, mark, band)?;
    let (price, volume) = (best.price, u64::try_from(best.volume).ok()?);
    let mut matches = Vec::new();
    let buyers = buys.into_iter().filter(|order| order.limit >= price);
    fill(buyers, volume, &mut matches);
    let sellers = sells.into_iter().filter(|order| order.limit <= price);
    fill(sellers, volume, &mut matches);
    Some(Clearing {
        price,
        volume,
        matches,
    })
}

/// The best of all limits and the mark, each moved into the band; the lowest of several that are
/// equally good. Both sides come sorted, best limits first.
fn best_price(
    buys: &[&AuctionOrder],
    sells: &[&AuctionOrder],
    mark: Price,
    band: Price,
) -> Option<Candidate> {
    let (lowest, highest) = allowed(mark, band);
    let limits = buys.iter().chain(sells).map(|order| order.limit);
    let mut prices: Vec<_> = limits
        .chain([mark])
        .map(|price| price.clamp(lowest, highest))
        .collect();
    prices.sort_unstable();
    prices.dedup();

    // Ascending prices: supply grows with the sells reached, demand shrinks with the buys passed.
    let total_demand: u128 = buys.iter().map(|order| order.quantity as u128).sum();
    let (mut supplied, mut sell_at) = (0u128, 0);
    let (mut dropped, mut buy_at) = (0u128, buys.len());
    let mut best: Option<Candidate> = None;
    for price in prices {
        while sell_at < sells.len() && sells[sell_at].limit <= price {
            supplied += sells[sell_at].quantity as u128;
            sell_at += 1;
        }
        while buy_at > 0 && buys[buy_at - 1].limit < price {
            buy_at -= 1;
            dropped += buys[buy_at].quantity as u128;
        }
        let demanded = total_demand - dropped;
        let candidate = Candidate {
            price,
            volume: demanded.min(supplied),
            imbalance: demanded.abs_diff(supplied),
            distance: price.abs_diff(mark),
        };
        let better = best.as_ref().is_none_or(|best| candidate.is_better(best));
        if candidate.volume > 0 && better {
            best = Some(candidate);
        }
    }
    best
}

/// Fills the orders of one side in their order until `volume` lots are matched.
fn fill<'a>(
    willing: impl Iterator<Item = &'a AuctionOrder>,
    volume: u64,
    matches: &mut Vec<Match>,
) {
    let mut left = volume;
    for order in willing {
        let quantity = order.quantity.min(left);
        if quantity == 0 {
            break;
        }
        left -= quantity;
        matches.push(Match {
            account: order.account,
            slot: order.slot,
            quantity,
        });
    }
}

/// Buys and sells that reach the best limit of the other side; `None` if there are none.
///
/// The other orders, in a deep book nearly all, have no influence. At a price at which anything
/// matches, such an order neither demands nor supplies. Where one of their limits is moved into the
/// band to such a price, so is the best limit of the other side.
fn meeting(orders: &[AuctionOrder]) -> Option<(Vec<&AuctionOrder>, Vec<&AuctionOrder>)> {
    let limits = |side| {
        let of_side = orders.iter().filter(move |order| order.side == side);
        of_side.map(|order| order.limit)
    };
    let (best_buy, best_sell) = (limits(Side::Buy).max()?, limits(Side::Sell).min()?);
    if best_buy < best_sell {
        return None;
    }
    let meets = |order: &&AuctionOrder| match order.side {
        Side::Buy => order.limit >= best_sell,
        Side::Sell => order.limit <= best_buy,
    };
    let is_buy = |order: &&AuctionOrder| order.side == Side::Buy;
    Some(orders.iter().filter(meets).partition(is_buy))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use proptest::prelude::*;

    const WIDE: Price = 50;
    const BAND: Price = 6;

    fn order(account: AccountIndex, side: Side, limit: Price, quantity: u64) -> AuctionOrder {
        AuctionOrder {
            account,
            slot: 0,
            side,
            limit,
            quantity,
            arrival: u64::from(account.get()),
        }
    }

    fn at(index: usize) -> AccountIndex {
        AccountIndex::new(index as u32)
    }

    fn side(buys: bool) -> Side {
        if buys { Side::Buy } else { Side::Sell }
    }

    #[test]
    fn the_price_maximises_volume_then_nears_the_mark() {
        let orders = [
            order(at(1), Side::Buy, 105, 10),
            order(at(2), Side::Sell, 95, 10),
        ];
        let clearing = clear(&orders, 101, WIDE).unwrap();
        assert_eq!((clearing.price, clearing.volume), (101, 10));
        assert_eq!(
            clear(&orders, 120, 7).map(|c| c.price),
            None,
            "the band ends at 113, above every buyer"
        );
    }

    #[test]
    fn better_limits_and_earlier_orders_go_first() {
        let orders = [
            order(at(1), Side::Buy, 100, 5),
            order(at(2), Side::Buy, 101, 5),
            order(at(3), Side::Buy, 100, 5),
            order(at(4), Side::Sell, 100, 8),
        ];
        let clearing = clear(&orders, 100, WIDE).unwrap();
        let filled = |account| {
            clearing
                .matches
                .iter()
                .find(|m| m.account == account)
                .map_or(0, |m| m.quantity)
        };
        assert_eq!([1, 2, 3, 4].map(at).map(filled), [3, 5, 0, 8]);
    }

    /// The price as the module's documentation defines it, out of all limits and the mark; the
    /// lowest of several that are equally good.
    fn by_definition(orders: &[AuctionOrder], mark: Price, band: Price) -> Option<Price> {
        let (lowest, highest) = allowed(mark, band);
        let limits = orders.iter().map(|b| b.limit).chain([mark]);
        let prices = limits.map(|limit| limit.clamp(lowest, highest));
        let sum = |side, within: &dyn Fn(Price) -> bool| -> u64 {
            let of_side = orders.iter().filter(|b| b.side == side);
            of_side
                .filter(|b| within(b.limit))
                .map(|b| b.quantity)
                .sum()
        };
        let rank = |price: Price| {
            let demand = sum(Side::Buy, &|limit| limit >= price);
            let supply = sum(Side::Sell, &|limit| limit <= price);
            let (volume, imbalance) = (demand.min(supply), demand.abs_diff(supply));
            (Reverse(volume), imbalance, price.abs_diff(mark), price)
        };
        let best = prices.map(rank).min()?;
        (best.0.0 > 0).then_some(best.3)
    }

    proptest! {
        #[test]
        fn the_price_is_the_defined_one(
            raw in proptest::collection::vec((any::<bool>(), 80u64..120, 1u64..5), 0..20),
            mark in 70u64..130,
            band in 0u64..20,
        ) {
            let orders: Vec<_> = raw
                .iter()
                .enumerate()
                .map(|(i, (buys, limit, lots))| order(at(i), side(*buys), *limit, *lots))
                .collect();
            let price = clear(&orders, mark, band).map(|clearing| clearing.price);
            prop_assert_eq!(price, by_definition(&orders, mark, band));
        }

        #[test]
        fn bought_equals_sold_within_limits_and_no_price_matches_more(
            raw in proptest::collection::vec((any::<bool>(), 80u64..120, 1u64..50), 0..20),
            mark in 90u64..110,
        ) {
            let orders: Vec<_> = raw
                .iter()
                .enumerate()
                .map(|(i, (buys, limit, lots))| order(at(i), side(*buys), *limit, *lots))
                .collect();
            let (lowest, highest) = allowed(mark, BAND);
            let volume_at = |price: u64| {
                let lots = |within: &dyn Fn(&&AuctionOrder) -> bool| -> u64 {
                    orders.iter().filter(within).map(|b| b.quantity).sum()
                };
                let demand = lots(&|b| b.side == Side::Buy && b.limit >= price);
                let supply = lots(&|b| b.side == Side::Sell && b.limit <= price);
                demand.min(supply)
            };
            let best = (lowest..=highest).map(volume_at).max().unwrap_or(0);
            match clear(&orders, mark, BAND) {
                None => prop_assert_eq!(best, 0),
                Some(clearing) => {
                    prop_assert!((lowest..=highest).contains(&clearing.price));
                    prop_assert_eq!(clearing.volume, best);
                    for side in [Side::Buy, Side::Sell] {
                        let of_side = |m: &&Match| orders[m.account.place()].side == side;
                        let filled = clearing.matches.iter().filter(of_side);
                        let filled: u64 = filled.map(|m| m.quantity).sum();
                        prop_assert_eq!(filled, clearing.volume);
                    }
                    for m in &clearing.matches {
                        let b = &orders[m.account.place()];
                        prop_assert!(m.quantity <= b.quantity);
                        let within = match b.side {
                            Side::Buy => b.limit >= clearing.price,
                            Side::Sell => b.limit <= clearing.price,
                        };
                        prop_assert!(within);
                    }
                }
            }
        }
    }
}
