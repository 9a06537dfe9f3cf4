//! The chain's governance: referenda of all token holders, a committee for emergencies, a treasury.
//!
//! A call takes the following path. Its preimage is noted. A referendum is submitted with the
//! origin that the call is to have; the [`tracks`] define how long voting takes and how much
//! support is required. The scheduler enacts the call. By whitelisting a call, the committee can
//! shorten its path to root. In an emergency it can pause and tighten, but it moves no money and
//! loosens nothing: see [`EnsureCommittee`].
//!
//! Every period here is divided by [`origins::PeriodDivisor`], so that with the same runtime
//! development chains decide within a minute, and other chains within weeks.

pub mod origins;
pub mod tracks;

use crate::{
    AccountId, Assets, Balance, Balances, BlockNumber, OriginCaller, Preimage, Referenda, Runtime,
    RuntimeCall, RuntimeEvent, RuntimeHoldReason, RuntimeOrigin, Scheduler, System, Treasury,
    constants::{
        block,
        money::{CLR, deposit},
        time::DAYS,
    },
};
use clearproof_primitives::time::Millis;
use frame_support::{
    PalletId, parameter_types,
    traits::{
        ConstU32, EitherOf, EitherOfDiverse, EqualPrivilegeOnly, Get, LinearStoragePrice,
        fungible::{HoldConsideration, NativeFromLeft, NativeOrWithId, UnionOf},
        tokens::{UnityAssetBalanceConversion, pay::PayAssetFromAccount},
    },
    weights::Weight,
};
use frame_system::{EnsureRoot, EnsureSigned, EnsureWithSuccess};
use origins::{
    EnsureCircuitAdmin, EnsureMarketAdmin, EnsureReferendumCanceller, EnsureRiskAdmin,
    EnsureTreasurer, EnsureValidatorAdmin, EnsureWhitelistedCaller,
};
use sp_runtime::{
    Perbill, Permill,
    traits::{AccountIdConversion, AccountIdLookup},
};

/// A period of `BLOCKS` blocks, scaled by [`scaled_blocks`].
pub struct Scaled<const BLOCKS: BlockNumber>;

impl<const BLOCKS: BlockNumber> Get<BlockNumber> for Scaled<BLOCKS> {
    fn get() -> BlockNumber {
        scaled_blocks(BLOCKS)
    }
}

/// Divides a number of blocks by the chain's divisor; returns at least one.
pub fn scaled_blocks(blocks: BlockNumber) -> BlockNumber {
    (blocks / divisor()).max(1)
}

/// Divides a number of milliseconds by the chain's divisor.
pub fn scaled_milliseconds(milliseconds: Millis) -> Millis {
    milliseconds / u64::from(divisor())
}

fn divisor() -> u32 {
    origins::PeriodDivisor::<Runtime>::get().max(1)
}

/// The instance of the collective pallet that is the technical committee.
pub type CommitteeInstance = pallet_collective::Instance1;

/// Two thirds of the technical committee. It enters safe mode, pauses calls, markets and venues,
/// tightens the risk policy and whitelists calls. None of its powers moves money or lets anybody
/// take more risk.
pub type EnsureCommittee =
    pallet_collective::EnsureProportionAtLeast<AccountId, CommitteeInstance, 2, 3>;

/// Root, or two thirds of the committee.
pub type EnsureEmergency = EitherOfDiverse<EnsureRoot<AccountId>, EnsureCommittee>;
/// Root, or a referendum on risk parameters.
pub type EnsureRisk = EitherOf<EnsureRoot<AccountId>, EnsureRiskAdmin>;
/// Root, or a referendum on markets.
pub type EnsureMarkets = EitherOf<EnsureRoot<AccountId>, EnsureMarketAdmin>;
/// Root, or a referendum on circuits.
pub type EnsureCircuits = EitherOf<EnsureRoot<AccountId>, EnsureCircuitAdmin>;
/// Root, or a referendum on validators.
pub type EnsureValidators = EitherOf<EnsureRoot<AccountId>, EnsureValidatorAdmin>;

