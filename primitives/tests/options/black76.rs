//! Black's formula: 3,836 reference values at 50 digits (`tests/data/black76.py`), Hull's examples,
//! and properties.

use OptionKind::{Call, Put};
use clearproof_primitives::fixed::{Factor, ONE};
use clearproof_primitives::options::{
    DAY_MS, European, Greeks, MAX_TIME_MS, MAX_VOLATILITY, OptionError, OptionKind, Product,
    ScenarioSpec, SviCurve, VolatilityScaling, YEAR_MS, revalue,
};
use clearproof_primitives::time::Millis;
use proptest::prelude::*;
use serde::Deserialize;
use std::hint::black_box;
use std::time::Instant;

/// Forward, strike, volatility, time, discount as the library takes them; call and put with 48
/// fraction bits, delta of the call with 70; gamma, vega and theta of the call in units.
type Point = (
    String,
    String,
    u64,
    u64,
    u64,
    String,
    String,
    String,
    f64,
    f64,
    f64,
);

#[derive(Deserialize)]
struct Reference {
    black76: Vec<Point>,
}

fn reference() -> Vec<Point> {
    let text = include_str!("../data/black76.json");
    serde_json::from_str::<Reference>(text).unwrap().black76
}

fn option(kind: OptionKind, point: &Point) -> European {
    European {
        kind,
        forward: point.0.parse().unwrap(),
        strike: point.1.parse().unwrap(),
        volatility: point.2,
        time_ms: Millis::new(point.3),
        discount: point.4,
    }
}

fn unit(raw: i128) -> f64 {
    raw as f64 / ONE as f64
}

#[test]
fn prices_agree_with_the_reference() {
    let mut worst = (0f64, 0f64);
    for point in reference() {
        for (kind, expected) in [(Call, &point.5), (Put, &point.6)] {
            let option = option(kind, &point);
            let exact: u128 = expected.parse().unwrap();
            let error = (option.price().unwrap() << 16).abs_diff(exact);
            let lesser = option.forward.min(option.strike);
            // The documented bound: one unit and 2^-58 of the lesser price.
            assert!(
                error <= (2 << 16) + (lesser >> (58 - 16)),
                "{point:?}: off by {error} of 2^-48"
            );
            let beyond_rounding = error.saturating_sub(2 << 16) as f64 / 65_536.0;
            worst.0 = worst.0.max(beyond_rounding / lesser as f64);
            // The promised bound, wherever the forward has enough bits to state it.
            if option.forward > ONE as u128 {
                let share = error as f64 / 65_536.0 / option.forward as f64;
                worst.1 = worst.1.max(share);
                assert!(share <= 1e-9, "{point:?}");
            }
        }
    }
    println!(
        "largest error of a price: {:.2e} of the lesser of forward and strike beyond rounding, \
         {:.2e} of the forward in all",
        worst.0, worst.1
    );
}

#[test]
fn greeks_agree_with_the_reference() {
    for point in reference() {
        let call = option(Call, &point);
        let (c, p) = match (call.greeks(), option(Put, &point).greeks()) {
            (Ok(c), Ok(p)) => (c, p),
            // A few points of the whole range stand for rates or gammas beyond the limits.
            (Err(OptionError::Overflow(_)), _) | (_, Err(OptionError::Overflow(_))) => continue,
            other => panic!("{point:?}: {other:?}"),
        };
        let delta: i128 = point.7.parse().unwrap();
        assert!(
            ((c.delta as i128) << 38).abs_diff(delta) <= 2 << 38,
            "{point:?}"
        );
        assert_eq!(p.delta, c.delta - point.4 as i64);
        assert_eq!((p.gamma, p.vega), (c.gamma, c.vega));
        let close = |value: f64, exact: f64, absolute: f64, relative: f64| {
            assert!(
                (value - exact).abs() <= absolute + relative * exact.abs(),
                "{value} {exact}: {point:?}"
            );
        };
        let forward = unit(call.forward as i128);
        let ulp = 1.0 / ONE as f64;
        let deviation =
            point.2 as f64 / ONE as f64 * (point.3 as f64 / YEAR_MS.get() as f64).sqrt();
        if deviation > 1e-6 {
            let gamma = c.gamma as f64 / 2f64.powi(64);
            // The density is absolute to 2^-61, and gamma divides it by forward and deviation.
            let density = 2f64.powi(-60) / (forward * deviation);
            close(gamma, point.8, 2f64.powi(-63) + density, 1e-11);
        }
        let value = unit(option(Call, &point).price().unwrap() as i128);
        let volatility = (point.2 as f64 / ONE as f64).max(1e-9);
        let bound = 2.0 * ulp + forward * (2f64.powi(-58) + 2f64.powi(-60) / volatility);
        close(unit(c.vega as i128), point.9, bound, 1e-14);
        let rate =
            -(point.4 as f64 / ONE as f64).ln() / (point.3.max(1) as f64 / YEAR_MS.get() as f64);
        let bound = (3.0 + 2.0 * rate) * ulp + (forward + value) * 2f64.powi(-38);
        close(unit(c.theta), point.10, bound, 1e-12);
    }
}

