//! The decisions of the demonstration's traders: makers quote both sides around a replayed price,
//! takers cross the spread. All arithmetic is on integers; the same seed and prices lead to the
//! same decisions for the same positions.

use super::{
    options::{Quote, wishes},
    role::{MAX_STEPS, Role},
};
use anyhow::{Context, Result};
use clearproof_client::rpc::types::AccountJson;
use clearproof_formats::prices::{Bar, QUOTE_UNIT, index_price};
use clearproof_primitives::{
    chain::Listing,
    fixed::{FRACTION_BITS, IndexPrice, Price},
    ids::Slot,
    order::{Order, Side},
    rows::mark_price,
};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// Largest distance of a traded price from the mark: 1/32. The chain takes clearing prices up to 5
/// % from the mark, and a new mark up to 10 % from the last.
const REACH_SHIFT: u32 = 5;
/// Largest value of one step of an order's size, in quote units.
const STEP_VALUE: u128 = 50 * QUOTE_UNIT;
/// Distance of a maker's levels from each other, as a shift: 1/4096 of the price.
const SPREAD_SHIFT: u32 = 12;
/// Distance from the market price that a taker accepts, as a shift: 1/256 of the price.
const SLIPPAGE_SHIFT: u32 = 8;

/// The replayed market of one instrument.
#[derive(Debug)]
pub struct Market {
    bars: Vec<Bar>,
    at: usize,
    listing: Listing,
    /// Price of the present bar, kept near the mark.
    index: IndexPrice,
    /// The same price per lot.
    price: Price,
    /// Number of orders in a maker's set.
    orders: usize,
    order_id: u32,
    rng: ChaCha8Rng,
}

impl Market {
    /// Returns a market at its first bar; `orders` is the number of orders that fit a set.
    ///
    /// # Errors
    /// A bar whose price does not fit the instrument's lots.
    pub fn new(bars: Vec<Bar>, listing: Listing, orders: u16, seed: u64) -> Result<Self> {
        for (i, bar) in bars.iter().enumerate() {
            mark_price(index_price(bar.close), listing.units_per_lot).map_err(|error| {
                anyhow::anyhow!(
                    "bar {} of the prices does not fit the lots of {} ({error}): name another \
                     instrument with --instrument",
                    i + 1,
                    String::from_utf8_lossy(&listing.symbol)
                )
            })?;
        }
        let mut market = Self {
            index: 0,
            price: 0,
            at: 0,
            bars,
            listing,
            orders: orders.into(),
            order_id: 0,
            rng: ChaCha8Rng::seed_from_u64(seed),
        };
        market.show(None)?;
        Ok(market)
    }

    /// Moves to the next bar, and from the last one to the first. With a mark (per lot), the price
    /// stays within 1/32 of it.
    ///
    /// # Errors
    /// The price does not fit the instrument, which [`Self::new`] has excluded for all bars.
    pub fn advance(&mut self, mark: Option<Price>) -> Result<()> {
        self.at = (self.at + 1) % self.bars.len();
        self.show(mark.filter(|mark| *mark > 0))
    }

    fn show(&mut self, mark: Option<Price>) -> Result<()> {
        let bar = self.bar();
        let units = self.listing.units_per_lot;
        self.index = index_price(bar.close);
        let lot = mark_price(self.index, units)?;
        if let Some(mark) = mark {
            let reach = mark >> REACH_SHIFT;
            let near = lot.clamp(mark - reach, mark + reach);
            if near != lot {
                tracing::debug!(
                    lot,
                    mark,
                    "the bar is far from the mark: taking the nearest allowed price"
                );
                self.index = (u128::from(near) << FRACTION_BITS) / u128::from(units);
            }
        }
        self.price = mark_price(self.index, units)?;
        Ok(())
    }

    /// Returns the present bar.
    pub fn bar(&self) -> Bar {
        self.bars[self.at]
    }

    /// Returns the price of a whole unit that the oracle is to be fed.
    pub fn index(&self) -> IndexPrice {
        self.index
    }

    /// Returns the instrument.
    pub fn listing(&self) -> &Listing {
        &self.listing
    }

    /// Decides if a taker trades in this round: true in one of two cases.
    pub fn joins(&mut self) -> bool {
        self.rng.r#gen()
    }

    /// Returns the lots of one step of an order's size.
    fn step(&self) -> Result<u64> {
        let lots = u64::try_from((STEP_VALUE << FRACTION_BITS) / u128::from(self.price));
        Ok(lots.context("price too small")?.max(1))
    }

