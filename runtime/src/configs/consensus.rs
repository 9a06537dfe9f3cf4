//! Block authoring, finality, sessions and reports of misbehaviour.

use crate::{
    constants::{money, time},
    validators::{AccountOf, FixedValidators},
    AccountId, Babe, Balance, Balances, Historical, Moment, Offences, Runtime, RuntimeEvent,
    Session, SessionKeys,
};
use frame_support::{
    parameter_types,
    traits::{ConstU32, ConstU64},
};
use pallet_session::historical::{IdentificationTuple, NoteHistoricalRoot};
use sp_runtime::traits::{ConvertInto, OpaqueKeys};

/// Most validators that the chain can have.
pub type MaxAuthorities = ConstU32<100>;

parameter_types! {
    pub const ExpectedBlockTime: Moment = time::MILLISECS_PER_BLOCK;
    /// Blocks for which a report of an equivocation stays valid.
    pub const ReportLongevity: u64 =
        time::REPORT_SESSIONS as u64 * time::EPOCH_DURATION_IN_SLOTS;
}

impl pallet_babe::Config for Runtime {
    type EpochDuration = ConstU64<{ time::EPOCH_DURATION_IN_SLOTS }>;
    type ExpectedBlockTime = ExpectedBlockTime;
    type EpochChangeTrigger = pallet_babe::ExternalTrigger;
    type DisabledValidators = Session;
    type WeightInfo = ();
    type MaxAuthorities = MaxAuthorities;
    type MaxNominators = ConstU32<0>;
    type KeyOwnerProof = sp_session::MembershipProof;
    type EquivocationReportSystem =
        pallet_babe::EquivocationReportSystem<Self, Offences, Historical, ReportLongevity>;
}

impl pallet_grandpa::Config for Runtime {
    type RuntimeEvent = RuntimeEvent;
    type WeightInfo = ();
    type MaxAuthorities = MaxAuthorities;
    type MaxNominators = ConstU32<0>;
    type MaxSetIdSessionEntries = ConstU64<{ time::REPORT_SESSIONS as u64 }>;
    type KeyOwnerProof = sp_session::MembershipProof;
    type EquivocationReportSystem =
        pallet_grandpa::EquivocationReportSystem<Self, Offences, Historical, ReportLongevity>;
}

impl pallet_authorship::Config for Runtime {
    type FindAuthor = pallet_session::FindAccountFromAuthorIndex<Self, Babe>;
    type EventHandler = ();
}

parameter_types! {
    /// Held while an account has session keys: two entries per key, and the keys themselves.
    pub const KeyDeposit: Balance = money::deposit(3, 256);
}

impl pallet_session::Config for Runtime {
    type RuntimeEvent = RuntimeEvent;
    type ValidatorId = AccountId;
    type ValidatorIdOf = ConvertInto;
    type ShouldEndSession = Babe;
    type NextSessionRotation = Babe;
    type SessionManager = NoteHistoricalRoot<Self, FixedValidators>;
    type SessionHandler = <SessionKeys as OpaqueKeys>::KeyTypeIdProviders;
    type Keys = SessionKeys;
    type DisablingStrategy = ();
    type WeightInfo = pallet_session::weights::SubstrateWeight<Runtime>;
    type Currency = Balances;
    type KeyDeposit = KeyDeposit;
}

/// Nothing is staked, so a validator is nothing but its account.
impl pallet_session::historical::Config for Runtime {
    type RuntimeEvent = RuntimeEvent;
    type FullIdentification = ();
    type FullIdentificationOf = AccountOf;
}

/// Offences are recorded and emitted as events; nobody is slashed, since nothing is staked.
impl pallet_offences::Config for Runtime {
    type RuntimeEvent = RuntimeEvent;
    type IdentificationTuple = IdentificationTuple<Self>;
    type OnOffenceHandler = ();
}
