//! A runtime with the clock and this pallet. Tests set the risk policy and feed the oracle.

use crate::{
    self as pallet_market_data, Feed, FeedValue, Observation, OpenInterest, OracleFeeds,
    PolicySource, development,
};
use clearproof_primitives::{
    fixed::{IndexPrice, Rate},
    ids::Slot,
    policy::Policy,
    shape::MarketShape,
    time::Millis,
};
use frame_support::{
    derive_impl, ord_parameter_types, parameter_types,
    traits::{ConstU32, ConstU64, Get, Hooks},
    weights::Weight,
};
use frame_system::{EnsureRoot, EnsureSignedBy};
use sp_runtime::BuildStorage;
use std::{cell::RefCell, collections::BTreeMap};

frame_support::construct_runtime!(
    pub enum Test {
        System: frame_system,
        Timestamp: pallet_timestamp,
        MarketData: pallet_market_data,
    }
);

#[derive_impl(frame_system::config_preludes::TestDefaultConfig)]
impl frame_system::Config for Test {
    type Block = frame_system::mocking::MockBlock<Self>;
}

impl pallet_timestamp::Config for Test {
    type Moment = u64;
    type OnTimestampSet = ();
    type MinimumPeriod = ConstU64<1>;
    type WeightInfo = ();
}

/// Milliseconds per block.
pub const BLOCK: Millis = Millis::new(6_000);
/// Time of block 0.
pub const START: Millis = Millis::new(1_700_000_000_000);
/// Time over which settlement prices are averaged, milliseconds.
pub const WINDOW: Millis = Millis::new(10 * BLOCK.get());
/// Ten percent.
pub const DEVIATION: u32 = u32::MAX / 10 + 1;
/// The average follows within twenty blocks.
pub const AVERAGE_WINDOW: Millis = Millis::new(20 * BLOCK.get());
/// Thirty percent.
pub const AVERAGE_DEVIATION: u32 = u32::MAX / 10 * 3 + 2;

ord_parameter_types! {
    /// May halt instruments, and nothing else.
    pub const Committee: u64 = 7;
}

parameter_types! {
    pub const Market: MarketShape = MarketShape::REFERENCE;
    pub const PriceAge: Millis = Millis::new(5 * BLOCK.get());
    pub const Averaged: Millis = AVERAGE_WINDOW;
    pub const TradingEnd: Millis = Millis::new(2 * BLOCK.get());
    pub const Window: Millis = WINDOW;
    pub const Freed: Millis = Millis::new(4 * BLOCK.get());
    /// The policy in force.
    pub static InForce: Option<Policy> = None;
    /// The number of policies that were set.
    pub static Version: u32 = 0;
}

/// The risk policy that tests set.
pub struct Policies;

impl PolicySource for Policies {
    fn policy() -> Option<Policy> {
        InForce::get()
    }

    fn version() -> u32 {
        Version::get()
    }

    fn advance(_: Millis) {}

    fn advance_weight() -> Weight {
        Weight::zero()
    }

    #[cfg(feature = "runtime-benchmarks")]
    fn set_policy(policy: Policy) {
        set_policy(policy);
    }
}

/// Puts a policy into force.
pub fn set_policy(policy: Policy) {
    assert_eq!(policy.check(&Market::get()), Ok(()));
    InForce::set(Some(policy));
    Version::mutate(|version| *version += 1);
}

/// A rate by its bits.
pub struct ConstRate<const BITS: u32>;

impl<const BITS: u32> Get<Rate> for ConstRate<BITS> {
    fn get() -> Rate {
        Rate::new(BITS)
    }
}

