//! The clearing house: risk policy, market data, custody, settlement.

use crate::{
    constants::money::CLR, AccountId, Assets, Balance, Balances, BlockNumber,
    Custody, MarketData, Oracle, Runtime, RuntimeHoldReason, Settlement, Timestamp,
};
use clearproof_primitives::{fixed::Rate, shape::MarketShape};
use frame_support::{parameter_types, PalletId};
use frame_system::EnsureRoot;
use pallet_clearproof_market_data::{Feed, IndexPrices, TimedPrice};

parameter_types! {
    /// Dimensions of the market: part of every circuit, so a change is a change of protocol.
    pub const Market: MarketShape = MarketShape::REFERENCE;
    /// Two blocks: a snapshot costs 53 Poseidon permutations of width 15.
    pub const SnapshotInterval: BlockNumber = 2;
    /// Snapshots of 25 minutes: as long as a batch may take to be proven and included.
    pub const RetainedSnapshots: u32 = 256;
    /// A price older than this halts its market.
    pub const MaxPriceAge: u64 = 120_000;
    /// A price further than 20 % from the last accepted one halts its market.
    pub const MaxDeviation: Rate = 858_993_459;
    pub const CustodyPalletId: PalletId = PalletId(*b"clr/cust");
    /// Held from a venue's owner.
    pub const VenueDeposit: Balance = 100 * CLR;
    /// After the next snapshot, a batch may go on at the last one for this long.
    pub const SnapshotGrace: u64 = 60_000;
    pub const RootHistory: u32 = 1_000;
}

impl pallet_clearproof_risk_policy::Config for Runtime {
    type AdminOrigin = EnsureRoot<AccountId>;
    type Market = Market;
    type WeightInfo = pallet_clearproof_risk_policy::weights::SubstrateWeight<Runtime>;
}

/// Index prices from the oracle's medians. Their age is for the market data pallet to judge.
pub struct OraclePrices;

impl IndexPrices for OraclePrices {
    fn latest(feed: &Feed) -> Option<TimedPrice> {
        let value = Oracle::get(feed)?;
        Some(TimedPrice { value: value.value, timestamp: value.timestamp })
    }

    #[cfg(feature = "runtime-benchmarks")]
    fn set_latest(feed: &Feed, price: TimedPrice) {
        let value = pallet_oracle::TimestampedValue { value: price.value, timestamp: price.timestamp };
        pallet_oracle::Values::<Runtime>::insert(feed, value);
    }
}

impl pallet_clearproof_market_data::Config for Runtime {
    type AdminOrigin = EnsureRoot<AccountId>;
    type IndexPrices = OraclePrices;
    type Time = Timestamp;
    type SnapshotInterval = SnapshotInterval;
    type RetainedSnapshots = RetainedSnapshots;
    type MaxPriceAge = MaxPriceAge;
    type MaxDeviation = MaxDeviation;
    type WeightInfo = pallet_clearproof_market_data::weights::SubstrateWeight<Runtime>;
}

impl pallet_clearproof_custody::Config for Runtime {
    type NativeCurrency = Balances;
    type Tokens = Assets;
    type AdminOrigin = EnsureRoot<AccountId>;
    type Venues = Settlement;
    type Market = Market;
    type PalletId = CustodyPalletId;
    type WeightInfo = pallet_clearproof_custody::weights::SubstrateWeight<Runtime>;
    #[cfg(feature = "runtime-benchmarks")]
    type BenchmarkHelper = Benchmarks;
}

impl pallet_clearproof_settlement::Config for Runtime {
    type Currency = Balances;
    type RuntimeHoldReason = RuntimeHoldReason;
    type Custody = Custody;
    type Snapshots = MarketData;
    type Time = Timestamp;
    type AdminOrigin = EnsureRoot<AccountId>;
    type Market = Market;
    type VenueDeposit = VenueDeposit;
    type SnapshotGrace = SnapshotGrace;
    type RootHistory = RootHistory;
    type WeightInfo = pallet_clearproof_settlement::weights::SubstrateWeight<Runtime>;
    #[cfg(feature = "runtime-benchmarks")]
    type BenchmarkHelper = Benchmarks;
}

/// Sets up what the pallets' benchmarks need.
#[cfg(feature = "runtime-benchmarks")]
pub struct Benchmarks;

#[cfg(feature = "runtime-benchmarks")]
mod benchmarks {
    use super::*;
    use frame_support::traits::Hooks;

    impl pallet_clearproof_custody::BenchmarkHelper for Benchmarks {
        fn create_token(id: u32) {
            use frame_support::traits::fungibles::Create;
            let owner = AccountId::new([0; 32]);
            <Assets as Create<AccountId>>::create(id, owner, true, 1).expect("the benchmark's token is new");
        }
    }

    impl pallet_clearproof_settlement::BenchmarkHelper for Benchmarks {
        fn snapshot_at(now: u64) -> u64 {
            Self::set_time(now);
            for feed in crate::genesis_presets::feeds() {
                OraclePrices::set_latest(&feed, TimedPrice { value: 1u128 << 32, timestamp: now });
            }
            let block = SnapshotInterval::get();
            crate::System::set_block_number(block);
            MarketData::on_finalize(block);
            MarketData::latest_snapshot().map_or(0, |(snapshot, _)| snapshot.number)
        }

        fn set_time(now: u64) {
            pallet_timestamp::Now::<Runtime>::put(now);
        }
    }
}

