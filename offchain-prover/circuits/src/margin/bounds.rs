//! Equities and margins of an account before and after a step. The margins are bounds, in the
//! direction that only makes rules harder to keep.

use super::occasion::Holdings;
use crate::{
    exposure::Exposure,
    gadgets::{
        bits::{alloc_bit, range},
        maximum::enforce_upper_bound,
        one_hot::{mux, one_hot},
    },
    market::Market,
    r1cs::{Bit, Cs, Num, Sum},
};
use clearproof_primitives::{field::fr_to_signed_i128, fixed::FACTOR_BITS, margin::SCAN_BITS};

/// Equities in 2^-32 quote units, margins in 2^-48.
pub struct Margins {
    pub equity_before: Num,
    pub equity_after: Num,
    /// The benefit of the doubt.
    pub doubt_before: Num,
    pub doubt_after: Num,
    /// At most the true one.
    pub maintenance_before: Num,
    /// At least the true one.
    pub initial_after: Num,
    /// At least the true one.
    pub maintenance_after: Num,
}

impl Margins {
    /// Computes all of them. `touched`: the step trades or withdraws.
    pub fn of(
        cs: &mut Cs,
        market: &Market,
        before: &Holdings<'_>,
        after: &Holdings<'_>,
        touched: &Bit,
    ) -> Self {
        let equity_before = before.exposure.equity(cs, market, before.balances);
        let equity_after = after.exposure.equity(cs, market, after.balances);
        let maintenance_before = cs.part("before", |cs| {
            maintenance_lower_bound(cs, market, before.exposure)
        });
        let (initial_after, maintenance_after) = cs.part("after", |cs| {
            upper_bounds(cs, market, after.exposure, touched)
        });
        Self {
            equity_before,
            equity_after,
            doubt_before: before.exposure.doubt(cs, market),
            doubt_after: after.exposure.doubt(cs, market),
            maintenance_before,
            initial_after,
            maintenance_after,
        }
    }
}

impl Margins {
    /// Equity before the step with the benefit of the doubt.
    pub fn favourable_equity(&self) -> Num {
        &self.equity_before + &self.doubt_before
    }
}

/// Losses by underlying and scenario of signed quantities by instrument, in 2^-32 quote units.
/// Costs M·S.
fn losses(cs: &mut Cs, market: &Market, quantity: &[Num]) -> Vec<Vec<Num>> {
    let slots = market.shape.slots_per_underlying();
    quantity
        .chunks(slots)
        .zip(market.rows.chunks(slots))
        .map(|(quantity, rows)| {
            (0..market.shape.scenarios as usize)
                .map(|s| {
                    let mut sum = Sum::new();
                    for (quantity, row) in quantity.iter().zip(rows) {
                        sum.add(&cs.mul(&-quantity, &row.scenario_values[s]));
                    }
                    sum.finish()
                })
                .collect()
        })
        .collect()
}

/// A lower bound of the maintenance margin, exact in an honest witness. Costs U·(2·S + 2) besides
/// losses and charges.
fn maintenance_lower_bound(cs: &mut Cs, market: &Market, exposure: &Exposure) -> Num {
    let mut margin = exposure
        .maintenance_charges(cs, market)
        .scale(Num::power_of_two(FACTOR_BITS as usize).value());
    let by_underlying = losses(cs, market, &exposure.quantity);
    for (losses, factor) in by_underlying.iter().zip(&market.maintenance_factors) {
        let worst = worst_scenario(losses);
        let any = alloc_bit(cs, worst.is_some());
        let chosen = one_hot(cs, worst, losses.len(), any.num());
        let scan = mux(cs, &chosen, losses);
        margin = margin + cs.mul(&scan, factor);
    }
    margin
}

/// Upper bounds of initial and maintenance margin where `touched` is set, exact in an honest
/// witness; elsewhere they leave out the scan losses, whose ranges not every account keeps. Costs
/// M + U·(S + 1)·96 besides losses and charges.
fn upper_bounds(cs: &mut Cs, market: &Market, exposure: &Exposure, touched: &Bit) -> (Num, Num) {
    let scale = Num::power_of_two(FACTOR_BITS as usize).value();
    let mut initial = exposure.initial_charges(cs, market).scale(scale);
    let mut maintenance = exposure.maintenance_charges(cs, market).scale(scale);
    let quantity: Vec<_> = exposure
        .quantity
        .iter()
        .map(|quantity| cs.mul(touched.num(), quantity))
        .collect();
    for (u, losses) in losses(cs, market, &quantity).iter().enumerate() {
        let worst = worst_scenario(losses);
        let scan = cs.alloc(worst.map_or_else(Default::default, |s| losses[s].value()));
        range(cs, &scan, SCAN_BITS);
        enforce_upper_bound(cs, &scan, losses, SCAN_BITS);
        initial = initial + cs.mul(&scan, &market.initial_factors[u]);
        maintenance = maintenance + cs.mul(&scan, &market.maintenance_factors[u]);
    }
    (initial, maintenance)
}

/// The scenario of the largest positive loss, if any. A hint only.
fn worst_scenario(losses: &[Num]) -> Option<usize> {
    let values = losses
        .iter()
        .enumerate()
        .filter_map(|(s, loss)| Some((s, fr_to_signed_i128(&loss.value())?)));
    let worst = values
        .filter(|(_, loss)| *loss > 0)
        .max_by_key(|(_, loss)| *loss);
    worst.map(|(scenario, _)| scenario)
}