/// An option in decimal units.
fn example(
    kind: OptionKind,
    forward: f64,
    strike: f64,
    vol: f64,
    years: f64,
    rate: f64,
) -> European {
    let fixed = |x: f64| (x * ONE as f64).round();
    European {
        kind,
        forward: fixed(forward) as u128,
        strike: fixed(strike) as u128,
        volatility: fixed(vol) as u64,
        time_ms: Millis::new((years * YEAR_MS.get() as f64).round() as u64),
        discount: fixed((-rate * years).exp()) as u64,
    }
}

/// J. Hull, "Options, Futures, and Other Derivatives" (9th edition).
#[test]
fn published_examples_come_out() {
    // Futures options: European put on crude oil futures, 4 months, F = K = 60, r = 9 %, volatility
    // 25 %: 3.35.
    let put = example(Put, 60.0, 60.0, 0.25, 4.0 / 12.0, 0.09);
    assert_eq!(format!("{:.2}", unit(put.price().unwrap() as i128)), "3.35");
    // The Black-Scholes-Merton model: S = 42, K = 40, r = 10 %, volatility 20 %, 6 months: call
    // 4.76, put 0.81, on the forward S e^(rT).
    let forward = 42.0 * 0.05f64.exp();
    for (kind, value) in [(Call, "4.76"), (Put, "0.81")] {
        let option = example(kind, forward, 40.0, 0.2, 0.5, 0.1);
        assert_eq!(
            format!("{:.2}", unit(option.price().unwrap() as i128)),
            value
        );
    }
    // The greek letters: S = 49, K = 50, r = 5 %, volatility 20 %, 20 weeks. Delta 0.522, gamma
    // 0.066, vega 12.1 are to the spot: spot = forward · e^(-rT), so delta is divided by e^(-rT)
    // and gamma by its square. The option is worth 2.40.
    let growth = (0.05f64 * 0.3846).exp();
    let option = example(Call, 49.0 * growth, 50.0, 0.2, 0.3846, 0.05);
    let Greeks {
        delta, gamma, vega, ..
    } = option.greeks().unwrap();
    let rounded = |x: f64, digits: usize| format!("{x:.digits$}");
    assert_eq!(rounded(unit(option.price().unwrap() as i128), 2), "2.40");
    assert_eq!(rounded(unit(delta as i128) * growth, 3), "0.522");
    assert_eq!(
        rounded(gamma as f64 / 2f64.powi(64) * growth * growth, 3),
        "0.066"
    );
    assert_eq!(rounded(unit(vega as i128), 1), "12.1");
}

/// Prices with up to 20 bits before the point, strikes from 1 % to 10,000 % of the forward, 1 % to
/// 500 %, a minute to five years.
fn options() -> impl Strategy<Value = European> {
    (
        1u128 << 32..1 << 52,
        655u128..6_553_600,
        ONE / 100..5 * ONE,
        60_000..5 * YEAR_MS.get(),
        ONE / 2..=ONE,
    )
        .prop_map(|(forward, ratio, volatility, time_ms, discount)| European {
            kind: Call,
            forward,
            strike: (forward * ratio) >> 16,
            volatility,
            time_ms: Millis::new(time_ms),
            discount,
        })
}

