//! `margin`: equity, initial and maintenance margin of a portfolio, with the arithmetic of engine
//! and proof.

use super::portfolio::{MARKET, Portfolio, Question, Terms};
use clearproof_formats::decimal::format;
use clearproof_primitives::{
    fixed::{FACTOR_BITS, FRACTION_BITS, Price},
    ids::Slot,
    margin::{Margin, scan_loss, scenario_loss},
    snapshot::ROW_VALUE_BITS,
};
use serde::Serialize;

/// Fraction bits of a margin.
const MARGIN_FRACTION: u32 = FRACTION_BITS + FACTOR_BITS;
/// Digits after the point.
const DIGITS: u32 = 6;

/// The scan of one underlying.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Scan {
    /// Underlying.
    pub underlying: usize,
    /// Largest loss over all scenarios, quote units.
    pub scan_loss: String,
    /// The scenario of that loss, counting from 0; none if no scenario has a loss.
    pub worst_scenario: Option<usize>,
}

/// The mark of a perpetual at which the account becomes liquidatable while everything else stays
/// the same.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct LiquidationPrice {
    /// Slot.
    pub slot: Slot,
    /// The first such mark in the direction in which the position loses: there, equity is below
    /// maintenance margin. None if no mark in the range leads to that.
    pub mark: Option<String>,
}

/// Margin of a portfolio; amounts in quote units.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Answer {
    /// Collateral at its weights and positions at their marks.
    pub equity: String,
    /// Initial margin.
    pub initial: String,
    /// Maintenance margin.
    pub maintenance: String,
    /// Equity is at least the initial margin.
    pub free: bool,
    /// Equity is below the maintenance margin.
    pub liquidatable: bool,
    /// Equity is below zero.
    pub bankrupt: bool,
    /// Underlyings with a position.
    pub underlyings: Vec<Scan>,
    /// Liquidation prices of the perpetuals held.
    pub liquidation_prices: Vec<LiquidationPrice>,
}

/// Computes one portfolio's margin.
///
/// # Errors
/// Names the field and its limit.
pub fn answer(question: Question) -> Result<Answer, String> {
    let portfolio = question.understand()?;
    let Portfolio {
        snapshot, account, ..
    } = &portfolio;
    let margin = of(&portfolio)?;
    let signed = |value: u128| i128::try_from(value).unwrap_or(i128::MAX);
    let mut underlyings = Vec::new();
    for underlying in 0..usize::from(MARKET.underlyings) {
        let on = |slot: Slot| MARKET.underlying_of(slot) == underlying;
        if !account.positions.iter().any(|p| on(p.instrument)) {
            continue;
        }
        let positions = &account.positions;
        let worst = scan_loss(&MARKET, snapshot, positions, underlying)
            .map_err(|error| error.to_string())?;
        let is_worst = |scenario: &usize| {
            let loss = scenario_loss(&MARKET, snapshot, positions, underlying, *scenario);
            loss > 0 && loss.unsigned_abs() == worst
        };
        underlyings.push(Scan {
            underlying,
            scan_loss: format(signed(worst), FRACTION_BITS, DIGITS),
            worst_scenario: (0..MARKET.scenarios.into()).find(is_worst),
        });
    }
    let mut liquidation_prices = Vec::new();
    for instrument in &question.instruments {
        let lots = account.quantity(instrument.slot);
        if lots != 0 && matches!(instrument.terms, Terms::Perpetual { .. }) {
            let mark = liquidation_price(&portfolio, instrument.slot, lots > 0);
            liquidation_prices.push(LiquidationPrice {
                slot: instrument.slot,
                mark: mark.map(|mark| format(mark.into(), FRACTION_BITS, DIGITS)),
            });
        }
    }
    Ok(Answer {
        equity: format(margin.equity, FRACTION_BITS, DIGITS),
        initial: format(signed(margin.initial), MARGIN_FRACTION, DIGITS),
        maintenance: format(signed(margin.maintenance), MARGIN_FRACTION, DIGITS),
        free: margin.is_free(),
        liquidatable: margin.is_liquidatable(),
        bankrupt: margin.equity < 0,
        underlyings,
        liquidation_prices,
    })
}

/// Returns the portfolio's margin.
///
/// # Errors
/// The margin is out of the arithmetic's range.
pub fn of(portfolio: &Portfolio) -> Result<Margin, String> {
    Margin::of(&MARKET, &portfolio.snapshot, &portfolio.account).map_err(|error| error.to_string())
}

