//! The margin formula: one for perpetuals and options, driven by the snapshot's rows.
//!
//! Units: equity in 2^-32 quote units; margins in 2^-48 quote units, because a scan loss (32.32) is
//! multiplied by a factor with 16 fraction bits. Nothing is divided, so nothing is rounded.

use crate::{
    account::{Account, Position},
    fixed::{FACTOR_BITS, Factor},
    ids::Slot,
    shape::{AMOUNT_BITS, MarketShape, QUANTITY_BITS},
    snapshot::Snapshot,
    wide::cmp_products,
};

/// A scan loss is below 2^96 (32.32): more than any 63-bit amount of quote can cover.
pub const SCAN_BITS: usize = 96;
/// |equity| is below 2^104 in its unit of 2^-32.
pub const EQUITY_BITS: usize = 104;
/// A margin is below 2^120 in its unit of 2^-48.
pub const MARGIN_BITS: usize = 120;

/// Equity and margin requirements of one account at one snapshot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Margin {
    /// Collateral at its weights plus positions at their marks, in 2^-32 quote units.
    pub equity: i128,
    /// Initial margin, in 2^-48 quote units.
    pub initial: u128,
    /// Maintenance margin, in 2^-48 quote units.
    pub maintenance: u128,
}

/// The reason that margin cannot be computed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MarginError {
    /// A position names an instrument beyond the snapshot.
    #[error("positions: instrument beyond the snapshot's rows")]
    Instrument,
    /// A quantity or balance is beyond its bits, or a sum is.
    #[error("{0}: beyond the {1} bits that margin arithmetic allows")]
    Range(&'static str, usize),
}

/// The reason that an account step is refused, judged by margin before and after.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MarginRefusal {
    /// Below initial margin afterwards, and the step did not only reduce risk.
    #[error("below initial margin after the step, and the step does not only reduce risk")]
    BelowInitial,
    /// A withdrawal needs equity of at least the initial margin afterwards.
    #[error("withdrawal: equity would fall below the initial margin")]
    WithdrawalBelowInitial,
}

/// Computes equity, initial and maintenance margin.
pub fn margin(
    market: &MarketShape,
    snapshot: &Snapshot,
    balances: &[i64],
    positions: &[Position],
) -> Result<Margin, MarginError> {
    let mut equity = 0i128;
    for (balance, weight) in balances.iter().zip(&snapshot.weights) {
        within("balances", balance.unsigned_abs() as u128, AMOUNT_BITS)?;
        equity += *balance as i128 * *weight as i128;
        within("equity", equity.unsigned_abs(), EQUITY_BITS)?;
    }
    let (mut initial, mut maintenance) = (0u128, 0u128);
    for position in positions {
        let row = snapshot
            .rows
            .get(position.instrument.place())
            .ok_or(MarginError::Instrument)?;
        let lots = position.quantity.unsigned_abs() as u128;
        within("positions", lots, QUANTITY_BITS)?;
        equity += position.quantity as i128 * row.mark as i128;
        let (c_initial, c_maintenance) = match position.quantity >= 0 {
            true => (row.initial_long, row.maintenance_long),
            false => (row.initial_short, row.maintenance_short),
        };
        initial += (lots * c_initial as u128) << FACTOR_BITS;
        maintenance += (lots * c_maintenance as u128) << FACTOR_BITS;
        within("initial margin", initial, MARGIN_BITS)?;
    }
    within("equity", equity.unsigned_abs(), EQUITY_BITS)?;
    for (underlying, factors) in snapshot.factors.iter().enumerate() {
        let scan = scan_loss(market, snapshot, positions, underlying)?;
        initial += scan * factors.initial.get() as u128;
        maintenance += scan * factors.maintenance.get() as u128;
    }
    within("initial margin", initial, MARGIN_BITS)?;
    within("maintenance margin", maintenance, MARGIN_BITS)?;
    Ok(Margin {
        equity,
        initial,
        maintenance,
    })
}

/// The largest loss over all scenarios of the positions on one underlying, in 2^-32 quote units;
/// never negative.
pub fn scan_loss(
    market: &MarketShape,
    snapshot: &Snapshot,
    positions: &[Position],
    underlying: usize,
) -> Result<u128, MarginError> {
    let mut worst = 0i128;
    for scenario in 0..market.scenarios as usize {
        let loss = scenario_loss(market, snapshot, positions, underlying, scenario);
        within("scenario loss", loss.unsigned_abs(), SCAN_BITS - 1)?;
        worst = worst.max(loss);
    }
    Ok(worst.unsigned_abs())
}

