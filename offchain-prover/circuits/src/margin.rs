//! The margin rule in constraints: `clearproof_primitives::margin` over dense vectors of quantities by instrument.

use crate::{
    account::PositionVars,
    fills::FillTotals,
    forced::ForcedVars,
    gadgets::{
        bits::{alloc_bit, range},
        compare::{enforce_ge_if, enforce_gt_if},
        logic::{all, and, enforce_equal_if, enforce_implies, enforce_nonzero_if, is_zero, select},
        maximum::enforce_upper_bound,
        one_hot::{index_of, mux, one_hot},
    },
    market::Market,
    r1cs::{Bit, Cs, Num, Sum},
};
use clearproof_primitives::{
    field::fr_to_signed_i128,
    fixed::{FACTOR_BITS, FRACTION_BITS},
    margin::{EQUITY_BITS, MARGIN_BITS, SCAN_BITS},
    shape::QUANTITY_BITS,
};

/// Quantities by instrument, M each.
pub struct Exposure {
    /// Signed lots.
    pub quantity: Vec<Num>,
    /// Lots held long, 0 where short.
    pub long: Vec<Num>,
    /// Lots held short, 0 where long.
    pub short: Vec<Num>,
}

impl Exposure {
    /// Lots held by instrument, long or short. Linear.
    pub fn lots(&self) -> Vec<Num> {
        self.long
            .iter()
            .zip(&self.short)
            .map(|(l, s)| l + s)
            .collect()
    }

    /// Spreads positions over the M instrument slots. Costs 2·P·M.
    ///
    /// Sound: linear in the positions' one-hot rows; canonical positions never share an instrument.
    pub fn of(cs: &mut Cs, slots: usize, positions: &[PositionVars]) -> Self {
        let spread = |cs: &mut Cs, i: usize, value: &dyn Fn(&PositionVars) -> Num| {
            let mut sum = Sum::new();
            for position in positions {
                sum.add(&cs.mul(position.instrument[i].num(), &value(position)));
            }
            sum.finish()
        };
        let instruments = 0..slots;
        let quantity: Vec<_> = instruments
            .clone()
            .map(|i| spread(cs, i, &|p| p.quantity.clone()))
            .collect();
        let long: Vec<_> = instruments
            .map(|i| spread(cs, i, &|p| p.signed.positive.clone()))
            .collect();
        let short = long
            .iter()
            .zip(&quantity)
            .map(|(long, quantity)| long - quantity)
            .collect();
        Self {
            quantity,
            long,
            short,
        }
    }

    /// `Σ balance·weight + Σ quantity·mark`, in 2^-32 quote units; what has expired is in the balances. Costs K + M.
    fn equity(&self, cs: &mut Cs, market: &Market, balances: &[Num]) -> Num {
        let mut sum = Sum::new();
        for (balance, weight) in balances.iter().zip(&market.weights) {
            sum.add(&cs.mul(balance, weight));
        }
        for (quantity, row) in self.quantity.iter().zip(&market.rows) {
            sum.add(&cs.mul(quantity, &row.live_mark));
        }
        sum.finish()
    }

    /// `Σ lots·charge` by side, in 2^-32 quote units. Costs 2·M.
    fn charges<'a>(&self, cs: &mut Cs, columns: impl Iterator<Item = (&'a Num, &'a Num)>) -> Num {
        let mut sum = Sum::new();
        for ((long, short), (charge_long, charge_short)) in
            self.long.iter().zip(&self.short).zip(columns)
        {
            sum.add(&cs.mul(long, charge_long));
            sum.add(&cs.mul(short, charge_short));
        }
        sum.finish()
    }

    fn maintenance_charges(&self, cs: &mut Cs, market: &Market) -> Num {
        self.charges(
            cs,
            market
                .rows
                .iter()
                .map(|r| (&r.maintenance_long, &r.maintenance_short)),
        )
    }

    fn initial_charges(&self, cs: &mut Cs, market: &Market) -> Num {
        self.charges(
            cs,
            market
                .rows
                .iter()
                .map(|r| (&r.initial_long, &r.initial_short)),
        )
    }
}

/// Losses by underlying and scenario of signed quantities by instrument, in 2^-32 quote units. Costs M·S.
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

/// The state of an account that margin is computed from.
pub struct Holdings<'a> {
    /// K balances.
    pub balances: &'a [Num],
    /// Positions by instrument.
    pub exposure: &'a Exposure,
}

