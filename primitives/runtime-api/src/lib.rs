//! The runtime's own interfaces: reads of the chain that need no transaction.
//!
//! The node's JSON-RPC and metrics call them, and so do the operators' software and the tools of
//! voters. They are declared here, apart from the pallets, so that a caller depends on no pallet.
//! All arguments and results are types of [`clearproof_primitives`].
//!
//! A changed method gets a new version of its interface. The versions that a client is written for
//! are in [`clearproof_primitives::interfaces`].
#![cfg_attr(not(feature = "std"), no_std)]
// The macro writes items of its own, without documentation.
#![allow(missing_docs)]
extern crate alloc;

use alloc::vec::Vec;
use clearproof_primitives::{
    chain::{
        BatchView, ExpiryView, Instrument, ProofKind, ProofRefusal, QueuedDeposit, SnapshotView,
        VenueView,
    },
    field::FieldBytes,
    ids::{BatchNumber, CircuitId, SnapshotNumber, VenueId},
    monitoring::Monitoring,
    policy::{
        Assessment, ChangeError, Policy, PolicyChange, PolicyState, PolicyVersion, PreviewRefusal,
    },
    snapshot::Snapshot,
};

sp_api::decl_runtime_apis! {
    /// Reads of venues, batches, deposits and markets.
    #[api_version(2)]
    pub trait ClearproofApi<AccountId>
    where
        AccountId: codec::Codec,
    {
        /// Returns a venue: its circuit, state root, pauses, deposit queue and debts. Returns
        /// `None` if no venue has this number.
        fn venue(venue: VenueId) -> Option<VenueView<AccountId>>;

        /// Returns the numbers of existing venues, ascending, starting with `from`. The list has
        /// at most [`clearproof_primitives::chain::MAX_VENUES_LISTED`] entries.
        fn venues(from: VenueId) -> Vec<VenueId>;

        /// Returns a settled batch, or `None` if the chain no longer remembers it.
        fn batch(venue: VenueId, number: BatchNumber) -> Option<BatchView>;

        /// Returns the deposits that no batch has consumed, each with its index in the queue
        /// (counting from 0), in order, starting with the index `from`. The list has at most 512
        /// entries.
        fn queued_deposits(venue: VenueId, from: u64) -> Vec<(u64, QueuedDeposit)>;

        /// Returns a snapshot while the chain keeps it; the latest one for `None`.
        fn snapshot(number: Option<SnapshotNumber>) -> Option<SnapshotView>;

        /// Returns all listed instruments, by slot.
        fn instruments() -> Vec<Instrument>;

        /// Returns all expiries on which options are listed, by underlying and time.
        fn expiries() -> Vec<ExpiryView>;

        /// Checks one proof against a registered key, as the proofs of a batch are checked.
        fn verify_proof(
            circuit: CircuitId,
            kind: ProofKind,
            proof: Vec<u8>,
            public_input: FieldBytes,
        ) -> Result<(), ProofRefusal>;
    }

    /// Reads of the risk policy.
    #[api_version(1)]
    pub trait RiskPolicyApi {
        /// Returns the policy in force and the pending changes.
        fn policy_state() -> PolicyState;

        /// Returns a policy that is or was in force, by its version.
        fn policy_at(version: u32) -> Option<PolicyVersion>;

        /// Returns the effect that scheduling these changes now would have, or the reason for
        /// which they are refused: the parameter, its limit and its present value.
        fn check_changes(changes: Vec<PolicyChange>) -> Result<Assessment, ChangeError>;

        /// Returns the snapshot that would be taken now under a policy.
        fn preview_snapshot(policy: Policy) -> Result<Snapshot, PreviewRefusal>;
    }

    /// The chain's operation, for the node's metrics.
    #[api_version(1)]
    pub trait MonitoringApi<AccountId: codec::Codec> {
        /// Returns the state of the oracle and the validators, pauses and pending changes.
        fn monitoring() -> Monitoring<AccountId>;
    }
}
