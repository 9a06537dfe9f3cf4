//! What a voter asks of the policy, without a transaction.
// The macro writes items of its own, without documentation.
#![allow(missing_docs)]

use alloc::vec::Vec;
use clearproof_primitives::{
    policy::{
        Assessment, ChangeError, Policy, PolicyChange, PolicyState, PolicyVersion, PreviewRefusal,
    },
    snapshot::Snapshot,
};

sp_api::decl_runtime_apis! {
    /// Reads of the risk policy. A changed method gets a new version of this interface.
    #[api_version(1)]
    pub trait RiskPolicyApi {
        /// The policy in force and the changes that are pending.
        fn policy_state() -> PolicyState;

        /// A policy that is or was in force, by its version.
        fn policy_at(version: u32) -> Option<PolicyVersion>;

        /// What scheduling these changes now would do, or why they are refused: parameter, limit and present value.
        fn check_changes(changes: Vec<PolicyChange>) -> Result<Assessment, ChangeError>;

        /// The snapshot that would be taken now under a policy.
        fn preview_snapshot(policy: Policy) -> Result<Snapshot, PreviewRefusal>;
    }
}
