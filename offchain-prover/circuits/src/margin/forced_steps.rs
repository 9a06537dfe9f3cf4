//! The conditions of the venue's own steps: liquidation, deleveraging and takeover.

use super::{
    bounds::Margins,
    occasion::{Holdings, Occasion},
    reductions::enforce_half_left,
};
use crate::{
    gadgets::{
        bits::{alloc_bit, range},
        compare::{enforce_ge_if, enforce_gt_if},
        logic::{enforce_equal_if, enforce_implies, select},
    },
    market::Market,
    r1cs::{Bit, Cs, Num, Sum},
};
use clearproof_primitives::{
    field::fr_to_signed_i128,
    fixed::{FACTOR_BITS, FRACTION_BITS},
    margin::EQUITY_BITS,
};

/// Requires that the state before the step allows it: an account at risk or of a high enough rank,
/// or a bankrupt account or fund, each with the benefit of the doubt; and that the step's fills
/// leave suspended positions as they are. Returns the bit that is set if an account is liquidated
/// in part.
///
/// Sound: fills of these steps only reduce, and the benefit of the doubt of a lot is not negative,
/// so it is the same before and after only if no lot that has any is gone. A lot that has expired
/// and is not turned into quote has 2^160, and none is left after the step, as the chain accepts no
/// price of its instrument: so no liquidation goes with it. Equity with it is far beyond the range
/// of every comparison here, and does not wrap: multiplied by 32 bits it stays below 2^247.
pub fn enforce_allowed(
    cs: &mut Cs,
    before: &Holdings<'_>,
    margins: &Margins,
    occasion: &Occasion<'_>,
    free: &Bit,
) -> Bit {
    let forced = occasion.forced;
    enforce_implies(cs, &forced.liquidation, &free.not());
    let partial = enforce_rank(cs, margins, occasion);
    enforce_half_left(
        cs,
        &partial,
        before.exposure,
        occasion.loaded,
        occasion.after,
        occasion.reductions,
    );
    // A takeover has no order set, so not both are.
    let owes = Bit::from_num_unchecked(forced.takeover.num() + forced.deleverages_fund.num());
    let equity = margins.favourable_equity();
    enforce_gt_if(cs, &owes, &Num::zero(), &equity, EQUITY_BITS + 1);
    let (doubt, left) = (&margins.doubt_before, &margins.doubt_after);
    enforce_equal_if(cs, &forced.liquidation, left, doubt);
    partial
}

/// Requires that each fill closes lots of a position: none is netted out by another. Costs 1.
///
/// Sound: positions only reduce in these steps. A fill on the closing side takes its own lots off
/// the sum of all lots at most, and a fill on the other side adds its own to it or opens a
/// position. So the sum falls by the lots of all fills only if every fill is on the closing side.
/// Without this rule the venue could sell and buy back at the two edges of the band in one step,
/// and so take all of the account's equity, since only the result of the step is compared with the
/// account's zero price.
pub fn enforce_each_closes(
    cs: &mut Cs,
    before: &Holdings<'_>,
    after: &Holdings<'_>,
    occasion: &Occasion<'_>,
) {
    let lots = |holdings: &Holdings<'_>| Num::sum(holdings.exposure.lots().iter());
    let closed = lots(before) - lots(after);
    let closes = &occasion.forced.liquidation;
    enforce_equal_if(cs, closes, &closed, occasion.filled_lots);
}

/// Requires that an account at risk has less than its maintenance margin, or less than half of it;
/// and that the maintenance margin of an account that is deleveraged exceeds its equity by the
/// factor that the rank states. Returns the bit of accounts that have half of it: their positions
/// are closed in part only.
fn enforce_rank(cs: &mut Cs, margins: &Margins, occasion: &Occasion<'_>) -> Bit {
    let forced = occasion.forced;
    let (equity, maintenance) = (margins.favourable_equity(), &margins.maintenance_before);
    let scale = Num::power_of_two(FACTOR_BITS as usize).value();
    let twice = equity.scale(scale).double();
    let more = fr_to_signed_i128(&(maintenance - &twice).value());
    let deep = alloc_bit(
        cs,
        more.is_some_and(|more| more > 0) && forced.of_account_at_risk.value(),
    );
    enforce_implies(cs, &deep, &forced.of_account_at_risk);
    let at_risk = (Num::one() + deep.num()).scale(scale);
    let times = select(cs, &forced.deleverages, occasion.deleverage_rank, &at_risk);
    let least = cs.mul(&equity, &times) + forced.of_account_at_risk.num();
    enforce_ge_if(
        cs,
        &forced.of_account,
        maintenance,
        &least,
        EQUITY_BITS + 34,
    );
    Bit::from_num_unchecked(forced.of_account_at_risk.num() - deep.num())
}

/// Requires that the insurance fund loses nothing but roundings, and that no account gains more
/// than roundings by deleveraging. Costs EQUITY_BITS + 4.
///
/// Sound: a step is of the fund or of another account, so each of the two comparisons is alone in
/// the difference that is range-checked.
pub fn enforce_equity(cs: &mut Cs, margins: &Margins, occasion: &Occasion<'_>) {
    let (fund, account) = (
        occasion.forced.of_fund.num(),
        occasion.forced.deleverages_account.num(),
    );
    let unit = Num::power_of_two(FRACTION_BITS as usize).value();
    let roundings = cs.mul(&(fund + account), &occasion.fill_count.scale(unit));
    let gained = &margins.equity_after - &margins.equity_before;
    let gained = cs.mul(&(fund - account), &gained);
    range(cs, &(gained + roundings), EQUITY_BITS + 2);
}

/// Returns the insurance fund's lack, with the benefit of the doubt, less the batch's slack on all
/// that its positions are worth, in 2^-64 quote units; 0 where the fund is not deleveraged. It must
/// not be negative. Costs M + 2.
///
/// Expired positions have no mark. The worth is below 2^116, the slack below 2^32.
pub fn slack_left(
    cs: &mut Cs,
    market: &Market,
    before: &Holdings<'_>,
    margins: &Margins,
    occasion: &Occasion<'_>,
) -> Num {
    let mut worth = Sum::new();
    for (lots, row) in before.exposure.lots().iter().zip(&market.rows) {
        worth.add(&cs.mul(lots, &row.live_mark));
    }
    let taken = cs.mul(occasion.slack, &worth.finish());
    let unit = Num::power_of_two(FRACTION_BITS as usize).value();
    let left = -(margins.favourable_equity().scale(unit) + taken);
    cs.mul(occasion.forced.deleverages_fund.num(), &left)
}
