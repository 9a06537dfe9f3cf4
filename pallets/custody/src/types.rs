//! What the pallet stores and answers, and its two seams: to the venues, and to the settlement of batches.

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

/// What stands behind an asset index.
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
    /// Never changes once registered.
    pub kind: AssetKind,
    /// Least deposit, in smallest units: taking a deposit costs the venue an account step, so dust must not be free.
    pub minimum_deposit: u64,
}

/// What this pallet asks about venues.
pub trait VenueInspect {
    /// Succeeds if the venue exists and takes deposits now.
    ///
    /// # Errors
    /// The venues' own named error: unknown, or paused.
    fn ensure_accepts_deposits(venue: VenueId) -> DispatchResult;

    /// A venue that takes deposits.
    #[cfg(feature = "runtime-benchmarks")]
    fn benchmark_venue() -> VenueId;
}

/// What the settlement of batches asks of this pallet.
pub trait VenueCustody<AccountId> {
    /// Opens a venue's custody account: the founder gives it the native currency's minimum balance, which stays there
    /// so that the account can pay its last unit and hold other assets.
    ///
    /// # Errors
    /// If the founder cannot pay it.
    fn open(venue: VenueId, founder: &AccountId) -> DispatchResult;

    /// Forgets a venue that owes nothing. The minimum balance given at [`Self::open`] stays in the account.
    ///
    /// # Errors
    /// If anything is queued, held or claimable.
    fn close(venue: VenueId) -> DispatchResult;

    /// Checks a batch against queue and totals, changing nothing.
    ///
    /// # Errors
    /// If `before` is not the end of what was taken, `after` is no point of the queue at most
    /// [`MAX_DEPOSITS_PER_BATCH`] further, an amount is out of range, or an asset would be overdrawn, by the withdrawals and the
    /// protocol fee together.
    fn check_batch(
        venue: VenueId,
        before: &Cursor,
        after: &Cursor,
        withdrawals: &[Withdrawal],
        protocol_fee: u64,
    ) -> DispatchResult;

    /// Takes the deposits up to `count` out of the queue, pays the withdrawals, and the protocol fee, an amount of asset 0 which
    /// may be 0, to the treasury. What a recipient cannot receive is kept for a claim. Answers how many withdrawals were kept.
    ///
    /// # Errors
    /// As [`Self::check_batch`]; never after it succeeded in the same state.
    fn apply_batch(
        venue: VenueId,
        count: u64,
        withdrawals: &[Withdrawal],
        protocol_fee: u64,
    ) -> Result<u32, DispatchError>;

    /// Gives the venue a queue of `deposits` deposits and enough taken to pay every withdrawal and the protocol fee once; answers
    /// the cursors around the queue.
    #[cfg(feature = "runtime-benchmarks")]
    fn benchmark_prepare(
        venue: VenueId,
        deposits: u32,
        withdrawals: &[Withdrawal],
        protocol_fee: u64,
    ) -> (Cursor, Cursor);
}

/// What benchmarks need from the runtime.
#[cfg(feature = "runtime-benchmarks")]
pub trait BenchmarkHelper {
    /// Creates the token `id`, sufficient and with minimum balance 1.
    fn create_token(id: u32);
}

/// One asset of a venue, for reads.
pub type AssetTotals = Vec<(u8, Held)>;
