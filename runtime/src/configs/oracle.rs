//! Prices and volatility smiles, fed by the oracle's members. The median of the prices counts, and
//! the medoid of the smiles.

use super::parameters::{FeedExpiresIn, MinimumFeeds};
use crate::{
    AccountId, Moment, Oracle, OracleMembership, Runtime, RuntimeEvent, Timestamp,
    governance::EnsureMarkets,
};
use alloc::vec::Vec;
use clearproof_primitives::{
    chain::FeedValue, monitoring::MemberActivity, options::medoid, time::Millis,
};
use frame_support::{
    PalletId, parameter_types,
    traits::{ConstU32, Get, SortedMembers, Time},
};
use pallet_oracle::{CombineData, TimestampedValue};

/// The instance of the membership pallet that holds the oracle's members.
pub type OracleOperators = pallet_membership::Instance1;

/// The feed that a value belongs to.
pub type OracleKey = pallet_clearproof_market_data::Feed;

/// A price, or a smile.
pub type OracleValue = FeedValue;

parameter_types! {
    pub const OraclePalletId: PalletId = PalletId(*b"clr/orcl");
}

type Timed = TimestampedValue<OracleValue, Moment>;

/// Returns true if a member's value counts at a time.
fn is_fresh(value: &Timed, now: Moment) -> bool {
    value.timestamp.saturating_add(FeedExpiresIn::get().get()) > now
}

/// Returns the time at which each member of the oracle last fed one of `feeds`, and the number of
/// fresh values of each feed.
pub fn activity(feeds: &[OracleKey]) -> (Vec<MemberActivity<AccountId>>, Vec<u32>) {
    let now = Timestamp::now();
    let mut sources = alloc::vec![0u32; feeds.len()];
    let members = OracleMembership::sorted_members().into_iter();
    let members = members.map(|account| {
        let mut fed_at = None;
        for (feed, sources) in feeds.iter().zip(&mut sources) {
            let Some(value) = Oracle::raw_values(&account, feed) else {
                continue;
            };
            fed_at = fed_at.max(Some(Millis::new(value.timestamp)));
            *sources = sources.saturating_add(is_fresh(&value, now).into());
        }
        MemberActivity { account, fed_at }
    });
    (members.collect(), sources)
}

/// Combines prices to their median and smiles to their [`medoid()`]. A minority of members cannot
/// move either beyond the values of the others.
///
/// With fewer fresh values than [`MinimumFeeds`] the oracle keeps returning the previous value; its
/// readers check the timestamp. Values of the wrong kind and curves out of bounds do not count. A
/// snapshot checks that the chosen curve allows no arbitrage. Of two middle prices the higher is
/// used.
pub struct Amid;

impl CombineData<OracleKey, Timed> for Amid {
    fn combine_data(
        key: &OracleKey,
        mut values: Vec<Timed>,
        previous: Option<Timed>,
    ) -> Option<Timed> {
        let now = Timestamp::now();
        values.retain(|value| is_fresh(value, now));
        let least = MinimumFeeds::get() as usize;
        let enough = |count: usize| count >= least;
        let chosen = match key {
            OracleKey::Volatility(_) => {
                let curves: Vec<_> = values
                    .iter()
                    .filter_map(|v| match v.value {
                        FeedValue::Curve(curve) if curve.check_bounds().is_ok() => {
                            Some((*v, curve))
                        }
                        _ => None,
                    })
                    .collect();
                let shapes: Vec<_> = curves.iter().map(|(_, curve)| *curve).collect();
                medoid(&shapes)
                    .filter(|_| enough(curves.len()))
                    .and_then(|i| curves.get(i).map(|(timed, _)| *timed))
            }
            _ => {
                values.retain(|v| matches!(v.value, FeedValue::Price(_)));
                values.sort_unstable_by_key(|v| v.value);
                values
                    .get(values.len() / 2)
                    .copied()
                    .filter(|_| enough(values.len()))
            }
        };
        chosen.or(previous)
    }
}

/// Largest number of members, each of which can feed once per block.
pub type MaxOperators = ConstU32<32>;

impl pallet_membership::Config<OracleOperators> for Runtime {
    type RuntimeEvent = RuntimeEvent;
    type AddOrigin = EnsureMarkets;
    type RemoveOrigin = EnsureMarkets;
    type SwapOrigin = EnsureMarkets;
    type ResetOrigin = EnsureMarkets;
    type PrimeOrigin = EnsureMarkets;
    type MembershipInitialized = ();
    type MembershipChanged = Oracle;
    type MaxMembers = MaxOperators;
    type WeightInfo = pallet_membership::weights::SubstrateWeight<Runtime>;
}

impl pallet_oracle::Config for Runtime {
    type OnNewData = ();
    type CombineData = Amid;
    type Time = Timestamp;
    type OracleKey = OracleKey;
    type OracleValue = OracleValue;
    type PalletId = OraclePalletId;
    type Members = OracleMembership;
    type WeightInfo = crate::weights::oracle::Weights<Runtime>;
    type MaxHasDispatchedSize = MaxOperators;
    type MaxFeedValues = ConstU32<32>;
    #[cfg(feature = "runtime-benchmarks")]
    type BenchmarkHelper = BenchmarkFeeds;
}

/// The most expensive feed: as many smiles as fit into one call, and a fresh one of each from every
/// other possible member.
#[cfg(feature = "runtime-benchmarks")]
pub struct BenchmarkFeeds;

#[cfg(feature = "runtime-benchmarks")]
impl pallet_oracle::BenchmarkHelper<OracleKey, OracleValue, ConstU32<32>> for BenchmarkFeeds {
    fn get_currency_id_value_pairs()
    -> frame_support::BoundedVec<(OracleKey, OracleValue), ConstU32<32>> {
        use clearproof_primitives::{
            chain::Expiry,
            options::{SviCurve, svi::SVI_ONE},
        };
        use frame_benchmarking::v2::{account, whitelisted_caller};

        let smile = |level: i64| {
            FeedValue::Curve(SviCurve {
                a: SVI_ONE / 1_000 * level,
                b: SVI_ONE as u64 / 20,
                rho: 0,
                m: 0,
                sigma: SVI_ONE as u64 / 10,
            })
        };
        let expiries = (1..=32).map(|time| Expiry {
            underlying: 0,
            time: Millis::new(time),
        });
        let keys: Vec<_> = expiries.map(OracleKey::Volatility).collect();
        // The benchmark adds its caller before or after it requests the values.
        let caller: AccountId = whitelisted_caller();
        let had_caller = OracleMembership::contains(&caller);
        let others = 1..MaxOperators::get();
        let others: Vec<AccountId> = others.map(|n| account("operator", n, 0)).collect();
        for (member, level) in others.iter().zip(40..) {
            for key in &keys {
                let timed = Timed {
                    value: smile(level),
                    timestamp: Timestamp::now(),
                };
                pallet_oracle::RawValues::<Runtime>::insert(member, key, timed);
            }
        }
        let mut members = others;
        members.extend(had_caller.then_some(caller));
        members.sort();
        pallet_membership::Members::<Runtime, OracleOperators>::put(
            frame_support::BoundedVec::truncate_from(members),
        );
        frame_support::BoundedVec::truncate_from(
            keys.into_iter().map(|key| (key, smile(30))).collect(),
        )
    }
}
