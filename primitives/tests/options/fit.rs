//! A least-squares SVI fit in floating point: the quasi-explicit method of S. De Marco and C.
//! Martini (Zeliade Systems, "Quasi- explicit calibration of Gatheral's SVI model", 2009). For
//! given (m, σ) the curve is linear in (a, ρbσ, bσ); Nelder and Mead's simplex searches the two.

use clearproof_primitives::options::svi::{SVI_BITS, SVI_ONE};
use clearproof_primitives::options::{SviCurve, SviError};

/// One quote: log-moneyness, implied volatility.
#[derive(Clone, Copy, Debug)]
pub struct Quote {
    pub k: f64,
    pub volatility: f64,
}

/// Parameters a, b, ρ, m, σ.
type Raw = [f64; 5];

pub fn variance(&[a, b, rho, m, sigma]: &Raw, k: f64) -> f64 {
    a + b * (rho * (k - m) + (k - m).hypot(sigma))
}

/// The curve in fixed point.
pub fn fixed(raw: &Raw) -> SviCurve {
    let [a, b, rho, m, sigma] = raw.map(|x| (x * SVI_ONE as f64).round() as i64);
    SviCurve {
        a,
        b: b as u64,
        rho,
        m,
        sigma: sigma as u64,
    }
}

pub fn floating(c: &SviCurve) -> Raw {
    [c.a, c.b as i64, c.rho, c.m, c.sigma as i64].map(|x| x as f64 / 2f64.powi(SVI_BITS as i32))
}

/// Root mean square error in volatility, to first order.
fn error(raw: &Raw, quotes: &[Quote], years: f64) -> f64 {
    let sum: f64 = quotes
        .iter()
        .map(|q| {
            let gap = variance(raw, q.k) - q.volatility * q.volatility * years;
            (gap / (2.0 * q.volatility * years)).powi(2)
        })
        .sum();
    (sum / quotes.len() as f64).sqrt()
}

/// Least squares for `columns · x = target` by normal equations and elimination.
fn solve<const N: usize>(rows: &[([f64; N], f64)]) -> Option<[f64; N]> {
    let mut a = [[0.0; N]; N];
    let mut y = [0.0; N];
    for (row, target) in rows {
        for i in 0..N {
            y[i] += row[i] * target;
            for j in 0..N {
                a[i][j] += row[i] * row[j];
            }
        }
    }
    for i in 0..N {
        let pivot = (i..N).max_by(|p, q| a[*p][i].abs().total_cmp(&a[*q][i].abs()))?;
        a.swap(i, pivot);
        y.swap(i, pivot);
        if a[i][i].abs() < 1e-14 {
            return None;
        }
        for r in 0..N {
            let factor = if r == i { 0.0 } else { a[r][i] / a[i][i] };
            let source = a[i];
            a[r].iter_mut()
                .zip(source)
                .for_each(|(x, s)| *x -= factor * s);
            y[r] -= factor * y[i];
        }
    }
    Some(std::array::from_fn(|i| y[i] / a[i][i]))
}

/// The best curve for given m and σ, with |ρ| <= 0.99.
fn inner(m: f64, sigma: f64, quotes: &[Quote], years: f64) -> Raw {
    let row = |q: &Quote| {
        let (y, weight) = ((q.k - m) / sigma, 1.0 / (2.0 * q.volatility * years));
        let target = q.volatility * q.volatility * years * weight;
        ([weight, y * weight, y.hypot(1.0) * weight], target)
    };
    let rows: Vec<_> = quotes.iter().map(row).collect();
    let flat = quotes
        .iter()
        .map(|q| q.volatility.powi(2) * years)
        .sum::<f64>()
        / quotes.len() as f64;
    let curve = |a, c: f64, rho| [a, c / sigma, rho, m, sigma];
    let free = solve(&rows).map(|[a, d, c]| curve(a, c, d / c));
    if let Some(raw) = free.filter(|r| r[1] > 0.0 && r[2].abs() <= 0.99) {
        return raw;
    }
    [-0.99, 0.99]
        .into_iter()
        .filter_map(|rho| {
            let edge: Vec<_> = rows
                .iter()
                .map(|(r, t)| ([r[0], rho * r[1] + r[2]], *t))
                .collect();
            solve(&edge)
                .map(|[a, c]| curve(a, c, rho))
                .filter(|r| r[1] > 0.0)
        })
        .min_by(|p, q| error(p, quotes, years).total_cmp(&error(q, quotes, years)))
        .unwrap_or(curve(flat, 0.0, 0.0))
}

