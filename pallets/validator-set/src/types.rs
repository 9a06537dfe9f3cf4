//! The types that the pallet stores and returns.

use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use frame_support::{BoundedVec, traits::ConstU32};
use scale_info::TypeInfo;
use serde::{Deserialize, Serialize};
use sp_runtime::{
    Perbill,
    traits::{Saturating, Zero},
};
use sp_staking::SessionIndex;

/// Largest number of parts of a bond that can be unbonding at once.
pub const MAX_UNBONDING: u32 = 16;

/// A part of a bond that its owner has requested back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[derive(Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo)]
pub struct Unbonding<Balance> {
    /// In smallest units.
    pub amount: Balance,
    /// The first session in which it can be withdrawn. Until then it can be slashed.
    pub until: SessionIndex,
}

/// The bond of an account. All of it is held, and all of it can be slashed.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub struct Bond<Balance> {
    /// The amount that counts towards the minimum bond, in smallest units.
    pub active: Balance,
    /// The parts that are being unbonded, in the order of the requests.
    pub unbonding: BoundedVec<Unbonding<Balance>, ConstU32<MAX_UNBONDING>>,
}

impl<Balance: Zero> Default for Bond<Balance> {
    fn default() -> Self {
        Self {
            active: Zero::zero(),
            unbonding: BoundedVec::new(),
        }
    }
}

impl<Balance: Copy + Saturating + Zero + Ord> Bond<Balance> {
    /// Returns all that is held.
    pub fn total(&self) -> Balance {
        self.unbonding
            .iter()
            .fold(self.active, |sum, part| sum.saturating_add(part.amount))
    }

    /// Deducts a slash: first from the active part, then from the parts being unbonded, the latest
    /// request first.
    pub fn reduce(&mut self, amount: Balance) {
        let mut left = amount;
        let mut strike = |part: &mut Balance| {
            let taken = left.min(*part);
            *part = part.saturating_sub(taken);
            left = left.saturating_sub(taken);
        };
        strike(&mut self.active);
        self.unbonding
            .iter_mut()
            .rev()
            .for_each(|part| strike(&mut part.amount));
        self.unbonding.retain(|part| !part.amount.is_zero());
    }

    /// Removes the parts that are due in a session. Returns their sum.
    pub fn take_due(&mut self, session: SessionIndex) -> Balance {
        let mut due = Balance::zero();
        self.unbonding.retain(|part| {
            let is_due = part.until <= session;
            if is_due {
                due = due.saturating_add(part.amount);
            }
            !is_due
        });
        due
    }
}

/// The limits that governance sets, within the bounds of the pallet's configuration.
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
#[serde(rename_all = "camelCase")]
pub struct Limits<Balance> {
    /// Bond that a validator must have to enter the set, and cannot take back while it is in it;
    /// smallest units.
    pub minimum_bond: Balance,
    /// Smallest size of the set.
    pub minimum_validators: u32,
    /// Largest size of the set.
    pub maximum_validators: u32,
}

/// An account that has committed an offence and has not been reinstated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[derive(Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo)]
pub struct Offender {
    /// The session of its gravest offence.
    pub session: SessionIndex,
    /// The fraction of the bond that this offence cost.
    pub fraction: Perbill,
    /// True if it still validates because the set would have become too small without it.
    pub retained: bool,
}

/// The cost of an account's offences of one session so far.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    Encode,
    Decode,
    MaxEncodedLen,
    TypeInfo
)]
pub struct Punishment<Balance> {
    /// The largest fraction of any offence of that session.
    pub fraction: Perbill,
    /// The whole bond when the first of them was reported. Fractions are of this amount.
    pub base: Balance,
}

/// The duration for which a validator has authored nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[derive(Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo)]
pub struct Silence {
    /// Consecutive sessions in which others authored and it did not.
    pub sessions: u32,
    /// Number of blocks that each validator authored in these sessions on average.
    pub turns: u32,
}
