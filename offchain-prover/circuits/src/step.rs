//! The account step: load a leaf, settle it, deposit, install the order set, fill, withdraw, check margin or
//! the rules of a liquidation or takeover, store the leaf.
//!
//! Mirrors `clearproof_primitives::step::apply` rule by rule. A step without deposit and order set only settles.

use crate::{
    account::{AccountVars, PositionVars, enforce_balances},
    accrual::Funding,
    fills::{FillContext, FillTotals},
    forced::ForcedVars,
    gadgets::{
        bits::{alloc_bit, to_bits},
        compare::enforce_ge_if,
        logic::{and, enforce_equal_if, enforce_implies, enforce_zero_if, is_zero},
        merkle,
    },
    header::HeaderVars,
    margin::{self, Exposure, Holdings},
    market::Market,
    movements::{self, Incoming, Outgoing},
    order_set::OrderSetVars,
    r1cs::{Cs, Num},
    running::Running,
};
use clearproof_primitives::{
    batch::PriceEntry,
    order::pair_of,
    shape::{QUANTITY_BITS, Shape},
    witness::StepWitness,
};

/// What all steps of a chunk share.
pub struct StepEnvironment<'a> {
    /// Shape of the venue.
    pub shape: &'a Shape,
    /// The header.
    pub header: &'a HeaderVars,
    /// The snapshot.
    pub market: &'a Market,
    /// The funding indices in force.
    pub funding: &'a Funding,
    /// E packed price entries.
    pub entries: &'a [Num],
    /// Their values, for hints.
    pub native_entries: &'a [PriceEntry],
}

