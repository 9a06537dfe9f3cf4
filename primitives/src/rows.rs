//! Snapshot rows, SPAN's risk arrays: what the policy in force makes of prices and smiles. One
//! definition for the chain, which takes snapshots with it, and for calculators and tests.

use crate::{
    chain::OptionTerms,
    fixed::{FRACTION_BITS, IndexPrice, ONE, Price, Rate, Rounding, mul_fraction},
    options::{OptionError, Product, SviCurve, SviError, revalue},
    policy::{ChargeRates, Policy, TradingTerms},
    shape::MarketShape,
    snapshot::{InstrumentRow, ROW_VALUE_BITS, SnapshotError, UnderlyingFactors},
    time::Millis,
};
use alloc::vec::Vec;

/// The mark of a lot of `units_per_lot` (32.32) units of an underlying: `price · units_per_lot`,
/// rounded down.
///
/// Refuses a mark that is 0, which means "no instrument", or not below 2^62.
pub fn mark_price(price: IndexPrice, units_per_lot: u64) -> Result<Price, SnapshotError> {
    let product = price
        .checked_mul(units_per_lot as u128)
        .ok_or(SnapshotError::Mark)?;
    let mark = u64::try_from(product >> FRACTION_BITS).map_err(|_| SnapshotError::Mark)?;
    if mark == 0 || mark >= 1 << ROW_VALUE_BITS {
        return Err(SnapshotError::Mark);
    }
    Ok(mark)
}

/// The reason that a row cannot be computed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RowError {
    /// A value does not fit the row.
    #[error("{0}")]
    Row(#[from] SnapshotError),
    /// The option cannot be valued.
    #[error("{0}")]
    Option(#[from] OptionError),
    /// The smile has no volatility there.
    #[error("{0}")]
    Smile(#[from] SviError),
}

/// A smile and when it was fed: total variance runs off with time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[derive(
    codec::Encode,
    codec::Decode,
    codec::MaxEncodedLen,
    scale_info::TypeInfo
)]
pub struct Smile {
    /// Total variance by log-moneyness.
    pub curve: SviCurve,
    /// Milliseconds since the Unix epoch.
    pub fed_at: Millis,
}

impl Smile {
    /// Volatility per year at a strike, 32 fraction bits.
    pub fn volatility(
        &self,
        forward: IndexPrice,
        strike: IndexPrice,
        expiry: Millis,
    ) -> Result<u64, SviError> {
        let time = expiry.saturating_sub(self.fed_at);
        self.curve.volatility(forward, strike, time)
    }

    /// Volatility per year at the forward, 32 fraction bits.
    pub fn at_forward(&self, expiry: Millis) -> Result<u64, SviError> {
        self.volatility(ONE.into(), ONE.into(), expiry)
    }
}

/// An option and the state of its market.
#[derive(Clone, Copy, Debug)]
pub struct OptionMarket<'a> {
    /// Call or put, strike, expiry.
    pub terms: &'a OptionTerms,
    /// Whole units of the underlying per lot, 32.32.
    pub units_per_lot: u64,
    /// Forward price of a whole unit at the expiry, 32 fraction bits.
    pub forward: IndexPrice,
    /// The expiry's smile.
    pub smile: &'a Smile,
    /// Milliseconds since the Unix epoch; before the expiry.
    pub now: Millis,
}

/// The row of an option that has expired: its intrinsic value at the settlement price, rounded
/// down, at least 2^-32 since 0 means "no instrument"; no risk and no charges are left.
pub fn expired_row(
    market: &MarketShape,
    terms: &OptionTerms,
    price: IndexPrice,
    units_per_lot: u64,
) -> Result<InstrumentRow, SnapshotError> {
    let mark = match terms.intrinsic(price) {
        0 => 1,
        value => value
            .checked_mul(units_per_lot as u128)
            .and_then(|lot| u64::try_from(lot >> FRACTION_BITS).ok())
            .ok_or(SnapshotError::Mark)?
            .max(1),
    };
    InstrumentRow {
        mark,
        expired: true,
        ..InstrumentRow::empty(market)
    }
    .checked()
}

