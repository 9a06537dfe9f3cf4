//! Conditions that keep an SVI curve free of static arbitrage (Gatheral & Jacquier 2014, section
//! 2).
//!
//! - **Parameters** within the hard bounds of [`svi`](super).
//! - **Wings**: `b(1 + |ρ|) < 2`. The larger of the wings' slopes is `b(1 + |ρ|)`, and by R. Lee,
//!   "The moment formula for implied volatility at extreme strikes" (Mathematical Finance 14,
//!   2004), no slope of total variance may exceed 2. (Also: for a slope `c`, `g` tends to `1/4 −
//!   c²/16`, negative for `c > 2`.) The weaker bound 4 that is often quoted follows from the
//!   monotonicity of call prices alone. Strictly below 2, `d₁ → −∞` at the right, the second
//!   condition of lemma 2.2, so that call prices vanish there.
//! - **Variance**: the least total variance, `a + bσ√(1 − ρ²)` at the vertex, at least
//!   [`MIN_VARIANCE`].
//! - **Butterfly**: `g(k) >= 0` on a grid, where (equation 2.1)
//!
//!   ```text
//!   g(k) = (1 − k w'/(2w))² − w'²/4 · (1/w + 1/4) + w''/2
//!   ```
//!
//!   is the risk-neutral density but for a positive factor. It is computed as `g w²`, which needs
//!   no quotient.
//! - **Calendar**: at equal log-moneyness, total variance never falls from an expiry to a later one
//!   (lemma 2.1).
//!
//! The grid covers strikes from `e^-5` to `e^5` times the forward: every 1/16 of log-moneyness;
//! every σ/16 up to σ on either side of `m`; and from there 16 points per octave of `|k − m|`. A
//! grid cannot prove what lies between its points; they lie close where the curve bends, and a test
//! finds no `g` below −0.001 on a far finer grid of accepted curves.

use super::{Local, LogMoneyness, SVI_BITS, SviCurve, SviError, WORK_BITS, work};

/// Least total variance, 2^-32, as a parameter: a volatility of 1 % for a minute is 1.9·10^-10.
pub const MIN_VARIANCE: i64 = 1 << (SVI_BITS - 32);
/// The grid reaches from −5 to 5.
pub const GRID_LIMIT: i64 = 5 << SVI_BITS;
/// Steps per unit of log-moneyness of the even grid, per σ near the vertex, and per octave beyond.
pub const GRID_DENSITY: i64 = 16;

/// The points at which a curve in bounds is checked: about 600 at most.
fn grid(curve: &SviCurve) -> impl Iterator<Item = LogMoneyness> {
    let even = (-5 * GRID_DENSITY..=5 * GRID_DENSITY).map(|i| i * EVEN_STEP);
    // Bounds keep `m` and σ below 2^52, so that sums of shifted steps stay far within 64 bits.
    let (m, step) = (curve.m, curve.sigma as i64 / GRID_DENSITY);
    let near = (0..GRID_DENSITY).map(move |i| i * step);
    let far = (0..OCTAVES).flat_map(move |octave| {
        (0..GRID_DENSITY).filter_map(move |i| ((GRID_DENSITY + i) * step).checked_mul(1 << octave))
    });
    let around = near
        .chain(far)
        .take_while(|distance| *distance <= 2 * GRID_LIMIT)
        .flat_map(move |distance| [m - distance, m + distance]);
    even.chain(around)
        .filter(|k| k.unsigned_abs() <= GRID_LIMIT as u64)
        .map(LogMoneyness)
}

/// A step of the even grid.
const EVEN_STEP: i64 = (1 << SVI_BITS) / GRID_DENSITY;
/// Octaves from the least σ, 2^-10, to the largest distance, 9.
const OCTAVES: u32 = 14;

impl SviCurve {
    /// Every condition on one curve, in the order above; the first that fails is the error. About
    /// 600 evaluations.
    pub fn check(&self) -> Result<(), SviError> {
        self.check_bounds()?;
        // 50 and 49 bits.
        let steepest =
            (self.b as u128 * (self.rho.unsigned_abs() as u128 + (1 << SVI_BITS))) >> SVI_BITS;
        if steepest >= 2 << SVI_BITS {
            return Err(SviError::Wings);
        }
        if self.least_variance() < MIN_VARIANCE as i128 {
            return Err(SviError::Variance);
        }
        for k in grid(self) {
            if !is_convex(work(k.0), self.local(work(k.0))) {
                return Err(SviError::Butterfly(k));
            }
        }
        Ok(())
    }

    /// This curve against that of an earlier expiry of the same underlying, both checked: `w(k) >=
    /// earlier(k)` on both curves' grids.
    pub fn check_calendar(&self, earlier: &Self) -> Result<(), SviError> {
        self.check_bounds()?;
        earlier.check_bounds()?;
        match grid(self)
            .chain(grid(earlier))
            .find(|k| self.variance(work(k.0)) < earlier.variance(work(k.0)))
        {
            Some(k) => Err(SviError::Calendar(k)),
            None => Ok(()),
        }
    }

    /// `a + bσ√(1 − ρ²)` with [`SVI_BITS`], rounded down, of a curve in bounds.
    fn least_variance(&self) -> i128 {
        let rho = self.rho as i128;
        let root = ((1i128 << (2 * SVI_BITS)) - rho * rho).isqrt();
        let product = (self.b as i128 * self.sigma as i128) >> SVI_BITS;
        self.a as i128 + ((product * root) >> SVI_BITS)
    }
}

/// `g(k) >= 0`, as `(w − kw'/2)² + w² w''/2 >= w'²/4 · (w + w²/4)`, for `|k| <= 5`, |w'| < 2, w'' <
/// 2^11 and w of (0, 50]: the bounds and the wings leave `w <= |a| + b(1 + |ρ|)|k − m| + bσ < 16 +
/// 18 + 16`.
fn is_convex(k: i128, local: Local) -> bool {
    let Local {
        variance: w,
        slope,
        curvature,
    } = local;
    // At most 50 + 5, that is 62 bits; its square fits 124.
    let base = w - ((k * slope) >> (WORK_BITS + 1));
    // w'² below 2^58, w + w²/4 below 2^67.
    let decline = ((slope * slope) >> WORK_BITS) * (w + ((w * w) >> (WORK_BITS + 2))) / 4;
    // Saturation understates a term that is above all others already.
    let bend = (curvature.saturating_mul(w) >> (WORK_BITS + 1)).saturating_mul(w);
    (base * base).saturating_add(bend) >= decline
}

#[cfg(test)]
mod tests;
