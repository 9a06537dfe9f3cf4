//! The clearing house: custody, risk policy, market data, settlement.

use super::parameters::{
    AverageWindow, MaxAverageDeviation, MaxDeviation, MaxPriceAge, MaxVolatilityStep, VenueDeposit,
};
use crate::{
    AccountId, Assets, Balances, BlockNumber, Custody, MarketData, Oracle, RiskPolicy, Runtime,
    RuntimeHoldReason, Settlement, Timestamp,
    constants::market,
    governance::{
        EnsureCircuits, EnsureEmergency, EnsureMarkets, EnsureRisk, TreasuryAccount,
        scaled_milliseconds,
    },
};
use clearproof_primitives::{policy::Policy, shape::MarketShape, time::Millis};
use frame_support::{PalletId, parameter_types, traits::ConstU32, weights::Weight};
use frame_system::EnsureRoot;
use pallet_clearproof_market_data::{Feed, Observation, OracleFeeds, PolicySource};

parameter_types! {
    pub const Market: MarketShape = market::SHAPE;
    pub const CustodyPalletId: PalletId = PalletId(*b"clearprf");
}

impl pallet_clearproof_custody::Config for Runtime {
    type NativeCurrency = Balances;
    type Tokens = Assets;
    type AdminOrigin = EnsureMarkets;
    type Venues = Settlement;
    type Market = Market;
    type PalletId = CustodyPalletId;
    type Treasury = TreasuryAccount;
    type WeightInfo = pallet_clearproof_custody::weights::SubstrateWeight<Runtime>;
    #[cfg(feature = "runtime-benchmarks")]
    type BenchmarkHelper = benchmarks::Helper;
}

impl pallet_clearproof_risk_policy::Config for Runtime {
    type AdminOrigin = EnsureRoot<AccountId>;
    type ChangeOrigin = EnsureRisk;
    type TightenOrigin = EnsureEmergency;
    type CancelOrigin = EnsureRisk;
    type Clock = Timestamp;
    type TightenDelay = TightenDelay;
    type LoosenDelay = LoosenDelay;
    type EmergencyDelay = EmergencyDelay;
    type EmergencyInterval = EmergencyInterval;
    type MaxPending = ConstU32<16>;
    type MaxChanges = ConstU32<32>;
    type Market = Market;
    type WeightInfo = pallet_clearproof_risk_policy::weights::SubstrateWeight<Runtime>;
}

parameter_types! {
    /// Delay of changes of the policy that are sure to tighten, milliseconds.
    pub TightenDelay: Millis = scaled_milliseconds(market::TIGHTEN_DELAY);
    /// Delay of all other changes of the policy, milliseconds.
    pub LoosenDelay: Millis = scaled_milliseconds(market::LOOSEN_DELAY);
    pub const EmergencyDelay: Millis = Millis::ZERO;
    /// Time from one emergency change of the policy to the next, milliseconds.
    pub EmergencyInterval: Millis = scaled_milliseconds(market::EMERGENCY_INTERVAL);
    /// Least time from the announcement of a circuit's retirement until then, milliseconds.
    pub RetirementNotice: Millis = scaled_milliseconds(market::RETIREMENT_NOTICE);
    pub const SnapshotInterval: BlockNumber = market::SNAPSHOT_INTERVAL;
    pub const TradingEndsBefore: Millis = market::TRADING_ENDS_BEFORE;
    pub const SettlementWindow: Millis = market::SETTLEMENT_WINDOW;
    pub const FreedAfter: Millis = market::FREED_AFTER;
    pub const SnapshotGrace: Millis = market::SNAPSHOT_GRACE;
    pub const MaxBatchAge: Millis = market::MAX_BATCH_AGE;
}

/// The oracle's values.
///
/// When fewer members than the minimum feed, the oracle keeps returning its last value. Market data
/// checks the timestamp that comes with it.
pub struct OracleAnswers;

impl OracleFeeds for OracleAnswers {
    fn latest(feed: &Feed) -> Option<Observation> {
        let answer = Oracle::get(feed)?;
        Some(Observation {
            value: answer.value,
            timestamp: Millis::new(answer.timestamp),
        })
    }

    #[cfg(feature = "runtime-benchmarks")]
    fn set_latest(feed: &Feed, observation: Observation) {
        pallet_oracle::Values::<Runtime>::insert(
            feed,
            pallet_oracle::TimestampedValue {
                value: observation.value,
                timestamp: observation.timestamp.get(),
            },
        );
    }
}

/// The risk policy pallet as the market data's source of policies.
pub struct PolicyInForce;

