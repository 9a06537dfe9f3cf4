//! The risk policy, over the runtime's `RiskPolicyApi`.

use super::{
    ANSWER_TIMEOUT, Chain, ChainError,
    calls::{Call, resolve},
};
use clearproof_primitives::policy::{
    Assessment, ChangeError, PolicyChange, PolicyState, PolicyVersion,
};

const INTERFACE: &str = "RiskPolicyApi";

impl Chain {
    /// Returns the policy in force and the changes that are pending.
    ///
    /// # Errors
    /// As [`Self::venue`].
    pub async fn policy_state(&self) -> Result<PolicyState, ChainError> {
        self.ask_of(INTERFACE, "policy_state", ()).await
    }

    /// Returns a policy that is or was in force; none if no policy had this version.
    ///
    /// # Errors
    /// As [`Self::venue`].
    pub async fn policy_at(&self, version: u32) -> Result<Option<PolicyVersion>, ChainError> {
        self.ask_of(INTERFACE, "policy_at", version).await
    }

    /// Returns the effect that scheduling changes now would have, or the reason why they are
    /// refused.
    ///
    /// # Errors
    /// As [`Self::venue`].
    pub async fn check_changes(
        &self,
        changes: &[PolicyChange],
    ) -> Result<Result<Assessment, ChangeError>, ChainError> {
        self.ask_of(INTERFACE, "check_changes", changes.to_vec())
            .await
    }

    /// Returns a call as the chain encodes it, for a preimage.
    ///
    /// # Errors
    /// As [`Self::venue`].
    pub async fn encode(&self, call: &Call) -> Result<Vec<u8>, ChainError> {
        self.exchange(ANSWER_TIMEOUT, async {
            let transactions = self.api().await?.tx().await?;
            Ok(transactions.call_data(&resolve(&transactions, call)?)?)
        })
        .await
    }
}
