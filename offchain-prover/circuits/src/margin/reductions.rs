//! Positions after a step against those before, and the rules for positions that must reduce.

use crate::{
    account::PositionVars,
    exposure::Exposure,
    fills::FillTotals,
    gadgets::{
        bits::{alloc_bit, range},
        compare::enforce_ge_if,
        logic::{and, enforce_equal_if, enforce_nonzero_if, select},
        one_hot::{index_of, mux},
    },
    market::Market,
    r1cs::{Bit, Cs, Num},
};
use clearproof_primitives::{field::fr_to_signed_i128, shape::QUANTITY_BITS};

/// A position afterwards against the lots that were held of its instrument before.
pub struct Reduction {
    /// It is no larger, and on the same side. If it is both that and within its limit, the prover
    /// may claim that it is not, which only makes rules harder to keep.
    pub reduces: Bit,
    /// Lots held before, negative if on the other side.
    held: Num,
}

/// Compares each position afterwards with the lots that were held before: it is no larger and on
/// the same side, or it is within its instrument's limit. Costs P·(2·M + QUANTITY_BITS + 3).
///
/// Sound: the former is `|q₁| ≤ sign(q₁)·q₀`; closed positions need no check. One range check is
/// enough for the one that is claimed.
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

/// Requires that no fill of a reduce-only order is of an instrument whose position grows. Costs 2
/// per pair of position and fill.
///
/// Sound: if the position grows and the fill is of such an order, the indices of their instruments
/// differ. An empty position never grows.
pub fn enforce_reduce_only(
    cs: &mut Cs,
    fills: &FillTotals,
    after: &[PositionVars],
    reductions: &[Reduction],
) {
    for (position, reduction) in after.iter().zip(reductions) {
        let index = index_of(&position.instrument);
        for fill in &fills.filled {
            let must_differ = and(cs, &fill.reduce_only, &reduction.reduces.not());
            enforce_nonzero_if(cs, &must_differ, &(&index - &fill.instrument));
        }
    }
}

/// If `partial` is set, requires that half of each position, rounded down, is left. Costs
/// P·(QUANTITY_BITS + 3) + 1.
///
/// Sound: the lots that are left of a position are no fewer than the lots that are gone, but for
/// one. The number of positions that are gone equals the number of their lots, so each was of one
/// lot, as none is of fewer. All of this applies to accounts that hold nothing expired and whose
/// positions only reduce.
pub(super) fn enforce_half_left(
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