/// What a step does that margin matters for.
pub struct Occasion<'a> {
    /// It fills something.
    pub trades: &'a Bit,
    /// How many fills it has.
    pub fill_count: &'a Num,
    /// It withdraws, or sends a transfer.
    pub withdraws: &'a Bit,
    /// It is the venue's own.
    pub forced: &'a ForcedVars,
    /// P positions as they were loaded.
    pub loaded: &'a [PositionVars],
    /// P positions as they are stored.
    pub after: &'a [PositionVars],
    /// What became of them, see [`reductions`].
    pub reductions: &'a [Reduction],
    /// The batch's deleverage rank, 16.16.
    pub deleverage_rank: &'a Num,
}

/// Enforces the margin rule where the step trades or withdraws, and the conditions of a liquidation or takeover where it is one.
///
/// A liquidation's fills must reduce risk whatever they leave the account with, so it is never treated as free; those of the insurance
/// fund must only reduce, and lose nothing against the marks but roundings. That the account is below maintenance margin, or as
/// leveraged as deleveraging wants it, is enforced with the lower bound of that margin, which only makes it harder; that equity is
/// negative, for a takeover and where the fund is deleveraged, with the equity itself. None of it happens to an account that holds what
/// is suspended, or expired and not yet turned into money: lots are not negative, so a sum of them is zero only if each is. Twice the
/// equity below the maintenance margin is claimed where it holds: without the claim, half of each position must be left.
///
/// Sound although scan losses are hinted: afterwards each is an upper bound of 0 and all losses, so both margins are
/// at least the true ones; before, each is one of 0 and the losses, so the margin is at most the true one. The rule for
/// a free account reads the upper bound only. The rule for a risk-reducing step, `equity₀·MM₁ ≤ equity₁·MM₀` with
/// `equity₁ ≥ 0`, is implied by the same inequality with the bounds: if `equity₀ > 0`, the left side only grew and
/// the right side only shrank; if `equity₀ ≤ 0` the true inequality holds anyway. The lower bound of `MM₀` must not be
/// negative, as it would be with a gain in the place of a loss; so it is 0 wherever `MM₀` is. Where it is 0,
/// `equity₁ ≥ equity₀` is required, which the true rule asks for or follows from the same two cases.
/// No product wraps: equities are within 2^105 where they are multiplied, margins below 2^134.
///
/// In a step that is not subject to the rule no value is refused: an account can always be deposited to.
pub fn enforce(
    cs: &mut Cs,
    market: &Market,
    before: &Holdings<'_>,
    after: &Holdings<'_>,
    occasion: &Occasion<'_>,
) {
    let Occasion {
        trades,
        fill_count,
        withdraws,
        forced,
        loaded,
        after: after_positions,
        reductions,
        deleverage_rank,
    } = occasion;
    let touched = crate::gadgets::logic::or(cs, trades, withdraws);
    let equity_before = before.exposure.equity(cs, market, before.balances);
    let equity_after = after.exposure.equity(cs, market, after.balances);
    let maintenance_before = cs.part("before", |cs| {
        maintenance_lower_bound(cs, market, before.exposure)
    });
    let (initial, maintenance_after) = cs.part("after", |cs| {
        upper_bounds(cs, market, after.exposure, &touched)
    });

    let scale = Num::power_of_two(FACTOR_BITS as usize).value();
    let surplus = equity_after.scale(scale) - &initial;
    let is_free = fr_to_signed_i128(&surplus.value()).is_some_and(|v| v >= 0);
    let free = alloc_bit(cs, is_free && !forced.liquidation.value());
    cs.part("forced", |cs| {
        enforce_implies(cs, &forced.liquidation, &free.not());
        // An account at risk has less than its maintenance margin, or less than half of it; one that is deleveraged, as much more
        // of it than equity as the rank says.
        let twice = equity_before.scale(scale).double();
        let more = fr_to_signed_i128(&(&maintenance_before - &twice).value());
        let deep = alloc_bit(
            cs,
            more.is_some_and(|more| more > 0) && forced.of_account_at_risk.value(),
        );
        enforce_implies(cs, &deep, &forced.of_account_at_risk);
        let at_risk = (Num::one() + deep.num()).scale(scale);
        let times = select(cs, &forced.deleverages, deleverage_rank, &at_risk);
        let least = cs.mul(&equity_before, &times) + forced.of_account_at_risk.num();
        enforce_ge_if(
            cs,
            &forced.of_account,
            &maintenance_before,
            &least,
            EQUITY_BITS + 34,
        );
        let partial = Bit::from_num_unchecked(forced.of_account_at_risk.num() - deep.num());
        enforce_half_left(
            cs,
            &partial,
            before.exposure,
            loaded,
            after_positions,
            reductions,
        );
        // A takeover has no order set, so not both are.
        let owes = Bit::from_num_unchecked(forced.takeover.num() + forced.deleverages_fund.num());
        enforce_gt_if(cs, &owes, &Num::zero(), &equity_before, EQUITY_BITS + 1);
        let mut left_alone = Sum::new();
        for (lots, row) in before.exposure.lots().iter().zip(&market.rows) {
            // What is settled is not suspended.
            let bit = row.suspended.num() + row.live.not().num();
            left_alone.add(&cs.mul(lots, &bit));
        }
        let of_others = forced.of_account.num() + forced.takeover.num();
        cs.enforce(&of_others, &left_alone.finish(), &Num::zero());
    });
    enforce_implies(cs, withdraws, &free);
    let must_be_free = and(cs, &touched, &free);
    enforce_ge_if(cs, &must_be_free, &surplus, &Num::zero(), MARGIN_BITS + 1);

    let must_reduce = and(cs, &touched, &free.not());
    let each: Vec<_> = reductions.iter().map(|r| r.reduces.clone()).collect();
    let reduces = all(cs, &each);
    enforce_implies(cs, &must_reduce, &reduces);
    cs.part("forced", |cs| {
        let roundings = fill_count.scale(Num::power_of_two(FRACTION_BITS as usize).value());
        enforce_ge_if(
            cs,
            &forced.of_fund,
            &(&equity_after + &roundings),
            &equity_before,
            EQUITY_BITS + 2,
        );
        // Nobody gains by deleveraging, and the fund is left with nothing.
        let most = select(cs, &forced.deleverages_fund, &Num::zero(), &equity_before);
        enforce_ge_if(
            cs,
            &forced.deleverages,
            &(most + roundings),
            &equity_after,
            EQUITY_BITS + 2,
        );
    });
    let must_reduce = and(cs, &must_reduce, &forced.of_fund.not());
    let equity_1 = cs.mul(must_reduce.num(), &equity_after);
    range(cs, &equity_1, EQUITY_BITS);
    let equity_0 = cs.mul(must_reduce.num(), &equity_before);
    range(
        cs,
        &(&equity_0 + Num::power_of_two(EQUITY_BITS)),
        EQUITY_BITS + 1,
    );
    let maintenance_0 = cs.mul(must_reduce.num(), &maintenance_before);
    range(cs, &maintenance_0, MARGIN_BITS);
    let left = cs.mul(&equity_0, &maintenance_after);
    let right = cs.mul(&equity_1, &maintenance_0);
    range(cs, &(right - left), EQUITY_BITS + MARGIN_BITS + 2);
    let no_margin_before = is_zero(cs, &maintenance_0);
    let must_not_lose = and(cs, &must_reduce, &no_margin_before);
    enforce_ge_if(cs, &must_not_lose, &equity_1, &equity_0, EQUITY_BITS + 1);
}

