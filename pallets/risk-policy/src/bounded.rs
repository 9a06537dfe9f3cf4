//! A checked policy of bounded size, as the chain stores it.

use clearproof_primitives::{
    options::{ScenarioSpec, VolatilityScaling},
    policy::{ChargeRates, Peg, Policy, PolicyError, TradingTerms},
    shape::MarketShape,
};
use codec::{Compact, Decode, Encode, MaxEncodedLen};
use core::marker::PhantomData;
use frame_support::{CloneNoBound, DebugNoBound, EqNoBound, PartialEqNoBound, traits::Get};
use scale_info::TypeInfo;

/// A policy that passed [`Policy::check`] against the market `M`, which bounds its encoded length.
///
/// It is made by `try_from` only. Decoding does not check again, so it is a storage type, not an
/// argument of a call. It encodes exactly as the [`Policy`] inside.
#[derive(
    Encode,
    Decode,
    TypeInfo,
    CloneNoBound,
    DebugNoBound,
    EqNoBound,
    PartialEqNoBound
)]
#[scale_info(skip_type_params(M))]
#[codec(encode_bound())]
#[codec(decode_bound())]
pub struct BoundedPolicy<M>(Policy, PhantomData<M>);

impl<M> BoundedPolicy<M> {
    /// The policy.
    pub fn into_inner(self) -> Policy {
        self.0
    }
}

impl<M: Get<MarketShape>> TryFrom<Policy> for BoundedPolicy<M> {
    type Error = PolicyError;

    fn try_from(policy: Policy) -> Result<Self, PolicyError> {
        policy.check(&M::get())?;
        Ok(Self(policy, PhantomData))
    }
}

impl<M: Get<MarketShape>> MaxEncodedLen for BoundedPolicy<M> {
    fn max_encoded_len() -> usize {
        let market = M::get();
        let list = |length: u16, item: usize| {
            let items = usize::from(length).saturating_mul(item);
            items.saturating_add(Compact::<u32>::max_encoded_len())
        };
        let factors = <[u32; 2]>::max_encoded_len();
        let charges = <[ChargeRates; 2]>::max_encoded_len();
        let terms = <([TradingTerms; 2], u32)>::max_encoded_len();
        let underlying = [
            factors,
            list(market.scenarios, ScenarioSpec::max_encoded_len()),
            VolatilityScaling::max_encoded_len(),
            charges,
            terms,
        ];
        let rates = <([u32; 5], u64)>::max_encoded_len();
        [
            list(market.underlyings, underlying.into_iter().sum()),
            list(market.assets, u32::max_encoded_len()),
            list(market.assets, Option::<Peg>::max_encoded_len()),
            rates,
        ]
        .into_iter()
        .sum()
    }
}