/// Finds the mark by bisection, from the present mark to 1 for a long position, or to 16 times the
/// mark for a short one.
fn liquidation_price(portfolio: &Portfolio, slot: Slot, long: bool) -> Option<Price> {
    let underlying = MARKET.underlying_of(slot);
    let at_risk = |mark: Price| {
        let mut moved = portfolio.clone();
        let row = moved.policy.perpetual_row(underlying, mark).ok()?;
        moved.snapshot.rows[slot.place()] = row;
        Some(of(&moved).ok()?.is_liquidatable())
    };
    let mark = portfolio.snapshot.rows[slot.place()].mark;
    let limit = (1 << ROW_VALUE_BITS) - 1;
    let (mut safe, mut risky) = (
        mark,
        if long {
            1
        } else {
            mark.saturating_mul(16).min(limit)
        },
    );
    if at_risk(mark)? {
        return Some(mark);
    }
    if !at_risk(risky)? {
        return None;
    }
    while safe.abs_diff(risky) > 1 {
        let middle = safe.min(risky) + safe.abs_diff(risky) / 2;
        if at_risk(middle)? {
            risky = middle;
        } else {
            safe = middle;
        }
    }
    Some(risky)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn ask(json: &str) -> Result<Answer, String> {
        answer(serde_json::from_str(json).map_err(|error| error.to_string())?)
    }

    const EXAMPLE: &str = r#"{"instruments":[{"slot":8,"terms":{"perpetual":{"mark":"60000"}}},{"slot":9,"terms":{"option":{"kind":"put","strike":"55000","forward":"60100","volatility":"0.6","seconds_to_expiry":604800}}}],"collateral":[{"asset":1,"price":"60000","decimals":6}],"balances":["-50000","500000"],"positions":[{"slot":8,"lots":2},{"slot":9,"lots":1}]}"#;

    #[test]
    fn the_documented_example_is_answered_as_documented() {
        let answer = ask(EXAMPLE).unwrap();
        let documented = include_str!("../../../../docs/calculators.md");
        assert!(documented.contains(EXAMPLE));
        let text = serde_json::to_string(&answer).unwrap();
        assert!(documented.contains(&text), "{text}");
    }

    #[test]
    fn a_single_perpetual_can_be_checked_by_hand() {
        // A lot needs 25.2 % (35 % of the extreme move) and ½ % of 1,000 for maintenance, and 1.25
        // times the former and 1 % as initial margin.
        let question = |quote: i64| {
            std::format!(
                r#"{{"instruments":[{{"slot":0,"terms":{{"perpetual":{{"mark":"1000"}}}}}}],"balances":["{quote}"],"positions":[{{"slot":0,"lots":10}}]}}"#
            )
        };
        let answer = ask(&question(-7_000)).unwrap();
        assert_eq!(answer.equity, "3000");
        let near = |text: &str, value: f64| {
            let number: f64 = text.parse().unwrap();
            assert!((number - value).abs() < 0.2, "{text} {value}");
        };
        near(&answer.initial, 3_250.0);
        near(&answer.maintenance, 2_570.0);
        assert!(!answer.free && !answer.liquidatable && !answer.bankrupt);
        assert_eq!(answer.underlyings[0].worst_scenario, Some(12));
        // 10·m − 7,000 = 2.57·m.
        near(
            answer.liquidation_prices[0].mark.as_ref().unwrap(),
            7_000.0 / 7.43,
        );
        assert!(ask(&question(-7_600)).unwrap().liquidatable);
        assert!(ask(&question(-10_001)).unwrap().bankrupt);
        assert_eq!(
            ask(&question(1_000)).unwrap().liquidation_prices[0].mark,
            None
        );
    }

    #[test]
    fn errors_name_the_field_and_its_limit() {
        let wrong = |from: &str, to: &str| {
            let json = EXAMPLE.replacen(from, to, 1);
            assert_ne!(json, EXAMPLE);
            ask(&json).unwrap_err()
        };
        assert!(
            wrong(r#""slot":8,"terms""#, r#""slot":32,"terms""#)
                .contains("instruments[0].slot: must be below 32")
        );
        assert!(wrong(r#""mark":"60000""#, r#""mark":"0""#).contains("instruments[0]."));
        assert!(
            wrong(r#""volatility":"0.6""#, r#""volatility":"-1""#)
                .contains("instruments[1].volatility")
        );
        assert!(wrong(r#""asset":1"#, r#""asset":4"#).contains("collateral[0]"));
        assert!(wrong(r#""-50000""#, r#""1.5""#).contains("balances[0]"));
        assert!(wrong(r#""500000""#, r#""-1""#).contains("balances[1]: only the quote"));
        assert!(
            wrong(r#""slot":9,"lots":1"#, r#""slot":10,"lots":1"#).contains("positions[1].slot")
        );
        assert!(wrong(r#""slot":9,"lots":1"#, r#""slot":8,"lots":1"#).contains("given twice"));
        assert!(wrong(r#""lots":2"#, r#""lots":0"#).contains("positions[0].lots"));
    }
}
