#![allow(clippy::unwrap_used)]
use super::*;
use crate::fixed::ONE;
use crate::options::DAY_MS;
use proptest::prelude::*;

/// A parameter from a decimal.
pub(super) fn parameter(x: f64) -> i64 {
    (x * SVI_ONE as f64).round() as i64
}

pub(super) fn curve(a: f64, b: f64, rho: f64, m: f64, sigma: f64) -> SviCurve {
    SviCurve {
        a: parameter(a),
        b: parameter(b) as u64,
        rho: parameter(rho),
        m: parameter(m),
        sigma: parameter(sigma) as u64,
    }
}

/// A smile of a month at about 50 %, skewed to the left.
pub(super) fn good() -> SviCurve {
    curve(0.005, 0.08, -0.3, 0.02, 0.15)
}

pub(super) fn float(x: i128, bits: u32) -> f64 {
    x as f64 / 2f64.powi(bits as i32)
}

/// `w`, `w'`, `w''` in floating point.
pub(super) fn reference(c: &SviCurve, k: f64) -> (f64, f64, f64) {
    let [a, b, rho, m, s] =
        [c.a, c.b as i64, c.rho, c.m, c.sigma as i64].map(|p| float(p as i128, SVI_BITS));
    let (x, root) = (k - m, (k - m).hypot(s));
    (
        a + b * (rho * x + root),
        b * (rho + x / root),
        b * s * s / root.powi(3),
    )
}

pub(super) fn curves() -> impl Strategy<Value = SviCurve> {
    (
        -MAX_LEVEL..=MAX_LEVEL,
        0..=MAX_SLOPE,
        -MAX_CORRELATION..=MAX_CORRELATION,
        -MAX_SHIFT..=MAX_SHIFT,
        MIN_CURVATURE..=MAX_CURVATURE,
        0u32..20,
    )
        .prop_map(|(a, b, rho, m, sigma, tightness)| SviCurve {
            a: a >> tightness,
            b: b >> (tightness / 4),
            rho,
            m: m >> (tightness / 2),
            sigma: (sigma >> (tightness / 2)).max(MIN_CURVATURE),
        })
}

#[test]
fn volatilities_are_those_of_the_formula() {
    let forward = 60_000u128 << 32;
    for strike in [600u128, 20_000, 50_000, 60_000, 61_000, 90_000, 6_000_000] {
        let (w, _, _) = reference(&good(), (strike as f64 / 60_000.0).ln());
        let expected = (w / (30.0 / 365.0)).sqrt();
        let volatility = good()
            .volatility(forward, strike << 32, DAY_MS * 30)
            .unwrap();
        let error = volatility as f64 / ONE as f64 - expected;
        assert!(error.abs() < 1e-9, "{strike}: {error}");
    }
}

#[test]
fn what_has_no_volatility_is_refused_by_name() {
    use SviField::*;
    let refused =
        |c: SviCurve, forward, strike, time| c.volatility(forward, strike, time).unwrap_err();
    let one = ONE as u128;
    for (forward, strike) in [(0, one), (one, 0), (one, 2_981 * one), (2_981 * one, one)] {
        assert_eq!(
            refused(good(), forward, strike, DAY_MS),
            SviError::Bounds(LogMoneyness)
        );
    }
    for time in [Millis::ZERO, MAX_TIME_MS + Millis::new(1), Millis::MAX] {
        assert_eq!(refused(good(), one, one, time), SviError::Bounds(Time));
    }
    assert_eq!(
        refused(good(), one, one, Millis::new(1)),
        SviError::Bounds(Volatility)
    );
    let negative = SviCurve {
        a: -SVI_ONE,
        ..good()
    };
    assert_eq!(refused(negative, one, one, DAY_MS), SviError::Variance);
    let message = SviError::Butterfly(super::LogMoneyness(-3 * SVI_ONE / 4)).to_string();
    assert_eq!(
        message,
        "butterfly arbitrage: g(k) must not be negative, but is at log-moneyness -0.750"
    );
}

proptest! {
    #[test]
    fn slopes_agree_with_floating_point(c in curves(), k in -5 * SVI_ONE..5 * SVI_ONE) {
        let local = c.local(work(k));
        let (w, slope, curvature) = reference(&c, float(k as i128, SVI_BITS));
        for (value, exact, size) in [
            (local.variance, w, 1.0),
            (local.slope, slope, 1.0),
            (local.curvature, curvature, 1.0 / float(c.sigma as i128, SVI_BITS)),
        ] {
            let gap = float(value, WORK_BITS) - exact;
            prop_assert!(gap.abs() <= 1e-12 * (1.0 + exact.abs() + size), "{value} {exact}: {gap}");
        }
    }

    #[test]
    fn nothing_panics(a: i64, b: u64, rho: i64, m: i64, sigma: u64, forward: u128, strike: u128, time_ms: u64) {
        let any = SviCurve { a, b, rho, m, sigma };
        let _ = (any.check(), any.check_calendar(&good()), good().check_calendar(&any));
        let _ = any.volatility(forward, strike, Millis::new(time_ms));
        let _ = good().volatility(forward, strike, Millis::new(time_ms));
        let _ = good().volatility(forward, forward - forward / 3, Millis::new(time_ms % MAX_TIME_MS.get()));
    }

    #[test]
    fn curves_in_bounds_never_panic(
        c in curves(), other in curves(), strike in 1u128..1 << 95, time_ms in 1..=MAX_TIME_MS.get(),
    ) {
        let _ = (c.check(), c.check_calendar(&other));
        let _ = c.volatility(strike / 2 + 1, strike, Millis::new(time_ms));
    }
}
