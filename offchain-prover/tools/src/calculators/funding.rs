//! `funding`: the move of a funding index by clearing prices, and the resulting payment of a
//! position.

use clearproof_formats::decimal::{format, small};
use clearproof_primitives::{
    account::{Account, Position},
    batch::PriceEntry,
    fixed::{FRACTION_BITS, Rate},
    funding::{FundingTerms, accrue, move_indices},
    ids::{Slot, SnapshotNumber},
    shape::{MarketShape, QUANTITY_BITS, Shape, TIME_BITS},
    snapshot::{InstrumentRow, Snapshot},
    time::Millis,
};
use serde::{Deserialize, Serialize};

/// Digits after the point.
const DIGITS: u32 = 12;

/// A clearing price.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Clearing {
    /// Milliseconds since the Unix epoch.
    pub time: Millis,
    /// Quote units per lot.
    pub price: String,
}

/// A batch's clearing prices of one perpetual; prices in quote units per lot, decimal strings.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Question {
    /// Mark.
    pub mark: String,
    /// Largest premium that counts.
    pub cap: String,
    /// Funding interval: a constant premium is paid once in this time.
    pub interval_seconds: u64,
    /// Last millisecond of the batch.
    pub until: Millis,
    /// Clearing prices, ascending by time.
    pub prices: Vec<Clearing>,
    /// Lots of a position, negative if short.
    pub lots: i64,
}

/// The funding of a batch.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Answer {
    /// Move of the index, in quote units per lot.
    pub index: String,
    /// The same move in 2^-32 quote units.
    pub index_units: i64,
    /// Amount that the position receives, in quote units, rounded down; negative if it pays.
    pub received: i64,
}

/// Computes one batch's funding.
///
/// # Errors
/// Names the field and its limit.
pub fn answer(question: Question) -> Result<Answer, String> {
    let time = |name: &str, time: Millis| {
        if time.get() < 1 << TIME_BITS {
            Ok(time)
        } else {
            Err(format!("{name}: must be below 2^48"))
        }
    };
    let mut entries = Vec::new();
    for (i, clearing) in question.prices.iter().enumerate() {
        let entry = PriceEntry {
            instrument: Slot::new(0),
            time: time(&format!("prices[{i}].time"), clearing.time)?,
            price: small(&format!("prices[{i}].price"), &clearing.price)?,
            deleverages: false,
            fund_sells: false,
        };
        if entries
            .last()
            .is_some_and(|last: &PriceEntry| last.time >= entry.time)
        {
            return Err(format!("prices[{i}].time: must be after the one before"));
        }
        entries.push(entry);
    }
    if question.lots == 0 || question.lots.unsigned_abs() >= 1 << QUANTITY_BITS {
        return Err("lots: must not be 0, magnitude below 2^48".into());
    }
    let interval = question
        .interval_seconds
        .checked_mul(1_000)
        .filter(|interval| *interval > 0)
        .map(Millis::new)
        .ok_or("interval_seconds: must be above 0 and is too large where milliseconds overflow")?;
    let terms = FundingTerms {
        marks: &[small("mark", &question.mark)?],
        caps: &[small("cap", &question.cap)?],
        interval,
        time_to: time("until", question.until)?,
    };
    let mut indices = [0];
    move_indices(&mut indices, &terms, &entries);

    let mut account = Account::insurance_fund(&Shape::REFERENCE);
    account.positions.push(Position {
        instrument: Slot::new(0),
        quantity: question.lots,
    });
    let snapshot = Snapshot {
        number: SnapshotNumber::new(0),
        taken_at: Millis::ZERO,
        weights: Vec::new(),
        factors: Vec::new(),
        protocol_share: Rate::new(0),
        liquidation_rate: Rate::new(0),
        rows: vec![InstrumentRow::empty(&MarketShape::REFERENCE)],
    };
    accrue(&mut account, &snapshot, &indices).map_err(|error| error.to_string())?;
    Ok(Answer {
        index: format(indices[0].into(), FRACTION_BITS, DIGITS),
        index_units: indices[0],
        received: account.balances[0],
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn ask(json: &str) -> Result<Answer, String> {
        answer(serde_json::from_str(json).map_err(|error| error.to_string())?)
    }

    const EXAMPLE: &str = r#"{"mark":"60000","cap":"600","interval_seconds":28800,"until":1700000060000,"prices":[{"time":1700000000000,"price":"60060"},{"time":1700000030000,"price":"59000"}],"lots":100}"#;

    #[test]
    fn the_documented_example_is_answered_as_documented() {
        let answer = ask(EXAMPLE).unwrap();
        // A premium of 60 for 30 s and of −600, the cap, for 30 s, out of eight hours.
        let index: f64 = answer.index.parse().unwrap();
        assert!((index + 540.0 * 30.0 / 28_800.0).abs() < 1e-9, "{index}");
        assert_eq!(answer.received, 56);
        let documented = include_str!("../../../../docs/calculators.md");
        assert!(documented.contains(EXAMPLE));
        let text = serde_json::to_string(&answer).unwrap();
        assert!(documented.contains(&text), "{text}");
    }

    #[test]
    fn errors_name_the_field_and_its_limit() {
        let wrong = |from: &str, to: &str| ask(&EXAMPLE.replacen(from, to, 1)).unwrap_err();
        assert!(wrong("1700000030000", "1700000000000").contains("prices[1].time"));
        assert!(wrong(r#""lots":100"#, r#""lots":0"#).contains("lots:"));
        assert!(wrong("28800", "0").contains("interval_seconds"));
        assert!(wrong(r#""60060""#, r#""x""#).contains("prices[0].price"));
        assert!(wrong("1700000060000", "281474976710656").contains("until"));
    }
}
