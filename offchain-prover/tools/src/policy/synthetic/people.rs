//! Whose portfolios are simulated: the leveraged accounts of the replay, with options and
//! collateral besides.

use super::market::{DECIMALS, Market, OPTIONS, Paid};
use crate::{
    calculators::portfolio::MARKET,
    replay::crowd::{DEPOSIT, LEVERAGE},
};
use clearproof_primitives::{
    account::Position,
    fixed::{FRACTION_BITS, Price},
    margin::{Margin, MarginError, margin},
    options::DAY_MS,
    policy::Policy,
    shape::QUANTITY_BITS,
    snapshot::Snapshot,
    time::Millis,
};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// Days for which a portfolio is held.
const HELD_DAYS: std::ops::RangeInclusive<u64> = 1..=14;
/// One account in so many has half of its deposit in an asset other than the quote.
const COLLATERAL: u32 = 4;
/// How often positions are halved until they fit under the initial margin.
const HALVINGS: u32 = 8;

/// What an account holds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Holdings {
    /// Balances by asset, smallest units.
    pub balances: Vec<i64>,
    /// Positions by slot.
    pub positions: Vec<Position>,
}

impl Holdings {
    /// Its margin, by the engine's formula.
    ///
    /// # Errors
    /// Amounts beyond the formula's range.
    pub fn margin(&self, snapshot: &Snapshot) -> Result<Margin, MarginError> {
        margin(&MARKET, snapshot, &self.balances, &self.positions)
    }

    /// Pays for lots, or is paid, rounded against the account.
    fn pay(&mut self, lots: i64, price: Price) {
        let value = i128::from(lots) * i128::from(price);
        let left = i128::from(self.balances[0]) + ((-value) >> FRACTION_BITS);
        // Far from the limit, with the deposits there are.
        let limit = i128::from(i64::MAX);
        self.balances[0] = left.clamp(-limit, limit) as i64;
    }

    /// Turns positions in what has expired into quote.
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

/// A position that somebody wants, before it is known whether margin allows it.
#[derive(Clone, Copy, Debug)]
struct Wish {
    slot: u16,
    lots: i64,
}

/// Draws portfolios.
pub struct People {
    rng: ChaCha8Rng,
}

impl People {
    /// The same portfolios at every run with this seed, as long as prices and the policy in force
    /// are the same.
    pub fn new(seed: u64) -> Self {
        Self {
            rng: ChaCha8Rng::seed_from_u64(seed),
        }
    }

    /// A portfolio that is opened now under a policy, and the time until which it is held. Where
    /// the leverage that is drawn needs more initial margin than there is, all positions are halved
    /// until it suffices.
    ///
    /// # Errors
    /// As [`Holdings::margin`].
    pub fn open(
        &mut self,
        market: &Market<'_>,
        policy: &Policy,
        snapshot: &Snapshot,
        now: Millis,
    ) -> Result<(Holdings, u64), MarginError> {
        let until = now + DAY_MS * self.rng.gen_range(HELD_DAYS);
        let deposit = self.deposit(market, policy);
        let mut wishes = self.wishes(market, snapshot);
        for _ in 0..=HALVINGS {
            let mut held = Holdings {
                balances: deposit.clone(),
                positions: Vec::new(),
            };
            for Wish { slot, lots } in wishes.iter().filter(|wish| wish.lots != 0) {
                held.pay(*lots, snapshot.rows[usize::from(*slot)].mark);
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

    /// Balances: the quote, of some accounts half in an asset without a peg, whose price moves as
    /// an underlying's.
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

    /// Perpetuals, options, or both, on one or two underlyings each, worth the leverage together.
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
            // Of options as many as of the underlying.
            let mark = u128::from(snapshot.rows[usize::from(perpetual)].mark);
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
