//! The simulated portfolios: the leveraged accounts of the replay, with options and collateral as
//! well.

use super::market::{DECIMALS, Market, OPTIONS, Paid};
use crate::{
    calculators::portfolio::MARKET,
    replay::crowd::{DEPOSIT, LEVERAGE},
};
use clearproof_primitives::{
    account::Position,
    fixed::{FRACTION_BITS, Price},
    ids::Slot,
    margin::{Margin, MarginError, margin},
    options::DAY_MS,
    policy::Policy,
    shape::QUANTITY_BITS,
    snapshot::Snapshot,
    time::Millis,
};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// Range of the days for which a portfolio is held.
const HELD_DAYS: std::ops::RangeInclusive<u64> = 1..=14;
/// One account in this many has half of its deposit in an asset other than the quote.
const COLLATERAL: u32 = 4;
/// Most times that positions are halved to fit the initial margin.
const HALVINGS: u32 = 8;

/// An account's balances and positions.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Holdings {
    /// Balances by asset, smallest units.
    pub balances: Vec<i64>,
    /// Positions by slot.
    pub positions: Vec<Position>,
}

impl Holdings {
    /// Returns the margin, by the engine's formula.
    ///
    /// # Errors
    /// The amounts are beyond the formula's range.
    pub fn margin(&self, snapshot: &Snapshot) -> Result<Margin, MarginError> {
        margin(&MARKET, snapshot, &self.balances, &self.positions)
    }

    /// Pays for lots, or receives their price; rounds against the account.
    fn pay(&mut self, lots: i64, price: Price) {
        let value = i128::from(lots) * i128::from(price);
        let left = i128::from(self.balances[0]) + ((-value) >> FRACTION_BITS);
        // With these deposits the balance stays far from the limit.
        let limit = i128::from(i64::MAX);
        self.balances[0] = left.clamp(-limit, limit) as i64;
    }

    /// Turns positions in expired options into quote.
    pub fn settle(&mut self, paid: &[Paid]) {
        for Paid { slot, value } in paid {
            let held = self.positions.iter().position(|p| p.instrument == *slot);
            if let Some(place) = held {
                let lots = self.positions.remove(place).quantity;
                self.pay(-lots, *value);
            }
        }
    }
}

/// A position that an account wants, before its margin is checked.
#[derive(Clone, Copy, Debug)]
struct Wish {
    slot: Slot,
    lots: i64,
}

/// Draws portfolios.
pub struct People {
    rng: ChaCha8Rng,
}

impl People {
    /// Draws from this seed. Every run with it draws the same portfolios, as long as prices and the
    /// policy in force are the same.
    pub fn new(seed: u64) -> Self {
        Self {
            rng: ChaCha8Rng::seed_from_u64(seed),
        }
    }

    /// Returns a portfolio that is opened now under a policy, and the end of the time for which it
    /// is held. If the drawn leverage needs more initial margin than the account has, all positions
    /// are halved until the margin suffices.
    ///
    /// # Errors
    /// As [`Holdings::margin`].
    pub fn open(
        &mut self,
        market: &Market<'_>,
        policy: &Policy,
        snapshot: &Snapshot,
        now: Millis,
    ) -> Result<(Holdings, Millis), MarginError> {
        let until = now + DAY_MS * self.rng.gen_range(HELD_DAYS);
        let deposit = self.deposit(market, policy);
        let mut wishes = self.wishes(market, snapshot);
        for _ in 0..=HALVINGS {
            let mut held = Holdings {
                balances: deposit.clone(),
                positions: Vec::new(),
            };
            for Wish { slot, lots } in wishes.iter().filter(|wish| wish.lots != 0) {
                held.pay(*lots, snapshot.rows[slot.place()].mark);
                held.positions.push(Position {
                    instrument: *slot,
                    quantity: *lots,
                });
            }
            if held.margin(snapshot)?.is_free() {
                return Ok((held, until));
            }
            wishes.iter_mut().for_each(|wish| wish.lots /= 2);
        }
        let held = Holdings {
            balances: deposit,
            positions: Vec::new(),
        };
        Ok((held, until))
    }

    /// Returns the balances of a deposit. It is in quote; for some accounts half of it is in an
    /// asset without a peg, whose price moves like an underlying's.
    fn deposit(&mut self, market: &Market<'_>, policy: &Policy) -> Vec<i64> {
        let mut balances = vec![0; usize::from(MARKET.assets)];
        balances[0] = DEPOSIT as i64;
        let (mixed, asset) = (
            self.rng.gen_range(0..COLLATERAL) == 0,
            self.rng.gen_range(1..MARKET.assets),
        );
        let pegged = policy.pegs.get(usize::from(asset)).copied().flatten();
        if let (true, None, Some(price)) = (mixed, pegged, market.price(asset - 1)) {
            let half = u128::from(DEPOSIT / 2);
            let units = ((half * 10u128.pow(DECIMALS.into())) << 32) / price.max(1);
            if let Ok(units) = i64::try_from(units) {
                balances[0] -= half as i64;
                balances[usize::from(asset)] = units;
            }
        }
        balances
    }

    /// Draws perpetuals, options, or both, on one or two underlyings each, whose values together
    /// make up the leverage.
    fn wishes(&mut self, market: &Market<'_>, snapshot: &Snapshot) -> Vec<Wish> {
        let (perpetuals, options): (u32, u32) = match self.rng.gen_range(0..4) {
            0 | 1 => (self.rng.gen_range(1..=2), 0),
            2 => (1, self.rng.gen_range(1..=2)),
            _ => (0, self.rng.gen_range(1..=3)),
        };
        let leverage = u128::from(self.rng.gen_range(LEVERAGE));
        let worth = u128::from(DEPOSIT) * leverage / 10 / u128::from(perpetuals + options);
        let mut wishes: Vec<Wish> = Vec::new();
        for number in 0..perpetuals + options {
            let underlying = self.rng.gen_range(0..market.underlyings());
            let perpetual = Market::perpetual(underlying);
            let slot = match number < perpetuals {
                true => perpetual,
                false => Market::option(underlying, self.rng.gen_range(0..OPTIONS)),
            };
            let side = if self.rng.r#gen() { 1 } else { -1 };
            // Lots of an option are counted at the underlying's mark.
            let mark = u128::from(snapshot.rows[perpetual.place()].mark);
            let lots = ((worth << 32) / mark.max(1)).min((1 << QUANTITY_BITS) - 1);
            let lots = side * i64::try_from(lots).unwrap_or(0);
            match wishes.iter_mut().find(|wish| wish.slot == slot) {
                Some(wish) => wish.lots = lots,
                None => wishes.push(Wish { slot, lots }),
            }
        }
        wishes.sort_by_key(|wish| wish.slot);
        wishes
    }
}