/// `−Σ q·δ` of the positions on one underlying under one scenario, in 2^-32 quote units.
pub fn scenario_loss(
    market: &MarketShape,
    snapshot: &Snapshot,
    positions: &[Position],
    underlying: usize,
    scenario: usize,
) -> i128 {
    let on_underlying = positions
        .iter()
        .filter(|p| market.underlying_of(p.instrument) == underlying);
    on_underlying
        .map(|p| {
            let delta = snapshot
                .rows
                .get(p.instrument.place())
                .and_then(|row| row.scenario_values.get(scenario));
            -(p.quantity as i128) * *delta.unwrap_or(&0) as i128
        })
        .sum()
}

fn within(name: &'static str, magnitude: u128, bits: usize) -> Result<(), MarginError> {
    if magnitude < 1 << bits {
        Ok(())
    } else {
        Err(MarginError::Range(name, bits))
    }
}

impl Margin {
    /// Margin of an account at a snapshot.
    pub fn of(
        market: &MarketShape,
        snapshot: &Snapshot,
        account: &Account,
    ) -> Result<Self, MarginError> {
        margin(market, snapshot, &account.balances, &account.positions)
    }

    /// Equity of at least the initial margin.
    pub fn is_free(&self) -> bool {
        self.equity >= 0 && self.equity.unsigned_abs() << FACTOR_BITS >= self.initial
    }

    /// Twice the equity is the maintenance margin or more: a liquidation leaves half of each
    /// position.
    pub fn has_half_of_maintenance(&self) -> bool {
        self.equity >= 0 && self.equity.unsigned_abs() << (FACTOR_BITS + 1) >= self.maintenance
    }

    /// Maintenance margin over equity, 16.16, rounded down: who has more is deleveraged earlier.
    /// None without equity.
    pub fn rank(&self) -> Option<Factor> {
        let equity = u128::try_from(self.equity).ok().filter(|e| *e > 0)?;
        Some(u32::try_from(self.maintenance / equity).map_or(Factor::MAX, Factor::new))
    }

    /// Returns true if maintenance margin over equity is the rank or more.
    pub fn is_ranked(&self, rank: Factor) -> bool {
        self.equity <= 0
            || cmp_products(
                self.equity.unsigned_abs(),
                rank.get().into(),
                self.maintenance,
                1,
            )
            .is_le()
    }

    /// Equity below the maintenance margin: the account may be liquidated.
    pub fn is_liquidatable(&self) -> bool {
        self.equity < 0 || self.equity.unsigned_abs() << FACTOR_BITS < self.maintenance
    }
}

/// True if no position of `after` is larger than, or on the other side of, the one in `before`.
pub fn only_reduces(before: &Account, after: &Account) -> bool {
    let mut positions = after.positions.iter();
    positions.all(|p| reduces_in(before, after, p.instrument))
}

/// The same for one instrument.
pub fn reduces_in(before: &Account, after: &Account, instrument: Slot) -> bool {
    let (old, new) = (before.quantity(instrument), after.quantity(instrument));
    new == 0 || (old.signum() == new.signum() && old.unsigned_abs() >= new.unsigned_abs())
}

/// True if `after` has half of each position of `before`, rounded down, or more.
pub fn keeps_half(before: &Account, after: &Account) -> bool {
    before.positions.iter().all(|p| {
        let kept = after.quantity(p.instrument) * p.quantity.signum();
        2 * kept + 1 >= p.quantity.unsigned_abs() as i64
    })
}

/// The rule of a step if the account is not free after it, or if it is the venue's own: no
/// position grows or flips, equity is not negative afterwards, `equity₀·MM₁ ≤ equity₁·MM₀`, and
/// `equity₁ ≥ equity₀` where `MM₀ = 0`.
pub fn reduces_risk(before: &Margin, after: &Margin, reduces: bool) -> bool {
    let ratio_holds = before.equity <= 0
        || cmp_products(
            before.equity.unsigned_abs(),
            after.maintenance,
            after.equity.unsigned_abs(),
            before.maintenance,
        )
        .is_le();
    let no_margin_before = before.maintenance == 0 && after.equity < before.equity;
    reduces && after.equity >= 0 && ratio_holds && !no_margin_before
}

/// The margin rule of an account step (`docs/protocol.md`, Margin).
///
/// Free afterwards: allowed. Otherwise only a step that reduces risk ([`reduces_risk`]). A
/// withdrawal needs the account to be free afterwards.
pub fn check_step(
    before: &Margin,
    after: &Margin,
    reduces: bool,
    withdraws: bool,
) -> Result<(), MarginRefusal> {
    if after.is_free() {
        return Ok(());
    }
    if withdraws {
        return Err(MarginRefusal::WithdrawalBelowInitial);
    }
    if reduces_risk(before, after, reduces) {
        Ok(())
    } else {
        Err(MarginRefusal::BelowInitial)
    }
}
