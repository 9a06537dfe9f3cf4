//! `price`: Black-76 value and sensitivities of one European option per line.

use clearproof_formats::decimal::{format, number, small};
use clearproof_primitives::{
    fixed::FRACTION_BITS,
    options::{European, OptionKind},
    time::Millis,
};
use serde::{Deserialize, Serialize};

/// Digits after the point of a number with 32 fraction bits.
const DIGITS: u32 = 12;

/// Call or put.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// The right to buy.
    Call,
    /// The right to sell.
    Put,
}

/// An option and its market; numbers are decimal strings.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Question {
    /// Forward price.
    pub forward: String,
    /// Strike price.
    pub strike: String,
    /// Volatility per year; 1 is 100 %.
    pub volatility: String,
    /// Seconds to expiry.
    pub seconds_to_expiry: u64,
    /// Discount factor to expiry, above 0 and at most 1; 1 if it is left out.
    #[serde(default = "one")]
    pub discount: String,
    /// Call or put.
    pub kind: Kind,
}

fn one() -> String {
    "1".into()
}

/// Value of the option and its sensitivities; decimal strings.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Answer {
    /// Value today.
    pub price: String,
    /// Change of value per unit of the forward.
    pub delta: String,
    /// Change of delta per unit of the forward.
    pub gamma: String,
    /// Change of value per 1 (100 %) of volatility.
    pub vega: String,
    /// Change of value per year that passes.
    pub theta: String,
}

/// Prices one option.
pub fn answer(question: Question) -> Result<Answer, String> {
    let option = European {
        kind: match question.kind {
            Kind::Call => OptionKind::Call,
            Kind::Put => OptionKind::Put,
        },
        forward: number("forward", &question.forward)?,
        strike: number("strike", &question.strike)?,
        volatility: small("volatility", &question.volatility)?,
        time_ms: question
            .seconds_to_expiry
            .checked_mul(1_000)
            .map(Millis::new)
            .ok_or("seconds_to_expiry: is too large")?,
        discount: small("discount", &question.discount)?,
    };
    let price = option.price().map_err(|error| error.to_string())?;
    let greeks = option.greeks().map_err(|error| error.to_string())?;
    let signed =
        |value: u128| i128::try_from(value).map_err(|_| "result: is too large".to_string());
    Ok(Answer {
        price: format(signed(price)?, FRACTION_BITS, DIGITS),
        delta: format(greeks.delta.into(), FRACTION_BITS, DIGITS),
        gamma: format(signed(greeks.gamma)?, 64, 18),
        vega: format(signed(greeks.vega)?, FRACTION_BITS, DIGITS),
        theta: format(greeks.theta, FRACTION_BITS, DIGITS),
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn ask(json: &str) -> Result<Answer, String> {
        answer(serde_json::from_str(json).map_err(|e| e.to_string())?)
    }

    #[test]
    fn the_documented_example_is_answered_as_documented() {
        let example = r#"{"forward":"1500","strike":"1500","volatility":"1","seconds_to_expiry":604800,"discount":"1","kind":"call"}"#;
        let answer = ask(example).unwrap();
        // F·(2N(s/2) − 1) with s = √(7/365).
        let price: f64 = answer.price.parse().unwrap();
        assert!((price - 82.805_080_668_5).abs() < 1e-9, "{price}");
        assert!(answer.delta.starts_with("0.527"), "{}", answer.delta);
        let documented = include_str!("../../../../docs/calculators.md");
        assert!(documented.contains(example));
        assert!(documented.contains(&serde_json::to_string(&answer).unwrap()));
    }

    #[test]
    fn errors_name_the_field_and_its_limit() {
        let base =
            r#"{"forward":"F","strike":"1","volatility":"V","seconds_to_expiry":S,"kind":"put"}"#;
        let with = |f: &str, v: &str, s: &str| {
            ask(&base.replace('F', f).replace('V', v).replace('S', s)).unwrap_err()
        };
        assert!(with("0", "1", "1").contains("forward: must be positive"));
        assert!(with("-1", "1", "1").contains("forward: must be a decimal"));
        assert!(with("1", "65", "1").contains("volatility: must be at most"));
        assert!(with("1", "1", "999999999999").contains("time to expiry"));
        assert!(with("1", "1", "18446744073709551615").contains("seconds_to_expiry"));
    }
}
