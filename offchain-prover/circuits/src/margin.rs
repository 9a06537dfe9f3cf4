//! The margin rule in constraints: `clearproof_primitives::margin` over dense vectors of quantities by instrument.

use crate::{
    account::PositionVars,
    forced::ForcedVars,
    gadgets::{
        bits::{alloc_bit, range},
        compare::{enforce_ge_if, enforce_gt_if, is_nonnegative},
        logic::{all, and, enforce_implies, is_zero},
        maximum::enforce_upper_bound,
        one_hot::{mux, one_hot},
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
                        sum.add(&cs.mul(&-quantity, &row.deltas[s]));
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
    /// It withdraws.
    pub withdraws: &'a Bit,
    /// It is the venue's own.
    pub forced: &'a ForcedVars,
}

/// Enforces the margin rule where the step trades or withdraws, and the conditions of a liquidation or takeover where it is one.
///
/// A liquidation's fills must reduce risk whatever they leave the account with, so it is never treated as free; those of the insurance
/// fund must only reduce, and lose nothing against the marks but roundings. That the account is below maintenance margin is enforced with the lower bound of the latter, which only makes it harder; that its equity is
/// negative, for a takeover, with the equity itself.
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
    after_positions: &[PositionVars],
    occasion: &Occasion<'_>,
) {
    let Occasion {
        trades,
        fill_count,
        withdraws,
        forced,
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
        enforce_gt_if(
            cs,
            &forced.of_account,
            &maintenance_before,
            &equity_before.scale(scale),
            MARGIN_BITS + 2,
        );
        enforce_gt_if(
            cs,
            &forced.takeover,
            &Num::zero(),
            &equity_before,
            EQUITY_BITS + 1,
        );
    });
    enforce_implies(cs, withdraws, &free);
    let must_be_free = and(cs, &touched, &free);
    enforce_ge_if(cs, &must_be_free, &surplus, &Num::zero(), MARGIN_BITS + 1);

    let must_reduce = and(cs, &touched, &free.not());
    let reduces = reduces(cs, before.exposure, after_positions);
    enforce_implies(cs, &must_reduce, &reduces);
    cs.part("forced", |cs| {
        let roundings = fill_count.scale(Num::power_of_two(FRACTION_BITS as usize).value());
        enforce_ge_if(
            cs,
            &forced.of_fund,
            &(&equity_after + roundings),
            &equity_before,
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

/// Whether no position is larger than, or on the other side of, what was held before. Costs P·(M + QUANTITY_BITS + 4).
///
/// Sound: `|q₁| ≤ sign(q₁)·q₀` for each position afterwards says both; closed positions need no check.
fn reduces(cs: &mut Cs, before: &Exposure, after: &[PositionVars]) -> Bit {
    let each: Vec<_> = after
        .iter()
        .map(|position| {
            let held = mux(cs, &position.instrument, &before.quantity);
            let sign = Num::one() - position.signed.is_negative.num().double();
            let room = cs.mul(&sign, &held) - &position.signed.magnitude;
            is_nonnegative(cs, &room, QUANTITY_BITS + 1)
        })
        .collect();
    all(cs, &each)
}