impl PolicySource for PolicyInForce {
    fn policy() -> Option<Policy> {
        RiskPolicy::policy()
    }

    fn version() -> u32 {
        RiskPolicy::version()
    }

    fn advance(now: Millis) {
        RiskPolicy::advance(now);
    }

    fn advance_weight() -> Weight {
        RiskPolicy::advance_weight()
    }

    #[cfg(feature = "runtime-benchmarks")]
    fn set_policy(policy: Policy) {
        let policy = pallet_clearproof_risk_policy::BoundedPolicy::try_from(policy)
            .expect("the benchmark's policy is sound");
        pallet_clearproof_risk_policy::CurrentPolicy::<Runtime>::put(policy);
    }
}

impl pallet_clearproof_market_data::Config for Runtime {
    type AdminOrigin = EnsureMarkets;
    type EmergencyOrigin = EnsureEmergency;
    type Oracle = OracleAnswers;
    type Policy = PolicyInForce;
    type Market = Market;
    type Time = Timestamp;
    type SnapshotInterval = SnapshotInterval;
    type RetainedSnapshots = ConstU32<{ market::RETAINED_SNAPSHOTS }>;
    type MaxPriceAge = MaxPriceAge;
    type MaxDeviation = MaxDeviation;
    type AverageWindow = AverageWindow;
    type MaxAverageDeviation = MaxAverageDeviation;
    type MaxVolatilityStep = MaxVolatilityStep;
    type TradingEndsBefore = TradingEndsBefore;
    type SettlementWindow = SettlementWindow;
    type OpenInterest = Settlement;
    type FreedAfter = FreedAfter;
    type WeightInfo = pallet_clearproof_market_data::weights::SubstrateWeight<Runtime>;
}

impl pallet_clearproof_settlement::Config for Runtime {
    type Currency = Balances;
    type RuntimeHoldReason = RuntimeHoldReason;
    type Custody = Custody;
    type Snapshots = MarketData;
    type Time = Timestamp;
    type AdminOrigin = EnsureMarkets;
    type EmergencyOrigin = EnsureEmergency;
    type CircuitOrigin = EnsureCircuits;
    type UrgentCircuitOrigin = EnsureRoot<AccountId>;
    type RetirementNotice = RetirementNotice;
    type Market = Market;
    type VenueDeposit = VenueDeposit;
    type SnapshotGrace = SnapshotGrace;
    type MaxBatchAge = MaxBatchAge;
    type RootHistory = ConstU32<{ market::ROOT_HISTORY }>;
    type WeightInfo = pallet_clearproof_settlement::weights::SubstrateWeight<Runtime>;
    #[cfg(feature = "runtime-benchmarks")]
    type BenchmarkHelper = benchmarks::Helper;
}

/// Helpers of the pallets' benchmarks, which start from the development preset.
#[cfg(feature = "runtime-benchmarks")]
mod benchmarks {
    use super::{Feed, MarketData, Observation, OracleAnswers, OracleFeeds, market};
    use crate::{AccountId, Assets, Runtime, RuntimeOrigin};
    use clearproof_primitives::{chain::FeedValue, ids::SnapshotNumber, time::Millis};
    use frame_support::traits::Hooks;

    /// A price at which the development listings trade: 1,000 quote units, 32 fraction bits.
    const PRICE: u128 = 1_000 << 32;

    /// Prepares the state for benchmarks.
    pub struct Helper;

    impl pallet_clearproof_custody::BenchmarkHelper for Helper {
        fn create_token(id: u32) {
            let owner = AccountId::from([9; 32]);
            Assets::force_create(RuntimeOrigin::root(), id.into(), owner.into(), true, 1)
                .expect("the benchmark chooses an unused id");
        }
    }

    impl pallet_clearproof_settlement::BenchmarkHelper for Helper {
        fn snapshot_at(now: Millis) -> SnapshotNumber {
            Self::set_time(now);
            let shape = market::SHAPE;
            let underlyings = (0..shape.underlyings).map(Feed::Underlying);
            let assets = (1..shape.assets).map(|asset| Feed::Asset(asset as u8));
            for feed in underlyings.chain(assets) {
                let observation = Observation {
                    value: FeedValue::Price(PRICE),
                    timestamp: now,
                };
                OracleAnswers::set_latest(&feed, observation);
            }
            MarketData::on_finalize(market::SNAPSHOT_INTERVAL);
            pallet_clearproof_market_data::LatestNumber::<Runtime>::get()
        }

        fn set_time(now: Millis) {
            // Set directly, not through the pallet: BABE would compare the time with the block's
            // slot.
            pallet_timestamp::Now::<Runtime>::put(now.get());
        }
    }
}
