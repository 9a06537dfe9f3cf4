//! Closing a batch: chunks, boundaries, header, and the witness for both circuits.

use crate::{
    error::EngineError,
    packing::Packing,
    pending::PendingStep,
    venue::{Books, Open, Venue},
};
use clearproof_primitives::{
    account::Account,
    batch::{
        price_list_hash, prices_hash, withdrawals_hash, BatchHeader, Boundary, PriceEntry,
        Withdrawal, PROTOCOL_VERSION,
    },
    field::{FieldBytes, Fr},
    ledger::state_root,
    poseidon::hash,
    step::{apply_unsigned, Step, StepContext, StepEffects},
    submission::MAX_CHUNKS,
    witness::{BatchWitness, ChunkWitness, ClosingWitness, StepWitness},
};

/// What closing a batch needs from outside.
#[derive(Clone, Debug)]
pub struct BatchRequest {
    /// Last millisecond of the batch; not before the last tick.
    pub time_to: u64,
    /// Hash of the chain's genesis block.
    pub genesis: [u8; 32],
    /// Account on the chain that will submit.
    pub submitter: [u8; 32],
    /// Secret that the batch's salts are derived from; never used twice.
    pub salt_seed: Fr,
}

/// A closed batch.
#[derive(Clone, Debug)]
pub struct ClosedBatch {
    /// Witness for all its proofs.
    pub witness: BatchWitness,
    /// Withdrawals in the order of the hash chain.
    pub withdrawals: Vec<Withdrawal>,
    /// Account steps without padding.
    pub steps: usize,
    /// Fills in all steps.
    pub fills: u64,
}

/// A chunk's steps and price list, before anything is computed.
#[derive(Default)]
struct Plan<'a> {
    steps: Vec<&'a PendingStep>,
    entries: Vec<PriceEntry>,
}

impl Venue {
    /// Closes the open batch and answers its witness. The books move on; see [`Venue::settle`].
    pub fn close_batch(&mut self, request: &BatchRequest) -> Result<ClosedBatch, EngineError> {
        if request.time_to < self.now {
            return Err(EngineError::Time {
                given: request.time_to,
                current: self.now,
            });
        }
        let mut open = self.open.clone().ok_or(EngineError::NoOpenBatch)?;
        open.finished
            .extend(std::mem::take(&mut open.growing).into_values());
        let (closed, books) = self.build(&open, request)?;
        self.unsettled
            .push_back(std::mem::replace(&mut self.books, books));
        self.return_to_books();
        self.now = request.time_to;
        self.open = None;
        Ok(closed)
    }

    /// The oldest closed batch is final on the chain.
    pub fn settle(&mut self, number: u64) -> Result<(), EngineError> {
        let expected = self.unsettled.front().map(|books| books.number + 1);
        if expected != Some(number) {
            return Err(EngineError::NotPending {
                given: number,
                expected,
            });
        }
        self.unsettled.pop_front();
        Ok(())
    }

    /// Forgets everything since the last final batch, live order sets aside, and leaves no batch open.
    pub fn roll_back(&mut self) {
        if let Some(books) = self.unsettled.pop_front() {
            self.books = books;
        }
        self.unsettled.clear();
        self.open = None;
        self.return_to_books();
        self.deposits_taken = self.books.ledger.deposits.count;
        self.now = self.books.time;
    }