fn pair(call: European) -> (u128, u128) {
    (
        call.price().unwrap(),
        European { kind: Put, ..call }.price().unwrap(),
    )
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..Default::default() })]

    #[test]
    fn parity_and_bounds_are_exact(option in options()) {
        let (call, put) = pair(option);
        let discounted = |x: u128| (x * option.discount as u128) >> 32;
        let gap = discounted(option.forward.abs_diff(option.strike));
        prop_assert_eq!(call.abs_diff(put), gap);
        prop_assert_eq!(call >= put, option.forward >= option.strike || gap == 0);
        prop_assert!(call >= discounted(option.forward.saturating_sub(option.strike)));
        prop_assert!(put >= discounted(option.strike.saturating_sub(option.forward)));
        prop_assert!(call <= discounted(option.forward) && put <= discounted(option.strike));
    }

    #[test]
    fn prices_are_monotone(option in options(), step in 1u64..1 << 30) {
        let (call, put) = pair(option);
        let (up, down) = pair(European { forward: option.forward + step as u128, ..option });
        prop_assert!(up + 1 >= call && down <= put + 1, "in the forward");
        let (down, up) = pair(European { strike: option.strike + step as u128, ..option });
        prop_assert!(up + 1 >= put && down <= call + 1, "in the strike");
        let (c, p) = pair(European { volatility: option.volatility + step, ..option });
        prop_assert!(c + 1 >= call && p + 1 >= put, "in volatility");
        let (c, p) = pair(European { time_ms: option.time_ms + Millis::new(step), ..option });
        prop_assert!(c + 1 >= call && p + 1 >= put, "in time, the discount being the same");
        let (c, p) = pair(European { discount: option.discount - step, ..option });
        prop_assert!(c <= call && p <= put, "in the discount");
    }

    #[test]
    fn nothing_panics(call: bool, forward: u128, strike: u128, volatility: u64, time_ms: u64, discount: u64) {
        let kind = if call { Call } else { Put };
        let any = European { kind, forward, strike, volatility, time_ms: Millis::new(time_ms), discount };
        let _ = (any.price(), any.greeks());
        let within = European {
            forward: (forward >> (33 + (strike & 63))).max(1),
            strike: (strike >> (33 + (forward & 63))).max(1),
            volatility: (volatility % (MAX_VOLATILITY + 1)) >> (discount & 31),
            time_ms: Millis::new((time_ms % (MAX_TIME_MS.get() + 1)) >> (volatility & 31)),
            discount: 1 + discount % ONE,
            ..any
        };
        let price = within.price().unwrap();
        prop_assert!(price <= within.forward.max(within.strike));
        if let Ok(greeks) = within.greeks() {
            prop_assert!(greeks.delta.unsigned_abs() <= within.discount);
        }
    }
}

#[test]
fn the_time_of_a_snapshot() {
    // 32 instruments at their mark and under 16 scenarios.
    let options: Vec<_> = (0..544u64)
        .map(|i| European {
            kind: if i % 2 == 0 { Call } else { Put },
            forward: (60_000 + 40 * i as u128) << 32,
            strike: (40_000 + 80 * (i as u128 % 17) * 30) << 32,
            volatility: ONE / 2 + (i << 22),
            time_ms: DAY_MS * ((1 + i % 32) * 7),
            discount: ONE - (i << 16),
        })
        .collect();
    let rounds = 20;
    let start = Instant::now();
    for _ in 0..rounds {
        for option in &options {
            black_box(black_box(option).price().unwrap());
        }
    }
    let each = start.elapsed().as_secs_f64() * 1e6 / (rounds * options.len()) as f64;
    println!(
        "{each:.3} microseconds per price, {:.0} for {}",
        each * options.len() as f64,
        options.len()
    );
    let scaling = VolatilityScaling {
        short_power: Factor::new(19_661),
        long_power: Factor::new(8_520),
        floor_ms: DAY_MS,
    };
    let scenarios = [ScenarioSpec {
        price_shock: -9_830,
        volatility_shock: 32_768,
        weight: Factor::new(65_536),
    }; 16];
    let start = Instant::now();
    for o in &options {
        let product = Product::European {
            kind: o.kind,
            strike: o.strike,
            volatility: o.volatility,
            time_ms: o.time_ms,
            discount: o.discount,
        };
        black_box(revalue(black_box(&product), o.forward, ONE, &scaling, &scenarios).unwrap());
    }
    let each = start.elapsed().as_secs_f64() * 1e6 / options.len() as f64;
    println!("{each:.2} microseconds per row of 16 scenarios");
    let curve = SviCurve {
        a: 1 << 40,
        b: 1 << 44,
        rho: -(1 << 46),
        m: 1 << 42,
        sigma: 1 << 45,
    };
    let start = Instant::now();
    for _ in 0..100 {
        black_box(&curve).check().unwrap();
    }
    let check = start.elapsed().as_secs_f64() * 1e6 / 100.0;
    let start = Instant::now();
    for o in &options {
        black_box(
            black_box(&curve)
                .volatility(o.forward, o.strike, o.time_ms)
                .unwrap(),
        );
    }
    let each = start.elapsed().as_secs_f64() * 1e6 / options.len() as f64;
    println!("{check:.0} microseconds per check of a curve, {each:.3} per volatility");
}
