//! An honest chunk or closing of an engine's batch, to be tampered with.
//!
//! After a change, everything that follows from it is computed again without any check (leaves,
//! paths, sums, boundaries, roots), so that only the rule under test is broken.

use super::{GENESIS, Trader, busy_batch};
use clearproof_circuits::{
    chunk::chunk,
    closing::closing,
    r1cs::{Cs, Matrices},
};
use clearproof_primitives::{
    account::{Account, HANDED_OVER, OrderSlot, Position},
    batch::{BatchHeader, PriceEntry, Withdrawal, genesis_field, transfer_hash},
    field::Fr,
    fixed::{Rounding, mul_fraction},
    funding::{accrue, funding_basis, funding_hash},
    ids::Slot,
    ledger::state_root,
    order::{Order, OrderSet, Request, Side, SignedOrderSet, WithdrawalRequest},
    shape::Shape,
    snapshot::Snapshot,
    step::{Forced, Step, StepContext, StepEffects, StepError, Taken, Transfer, apply},
    tree::{AccountsTree, root_of_path},
    witness::{BatchWitness, ChunkWitness, ClosingWitness},
};
use std::collections::{BTreeMap, BTreeSet};

/// Parts of all rows that do not hold.
fn broken_parts(matrices: &Matrices, assignment: &[Fr]) -> BTreeSet<String> {
    let value = |row: &[(Fr, usize)]| {
        row.iter()
            .map(|(c, column)| *c * assignment[*column])
            .sum::<Fr>()
    };
    (0..matrices.num_constraints())
        .filter(|i| value(&matrices.a[*i]) * value(&matrices.b[*i]) != value(&matrices.c[*i]))
        .map(|i| matrices.part_of(i).to_owned())
        .collect()
}

/// Requires that a circuit refuses, and that every broken row lies in `part` (in or below it, if it
/// ends in `/*`).
fn assert_refused(part: &str, build: impl Fn(&mut Cs)) {
    let mut light = Cs::witness_only();
    build(&mut light);
    let first = light
        .finish()
        .map(drop)
        .expect_err("the circuit accepts the attack");
    let mut recording = Cs::recording();
    build(&mut recording);
    let all = recording.finish_unchecked();
    let broken = broken_parts(all.matrices.as_ref().unwrap(), &all.assignment());
    let within = |name: &str| match part.strip_suffix("/*") {
        Some(above) => name.starts_with(above),
        None => name == part,
    };
    assert!(
        broken.iter().all(|name| within(name)),
        "broken: {broken:?}, expected only '{part}'"
    );
    assert!(broken.contains(&first.part), "both modes see the same");
}

/// Requires that a circuit refuses, by a row of this part before all others.
fn assert_refused_first(part: &str, build: impl Fn(&mut Cs)) {
    let mut cs = Cs::witness_only();
    build(&mut cs);
    let broken = cs.finish().map(drop);
    assert_eq!(
        broken.expect_err("the circuit accepts the attack").part,
        part
    );
}

fn assert_accepted(build: impl Fn(&mut Cs)) {
    let mut cs = Cs::witness_only();
    build(&mut cs);
    cs.finish()
        .map(drop)
        .expect("the circuit accepts what the rules allow");
}

/// A chunk with the tree that it starts from.
#[derive(Clone)]
pub struct Scene {
    pub shape: Shape,
    pub header: BatchHeader,
    pub snapshot: Snapshot,
    pub chunk: ChunkWitness,
    start: AccountsTree,
}

impl Scene {
    /// A chunk of the busy batch. 0: deposits open accounts 1 and 2. 1: account 1 buys, then
    /// withdraws. 2: account 2 sells, then padding.
    pub fn busy(index: usize) -> Self {
        let (_, closed) = busy_batch(&Shape::TINY);
        Self::of(Shape::TINY, &closed.witness, index)
    }

    /// A chunk of a venue's first batch.
    pub fn of(shape: Shape, batch: &BatchWitness, index: usize) -> Self {
        let mut start = AccountsTree::new(shape.depth as usize);
        start.set(0, Account::insurance_fund(&shape).leaf(&shape));
        for step in batch.chunks[..index].iter().flat_map(|c| &c.steps) {
            start.set(step.step.account.get().into(), step.after.leaf(&shape));
        }
        let chunk = batch.chunks[index].clone();
        assert_eq!(
            start.root(),
            chunk.before.accounts_root,
            "the tree at the chunk's start"
        );
        Self {
            shape,
            header: batch.header.clone(),
            snapshot: batch.snapshot.clone(),
            chunk,
            start,
        }
    }

