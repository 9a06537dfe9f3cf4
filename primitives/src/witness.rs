//! Witnesses: what the engine hands to the circuits. Plain data; neither side knows the other.

use crate::{
    account::Account,
    batch::{BatchHeader, PriceEntry},
    boundary::Boundary,
    field::Fr,
    ledger::Ledger,
    snapshot::Snapshot,
    step::Step,
    tree::ARITY,
};
use alloc::vec::Vec;

/// One account step with the leaf's preimage before and after and its path at that moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StepWitness {
    /// The step.
    pub step: Step,
    /// False where the leaf was empty and the step's deposit opens the account.
    pub exists: bool,
    /// The account as loaded, or the fresh one that is opened.
    pub before: Account,
    /// The account as stored.
    pub after: Account,
    /// Children at every level, leaf's group first, before the step.
    pub path: Vec<[Fr; ARITY]>,
}

/// One chunk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChunkWitness {
    /// Index in the batch.
    pub index: u16,
    /// State before.
    pub before: Boundary,
    /// State after.
    pub after: Boundary,
    /// At most E price entries, strictly ascending.
    pub entries: Vec<PriceEntry>,
    /// M funding indices that the batch applies.
    pub funding: Vec<i64>,
    /// Exactly as many steps as the shape says; padded with steps that change nothing.
    pub steps: Vec<StepWitness>,
}

/// The closing proof's witness.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClosingWitness {
    /// First boundary of the batch.
    pub first: Boundary,
    /// Last boundary of the batch.
    pub last: Boundary,
    /// Ledger before.
    pub ledger_before: Ledger,
    /// Ledger after.
    pub ledger_after: Ledger,
    /// M funding indices that the batch applied.
    pub funding: Vec<i64>,
    /// The insurance fund after all steps, before it gets dust, penalties and what it took over.
    pub fund_before: Account,
    /// The insurance fund after.
    pub fund_after: Account,
    /// Path of account 0 under the last boundary's accounts root.
    pub fund_path: Vec<[Fr; ARITY]>,
    /// Accounts root after the fund was credited.
    pub accounts_root_after: Fr,
}

/// Everything that proving one batch needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BatchWitness {
    /// The header.
    pub header: BatchHeader,
    /// The snapshot it names.
    pub snapshot: Snapshot,
    /// At least one chunk.
    pub chunks: Vec<ChunkWitness>,
    /// The closing step.
    pub closing: ClosingWitness,
}