/// A lower bound of the maintenance margin, exact in an honest witness. Costs U·(2·S + 2) besides losses and charges.
fn maintenance_lower_bound(cs: &mut Cs, market: &Market, exposure: &Exposure) -> Num {
    let mut margin = exposure
        .maintenance_charges(cs, market)
        .scale(Num::power_of_two(FACTOR_BITS as usize).value());
    let by_underlying = losses(cs, market, &exposure.quantity);
    for (losses, factor) in by_underlying.iter().zip(&market.maintenance_factors) {
        let worst = worst(losses);
        let any = alloc_bit(cs, worst.is_some());
        let chosen = one_hot(cs, worst.map(|(s, _)| s), losses.len(), any.num());
        let scan = mux(cs, &chosen, losses);
        margin = margin + cs.mul(&scan, factor);
    }
    margin
}

/// Upper bounds of initial and maintenance margin where `touched` is set, exact in an honest witness; elsewhere they leave
/// out the scan losses, whose ranges not every account keeps. Costs M + U·(S + 1)·96 besides losses and charges.
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
        let scan =
            cs.alloc(worst(losses).map_or_else(Default::default, |(s, _)| losses[s].value()));
        range(cs, &scan, SCAN_BITS);
        enforce_upper_bound(cs, &scan, losses, SCAN_BITS);
        initial = initial + cs.mul(&scan, &market.initial_factors[u]);
        maintenance = maintenance + cs.mul(&scan, &market.maintenance_factors[u]);
    }
    (initial, maintenance)
}

