//! A sealed batch: complete, but not hashed yet.

use crate::{books::Tally, config::VenueConfig, pending::PendingStep, terms::MarketTerms};
use clearproof_primitives::{
    field::Fr,
    fixed::{Factor, Rate},
    funding::{FundingTerms, move_indices},
    ids::BatchNumber,
    snapshot::Snapshot,
    time::Millis,
};
use std::collections::BTreeSet;

/// The inputs from outside the venue that closing a batch needs.
#[derive(Clone, Debug)]
pub struct BatchRequest {
    /// Last millisecond of the batch; not before the last auction.
    pub time_to: Millis,
    /// Hash of the chain's genesis block.
    pub genesis: [u8; 32],
    /// Account on the chain that will submit.
    pub submitter: [u8; 32],
    /// Secret that the batch's salts are derived from; never used twice.
    pub salt_seed: Fr,
}

/// A batch that accepts no more inputs and of which nothing is hashed yet. See
/// [`SealedBatch::build`].
#[derive(Debug)]
pub struct SealedBatch {
    pub(crate) config: VenueConfig,
    pub(crate) request: BatchRequest,
    pub(crate) snapshot: Snapshot,
    pub(crate) time_from: Millis,
    /// The lowest rank, 16.16, of an account whose positions the batch deleveraged.
    pub(crate) deleverage_rank: Factor,
    /// The distance of its prices of deleveraging from the marks, as a fraction of 2^32.
    pub(crate) slack: Rate,
    /// All its account steps, in order.
    pub(crate) steps: Vec<PendingStep>,
    /// The result that building it must have.
    pub(crate) tally: Tally,
}

impl SealedBatch {
    /// Its number.
    pub fn number(&self) -> BatchNumber {
        self.tally.number
    }

    /// Its last millisecond.
    pub fn time_to(&self) -> Millis {
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

/// The funding indices after a batch with these steps.
pub(crate) fn funding_after<'a>(
    before: &[i64],
    snapshot: &Snapshot,
    terms: &MarketTerms,
    steps: impl Iterator<Item = &'a PendingStep>,
    time_to: Millis,
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