/// The row while its feed is halted or its mark held back: the true mark may be anywhere by now, so
/// the row is suspended and initial margin covers all that a lot's underlying is worth (`value`,
/// 32.32), at least 1. No account withdraws against such a mark then. Maintenance stays as it is:
/// where the venue acts without an account's consent, the same charges count in its favour
/// ([`Margin::doubt`](crate::margin::Margin)), and they mark the positions that stay as they are.
pub fn halted_row(row: InstrumentRow, value: Price) -> InstrumentRow {
    InstrumentRow {
        suspended: true,
        position_limit: 0,
        initial_long: row.initial_long.max(value).max(1),
        initial_short: row.initial_short.max(value).max(1),
        ..row
    }
}

/// Share of a value, rounded up.
fn charge(value: Price, rate: Rate) -> Price {
    // Rates are below one, so that the share fits as the value does.
    ((value as u128 * rate.get() as u128).div_ceil(ONE as u128)) as u64
}

fn with_charges(row: InstrumentRow, basis: Price, rates: &ChargeRates) -> InstrumentRow {
    InstrumentRow {
        initial_long: charge(basis, rates.initial_long),
        initial_short: charge(basis, rates.initial_short),
        maintenance_long: charge(basis, rates.maintenance_long),
        maintenance_short: charge(basis, rates.maintenance_short),
        ..row
    }
}

fn with_terms(row: InstrumentRow, terms: &TradingTerms) -> InstrumentRow {
    InstrumentRow {
        fee_rate: terms.fee_rate,
        position_limit: terms.position_limit,
        ..row
    }
}

/// Bands of one share of every mark, by slot: those of a market of perpetuals alone.
pub fn even_bands(rows: &[InstrumentRow], rate: Rate) -> Vec<Price> {
    rows.iter().map(|row| share(row.mark, rate)).collect()
}

fn share(value: Price, rate: Rate) -> Price {
    mul_fraction(value, rate.get().into(), Rounding::Down).unwrap_or(0)
}

impl Policy {
    /// The snapshot row of a perpetual on `underlying` whose mark is `mark` (32.32 quote units per
    /// lot).
    ///
    /// A perpetual's value moves with its index: delta = mark · shock · weight, rounded down
    /// (against the holder of a long lot by less than 2^-32 units); charges = mark · rate, rounded
    /// up.
    pub fn perpetual_row(
        &self,
        underlying: usize,
        mark: Price,
    ) -> Result<InstrumentRow, SnapshotError> {
        let policy = self.underlying(underlying)?;
        let valuation = revalue(
            &Product::Perpetual,
            mark.into(),
            ONE,
            &policy.scaling,
            &policy.scenarios,
        );
        let valuation = valuation.map_err(|_| SnapshotError::Mark)?;
        let row = InstrumentRow {
            mark: valuation.mark,
            scenario_values: valuation.scenario_values,
            ..Default::default()
        };
        let row = with_terms(row, &policy.perpetual_terms);
        with_charges(row, mark, &policy.charges).checked()
    }

    /// The snapshot row of an option on `underlying`, and what its lot's underlying is worth at the
    /// forward (32.32).
    ///
    /// Its mark is Black's value at the smile's volatility, undiscounted: the quote bears no open
    /// interest on the chain. Charges are shares of the underlying's value, rounded up.
    pub fn option_row(
        &self,
        underlying: usize,
        option: &OptionMarket<'_>,
    ) -> Result<(InstrumentRow, Price), RowError> {
        let terms = option.terms;
        mark_price(option.forward, option.units_per_lot)?;
        let volatility = option
            .smile
            .volatility(option.forward, terms.strike, terms.expiry)?;
        let product = Product::European {
            kind: terms.kind,
            strike: terms.strike,
            volatility,
            time_ms: terms.expiry.saturating_sub(option.now),
            discount: ONE,
        };
        self.option_row_of(underlying, &product, option.forward, option.units_per_lot)
    }

