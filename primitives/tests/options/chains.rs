//! SVI curves fitted to option chains as an exchange quoted them. Files in
//! `permissive/options_deribit_*.csv` of the folder `CLEARPROOF_MARKET_DATA`; without it these
//! tests say so and pass.

use super::fit::{Found, Quote, calibrate, floating, variance};
use clearproof_primitives::fixed::ONE;
use clearproof_primitives::options::{European, OptionKind, SviCurve, YEAR_MS};
use clearproof_primitives::time::Millis;
use std::collections::BTreeMap;
use std::path::PathBuf;

/// One expiry: time in milliseconds, forward, quotes of options out of the money.
struct Expiry {
    time_ms: Millis,
    forward: f64,
    quotes: Vec<Quote>,
    /// Implied volatilities that the file states, where it does.
    stated: Vec<f64>,
}

fn file(name: &str) -> Option<String> {
    let Some(folder) = std::env::var_os("CLEARPROOF_MARKET_DATA") else {
        println!("skipped: CLEARPROOF_MARKET_DATA is not set");
        return None;
    };
    let path = PathBuf::from(folder).join("permissive").join(name);
    Some(std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display())))
}

/// Milliseconds since the epoch of a UTC time `YYYY-MM-DDThh:mm:ss...` (H. Hinnant,
/// "chrono-compatible low-level date algorithms").
fn milliseconds(text: &str) -> i64 {
    let number = |from: usize, to: usize| text[from..to].parse::<i64>().unwrap();
    let (y, m, d) = (number(0, 4), number(5, 7), number(8, 10));
    let (y, m) = if m <= 2 { (y - 1, m + 9) } else { (y, m - 3) };
    let days = 365 * y + y / 4 - y / 100 + y / 400 + (153 * m + 2) / 5 + d - 1 - 719_468;
    ((days * 24 + number(11, 13)) * 60 + number(14, 16)) * 60_000 + number(17, 19) * 1_000
}

/// Implied volatility by bisection on the library's own price, on a forward of 1 and without
/// discount.
fn implied(kind: OptionKind, moneyness: f64, price: f64, time_ms: Millis) -> Option<f64> {
    let raw = |x: f64| (x * ONE as f64 * ONE as f64) as u128;
    let at = |volatility: u64| European {
        kind,
        forward: raw(1.0),
        strike: raw(moneyness),
        volatility,
        time_ms,
        discount: ONE,
    };
    let (mut low, mut high) = (ONE / 100, 10 * ONE);
    let target = raw(price);
    if at(low).price().unwrap() > target || at(high).price().unwrap() < target {
        return None;
    }
    while high - low > 1 {
        let middle = (low + high) / 2;
        if at(middle).price().unwrap() > target {
            high = middle;
        } else {
            low = middle;
        }
    }
    Some(low as f64 / ONE as f64)
}

