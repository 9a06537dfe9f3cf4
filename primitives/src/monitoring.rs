//! The chain's report on its own operation, for the node's metrics: who feeds the oracle, who
//! validates, what is stopped, what waits.

use crate::{chain::Feed, time::Millis};
use alloc::vec::Vec;
use codec::{Decode, Encode};
use scale_info::TypeInfo;

/// A member of the oracle.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, TypeInfo)]
pub struct MemberActivity<AccountId> {
    /// Its account.
    pub account: AccountId,
    /// When it last fed anything that is listed, in milliseconds since the Unix epoch; none if it
    /// never has.
    pub fed_at: Option<Millis>,
}

/// A feed that something is listed on.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, TypeInfo)]
pub struct FeedActivity {
    /// The feed.
    pub feed: Feed,
    /// Members whose value of it is fresh.
    pub sources: u32,
    /// True if its last value was not accepted, so that nothing on it trades.
    pub halted: bool,
}

/// A member of the validator set.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, TypeInfo)]
pub struct ValidatorActivity<AccountId> {
    /// Its account.
    pub account: AccountId,
    /// Its bond, less what it has asked back, in smallest units.
    pub bond: u128,
    /// Consecutive sessions in which others authored and it did not.
    pub silent_sessions: u32,
}

/// The chain's operation at a block.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, TypeInfo)]
pub struct Monitoring<AccountId> {
    /// The oracle's members.
    pub oracle_members: Vec<MemberActivity<AccountId>>,
    /// All feeds.
    pub feeds: Vec<FeedActivity>,
    /// Fresh sources that a new value of a feed takes.
    pub minimum_sources: u32,
    /// The validator set.
    pub validators: Vec<ValidatorActivity<AccountId>>,
    /// Validators of this session that are disabled for an offence.
    pub disabled_validators: u32,
    /// The set never becomes smaller than this.
    pub minimum_validators: u32,
    /// The bond that a validator must have, in smallest units.
    pub minimum_bond: u128,
    /// Changes of the risk policy that wait for their time.
    pub pending_policy_changes: u32,
    /// True if the chain is in safe mode.
    pub safe_mode: bool,
    /// Calls that are paused.
    pub paused_calls: u32,
}