    /// Returns the orders of a trader with this position, some of them for options if these trade.
    /// Makers quote both markets in one set if it has room, and take turns if it has not; one taker
    /// in three takes an option.
    ///
    /// # Errors
    /// More than 2^32 orders.
    pub fn all_orders(
        &mut self,
        role: Role,
        position: i64,
        quotes: &[Quote],
    ) -> Result<Vec<Option<Order>>> {
        let for_options = match role {
            Role::Maker if self.orders >= 4 => (2 * quotes.len()).min(self.orders / 2),
            Role::Maker if self.rng.r#gen() => self.orders,
            Role::Taker if self.rng.gen_ratio(1, 3) => 1,
            _ => 0,
        };
        let mut orders = Vec::with_capacity(self.orders);
        if for_options > 0 && !quotes.is_empty() {
            let step = self.step()?;
            let first = self.rng.gen_range(0..quotes.len());
            for quote in quotes.iter().cycle().skip(first).take(quotes.len()) {
                for (side, lots, limit) in wishes(quote, role, step, &mut self.rng) {
                    if orders.len() < for_options {
                        orders.push(Some(self.order_in(quote.slot, side, lots, limit)?));
                    }
                }
            }
        }
        let room = match role {
            Role::Maker => self.orders - for_options.min(self.orders),
            Role::Taker | Role::Bold => 1 - orders.len().min(1),
        };
        // Room that options leave unused gets no further levels: the market is deep enough.
        if room > 0 || orders.is_empty() {
            orders.extend(self.orders_within(role, position, room.max(1))?);
        }
        Ok(orders)
    }

    /// Returns the orders of a trader with this position in the replayed instrument.
    fn orders_within(
        &mut self,
        role: Role,
        position: i64,
        room: usize,
    ) -> Result<Vec<Option<Order>>> {
        let step = self.step()?;
        let full = position.unsigned_abs() / step >= MAX_STEPS;
        let (may_buy, may_sell) = (!full || position < 0, !full || position > 0);
        match role {
            Role::Maker => {
                let levels = (room / 2).max(1) as u64;
                let mut orders = Vec::with_capacity(room);
                for level in 1..=levels {
                    let spread = (self.price >> SPREAD_SHIFT).max(1);
                    let distance = level * spread + self.rng.gen_range(0..spread);
                    for (side, allowed) in [(Side::Buy, may_buy), (Side::Sell, may_sell)] {
                        let quantity = step * self.rng.gen_range(2..=6);
                        let limit = match side {
                            Side::Buy => self.price.saturating_sub(distance).max(1),
                            Side::Sell => self.price + distance,
                        };
                        let order = allowed.then(|| self.order(side, quantity, limit));
                        orders.push(order.transpose()?);
                    }
                }
                Ok(orders)
            }
            // A bold trader's orders depend on more than the position: see `bold_order`.
            Role::Bold => Ok(Vec::new()),
            Role::Taker => {
                let side = match (may_buy, may_sell, self.rng.r#gen()) {
                    (true, false, _) | (true, true, true) => Side::Buy,
                    _ => Side::Sell,
                };
                let quantity = step * self.rng.gen_range(2..=10);
                let slippage = self.price >> SLIPPAGE_SHIFT;
                let limit = match side {
                    Side::Buy => self.price + slippage,
                    Side::Sell => (self.price - slippage).max(1),
                };
                Ok(vec![Some(self.order(side, quantity, limit)?)])
            }
        }
    }

    /// Returns the lots of the replayed instrument that a bold trader aims for: worth 2.9 times the
    /// account's equity; the development policy allows 3.2.
    ///
    /// # Errors
    /// The account has no margin yet.
    pub fn bold_lots(&self, account: &AccountJson) -> Result<u64> {
        let margin = account.margin.context("no batch is open")?;
        let equity = u128::try_from(margin.equity.0).unwrap_or(0);
        let lots = equity * 29 / (u128::from(self.price) * 10);
        u64::try_from(lots).context("too many lots")
    }

    /// Returns the order that brings a bold trader nearer to that position.
    ///
    /// # Errors
    /// More than 2^32 orders.
    pub fn bold_order(&mut self, account: &AccountJson) -> Result<Vec<Option<Order>>> {
        if account.margin.is_none() {
            return Ok(Vec::new());
        }
        let slot = self.listing.slot;
        let held = account.positions.iter().find(|p| p.instrument == slot);
        let held = held.map_or(0, |p| p.quantity.max(0).unsigned_abs());
        let wanted = self.bold_lots(account)?.saturating_sub(held);
        if wanted == 0 {
            return Ok(Vec::new());
        }
        let limit = self.price + (self.price >> SLIPPAGE_SHIFT);
        Ok(vec![Some(self.order(Side::Buy, wanted, limit)?)])
    }

    fn order(&mut self, side: Side, quantity: u64, limit: Price) -> Result<Order> {
        self.order_in(self.listing.slot, side, quantity, limit)
    }

