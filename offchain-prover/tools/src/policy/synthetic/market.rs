//! The market of a simulation: recorded prices, and options that are listed at strikes around them
//! and expire.

use crate::{
    calculators::portfolio::{self, MARKET},
    replay::LOTS_PER_UNIT,
};
use anyhow::{Context, Result, ensure};
use clearproof_formats::prices::{QUOTE_UNIT, Series};
use clearproof_primitives::{
    chain::OptionTerms,
    fixed::{IndexPrice, ONE, Price},
    ids::Slot,
    options::{DAY_MS, OptionKind, Product, YEAR_MS},
    policy::Policy,
    rows::{expired_row, mark_price},
    snapshot::{InstrumentRow, Snapshot},
    time::Millis,
};

/// Units of the underlying in a lot, 32.32.
const LOT: u64 = ONE / LOTS_PER_UNIT;
/// Time from one expiry to the next; two are listed at a time.
const WEEK_MS: Millis = Millis::new(7 * DAY_MS.get());
/// Number of expiries listed at a time.
const EXPIRIES: u64 = 2;
/// Options that are listed for an expiry: strikes in percent of the price at listing.
const LISTED: [(OptionKind, IndexPrice); 3] = [
    (OptionKind::Put, 90),
    (OptionKind::Call, 100),
    (OptionKind::Call, 110),
];
/// Number of options on an underlying.
pub const OPTIONS: u16 = (EXPIRIES as usize * LISTED.len()) as u16;
/// Decimals of a collateral asset's smallest unit.
pub const DECIMALS: u8 = 8;
/// Time constant with which the volatility follows the prices, milliseconds.
const MEMORY_MS: f64 = 3.0 * DAY_MS.get() as f64;
/// Volatility per year before the first price move, and below it the limits of the volatility.
const FIRST_VOLATILITY: f64 = 0.6;
const VOLATILITY: std::ops::RangeInclusive<f64> = 0.1..=4.0;

/// One underlying.
#[derive(Clone, Debug)]
struct Underlying {
    price: Price,
    /// Variance per millisecond.
    variance: f64,
    options: Vec<OptionTerms>,
    /// Index of the next bar of its series.
    next: usize,
    /// Time of its last bar.
    time: Millis,
}

impl Underlying {
    fn index(&self) -> IndexPrice {
        IndexPrice::from(self.price) * QUOTE_UNIT
    }

    /// Moves to a close, and updates the variance.
    fn move_to(&mut self, time: Millis, close: Price) {
        let passed = time.saturating_sub(self.time).get() as f64;
        let change = close as f64 / self.price as f64 - 1.0;
        if self.time > Millis::ZERO && passed > 0.0 {
            let seen = change * change / passed;
            self.variance += (seen - self.variance) * passed / (MEMORY_MS + passed);
        }
        (self.price, self.time) = (close, time);
    }

    /// Returns the volatility per year, 32 fraction bits. It is estimated from recent prices,
    /// because recordings contain none.
    fn volatility(&self) -> u64 {
        let yearly = (self.variance * YEAR_MS.get() as f64).sqrt();
        (yearly.clamp(*VOLATILITY.start(), *VOLATILITY.end()) * ONE as f64) as u64
    }

    fn list(&self, expiry: Millis) -> impl Iterator<Item = OptionTerms> + '_ {
        LISTED.into_iter().map(move |(kind, percent)| OptionTerms {
            kind,
            strike: self.index() * percent / 100,
            expiry,
        })
    }
}

/// The payoff of an expired option.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Paid {
    /// Slot.
    pub slot: Slot,
    /// Payoff per lot, 32.32 quote units.
    pub value: Price,
}

/// Recorded prices moment by moment, one series per underlying.
pub struct Market<'a> {
    series: &'a [Series],
    underlyings: Vec<Underlying>,
    time: Millis,
}

/// The number of the week that a moment is in, of those since the Unix epoch.
const fn week_of(time: Millis) -> u64 {
    time.get() / WEEK_MS.get()
}

