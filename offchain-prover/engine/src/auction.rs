//! The call auction: one price per instrument and auction.
//!
//! The price maximises the matched quantity, then leaves the least imbalance, then lies nearest the mark, inside the
//! band. Better limits go first, then earlier orders; each order is filled at most once per auction.

use clearproof_primitives::{fixed::Price, order::Side};

/// An order in the auction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bid {
    /// Owner's account.
    pub account: u32,
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

/// What one order gets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Match {
    /// Owner's account.
    pub account: u32,
    /// Slot in the owner's order set.
    pub slot: usize,
    /// Lots.
    pub quantity: u64,
}

/// An auction's outcome: the price, and what is filled; bought and sold lots are equal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Clearing {
    /// The uniform price.
    pub price: Price,
    /// Lots that change hands.
    pub volume: u64,
    /// Filled orders.
    pub matches: Vec<Match>,
}

/// Lowest and highest price allowed around a mark, both at most `band` away; never 0.
pub fn allowed(mark: Price, band: Price) -> (Price, Price) {
    (mark.saturating_sub(band).max(1), mark.saturating_add(band))
}

/// Clears one instrument. `None` if nothing matches inside the band.
pub fn clear(bids: &[Bid], mark: Price, band: Price) -> Option<Clearing> {
    let (lowest, highest) = allowed(mark, band);
    let (mut buys, mut sells) = meeting(bids)?;
    buys.sort_by_key(|b| (std::cmp::Reverse(b.limit), b.arrival));
    sells.sort_by_key(|b| (b.limit, b.arrival));

    let mut candidates: Vec<_> = buys
        .iter()
        .chain(&sells)
        .map(|b| b.limit.clamp(lowest, highest))
        .chain([mark.clamp(lowest, highest)])
        .collect();
    candidates.sort_unstable();
    candidates.dedup();

    // Ascending prices: supply grows with the sells reached, demand shrinks with the buys passed.
    let total_demand: u128 = buys.iter().map(|b| b.quantity as u128).sum();
    let (mut supplied, mut sell_at) = (0u128, 0);
    let (mut dropped, mut buy_at) = (0u128, buys.len());
    let mut best: Option<(u128, u128, u64, Price)> = None;
    for price in candidates {
        while sell_at < sells.len() && sells[sell_at].limit <= price {
            supplied += sells[sell_at].quantity as u128;
            sell_at += 1;
        }
        while buy_at > 0 && buys[buy_at - 1].limit < price {
            buy_at -= 1;
            dropped += buys[buy_at].quantity as u128;
        }
        let demanded = total_demand - dropped;
        let (volume, imbalance) = (demanded.min(supplied), demanded.abs_diff(supplied));
        let distance = price.abs_diff(mark);
        let better = best.is_none_or(|(v, i, d, _)| {
            volume > v || (volume == v && (imbalance < i || (imbalance == i && distance < d)))
        });
        if volume > 0 && better {
            best = Some((volume, imbalance, distance, price));
        }
    }
    let (volume, _, _, price) = best?;
    let volume = u64::try_from(volume).ok()?;
    let mut matches = Vec::new();
    for (side, accepts) in [(&buys, Side::Buy), (&sells, Side::Sell)] {
        let mut left = volume;
        let willing = side.iter().filter(|b| match accepts {
            Side::Buy => b.limit >= price,
            Side::Sell => b.limit <= price,
        });
        for bid in willing {
            let quantity = bid.quantity.min(left);
            if quantity == 0 {
                break;
            }
            left -= quantity;
            matches.push(Match {
                account: bid.account,
                slot: bid.slot,
                quantity,
            });
        }
    }
    Some(Clearing {
        price,
        volume,
        matches,
    })
}