/// Nelder and Mead's simplex in two dimensions.
fn minimise(start: [f64; 2], step: [f64; 2], f: impl Fn([f64; 2]) -> f64) -> [f64; 2] {
    let at = |x: [f64; 2]| (f(x), x);
    let shifted = [
        [start[0] + step[0], start[1]],
        [start[0], start[1] + step[1]],
    ];
    let mut simplex = [at(start), at(shifted[0]), at(shifted[1])];
    for _ in 0..150 {
        simplex.sort_by(|p, q| p.0.total_cmp(&q.0));
        let [best, good, worst] = simplex;
        let along = |t: f64| {
            at(std::array::from_fn(|i| {
                let centre = (best.1[i] + good.1[i]) / 2.0;
                centre + t * (centre - worst.1[i])
            }))
        };
        let reflected = along(1.0);
        simplex[2] = if reflected.0 < best.0 {
            [reflected, along(2.0)]
                .into_iter()
                .min_by(|p, q| p.0.total_cmp(&q.0))
                .unwrap()
        } else if reflected.0 < good.0 {
            reflected
        } else {
            along(-0.5)
        };
        if simplex[2].0 >= worst.0 {
            for point in &mut simplex[1..] {
                *point = at(std::array::from_fn(|i| (point.1[i] + best.1[i]) / 2.0));
            }
        }
    }
    simplex
        .into_iter()
        .min_by(|p, q| p.0.total_cmp(&q.0))
        .unwrap()
        .1
}

/// The least-squares curve among those that `accept` takes, as far as the simplex finds one.
fn fit(quotes: &[Quote], years: f64, accept: impl Fn(&SviCurve) -> bool) -> Raw {
    let raw = |[m, log]: [f64; 2]| {
        inner(
            m.clamp(-2.0, 2.0),
            log.exp().clamp(0.002, 4.0),
            quotes,
            years,
        )
    };
    let objective = |raw: &Raw| {
        let penalty = if accept(&fixed(raw)) { 0.0 } else { 1.0 };
        error(raw, quotes, years) + penalty
    };
    let starts = [-0.5, 0.0, 0.5].map(|m| [0.01f64, 0.05, 0.2, 0.5].map(|sigma| [m, sigma.ln()]));
    starts
        .into_iter()
        .flatten()
        .map(|start| raw(minimise(start, [0.1, 0.5], |x| objective(&raw(x)))))
        .min_by(|p, q| objective(p).total_cmp(&objective(q)))
        .unwrap()
}

/// The way that a curve was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Found {
    /// The unconstrained fit passes.
    AtOnce,
    /// It was refused, for this reason; the best among curves that pass does.
    Constrained(SviError),
    /// Nor was there one that passes the calendar check: this one passes all others.
    Crossing(SviError),
    /// The fit was flattened, through the same variance at the forward, until the checks on one
    /// curve accepted it.
    Flattened(SviError),
}

/// A curve that the checks accept: of its own, and against that of an earlier expiry.
pub fn calibrate(quotes: &[Quote], years: f64, earlier: Option<&SviCurve>) -> (SviCurve, Found) {
    let alone = |c: &SviCurve| c.check();
    let after = |c: &SviCurve| match earlier {
        Some(earlier) => alone(c).and_then(|()| c.check_calendar(earlier)),
        None => alone(c),
    };
    let free = fit(quotes, years, |_| true);
    let Err(reason) = after(&fixed(&free)) else {
        return (fixed(&free), Found::AtOnce);
    };
    let bound = fixed(&fit(quotes, years, |c| after(c).is_ok()));
    if after(&bound).is_ok() {
        return (bound, Found::Constrained(reason));
    }
    let bound = fixed(&fit(quotes, years, |c| alone(c).is_ok()));
    if alone(&bound).is_ok() {
        return (bound, Found::Crossing(reason));
    }
    let level = variance(&free, 0.0);
    let flattened = (1..=100)
        .map(|percent| {
            let [_, b, rho, m, sigma] = free;
            let mut less = [0.0, b * (1.0 - percent as f64 / 100.0), rho, m, sigma];
            less[0] = level - variance(&less, 0.0);
            fixed(&less)
        })
        .find(|curve| alone(curve).is_ok())
        .expect("a flat curve is free of arbitrage");
    (flattened, Found::Flattened(reason))
}
