//! What the pallet stores, what operators submit, and its seam to the snapshots.

use alloc::vec::Vec;
use clearproof_bn254_host::groth16::PROOF_BYTES;
use clearproof_primitives::{
    batch::{BatchHeader, PriceEntry, Withdrawal},
    field::FieldBytes,
    shape::Shape,
};
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use frame_support::{traits::ConstU32, BoundedVec};
use pallet_clearproof_market_data::SnapshotInfo;
use scale_info::TypeInfo;
use serde::{Deserialize, Serialize};

/// A registered circuit's number.
pub type CircuitId = u32;

/// The most operators that a venue may have.
pub const MAX_OPERATORS: u32 = 32;
/// The most chunks in a batch.
pub const MAX_CHUNKS: u32 = 256;
/// The most price entries in a chunk's list, for every shape.
pub const MAX_ENTRIES: u32 = 256;
/// The most withdrawals in a batch.
pub const MAX_WITHDRAWALS: u32 = 512;
/// Bytes of an encoded verifying key with one public input: α (64), β, γ, δ (128 each), a count (8), two points (64).
pub const KEY_BYTES: u32 = 64 + 3 * 128 + 8 + 2 * 64;

/// An encoded verifying key; see [`clearproof_bn254_host::groth16`].
pub type KeyBytes = BoundedVec<u8, ConstU32<KEY_BYTES>>;
/// Bytes of a checked key in storage: with e(α, β), which every batch needs.
pub const STORED_KEY_BYTES: u32 = KEY_BYTES + 384;
/// A key that was checked when it was registered, and its e(α, β).
pub type StoredKey = BoundedVec<u8, ConstU32<STORED_KEY_BYTES>>;
/// An encoded proof.
pub type ProofBytes = [u8; PROOF_BYTES];
/// A venue's operators.
pub type Operators<AccountId> = BoundedVec<AccountId, ConstU32<MAX_OPERATORS>>;
/// A chunk's clearing prices.
pub type PriceList = BoundedVec<PriceEntry, ConstU32<MAX_ENTRIES>>;

/// A pair of circuits that venues settle with. Never changes.
#[derive(
    Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
pub struct Circuit {
    /// Dimensions of both circuits.
    pub shape: Shape,
    /// Verifying key of the chunk circuit.
    pub chunk_key: StoredKey,
    /// Verifying key of the closing circuit.
    pub closing_key: StoredKey,
    /// Made by an insecure set-up: whoever made the keys can prove anything.
    pub development: bool,
    /// State root of a venue of this shape that has settled nothing.
    pub genesis_root: FieldBytes,
}

/// Which of a circuit's two keys.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    Encode,
    Decode,
    DecodeWithMemTracking,
    MaxEncodedLen,
    TypeInfo,
)]
pub enum ProofKind {
    /// A chunk proof.
    Chunk,
    /// A closing proof.
    Closing,
}

/// Who stopped a venue. It works while nobody has; each can lift only their own stop.
#[derive(
    Clone,
    Copy,
    Debug,
    Default,
    PartialEq,
    Eq,
    Encode,
    Decode,
    DecodeWithMemTracking,
    MaxEncodedLen,
    TypeInfo,
)]
pub struct Stops {
    /// Its owner.
    pub owner: bool,
    /// The chain's admin.
    pub admin: bool,
}

/// A venue's state on the chain.
#[derive(
    Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
pub struct Venue<AccountId, Balance> {
    /// Who appoints operators and may close the venue.
    pub owner: AccountId,
    /// Who may submit batches.
    pub operators: Operators<AccountId>,
    /// Circuit that its batches are proven with. Never changes.
    pub circuit: CircuitId,
    /// State root after the last batch.
    pub state_root: FieldBytes,
    /// Number of the last batch; 0 before the first.
    pub batches: u64,
    /// Last millisecond of the last batch's ticks; before the first, when the venue was created.
    pub time_to: u64,
    /// Stops in force.
    pub stops: Stops,
    /// Held from the owner until the venue is closed.
    pub deposit: Balance,
}

/// What the chain remembers of a settled batch.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    Encode,
    Decode,
    DecodeWithMemTracking,
    MaxEncodedLen,
    TypeInfo,
)]
pub struct BatchRecord<BlockNumber> {
    /// State root after it.
    pub state_root: FieldBytes,
    /// Hash of its header.
    pub header_hash: FieldBytes,
    /// Snapshot it was margined at.
    pub snapshot_number: u64,
    /// Block that settled it.
    pub block: BlockNumber,
}

/// One chunk of a submitted batch.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, TypeInfo)]
pub struct ChunkSubmission {
    /// Clearing prices that the chunk's fills name, strictly ascending by instrument and time.
    pub prices: PriceList,
    /// Commitment to the state after the chunk.
    pub boundary_after: FieldBytes,
    /// The chunk's proof.
    pub proof: ProofBytes,
}

/// A batch as an operator submits it.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, TypeInfo)]
pub struct Batch {
    /// What all proofs are bound to.
    pub header: BatchHeader,
    /// Commitment to the state before the first chunk.
    pub first_boundary: FieldBytes,
    /// Chunks in order, as many as the header says.
    pub chunks: BoundedVec<ChunkSubmission, ConstU32<MAX_CHUNKS>>,
    /// Withdrawals in the order that accounts made them.
    pub withdrawals: BoundedVec<Withdrawal, ConstU32<MAX_WITHDRAWALS>>,
    /// Proof that the sums balance and the roots follow.
    pub closing_proof: ProofBytes,
}

/// How much work a batch is; what its weight depends on.
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
            .min(pallet_clearproof_custody::MAX_DEPOSITS_PER_BATCH);
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
    pub(crate) fn boundaries(&self) -> impl Iterator<Item = FieldBytes> + '_ {
        core::iter::once(self.first_boundary)
            .chain(self.chunks.iter().map(|chunk| chunk.boundary_after))
    }
}

/// Why a proof is not accepted, for callers that are not a batch.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    Encode,
    Decode,
    DecodeWithMemTracking,
    TypeInfo,
    Serialize,
    Deserialize,
)]
pub enum ProofRefusal {
    /// No circuit is registered under this number.
    UnknownCircuit,
    /// The public input must be below the modulus of BN254's scalar field.
    NonCanonicalInput,
    /// The bytes are no proof: wrong length, or a point that is not canonical, on the curve and in the subgroup.
    Malformed,
    /// The proof does not hold for this key and input.
    Rejected,
}

/// Where snapshots come from.
pub trait SnapshotProvider {
    /// A snapshot that the chain took and still remembers.
    fn snapshot(number: u64) -> Option<SnapshotInfo>;
}

/// What benchmarks need from the runtime.
#[cfg(feature = "runtime-benchmarks")]
pub trait BenchmarkHelper {
    /// Sets the present block's time to `now` (milliseconds) and takes a snapshot at that time in which instrument 0
    /// trades; answers its number.
    fn snapshot_at(now: u64) -> u64;

    /// Sets the present block's time.
    fn set_time(now: u64);
}

/// A circuit for the chain's first block.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct GenesisCircuit {
    /// Number.
    pub id: CircuitId,
    /// Dimensions.
    pub shape: Shape,
    /// Verifying key of the chunk circuit, hexadecimal.
    #[serde(with = "sp_core::bytes")]
    pub chunk_key: Vec<u8>,
    /// Verifying key of the closing circuit, hexadecimal.
    #[serde(with = "sp_core::bytes")]
    pub closing_key: Vec<u8>,
    /// Made by an insecure set-up.
    pub development: bool,
}
