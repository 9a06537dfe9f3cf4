//! The margin rule in constraints: `clearproof_primitives::margin` over dense vectors of quantities
//! by instrument.

mod bounds;
mod forced_steps;
mod occasion;
mod reductions;

pub use occasion::{Holdings, Occasion};
pub use reductions::{Reduction, enforce_reduce_only, reductions};

use crate::{
    gadgets::{
        bits::{alloc_bit, range},
        compare::enforce_ge_if,
        logic::{all, and, enforce_implies, is_zero, or},
    },
    market::Market,
    r1cs::{Bit, Cs, Num},
};
use bounds::Margins;
use clearproof_primitives::{
    field::fr_to_signed_i128,
    fixed::FACTOR_BITS,
    margin::{EQUITY_BITS, MARGIN_BITS},
};

/// Enforces the margin rule where the step trades or withdraws, and the conditions of a liquidation
/// or takeover where it is one.
///
/// A liquidation's fills must reduce risk whatever they leave the account with, so it is never
/// treated as free; those of the insurance fund must only reduce, and lose nothing against the
/// marks but roundings. The conditions that the account is below maintenance margin, or as
/// leveraged as deleveraging requires, are enforced with the lower bound of that margin, which only
/// makes them harder to meet; the condition that equity is negative, for a takeover and where the
/// fund is deleveraged, with the equity itself. In all of these conditions equity counts with the
/// benefit of the doubt, which depends on positions alone. A prover claims that twice the equity is
/// below the maintenance margin; without the claim, half of each position must be left. Returns the
/// bit of liquidations without the claim. A step that deleverages the fund requires that the
/// batch's slack takes no more from others than the fund lacks.
///
/// Sound although scan losses are hinted: afterwards each is an upper bound of 0 and all losses, so
/// both margins are at least the true ones; before, each is one of 0 and the losses, so the margin
/// is at most the true one. The rule for a free account reads the upper bound only. The rule for a
/// risk-reducing step, `equity₀·MM₁ ≤ equity₁·MM₀` with `equity₁ ≥ 0`, is implied by the same
/// inequality with the bounds: if `equity₀ > 0`, the left side only grew and the right side only
/// shrank; if `equity₀ ≤ 0` the true inequality holds anyway. The lower bound of `MM₀` must not be
/// negative, as it would be with a gain in the place of a loss; so it is 0 wherever `MM₀` is. Where
/// it is 0, `equity₁ ≥ equity₀` is required, which is part of the true rule or follows from the
/// same two cases. No product wraps: equities are within 2^105 where they are multiplied, margins
/// below 2^134.
///
/// In a step that is not subject to the rule no value is refused: an account can always be
/// deposited to.
pub fn enforce(
    cs: &mut Cs,
    market: &Market,
    before: &Holdings<'_>,
    after: &Holdings<'_>,
    occasion: &Occasion<'_>,
) -> Bit {
    let (withdraws, forced) = (occasion.withdraws, occasion.forced);
    let touched = or(cs, occasion.trades, withdraws);
    let margins = Margins::of(cs, market, before, after, &touched);

    let scale = Num::power_of_two(FACTOR_BITS as usize).value();
    let surplus = margins.equity_after.scale(scale) - &margins.initial_after;
    let is_free = fr_to_signed_i128(&surplus.value()).is_some_and(|v| v >= 0);
    let free = alloc_bit(cs, is_free && !forced.liquidation.value());
    let partial = cs.part("forced", |cs| {
        forced_steps::enforce_each_closes(cs, before, after, occasion);
        forced_steps::enforce_allowed(cs, before, &margins, occasion, &free)
    });
    enforce_implies(cs, withdraws, &free);
    let must_be_free = and(cs, &touched, &free);
    enforce_ge_if(cs, &must_be_free, &surplus, &Num::zero(), MARGIN_BITS + 1);

    let must_reduce = and(cs, &touched, &free.not());
    let each: Vec<_> = occasion
        .reductions
        .iter()
        .map(|r| r.reduces.clone())
        .collect();
    let reduces = all(cs, &each);
    enforce_implies(cs, &must_reduce, &reduces);
    cs.part("forced", |cs| {
        forced_steps::enforce_equity(cs, &margins, occasion);
    });
    let must_reduce = and(cs, &must_reduce, &forced.of_fund.not());
    let slack_left = cs.part("forced", |cs| {
        forced_steps::slack_left(cs, market, before, &margins, occasion)
    });
    enforce_ratio(cs, &must_reduce, &margins, &slack_left);
    partial
}

/// If the account must reduce risk, requires `equity₀·MM₁ ≤ equity₁·MM₀`, and `equity₁ ≥ equity₀`
/// if `MM₀` is 0. Requires that `slack_left` is not negative.
///
/// Sound: `slack_left` is 0 but in a step of the insurance fund, which does not have to reduce
/// risk: there both products are 0. So one range check serves both.
fn enforce_ratio(cs: &mut Cs, must_reduce: &Bit, margins: &Margins, slack_left: &Num) {
    let equity_1 = cs.mul(must_reduce.num(), &margins.equity_after);
    range(cs, &equity_1, EQUITY_BITS);
    let equity_0 = cs.mul(must_reduce.num(), &margins.equity_before);
    range(
        cs,
        &(&equity_0 + Num::power_of_two(EQUITY_BITS)),
        EQUITY_BITS + 1,
    );
    let maintenance_0 = cs.mul(must_reduce.num(), &margins.maintenance_before);
    range(cs, &maintenance_0, MARGIN_BITS);
    let left = cs.mul(&equity_0, &margins.maintenance_after);
    let right = cs.mul(&equity_1, &maintenance_0);
    range(
        cs,
        &(right - left + slack_left),
        EQUITY_BITS + MARGIN_BITS + 2,
    );
    let no_margin_before = is_zero(cs, &maintenance_0);
    let must_not_lose = and(cs, must_reduce, &no_margin_before);
    enforce_ge_if(cs, &must_not_lose, &equity_1, &equity_0, EQUITY_BITS + 1);
}