/// All expiries of a file with at least eight usable quotes.
fn chain(text: &str) -> Vec<Expiry> {
    let mut lines = text.lines();
    let header: Vec<_> = lines.next().unwrap().split(',').collect();
    let column = |name: &str| header.iter().position(|h| *h == name);
    let (kind, strike, option_type) = (
        column("kind").unwrap(),
        column("strike").unwrap(),
        column("option_type").unwrap(),
    );
    let (bid, ask) = (column("bid").unwrap(), column("ask").unwrap());
    let rows: Vec<Vec<&str>> = lines.map(|l| l.split(',').collect()).collect();
    let as_of = milliseconds(rows[0][0]);
    let expiry = |row: &[&str]| match column("expiration_ms") {
        Some(c) => row[c].parse().unwrap_or(0),
        None => milliseconds(row[column("expiry").unwrap()]),
    };
    let middle = |row: &[&str], low: usize, high: usize| {
        let (low, high) = (
            row[low].parse::<f64>().ok()?,
            row[high].parse::<f64>().ok()?,
        );
        (low > 0.0).then_some((low + high) / 2.0)
    };
    let mut expiries: BTreeMap<i64, Expiry> = BTreeMap::new();
    for row in rows
        .iter()
        .filter(|r| ["forward", "future"].contains(&r[kind]))
    {
        let time_ms = expiry(row) - as_of;
        if let (Some(forward), Ok(time_ms)) = (middle(row, bid, ask), u64::try_from(time_ms)) {
            let quotes = Vec::new();
            expiries.insert(
                expiry(row),
                Expiry {
                    time_ms: Millis::new(time_ms),
                    forward,
                    quotes,
                    stated: Vec::new(),
                },
            );
        }
    }
    for row in rows.iter().filter(|r| r[kind] == "option") {
        let Some(e) = expiries.get_mut(&expiry(row)) else {
            continue;
        };
        let moneyness = row[strike].parse::<f64>().unwrap() / e.forward;
        let kind = if row[option_type].starts_with(['c', 'C']) {
            OptionKind::Call
        } else {
            OptionKind::Put
        };
        // The side out of the money; prices are in the coin, shares of the forward.
        if (kind == OptionKind::Call) != (moneyness >= 1.0) {
            continue;
        }
        let Some(volatility) =
            middle(row, bid, ask).and_then(|price| implied(kind, moneyness, price, e.time_ms))
        else {
            continue;
        };
        e.quotes.push(Quote {
            k: moneyness.ln(),
            volatility,
        });
        if let (Some(low), Some(high)) = (column("iv_bid"), column("iv_ask")) {
            e.stated.extend(middle(row, low, high));
        }
    }
    expiries
        .into_values()
        .filter(|e| e.quotes.len() >= 8)
        .collect()
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

fn check_chain(name: &str) {
    let Some(text) = file(name) else { return };
    let expiries = chain(&text);
    assert!(expiries.len() >= 8, "{name}: {} expiries", expiries.len());
    let (mut errors, mut counts) = (Vec::new(), [0; 4]);
    let mut earlier: Option<SviCurve> = None;
    for e in &expiries {
        let years = e.time_ms.get() as f64 / YEAR_MS.get() as f64;
        let (curve, found) = calibrate(&e.quotes, years, earlier.as_ref());
        assert_eq!(curve.check(), Ok(()));
        let (kind, reason) = match found {
            Found::AtOnce => (0, None),
            Found::Constrained(reason) => (1, Some(reason)),
            Found::Crossing(reason) => (2, Some(reason)),
            Found::Flattened(reason) => (3, Some(reason)),
        };
        counts[kind] += 1;
        if let Some(reason) = reason {
            println!("{name}, {:.2} days, {found:?}: {reason}", years * 365.0);
        }
        earlier = Some(curve);
        let raw = (e.forward * ONE as f64) as u128;
        let gaps: Vec<_> = e
            .quotes
            .iter()
            .map(|q| {
                let strike = (e.forward * q.k.exp() * ONE as f64) as u128;
                let volatility = curve.volatility(raw, strike, e.time_ms).unwrap();
                let exact = (variance(&floating(&curve), q.k) / years).sqrt();
                assert!((volatility as f64 / ONE as f64 - exact).abs() < 1e-6);
                (exact - q.volatility).abs()
            })
            .collect();
        errors.extend(gaps);
    }
    let quotes = errors.len();
    let error = median(errors);
    let [at_once, constrained, crossing, flattened] = counts;
    println!(
        "{name}: {} expiries, {quotes} quotes; {at_once} curves accepted at once, \
         {constrained} fitted under the checks, \
         {crossing} of them but the calendar's, {flattened} flattened; median error {:.3} points",
        expiries.len(),
        error * 100.0
    );
    assert!(error < 0.02);
    let stated: Vec<_> = expiries
        .iter()
        .filter(|e| e.stated.len() == e.quotes.len())
        .flat_map(|e| {
            e.quotes
                .iter()
                .zip(&e.stated)
                .map(|(q, s)| (q.volatility - s).abs())
        })
        .collect();
    if !stated.is_empty() {
        let gap = median(stated);
        println!(
            "{name}: implied volatilities lie {:.3} points from the stated ones (median)",
            gap * 100.0
        );
        assert!(gap < 0.005);
    }
}

#[test]
fn bitcoin_of_may_2026() {
    check_chain("options_deribit_btc_20260521.csv");
}

#[test]
fn ether_of_may_2026() {
    check_chain("options_deribit_eth_20260521.csv");
}

#[test]
fn bitcoin_of_august_2026() {
    check_chain("options_deribit_btc_20260801.csv");
}
