#![allow(clippy::unwrap_used)]
use super::*;
use crate::rows::mark_price;
use crate::{fixed::Factor, options::YEAR_MS};
use proptest::prelude::*;

const SCALING: VolatilityScaling = VolatilityScaling {
    short_power: Factor::new(19_661),
    long_power: Factor::new(8_520),
    floor_ms: DAY_MS,
};

fn spec(price: f64, volatility: f64, weight: f64) -> ScenarioSpec {
    let share = |x: f64| (x * WHOLE as f64).round() as i32;
    ScenarioSpec {
        price_shock: share(price),
        volatility_shock: share(volatility),
        weight: Factor::new(share(weight) as u32),
    }
}

fn option(kind: OptionKind, strike: u128, time_ms: Millis) -> Product {
    Product::European {
        kind,
        strike: strike << 32,
        volatility: ONE / 2,
        time_ms,
        discount: ONE,
    }
}

const FORWARD: IndexPrice = 60_000 << 32;

#[test]
fn a_perpetual_moves_with_its_index() {
    let scenarios = [
        spec(0.25, 0.3, 1.0),
        spec(-0.25, 0.3, 1.0),
        spec(-0.72, 0.0, 0.35),
    ];
    for forward in [FORWARD, FORWARD + 12_345, 3, (1 << 62) - 1] {
        let mark = mark_price(forward, ONE).unwrap();
        let valuation = revalue(&Product::Perpetual, forward, ONE, &SCALING, &scenarios).unwrap();
        assert_eq!(valuation.mark, mark);
        let moved = scenarios.map(|s| {
            let product = i128::from(mark) * i128::from(s.price_shock) * i128::from(s.weight.get());
            (product >> 32) as i64
        });
        assert_eq!(valuation.scenario_values, moved);
    }
    let halved = revalue(
        &Product::Perpetual,
        1_001,
        ONE,
        &SCALING,
        &[spec(0.5, 0.0, 0.5)],
    );
    assert_eq!(
        halved.unwrap().scenario_values,
        [250],
        "a quarter of 1,001, rounded down once"
    );
}

#[test]
fn an_option_is_revalued_at_the_shocked_forward_and_volatility() {
    let product = option(OptionKind::Put, 55_000, DAY_MS * 7);
    let lot = ONE / 10;
    let scenarios = [
        spec(0.0, 0.0, 1.0),
        spec(-0.25, 0.5, 1.0),
        spec(0.25, -0.25, 1.0),
        spec(-0.75, 0.5, 0.35),
    ];
    let valuation = revalue(&product, FORWARD, lot, &SCALING, &scenarios).unwrap();
    let price = |forward, volatility| {
        European {
            kind: OptionKind::Put,
            forward,
            strike: 55_000 << 32,
            volatility,
            time_ms: DAY_MS * 7,
            discount: ONE,
        }
        .price()
        .unwrap()
    };
    let value = |forward, volatility| ((price(forward, volatility) * lot as u128) >> 32) as i64;
    let mark = value(FORWARD, ONE / 2);
    assert_eq!(valuation.mark, mark as u64);
    let factor = SCALING.factor(DAY_MS * 7).unwrap();
    let exact = (30f64 / 7.0).powf(19_661.0 / 65_536.0);
    assert!((factor as f64 / ONE as f64 - exact).abs() < 1e-9);
    let up = ONE / 2 + factor / 4;
    let down = ONE / 2 - factor.div_ceil(8);
    let quarter = FORWARD / 4;
    let extreme = value(quarter, up) - mark;
    assert_eq!(
        valuation.scenario_values,
        [
            0,
            value(3 * quarter, up) - mark,
            value(5 * quarter, down) - mark,
            (extreme * scenarios[3].weight.get() as i64) >> 16
        ]
    );
    assert!(valuation.scenario_values[1] > 0 && valuation.scenario_values[2] < 0);
}

#[test]
fn volatility_shocks_scale_with_time() {
    let factor = |time_ms| SCALING.factor(time_ms).unwrap();
    assert_eq!(factor(PIVOT_MS), ONE);
    assert_eq!(factor(Millis::ZERO), factor(DAY_MS), "the floor");
    let close = |time_ms: Millis, power: f64| {
        let exact = (PIVOT_MS.get() as f64 / time_ms.get() as f64).powf(power / 65_536.0);
        assert!((factor(time_ms) as f64 / ONE as f64 - exact).abs() < 1e-9);
    };
    close(DAY_MS, 19_661.0);
    close(PIVOT_MS - Millis::new(1), 19_661.0);
    close(YEAR_MS, 8_520.0);
    let linear = VolatilityScaling {
        short_power: Factor::new(1 << 16),
        floor_ms: MIN_FLOOR_MS,
        ..SCALING
    };
    assert!(linear.factor(Millis::ZERO).unwrap().abs_diff(720 * ONE) < 4);
    assert_eq!(
        shocked_volatility(ONE, MAX_VOLATILITY_SHOCK, 720 * ONE),
        MAX_VOLATILITY
    );
    assert_eq!(shocked_volatility(ONE, MIN_VOLATILITY_SHOCK, 2 * ONE), 0);
}

