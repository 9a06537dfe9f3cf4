//! Building a batch: chunks, boundaries, header, and the witness for both circuits.

use crate::{
    books::{BatchSums, Books},
    error::EngineError,
    packing::Packing,
    pending::PendingStep,
    sealed::SealedBatch,
};
use clearproof_primitives::{
    account::Account,
    batch::{
        BatchHeader, PROTOCOL_VERSION, PriceEntry, Withdrawal, price_list_hash, prices_hash,
        protocol_fee, withdrawals_hash,
    },
    boundary::Boundary,
    field::{FieldBytes, Fr},
    funding::funding_hash,
    ids::{AccountIndex, Slot},
    ledger::open_interest_hash,
    poseidon::hash,
    step::{StepContext, apply_unsigned},
    submission::MAX_CHUNKS,
    witness::{BatchWitness, ChunkWitness, ClosingWitness, StepWitness},
};
use std::sync::Arc;

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

/// A sealed batch that is built.
#[derive(Clone, Debug)]
pub struct BuiltBatch {
    /// The batch to be proven.
    pub batch: ClosedBatch,
    /// The books after it.
    pub books: Arc<Books>,
    sealed: Arc<SealedBatch>,
}

impl BuiltBatch {
    /// True if it was built from this very batch. A number alone does not identify a batch: after a
    /// roll-back another batch has it.
    pub(crate) fn is_of(&self, sealed: &Arc<SealedBatch>) -> bool {
        Arc::ptr_eq(sealed, &self.sealed)
    }
}

/// A chunk's steps and price list, before anything is computed.
#[derive(Default)]
struct Plan<'a> {
    steps: Vec<&'a PendingStep>,
    entries: Vec<PriceEntry>,
}

/// The state that changes from step to step while a batch is built.
struct Running {
    books: Books,
    boundary: Boundary,
    withdrawals: Vec<Withdrawal>,
}

impl SealedBatch {
    /// Builds the batch on the books before it. The result depends on nothing else, so it is the
    /// same on every machine and at every time.
    ///
    /// Sealing has checked everything that could go wrong: an error means other books, or a mistake
    /// in the program.
    pub fn build(self: &Arc<Self>, before: &Books) -> Result<BuiltBatch, EngineError> {
        if before.number.next() != self.number() {
            return Err(EngineError::OtherBooks {
                batch: self.number(),
                books: before.number,
            });
        }
        let otherwise = |problem: String| EngineError::BuiltOtherwise {
            batch: self.number(),
            problem,
        };
        let (batch, books) = self
            .build_on(before)
            .map_err(|error| otherwise(error.to_string()))?;
        if books.tally() != self.tally {
            let (built, sealed) = (books.tally(), &self.tally);
            return Err(otherwise(format!("{built:?} instead of {sealed:?}")));
        }
        Ok(BuiltBatch {
            batch,
            books: Arc::new(books),
            sealed: Arc::clone(self),
        })
    }

