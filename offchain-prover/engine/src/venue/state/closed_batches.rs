//! Closed batches: those that are not final yet, and the books after the last final one.

use crate::{
    batch::BuiltBatch,
    books::{Books, Tally},
    error::EngineError,
    sealed::SealedBatch,
};
use clearproof_primitives::ids::BatchNumber;
use std::{collections::VecDeque, sync::Arc};

/// A closed batch that is not final.
#[derive(Clone, Debug)]
enum Unsettled {
    /// Not built yet.
    Sealed(Arc<SealedBatch>),
    /// The books after it.
    Built(Arc<Books>),
}

impl Unsettled {
    fn number(&self) -> BatchNumber {
        match self {
            Self::Sealed(batch) => batch.number(),
            Self::Built(books) => books.number,
        }
    }
}

/// The closed batches of a venue.
#[derive(Clone, Debug)]
pub(crate) struct ClosedBatches {
    /// As of the last final batch.
    settled: Arc<Books>,
    /// Batches that are not final, oldest first. No built one comes after a sealed one.
    unsettled: VecDeque<Unsettled>,
    /// As of the last closed batch, built or not.
    tally: Tally,
}

impl ClosedBatches {
    /// No batches after these final books.
    pub fn new(settled: Books) -> Self {
        Self {
            tally: settled.tally(),
            settled: Arc::new(settled),
            unsettled: VecDeque::new(),
        }
    }

    /// The tally after the last closed batch, built or not.
    pub fn tally(&self) -> &Tally {
        &self.tally
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

    /// Numbers of the batches that are not final, oldest first.
    pub fn unsettled(&self) -> impl Iterator<Item = BatchNumber> + '_ {
        self.unsettled.iter().map(Unsettled::number)
    }

    /// Requires that no batch waits to be built.
    pub fn ensure_built(&self) -> Result<(), EngineError> {
        match self.unsettled.back() {
            Some(Unsettled::Sealed(batch)) => Err(EngineError::NotBuilt(batch.number())),
            _ => Ok(()),
        }
    }

    /// Adds a batch that was just sealed.
    pub fn push(&mut self, sealed: &Arc<SealedBatch>) {
        self.tally = sealed.tally.clone();
        self.unsettled
            .push_back(Unsettled::Sealed(Arc::clone(sealed)));
    }

    /// Adopts the books after the oldest sealed batch.
    pub fn on_built(&mut self, built: &BuiltBatch) -> Result<(), EngineError> {
        let oldest = self.unsettled.iter_mut().find_map(|place| match place {
            Unsettled::Sealed(batch) => Some((batch.number(), built.is_of(batch), place)),
            Unsettled::Built(_) => None,
        });
        match oldest {
            Some((_, true, place)) => {
                *place = Unsettled::Built(Arc::clone(&built.books));
                Ok(())
            }
            other => Err(EngineError::NotSealed {
                given: built.books.number,
                expected: other.map(|(number, ..)| number),
            }),
        }
    }

    /// Makes the oldest batch final.
    pub fn settle(&mut self, number: BatchNumber) -> Result<(), EngineError> {
        match self.unsettled.front() {
            Some(Unsettled::Built(books)) if books.number == number => {
                self.settled = Arc::clone(books);
                self.unsettled.pop_front();
                Ok(())
            }
            Some(Unsettled::Sealed(batch)) if batch.number() == number => {
                Err(EngineError::NotBuilt(number))
            }
            other => Err(EngineError::NotPending {
                given: number,
                expected: other.map(Unsettled::number),
            }),
        }
    }

    /// Forgets all batches that are not final.
    pub fn roll_back(&mut self) {
        self.unsettled.clear();
        self.tally = self.settled.tally();
    }
}
