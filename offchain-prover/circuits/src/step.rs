//! The account step: load a leaf, settle it, deposit, install the order set, fill, withdraw, check margin or
//! the rules of a liquidation or takeover, store the leaf.
//!
//! Mirrors `clearproof_primitives::step::apply` rule by rule. A step without deposit and order set only settles.

use crate::{
    account::{enforce_balances, AccountVars, PositionVars},
    fills::FillTotals,
    forced::ForcedVars,
    gadgets::{
        bits::{alloc_bit, range, to_bits},
        compare::enforce_ge_if,
        logic::{and, enforce_equal_if, enforce_implies, enforce_zero_if, is_zero, select},
        merkle,
        one_hot::{index_of, one_hot},
        poseidon::hash,
    },
    header::HeaderVars,
    margin::{self, Exposure, Holdings},
    market::Market,
    order_set::OrderSetVars,
    packing::pack,
    r1cs::{Bit, Cs, Num},
    running::Running,
    settlement::Funding,
};
use ark_bn254::Fr;
use clearproof_primitives::{
    batch::{PriceEntry, ASSET_AMOUNT_LAYOUT},
    shape::{Shape, AMOUNT_BITS, QUANTITY_BITS},
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

/// A selected asset and an amount that moves.
struct Movement {
    active: Bit,
    asset: Vec<Bit>,
    amount: Num,
}

impl Movement {
    /// K products: the amount at its asset, 0 elsewhere.
    fn by_asset(&self, cs: &mut Cs) -> Vec<Num> {
        self.asset
            .iter()
            .map(|bit| cs.mul(bit.num(), &self.amount))
            .collect()
    }

    fn packed(&self) -> Num {
        let [asset_bits, amount_bits] = ASSET_AMOUNT_LAYOUT;
        pack(&[
            (&index_of(&self.asset), asset_bits),
            (&self.amount, amount_bits),
        ])
    }
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
    let settlement = cs.part("settlement", |cs| {
        funding.settle(cs, market, &loaded, &exposure_before)
    });
    before.balances[0] = &before.balances[0] + &settlement.credit;
    running.remainder_sum = &running.remainder_sum + &settlement.remainder;
    let mut after = before.clone();

    let deposit = cs.part("deposit", |cs| {
        take_deposit(cs, environment, running, witness, &before, &mut after)
    });
    let opens = alloc_bit(cs, !witness.exists);
    enforce_implies(cs, &opens, &deposit.active);
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
        forced.enforce_alone(cs, &set, &deposit.active, &is_fund)
    });

    let fills = cs.part("fills", |cs| {
        let rate = forced.rate(cs, market);
        let fills = FillTotals::of(
            cs,
            shape,
            &rate,
            &set,
            entries,
            &witness.step.fills,
            native_entries,
        );
        set.enforce_fee_accepted(cs, &fills.any, &rate);
        for (slot, ((order, filled), used)) in after
            .slots
            .iter_mut()
            .zip(set.orders.iter().zip(&fills.by_slot).zip(&fills.slot_used))
        {
            // The slots count what their own orders got, and no more than those want.
            let own = forced.liquidation.not();
            slot.filled = &slot.filled + cs.mul(own.num(), filled);
            let used = and(cs, used, &own);
            enforce_ge_if(cs, &used, &order.quantity, &slot.filled, QUANTITY_BITS);
        }
        fills
    });
    let fee = cs.part("forced", |cs| forced.fee(cs, &fills));
    after.balances[0] = &after.balances[0] + &fills.quote - &fee - &forced.penalty;

    let withdrawal = cs.part("withdrawal", |cs| {
        withdraw(cs, shape, running, witness, &set, &mut after)
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
        after.basis = funding.basis(cs, &exposure_after.quantity);
        let lots = exposure_after
            .lots()
            .into_iter()
            .zip(exposure_before.lots());
        let interest: Vec<_> = lots.map(|(new, old)| new - old).collect();
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
        running.add_lots(&fills.net, &interest, &taken);
        exposure_after
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
            &after.positions,
            &margin::Occasion {
                trades: &fills.any,
                fill_count: &fills.count,
                withdraws: &withdrawal.active,
                forced: &forced,
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
    running.quote_sum = &running.quote_sum + &fills.quote;
    running.add_charges(&fee, &forced.penalty);
    running.add_taken(&taken_balances);
    running.count_fills(&fills.count);
}

/// Takes the next deposit of the queue, if any.
///
/// Sound: the deposit enters the queue's hash chain, which the closing circuit compares with the chain's, and the key that
/// it names must be the hash of this leaf's owner. So it can open a leaf of that owner, or touch one, and no other; and
/// since the chain takes deposits for good keys only, every leaf's owner is one.
///
/// The viewing key is not bound by the deposit. In a leaf that is in use it is bound by the tree: [`step`] hashes the same
/// variable into the leaf that it loads and the leaf that it stores, so no step changes it. In a leaf that opens, nothing
/// is loaded and whoever opens it chooses the viewing key. That harms nobody's money: the owner's key alone moves it.
fn take_deposit(
    cs: &mut Cs,
    environment: &StepEnvironment<'_>,
    running: &mut Running,
    witness: &StepWitness,
    before: &AccountVars,
    after: &mut AccountVars,
) -> Movement {
    let native = witness.step.deposit.as_ref();
    let active = alloc_bit(cs, native.is_some());
    let assets = environment.shape.market.assets as usize;
    let asset = one_hot(cs, native.map(|d| d.asset as usize), assets, active.num());
    let amount = cs.alloc(native.map_or(0, |d| d.amount));
    range(cs, &amount, AMOUNT_BITS);
    let movement = Movement {
        active,
        asset,
        amount,
    };
    let named = cs.alloc(native.map_or_else(Fr::default, |d| d.account_key));
    let key = before.key(cs);
    enforce_equal_if(cs, &movement.active, &named, &key);
    let chained = hash(
        cs,
        &[
            running.deposit_accumulator.clone(),
            named,
            movement.packed(),
        ],
    );
    running.deposit_accumulator =
        select(cs, &movement.active, &chained, &running.deposit_accumulator);
    running.count_deposit(&movement.active);
    for ((moved, balance), sum) in movement
        .by_asset(cs)
        .iter()
        .zip(&mut after.balances)
        .zip(&mut running.deposited)
    {
        *balance = &*balance + moved;
        *sum = &*sum + moved;
    }
    movement
}

/// Carries out the order set's withdrawal, if the step says so.
fn withdraw(
    cs: &mut Cs,
    shape: &Shape,
    running: &mut Running,
    witness: &StepWitness,
    set: &OrderSetVars,
    after: &mut AccountVars,
) -> Movement {
    let request = witness
        .step
        .set
        .as_ref()
        .and_then(|s| s.set.withdrawal)
        .filter(|_| witness.step.withdraw);
    let active = alloc_bit(cs, witness.step.withdraw);
    set.enforce_withdrawal_allowed(cs, &active);
    let asset = one_hot(
        cs,
        request.map(|w| w.asset as usize),
        shape.market.assets as usize,
        active.num(),
    );
    set.enforce_asset(cs, &active, &index_of(&asset));
    let movement = Movement {
        active,
        asset,
        amount: set.amount.clone(),
    };
    // A set without a withdrawal says amount 0, and cannot carry one out.
    let nothing = is_zero(cs, &set.amount);
    enforce_zero_if(cs, &movement.active, nothing.num());
    let chain = [
        running.withdrawals.clone(),
        set.recipient_low.clone(),
        set.recipient_high.clone(),
        movement.packed(),
    ];
    let chained = hash(cs, &chain);
    running.withdrawals = select(cs, &movement.active, &chained, &running.withdrawals);
    running.count_withdrawal(&movement.active);
    for ((moved, balance), sum) in movement
        .by_asset(cs)
        .iter()
        .zip(&mut after.balances)
        .zip(&mut running.out)
    {
        *balance = &*balance - moved;
        *sum = &*sum + moved;
    }
    movement
}
