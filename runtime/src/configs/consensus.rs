//! Block authoring, finality, sessions, and the validators with the penalties for their offences.

use crate::{
    AccountId, Babe, Balance, Balances, Moment, Offences, Runtime, RuntimeEvent, RuntimeHoldReason,
    Session, SessionKeys, ValidatorSet,
    constants::{money, time, validators},
    governance::{EnsureValidators, TreasuryAccount},
};
use frame_support::{
    parameter_types,
    traits::{ConstU32, ConstU64, tokens::imbalance::ResolveTo},
};
use pallet_clearproof_validator_set::AccountOnly;
use pallet_session::{
    disabling::UpToLimitWithReEnablingDisablingStrategy,
    historical::{IdentificationTuple, NoteHistoricalRoot},
};
use sp_runtime::traits::{ConvertInto, OpaqueKeys};

/// Largest number of validators of the chain.
pub type MaxAuthorities = ConstU32<{ validators::MAX_VALIDATORS }>;

parameter_types! {
    pub const ExpectedBlockTime: Moment = time::MILLISECS_PER_BLOCK;
    /// Number of blocks for which a report of an equivocation stays valid.
    pub const ReportLongevity: u64 =
        time::REPORT_SESSIONS as u64 * time::EPOCH_DURATION_IN_SLOTS;
}

/// Proves in reports which validator a session key belonged to.
pub type KeyOwners = pallet_clearproof_validator_set::KeyOwners<Runtime>;

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
        pallet_babe::EquivocationReportSystem<Self, Offences, KeyOwners, ReportLongevity>;
}

impl pallet_grandpa::Config for Runtime {
    type RuntimeEvent = RuntimeEvent;
    type WeightInfo = ();
    type MaxAuthorities = MaxAuthorities;
    type MaxNominators = ConstU32<0>;
    type MaxSetIdSessionEntries = ConstU64<{ time::REPORT_SESSIONS as u64 }>;
    type KeyOwnerProof = sp_session::MembershipProof;
    type EquivocationReportSystem =
        pallet_grandpa::EquivocationReportSystem<Self, Offences, KeyOwners, ReportLongevity>;
}

impl pallet_authorship::Config for Runtime {
    type FindAuthor = pallet_session::FindAccountFromAuthorIndex<Self, Babe>;
    type EventHandler = ValidatorSet;
}

parameter_types! {
    /// Held while an account has session keys: two entries per key, and the keys themselves.
    pub const KeyDeposit: Balance = money::deposit(3, 256);
}

/// At most a third of the validators are disabled at a time, namely those with the gravest
/// offences: an offence that costs more takes the place of one that costs less.
impl pallet_session::Config for Runtime {
    type RuntimeEvent = RuntimeEvent;
    type ValidatorId = AccountId;
    type ValidatorIdOf = ConvertInto;
    type ShouldEndSession = Babe;
    type NextSessionRotation = Babe;
    type SessionManager = NoteHistoricalRoot<Self, ValidatorSet>;
    type SessionHandler = <SessionKeys as OpaqueKeys>::KeyTypeIdProviders;
    type Keys = SessionKeys;
    type DisablingStrategy = UpToLimitWithReEnablingDisablingStrategy;
    type WeightInfo = pallet_session::weights::SubstrateWeight<Runtime>;
    type Currency = Balances;
    type KeyDeposit = KeyDeposit;
}

/// A validator is identified by its account alone. The validator set pallet knows its bond.
impl pallet_session::historical::Config for Runtime {
    type RuntimeEvent = RuntimeEvent;
    type FullIdentification = ();
    type FullIdentificationOf = AccountOnly;
}

impl pallet_offences::Config for Runtime {
    type RuntimeEvent = RuntimeEvent;
    type IdentificationTuple = IdentificationTuple<Self>;
    type OnOffenceHandler = ValidatorSet;
}

parameter_types! {
    pub const MinimumBondRange: (Balance, Balance) =
        (validators::LEAST_MINIMUM_BOND, validators::LARGEST_MINIMUM_BOND);
}

/// Slashed funds go to the treasury. As long as the treasury's account does not exist, a slash
/// below the existential deposit is burnt.
impl pallet_clearproof_validator_set::Config for Runtime {
    type AdminOrigin = EnsureValidators;
    type NativeCurrency = Balances;
    type RuntimeHoldReason = RuntimeHoldReason;
    type OnSlash = ResolveTo<TreasuryAccount, Balances>;
    type Offences = Offences;
    type MinimumBondRange = MinimumBondRange;
    type MaxValidators = MaxAuthorities;
    type ReportSessions = ConstU32<{ time::REPORT_SESSIONS }>;
    type UnbondingSessions = ConstU32<{ validators::UNBONDING_SESSIONS }>;
    type MaxSilentSessions = ConstU32<{ validators::MAX_SILENT_SESSIONS }>;
    type MaxSilentTurns = ConstU32<{ validators::MAX_SILENT_TURNS }>;
    type WeightInfo = pallet_clearproof_validator_set::weights::SubstrateWeight<Runtime>;
}
