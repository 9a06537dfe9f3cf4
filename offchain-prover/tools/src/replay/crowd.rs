//! The traders of a replay: a few makers with large deposits, and many leveraged traders.

use super::{VENUE, report::Report};
use anyhow::{Context, Result};
use clearproof_engine::{DepositReceived, Venue};
use clearproof_primitives::{
    account::account_key,
    batch::Deposit,
    eddsa::SecretKey,
    fixed::{Price, Rate},
    ids::{AccountIndex, Slot},
    order::{Order, OrderSet, Side, SignedOrderSet},
    shape::Shape,
    time::Millis,
};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use std::time::Instant;

/// Number of makers.
const MAKERS: u32 = 4;
/// Deposit of a maker: a billion dollars.
const MAKER_DEPOSIT: u64 = 1_000_000_000_000_000;
/// Deposit of a leveraged trader, at first and again after a loss of everything: ten thousand
/// dollars.
pub(crate) const DEPOSIT: u64 = 10_000_000_000;
/// Least balance of a trader; with less a new deposit is made.
const LEAST: i64 = 100_000_000;
/// Distances of a maker's levels from the mark, as shifts.
const LEVELS: [u32; 4] = [10, 8, 7, 5];
/// Range of the leverage, in tenths: 1 to 3.
pub(crate) const LEVERAGE: std::ops::RangeInclusive<u64> = 10..=30;

/// One trader.
struct Trader {
    key: SecretKey,
    account: Option<AccountIndex>,
    sequence: u64,
    /// Side and tenths of leverage; none for a maker.
    bold: Option<(Side, u64)>,
}

/// All traders.
pub struct Crowd {
    shape: Shape,
    traders: Vec<Trader>,
    rng: ChaCha8Rng,
    order_id: u32,
}

impl Crowd {
    /// Returns the makers and `leveraged` other traders.
    pub fn new(shape: &Shape, leveraged: u32, seed: u64) -> Self {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let trader = |number: u32, bold| {
            let mut secret = [0; 32];
            secret[..4].copy_from_slice(&(number + 1).to_le_bytes());
            Trader {
                key: SecretKey::new(secret),
                account: None,
                sequence: 0,
                bold,
            }
        };
        let mut traders: Vec<_> = (0..MAKERS).map(|number| trader(number, None)).collect();
        for number in 0..leveraged {
            let side = if number % 2 == 0 {
                Side::Buy
            } else {
                Side::Sell
            };
            let bold = Some((side, rng.gen_range(LEVERAGE)));
            traders.push(trader(MAKERS + number, bold));
        }
        Self {
            shape: *shape,
            traders,
            rng,
            order_id: 0,
        }
    }

    /// Makes deposits for traders who have nothing left, and submits order sets of those who want
    /// to trade.
    ///
    /// # Errors
    /// The engine refuses a valid deposit or order set.
    pub fn act(&mut self, venue: &mut Venue, mark: Price, report: &mut Report) -> Result<()> {
        let leveraged = self.traders.len() as u64 - u64::from(MAKERS);
        for who in 0..self.traders.len() {
            self.fund(who, venue, report)?;
            let orders = match self.traders[who].bold {
                None => self.quotes(mark, leveraged),
                Some((side, leverage)) => self.wish(who, venue, mark, side, leverage),
            };
            if let Some(orders) = orders {
                let set = self.sign(who, venue, orders)?;
                let began = Instant::now();
                venue.submit(set)?;
                report.submit.push(began.elapsed());
            }
        }
        Ok(())
    }

    /// Deposits for a trader without an account, or with nothing left in it.
    fn fund(&mut self, who: usize, venue: &mut Venue, report: &mut Report) -> Result<()> {
        let trader = &mut self.traders[who];
        let held = trader.account.and_then(|index| venue.account(index));
        if held.is_some_and(|a| !a.positions.is_empty() || a.balances[0] >= LEAST) {
            return Ok(());
        }
        let owner = trader.key.public_key();
        let point = owner.point();
        let number = venue.deposits_consumed() + 1;
        let amount = match trader.bold {
            None => MAKER_DEPOSIT,
            Some(_) => DEPOSIT,
        };
        let account = venue.deposit(&DepositReceived {
            number,
            deposit: Deposit {
                account_key: account_key((point.x, point.y), 0).into(),
                asset: 0,
                amount,
            },
            owner,
        })?;
        report.deposits += 1;
        trader.account = Some(account);
        Ok(())
    }

    /// Returns a maker's quotes. Each level is large enough for all leveraged traders together.
    fn quotes(&mut self, mark: Price, leveraged: u64) -> Option<Vec<Option<Order>>> {
        let all = u128::from(leveraged) * u128::from(DEPOSIT) * 3;
        let lots = (all << 32) / u128::from(mark) / u128::from(MAKERS) / 4;
        let lots = u64::try_from(lots).ok()?.max(1);
        let levels = usize::from(self.shape.orders) / 2;
        let mut orders = Vec::new();
        for shift in LEVELS.into_iter().take(levels) {
            let away = mark >> shift;
            for (side, limit) in [(Side::Buy, mark - away), (Side::Sell, mark + away)] {
                orders.push(Some(self.order(side, lots, limit)));
            }
        }
        Some(orders)
    }

    /// Decides at random if a leveraged trader opens or closes a position; its new set replaces an
    /// order that still rests.
    fn wish(
        &mut self,
        who: usize,
        venue: &Venue,
        mark: Price,
        side: Side,
        leverage: u64,
    ) -> Option<Vec<Option<Order>>> {
        let account = venue.account(self.traders[who].account?)?;
        let held = account.quantity(Slot::new(0));
        let limit = |side| match side {
            Side::Buy => mark + (mark >> 7),
            Side::Sell => mark - (mark >> 7),
        };
        if held != 0 {
            let close = if held > 0 { Side::Sell } else { Side::Buy };
            return match self.rng.gen_range(0..48) {
                0 => Some(vec![Some(self.order(
                    close,
                    held.unsigned_abs(),
                    limit(close),
                ))]),
                _ => None,
            };
        }
        if self.rng.gen_range(0..8) != 0 {
            return None;
        }
        let money = u128::try_from(account.balances[0]).ok()?;
        let lots = ((money * u128::from(leverage)) << 32) / (u128::from(mark) * 10);
        let lots = u64::try_from(lots).ok().filter(|lots| *lots > 0)?;
        Some(vec![Some(self.order(side, lots, limit(side)))])
    }

    fn order(&mut self, side: Side, quantity: u64, limit: Price) -> Order {
        self.order_id += 1;
        Order {
            id: self.order_id,
            instrument: Slot::new(0),
            side,
            quantity,
            limit,
            ..Order::default()
        }
    }

    fn sign(
        &mut self,
        who: usize,
        venue: &Venue,
        orders: Vec<Option<Order>>,
    ) -> Result<SignedOrderSet> {
        let trader = &mut self.traders[who];
        trader.sequence += 1;
        let set = OrderSet {
            venue: VENUE,
            account: trader.account.context("no account")?,
            sequence: trader.sequence,
            valid_from: Millis::ZERO,
            // Valid until the bar is over.
            valid_until: venue.now() + Millis::new(60_000),
            max_fee: Rate::new(u32::MAX),
            orders,
            request: None,
        };
        let message = set.message(&self.shape, venue.config().genesis);
        let signature = trader.key.sign(message);
        Ok(SignedOrderSet {
            set,
            signature,
            trading_key: None,
        })
    }
}