impl origins::Config for Runtime {
    type Tracks = tracks::TrackOrigins;
}

parameter_types! {
    pub const PreimageBaseDeposit: Balance = deposit(2, 64);
    pub const PreimageByteDeposit: Balance = deposit(0, 1);
    pub const PreimageHoldReason: RuntimeHoldReason =
        RuntimeHoldReason::Preimage(pallet_preimage::HoldReason::Preimage);
}

impl pallet_preimage::Config for Runtime {
    type RuntimeEvent = RuntimeEvent;
    type WeightInfo = pallet_preimage::weights::SubstrateWeight<Runtime>;
    type Currency = Balances;
    type ManagerOrigin = EnsureRoot<AccountId>;
    type Consideration = HoldConsideration<
        AccountId,
        Balances,
        PreimageHoldReason,
        LinearStoragePrice<PreimageBaseDeposit, PreimageByteDeposit, Balance>,
    >;
}

parameter_types! {
    /// Largest weight of the scheduled calls in a block.
    pub MaximumSchedulerWeight: Weight = Perbill::from_percent(80) * block::MAX_WEIGHT;
}

impl pallet_scheduler::Config for Runtime {
    type RuntimeEvent = RuntimeEvent;
    type RuntimeOrigin = RuntimeOrigin;
    type PalletsOrigin = OriginCaller;
    type RuntimeCall = RuntimeCall;
    type MaximumWeight = MaximumSchedulerWeight;
    type ScheduleOrigin = EnsureRoot<AccountId>;
    type OriginPrivilegeCmp = EqualPrivilegeOnly;
    type MaxScheduledPerBlock = ConstU32<50>;
    type WeightInfo = pallet_scheduler::weights::SubstrateWeight<Runtime>;
    type Preimages = Preimage;
    type BlockNumberProvider = System;
}

parameter_types! {
    pub const SubmissionDeposit: Balance = 10 * CLR;
    /// The tokens whose holders can vote.
    pub MaxTurnout: Balance = Balances::total_issuance();
}

impl pallet_conviction_voting::Config for Runtime {
    type RuntimeEvent = RuntimeEvent;
    type WeightInfo = pallet_conviction_voting::weights::SubstrateWeight<Runtime>;
    type Currency = Balances;
    type Polls = Referenda;
    type MaxTurnout = MaxTurnout;
    type MaxVotes = ConstU32<64>;
    type VoteLockingPeriod = Scaled<{ 7 * DAYS }>;
    type BlockNumberProvider = System;
    type VotingHooks = ();
}

impl pallet_referenda::Config for Runtime {
    type RuntimeCall = RuntimeCall;
    type RuntimeEvent = RuntimeEvent;
    type WeightInfo = pallet_referenda::weights::SubstrateWeight<Runtime>;
    type Scheduler = Scheduler;
    type Currency = Balances;
    type SubmitOrigin = EnsureSigned<AccountId>;
    type CancelOrigin = EitherOf<EnsureRoot<AccountId>, EnsureReferendumCanceller>;
    type KillOrigin = EnsureRoot<AccountId>;
    type Slash = Treasury;
    type Votes = Balance;
    type Tally = pallet_conviction_voting::TallyOf<Runtime>;
    type SubmissionDeposit = SubmissionDeposit;
    type MaxQueued = ConstU32<100>;
    type UndecidingTimeout = Scaled<{ 14 * DAYS }>;
    type AlarmInterval = ConstU32<1>;
    type Tracks = tracks::Tracks;
    type Preimages = Preimage;
    type BlockNumberProvider = System;
}

impl pallet_whitelist::Config for Runtime {
    type RuntimeEvent = RuntimeEvent;
    type RuntimeCall = RuntimeCall;
    type WhitelistOrigin = EnsureEmergency;
    type DispatchWhitelistedOrigin = EitherOf<EnsureRoot<AccountId>, EnsureWhitelistedCaller>;
    type Preimages = Preimage;
    type DeferredDispatchExpiration = Scaled<{ 28 * DAYS }>;
    type BlockNumberProvider = System;
    type WeightInfo = pallet_whitelist::weights::SubstrateWeight<Runtime>;
}