    fn plan(&self) -> Vec<Plan<'_>> {
        let shape = &self.config.shape;
        let mut plans = vec![Plan::default()];
        let mut packing = Packing::default();
        for step in &self.steps {
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

    /// The batch's salt number `index`.
    fn salt(&self, index: u64) -> Fr {
        hash(&[self.request.salt_seed, Fr::from(index)])
    }

    fn build_on(&self, before: &Books) -> Result<(ClosedBatch, Books), EngineError> {
        let shape = &self.config.shape;
        let plans = self.plan();
        let chunk_count = u16::try_from(plans.len())
            .ok()
            .filter(|count| u32::from(*count) <= MAX_CHUNKS)
            .ok_or(EngineError::TooManyChunks(plans.len()))?;
        let books = before.clone();
        let first = Boundary::start(
            shape,
            self.salt(0),
            books.tree.root(),
            books.ledger.deposits,
        );
        let mut running = Running {
            books,
            boundary: first.clone(),
            withdrawals: Vec::new(),
        };
        let chunks = (0..chunk_count)
            .zip(&plans)
            .map(|(index, plan)| self.build_chunk(index, plan, before, &mut running))
            .collect::<Result<Vec<_>, _>>()?;
        let Running {
            mut books,
            boundary: last,
            withdrawals,
        } = running;
        let closing = self.close(&mut books, first, last)?;
        let header = self.header(before, &books, &chunks, &closing, &withdrawals)?;
        let (steps, fills) = (self.steps.len(), closing.last.fill_count);
        let witness = BatchWitness {
            header,
            snapshot: self.snapshot.clone(),
            chunks,
            closing,
        };
        let closed = ClosedBatch {
            witness,
            withdrawals,
            steps,
            fills,
        };
        Ok((closed, books))
    }

    /// Applies a chunk's steps, padding included, and ends the chunk under a salt of its own.
    fn build_chunk(
        &self,
        index: u16,
        plan: &Plan<'_>,
        before: &Books,
        running: &mut Running,
    ) -> Result<ChunkWitness, EngineError> {
        let boundary = running.boundary.clone();
        let length = self.config.shape.steps as usize;
        let mut steps = Vec::with_capacity(length);
        for pending in &plan.steps {
            steps.push(self.build_step(plan, pending, running)?);
        }
        while steps.len() < length {
            let padding = PendingStep {
                exists: true,
                ..PendingStep::default()
            };
            steps.push(self.build_step(plan, &padding, running)?);
        }
        running.boundary.salt = self.salt(u64::from(index) + 1);
        running.boundary.accounts_root = running.books.tree.root();
        Ok(ChunkWitness {
            index,
            before: boundary,
            after: running.boundary.clone(),
            entries: plan.entries.clone(),
            funding: before.funding.clone(),
            steps,
        })
    }

    fn build_step(
        &self,
        plan: &Plan<'_>,
        pending: &PendingStep,
        running: &mut Running,
    ) -> Result<StepWitness, EngineError> {
        let context = StepContext {
            shape: &self.config.shape,
            snapshot: &self.snapshot,
            funding: &running.books.funding,
            genesis: self.config.genesis,
            venue: self.config.id,
            time_from: self.time_from,
            time_to: self.request.time_to,
            entries: &plan.entries,
            deleverage_rank: self.deleverage_rank,
            slack: self.slack,
            transfer: running.boundary.transfer,
        };
        let step = pending.against(&plan.entries);
        let known = running
            .books
            .accounts
            .get(pending.account.place())
            .filter(|_| pending.exists);
        let before = known
            .or(pending.before.as_ref())
            .ok_or(EngineError::NoAccount(pending.account))?;
        let before = Account::clone(before);
        let (after, effects) = apply_unsigned(&context, &before, pending.exists, &step)?;
        let books = &mut running.books;
        let path = books.tree.path(u64::from(pending.account.get()));
        books.store(&self.config.shape, pending.account, after.clone());
        running.boundary.advance(&step, &before, &after, &effects);
        running.withdrawals.extend(effects.withdrawal);
        Ok(StepWitness {
            step,
            exists: pending.exists,
            before,
            after,
            path,
        })
    }

    /// Moves the books to the batch's end, credits the dust to the insurance fund, and returns the
    /// closing circuit's witness.
    fn close(
        &self,
        books: &mut Books,
        first: Boundary,
        last: Boundary,
    ) -> Result<ClosingWitness, EngineError> {
        let time_to = self.request.time_to;
        // The indices follow from the clearing prices alone. Sealing has computed them.
        let funding = self.tally.funding.clone();
        let fund_before = Account::clone(&books.accounts[0]);
        let sums = BatchSums::of_boundary(&last, self.snapshot.protocol_share);
        let tally =
            books
                .tally()
                .after(&self.config.shape, &sums, &fund_before, funding, time_to)?;
        let applied = books.funding.clone();
        let open_interest = open_interest_after(books, &last, &fund_before, &tally.fund)?;
        let ledger_before = books.ledger.clone();
        let ledger = &mut books.ledger;
        ledger.salt = self.salt(u32::MAX as u64);
        ledger.deposits = last.deposits;
        ledger.totals = tally.totals;
        ledger.fees = tally.fees;
        ledger.remainder = tally.remainder;
        ledger.open_interest = open_interest;
        let ledger_after = ledger.clone();
        books.funding = tally.funding;
        books.number = tally.number;
        books.time = tally.time;
        let fund_after = Account::clone(&tally.fund);
        let fund_path = books.tree.path(0);
        books.store(
            &self.config.shape,
            AccountIndex::INSURANCE_FUND,
            fund_after.clone(),
        );
        Ok(ClosingWitness {
            first,
            last,
            ledger_before,
            ledger_after,
            funding: applied,
            fund_before,
            fund_after,
            fund_path,
            accounts_root_after: books.tree.root(),
        })
    }

    fn header(
        &self,
        before: &Books,
        after: &Books,
        chunks: &[ChunkWitness],
        closing: &ClosingWitness,
        withdrawals: &[Withdrawal],
    ) -> Result<BatchHeader, EngineError> {
        let lists: Vec<_> = chunks
            .iter()
            .map(|chunk| price_list_hash(&self.config.shape, &chunk.entries))
            .collect();
        Ok(BatchHeader {
            version: PROTOCOL_VERSION,
            genesis: self.request.genesis,
            venue: self.config.id,
            number: after.number,
            old_root: before.state_root().into(),
            new_root: after.state_root().into(),
            snapshot_number: self.snapshot.number,
            snapshot_hash: self.snapshot.hash().into(),
            time_from: self.time_from,
            time_to: self.request.time_to,
            prices_hash: prices_hash(&lists).into(),
            deposits_before: closing.first.deposits.count,
            deposits_accumulator_before: closing.first.deposits.accumulator.into(),
            deposits_after: closing.last.deposits.count,
            deposits_accumulator_after: closing.last.deposits.accumulator.into(),
            withdrawal_count: withdrawals.len() as u32,
            withdrawals_hash: withdrawals_hash(withdrawals).into(),
            data_hash: FieldBytes::default(),
            chunk_count: chunks.len() as u16,
            submitter: self.request.submitter,
            funding_hash: funding_hash(&before.funding).into(),
            open_interest_hash: open_interest_hash(&after.ledger.open_interest).into(),
            protocol_fee: protocol_fee(closing.last.fees, self.snapshot.protocol_share)
                .ok_or(EngineError::Range("protocol fee"))?,
            protocol_share: self.snapshot.protocol_share,
            deleverage_rank: self.deleverage_rank,
            slack: self.slack,
        })
    }
}

/// The open interest after a batch, by slot: the ledger's, changed by the batch's steps and by what
/// the insurance fund received at its end.
fn open_interest_after(
    books: &Books,
    last: &Boundary,
    fund_before: &Account,
    fund_after: &Account,
) -> Result<Vec<u64>, EngineError> {
    let changed = books.ledger.open_interest.iter().zip(&last.open_interest);
    let mut open_interest = changed
        .map(|(lots, change)| u64::try_from(i128::from(*lots) + change))
        .collect::<Result<Vec<_>, _>>()
        .map_err(|_| EngineError::Range("open interest"))?;
    for (slot, lots) in Slot::all().zip(&mut open_interest) {
        let held = |account: &Account| account.quantity(slot).unsigned_abs();
        *lots = (*lots + held(fund_after))
            .checked_sub(held(fund_before))
            .ok_or(EngineError::Range("open interest"))?;
    }
    Ok(open_interest)
}
