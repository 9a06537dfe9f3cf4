//! The life of a batch after it was open: sealed, built, then final, or rolled back.
//!
//! Sealing takes the open batch away and hashes nothing, so the next one can open at once. Building does all the hashing,
//! from the sealed batch and the books before it alone, on whatever thread.

use crate::{
    batch::{BatchRequest, BuiltBatch, ClosedBatch},
    books::{Books, Moved, Tally},
    error::EngineError,
    pending::PendingStep,
    terms::MarketTerms,
    venue::{Open, Venue, VenueConfig},
};
use clearproof_primitives::{
    fixed::Factor,
    funding::{FundingTerms, move_indices},
    snapshot::Snapshot,
    submission::MAX_CHUNKS,
};
use std::{collections::BTreeSet, sync::Arc};

/// A batch that takes no more, before anything of it is hashed. See [`SealedBatch::build`].
#[derive(Debug)]
pub struct SealedBatch {
    pub(crate) config: VenueConfig,
    pub(crate) request: BatchRequest,
    pub(crate) snapshot: Snapshot,
    pub(crate) time_from: u64,
    /// See [`BatchHeader::deleverage_rank`](clearproof_primitives::batch::BatchHeader::deleverage_rank).
    pub(crate) deleverage_rank: Factor,
    /// All its account steps, in order.
    pub(crate) steps: Vec<PendingStep>,
    /// What building it must come to.
    pub(crate) tally: Tally,
}

impl SealedBatch {
    /// Its number.
    pub fn number(&self) -> u64 {
        self.tally.number
    }

    /// Its last millisecond.
    pub fn time_to(&self) -> u64 {
        self.request.time_to
    }

    /// Account steps without padding.
    pub fn steps(&self) -> usize {
        self.steps.len()
    }

    /// Fills in all steps.
    pub fn fills(&self) -> u64 {
        self.steps.iter().map(|step| step.fills.len() as u64).sum()
    }
}

/// The funding indices after a batch of these steps.
fn accrued<'a>(
    before: &[i64],
    snapshot: &Snapshot,
    terms: &MarketTerms,
    steps: impl Iterator<Item = &'a PendingStep>,
    time_to: u64,
) -> Vec<i64> {
    let auctions = steps.flat_map(PendingStep::entries);
    let entries: BTreeSet<_> = auctions.filter(|entry| !entry.deleverages).collect();
    let marks: Vec<_> = snapshot.rows.iter().map(|row| row.mark).collect();
    let terms = FundingTerms {
        marks: &marks,
        caps: &terms.premium_caps,
        interval: terms.funding_interval,
        time_to,
    };
    let mut indices = before.to_vec();
    move_indices(&mut indices, &terms, &entries);
    indices
}

/// A closed batch that is not final.
#[derive(Clone, Debug)]
pub(crate) enum Unsettled {
    /// Not built yet.
    Sealed(Arc<SealedBatch>),
    /// The books after it.
    Built(Arc<Books>),
}

impl Unsettled {
    pub fn number(&self) -> u64 {
        match self {
            Self::Sealed(batch) => batch.number(),
            Self::Built(books) => books.number,
        }
    }
}

impl Venue {
    /// Closes the open batch without building it; the next one may open at once.
    ///
    /// Everything that could keep it from being built is checked here. [`Venue::built`] takes what [`SealedBatch::build`]
    /// makes of it; until then books, ledger and state root are those before it.
    pub fn seal_batch(&mut self, request: &BatchRequest) -> Result<Arc<SealedBatch>, EngineError> {
        if request.time_to < self.now {
            return Err(EngineError::Time {
                given: request.time_to,
                current: self.now,
            });
        }
        let open = self.open.as_ref().ok_or(EngineError::NoOpenBatch)?;
        let chunks = self.open_chunks();
        if chunks > MAX_CHUNKS as usize {
            return Err(EngineError::TooManyChunks(chunks));
        }
        let moved = self.moved(open);
        let steps = open.finished.iter().chain(open.growing.values());
        let funding = accrued(
            &self.tally.funding,
            &open.snapshot,
            &open.terms,
            steps,
            request.time_to,
        );
        let shape = &self.config.shape;
        let fund = &self.current[0];
        let tally = self
            .tally
            .after(shape, &moved, fund, funding, request.time_to)?;
        let open = self.open.take().ok_or(EngineError::NoOpenBatch)?;
        let mut steps = open.finished;
        steps.extend(open.growing.into_values());
        let sealed = Arc::new(SealedBatch {
            config: self.config.clone(),
            request: request.clone(),
            snapshot: open.snapshot,
            time_from: open.time_from,
            deleverage_rank: open.deleverage_rank.unwrap_or(0),
            steps,
            tally: tally.clone(),
        });
        self.current[0] = Arc::clone(&tally.fund);
        self.tally = tally;
        self.now = request.time_to;
        self.unsettled
            .push_back(Unsettled::Sealed(Arc::clone(&sealed)));
        Ok(sealed)
    }