    /// A step of a chunk of the busy batch, alone after padding, so that nothing else in the chunk
    /// depends on its result.
    pub fn last(index: usize, step: usize) -> Self {
        let mut scene = Self::busy(index);
        let padding = Self::busy(2).chunk.steps[1].clone();
        scene.chunk.steps = vec![padding, scene.chunk.steps[step].clone()];
        scene.replay();
        scene.accepted();
        scene
    }

    /// Changes snapshot and funding indices, and their hashes in the header.
    pub fn remarket(&mut self, change: impl FnOnce(&mut Snapshot, &mut [i64])) {
        change(&mut self.snapshot, &mut self.chunk.funding);
        self.header.snapshot_hash = self.snapshot.hash().into();
        self.header.funding_hash = funding_hash(&self.chunk.funding).into();
    }

    pub fn step(&mut self, step: usize) -> &mut Step {
        &mut self.chunk.steps[step].step
    }

    /// Changes the account that a step loads, in the tree as well.
    pub fn reload(&mut self, step: usize, change: impl FnOnce(&mut Account)) {
        let witness = &mut self.chunk.steps[step];
        change(&mut witness.before);
        self.start.set(
            witness.step.account.get().into(),
            witness.before.leaf(&self.shape),
        );
    }

    /// Changes a step's order set; its owner signs it again.
    pub fn resign(&mut self, step: usize, change: impl FnOnce(&mut OrderSet)) {
        let genesis = genesis_field(&GENESIS);
        self.resign_for(step, genesis, change);
    }

    /// As [`Self::resign`], for another chain.
    pub fn resign_for(&mut self, step: usize, genesis: Fr, change: impl FnOnce(&mut OrderSet)) {
        let shape = self.shape;
        let signed = self.step(step).set.as_mut().unwrap();
        let owner = Trader::new(signed.set.account.get() as u8);
        change(&mut signed.set);
        signed.signature = owner.key.sign(signed.set.message(&shape, genesis));
    }

    pub fn order(&mut self, step: usize, slot: usize) -> &mut Order {
        self.step(step).set.as_mut().unwrap().set.orders[slot]
            .as_mut()
            .unwrap()
    }

    /// Computes everything after the first boundary, without any check.
    pub fn replay(&mut self) {
        self.replay_forged(|_, _, _| ());
    }

    /// As [`Self::replay`], but `forge` may change the result of each step.
    pub fn replay_forged(&mut self, forge: impl Fn(usize, &mut Account, &mut StepEffects)) {
        self.drop_unnamed_entries();
        let mut tree = self.start.clone();
        let mut visited = BTreeMap::new();
        self.chunk.before.accounts_root = tree.root();
        let mut state = self.chunk.before.clone();
        for (i, witness) in self.chunk.steps.iter_mut().enumerate() {
            let account = witness.step.account;
            if let Some(known) = visited.get(&account).filter(|_| witness.exists) {
                witness.before = Clone::clone(known);
            }
            let (mut after, mut effects) = unchecked(
                &self.chunk.entries,
                &self.snapshot,
                &self.chunk.funding,
                &witness.before,
                &witness.step,
            );
            forge(i, &mut after, &mut effects);
            witness.path = tree.path(account.get().into());
            tree.set(account.get().into(), after.leaf(&self.shape));
            state.advance(&witness.step, &witness.before, &after, &effects);
            visited.insert(account, after.clone());
            witness.after = after;
        }
        state.accounts_root = tree.root();
        state.salt = self.chunk.after.salt;
        self.chunk.after = state;
    }

    /// Leaves the price entries that fills name, as a list has no others.
    fn drop_unnamed_entries(&mut self) {
        let steps = &mut self.chunk.steps;
        let fills = steps.iter().flat_map(|witness| &witness.step.fills);
        let named: BTreeSet<_> = fills.map(|fill| fill.entry).collect();
        let unnamed = |entry: &usize| !named.contains(entry);
        for fill in steps.iter_mut().flat_map(|w| &mut w.step.fills) {
            fill.entry -= (0..fill.entry.min(self.chunk.entries.len()))
                .filter(unnamed)
                .count();
        }
        let mut index = 0..;
        let entries = &mut self.chunk.entries;
        entries.retain(|_| index.next().is_some_and(|i| named.contains(&i)));
    }

    /// The result of a step by the native rules, signature included.
    pub fn native(&self, step: usize) -> Result<(Account, StepEffects), StepError> {
        let context = StepContext {
            shape: &self.shape,
            snapshot: &self.snapshot,
            funding: &self.chunk.funding,
            genesis: genesis_field(&self.header.genesis),
            venue: self.header.venue,
            time_from: self.header.time_from,
            time_to: self.header.time_to,
            entries: &self.chunk.entries,
            deleverage_rank: self.header.deleverage_rank,
            slack: self.header.slack,
            transfer: self.transfer_before(step),
        };
        let witness = &self.chunk.steps[step];
        apply(&context, &witness.before, witness.exists, &witness.step)
    }