/// Returns the moments of the first series at which all series have a price: from the latest
/// beginning of a series to the earliest end.
pub fn moments(series: &[Series]) -> Result<Vec<Millis>> {
    ensure!(
        series.len() <= MARKET.underlyings.into(),
        "--prices: {} series, the market has {} underlyings",
        series.len(),
        MARKET.underlyings
    );
    let clock = series.first().context("--prices: no series")?;
    let begin = series.iter().filter_map(|s| s.bars.first()).map(|b| b.time);
    let end = series.iter().filter_map(|s| s.bars.last()).map(|b| b.time);
    let (begin, end) = (
        begin.max().unwrap_or_default(),
        end.min().unwrap_or_default(),
    );
    let times = clock.bars.iter().map(|bar| bar.time);
    let times: Vec<_> = times.filter(|time| (begin..=end).contains(time)).collect();
    ensure!(
        times.len() >= 2,
        "--prices: the series have no time in common: give some of the same time"
    );
    Ok(times)
}

impl<'a> Market<'a> {
    /// Returns the market before its first moment.
    pub fn new(series: &'a [Series]) -> Self {
        let first = FIRST_VOLATILITY * FIRST_VOLATILITY / YEAR_MS.get() as f64;
        let underlying = |_: &Series| Underlying {
            price: 1,
            variance: first,
            options: Vec::new(),
            next: 0,
            time: Millis::ZERO,
        };
        Self {
            series,
            underlyings: series.iter().map(underlying).collect(),
            time: Millis::ZERO,
        }
    }

    /// Returns the number of underlyings.
    pub fn underlyings(&self) -> u16 {
        self.underlyings.len() as u16
    }

    /// Returns the slot of an underlying's perpetual.
    pub fn perpetual(underlying: u16) -> Slot {
        Slot::new(underlying * MARKET.instruments / MARKET.underlyings)
    }

    /// Returns the slot of one of an underlying's [`OPTIONS`].
    pub fn option(underlying: u16, number: u16) -> Slot {
        Slot::new(Self::perpetual(underlying).get() + 1 + number)
    }

    /// Returns the index price of a whole unit of an underlying. Assets from 1 on have the prices
    /// of the underlyings from 0 on.
    pub fn price(&self, underlying: u16) -> Option<IndexPrice> {
        self.underlyings
            .get(usize::from(underlying))
            .map(Underlying::index)
    }

    /// Moves to a moment: takes the last close of each series up to it. Options that have expired
    /// pay, and new ones take their slots.
    ///
    /// # Errors
    /// A price does not fit a lot.
    pub fn advance(&mut self, time: Millis) -> Result<Vec<Paid>> {
        self.time = time;
        let mut paid = Vec::new();
        for (number, (of, series)) in (0u16..).zip(self.underlyings.iter_mut().zip(self.series)) {
            while let Some(bar) = series.bars.get(of.next).filter(|bar| bar.time <= time) {
                of.move_to(bar.time, bar.close);
                of.next += 1;
            }
            let next = WEEK_MS * (week_of(time) + 1);
            let expiries = (0..EXPIRIES).map(|later| next + WEEK_MS * later);
            if of.options.is_empty() {
                // The slots of an expiry follow from its number, so the other expiry keeps its
                // slots.
                let mut first: Vec<_> = expiries.collect();
                first.sort_by_key(|expiry| week_of(*expiry) % EXPIRIES);
                of.options = first.into_iter().flat_map(|e| of.list(e)).collect();
                continue;
            }
            for expiry in expiries {
                let place = (week_of(expiry) % EXPIRIES) as usize * LISTED.len();
                if of.options[place].expiry == expiry {
                    continue;
                }
                let listed: Vec<_> = of.list(expiry).collect();
                for (number_of, terms) in listed.into_iter().enumerate() {
                    let at = place + number_of;
                    let slot = Self::option(number, at as u16);
                    let row = expired_row(&MARKET, &of.options[at], of.index(), LOT)?;
                    paid.push(Paid {
                        slot,
                        value: row.mark,
                    });
                    of.options[at] = terms;
                }
            }
        }
        Ok(paid)
    }