    /// As [`Self::option_row`], at a volatility that is known.
    pub fn option_row_of(
        &self,
        underlying: usize,
        product: &Product,
        forward: IndexPrice,
        units_per_lot: u64,
    ) -> Result<(InstrumentRow, Price), RowError> {
        let policy = self.underlying(underlying)?;
        let value = mark_price(forward, units_per_lot)?;
        let valuation = revalue(
            product,
            forward,
            units_per_lot,
            &policy.scaling,
            &policy.scenarios,
        )?;
        let row = InstrumentRow {
            mark: valuation.mark,
            scenario_values: valuation.scenario_values,
            ..Default::default()
        };
        let row = with_terms(row, &policy.option_terms);
        let row = with_charges(row, value, &policy.option_charges).checked()?;
        Ok((row, value))
    }

    /// Largest distance of a perpetual's clearing price from its mark, rounded down.
    pub fn perpetual_band(&self, mark: Price) -> Price {
        share(mark, self.price_band)
    }

    /// The price that marks of `underlying` are computed from when the last snapshot's was `last`
    /// and the feed says `price`: no further away than the jump limit, rounded towards the last;
    /// and whether it was held back.
    pub fn held_back(
        &self,
        underlying: usize,
        last: IndexPrice,
        price: IndexPrice,
    ) -> Result<(IndexPrice, bool), SnapshotError> {
        let limit = self.underlying(underlying)?.jump_limit;
        // Both factors are bounded: 2^95 · 2^32.
        let furthest = (last * IndexPrice::from(limit.get())) >> FRACTION_BITS;
        let held = price.clamp(last - furthest, last + furthest);
        Ok((held, held != price))
    }

    /// Margin factors by underlying, as a snapshot has them.
    pub fn factors(&self) -> Vec<UnderlyingFactors> {
        let factors = self.underlyings.iter().map(|u| UnderlyingFactors {
            initial: u.initial_factor,
            maintenance: u.maintenance_factor,
        });
        factors.collect()
    }

    /// Largest premium of a perpetual that funding counts, rounded down.
    pub fn premium_cap(&self, mark: Price) -> Price {
        share(mark, self.funding_cap)
    }

    /// The same as the band for an option whose lot's underlying is worth `value`: the larger of a
    /// share of the mark and one of the value, since an option far from the money may rightly trade
    /// at several times its mark.
    pub fn option_band(&self, mark: Price, value: Price) -> Price {
        share(mark, self.price_band).max(share(value, self.option_band))
    }

