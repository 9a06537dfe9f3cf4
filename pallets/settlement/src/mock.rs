#![allow(clippy::unwrap_used)]
use crate::simulator::Simulator;
use crate::{self as pallet_clearproof_settlement, GenesisCircuit, SnapshotProvider};
use clearproof_primitives::{
    batch::PROTOCOL_VERSION,
    field::Fr,
    fixed::{ONE, Rate},
    ids::{CircuitId, SnapshotNumber},
    shape::{MarketShape, Shape},
    time::Millis,
};
use frame_support::{
    PalletId, derive_impl, ord_parameter_types, parameter_types,
    traits::{AsEnsureOriginWithArg, ConstU32, ConstU128, EitherOfDiverse},
};
use frame_system::{EnsureRoot, EnsureSigned, EnsureSignedBy};
use pallet_clearproof_custody::{AssetInfo, AssetKind};
use pallet_clearproof_market_data::SnapshotInfo;
use sp_runtime::{AccountId32, BuildStorage, traits::IdentityLookup};
use std::collections::BTreeMap;

pub type AccountId = AccountId32;

frame_support::construct_runtime!(
    pub enum Test {
        System: frame_system,
        Timestamp: pallet_timestamp,
        Balances: pallet_balances,
        Tokens: pallet_assets,
        Custody: pallet_clearproof_custody,
        Settlement: pallet_clearproof_settlement,
    }
);

#[derive_impl(frame_system::config_preludes::TestDefaultConfig)]
impl frame_system::Config for Test {
    type Block = frame_system::mocking::MockBlock<Self>;
    type AccountId = AccountId;
    type Lookup = IdentityLookup<AccountId>;
    type AccountData = pallet_balances::AccountData<u128>;
}

#[derive_impl(pallet_timestamp::config_preludes::TestDefaultConfig)]
impl pallet_timestamp::Config for Test {}

