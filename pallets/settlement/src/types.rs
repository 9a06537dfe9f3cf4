//! The types that the pallet stores, the batches that operators submit, and the interface to the
//! snapshots.

use alloc::vec::Vec;
use clearproof_primitives::{
    batch::BatchHeader,
    field::FieldBytes,
    ids::{BatchNumber, SnapshotNumber},
    shape::{MarketShape, Shape},
    time::Millis,
};
pub use clearproof_primitives::{
    chain::{NextCircuit, Pauses, ProofKind, ProofRefusal, SnapshotInfo},
    ids::CircuitId,
    submission::{
        Batch, BatchSize, ChunkSubmission, MAX_CHUNKS, MAX_ENTRIES, MAX_WITHDRAWALS, PriceList,
        ProofBytes,
    },
};
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use frame_support::{
    BoundedVec, CloneNoBound, DebugNoBound, EqNoBound, PartialEqNoBound,
    traits::{ConstU32, Get},
};
use pallet_clearproof_market_data::SlotCount;
use scale_info::TypeInfo;
use serde::{Deserialize, Serialize};

/// Largest number of operators of a venue.
pub const MAX_OPERATORS: u32 = 32;
/// Bytes of an encoded verifying key with one public input: α (64), β, γ, δ (128 each), a count
/// (8), two points (64).
pub const KEY_BYTES: u32 = 64 + 3 * 128 + 8 + 2 * 64;

/// An encoded verifying key; see [`clearproof_bn254_host::groth16`].
pub type KeyBytes = BoundedVec<u8, ConstU32<KEY_BYTES>>;
/// Bytes of a checked key in storage: with e(α, β), which every batch needs.
pub const STORED_KEY_BYTES: u32 = KEY_BYTES + 384;
/// A key that was checked when it was registered, and its e(α, β).
pub type StoredKey = BoundedVec<u8, ConstU32<STORED_KEY_BYTES>>;
/// A venue's operators.
pub type Operators<AccountId> = BoundedVec<AccountId, ConstU32<MAX_OPERATORS>>;

/// When a circuit is retired, and for which one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[derive(Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo)]
pub struct Retirement {
    /// From this time on, milliseconds since the Unix epoch, nothing is settled with the circuit.
    pub at: Millis,
    /// Time of the announcement, milliseconds since the Unix epoch.
    pub announced: Millis,
    /// A circuit of the same shape that venues can change to.
    pub successor: Option<CircuitId>,
}

/// A pair of circuits that venues settle with. Never changes.
#[derive(Clone, Debug, PartialEq, Eq)]
#[derive(Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo)]
pub struct Circuit {
    /// Version of the protocol, a constant of both circuits: headers of its batches name it.
    pub version: u16,
    /// Dimensions of both circuits.
    pub shape: Shape,
    /// Verifying key of the chunk circuit.
    pub chunk_key: StoredKey,
    /// Verifying key of the closing circuit.
    pub closing_key: StoredKey,
    /// Made by an insecure set-up: its makers can prove anything.
    pub development: bool,
    /// State root of a venue of this shape that has settled nothing.
    pub genesis_root: FieldBytes,
}

impl Circuit {
    /// Returns true if a venue of another circuit can go on with this one. A version that encodes
    /// accounts or ledger in another way has another empty state.
    pub(crate) fn succeeds(&self, other: &Self) -> bool {
        self.shape == other.shape && self.genesis_root == other.genesis_root
    }
}

/// A venue's state on the chain.
#[derive(Clone, Debug, PartialEq, Eq)]
#[derive(Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo)]
pub struct Venue<AccountId, Balance> {
    /// The account that appoints operators and may close the venue.
    pub owner: AccountId,
    /// The accounts that may submit batches.
    pub operators: Operators<AccountId>,
    /// Circuit that its batches are proven with.
    pub circuit: CircuitId,
    /// The circuit that it changes to, if any.
    pub next_circuit: Option<NextCircuit>,
    /// State root after the last batch.
    pub state_root: FieldBytes,
    /// Number of the last batch; 0 before the first.
    pub batches: BatchNumber,
    /// Snapshot of the last batch; 0 before the first. No batch goes back to an earlier one.
    pub snapshot: SnapshotNumber,
    /// Last millisecond of the last batch's auctions; before the first, when the venue was created.
    pub time_to: Millis,
    /// Pauses in force.
    pub pauses: Pauses,
    /// Held from the owner until the venue is closed.
    pub deposit: Balance,
}

impl<AccountId, Balance> Venue<AccountId, Balance> {
    /// Returns the circuit that a batch is proven with.
    pub(crate) fn circuit_of(&self, batch: BatchNumber) -> CircuitId {
        match self.next_circuit {
            Some(next) if batch >= next.from_batch => next.circuit,
            _ => self.circuit,
        }
    }

    /// Returns the circuit that the next batch is proven with.
    pub fn due_circuit(&self) -> CircuitId {
        self.circuit_of(self.batches.next())
    }

    /// Updates the venue after a batch has settled.
    pub(crate) fn advance(&mut self, header: &BatchHeader) {
        let number = header.number;
        self.circuit = self.circuit_of(number);
        self.next_circuit = self.next_circuit.filter(|next| number < next.from_batch);
        self.state_root = header.new_root;
        self.batches = number;
        self.snapshot = header.snapshot_number;
        self.time_to = header.time_to;
    }
}

/// The chain's knowledge of a venue's markets, by instrument slot.
#[derive(
    Encode,
    Decode,
    MaxEncodedLen,
    TypeInfo,
    CloneNoBound,
    DebugNoBound,
    EqNoBound,
    PartialEqNoBound
)]
#[scale_info(skip_type_params(M))]
#[codec(mel_bound())]
pub struct VenueMarket<M: Get<MarketShape>> {
    /// Funding indices after the last batch, in 2^-32 quote units per lot: the next batch applies
    /// them.
    pub funding: BoundedVec<i64, SlotCount<M>>,
    /// Σ |lots| over all accounts after the last batch.
    pub open_interest: BoundedVec<u64, SlotCount<M>>,
}

/// The chain's record of a settled batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[derive(Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo)]
pub struct BatchRecord<BlockNumber> {
    /// State root after it.
    pub state_root: FieldBytes,
    /// Hash of its header.
    pub header_hash: FieldBytes,
    /// Snapshot at which it was margined.
    pub snapshot_number: SnapshotNumber,
    /// Block that settled it.
    pub block: BlockNumber,
}

/// The source of snapshots.
pub trait SnapshotProvider {
    /// Returns a snapshot that the chain took and still remembers.
    fn snapshot(number: SnapshotNumber) -> Option<SnapshotInfo>;
}

/// The runtime's helpers for benchmarks.
#[cfg(feature = "runtime-benchmarks")]
pub trait BenchmarkHelper {
    /// Sets the present block's time to `now` (milliseconds), takes a snapshot at that time in
    /// which instrument 0 trades, and returns its number.
    fn snapshot_at(now: Millis) -> SnapshotNumber;

    /// Sets the present block's time.
    fn set_time(now: Millis);
}

/// A circuit of the genesis.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct GenesisCircuit {
    /// Number.
    pub id: CircuitId,
    /// Version of the protocol.
    pub version: u16,
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