/// The largest positive loss, if any: scenario and value. A hint only.
fn worst(losses: &[Num]) -> Option<(usize, i128)> {
    let values = losses
        .iter()
        .enumerate()
        .filter_map(|(s, loss)| Some((s, fr_to_signed_i128(&loss.value())?)));
    values
        .filter(|(_, loss)| *loss > 0)
        .max_by_key(|(_, loss)| *loss)
}

/// A position afterwards against what was held of its instrument before.
pub struct Reduction {
    /// It is no larger, and on the same side. Where it is both that and within its limit, it may be said not to be: which only makes
    /// rules harder to keep.
    pub reduces: Bit,
    /// Lots held before, negative if on the other side.
    held: Num,
}

/// Compares each position afterwards with what was held before: it is no larger and on the same side, or it is within its
/// instrument's limit. Costs P·(2·M + QUANTITY_BITS + 3).
///
/// Sound: `|q₁| ≤ sign(q₁)·q₀` says the former; closed positions need no check. One range check does for the one that is claimed.
pub fn reductions(
    cs: &mut Cs,
    market: &Market,
    before: &Exposure,
    after: &[PositionVars],
) -> Vec<Reduction> {
    let rows = market.rows.iter();
    let limits: Vec<_> = rows.map(|row| row.position_limit.clone()).collect();
    let compare = |position: &PositionVars| {
        let lots = &position.signed.magnitude;
        let sign = Num::one() - position.signed.is_negative.num().double();
        let held = mux(cs, &position.instrument, &before.quantity);
        let held = cs.mul(&sign, &held);
        let limit = mux(cs, &position.instrument, &limits);
        let room = fr_to_signed_i128(&(&held - lots).value());
        let reduces = alloc_bit(cs, room.is_some_and(|room| room >= 0));
        let most = select(cs, &reduces, &held, &limit);
        range(cs, &(most - lots), QUANTITY_BITS);
        Reduction { reduces, held }
    };
    after.iter().map(compare).collect()
}

/// Requires that no fill of a reduce-only order is of an instrument whose position grows. Costs 2 per pair of position and fill.
///
/// Sound: where the position grows and the fill is of such an order, their instruments' indices differ. An empty position never
/// grows.
pub fn enforce_reduce_only(
    cs: &mut Cs,
    fills: &FillTotals,
    after: &[PositionVars],
    reductions: &[Reduction],
) {
    for (position, reduction) in after.iter().zip(reductions) {
        let index = index_of(&position.instrument);
        for (instrument, reduce_only) in &fills.reducing {
            let must_differ = and(cs, reduce_only, &reduction.reduces.not());
            enforce_nonzero_if(cs, &must_differ, &(&index - instrument));
        }
    }
}

/// Where `partial`, requires that half of each position, rounded down, is left. Costs P·(QUANTITY_BITS + 3) + 1.
///
/// Sound: what is left of a position is no smaller than what is gone, but for one lot. Positions that are gone are as many as their
/// lots, so each was of one lot, as none is of fewer. All of it is about an account that holds nothing expired, whose positions
/// only reduce.
fn enforce_half_left(
    cs: &mut Cs,
    partial: &Bit,
    before: &Exposure,
    loaded: &[PositionVars],
    after: &[PositionVars],
    reductions: &[Reduction],
) {
    for (position, reduction) in after.iter().zip(reductions) {
        let left = position.signed.magnitude.double() + Num::one();
        enforce_ge_if(cs, partial, &left, &reduction.held, QUANTITY_BITS + 2);
    }
    let count = |positions: &[PositionVars]| Num::sum(positions.iter().map(|p| p.active.num()));
    let gone = count(loaded) - count(after);
    let lots = Num::sum(before.lots().iter()) - Num::sum(reductions.iter().map(|r| &r.held));
    enforce_equal_if(cs, partial, &lots, &gone);
}