    /// Returns the snapshot that the chain would take at this moment under a policy.
    ///
    /// # Errors
    /// A price does not fit a row; the error names the series.
    pub fn snapshot(&self, policy: &Policy) -> Result<Snapshot> {
        let mut rows = vec![InstrumentRow::empty(&MARKET); MARKET.instruments.into()];
        for (number, (of, series)) in (0u16..).zip(self.underlyings.iter().zip(self.series)) {
            let named = || format!("{} at {} ms", series.name, self.time);
            let (index, underlying) = (of.index(), usize::from(number));
            let mark = mark_price(index, LOT).with_context(named)?;
            let perpetual = policy.perpetual_row(underlying, mark);
            rows[Self::perpetual(number).place()] = perpetual.with_context(named)?;
            for (at, terms) in (0u16..).zip(&of.options) {
                let product = Product::European {
                    kind: terms.kind,
                    strike: terms.strike,
                    volatility: of.volatility(),
                    time_ms: terms.expiry.saturating_sub(self.time),
                    discount: ONE,
                };
                let row = policy.option_row_of(underlying, &product, index, LOT);
                rows[Self::option(number, at).place()] = row.with_context(named)?.0;
            }
        }
        let mut weights = vec![0; MARKET.assets.into()];
        weights[0] = ONE;
        for (number, weight) in (0u16..).zip(&mut weights[1..]) {
            if let Some(price) = self.price(number) {
                *weight = policy.collateral_weight(usize::from(number) + 1, price, DECIMALS)?;
            }
        }
        Ok(portfolio::snapshot(policy, weights, rows))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use clearproof_formats::prices::Bar;

    fn series(name: &str, from: u64, closes: &[u64]) -> Series {
        let bar = |(day, close): (u64, &u64)| Bar {
            time: DAY_MS * (from + day),
            close: close * ONE,
        };
        Series {
            name: name.into(),
            bars: (0..).zip(closes).map(bar).collect(),
        }
    }

    #[test]
    fn moments_are_those_that_all_series_have_a_price_at() {
        let of = |from, days| series("x", from, &vec![5; days]);
        let days = |all: &[Series]| -> Vec<u64> {
            moments(all)
                .unwrap()
                .iter()
                .map(|time| time.get() / DAY_MS.get())
                .collect()
        };
        assert_eq!(days(&[of(3, 3)]), [3, 4, 5]);
        assert_eq!(days(&[of(3, 5), of(4, 3)]), [4, 5, 6]);
        for apart in [vec![of(3, 2), of(9, 2)], vec![], vec![of(3, 2); 5]] {
            let error = moments(&apart).unwrap_err().to_string();
            assert!(error.starts_with("--prices"), "{error}");
        }
    }

    #[test]
    fn options_expire_at_their_value_and_others_are_listed() {
        // Closes of days 1 to 14. Expiries are on days 7 and 14, then 21.
        let closes: Vec<_> = (0..14).map(|day| 1_000 + 50 * day).collect();
        let all = [series("x", 1, &closes)];
        let mut market = Market::new(&all);
        let policy = Policy::development(&MARKET);
        let slots = |paid: &[Paid]| paid.iter().map(|p| p.slot).collect::<Vec<_>>();
        let mut paid = Vec::new();
        for time in moments(&all).unwrap() {
            let now = market.advance(time).unwrap();
            if !now.is_empty() {
                paid.push((time.get() / DAY_MS.get(), now));
            }
            let snapshot = market.snapshot(&policy).unwrap();
            assert!(
                snapshot.rows[..7]
                    .iter()
                    .all(|row| row.mark > 0 && !row.expired)
            );
            let index = market.price(0).unwrap();
            assert_eq!(Ok(snapshot.rows[0].mark), mark_price(index, LOT));
        }
        let days: Vec<_> = paid.iter().map(|(day, _)| *day).collect();
        assert_eq!(days, [7, 14]);
        assert_ne!(slots(&paid[0].1), slots(&paid[1].1));
        // The options were listed at 1,000, and the price is 1,300 on day 7: the put of 900 pays
        // nothing, the calls pay 300 and 200, for a hundredth of a unit.
        let unit = ONE * 1_000_000 / LOTS_PER_UNIT;
        let values: Vec<_> = paid[0].1.iter().map(|p| p.value.div_ceil(unit)).collect();
        assert_eq!(values, [1, 300, 200]);
    }

    #[test]
    fn volatility_is_what_prices_have_shown() {
        // Moves of 2 % a day, up and down, are 38 % a year.
        let closes: Vec<_> = (0..60).map(|day| 100_000 + 2_000 * (day % 2)).collect();
        let all = [series("x", 1, &closes)];
        let mut market = Market::new(&all);
        for time in moments(&all).unwrap() {
            market.advance(time).unwrap();
        }
        let volatility = market.underlyings[0].volatility() as f64 / ONE as f64;
        assert!((0.37..0.39).contains(&volatility), "{volatility}");
    }
}
