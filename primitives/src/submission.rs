//! A batch as an operator submits it.

use crate::{
    batch::{BatchHeader, PriceEntry, Withdrawal},
    field::FieldBytes,
    shape::{MAX_BATCH_STEPS, MAX_CHUNK_STEPS, MAX_INSTRUMENTS},
};
use bounded_collections::{BoundedVec, ConstU32};
use codec::{Decode, DecodeWithMemTracking, Encode};
use scale_info::TypeInfo;

/// Bytes of an encoded proof: A (64), B (128), C (64), uncompressed.
pub const PROOF_BYTES: usize = 256;
/// The most chunks in a batch.
pub const MAX_CHUNKS: u32 = 256;
const _: () = assert!(MAX_CHUNKS * MAX_CHUNK_STEPS as u32 <= MAX_BATCH_STEPS);
/// The most price entries in a chunk's list, for every shape.
pub const MAX_ENTRIES: u32 = 256;
/// The most withdrawals in a batch.
pub const MAX_WITHDRAWALS: u32 = 512;
/// The most deposits that one batch may take from the queue.
pub const MAX_DEPOSITS_PER_BATCH: u64 = 512;

/// An encoded proof.
pub type ProofBytes = [u8; PROOF_BYTES];
/// A chunk's clearing prices.
pub type PriceList = BoundedVec<PriceEntry, ConstU32<MAX_ENTRIES>>;

/// One chunk of a submitted batch.
#[derive(
    Clone,
    Debug,
    PartialEq,
    Eq,
    Encode,
    Decode,
    DecodeWithMemTracking,
    TypeInfo
)]
pub struct ChunkSubmission {
    /// Clearing prices that the chunk's fills name, strictly ascending by instrument, time, and
    /// auctions first.
    pub prices: PriceList,
    /// Commitment to the state after the chunk.
    pub boundary_after: FieldBytes,
    /// The chunk's proof.
    pub proof: ProofBytes,
}

/// A batch as an operator submits it.
#[derive(
    Clone,
    Debug,
    PartialEq,
    Eq,
    Encode,
    Decode,
    DecodeWithMemTracking,
    TypeInfo
)]
pub struct Batch {
    /// The header that all proofs are bound to.
    pub header: BatchHeader,
    /// Commitment to the state before the first chunk.
    pub first_boundary: FieldBytes,
    /// Chunks in order, as many as the header says.
    pub chunks: BoundedVec<ChunkSubmission, ConstU32<MAX_CHUNKS>>,
    /// Withdrawals in the order that accounts made them.
    pub withdrawals: BoundedVec<Withdrawal, ConstU32<MAX_WITHDRAWALS>>,
    /// Proof that the sums balance and the roots follow.
    pub closing_proof: ProofBytes,
    /// Open interest after the batch, by slot: Σ |lots| over all accounts.
    pub open_interest: BoundedVec<u64, ConstU32<MAX_INSTRUMENTS>>,
}

/// The work that a batch is; its weight depends on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BatchSize {
    /// Chunks.
    pub chunks: u32,
    /// Price entries of all chunks.
    pub prices: u32,
    /// Withdrawals.
    pub withdrawals: u32,
    /// Deposits taken, at most what a batch may take.
    pub deposits: u32,
}

impl Batch {
    /// The batch's size.
    pub fn size(&self) -> BatchSize {
        let deposits = self
            .header
            .deposits_after
            .saturating_sub(self.header.deposits_before)
            .min(MAX_DEPOSITS_PER_BATCH);
        BatchSize {
            chunks: self.chunks.len() as u32,
            prices: self
                .chunks
                .iter()
                .map(|chunk| chunk.prices.len() as u32)
                .sum(),
            withdrawals: self.withdrawals.len() as u32,
            deposits: deposits as u32,
        }
    }

    /// Commitments to the states around the chunks: one more than there are chunks.
    pub fn boundaries(&self) -> impl Iterator<Item = FieldBytes> + '_ {
        core::iter::once(self.first_boundary)
            .chain(self.chunks.iter().map(|chunk| chunk.boundary_after))
    }
}
