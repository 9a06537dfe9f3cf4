//! Money that moves in a step: the queue's deposits, transfers between accounts, withdrawals.

use crate::{
    account::AccountVars,
    gadgets::{
        bits::{alloc_bit, range},
        logic::{enforce_equal_if, enforce_implies, enforce_zero_if, select},
        one_hot::{index_of, one_hot},
        poseidon::hash,
    },
    order_set::OrderSetVars,
    packing::pack,
    r1cs::{Bit, Cs, Num},
    running::Running,
};
use ark_bn254::Fr;
use clearproof_primitives::{
    batch::ASSET_AMOUNT_LAYOUT,
    order::OrderSet,
    shape::{AMOUNT_BITS, Shape},
    step::Step,
};

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

/// A deposit or transfer that an account receives.
pub struct Incoming {
    /// Set if it receives anything.
    pub active: Bit,
    queued: Bit,
    received: Bit,
    named: Num,
    packed: Num,
}

/// A withdrawal or transfer that leaves an account.
pub struct Outgoing {
    /// Set if anything leaves.
    pub active: Bit,
    sends: Bit,
    packed: Num,
}

impl Incoming {
    /// Credits the next deposit of the queue, or a transfer, if there is one.
    ///
    /// Sound: [`chain`] hashes its contents. The key that it names must be the hash of this leaf's
    /// owner and number. So it can open a leaf of that owner, or touch one, and no other. A leaf
    /// that another owner has handed over has a number that no leaf opens with, so money for a key
    /// without a leaf, and the chain's deposits, which name number 0, never arrive in such a leaf.
    /// The chain accepts deposits for valid keys only, so every leaf's owner is a valid key, unless
    /// somebody sent money to an invalid one.
    pub fn credit(
        cs: &mut Cs,
        shape: &Shape,
        running: &mut Running,
        step: &Step,
        before: &AccountVars,
        after: &mut AccountVars,
    ) -> Self {
        let native = step.deposit.as_ref();
        let queued = alloc_bit(cs, native.is_some_and(|d| !d.transferred));
        let received = alloc_bit(cs, native.is_some_and(|d| d.transferred));
        enforce_implies(cs, &queued, &received.not());
        let active = Bit::from_num_unchecked(queued.num() + received.num());
        let asset = one_hot(
            cs,
            native.map(|d| d.asset as usize),
            shape.market.assets as usize,
            active.num(),
        );
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
        running.count_deposit(&queued);
        for ((moved, balance), sum) in movement
            .by_asset(cs)
            .iter()
            .zip(&mut after.balances)
            .zip(&mut running.deposited)
        {
            *balance = &*balance + moved;
            *sum = &*sum + cs.mul(queued.num(), moved);
        }
        Self {
            packed: movement.packed(),
            active: movement.active,
            queued,
            received,
            named,
        }
    }
}

impl Outgoing {
    /// Debits the order set's withdrawal or transfer: in the step that installs the set, always.
    pub fn debit(
        cs: &mut Cs,
        shape: &Shape,
        running: &mut Running,
        step: &Step,
        set: &OrderSetVars,
        after: &mut AccountVars,
    ) -> Self {
        let native = step.set.as_ref().map(|signed| &signed.set);
        let is_transfer = native.is_some_and(|set| set.transfer().is_some());
        let withdraws = alloc_bit(cs, step.withdraw && !is_transfer);
        let sends = alloc_bit(cs, step.withdraw && is_transfer);
        let active = set.enforce_request(cs, &withdraws, &sends);
        let parts = native.map(OrderSet::request_parts);
        let asset = one_hot(
            cs,
            parts.map(|p| p.asset as usize).filter(|_| step.withdraw),
            shape.market.assets as usize,
            active.num(),
        );
        set.enforce_asset(cs, &active, &index_of(&asset));
        let movement = Movement {
            active,
            asset,
            amount: set.amount.clone(),
        };
        let packed = movement.packed();
        let [low, high] = &set.payload;
        let chain = [&running.withdrawals, low, high, &packed].map(Num::clone);
        let chained = hash(cs, &chain);
        running.withdrawals = select(cs, &withdraws, &chained, &running.withdrawals);
        running.count_withdrawal(&withdraws);
        for ((moved, balance), sum) in movement
            .by_asset(cs)
            .iter()
            .zip(&mut after.balances)
            .zip(&mut running.outflows)
        {
            *balance = &*balance - moved;
            *sum = &*sum + cs.mul(withdraws.num(), moved);
        }
        Self {
            active: movement.active,
            sends,
            packed,
        }
    }
}

/// Returns the hash with which a deposit continues the queue's chain, under which a transfer is
/// sent, or under which it is received; a step does at most one of the three.
///
/// Sound: a transfer that is sent becomes the transfer on its way, and no other was on its way
/// before. A transfer that is received was the one on its way, with exactly this key, asset and
/// amount, and is then no longer on its way. No transfer is on its way at either end of a batch, so
/// each transfer that is sent is received once.
pub fn chain(
    cs: &mut Cs,
    running: &mut Running,
    incoming: &Incoming,
    outgoing: &Outgoing,
    set: &OrderSetVars,
) {
    let Outgoing { sends, packed, .. } = outgoing;
    enforce_implies(cs, sends, &incoming.active.not());
    let chain = cs.mul(incoming.queued.num(), &running.deposit_accumulator);
    let named = select(cs, sends, &set.payload[0], &incoming.named);
    let packed = select(cs, sends, packed, &incoming.packed);
    let hashed = hash(cs, &[chain, named, packed]);
    running.deposit_accumulator =
        select(cs, &incoming.queued, &hashed, &running.deposit_accumulator);
    enforce_equal_if(cs, &incoming.received, &running.transfer, &hashed);
    enforce_zero_if(cs, sends, &running.transfer);
    let kept = cs.mul(incoming.received.not().num(), &running.transfer);
    running.transfer = select(cs, sends, &hashed, &kept);
}
