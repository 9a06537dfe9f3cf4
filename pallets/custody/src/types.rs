//! The types that the pallet stores and returns, and its two interfaces: to the venues, and to the
//! settlement of batches.

use alloc::vec::Vec;
use clearproof_primitives::batch::Withdrawal;
pub use clearproof_primitives::{
    chain::{Cursor, Held, Queue, QueuedDeposit},
    ids::VenueId,
    submission::MAX_DEPOSITS_PER_BATCH,
};
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use frame_support::dispatch::DispatchResult;
use scale_info::TypeInfo;
use serde::{Deserialize, Serialize};
use sp_runtime::DispatchError;

/// The asset behind an asset index.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[derive(
    Encode,
    Decode,
    DecodeWithMemTracking,
    MaxEncodedLen,
    TypeInfo,
    Serialize,
    Deserialize
)]
pub enum AssetKind {
    /// The chain's own currency.
    Native,
    /// A token of the assets pallet, by its id.
    Token(u32),
}

/// A registered asset.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[derive(
    Encode,
    Decode,
    DecodeWithMemTracking,
    MaxEncodedLen,
    TypeInfo,
    Serialize,
    Deserialize
)]
pub struct AssetInfo {
    /// The kind never changes once the asset is registered.
    pub kind: AssetKind,
    /// Smallest deposit, in smallest units. A deposit costs the venue an account step, so dust must
    /// not be free.
    pub minimum_deposit: u64,
}

/// The pallet's view of the venues.
pub trait VenueInspect {
    /// Succeeds if the venue exists and accepts deposits now.
    ///
    /// # Errors
    /// The venues' own named error: unknown, paused, or of a retired circuit.
    fn ensure_accepts_deposits(venue: VenueId) -> DispatchResult;

    /// Returns a venue that accepts deposits.
    #[cfg(feature = "runtime-benchmarks")]
    fn benchmark_venue() -> VenueId;
}

/// The pallet's interface for the settlement of batches.
pub trait VenueCustody<AccountId> {
    /// Opens a venue's custody account. The founder gives it the native currency's minimum balance,
    /// which stays there so that the account can pay its last unit and hold other assets.
    ///
    /// # Errors
    /// If the founder cannot pay it.
    fn open(venue: VenueId, founder: &AccountId) -> DispatchResult;

    /// Forgets a venue that owes nothing. The minimum balance given at [`Self::open`] stays in the
    /// account.
    ///
    /// # Errors
    /// If anything is queued, held or claimable.
    fn close(venue: VenueId) -> DispatchResult;

    /// Checks a batch against queue and totals. Changes nothing.
    ///
    /// # Errors
    /// If `before` is not the end of the consumed deposits; if `after` is not a position in the
    /// queue at most [`MAX_DEPOSITS_PER_BATCH`] further; if an amount is out of range; or if the
    /// withdrawals and the protocol fee together would overdraw an asset.
    fn check_batch(
        venue: VenueId,
        before: &Cursor,
        after: &Cursor,
        withdrawals: &[Withdrawal],
        protocol_fee: u64,
    ) -> DispatchResult;

    /// Consumes the deposits of the queue up to `count` and pays the withdrawals. Pays the protocol
    /// fee, an amount of asset 0 that may be 0, to the treasury. Amounts that a recipient cannot
    /// receive are kept for a claim. Returns the number of withdrawals that were kept.
    ///
    /// # Errors
    /// As [`Self::check_batch`]. There is no error if that succeeded in the same state.
    fn apply_batch(
        venue: VenueId,
        count: u64,
        withdrawals: &[Withdrawal],
        protocol_fee: u64,
    ) -> Result<u32, DispatchError>;

    /// Gives the venue a queue of `deposits` deposits and enough consumed funds to pay every
    /// withdrawal and the protocol fee once. Returns the cursors around the queue.
    #[cfg(feature = "runtime-benchmarks")]
    fn benchmark_prepare(
        venue: VenueId,
        deposits: u32,
        withdrawals: &[Withdrawal],
        protocol_fee: u64,
    ) -> (Cursor, Cursor);
}

/// The runtime's helpers for benchmarks.
#[cfg(feature = "runtime-benchmarks")]
pub trait BenchmarkHelper {
    /// Creates the token `id`, sufficient and with minimum balance 1.
    fn create_token(id: u32);
}

/// One asset of a venue, for reads.
pub type AssetTotals = Vec<(u8, Held)>;
