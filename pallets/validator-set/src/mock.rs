//! A chain of sessions with real keys, historical roots, offences and balances. Tests choose the
//! author of each block.
#![allow(clippy::unwrap_used)]

use crate::{self as pallet_clearproof_validator_set, AccountOnly, Limits};
use frame_support::{
    derive_impl, parameter_types,
    traits::{
        ConstU32, ConstU64, ConstU128, FindAuthor, OnFinalize, OnInitialize,
        tokens::imbalance::ResolveTo,
    },
};
use frame_system::EnsureRoot;
use pallet_session::{
    PeriodicSessions, TestSessionHandler, disabling::UpToLimitWithReEnablingDisablingStrategy,
    historical as pallet_session_historical, historical::NoteHistoricalRoot,
};
use sp_runtime::{
    BuildStorage, ConsensusEngineId, impl_opaque_keys, testing::UintAuthorityId,
    traits::ConvertInto,
};

frame_support::construct_runtime!(
    pub enum Test {
        System: frame_system,
        Balances: pallet_balances,
        Offences: pallet_offences,
        Historical: pallet_session_historical,
        ValidatorSet: pallet_clearproof_validator_set,
        Session: pallet_session,
        Authorship: pallet_authorship,
    }
);

#[derive_impl(frame_system::config_preludes::TestDefaultConfig)]
impl frame_system::Config for Test {
    type Block = frame_system::mocking::MockBlock<Self>;
    type AccountData = pallet_balances::AccountData<u128>;
}

#[derive_impl(pallet_balances::config_preludes::TestDefaultConfig)]
impl pallet_balances::Config for Test {
    type Balance = u128;
    type ExistentialDeposit = ConstU128<10>;
    type AccountStore = System;
}

impl_opaque_keys! {
    pub struct Keys {
        pub one: UintAuthorityId,
    }
}

/// Number of blocks of a session. Session 0 has one less, because no block 0 is executed.
pub const SESSION: u64 = 12;

impl pallet_session::Config for Test {
    type RuntimeEvent = RuntimeEvent;
    type ValidatorId = u64;
    type ValidatorIdOf = ConvertInto;
    type ShouldEndSession = PeriodicSessions<ConstU64<SESSION>, ConstU64<0>>;
    type NextSessionRotation = PeriodicSessions<ConstU64<SESSION>, ConstU64<0>>;
    type SessionManager = NoteHistoricalRoot<Self, ValidatorSet>;
    type SessionHandler = TestSessionHandler;
    type Keys = Keys;
    type DisablingStrategy = UpToLimitWithReEnablingDisablingStrategy;
    type WeightInfo = ();
    type Currency = Balances;
    type KeyDeposit = ConstU128<7>;
}

impl pallet_session_historical::Config for Test {
    type RuntimeEvent = RuntimeEvent;
    type FullIdentification = ();
    type FullIdentificationOf = AccountOnly;
}

impl pallet_offences::Config for Test {
    type RuntimeEvent = RuntimeEvent;
    type IdentificationTuple = pallet_session_historical::IdentificationTuple<Self>;
    type OnOffenceHandler = ValidatorSet;
}

parameter_types! {
    /// The author of the present block.
    pub static Author: Option<u64> = None;
    pub const Treasury: u64 = TREASURY;
    pub const MinimumBondRange: (u128, u128) = (100, 10_000);
}

pub struct NamedAuthor;
impl FindAuthor<u64> for NamedAuthor {
    fn find_author<'a, I: IntoIterator<Item = (ConsensusEngineId, &'a [u8])>>(_: I) -> Option<u64> {
        Author::get()
    }
}

impl pallet_authorship::Config for Test {
    type FindAuthor = NamedAuthor;
    type EventHandler = ValidatorSet;
}

pub const REPORT_SESSIONS: u32 = 4;
pub const UNBONDING_SESSIONS: u32 = 5;

impl crate::Config for Test {
    type AdminOrigin = EnsureRoot<u64>;
    type NativeCurrency = Balances;
    type RuntimeHoldReason = RuntimeHoldReason;
    type OnSlash = ResolveTo<Treasury, Balances>;
    type Offences = Offences;
    type MinimumBondRange = MinimumBondRange;
    type MaxValidators = ConstU32<8>;
    type ReportSessions = ConstU32<REPORT_SESSIONS>;
    type UnbondingSessions = ConstU32<UNBONDING_SESSIONS>;
    type MaxSilentSessions = ConstU32<2>;
    type MaxSilentTurns = ConstU32<3>;
    type WeightInfo = ();
}