    fn underlying(&self, index: usize) -> Result<&crate::policy::UnderlyingPolicy, SnapshotError> {
        self.underlyings.get(index).ok_or(SnapshotError::Underlying)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::fixed::Factor;
    use crate::{
        fixed::FACTOR_BITS,
        options::{DAY_MS, OptionKind, YEAR_MS, svi::SVI_ONE},
        policy::Peg,
    };

    const ONE_FACTOR: u32 = 1 << FACTOR_BITS;
    const UNIT: u128 = ONE as u128;

    #[test]
    fn marks_are_exact_rounded_down_and_bounded() {
        let price = 60_000_000_000 * UNIT;
        assert_eq!(mark_price(price, ONE / 1024), Ok((price / 1024) as u64));
        assert_eq!(mark_price(3, ONE / 2), Ok(1), "1.5 rounded down");
        for (price, lot) in [
            (0, ONE),
            (1, ONE / 2),
            (1 << 62, ONE),
            (u128::MAX, u64::MAX),
            (u128::MAX, 1),
        ] {
            let result = mark_price(price, lot);
            assert_eq!(result, Err(SnapshotError::Mark), "{price} {lot}");
        }
    }

    #[test]
    fn a_perpetual_row_rounds_deltas_down_and_charges_up() {
        let mut policy = Policy::development(&MarketShape::TINY);
        let scenarios = &mut policy.underlyings[1].scenarios;
        for (scenario, shock) in scenarios.iter_mut().zip([-1, 1]) {
            scenario.price_shock = shock;
        }
        let mark = ONE_FACTOR as u64 + 1;
        let row = policy.perpetual_row(1, mark).unwrap();
        assert_eq!(row.scenario_values, [-2, 1]);
        let rate = policy.underlyings[1].charges.initial_long.get() as u128;
        let exact = (mark as u128 * rate).div_ceil(1 << 32);
        assert_eq!(row.initial_long as u128, exact);
        assert_eq!(policy.perpetual_row(2, 1), Err(SnapshotError::Underlying));
        assert_eq!(policy.perpetual_row(0, 1 << 62), Err(SnapshotError::Mark));
    }

    fn terms(kind: OptionKind, strike: u128) -> OptionTerms {
        OptionTerms {
            kind,
            strike: strike * UNIT,
            expiry: DAY_MS * 30,
        }
    }

    /// 60 % a year at the forward, 30 days before the expiry.
    fn smile() -> Smile {
        let variance = SVI_ONE / 100 * 36 / (YEAR_MS.get() / (DAY_MS * 30).get()) as i64;
        Smile {
            curve: SviCurve {
                a: variance * 9 / 10,
                b: variance as u64,
                rho: 0,
                m: 0,
                sigma: SVI_ONE as u64 / 10,
            },
            fed_at: Millis::ZERO,
        }
    }

    fn row(kind: OptionKind, strike: u128) -> (InstrumentRow, Price) {
        let (terms, smile) = (terms(kind, strike), smile());
        let market = OptionMarket {
            terms: &terms,
            units_per_lot: ONE / 128,
            forward: 3_200 * UNIT,
            smile: &smile,
            now: Millis::ZERO,
        };
        let policy = Policy::development(&MarketShape::REFERENCE);
        policy.option_row(2, &market).unwrap()
    }

    #[test]
    fn call_and_put_rows_differ_by_the_underlyings_own() {
        let ((call, value), (put, _)) = (row(OptionKind::Call, 3_072), row(OptionKind::Put, 3_072));
        assert_eq!(value, 25 * ONE, "3,200 / 128");
        // Parity: call − put = F − K per unit, within the roundings.
        let parity = (call.mark - put.mark).abs_diff(ONE);
        assert!(parity <= 4, "{parity}");
        let policy = Policy::development(&MarketShape::REFERENCE);
        let perpetual = policy.perpetual_row(2, value).unwrap();
        let scenario_values = call
            .scenario_values
            .iter()
            .zip(&put.scenario_values)
            .zip(&perpetual.scenario_values);
        for ((c, p), moved) in scenario_values {
            assert!((c - p - moved).abs() <= 8, "{c} {p} {moved}");
        }
    }

    #[test]
    fn charges_and_band_of_an_option_follow_the_underlying() {
        let (far, value) = row(OptionKind::Call, 9_000);
        let policy = Policy::development(&MarketShape::REFERENCE);
        assert!(far.mark < value / 1_000);
        assert!(far.initial_short > value / 100 && far.initial_long == 0);
        assert_eq!(
            policy.option_band(far.mark, value),
            share(value, policy.option_band)
        );
        assert!(policy.option_band(value, value) > policy.option_band(far.mark, value));
    }

    #[test]
    fn an_expired_row_is_worth_what_it_pays_and_carries_no_risk() {
        let market = MarketShape::REFERENCE;
        let settled = |kind, price: u128| {
            expired_row(&market, &terms(kind, 3_000), price * UNIT, ONE / 8).unwrap()
        };
        assert_eq!(settled(OptionKind::Call, 3_040).mark, 5 * ONE);
        assert_eq!(
            settled(OptionKind::Put, 3_040).mark,
            1,
            "0 means no instrument"
        );
        let put = settled(OptionKind::Put, 2_920);
        assert_eq!((put.mark, put.initial_short), (10 * ONE, 0));
        assert!(put.scenario_values.iter().all(|delta| *delta == 0));
    }

    #[test]
    fn a_halted_row_asks_for_all_that_the_lot_is_worth() {
        let policy = Policy::development(&MarketShape::TINY);
        let row = policy.perpetual_row(0, 7 * ONE).unwrap();
        let halted = halted_row(row.clone(), 7 * ONE);
        assert_eq!(
            (halted.initial_long, halted.initial_short),
            (7 * ONE, 7 * ONE)
        );
        assert_eq!(halted.maintenance_long, row.maintenance_long);
        assert_eq!(
            (halted.mark, halted.scenario_values),
            (row.mark, row.scenario_values.clone())
        );
        assert!(halted.suspended && halted.position_limit == 0);
        // An option that cannot be valued, and whose buyer pays no charge.
        let option = InstrumentRow {
            initial_long: 0,
            ..row
        };
        let halted = halted_row(option.clone(), 0);
        assert_eq!(
            (halted.initial_long, halted.initial_short),
            (1, option.initial_short)
        );
        assert!(halted.checked().is_ok());
    }

    #[test]
    fn a_price_that_jumps_is_held_back_at_the_limit() {
        let mut policy = Policy::development(&MarketShape::TINY);
        policy.underlyings[1].jump_limit = Rate::new(1 << 29);
        let held = |price| policy.held_back(1, 1_000, price).unwrap();
        assert_eq!(held(1_124), (1_124, false));
        assert_eq!(held(1_125), (1_125, false));
        assert_eq!(held(1_126), (1_125, true));
        assert_eq!(held(1), (875, true));
        let beyond = policy.held_back(2, 1, 1);
        assert_eq!(beyond, Err(SnapshotError::Underlying));
    }

    #[test]
    fn a_stablecoin_counts_for_its_peg_at_most_and_for_less_below_it() {
        let mut policy = Policy::development(&MarketShape::TINY);
        policy.haircuts[1] = Rate::new(0);
        policy.pegs[1] = Some(Peg {
            price: 1_000_000 * UNIT,
            slope: Factor::new(2 << FACTOR_BITS),
        });
        let weight = |price: u128| policy.collateral_weight(1, price * UNIT, 6).unwrap();
        assert_eq!(weight(1_020_000), ONE);
        assert_eq!(weight(1_000_000), ONE);
        assert_eq!(weight(980_000), ONE / 100 * 94 + ONE % 100 * 94 / 100);
        assert_eq!(weight(600_000), 0);
        let beyond = policy.collateral_weight(1, 1 << 94, 0);
        assert!(beyond.is_err(), "whatever the peg, it must fit without");
    }

    #[test]
    fn what_cannot_be_valued_is_refused_by_name() {
        let (terms, mut smile) = (terms(OptionKind::Call, 3_000), smile());
        let policy = Policy::development(&MarketShape::REFERENCE);
        smile.fed_at = terms.expiry;
        let market = OptionMarket {
            terms: &terms,
            units_per_lot: ONE,
            forward: UNIT,
            smile: &smile,
            now: Millis::ZERO,
        };
        let refused = policy.option_row(0, &market).unwrap_err();
        assert!(matches!(refused, RowError::Smile(_)), "{refused}");
        let market = OptionMarket {
            units_per_lot: u64::MAX,
            forward: 1 << 94,
            ..market
        };
        let refused = policy.option_row(0, &market).unwrap_err();
        assert_eq!(refused, RowError::Row(SnapshotError::Mark));
    }
}
