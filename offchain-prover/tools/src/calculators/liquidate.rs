//! `liquidate`: the positions of a portfolio that the engine would close, and the worst prices for
//! that.

use super::{
    margin::of,
    portfolio::{MARKET, Question},
};
use clearproof_formats::decimal::format;
use clearproof_primitives::{
    fixed::{FRACTION_BITS, Rounding, mul_fraction},
    ids::Slot,
    liquidation::plan,
    order::Side,
};
use serde::Serialize;

/// Digits after the point.
const DIGITS: u32 = 6;

/// An order with which the venue closes a position.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Closing {
    /// Slot.
    pub slot: Slot,
    /// Direction.
    pub side: Side,
    /// Lots.
    pub lots: u64,
    /// The account's zero price in quote units per lot; nothing is closed at a worse price.
    pub zero_price: String,
    /// The highest penalty for closing at the mark, in quote units, rounded up.
    pub penalty: u64,
}

/// The venue's treatment of a portfolio.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Answer {
    /// Equity is below maintenance margin, but not below zero: the orders below are placed.
    pub liquidatable: bool,
    /// Equity is below zero: the insurance fund takes over the whole account.
    pub bankrupt: bool,
    /// The orders that close positions.
    pub orders: Vec<Closing>,
}

/// Plans one portfolio's liquidation.
///
/// # Errors
/// Names the field and its limit.
pub fn answer(question: Question) -> Result<Answer, String> {
    let portfolio = question.understand()?;
    let margin = of(&portfolio)?;
    let snapshot = &portfolio.snapshot;
    let closings =
        plan(&MARKET, snapshot, &portfolio.account).map_err(|error| error.to_string())?;
    let order = |closing: &clearproof_primitives::liquidation::Closing| {
        let mark = snapshot.rows[closing.instrument.place()].mark;
        let rounding = match closing.side {
            Side::Buy => Rounding::Up,
            Side::Sell => Rounding::Down,
        };
        let quote = mul_fraction(closing.lots, mark, rounding).unwrap_or(u64::MAX);
        let rate = snapshot.liquidation_rate.get().into();
        Closing {
            slot: closing.instrument,
            side: closing.side,
            lots: closing.lots,
            zero_price: format(closing.limit.into(), FRACTION_BITS, DIGITS),
            penalty: mul_fraction(quote, rate, Rounding::Up).unwrap_or(u64::MAX),
        }
    };
    Ok(Answer {
        liquidatable: margin.equity >= 0 && margin.is_liquidatable(),
        bankrupt: margin.equity < 0,
        orders: closings.iter().map(order).collect(),
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn ask(json: &str) -> Result<Answer, String> {
        answer(serde_json::from_str(json).map_err(|error| error.to_string())?)
    }

    const EXAMPLE: &str = r#"{"instruments":[{"slot":0,"terms":{"perpetual":{"mark":"880"}}}],"balances":["-200000"],"positions":[{"slot":0,"lots":300}]}"#;

    #[test]
    fn the_documented_example_is_answered_as_documented() {
        let answer = ask(EXAMPLE).unwrap();
        assert_eq!(
            (answer.orders[0].lots, answer.orders[0].penalty),
            (113, 995)
        );
        let documented = include_str!("../../../../docs/calculators.md");
        assert!(documented.contains(EXAMPLE));
        let text = serde_json::to_string(&answer).unwrap();
        assert!(documented.contains(&text), "{text}");
    }

    #[test]
    fn sound_and_bankrupt_portfolios_have_no_orders() {
        let sound = ask(&EXAMPLE.replace("-200000", "0")).unwrap();
        assert!(!sound.liquidatable && sound.orders.is_empty());
        let bankrupt = ask(&EXAMPLE.replace("-200000", "-300000")).unwrap();
        assert!(bankrupt.bankrupt && !bankrupt.liquidatable && bankrupt.orders.is_empty());
    }
}
