//! The chain's report on its policy: what is in force, what is to come, what was, and what a
//! change would do.

use super::{ChangeError, Direction, Policy, PolicyChange, PolicyError};
use crate::{chain::NotTaken, time::Millis};
use alloc::vec::Vec;
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use scale_info::TypeInfo;
use serde::{Deserialize, Serialize};

/// A change that waits for its time. `C` is the list of changes: bounded in storage.
#[derive(Clone, Debug, PartialEq, Eq)]
#[derive(
    Encode,
    Decode,
    DecodeWithMemTracking,
    MaxEncodedLen,
    TypeInfo,
    Serialize,
    Deserialize
)]
#[serde(rename_all = "camelCase")]
pub struct PendingChange<C = Vec<PolicyChange>> {
    /// Its number; never used again.
    pub id: u32,
    /// The values that it sets, all at once.
    pub changes: C,
    /// Which way it goes. One that was taken for tightening is dropped if it no longer tightens
    /// when its time comes.
    pub direction: Direction,
    /// When it was proposed, in milliseconds since the Unix epoch.
    pub proposed_at: Millis,
    /// The first snapshot taken then or later is computed with it.
    pub effective_at: Millis,
}

/// A policy that is or was in force.
#[derive(Clone, Debug, PartialEq, Eq)]
#[derive(
    Encode,
    Decode,
    DecodeWithMemTracking,
    MaxEncodedLen,
    TypeInfo,
    Serialize,
    Deserialize
)]
pub struct PolicyVersion<P = Policy> {
    /// The policy.
    pub policy: P,
    /// Snapshots from this time on were computed with it, until the next version's; milliseconds
    /// since the Unix epoch, 0 for the genesis.
    pub since: Millis,
}

/// The policy in force and what is to come.
#[derive(
    Clone,
    Debug,
    PartialEq,
    Eq,
    Encode,
    Decode,
    TypeInfo,
    Serialize,
    Deserialize
)]
#[serde(rename_all = "camelCase")]
pub struct PolicyState {
    /// The policy that the next snapshot is computed with, if no pending change is due; none while
    /// there is no policy.
    pub current: Option<Policy>,
    /// Its version, counting from 1; 0 while there is no policy.
    pub version: u32,
    /// Changes that wait, in the order in which they take effect.
    pub pending: Vec<PendingChange>,
    /// From when on the emergency origin may tighten again, in milliseconds since the Unix epoch; 0
    /// if it never has.
    pub emergency_from: Millis,
}

/// The effect of scheduling a list of changes now.
#[derive(
    Clone,
    Debug,
    PartialEq,
    Eq,
    Encode,
    Decode,
    TypeInfo,
    Serialize,
    Deserialize
)]
#[serde(rename_all = "camelCase")]
pub struct Assessment {
    /// Which way it goes, and so which delay it has.
    pub direction: Direction,
    /// When it would take effect, in milliseconds since the Unix epoch.
    pub effective_at: Millis,
    /// The policy then: with all changes before it in force, and this one.
    pub policy: Policy,
}

/// The reason that a pending change did not take effect.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[derive(Encode, Decode, DecodeWithMemTracking, TypeInfo, thiserror::Error)]
pub enum DropReason {
    /// It does not fit the policy any more: another change came between.
    #[error("{0}")]
    Refused(#[from] ChangeError),
    /// It was to tighten, and waited for the short delay only; by now it would loosen.
    #[error("it was to tighten, and would loosen by now")]
    NoLongerTightens,
}

/// The reason that no snapshot is shown under a policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[derive(Encode, Decode, DecodeWithMemTracking, TypeInfo, thiserror::Error)]
pub enum PreviewRefusal {
    /// The policy is not sound.
    #[error("policy: {0}")]
    Policy(#[from] PolicyError),
    /// No snapshot can be taken at present.
    #[error("no snapshot can be taken: {0:?}")]
    NotTaken(NotTaken),
}
