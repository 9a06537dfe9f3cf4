//! A runtime with this pallet alone.

use crate as pallet_risk_policy;
use clearproof_primitives::{policy::Policy, shape::MarketShape};
use frame_support::{derive_impl, parameter_types};
use frame_system::EnsureRoot;
use sp_runtime::BuildStorage;

frame_support::construct_runtime!(
    pub enum Test {
        System: frame_system,
        RiskPolicy: pallet_risk_policy,
    }
);

#[derive_impl(frame_system::config_preludes::TestDefaultConfig)]
impl frame_system::Config for Test {
    type Block = frame_system::mocking::MockBlock<Test>;
}

parameter_types! {
    pub const Market: MarketShape = MarketShape::REFERENCE;
}

impl pallet_risk_policy::Config for Test {
    type AdminOrigin = EnsureRoot<u64>;
    type Market = Market;
    type WeightInfo = crate::weights::SubstrateWeight<Test>;
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