#[test]
fn each_bound_is_refused_by_name() {
    use OptionField::*;
    let refused = |s: ScenarioSpec, c: VolatilityScaling| {
        let product = option(OptionKind::Call, 60_000, DAY_MS);
        revalue(&product, FORWARD, ONE, &c, &[spec(0.1, 0.1, 1.0), s]).unwrap_err()
    };
    let fine = spec(0.1, 0.1, 1.0);
    for bad in [MIN_PRICE_SHOCK - 1, MAX_PRICE_SHOCK + 1, i32::MIN, i32::MAX] {
        let s = ScenarioSpec {
            price_shock: bad,
            ..fine
        };
        assert_eq!(refused(s, SCALING), OptionError::Bounds(PriceShock));
    }
    for bad in [
        MIN_VOLATILITY_SHOCK - 1,
        MAX_VOLATILITY_SHOCK + 1,
        i32::MIN,
        i32::MAX,
    ] {
        let s = ScenarioSpec {
            volatility_shock: bad,
            ..fine
        };
        assert_eq!(refused(s, SCALING), OptionError::Bounds(VolatilityShock));
    }
    for bad in [0, (1 << 16) + 1, u32::MAX] {
        let s = ScenarioSpec {
            weight: Factor::new(bad),
            ..fine
        };
        assert_eq!(refused(s, SCALING), OptionError::Bounds(Weight));
    }
    for bad in [(1 << 16) + 1, u32::MAX] {
        let short = VolatilityScaling {
            short_power: Factor::new(bad),
            ..SCALING
        };
        let long = VolatilityScaling {
            long_power: Factor::new(bad),
            ..SCALING
        };
        assert_eq!(refused(fine, short), OptionError::Bounds(Power));
        assert_eq!(refused(fine, long), OptionError::Bounds(Power));
    }
    for bad in [
        Millis::ZERO,
        MIN_FLOOR_MS - Millis::new(1),
        PIVOT_MS + Millis::new(1),
        Millis::MAX,
    ] {
        let c = VolatilityScaling {
            floor_ms: bad,
            ..SCALING
        };
        assert_eq!(refused(fine, c), OptionError::Bounds(Floor));
    }
}

#[test]
fn marks_and_deltas_stay_within_a_row() {
    let worthless = option(OptionKind::Call, 1 << 40, DAY_MS);
    let valuation = revalue(&worthless, FORWARD, ONE, &SCALING, &[spec(-0.1, 0.0, 1.0)]).unwrap();
    assert_eq!(
        (valuation.mark, &valuation.scenario_values[..]),
        (1, &[-1][..]),
        "not 0: an instrument"
    );
    let perpetual = |forward, units, shock| {
        revalue(
            &Product::Perpetual,
            forward,
            units,
            &SCALING,
            &[spec(shock, 0.0, 1.0)],
        )
        .err()
    };
    let overflow = |field| Some(OptionError::Overflow(field));
    assert_eq!(
        perpetual(0, ONE, 0.1),
        Some(OptionError::Bounds(OptionField::Mark))
    );
    assert_eq!(perpetual(1 << 62, ONE, 0.1), overflow(OptionField::Mark));
    assert_eq!(
        perpetual(u128::MAX, u64::MAX, 0.1),
        overflow(OptionField::Mark)
    );
    assert_eq!(
        perpetual((1 << 62) - 1, ONE, 2.0),
        overflow(OptionField::Delta)
    );
}

proptest! {
    #[test]
    fn nothing_panics(
        forward: u128, strike: u128, volatility: u64, time_ms: u64, discount: u64, units: u64, call: bool,
        price_shock: i32, volatility_shock: i32, weight: u32, small in 0u32..96,
    ) {
        let kind = if call { OptionKind::Call } else { OptionKind::Put };
        let wild = ScenarioSpec { price_shock, volatility_shock, weight: Factor::new(weight) };
        let tame = ScenarioSpec {
            price_shock: price_shock % MIN_PRICE_SHOCK,
            volatility_shock: volatility_shock % MIN_VOLATILITY_SHOCK,
            weight: Factor::new(1 + weight % (1 << 16)),
        };
        let any = Product::European { kind, strike, volatility, time_ms: Millis::new(time_ms), discount };
        let likely = Product::European {
            kind,
            strike: (strike >> 33 >> small).max(1),
            volatility: volatility >> 26,
            time_ms: Millis::new(time_ms >> 26),
            discount: 1 + (discount >> 32),
        };
        for product in [Product::Perpetual, any, likely] {
            for scenario in [wild, tame] {
                let _ = revalue(&product, forward, units, &SCALING, &[scenario]);
                let _ = revalue(&product, forward >> 33 >> small, units >> 32, &SCALING, &[scenario]);
            }
        }
    }
}