    fn plan<'a>(&self, open: &'a Open) -> Vec<Plan<'a>> {
        let shape = &self.config.shape;
        let mut plans = vec![Plan::default()];
        let mut packing = Packing::default();
        for step in &open.finished {
            let begins = packing.push(shape, step);
            if begins && packing.chunks > 1 {
                plans.push(Plan::default());
            }
            if let Some(plan) = plans.last_mut() {
                plan.steps.push(step);
                plan.entries = packing.entries().to_vec();
            }
        }
        plans
    }

    fn build(
        &self,
        open: &Open,
        request: &BatchRequest,
    ) -> Result<(ClosedBatch, Books), EngineError> {
        let shape = &self.config.shape;
        let plans = self.plan(open);
        let chunk_count = u16::try_from(plans.len())
            .ok()
            .filter(|count| u32::from(*count) <= MAX_CHUNKS)
            .ok_or(EngineError::TooManyChunks(plans.len()))?;
        let mut books = self.books.clone();
        let salt = |i: u64| hash(&[request.salt_seed, Fr::from(i)]);
        let first = Boundary::start(
            shape,
            salt(0),
            books.tree.root(),
            books.ledger.deposits,
            books.ledger.funding_hash(),
        );
        let mut boundary = first.clone();
        let mut withdrawals = Vec::new();
        let mut chunks = Vec::with_capacity(plans.len());
        for (index, plan) in plans.iter().enumerate() {
            let before = boundary.clone();
            let mut steps = Vec::with_capacity(shape.steps as usize);
            for pending in &plan.steps {
                let witness = self.take_step(
                    open,
                    request,
                    plan,
                    pending,
                    &mut books,
                    &mut boundary,
                    &mut withdrawals,
                )?;
                steps.push(witness);
            }
            while steps.len() < shape.steps as usize {
                steps.push(padding(&books));
            }
            boundary.salt = salt(index as u64 + 1);
            boundary.accounts_root = books.tree.root();
            chunks.push(ChunkWitness {
                index: index as u16,
                before,
                after: boundary.clone(),
                entries: plan.entries.clone(),
                steps,
            });
        }
        let closing = close(shape, &mut books, first, boundary, salt(u32::MAX as u64))?;
        books.number += 1;
        books.time = request.time_to;
        let lists: Vec<_> = chunks
            .iter()
            .map(|c| price_list_hash(shape, &c.entries))
            .collect();
        let header = BatchHeader {
            version: PROTOCOL_VERSION,
            genesis: request.genesis,
            venue: self.config.id,
            number: books.number,
            old_root: self.state_root().into(),
            new_root: state_root(books.tree.root(), &books.ledger).into(),
            snapshot_number: open.snapshot.number,
            snapshot_hash: open.snapshot.hash().into(),
            time_from: open.time_from,
            time_to: request.time_to,
            prices_hash: prices_hash(&lists).into(),
            deposits_before: closing.first.deposits.count,
            deposits_accumulator_before: closing.first.deposits.accumulator.into(),
            deposits_after: closing.last.deposits.count,
            deposits_accumulator_after: closing.last.deposits.accumulator.into(),
            withdrawal_count: withdrawals.len() as u32,
            withdrawals_hash: withdrawals_hash(&withdrawals).into(),
            data_hash: FieldBytes::default(),
            chunk_count,
            submitter: request.submitter,
        };
        let (steps, fills) = (open.finished.len(), closing.last.fill_count);
        let witness = BatchWitness {
            header,
            snapshot: open.snapshot.clone(),
            chunks,
            closing,
        };
        Ok((
            ClosedBatch {
                witness,
                withdrawals,
                steps,
                fills,
            },
            books,
        ))
    }

    #[allow(clippy::too_many_arguments)] // all of a batch's running state
    fn take_step(
        &self,
        open: &Open,
        request: &BatchRequest,
        plan: &Plan<'_>,
        pending: &PendingStep,
        books: &mut Books,
        boundary: &mut Boundary,
        withdrawals: &mut Vec<Withdrawal>,
    ) -> Result<StepWitness, EngineError> {
        let context = StepContext {
            shape: &self.config.shape,
            snapshot: &open.snapshot,
            genesis: self.config.genesis,
            venue: self.config.id,
            time_from: open.time_from,
            time_to: request.time_to,
            entries: &plan.entries,
        };
        let step = pending.against(&plan.entries);
        let known = books
            .accounts
            .get(pending.account as usize)
            .filter(|_| pending.exists)
            .cloned();
        let before = known
            .or_else(|| pending.before.clone())
            .ok_or(EngineError::NoAccount(pending.account))?;
        let (after, effects) = apply_unsigned(&context, &before, pending.exists, &step)?;
        let path = books.tree.path(pending.account as u64);
        store(&self.config.shape, books, pending.account, &after);
        advance(boundary, &step, &effects);
        withdrawals.extend(effects.withdrawal);
        Ok(StepWitness {
            step,
            exists: pending.exists,
            before,
            after,
            path,
        })
    }
}

/// A step on the insurance fund that changes nothing.
fn padding(books: &Books) -> StepWitness {
    let fund = books.accounts[0].clone();
    StepWitness {
        step: Step::default(),
        exists: true,
        before: fund.clone(),
        after: fund,
        path: books.tree.path(0),
    }
}

fn store(
    shape: &clearproof_primitives::shape::Shape,
    books: &mut Books,
    index: u32,
    account: &Account,
) {
    books.tree.set(index as u64, account.leaf(shape));
    match books.accounts.get_mut(index as usize) {
        Some(slot) => *slot = account.clone(),
        None => books.accounts.push(account.clone()),
    }
}

fn advance(boundary: &mut Boundary, step: &Step, effects: &StepEffects) {
    if let Some(deposit) = &step.deposit {
        boundary.deposits =
            boundary
                .deposits
                .after(deposit.account_key, deposit.asset, deposit.amount);
        boundary.deposited[deposit.asset as usize] += deposit.amount as u128;
    }
    if let Some(withdrawal) = &effects.withdrawal {
        boundary.withdrawal_count += 1;
        boundary.withdrawals = withdrawal.chain(boundary.withdrawals);
        boundary.withdrawn[withdrawal.asset as usize] += withdrawal.amount as u128;
    }
    boundary.quote_sum += effects.quote;
    boundary.fee_sum += effects.fee;
    boundary.fill_count += effects.net.len() as u64;
    for (instrument, lots) in &effects.net {
        boundary.net[*instrument as usize] += *lots as i128;
    }
}

/// Moves the ledger, credits the dust to the insurance fund, and answers the closing circuit's witness.
fn close(
    shape: &clearproof_primitives::shape::Shape,
    books: &mut Books,
    first: Boundary,
    last: Boundary,
    salt: Fr,
) -> Result<ClosingWitness, EngineError> {
    let ledger_before = books.ledger.clone();
    let ledger = &mut books.ledger;
    ledger.salt = salt;
    ledger.deposits = last.deposits;
    for (k, total) in ledger.totals.iter_mut().enumerate() {
        let moved = (*total as u128 + last.deposited[k]).checked_sub(last.withdrawn[k]);
        *total = moved
            .and_then(|t| u64::try_from(t).ok())
            .ok_or(EngineError::Range("totals"))?;
    }
    let fees = u64::try_from(ledger.fees as u128 + last.fee_sum);
    ledger.fees = fees.map_err(|_| EngineError::Range("fees"))?;
    let fund_before = books.accounts[0].clone();
    let mut fund_after = fund_before.clone();
    let dust = i64::try_from(-last.quote_sum).map_err(|_| EngineError::Range("dust"))?;
    fund_after.balances[0] = fund_after.balances[0]
        .checked_add(dust)
        .ok_or(EngineError::Range("insurance fund"))?;
    let fund_path = books.tree.path(0);
    let ledger_after = ledger.clone();
    store(shape, books, 0, &fund_after);
    Ok(ClosingWitness {
        first,
        last,
        ledger_before,
        ledger_after,
        fund_before,
        fund_after,
        fund_path,
        accounts_root_after: books.tree.root(),
    })
}
