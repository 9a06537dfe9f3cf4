//! A runtime with this pallet alone.

use crate as pallet_risk_policy;
use clearproof_primitives::{policy::Policy, shape::MarketShape, time::Millis};
use frame_support::{
    derive_impl, ord_parameter_types, parameter_types,
    traits::{ConstU32, ConstU64},
};
use frame_system::{EnsureRoot, EnsureSignedBy};
use sp_runtime::BuildStorage;

frame_support::construct_runtime!(
    pub enum Test {
        System: frame_system,
        Timestamp: pallet_timestamp,
        RiskPolicy: pallet_risk_policy,
    }
);

#[derive_impl(frame_system::config_preludes::TestDefaultConfig)]
impl frame_system::Config for Test {
    type Block = frame_system::mocking::MockBlock<Self>;
}

parameter_types! {
    pub const Market: MarketShape = MarketShape::REFERENCE;
}

impl pallet_timestamp::Config for Test {
    type Moment = u64;
    type OnTimestampSet = ();
    type MinimumPeriod = ConstU64<1>;
    type WeightInfo = ();
}

/// The account of referenda.
pub const VOTERS: u64 = 5;
/// The committee's account.
pub const COMMITTEE: u64 = 7;
/// Delay of a change that tightens, milliseconds.
pub const SHORT: Millis = Millis::new(1_000);
/// Time from one emergency to the next, milliseconds.
pub const INTERVAL: Millis = Millis::new(2_500);
/// Delay of any other change, milliseconds.
pub const LONG: Millis = Millis::new(10_000);

ord_parameter_types! {
    pub const Voters: u64 = VOTERS;
    pub const Committee: u64 = COMMITTEE;
}

parameter_types! {
    pub const Short: Millis = SHORT;
    pub const Long: Millis = LONG;
    pub const AtOnce: Millis = Millis::ZERO;
    pub const Interval: Millis = INTERVAL;
}

impl pallet_risk_policy::Config for Test {
    type AdminOrigin = EnsureRoot<u64>;
    type ChangeOrigin = EnsureSignedBy<Voters, u64>;
    type TightenOrigin = EnsureSignedBy<Committee, u64>;
    type CancelOrigin = EnsureSignedBy<Voters, u64>;
    type Clock = Timestamp;
    type TightenDelay = Short;
    type LoosenDelay = Long;
    type EmergencyDelay = AtOnce;
    type EmergencyInterval = Interval;
    type MaxPending = ConstU32<4>;
    type MaxChanges = ConstU32<8>;
    type Market = Market;
    type WeightInfo = crate::weights::SubstrateWeight<Self>;
}

/// Externalities of a chain whose genesis has this policy.
pub fn ext_with(policy: Option<Policy>) -> sp_io::TestExternalities {
    let genesis = RuntimeGenesisConfig {
        risk_policy: crate::GenesisConfig {
            policy,
            _config: Default::default(),
        },
        ..Default::default()
    };
    let mut ext: sp_io::TestExternalities =
        genesis.build_storage().expect("a valid genesis").into();
    ext.execute_with(|| System::set_block_number(1));
    ext
}

/// Externalities of a chain that starts with the development policy.
pub fn new_test_ext() -> sp_io::TestExternalities {
    ext_with(Some(Policy::development(&MarketShape::REFERENCE)))
}
