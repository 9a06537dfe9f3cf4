//! A portfolio and its market, as the calculators read them.

use super::price::Kind;
use clearproof_formats::decimal::{DecimalError, number, parse, small};
use clearproof_primitives::{
    account::{Account, Position},
    fixed::{FRACTION_BITS, IndexPrice, Price},
    ids::{Slot, SnapshotNumber},
    options::{OptionKind, Product},
    policy::Policy,
    shape::{AMOUNT_BITS, MarketShape, QUANTITY_BITS, Shape},
    snapshot::{InstrumentRow, Snapshot},
    time::Millis,
};
use serde::Deserialize;

/// The market's dimensions: those of the reference market.
pub const MARKET: MarketShape = MarketShape::REFERENCE;

/// The terms of an instrument, and its market data. Prices are in quote units, decimal strings.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Terms {
    /// A perpetual.
    Perpetual {
        /// Mark price of a lot.
        mark: String,
    },
    /// A European option.
    Option {
        /// Call or put.
        kind: Kind,
        /// Strike per whole unit of the underlying.
        strike: String,
        /// Forward price of a whole unit at the expiry.
        forward: String,
        /// Volatility per year; 1 is 100 %.
        volatility: String,
        /// Seconds to expiry.
        seconds_to_expiry: u64,
        /// Whole units per lot; 1 if it is left out.
        #[serde(default = "one")]
        units_per_lot: String,
    },
    /// An option that has expired.
    Expired {
        /// Payoff of a lot.
        pays: String,
    },
}

fn one() -> String {
    "1".into()
}

/// An instrument in its slot. Slots 0 to 7 belong to the first underlying, 8 to 15 to the second,
/// and so on.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Instrument {
    /// Slot.
    pub slot: Slot,
    /// Terms and market data.
    pub terms: Terms,
}

/// The price of a collateral asset.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Collateral {
    /// Asset, 1 or above; asset 0 is the quote.
    pub asset: u8,
    /// Quote units per whole unit.
    pub price: String,
    /// Decimals of its smallest unit.
    pub decimals: u8,
}

/// Lots of an instrument.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Holding {
    /// Slot.
    pub slot: Slot,
    /// Lots, negative if short.
    pub lots: i64,
}

/// A policy, a market, and an account's balances and positions.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Question {
    /// The policy as the chain stores it; the development policy if it is left out.
    #[serde(default)]
    pub policy: Option<Policy>,
    /// Instruments.
    pub instruments: Vec<Instrument>,
    /// Prices of collateral other than the quote.
    #[serde(default)]
    pub collateral: Vec<Collateral>,
    /// Balances by asset in smallest units, the quote first; only the quote may be negative.
    pub balances: Vec<String>,
    /// Positions.
    pub positions: Vec<Holding>,
}

/// A question after its checks.
#[derive(Clone, Debug)]
pub struct Portfolio {
    /// The policy.
    pub policy: Policy,
    /// The snapshot of the market under the policy.
    pub snapshot: Snapshot,
    /// The account.
    pub account: Account,
}

/// Reads an integer with a sign from a decimal string.
fn integer(name: &str, text: &str) -> Result<i64, String> {
    let (sign, digits) = match text.strip_prefix('-') {
        Some(digits) => (-1, digits),
        None => (1, text),
    };
    let magnitude = match parse(digits, 0) {
        Ok(value) if !digits.contains('.') => value,
        Ok(_) => return Err(format!("{name}: {}", DecimalError::Malformed)),
        Err(error) => return Err(format!("{name}: {error}")),
    };
    i64::try_from(magnitude)
        .ok()
        .filter(|value| value.unsigned_abs() < 1 << AMOUNT_BITS)
        .map(|value| sign * value)
        .ok_or_else(|| format!("{name}: magnitude must be below 2^63"))
}

fn row(policy: &Policy, underlying: usize, terms: &Terms) -> Result<InstrumentRow, String> {
    match terms {
        Terms::Perpetual { mark } => policy
            .perpetual_row(underlying, small("mark", mark)?)
            .map_err(|error| error.to_string()),
        Terms::Expired { pays } => InstrumentRow {
            mark: small("pays", pays)?.max(1),
            expired: true,
            ..InstrumentRow::empty(&MARKET)
        }
        .checked()
        .map_err(|error| error.to_string()),
        Terms::Option {
            kind,
            strike,
            forward,
            volatility,
            seconds_to_expiry,
            units_per_lot,
        } => {
            let forward: IndexPrice = number("forward", forward)?;
            let product = Product::European {
                kind: match kind {
                    Kind::Call => OptionKind::Call,
                    Kind::Put => OptionKind::Put,
                },
                strike: number("strike", strike)?,
                volatility: small("volatility", volatility)?,
                time_ms: seconds_to_expiry
                    .checked_mul(1_000)
                    .map(Millis::new)
                    .ok_or("seconds_to_expiry: is too large")?,
                discount: 1 << FRACTION_BITS,
            };
            let lot = small("units_per_lot", units_per_lot)?;
            policy
                .option_row_of(underlying, &product, forward, lot)
                .map(|(row, _)| row)
                .map_err(|error| error.to_string())
        }
    }
}

