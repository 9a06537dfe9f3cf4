#![allow(clippy::unwrap_used)]

use super::*;
use crate::fixed::{Factor, Rate};
use alloc::{collections::BTreeSet, string::ToString, vec::Vec};
use serde_json::Value;

const MARKET: MarketShape = MarketShape::REFERENCE;

/// The development policy with a peg on every collateral asset.
fn pegged() -> Policy {
    let mut policy = Policy::development(&MARKET);
    for (price, peg) in (5..).zip(&mut policy.pegs).skip(1) {
        *peg = Some(super::super::Peg {
            price,
            slope: Factor::new(3),
        });
    }
    policy
}

/// The number at a path such as `a[2].b`.
fn at(json: &Value, path: &str) -> i128 {
    let steps = path.split(['.', '[']);
    let value = steps.fold(json, |value, step| match step.strip_suffix(']') {
        Some(index) => &value[index.parse::<usize>().unwrap()],
        None => &value[step],
    });
    value.to_string().parse().unwrap()
}

#[test]
fn names_are_paths_in_the_json_and_lead_to_the_values() {
    let policy = pegged();
    let json = serde_json::to_value(&policy).unwrap();
    for parameter in Parameter::all(&MARKET) {
        let name = parameter.to_string();
        assert_eq!(parameter.read(&policy), Some(at(&json, &name)), "{name}");
    }
}

#[test]
fn every_number_of_the_json_is_a_parameter() {
    fn numbers(json: &Value) -> usize {
        match json {
            Value::Number(_) => 1,
            Value::Array(items) => items.iter().map(numbers).sum(),
            Value::Object(fields) => fields.values().map(numbers).sum(),
            _ => 0,
        }
    }
    let all: Vec<_> = Parameter::all(&MARKET).collect();
    let distinct: BTreeSet<_> = all.iter().collect();
    assert_eq!(distinct.len(), all.len());
    // But for the quote's haircut, which is always 0.
    let json = serde_json::to_value(pegged()).unwrap();
    assert_eq!(all.len(), numbers(&json) - 1);
}

#[test]
fn what_a_policy_does_not_have_reads_as_nothing() {
    let policy = Policy::development(&MARKET);
    for parameter in [
        Parameter::PegPrice { asset: 1 },
        Parameter::PegSlope { asset: 1 },
        Parameter::Haircut { asset: 4 },
        Parameter::InitialFactor { underlying: 4 },
        Parameter::Weight {
            underlying: 0,
            scenario: 16,
        },
    ] {
        assert_eq!(parameter.read(&policy), None, "{parameter}");
    }
}

#[test]
fn differences_say_where_and_from_what_to_what() {
    let before = Policy::development(&MARKET);
    let mut after = before.clone();
    after.underlyings[2].option_terms.fee_rate =
        Rate::new(before.underlyings[2].option_terms.fee_rate.get() + 1);
    after.pegs[3] = Some(super::super::Peg {
        price: 7,
        slope: Factor::new(0),
    });
    let found: Vec<_> = before.differences(&after, &MARKET).collect();
    let fee = before.underlyings[2].option_terms.fee_rate.get().into();
    let expected = [
        (
            Parameter::FeeRate {
                underlying: 2,
                kind: ProductKind::Option,
            },
            Some(fee),
            Some(fee + 1),
        ),
        (Parameter::PegPrice { asset: 3 }, None, Some(7)),
        (Parameter::PegSlope { asset: 3 }, None, Some(0)),
    ];
    let expected = expected.map(|(parameter, before, after)| Difference {
        parameter,
        before,
        after,
    });
    assert_eq!(found, expected);
    assert_eq!(before.differences(&before, &MARKET).count(), 0);
}