    /// The oldest sealed batch is built.
    pub fn built(&mut self, built: &BuiltBatch) -> Result<(), EngineError> {
        let sealed = |unsettled: &&mut Unsettled| matches!(unsettled, Unsettled::Sealed(_));
        let oldest = self.unsettled.iter_mut().find(sealed);
        match oldest {
            // The very batch: another one may have had the number before a roll-back.
            Some(place) if built.is_of(place) => {
                *place = Unsettled::Built(Arc::clone(&built.books));
                Ok(())
            }
            other => Err(EngineError::NotSealed {
                given: built.books.number,
                expected: other.map(|oldest| oldest.number()),
            }),
        }
    }

    /// Closes the open batch and builds it at once.
    pub fn close_batch(&mut self, request: &BatchRequest) -> Result<ClosedBatch, EngineError> {
        if let Some(Unsettled::Sealed(batch)) = self.unsettled.back() {
            return Err(EngineError::NotBuilt(batch.number()));
        }
        let built = self.seal_batch(request)?.build(self.books())?;
        self.built(&built)?;
        Ok(built.batch)
    }

    /// The books after the last built batch.
    pub fn books(&self) -> &Arc<Books> {
        let built = self.unsettled.iter().rev().find_map(|batch| match batch {
            Unsettled::Built(books) => Some(books),
            Unsettled::Sealed(_) => None,
        });
        built.unwrap_or(&self.settled)
    }

    /// The books after the last final batch.
    pub fn settled_books(&self) -> &Arc<Books> {
        &self.settled
    }

    /// Batches that are closed but not settled, oldest first.
    pub fn unsettled(&self) -> impl Iterator<Item = u64> + '_ {
        self.unsettled.iter().map(Unsettled::number)
    }

    /// The oldest closed batch is final on the chain.
    pub fn settle(&mut self, number: u64) -> Result<(), EngineError> {
        let expected = self.unsettled.front().map(Unsettled::number);
        match self.unsettled.front() {
            Some(Unsettled::Built(books)) if books.number == number => {
                self.settled = Arc::clone(books);
            }
            Some(Unsettled::Sealed(batch)) if batch.number() == number => {
                return Err(EngineError::NotBuilt(number));
            }
            _ => {
                return Err(EngineError::NotPending {
                    given: number,
                    expected,
                });
            }
        }
        self.unsettled.pop_front();
        Ok(())
    }

    /// Forgets everything since the last final batch, live order sets aside, and leaves no batch open. Sealed batches are
    /// forgotten too: what is being built of them is void.
    pub fn roll_back(&mut self) {
        self.unsettled.clear();
        self.open = None;
        self.tally = self.settled.tally();
        self.deposits_taken = self.tally.deposits;
        self.now = self.tally.time;
        self.return_to_settled();
    }

    /// What the venue's accounts and fees hold of an asset, the open batch included: more cannot be withdrawn, whatever an
    /// account's margin says.
    pub(crate) fn held(&self, asset: u8) -> u128 {
        let asset = usize::from(asset);
        let total = self.tally.totals.get(asset).copied().map_or(0, u128::from);
        let Some(open) = &self.open else {
            return total;
        };
        let moved = self.moved(open);
        let of = |sums: &[u128]| sums.get(asset).copied().unwrap_or(0);
        let paid = match asset {
            0 => moved.protocol_fee().unwrap_or(u64::MAX),
            _ => 0,
        };
        (total + of(&moved.deposited)).saturating_sub(of(&moved.withdrawn) + u128::from(paid))
    }

    /// What the open batch moves.
    pub(crate) fn moved(&self, open: &Open) -> Moved {
        let assets = self.config.shape.market.assets as usize;
        let mut moved = Moved {
            deposits: self.deposits_taken,
            deposited: vec![0; assets],
            withdrawn: vec![0; assets],
            quote: 0,
            fees: 0,
            remainder: 0,
            penalties: 0,
            taken: vec![0; self.config.shape.market.instruments.into()],
            taken_balances: vec![0; assets],
            protocol_share: open.snapshot.protocol_share,
        };
        for step in open.finished.iter().chain(open.growing.values()) {
            moved.add(step);
        }
        moved
    }
}