    fn order_in(&mut self, slot: Slot, side: Side, quantity: u64, limit: Price) -> Result<Order> {
        self.order_id = self
            .order_id
            .checked_add(1)
            .context("order ids are used up")?;
        Ok(Order {
            id: self.order_id,
            instrument: slot,
            side,
            quantity,
            limit,
            ..Order::default()
        })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use clearproof_primitives::{chain::InstrumentKind, fixed::ONE, time::Millis};

    fn market(closes: &[u64], seed: u64) -> Market {
        let bars = closes.iter().enumerate();
        let bars = bars.map(|(i, close)| Bar {
            time: Millis::new(i as u64),
            close: *close,
        });
        let listing = Listing {
            slot: Slot::new(8),
            underlying: 1,
            kind: InstrumentKind::Perpetual,
            symbol: b"EUR/USD".to_vec().try_into().unwrap(),
            units_per_lot: ONE,
        };
        Market::new(bars.collect(), listing, 8, seed).unwrap()
    }

    #[test]
    fn makers_quote_both_sides_without_crossing_and_takers_cross_them() {
        let mut market = market(&[ONE, ONE + ONE / 50], 7);
        for _ in 0..50 {
            let quotes: Vec<_> = market
                .all_orders(Role::Maker, 0, &[])
                .unwrap()
                .into_iter()
                .flatten()
                .collect();
            assert_eq!(quotes.len(), 8);
            let limits = |side| {
                quotes
                    .iter()
                    .filter(move |o| o.side == side)
                    .map(|o| o.limit)
            };
            let (bid, ask) = (
                limits(Side::Buy).max().unwrap(),
                limits(Side::Sell).min().unwrap(),
            );
            assert!(bid < market.price && market.price < ask);
            let taken = market.all_orders(Role::Taker, 0, &[]).unwrap()[0].unwrap();
            match taken.side {
                Side::Buy => assert!(taken.limit >= ask),
                Side::Sell => assert!(taken.limit <= bid),
            }
            assert!(
                quotes
                    .iter()
                    .all(|o| o.quantity > 0 && o.instrument == Slot::new(8))
            );
            market.advance(None).unwrap();
        }
    }

    #[test]
    fn a_full_account_only_reduces() {
        let mut market = market(&[ONE, ONE], 7);
        for (position, side) in [(3_000, Side::Sell), (-3_000, Side::Buy)] {
            for role in [Role::Maker, Role::Taker] {
                let orders = market.all_orders(role, position, &[]).unwrap();
                assert!(
                    orders.iter().flatten().all(|o| o.side == side),
                    "{role:?} {position}"
                );
                assert!(orders.iter().flatten().count() > 0);
            }
        }
    }

    #[test]
    fn makers_quote_options_beside_the_replayed_instrument() {
        let mut market = market(&[ONE, ONE], 7);
        let quotes = [9, 10].map(Slot::new).map(|slot| Quote {
            slot,
            mark: ONE / 1_000,
            position: 0,
        });
        let orders = market.all_orders(Role::Maker, 0, &quotes).unwrap();
        assert_eq!(orders.len(), 8);
        for (slot, count) in [(8, 4), (9, 2), (10, 2)] {
            let those = orders
                .iter()
                .flatten()
                .filter(|o| o.instrument == Slot::new(slot));
            assert_eq!(those.count(), count, "{slot}");
        }
        let taken = (0..60).map(|_| market.all_orders(Role::Taker, 0, &quotes).unwrap());
        let taken: Vec<_> = taken.flatten().flatten().map(|o| o.instrument).collect();
        assert_eq!(taken.len(), 60);
        assert!(
            [8, 9, 10]
                .map(Slot::new)
                .iter()
                .all(|slot| taken.contains(slot))
        );
    }

    #[test]
    fn a_jump_is_followed_in_steps_that_the_chain_accepts() {
        let mut market = market(&[ONE, 3 * ONE], 7);
        let mark = market.price;
        market.advance(Some(mark)).unwrap();
        assert_eq!(market.price, mark + (mark >> REACH_SHIFT));
        assert_eq!(mark_price(market.index(), ONE), Ok(market.price));
        market.advance(Some(2 * mark)).unwrap();
        assert_eq!(market.price, 2 * mark - ((2 * mark) >> REACH_SHIFT));
    }

    #[test]
    fn the_same_seed_decides_the_same() {
        let decide = |seed| {
            let mut market = market(&[ONE, ONE], seed);
            (
                market.joins(),
                market.all_orders(Role::Maker, 0, &[]).unwrap(),
            )
        };
        assert_eq!(decide(1), decide(1));
        assert_ne!(decide(1), decide(2));
    }

    #[test]
    fn prices_beyond_the_lots_are_refused() {
        let bars = vec![Bar {
            time: Millis::ZERO,
            close: 60_000 * ONE,
        }];
        let listing = market(&[ONE], 1).listing;
        let error = Market::new(bars, listing, 8, 1).unwrap_err().to_string();
        assert!(error.contains("--instrument"), "{error}");
    }
}