impl pallet_market_data::Config for Test {
    type AdminOrigin = EnsureRoot<u64>;
    type EmergencyOrigin = EnsureSignedBy<Committee, u64>;
    type Oracle = Oracle;
    type Policy = Policies;
    type Market = Market;
    type Time = Timestamp;
    type SnapshotInterval = ConstU64<2>;
    type RetainedSnapshots = ConstU32<4>;
    type MaxPriceAge = PriceAge;
    type MaxDeviation = ConstRate<DEVIATION>;
    type AverageWindow = Averaged;
    type MaxAverageDeviation = ConstRate<AVERAGE_DEVIATION>;
    type MaxVolatilityStep = ConstRate<{ u32::MAX / 2 }>;
    type TradingEndsBefore = TradingEnd;
    type SettlementWindow = Window;
    type OpenInterest = Held;
    type FreedAfter = Freed;
    type WeightInfo = crate::weights::SubstrateWeight<Self>;
}

thread_local! {
    /// Slots in which venues hold positions.
    pub static HELD: RefCell<Vec<Slot>> = const { RefCell::new(Vec::new()) };
    static FED: RefCell<BTreeMap<Feed, Observation>> = const { RefCell::new(BTreeMap::new()) };
}

/// The venues' positions, as set by tests.
pub struct Held;

impl OpenInterest for Held {
    fn any(slot: Slot) -> bool {
        HELD.with_borrow(|held| held.contains(&slot))
    }
}

/// The oracle that tests feed.
pub struct Oracle;

impl OracleFeeds for Oracle {
    fn latest(feed: &Feed) -> Option<Observation> {
        FED.with_borrow(|fed| fed.get(feed).copied())
    }

    #[cfg(feature = "runtime-benchmarks")]
    fn set_latest(feed: &Feed, observation: Observation) {
        FED.with_borrow_mut(|fed| fed.insert(*feed, observation));
    }
}

/// Whole dollars as an index price of the development market, whose quote has six decimals.
pub const fn dollars(whole: u128) -> IndexPrice {
    (whole * 1_000_000) << 32
}

/// The time of the present block.
pub fn now() -> Millis {
    Millis::new(Timestamp::get())
}

/// Feeds a value, observed now.
pub fn feed_value(feed: Feed, value: FeedValue) {
    let timestamp = now();
    FED.with_borrow_mut(|fed| fed.insert(feed, Observation { value, timestamp }));
}

/// Feeds a price, observed now.
pub fn feed(feed: Feed, price: IndexPrice) {
    feed_value(feed, FeedValue::Price(price));
}

/// Returns the last price that was fed, with its time.
pub fn fed(feed: Feed) -> Option<(IndexPrice, Millis)> {
    match Oracle::latest(&feed)? {
        Observation {
            value: FeedValue::Price(price),
            timestamp,
        } => Some((price, timestamp)),
        _ => None,
    }
}

/// Feeds the usual price of every underlying, and of bitcoin as collateral.
pub fn feed_all() {
    for (underlying, price) in [1, 60_000, 3_000, 2].into_iter().enumerate() {
        feed(Feed::Underlying(underlying as u16), dollars(price));
    }
    feed(Feed::Asset(1), dollars(60_000));
}

/// Finishes blocks up to `block`. In each, `before_end` runs once the block's time is set.
pub fn run_to(block: u64, before_end: impl Fn()) {
    for number in System::block_number() + 1..=block {
        System::set_block_number(number);
        MarketData::on_initialize(number);
        Timestamp::set_timestamp((START + BLOCK * number).get());
        before_end();
        MarketData::on_finalize(number);
    }
}

/// Externalities of a development chain, before its first block and without any price.
pub fn new_test_ext() -> sp_io::TestExternalities {
    FED.with_borrow_mut(BTreeMap::clear);
    HELD.with_borrow_mut(Vec::clear);
    Version::set(0);
    set_policy(Policy::development(&Market::get()));
    let genesis = RuntimeGenesisConfig {
        market_data: pallet_market_data::GenesisConfig {
            instruments: development::instruments(&MarketShape::REFERENCE),
            collateral: development::collateral(&MarketShape::REFERENCE),
            ..Default::default()
        },
        ..Default::default()
    };
    genesis.build_storage().expect("a valid genesis").into()
}
