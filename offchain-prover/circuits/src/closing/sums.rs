//! The batch's running sums against the header, the ledger and the insurance fund.

use super::{fund::Fund, ledger::LedgerVars};
use crate::{
    gadgets::{bits::range, division::shift_floor},
    header::HeaderVars,
    r1cs::{Cs, Num},
    running::{Running, shifted},
};
use clearproof_primitives::{
    boundary::{
        FILLS_SHIFT, INTEREST_SHIFT, PENALTY_SHIFT, TAKEN_AMOUNT_SHIFT, TAKEN_LOTS_SHIFT,
        WITHDRAWALS_SHIFT,
    },
    fixed::FRACTION_BITS,
};

/// Bits of the number of fills in a batch: more than 2^16 chunks of any shape can hold.
const FILL_COUNT_BITS: usize = 40;
/// Bits of the dust of a batch, in quote units: less than one for each fill and each step, and one
/// for the remainder.
const DUST_BITS: usize = FILL_COUNT_BITS + 2;

/// Requires that the first boundary's sums are zero, and that both boundaries' cursors, withdrawals
/// and counts are the header's. Returns the number of fills.
pub fn enforce_cursors(
    cs: &mut Cs,
    header: &HeaderVars,
    first: &Running,
    last: &Running,
    fill_count: u64,
) -> Num {
    enforce_zero(cs, first);
    cs.enforce_equal(&first.counts, &header.deposits_before);
    cs.enforce_equal(&first.deposit_accumulator, &header.accumulator_before);
    cs.enforce_equal(&last.deposit_accumulator, &header.accumulator_after);
    cs.enforce_equal(&last.withdrawals, &header.withdrawals_hash);
    cs.enforce_zero(&last.transfer);
    // Deposits and withdrawals are the header's, which checks their ranges. The rest are the fills.
    let fill_count = cs.alloc(fill_count);
    range(cs, &fill_count, FILL_COUNT_BITS);
    let counts = &header.deposits_after
        + shifted(&header.withdrawal_count, WITHDRAWALS_SHIFT)
        + shifted(&fill_count, FILLS_SHIFT);
    cs.enforce_equal(&counts, &last.counts);
    fill_count
}

fn enforce_zero(cs: &mut Cs, first: &Running) {
    let head = [
        &first.withdrawals,
        &first.transfer,
        &first.quote,
        &first.charges,
        &first.remainder,
    ];
    for sum in head
        .into_iter()
        .chain(&first.lots)
        .chain(&first.deposited)
        .chain(&first.outflows)
    {
        cs.enforce_zero(sum);
    }
}

/// The dust that the insurance fund receives, in whole units, and the remainder that the ledger
/// keeps: all fractions that fills and accruals rounded off.
pub fn dust(cs: &mut Cs, last: &Running, remainder: &Num, fill_count: &Num) -> (Num, Num) {
    let of_fills = -&last.quote;
    range(cs, &of_fills, FILL_COUNT_BITS);
    range(cs, &(fill_count - &of_fills), FILL_COUNT_BITS);
    let fraction = FRACTION_BITS as usize;
    let unit = Num::power_of_two(fraction).value();
    let rounded = remainder + &last.remainder + of_fills.scale(unit);
    let dust = shift_floor(cs, &rounded, fraction, DUST_BITS);
    let remainder = rounded - dust.scale(unit);
    (dust, remainder)
}

/// Takes the last boundary's sums apart: each equals the change of ledger and fund.
///
/// Sound: the parts of a sum are differences of range-checked values, below half the distance of
/// their places, and so are the sums that steps made: so each part is equal, and the net lots,
/// which have no part here, are zero, and those of deleveraging too.
pub fn enforce_moved(
    cs: &mut Cs,
    header: &HeaderVars,
    old: &LedgerVars,
    new: &LedgerVars,
    last: &Running,
    fund: &Fund,
    dust: &Num,
) {
    let fraction = FRACTION_BITS as usize;
    let fees = &new.fees - &old.fees + &header.protocol_fee;
    // The chain's share, rounded down: both sides are below 2^97.
    let share = cs.mul(&fees, &header.protocol_share);
    let paid = header
        .protocol_fee
        .scale(Num::power_of_two(fraction).value());
    range(cs, &(share - paid), fraction);
    let charges = fees + shifted(&fund.penalties, PENALTY_SHIFT);
    cs.enforce_equal(&charges, &last.charges);

    let lots_before = fund.lots_before.lots();
    let lots_after = fund.lots_after.lots();
    for (i, sum) in last.lots.iter().enumerate() {
        // The ledger counts the fund's own lots as well, but the sum only those of the steps.
        let of_fund = &lots_after[i] - &lots_before[i];
        let of_steps = &new.open_interest[i] - &old.open_interest[i] - of_fund;
        let lots = shifted(&of_steps, INTEREST_SHIFT) + shifted(&fund.taken[i], TAKEN_LOTS_SHIFT);
        cs.enforce_equal(&lots, sum);
    }

    for (k, sum) in last.outflows.iter().enumerate() {
        let mut withdrawn = &old.totals[k] + &last.deposited[k] - &new.totals[k];
        let mut taken = &fund.balances[k] - &fund.before.balances[k];
        if k == 0 {
            withdrawn = withdrawn - &header.protocol_fee;
            taken = taken - dust - &fund.penalties;
        }
        cs.enforce_equal(&(withdrawn + shifted(&taken, TAKEN_AMOUNT_SHIFT)), sum);
    }
}