    /// The transfer on its way before a step.
    fn transfer_before(&self, step: usize) -> Fr {
        let mut state = self.chunk.before.clone();
        for witness in &self.chunk.steps[..step] {
            let (_, effects) = unchecked(
                &self.chunk.entries,
                &self.snapshot,
                &self.chunk.funding,
                &witness.before,
                &witness.step,
            );
            state.advance(&witness.step, &witness.before, &witness.after, &effects);
        }
        state.transfer
    }

    pub fn build(&self, cs: &mut Cs) {
        chunk(cs, &self.shape, &self.header, &self.snapshot, &self.chunk).unwrap();
    }

    pub fn satisfied(&self) -> bool {
        let mut cs = Cs::witness_only();
        self.build(&mut cs);
        cs.finish().is_ok()
    }

    /// Requires that the circuit refuses, by rows of one part only.
    pub fn refused_in(&self, part: &str) {
        assert_refused(part, |cs| self.build(cs));
    }

    /// Requires that the circuit refuses, by a row of this part before all others.
    pub fn refused_first_in(&self, part: &str) {
        assert_refused_first(part, |cs| self.build(cs));
    }

    /// Requires that native code refuses a step for one reason, and the circuit by rows of one part
    /// only.
    pub fn refused(&self, step: usize, reason: StepError, part: &str) {
        assert_eq!(self.native(step), Err(reason));
        self.refused_in(part);
    }

    /// Requires that native code and circuit accept all steps, and agree.
    pub fn accepted(&self) {
        for (i, witness) in self.chunk.steps.iter().enumerate() {
            assert_eq!(
                self.native(i).map(|(after, _)| after),
                Ok(witness.after.clone()),
                "step {i}"
            );
        }
        assert_accepted(|cs| self.build(cs));
    }
}

/// The result of a step without any check.
fn unchecked(
    entries: &[PriceEntry],
    snapshot: &Snapshot,
    funding: &[i64],
    before: &Account,
    step: &Step,
) -> (Account, StepEffects) {
    let mut after = before.clone();
    let mut effects = StepEffects {
        remainder: accrue(&mut after, snapshot, funding).unwrap(),
        ..StepEffects::default()
    };
    if let Some(deposit) = &step.deposit {
        after.balances[deposit.asset as usize] += deposit.amount as i64;
        effects.transfer = deposit.transferred.then_some(Transfer::Received);
    }
    let set = step.set.as_ref().map(|signed| &signed.set);
    if let Some(signed) = step.set.as_ref().filter(|_| step.forced.is_none()) {
        install_unchecked(signed, &mut after);
    }
    fill_unchecked(entries, snapshot, step, &mut after, &mut effects);
    if let Some(Forced::Liquidation { penalty }) = step.forced {
        after.balances[0] -= penalty as i64;
        effects.penalties = penalty;
    }
    if step.forced == Some(Forced::Takeover) {
        effects.taken = Some(Taken {
            balances: std::mem::replace(&mut after.balances, vec![0; before.balances.len()]),
            positions: std::mem::take(&mut after.positions),
        });
    }
    after.funding_basis = funding_basis(&after, funding);
    if step.withdraw {
        pay_unchecked(set, &mut after, &mut effects);
    }
    (after, effects)
}

fn install_unchecked(signed: &SignedOrderSet, after: &mut Account) {
    let set = &signed.set;
    let installs = set.sequence > after.sequence;
    let (mark, viewing_key) = set.request_parts().payload;
    match set.request {
        Some(Request::Keys(_)) if installs => {
            after.trading_key = mark;
            if viewing_key != Fr::from(0u64) {
                after.viewing_key = viewing_key;
            }
        }
        Some(Request::Inherit(_)) => {
            if let Some(heir) = signed.trading_key {
                after.owner = (heir.point().x, heir.point().y);
            }
            after.number |= HANDED_OVER;
            if installs {
                (after.trading_key, after.viewing_key) = (mark, viewing_key);
            }
        }
        _ => {}
    }
    after.sequence = set.sequence;
    for (i, slot) in after.slots.iter_mut().enumerate() {
        let id = set.order(i).map_or(0, |o| o.id);
        *slot = OrderSlot {
            id,
            filled: if id == slot.id { slot.filled } else { 0 },
        };
    }
}

