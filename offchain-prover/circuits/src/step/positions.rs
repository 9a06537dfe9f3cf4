//! The account's positions after a step, and the sums of lots.

use super::visit::Visit;
use crate::{
    account::PositionVars,
    exposure::Exposure,
    fills::FillTotals,
    forced::ForcedVars,
    r1cs::{Cs, Num},
    running::Running,
};

/// Loads the positions after the step, enforces that they follow from those before and the fills,
/// and adds the lots to the running sums. Returns the exposure after the step.
pub fn enforce(
    cs: &mut Cs,
    visit: &mut Visit<'_>,
    running: &mut Running,
    fills: &FillTotals,
    forced: &ForcedVars,
) -> Exposure {
    let exposure_after = load(cs, visit);
    let lots = exposure_after
        .lots()
        .into_iter()
        .zip(visit.exposure_before.lots());
    let open_interest: Vec<_> = lots.map(|(new, old)| new - old).collect();
    let taken = enforce_change(cs, visit, &exposure_after, fills, forced);
    let deleveraged: Vec<_> = fills
        .net
        .iter()
        .map(|lots| cs.mul(forced.deleverages.num(), lots))
        .collect();
    running.add_lots(&fills.net, &deleveraged, &open_interest, &taken);
    exposure_after
}

fn load(cs: &mut Cs, visit: &mut Visit<'_>) -> Exposure {
    let environment = visit.environment;
    let positions = PositionVars::load_all(cs, environment.shape, &visit.witness.after);
    PositionVars::enforce_canonical(cs, &positions);
    let exposure = Exposure::of(cs, environment.market.rows.len(), &positions);
    visit.after.positions = positions;
    visit.after.funding_basis = environment.funding.funding_basis(cs, &exposure.quantity);
    exposure
}

/// Requires that the lots after are those before plus the fills, where the instrument has not
/// expired; and less the lots that the insurance fund takes over, which it returns.
///
/// From here on the positions before the step are those that have not expired. A takeover takes all
/// of them, as it has no fills.
fn enforce_change(
    cs: &mut Cs,
    visit: &mut Visit<'_>,
    exposure_after: &Exposure,
    fills: &FillTotals,
    forced: &ForcedVars,
) -> Vec<Num> {
    let rows = &visit.environment.market.rows;
    let mut taken = Vec::with_capacity(rows.len());
    for (((new, old), filled), row) in exposure_after
        .quantity
        .iter()
        .zip(&mut visit.exposure_before.quantity)
        .zip(&fills.net)
        .zip(rows)
    {
        let left = old.value() * row.live.num().value();
        let lots = cs.alloc(left * forced.takeover.num().value());
        let left = new - filled + &lots;
        cs.enforce(row.live.num(), old, &left);
        cs.enforce(forced.takeover.num(), &left, &lots);
        *old = left;
        taken.push(lots);
    }
    taken
}