parameter_types! {
    pub MaxProposalWeight: Weight = Perbill::from_percent(50) * block::MAX_WEIGHT;
}

impl pallet_collective::Config<CommitteeInstance> for Runtime {
    type RuntimeOrigin = RuntimeOrigin;
    type Proposal = RuntimeCall;
    type RuntimeEvent = RuntimeEvent;
    type MotionDuration = Scaled<{ 3 * DAYS }>;
    type MaxProposals = ConstU32<32>;
    type MaxMembers = ConstU32<21>;
    // A silent member has not agreed.
    type DefaultVote = pallet_collective::MoreThanMajorityThenPrimeDefaultVote;
    type WeightInfo = pallet_collective::weights::SubstrateWeight<Runtime>;
    type SetMembersOrigin = EnsureRoot<AccountId>;
    type MaxProposalWeight = MaxProposalWeight;
    type DisapproveOrigin = EnsureRoot<AccountId>;
    type KillOrigin = EnsureRoot<AccountId>;
    type Consideration = ();
}

/// The native token and all others, as one set of assets.
pub type NativeAndAssets =
    UnionOf<Balances, Assets, NativeFromLeft, NativeOrWithId<crate::AssetId>, AccountId>;

parameter_types! {
    pub const TreasuryPalletId: PalletId = PalletId(*b"py/trsry");
    /// Receives the chain's share of the fees, slashed funds, and forfeited deposits.
    pub TreasuryAccount: AccountId = TreasuryPalletId::get().into_account_truncating();
    /// A referendum on the treasury may spend all of it.
    pub const AnySpend: Balance = Balance::MAX;
    pub const NothingBurnt: Permill = Permill::zero();
}

impl pallet_treasury::Config for Runtime {
    type Currency = Balances;
    type RejectOrigin = EitherOf<EnsureRoot<AccountId>, EnsureTreasurer>;
    type RuntimeEvent = RuntimeEvent;
    type SpendPeriod = Scaled<{ DAYS }>;
    type Burn = NothingBurnt;
    type PalletId = TreasuryPalletId;
    type BurnDestination = ();
    type WeightInfo = pallet_treasury::weights::SubstrateWeight<Runtime>;
    type SpendFunds = ();
    type MaxApprovals = ConstU32<64>;
    type SpendOrigin =
        EnsureWithSuccess<EitherOf<EnsureRoot<AccountId>, EnsureTreasurer>, AccountId, AnySpend>;
    type AssetKind = NativeOrWithId<crate::AssetId>;
    type Beneficiary = AccountId;
    type BeneficiaryLookup = AccountIdLookup<AccountId, ()>;
    type Paymaster = PayAssetFromAccount<NativeAndAssets, TreasuryAccount>;
    // The converted amount is compared with `AnySpend` alone, so no rate between assets matters.
    type BalanceConverter = UnityAssetBalanceConversion;
    type PayoutPeriod = Scaled<{ 30 * DAYS }>;
    type BlockNumberProvider = System;
    #[cfg(feature = "runtime-benchmarks")]
    type BenchmarkHelper = BenchmarkSpends;
}

/// Assets and beneficiaries for the treasury's benchmarks.
#[cfg(feature = "runtime-benchmarks")]
pub struct BenchmarkSpends;

#[cfg(feature = "runtime-benchmarks")]
impl pallet_treasury::ArgumentsFactory<NativeOrWithId<crate::AssetId>, AccountId>
    for BenchmarkSpends
{
    fn create_asset_kind(seed: u32) -> NativeOrWithId<crate::AssetId> {
        // Ids beyond those of the development preset.
        NativeOrWithId::WithId(1_000 + seed)
    }

    fn create_beneficiary(seed: [u8; 32]) -> AccountId {
        AccountId::from(seed)
    }
}