/// Enforces one account step and advances the running sums.
pub fn step(
    cs: &mut Cs,
    environment: &StepEnvironment<'_>,
    running: &mut Running,
    witness: &StepWitness,
) {
    let StepEnvironment {
        shape,
        header,
        market,
        funding,
        entries,
        native_entries,
    } = environment;
    let index = cs.alloc(witness.step.account as u64);
    let index_bits = to_bits(cs, &index, 2 * shape.depth as usize);
    let loaded = cs.part("account", |cs| {
        let loaded = AccountVars::load(cs, shape, &witness.before);
        PositionVars::enforce_canonical(cs, &loaded.positions);
        loaded
    });
    let mut exposure_before = cs.part("positions", |cs| {
        Exposure::of(cs, market.rows.len(), &loaded.positions)
    });
    let mut before = loaded.clone();
    let accrual = cs.part("accrual", |cs| {
        funding.accrue(cs, market, &loaded, &exposure_before)
    });
    before.balances[0] = &before.balances[0] + &accrual.credit;
    running.remainder = &running.remainder + &accrual.remainder;
    let mut after = before.clone();

    let incoming = cs.part("deposit", |cs| {
        Incoming::take(cs, shape, running, &witness.step, &before, &mut after)
    });
    let opens = alloc_bit(cs, !witness.exists);
    enforce_implies(cs, &opens, &incoming.active);
    for content in loaded.contents() {
        enforce_zero_if(cs, &opens, &content);
    }

    // Account 0 is the insurance fund: it is touched and liquidated like any other, but all else is the closing circuit's.
    let is_fund = is_zero(cs, &index);
    let forced = cs.part("forced", |cs| {
        ForcedVars::alloc(cs, &witness.step, &is_fund)
    });
    let set = cs.part("order_set", |cs| {
        OrderSetVars::open(
            cs,
            shape,
            header,
            &index,
            &mut after,
            &forced.liquidation,
            witness.step.set.as_ref(),
        )
    });
    cs.part("forced", |cs| {
        forced.enforce_alone(cs, &set, &incoming.active, &is_fund)
    });

    let fills = cs.part("fills", |cs| {
        let context = FillContext {
            shape,
            market,
            forced: &forced,
            set: &set,
            entries,
            native_entries,
        };
        let fills = FillTotals::of(cs, &context, &witness.step.fills);
        count_filled(cs, &mut after, &set, &fills, &forced);
        fills
    });
    let fee = cs.part("forced", |cs| forced.fee(cs, &fills));
    after.balances[0] = &after.balances[0] + &fills.quote - &fee - &forced.penalty;

    let outgoing = cs.part("withdrawal", |cs| {
        Outgoing::pay(cs, shape, running, &witness.step, &set, &mut after)
    });
    cs.part("transfer", |cs| {
        movements::chain(cs, running, &incoming, &outgoing, &set)
    });
    let taken_balances = cs.part("forced", |cs| {
        let taken = |balance| cs.mul(forced.takeover.num(), balance);
        let taken: Vec<_> = before.balances.iter().map(taken).collect();
        for (balance, taken) in after.balances.iter_mut().zip(&taken) {
            *balance = &*balance - taken;
        }
        taken
    });
    enforce_balances(cs, &after.balances);

    let exposure_after = cs.part("positions", |cs| {
        after.positions = PositionVars::load_all(cs, shape, &witness.after);
        PositionVars::enforce_canonical(cs, &after.positions);
        let exposure_after = Exposure::of(cs, market.rows.len(), &after.positions);
        after.funding_basis = funding.funding_basis(cs, &exposure_after.quantity);
        let lots = exposure_after
            .lots()
            .into_iter()
            .zip(exposure_before.lots());
        let open_interest: Vec<_> = lots.map(|(new, old)| new - old).collect();
        // What has expired is not held any more: from here on the positions before are those that are left. A takeover takes
        // all of them, as it has no fills.
        let mut taken = Vec::with_capacity(market.rows.len());
        for (((new, old), filled), row) in exposure_after
            .quantity
            .iter()
            .zip(&mut exposure_before.quantity)
            .zip(&fills.net)
            .zip(&market.rows)
        {
            let left = old.value() * row.live.num().value();
            let lots = cs.alloc(left * forced.takeover.num().value());
            let left = new - filled + &lots;
            cs.enforce(row.live.num(), old, &left);
            cs.enforce(forced.takeover.num(), &left, &lots);
            *old = left;
            taken.push(lots);
        }
        let deleveraged: Vec<_> = fills
            .net
            .iter()
            .map(|lots| cs.mul(forced.deleverages.num(), lots))
            .collect();
        running.add_lots(&fills.net, &deleveraged, &open_interest, &taken);
        exposure_after
    });
    let reductions = cs.part("limits", |cs| {
        let reductions = margin::reductions(cs, market, &exposure_before, &after.positions);
        margin::enforce_reduce_only(cs, &fills, &after.positions, &reductions);
        reductions
    });
    cs.part("margin", |cs| {
        let holdings_before = Holdings {
            balances: &before.balances,
            exposure: &exposure_before,
        };
        let holdings_after = Holdings {
            balances: &after.balances,
            exposure: &exposure_after,
        };
        margin::enforce(
            cs,
            market,
            &holdings_before,
            &holdings_after,
            &margin::Occasion {
                trades: &fills.any,
                fill_count: &fills.count,
                withdraws: &outgoing.active,
                forced: &forced,
                loaded: &loaded.positions,
                after: &after.positions,
                reductions: &reductions,
                deleverage_rank: &header.deleverage_rank,
            },
        );
    });

    cs.part("leaf", |cs| {
        let old_leaf = loaded.leaf(cs);
        let old_leaf = cs.mul(opens.not().num(), &old_leaf);
        let new_leaf = after.leaf(cs);
        let (old_root, new_root) = cs.part("tree", |cs| {
            merkle::update(cs, &index_bits, &old_leaf, &new_leaf, &witness.path)
        });
        cs.enforce_equal(&old_root, &running.accounts_root);
        running.accounts_root = new_root;
    });
    running.quote = &running.quote + &fills.quote;
    running.add_charges(&fee, &forced.penalty);
    running.add_taken(&taken_balances);
    running.count_fills(&fills.count);
}

/// Counts what the order slots got, and requires what their orders say about it. Costs R·(QUANTITY_BITS + 9).
///
/// A liquidation's fills count for no slot: its orders are not the account's.
fn count_filled(
    cs: &mut Cs,
    after: &mut AccountVars,
    set: &OrderSetVars,
    fills: &FillTotals,
    forced: &ForcedVars,
) {
    let own = forced.liquidation.not();
    let used: Vec<_> = fills
        .slot_used
        .iter()
        .map(|used| and(cs, used, &own))
        .collect();
    for ((slot, order), (filled, used)) in after
        .slots
        .iter_mut()
        .zip(&set.orders)
        .zip(fills.by_slot.iter().zip(&used))
    {
        let immediate = and(cs, used, &order.immediate);
        enforce_zero_if(cs, &immediate, &slot.filled);
        slot.filled = &slot.filled + cs.mul(own.num(), filled);
        enforce_ge_if(cs, used, &order.quantity, &slot.filled, QUANTITY_BITS);
        let whole = and(cs, used, &order.whole);
        enforce_equal_if(cs, &whole, &order.quantity, &slot.filled);
    }
    for (r, (order, used)) in set.orders.iter().zip(&used).enumerate() {
        if let Some(pair) = after.slots.get(pair_of(r)) {
            let alone = and(cs, used, &order.alone);
            enforce_zero_if(cs, &alone, &pair.filled);
        }
    }
}
