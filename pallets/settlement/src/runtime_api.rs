//! What anyone may ask the runtime about the clearing house, without a transaction. The node's JSON-RPC and the
//! operators' software call it; it answers in the types of [`clearproof_primitives::chain`].
// The macro writes items of its own, without documentation.
#![allow(missing_docs)]

use alloc::vec::Vec;
use clearproof_primitives::{
    chain::{
        BatchView, ExpiryView, Instrument, ProofKind, ProofRefusal, QueuedDeposit, SnapshotView,
        VenueView,
    },
    field::FieldBytes,
    ids::{BatchNumber, CircuitId, SnapshotNumber, VenueId},
};

/// The most venues that one call of `venues` lists.
pub const MAX_VENUES_LISTED: usize = 512;

sp_api::decl_runtime_apis! {
    /// Reads of venues, batches, deposits and markets. A changed method gets a new version of this interface.
    #[api_version(1)]
    pub trait ClearproofApi<AccountId>
    where
        AccountId: codec::Codec,
    {
        /// A venue: circuit, state root, stops, deposit queue, what it owes. None if no venue has this number.
        fn venue(venue: VenueId) -> Option<VenueView<AccountId>>;

        /// Numbers of existing venues, ascending, from `from` on; [`MAX_VENUES_LISTED`] at most.
        fn venues(from: VenueId) -> Vec<VenueId>;

        /// A settled batch, while the chain remembers it.
        fn batch(venue: VenueId, number: BatchNumber) -> Option<BatchView>;

        /// Deposits that no batch has taken, with their index in the queue, counting from 0, in order from the index
        /// `from` on; 512 at most.
        fn queued_deposits(venue: VenueId, from: u64) -> Vec<(u64, QueuedDeposit)>;

        /// A snapshot, while the chain keeps it; the latest for `None`.
        fn snapshot(number: Option<SnapshotNumber>) -> Option<SnapshotView>;

        /// All listed instruments, by slot.
        fn instruments() -> Vec<Instrument>;

        /// All expiries that options are listed on, by underlying and time.
        fn expiries() -> Vec<ExpiryView>;

        /// Checks one proof against a registered key, as a batch's are checked.
        fn verify_proof(
            circuit: CircuitId,
            kind: ProofKind,
            proof: Vec<u8>,
            public_input: FieldBytes,
        ) -> Result<(), ProofRefusal>;
    }
}