#[derive_impl(pallet_balances::config_preludes::TestDefaultConfig)]
impl pallet_balances::Config for Test {
    type Balance = u128;
    type ExistentialDeposit = ConstU128<10>;
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

ord_parameter_types! {
    pub const Committee: AccountId = account(COMMITTEE);
    pub const CircuitVoters: AccountId = account(CIRCUIT_VOTERS);
}

parameter_types! {
    pub const Market: MarketShape = MarketShape::TINY;
    pub const Id: PalletId = PalletId(*b"clearprf");
    pub TreasuryAccount: AccountId = account(TREASURY);
    pub static TakenSnapshots: BTreeMap<SnapshotNumber, SnapshotInfo> = BTreeMap::new();
}

impl pallet_clearproof_custody::Config for Test {
    type NativeCurrency = Balances;
    type Tokens = Tokens;
    type AdminOrigin = EnsureRoot<AccountId>;
    type Venues = Settlement;
    type Market = Market;
    type PalletId = Id;
    type Treasury = TreasuryAccount;
    type WeightInfo = ();
    #[cfg(feature = "runtime-benchmarks")]
    type BenchmarkHelper = Helper;
}

pub struct Snapshots;
impl SnapshotProvider for Snapshots {
    fn snapshot(number: SnapshotNumber) -> Option<SnapshotInfo> {
        TakenSnapshots::get().get(&number).cloned()
    }
}

pub const DEPOSIT: u128 = 1_000;
pub const GRACE: Millis = Millis::new(10_000);
pub const AGE: Millis = Millis::new(NOW.get() - TAKEN.get());
pub const HISTORY: u32 = 3;
pub const NOTICE: Millis = Millis::new(5_000_000);

parameter_types! {
    pub const Grace: Millis = GRACE;
    pub const Age: Millis = AGE;
    pub const Notice: Millis = NOTICE;
}

impl pallet_clearproof_settlement::Config for Test {
    type Currency = Balances;
    type RuntimeHoldReason = RuntimeHoldReason;
    type Custody = Custody;
    type Snapshots = Snapshots;
    type Time = Timestamp;
    type AdminOrigin = EnsureRoot<AccountId>;
    type EmergencyOrigin = EnsureSignedBy<Committee, AccountId>;
    type CircuitOrigin =
        EitherOfDiverse<EnsureRoot<AccountId>, EnsureSignedBy<CircuitVoters, AccountId>>;
    type UrgentCircuitOrigin = EnsureRoot<AccountId>;
    type RetirementNotice = Notice;
    type Market = Market;
    type VenueDeposit = ConstU128<DEPOSIT>;
    type SnapshotGrace = Grace;
    type MaxBatchAge = Age;
    type RootHistory = ConstU32<HISTORY>;
    type WeightInfo = ();
    #[cfg(feature = "runtime-benchmarks")]
    type BenchmarkHelper = Helper;
}

#[cfg(feature = "runtime-benchmarks")]
pub struct Helper;
#[cfg(feature = "runtime-benchmarks")]
impl pallet_clearproof_custody::BenchmarkHelper for Helper {
    fn create_token(id: u32) {
        Tokens::force_create(RuntimeOrigin::root(), id, account(9), true, 1).unwrap();
    }
}
#[cfg(feature = "runtime-benchmarks")]
impl crate::BenchmarkHelper for Helper {
    fn snapshot_at(now: Millis) -> SnapshotNumber {
        Timestamp::set_timestamp(now.get());
        TakenSnapshots::mutate(|taken| taken.insert(SnapshotNumber::new(9), snapshot(now, None)));
        SnapshotNumber::new(9)
    }
    fn set_time(now: Millis) {
        Timestamp::set_timestamp(now.get());
    }
}

pub fn account(n: u8) -> AccountId {
    AccountId32::new([n; 32])
}

pub const OWNER: u8 = 1;
pub const BOB: u8 = 2;
pub const OPERATOR: u8 = 3;
pub const TREASURY: u8 = 40;
/// The account of its emergency origin.
pub const COMMITTEE: u8 = 41;
/// The account of its circuit origin, beside root.
pub const CIRCUIT_VOTERS: u8 = 42;

pub const COIN: u32 = 7;
pub const CIRCUIT: CircuitId = CircuitId::new(1);
/// Key seeds of the circuit.
pub const CHUNK: u64 = 1;
pub const CLOSING: u64 = 2;

pub const CREATED: Millis = Millis::new(1_000_000);
pub const TAKEN: Millis = Millis::new(2_000_000);
pub const NEXT_TAKEN: Millis = Millis::new(3_000_000);
pub const NOW: Millis = Millis::new(10_000_000);
/// Marks of the instruments that trade.
pub const MARKS: [u64; 4] = [1_000 * ONE, 2_000 * ONE, 0, 50 * ONE];
/// Largest distance of a clearing price from each mark, 32.32.
pub const BANDS: [u64; 4] = [50 * ONE, 100 * ONE, 0, 3 * ONE];

/// Largest premium that counts for funding.
pub const PREMIUM_CAP: u64 = 8 * ONE;
pub const FUNDING_INTERVAL: Millis = Millis::new(3_600_000);
/// Lots that a venue may hold of each instrument.
pub const INTEREST_CAPS: [u64; 4] = [100, 200, 0, 50];
/// A fifth.
pub const PROTOCOL_SHARE: Rate = Rate::new(u32::MAX / 5);

pub fn snapshot(taken_at: Millis, next_taken_at: Option<Millis>) -> SnapshotInfo {
    SnapshotInfo {
        hash: Fr::from(taken_at.get()).into(),
        taken_at,
        next_taken_at,
        marks: MARKS.to_vec(),
        bands: BANDS.to_vec(),
        premium_caps: vec![PREMIUM_CAP; 4],
        funding_interval: FUNDING_INTERVAL,
        open_interest_caps: INTEREST_CAPS.to_vec(),
        protocol_share: PROTOCOL_SHARE,
    }
}

pub fn genesis_circuit(development: bool) -> GenesisCircuit {
    GenesisCircuit {
        id: CIRCUIT,
        version: PROTOCOL_VERSION,
        shape: Shape::TINY,
        chunk_key: Simulator::new(CHUNK).key().into_inner(),
        closing_key: Simulator::new(CLOSING).key().into_inner(),
        development,
    }
}

/// Accounts with funds, the coin as asset 0, one development circuit, snapshots 1 (superseded) and
/// 2 (latest), and the time of the venues' creation.
pub fn new_test_ext() -> sp_io::TestExternalities {
    let storage = RuntimeGenesisConfig {
        balances: pallet_balances::GenesisConfig {
            balances: [OWNER, BOB, OPERATOR]
                .map(|n| (account(n), 1_000_000))
                .to_vec(),
            ..Default::default()
        },
        tokens: pallet_assets::GenesisConfig {
            assets: vec![(COIN, account(OWNER), true, 1)],
            accounts: vec![(COIN, account(OWNER), 1_000_000)],
            ..Default::default()
        },
        custody: pallet_clearproof_custody::GenesisConfig {
            assets: vec![
                (
                    0,
                    AssetInfo {
                        kind: AssetKind::Token(COIN),
                        minimum_deposit: 1,
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
        settlement: pallet_clearproof_settlement::GenesisConfig {
            allow_development_keys: true,
            circuits: vec![genesis_circuit(true)],
            ..Default::default()
        },
        ..Default::default()
    }
    .build_storage()
    .unwrap();
    let mut ext = sp_io::TestExternalities::from(storage);
    ext.execute_with(|| {
        System::set_block_number(1);
        Timestamp::set_timestamp(CREATED.get());
        TakenSnapshots::set(BTreeMap::from([
            (SnapshotNumber::new(1), snapshot(TAKEN, Some(NEXT_TAKEN))),
            (SnapshotNumber::new(2), snapshot(NEXT_TAKEN, None)),
        ]));
    });
    ext
}