/// Receives slashed funds; owns nothing at first.
pub const TREASURY: u64 = 99;
/// Balance of each account at first.
pub const ENDOWMENT: u128 = 100_000;
/// Bond of each validator at first.
pub const BOND: u128 = 1_000;
/// Accounts that may be added: they have keys, but no bond.
pub const CANDIDATES: [u64; 4] = [5, 6, 7, 8];
/// Has no keys.
pub const KEYLESS: u64 = 9;

/// The limits at genesis.
pub const LIMITS: Limits<u128> = Limits {
    minimum_bond: 500,
    minimum_validators: 3,
    maximum_validators: 7,
};

pub fn keys(n: u64) -> Keys {
    Keys {
        one: UintAuthorityId(n),
    }
}

fn named(accounts: impl IntoIterator<Item = u64>) -> Vec<(u64, u64, Keys)> {
    accounts.into_iter().map(|n| (n, n, keys(n))).collect()
}

/// The genesis with `validators`, who have the usual bond.
pub fn genesis(validators: impl IntoIterator<Item = u64>) -> RuntimeGenesisConfig {
    let validators: Vec<u64> = validators.into_iter().collect();
    let others = CANDIDATES.into_iter().filter(|n| !validators.contains(n));
    RuntimeGenesisConfig {
        balances: pallet_balances::GenesisConfig {
            balances: (1..=KEYLESS).map(|n| (n, ENDOWMENT)).collect(),
            ..Default::default()
        },
        session: pallet_session::GenesisConfig {
            keys: named(validators.clone()),
            non_authority_keys: named(others),
        },
        validator_set: crate::GenesisConfig {
            validators: validators.into_iter().map(|n| (n, BOND)).collect(),
            limits: Some(LIMITS),
        },
        ..Default::default()
    }
}

/// Block 1 of a chain with `validators`.
pub fn ext_of(validators: impl IntoIterator<Item = u64>) -> sp_io::TestExternalities {
    let storage = genesis(validators).build_storage().unwrap();
    let mut ext = sp_io::TestExternalities::new(storage);
    ext.execute_with(|| System::set_block_number(1));
    ext
}

/// A chain with validators 1 to 4.
#[cfg(feature = "runtime-benchmarks")]
pub fn new_test_ext() -> sp_io::TestExternalities {
    ext_of(1..=4)
}

/// Runs a test on a chain with validators 1 to 4. Afterwards the state must be consistent.
pub fn run(test: impl FnOnce()) {
    run_with(1..=4, test);
}

/// Runs a test on a chain with `validators`. Afterwards the state must be consistent.
pub fn run_with(validators: impl IntoIterator<Item = u64>, test: impl FnOnce()) {
    ext_of(validators).execute_with(|| {
        test();
        assert_eq!(ValidatorSet::check_state(), Ok(()));
    });
}

/// Executes the hooks of the next block.
pub fn next_block(author: Option<u64>) {
    <Authorship as OnFinalize<u64>>::on_finalize(System::block_number());
    let number = System::block_number() + 1;
    System::set_block_number(number);
    Author::set(author);
    <Session as OnInitialize<u64>>::on_initialize(number);
    <Authorship as OnInitialize<u64>>::on_initialize(number);
}

/// Makes blocks until the next session has begun, authored by each of `authors` in turn.
pub fn pass_session(authors: &[u64]) {
    let before = Session::current_index();
    for author in authors.iter().cycle() {
        next_block(Some(*author));
        if Session::current_index() != before {
            return;
        }
    }
}

/// Passes sessions in which every validator authors.
pub fn pass_sessions(count: u32) {
    for _ in 0..count {
        pass_session(&Session::validators());
    }
}

/// The events of this pallet since the last call.
pub fn events() -> Vec<crate::Event<Test>> {
    let events = System::read_events_for_pallet::<crate::Event<Test>>();
    System::reset_events();
    events
}

/// The amount that is held of an account as its bond.
pub fn held(who: u64) -> u128 {
    use frame_support::traits::fungible::InspectHold;
    Balances::balance_on_hold(&crate::HoldReason::Bond.into(), &who)
}