/// Returns a snapshot under a policy, from collateral weights and rows that were computed with it.
pub fn snapshot(policy: &Policy, weights: Vec<Price>, rows: Vec<InstrumentRow>) -> Snapshot {
    Snapshot {
        number: SnapshotNumber::new(0),
        taken_at: Millis::ZERO,
        weights,
        factors: policy.factors(),
        protocol_share: policy.protocol_share,
        liquidation_rate: policy.liquidation_rate,
        rows,
    }
}

impl Question {
    /// Checks the whole question and converts it to the engine's types.
    ///
    /// # Errors
    /// Names the field and its limit.
    pub fn understand(&self) -> Result<Portfolio, String> {
        let policy = match &self.policy {
            Some(policy) => policy.clone(),
            None => Policy::development(&MARKET),
        };
        policy
            .check(&MARKET)
            .map_err(|error| format!("policy: {error}"))?;
        let mut rows = vec![InstrumentRow::empty(&MARKET); MARKET.instruments.into()];
        for (i, instrument) in self.instruments.iter().enumerate() {
            let slot = instrument.slot;
            let place = rows.get_mut(slot.place()).ok_or_else(|| {
                format!(
                    "instruments[{i}].slot: must be below {}",
                    MARKET.instruments
                )
            })?;
            if place.mark != 0 {
                return Err(format!("instruments[{i}].slot: given twice"));
            }
            *place = row(&policy, MARKET.underlying_of(slot), &instrument.terms)
                .map_err(|error| format!("instruments[{i}].{error}"))?;
        }
        let mut weights = vec![0; MARKET.assets.into()];
        weights[0] = 1 << FRACTION_BITS;
        for (i, collateral) in self.collateral.iter().enumerate() {
            let asset = usize::from(collateral.asset);
            let at = |error: String| format!("collateral[{i}].{error}");
            let price = number("price", &collateral.price).map_err(at)?;
            let weight = policy
                .collateral_weight(asset, price, collateral.decimals)
                .map_err(|error| at(error.to_string()))?;
            match weights.get_mut(asset) {
                Some(place) if asset > 0 => *place = weight,
                _ => {
                    return Err(format!(
                        "collateral[{i}].asset: must be 1 to {}",
                        MARKET.assets - 1
                    ));
                }
            }
        }
        let snapshot = snapshot(&policy, weights, rows);
        let account = self.account(&snapshot)?;
        Ok(Portfolio {
            policy,
            snapshot,
            account,
        })
    }

    fn account(&self, snapshot: &Snapshot) -> Result<Account, String> {
        let mut account = Account::insurance_fund(&Shape::REFERENCE);
        if self.balances.len() > account.balances.len() {
            return Err(format!(
                "balances: {} given, at most {} assets exist",
                self.balances.len(),
                account.balances.len()
            ));
        }
        for (k, (balance, text)) in account.balances.iter_mut().zip(&self.balances).enumerate() {
            *balance = integer(&format!("balances[{k}]"), text)?;
            if k > 0 && *balance < 0 {
                return Err(format!("balances[{k}]: only the quote may be negative"));
            }
        }
        let most = usize::from(Shape::REFERENCE.positions);
        if self.positions.len() > most {
            return Err(format!(
                "positions: {} given, at most {most} fit",
                self.positions.len()
            ));
        }
        for (i, holding) in self.positions.iter().enumerate() {
            let row = snapshot.rows.get(holding.slot.place());
            if row.is_none_or(|row| row.mark == 0) {
                return Err(format!("positions[{i}].slot: no instrument is given there"));
            }
            let lots = holding.lots;
            if lots == 0 || lots.unsigned_abs() >= 1 << QUANTITY_BITS {
                return Err(format!(
                    "positions[{i}].lots: must not be 0, magnitude below 2^48"
                ));
            }
            if account.quantity(holding.slot) != 0 {
                return Err(format!("positions[{i}].slot: given twice"));
            }
            account.positions.push(Position {
                instrument: holding.slot,
                quantity: lots,
            });
        }
        account
            .positions
            .sort_by_key(|position| position.instrument);
        Ok(account)
    }
}