/// Buys and sells that reach the best limit of the other side; `None` if there are none.
///
/// The rest, in a deep book nearly all, decides nothing: at a price at which anything matches it neither demands nor supplies, and
/// where a limit of it is brought into the band to such a price, so is the best limit of the other side.
fn meeting(bids: &[Bid]) -> Option<(Vec<&Bid>, Vec<&Bid>)> {
    let limits = |side| bids.iter().filter(move |b| b.side == side).map(|b| b.limit);
    let (best_buy, best_sell) = (limits(Side::Buy).max()?, limits(Side::Sell).min()?);
    if best_buy < best_sell {
        return None;
    }
    let meets = |b: &&Bid| match b.side {
        Side::Buy => b.limit >= best_sell,
        Side::Sell => b.limit <= best_buy,
    };
    let is_buy = |b: &&Bid| b.side == Side::Buy;
    Some(bids.iter().filter(meets).partition(is_buy))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use proptest::prelude::*;

    const WIDE: Price = 50;
    const BAND: Price = 6;

    fn bid(account: u32, side: Side, limit: Price, quantity: u64) -> Bid {
        Bid {
            account,
            slot: 0,
            side,
            limit,
            quantity,
            arrival: account as u64,
        }
    }

    #[test]
    fn the_price_maximises_volume_then_nears_the_mark() {
        let bids = [bid(1, Side::Buy, 105, 10), bid(2, Side::Sell, 95, 10)];
        let clearing = clear(&bids, 101, WIDE).unwrap();
        assert_eq!((clearing.price, clearing.volume), (101, 10));
        assert_eq!(
            clear(&bids, 120, 7).map(|c| c.price),
            None,
            "the band ends at 113, above every buyer"
        );
    }

    #[test]
    fn better_limits_and_earlier_orders_go_first() {
        let bids = [
            bid(1, Side::Buy, 100, 5),
            bid(2, Side::Buy, 101, 5),
            bid(3, Side::Buy, 100, 5),
            bid(4, Side::Sell, 100, 8),
        ];
        let clearing = clear(&bids, 100, WIDE).unwrap();
        let filled = |account| {
            clearing
                .matches
                .iter()
                .find(|m| m.account == account)
                .map_or(0, |m| m.quantity)
        };
        assert_eq!([filled(1), filled(2), filled(3), filled(4)], [3, 5, 0, 8]);
    }

    /// The price as the module's documentation defines it, of all limits and the mark; the lowest of those that are equal.
    fn by_definition(bids: &[Bid], mark: Price, band: Price) -> Option<Price> {
        let (lowest, highest) = allowed(mark, band);
        let limits = bids.iter().map(|b| b.limit).chain([mark]);
        let prices = limits.map(|limit| limit.clamp(lowest, highest));
        let sum = |side, within: &dyn Fn(Price) -> bool| -> u64 {
            let of_side = bids.iter().filter(|b| b.side == side);
            of_side
                .filter(|b| within(b.limit))
                .map(|b| b.quantity)
                .sum()
        };
        let rank = |price: Price| {
            let demand = sum(Side::Buy, &|limit| limit >= price);
            let supply = sum(Side::Sell, &|limit| limit <= price);
            let (volume, imbalance) = (demand.min(supply), demand.abs_diff(supply));
            (
                std::cmp::Reverse(volume),
                imbalance,
                price.abs_diff(mark),
                price,
            )
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
            let bids: Vec<_> = raw
                .iter()
                .enumerate()
                .map(|(i, (buy, limit, quantity))| bid(i as u32, if *buy { Side::Buy } else { Side::Sell }, *limit, *quantity))
                .collect();
            let price = clear(&bids, mark, band).map(|clearing| clearing.price);
            prop_assert_eq!(price, by_definition(&bids, mark, band));
        }

        #[test]
        fn bought_equals_sold_within_limits_and_no_price_matches_more(
            raw in proptest::collection::vec((any::<bool>(), 80u64..120, 1u64..50), 0..20),
            mark in 90u64..110,
        ) {
            let bids: Vec<_> = raw
                .iter()
                .enumerate()
                .map(|(i, (buy, limit, quantity))| bid(i as u32, if *buy { Side::Buy } else { Side::Sell }, *limit, *quantity))
                .collect();
            let (lowest, highest) = allowed(mark, BAND);
            let volume_at = |price: u64| {
                let demand: u64 = bids.iter().filter(|b| b.side == Side::Buy && b.limit >= price).map(|b| b.quantity).sum();
                let supply: u64 = bids.iter().filter(|b| b.side == Side::Sell && b.limit <= price).map(|b| b.quantity).sum();
                demand.min(supply)
            };
            let best = (lowest..=highest).map(volume_at).max().unwrap_or(0);
            match clear(&bids, mark, BAND) {
                None => prop_assert_eq!(best, 0),
                Some(clearing) => {
                    prop_assert!((lowest..=highest).contains(&clearing.price));
                    prop_assert_eq!(clearing.volume, best);
                    for side in [Side::Buy, Side::Sell] {
                        let filled: u64 = clearing.matches.iter().filter(|m| bids[m.account as usize].side == side).map(|m| m.quantity).sum();
                        prop_assert_eq!(filled, clearing.volume);
                    }
                    for m in &clearing.matches {
                        let b = &bids[m.account as usize];
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
