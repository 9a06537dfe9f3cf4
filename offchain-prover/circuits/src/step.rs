//! The account step: load a leaf, accrue, deposit, install the order set, fill, withdraw, check
//! margin or the rules of a liquidation or takeover, store the leaf.
//!
//! Mirrors `clearproof_primitives::step::apply` rule by rule. A step without deposit and order set
//! only accrues.

mod environment;
mod orders;
mod positions;
mod visit;

pub use environment::StepEnvironment;

use crate::{
    account::enforce_balances,
    exposure::Exposure,
    fills::{FillContext, FillTotals},
    forced::ForcedVars,
    margin::{self, Holdings, Occasion},
    movements::{self, Incoming, Outgoing},
    order_set::OrderSetVars,
    r1cs::{Bit, Cs, Num},
    running::Running,
};
use clearproof_primitives::witness::StepWitness;
use visit::Visit;

/// Enforces one account step and advances the running sums. Returns the numbers of its fills that
/// name each price entry.
pub fn step(
    cs: &mut Cs,
    environment: &StepEnvironment<'_>,
    running: &mut Running,
    witness: &StepWitness,
) -> Vec<Num> {
    let mut visit = Visit::begin(cs, environment, running, witness);
    let incoming = cs.part("deposit", |cs| visit.receive(cs, running));
    let opens = visit.open_account(cs, &incoming);
    let (forced, set) = open_instructions(cs, &mut visit, &incoming);
    let fills = cs.part("fills", |cs| fill(cs, &mut visit, &forced, &set));
    let fee = cs.part("forced", |cs| fills.fee(cs, &forced));
    let quote = &visit.after.balances[0];
    visit.after.balances[0] = quote + &fills.quote - &fee - &forced.penalty;

    let outgoing = cs.part("withdrawal", |cs| {
        let (shape, step) = (environment.shape, &witness.step);
        Outgoing::debit(cs, shape, running, step, &set, &mut visit.after)
    });
    cs.part("transfer", |cs| {
        movements::chain(cs, running, &incoming, &outgoing, &set);
    });
    let taken_balances = cs.part("forced", |cs| take_balances(cs, &mut visit, &forced));
    enforce_balances(cs, &visit.after.balances);
    let exposure_after = cs.part("positions", |cs| {
        positions::enforce(cs, &mut visit, running, &fills, &forced)
    });
    let partial = check_margin(
        cs,
        &visit,
        &exposure_after,
        &fills,
        &forced,
        &outgoing.active,
    );
    cs.part("forced", |cs| visit.stamp(cs, &partial));
    cs.part("leaf", |cs| visit.store(cs, running, &opens));
    running.quote = &running.quote + &fills.quote;
    running.add_charges(&fee, &forced.penalty);
    running.add_taken_balances(&taken_balances);
    running.count_fills(&fills.count);
    fills.named
}

/// Opens the venue's own action, if there is one, and the order set.
///
/// Account 0 is the insurance fund: it is touched and liquidated like any other, but all else is
/// the closing circuit's.
fn open_instructions(
    cs: &mut Cs,
    visit: &mut Visit<'_>,
    incoming: &Incoming,
) -> (ForcedVars, OrderSetVars) {
    let step = &visit.witness.step;
    let forced = cs.part("forced", |cs| ForcedVars::alloc(cs, step, &visit.is_fund));
    let set = cs.part("order_set", |cs| {
        OrderSetVars::open(
            cs,
            visit.environment.shape,
            visit.environment.header,
            &visit.index,
            &mut visit.after,
            &forced.liquidation,
            step.set.as_ref(),
        )
    });
    cs.part("forced", |cs| {
        forced.enforce_alone(cs, &set, &incoming.active, &visit.is_fund);
    });
    (forced, set)
}

/// Fills the orders of the set and counts the lots in the account's slots.
fn fill(cs: &mut Cs, visit: &mut Visit<'_>, forced: &ForcedVars, set: &OrderSetVars) -> FillTotals {
    let context = FillContext {
        shape: visit.environment.shape,
        market: visit.environment.market,
        forced,
        set,
        entries: visit.environment.entries,
        native_entries: visit.environment.native_entries,
    };
    let fills = FillTotals::of(cs, &context, &visit.witness.step.fills);
    orders::count_filled(cs, &mut visit.after, set, &fills, forced);
    fills
}

/// Takes the balances of an account that the insurance fund takes over. Returns them; 0 of other
/// accounts.
fn take_balances(cs: &mut Cs, visit: &mut Visit<'_>, forced: &ForcedVars) -> Vec<Num> {
    let taken = |balance| cs.mul(forced.takeover.num(), balance);
    let taken: Vec<_> = visit.before.balances.iter().map(taken).collect();
    for (balance, taken) in visit.after.balances.iter_mut().zip(&taken) {
        *balance = &*balance - taken;
    }
    taken
}

/// Enforces position limits, reduce-only orders and the margin rule. Returns the bit that is set if
/// the account is liquidated in part.
fn check_margin(
    cs: &mut Cs,
    visit: &Visit<'_>,
    exposure_after: &Exposure,
    fills: &FillTotals,
    forced: &ForcedVars,
    withdraws: &Bit,
) -> Bit {
    let (market, header) = (visit.environment.market, visit.environment.header);
    let positions = &visit.after.positions;
    let reductions = cs.part("limits", |cs| {
        let reductions = margin::reductions(cs, market, &visit.exposure_before, positions);
        margin::enforce_reduce_only(cs, fills, positions, &reductions);
        reductions
    });
    let before = Holdings {
        balances: &visit.before.balances,
        exposure: &visit.exposure_before,
    };
    let after = Holdings {
        balances: &visit.after.balances,
        exposure: exposure_after,
    };
    let occasion = Occasion {
        trades: &fills.any,
        fill_count: &fills.count,
        filled_lots: &Num::sum(fills.by_slot.iter()),
        withdraws,
        forced,
        loaded: &visit.loaded.positions,
        after: positions,
        reductions: &reductions,
        deleverage_rank: &header.deleverage_rank,
        slack: &header.slack,
    };
    cs.part("margin", |cs| {
        margin::enforce(cs, market, &before, &after, &occasion)
    })
}
