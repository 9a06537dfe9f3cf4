//! Prices of the underlyings: operators feed them, the median counts.

use crate::{AccountId, Moment, Oracle, OracleMembership, Runtime, RuntimeEvent, Timestamp};
use frame_support::{parameter_types, traits::ConstU32, PalletId};
use frame_system::EnsureRoot;

/// The instance of the membership pallet that holds the oracle's operators.
pub type OracleOperators = pallet_membership::Instance1;

/// What a price is of.
pub type OracleKey = pallet_clearproof_market_data::Feed;

/// A price: quote units (smallest) per whole unit, 32 fraction bits.
pub type OracleValue = clearproof_primitives::policy::IndexPrice;

parameter_types! {
    pub const OraclePalletId: PalletId = PalletId(*b"clr/orcl");
    /// An operator's value counts for this long, milliseconds.
    pub const FeedExpiresIn: Moment = 120_000;
}

/// Fresh values needed for a new median.
///
/// With fewer the oracle keeps answering with the previous median: whoever reads a price checks its timestamp.
pub type MinimumFeeds = ConstU32<2>;

/// Most operators, each of which can feed once per block.
pub type MaxOperators = ConstU32<32>;

impl pallet_membership::Config<OracleOperators> for Runtime {
    type RuntimeEvent = RuntimeEvent;
    type AddOrigin = EnsureRoot<AccountId>;
    type RemoveOrigin = EnsureRoot<AccountId>;
    type SwapOrigin = EnsureRoot<AccountId>;
    type ResetOrigin = EnsureRoot<AccountId>;
    type PrimeOrigin = EnsureRoot<AccountId>;
    type MembershipInitialized = ();
    type MembershipChanged = Oracle;
    type MaxMembers = MaxOperators;
    type WeightInfo = pallet_membership::weights::SubstrateWeight<Runtime>;
}

impl pallet_oracle::Config for Runtime {
    type OnNewData = ();
    type CombineData = pallet_oracle::DefaultCombineData<Self, MinimumFeeds, FeedExpiresIn>;
    type Time = Timestamp;
    type OracleKey = OracleKey;
    type OracleValue = OracleValue;
    type PalletId = OraclePalletId;
    type Members = OracleMembership;
    type WeightInfo = pallet_oracle::weights::SubstrateWeight<Runtime>;
    type MaxHasDispatchedSize = MaxOperators;
    type MaxFeedValues = ConstU32<32>;
    #[cfg(feature = "runtime-benchmarks")]
    type BenchmarkHelper = BenchmarkFeeds;
}

/// Gives the oracle's benchmarks values to feed.
#[cfg(feature = "runtime-benchmarks")]
pub struct BenchmarkFeeds;

#[cfg(feature = "runtime-benchmarks")]
impl pallet_oracle::BenchmarkHelper<OracleKey, OracleValue, ConstU32<32>> for BenchmarkFeeds {
    fn get_currency_id_value_pairs(
    ) -> frame_support::BoundedVec<(OracleKey, OracleValue), ConstU32<32>> {
        frame_support::BoundedVec::truncate_from(
            (0..32u16)
                .map(|n| (OracleKey::Underlying(n), OracleValue::from(n + 1) << 32))
                .collect(),
        )
    }
}