fn fill_unchecked(
    entries: &[PriceEntry],
    snapshot: &Snapshot,
    step: &Step,
    after: &mut Account,
    effects: &mut StepEffects,
) {
    let set = step.set.as_ref().map(|signed| &signed.set);
    let forced = step.forced.is_some();
    let mut lots_of: BTreeMap<Slot, i64> = BTreeMap::new();
    for position in &after.positions {
        *lots_of.entry(position.instrument).or_default() += position.quantity;
    }
    for fill in &step.fills {
        let entry = entries[fill.entry];
        let sells = set
            .and_then(|s| s.order(fill.slot))
            .is_some_and(|o| o.side == Side::Sell);
        let (rounding, sign) = if sells {
            (Rounding::Down, -1)
        } else {
            (Rounding::Up, 1)
        };
        let quote = mul_fraction(fill.quantity, entry.price, rounding).unwrap();
        let rate = if forced {
            snapshot.liquidation_rate
        } else {
            snapshot.rows[entry.instrument.place()].fee_rate
        };
        let mut fee = mul_fraction(quote, rate.get() as u64, Rounding::Up).unwrap();
        let lots = sign * fill.quantity as i64;
        if forced {
            effects.penalty_limit += fee as u128;
            fee = 0;
        } else {
            after.slots[fill.slot].filled += fill.quantity;
        }
        after.balances[0] -= sign * quote as i64 + fee as i64;
        *lots_of.entry(entry.instrument).or_default() += lots;
        effects.net.push((entry.instrument, lots));
        effects.quote -= (sign * quote as i64) as i128;
        effects.fees += fee as u128;
    }
    let held = lots_of.into_iter().filter(|(_, quantity)| *quantity != 0);
    after.positions = held
        .map(|(instrument, quantity)| Position {
            instrument,
            quantity,
        })
        .collect();
}

fn pay_unchecked(set: Option<&OrderSet>, after: &mut Account, effects: &mut StepEffects) {
    // As the circuit reads a request that is not there: the first asset, without a set the last,
    // and no amount.
    let (asset, amount, transfer) = match set.and_then(|s| s.request) {
        Some(Request::Withdrawal(w)) => (w.asset, w.amount, None),
        Some(Request::Transfer(t)) => (t.asset, t.amount, Some(t.to)),
        Some(Request::Keys(_) | Request::Inherit(_)) => (0, 0, None),
        None if set.is_some() => (0, 0, None),
        None => (u8::MAX, 0, None),
    };
    let asset = asset.min(after.balances.len() as u8 - 1);
    after.balances[asset as usize] -= amount as i64;
    match transfer {
        Some(to) => {
            let hash = transfer_hash(to.to_fr().unwrap(), asset, amount);
            effects.transfer = Some(Transfer::Sent(hash));
        }
        None => {
            let recipient = set.and_then(OrderSet::withdrawal).map(|w| w.recipient);
            effects.withdrawal = Some(Withdrawal {
                recipient: recipient.unwrap_or_default(),
                asset,
                amount,
            });
        }
    }
}

/// The withdrawal that a set requests, to be changed.
pub fn withdrawal_of(set: &mut OrderSet) -> &mut WithdrawalRequest {
    match &mut set.request {
        Some(Request::Withdrawal(withdrawal)) => withdrawal,
        other => panic!("no withdrawal: {other:?}"),
    }
}

/// A closing.
#[derive(Clone)]
pub struct ClosingScene {
    pub shape: Shape,
    pub header: BatchHeader,
    pub closing: ClosingWitness,
}

impl ClosingScene {
    /// The busy batch's closing.
    pub fn busy() -> Self {
        let (_, closed) = busy_batch(&Shape::TINY);
        Self {
            shape: Shape::TINY,
            header: closed.witness.header,
            closing: closed.witness.closing,
        }
    }

    /// Computes both state roots from ledgers, boundaries and the fund.
    pub fn reroot(&mut self) {
        let w = &mut self.closing;
        w.accounts_root_after = root_of_path(0, w.fund_after.leaf(&self.shape), &w.fund_path);
        self.header.old_root = state_root(w.first.accounts_root, &w.ledger_before).into();
        self.header.new_root = state_root(w.accounts_root_after, &w.ledger_after).into();
    }

    pub fn build(&self, cs: &mut Cs) {
        closing(cs, &self.shape, &self.header, &self.closing).unwrap();
    }

    pub fn accepted(&self) {
        assert_accepted(|cs| self.build(cs));
    }

    /// Requires that the circuit refuses, by rows of one part only.
    pub fn refused_in(&self, part: &str) {
        assert_refused(part, |cs| self.build(cs));
    }

    /// Requires that the circuit refuses, by a row of this part before all others.
    pub fn refused_first_in(&self, part: &str) {
        assert_refused_first(part, |cs| self.build(cs));
    }
}
