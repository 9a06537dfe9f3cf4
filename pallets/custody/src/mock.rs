#![allow(clippy::unwrap_used)]
use crate::{self as pallet_clearproof_custody, AssetInfo, AssetKind, VenueId, VenueInspect};
use clearproof_primitives::shape::MarketShape;
use frame_support::{
    PalletId, derive_impl,
    dispatch::DispatchResult,
    parameter_types,
    traits::{AsEnsureOriginWithArg, ConstU128},
};
use frame_system::{EnsureRoot, EnsureSigned};
use sp_runtime::{AccountId32, BuildStorage, DispatchError, traits::IdentityLookup};

pub type AccountId = AccountId32;

frame_support::construct_runtime!(
    pub enum Test {
        System: frame_system,
        Balances: pallet_balances,
        Tokens: pallet_assets,
        Custody: pallet_clearproof_custody,
    }
);

#[derive_impl(frame_system::config_preludes::TestDefaultConfig)]
impl frame_system::Config for Test {
    type Block = frame_system::mocking::MockBlock<Self>;
    type AccountId = AccountId;
    type Lookup = IdentityLookup<AccountId>;
    type AccountData = pallet_balances::AccountData<u128>;
}

pub const EXISTENTIAL: u128 = 10;

#[derive_impl(pallet_balances::config_preludes::TestDefaultConfig)]
impl pallet_balances::Config for Test {
    type Balance = u128;
    type ExistentialDeposit = ConstU128<EXISTENTIAL>;
    type AccountStore = System;
}

#[derive_impl(pallet_assets::config_preludes::TestDefaultConfig)]
impl pallet_assets::Config for Test {
    type Balance = u128;
    type Currency = Balances;
    type CreateOrigin = AsEnsureOriginWithArg<EnsureSigned<AccountId>>;
    type ForceOrigin = EnsureRoot<AccountId>;
    type AssetDeposit = ConstU128<1>;
    type AssetAccountDeposit = ConstU128<1>;
    type MetadataDepositBase = ConstU128<1>;
    type MetadataDepositPerByte = ConstU128<1>;
    type ApprovalDeposit = ConstU128<1>;
}

parameter_types! {
    pub const Market: MarketShape = MarketShape::TINY;
    pub const Id: PalletId = PalletId(*b"clearprf");
    pub TreasuryAccount: AccountId = account(TREASURY);
}

pub const VENUE: VenueId = VenueId::new(1);
pub const OTHER_VENUE: VenueId = VenueId::new(2);
pub const PAUSED_VENUE: VenueId = VenueId::new(3);

pub struct Venues;
impl VenueInspect for Venues {
    fn ensure_accepts_deposits(venue: VenueId) -> DispatchResult {
        match venue {
            VENUE | OTHER_VENUE => Ok(()),
            _ => Err(DispatchError::Unavailable),
        }
    }

    #[cfg(feature = "runtime-benchmarks")]
    fn benchmark_venue() -> VenueId {
        VENUE
    }
}

impl pallet_clearproof_custody::Config for Test {
    type NativeCurrency = Balances;
    type Tokens = Tokens;
    type AdminOrigin = EnsureRoot<AccountId>;
    type Venues = Venues;
    type Market = Market;
    type PalletId = Id;
    type Treasury = TreasuryAccount;
    type WeightInfo = ();
    #[cfg(feature = "runtime-benchmarks")]
    type BenchmarkHelper = TokenCreator;
}

#[cfg(feature = "runtime-benchmarks")]
pub struct TokenCreator;
#[cfg(feature = "runtime-benchmarks")]
impl crate::BenchmarkHelper for TokenCreator {
    fn create_token(id: u32) {
        Tokens::force_create(RuntimeOrigin::root(), id, account(9), true, 1).unwrap();
    }
}

pub fn account(n: u8) -> AccountId {
    AccountId32::new([n; 32])
}

/// Minimum balance 1, sufficient.
pub const COIN: u32 = 7;
/// Minimum balance 5, not sufficient.
pub const HEAVY: u32 = 8;
pub const ALICE: u8 = 1;
pub const BOB: u8 = 2;
/// Owns nothing at first.
pub const TREASURY: u8 = 40;

/// Asset 0 is the coin, asset 1 the native currency; both venues are open; Alice and Bob are rich.
pub fn new_test_ext() -> sp_io::TestExternalities {
    let storage = RuntimeGenesisConfig {
        balances: pallet_balances::GenesisConfig {
            balances: vec![(account(ALICE), 1_000_000), (account(BOB), 1_000_000)],
            ..Default::default()
        },
        tokens: pallet_assets::GenesisConfig {
            assets: vec![
                (COIN, account(ALICE), true, 1),
                (HEAVY, account(ALICE), false, 5),
            ],
            accounts: vec![
                (COIN, account(ALICE), 1_000_000),
                (COIN, account(BOB), u128::from(u64::MAX)),
                (HEAVY, account(ALICE), 1_000_000),
            ],
            ..Default::default()
        },
        custody: pallet_clearproof_custody::GenesisConfig {
            assets: vec![
                (
                    0,
                    AssetInfo {
                        kind: AssetKind::Token(COIN),
                        minimum_deposit: 5,
                    },
                ),
                (
                    1,
                    AssetInfo {
                        kind: AssetKind::Native,
                        minimum_deposit: 1,
                    },
                ),
            ],
            ..Default::default()
        },
        ..Default::default()
    }
    .build_storage()
    .unwrap();
    let mut ext = sp_io::TestExternalities::from(storage);
    ext.execute_with(|| {
        System::set_block_number(1);
        for venue in [VENUE, OTHER_VENUE] {
            <Custody as crate::VenueCustody<AccountId>>::open(venue, &account(ALICE)).unwrap();
        }
    });
    ext
}

/// Runs a test, then checks the invariants.
pub fn run<R>(test: impl FnOnce() -> R) -> R {
    new_test_ext().execute_with(|| {
        let result = test();
        Custody::check_state().unwrap();
        result
    })
}
