#![allow(clippy::unwrap_used)]
use super::super::tests::{curve, curves, float, good, parameter, reference};
use super::super::{MAX_CURVATURE, MIN_CURVATURE, SVI_ONE, SviField};
use super::*;
use proptest::prelude::*;

/// `g(k)` in floating point.
fn density(c: &SviCurve, k: f64) -> f64 {
    let (w, slope, curvature) = reference(c, k);
    (1.0 - k * slope / (2.0 * w)).powi(2) - slope * slope / 4.0 * (1.0 / w + 0.25) + curvature / 2.0
}

#[test]
fn good_curves_are_accepted() {
    assert_eq!(good().check(), Ok(()));
    assert_eq!(curve(0.04, 0.0, 0.0, 0.0, 0.1).check(), Ok(()));
    // An hour, a day, five years.
    assert_eq!(curve(1e-5, 5e-4, 0.1, 0.0, 0.02).check(), Ok(()));
    assert_eq!(curve(2e-4, 4e-3, -0.1, 0.01, 0.03).check(), Ok(()));
    assert_eq!(curve(0.8, 0.5, 0.2, 0.3, 0.9).check(), Ok(()));
}

/// Gatheral & Jacquier 2014, example 5.1: the Vogt smile made free of arbitrage, first with the
/// guarantee of their section 5.1 (c = 0.3493158, ṽ = 0.01548182), then at least distance (c =
/// 0.8564763, ṽ = 0.0116249), in raw parameters.
#[test]
fn the_repaired_vogt_smiles_are_accepted() {
    let guaranteed = curve(0.0077409, 0.0692420, -0.3340365, 0.0420338, 0.1186080);
    assert_eq!(guaranteed.check(), Ok(()));
    let nearest = curve(-0.0305199, 0.1027168, 0.1007176, 0.2723442, 0.4123981);
    assert_eq!(nearest.check(), Ok(()));
}

/// A. Vogt's example, Gatheral & Jacquier 2014, example 3.1: all bounds hold, but the density is
/// negative.
#[test]
fn the_vogt_smile_is_refused_for_its_butterfly() {
    let vogt = curve(-0.0410, 0.1331, 0.3060, 0.3586, 0.4153);
    let Err(SviError::Butterfly(LogMoneyness(k))) = vogt.check() else {
        panic!("{:?}", vogt.check());
    };
    let k = float(k as i128, SVI_BITS);
    assert!((0.6..1.5).contains(&k), "{k}");
    assert!(density(&vogt, k) < 0.0);
}

#[test]
fn each_condition_is_refused_by_name() {
    use SviError::*;
    let refused = |change: &dyn Fn(&mut SviCurve)| {
        let mut curve = good();
        change(&mut curve);
        curve.check().unwrap_err()
    };
    for bad in [16 * SVI_ONE + 1, -16 * SVI_ONE - 1, i64::MIN, i64::MAX] {
        assert_eq!(refused(&|c| c.a = bad), Bounds(SviField::A));
        assert_eq!(refused(&|c| c.rho = bad), Bounds(SviField::Rho));
        assert_eq!(refused(&|c| c.m = bad), Bounds(SviField::M));
    }
    for bad in [2 * SVI_ONE as u64 + 1, u64::MAX] {
        assert_eq!(refused(&|c| c.b = bad), Bounds(SviField::B));
    }
    for bad in [0, MIN_CURVATURE - 1, MAX_CURVATURE + 1, u64::MAX] {
        assert_eq!(refused(&|c| c.sigma = bad), Bounds(SviField::Sigma));
    }
    assert_eq!(refused(&|c| c.rho = SVI_ONE), Bounds(SviField::Rho));
    let steep =
        |b: f64, rho: f64| refused(&|c| (c.b, c.rho) = (parameter(b) as u64, parameter(rho)));
    assert_eq!(steep(2.0, 0.0), Wings);
    assert_eq!(steep(1.6, 0.25), Wings);
    assert_eq!(steep(1.6, -0.25), Wings);
    assert_ne!(steep(1.5, 0.25), Wings);
    assert_eq!(refused(&|c| c.a = -SVI_ONE), Variance);
    let flat = |a: i64| curve(float(a as i128, SVI_BITS), 0.0, 0.0, 0.0, 1.0);
    assert_eq!(flat(MIN_VARIANCE).check(), Ok(()));
    assert_eq!(flat(MIN_VARIANCE - 1).check(), Err(Variance));
}

#[test]
fn a_later_expiry_must_have_more_variance() {
    let later = SviCurve {
        a: good().a + 1,
        ..good()
    };
    assert_eq!(later.check_calendar(&good()), Ok(()));
    assert_eq!(good().check_calendar(&good()), Ok(()));
    assert_eq!(
        good().check_calendar(&later),
        Err(SviError::Calendar(LogMoneyness(-5 * SVI_ONE)))
    );
    // Wings that cross far from the forward.
    let crossing = SviCurve {
        a: 2 * good().a,
        b: good().b / 2,
        ..good()
    };
    assert!(matches!(
        crossing.check_calendar(&good()),
        Err(SviError::Calendar(_))
    ));
}

#[test]
fn the_grid_covers_its_range_and_is_small() {
    for m in [-4 * SVI_ONE, 0, SVI_ONE / 3, 4 * SVI_ONE] {
        for sigma in [MIN_CURVATURE, SVI_ONE as u64 / 10, MAX_CURVATURE] {
            let mut points: Vec<_> = grid(&SviCurve { m, sigma, ..good() })
                .map(|k| k.0)
                .collect();
            points.sort_unstable();
            assert_eq!(
                (points[0], *points.last().unwrap()),
                (-GRID_LIMIT, GRID_LIMIT)
            );
            assert!(points.len() <= 620, "{}", points.len());
            assert!(points.windows(2).all(|p| p[1] - p[0] <= SVI_ONE / 16));
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_000, failure_persistence: None, ..Default::default() })]

    /// Levels close to the least that is allowed, where densities turn negative.
    #[test]
    fn what_the_grid_accepts_a_finer_grid_accepts(c in curves(), lift in 0u32..40) {
        let mut c = c;
        let least = c.least_variance() - c.a as i128;
        c.a = (MIN_VARIANCE as i128 - least + (1i128 << (lift + 10))).clamp(-16 << SVI_BITS, 16 << SVI_BITS) as i64;
        let verdict = c.check();
        let [m, s] = [c.m, c.sigma as i64].map(|p| float(p as i128, SVI_BITS));
        let even = (-20_000..=20_000).map(|i| i as f64 / 4_000.0);
        let around = (-2_000..=2_000).map(|i| m + s * (i as f64 / 200.0).sinh());
        let worst = even.chain(around).filter(|k| k.abs() <= 5.0).map(|k| density(&c, k)).fold(f64::MAX, f64::min);
        match verdict {
            Ok(()) => prop_assert!(worst > -1e-3, "{c:?} {worst}"),
            Err(SviError::Butterfly(k)) => {
                let g = density(&c, float(k.0 as i128, SVI_BITS));
                prop_assert!(g < 1e-6, "{c:?} {k} {g}");
            }
            Err(_) => (),
        }
    }
}
