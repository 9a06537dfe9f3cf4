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
        let list =
            |length: u16, item: usize| Compact::<u32>::max_encoded_len() + length as usize * item;
        let scenarios = list(market.scenarios, ScenarioSpec::max_encoded_len());
        let factors = 2 * u32::max_encoded_len();
        let charges = 2 * ChargeRates::max_encoded_len();
        let terms = 2 * TradingTerms::max_encoded_len() + u32::max_encoded_len();
        let underlying =
            factors + scenarios + VolatilityScaling::max_encoded_len() + charges + terms;
        let haircuts = list(market.assets, u32::max_encoded_len());
        let pegs = list(market.assets, Option::<Peg>::max_encoded_len());
        let rates = 5 * u32::max_encoded_len() + u64::max_encoded_len();
        list(market.underlyings, underlying) + haircuts + pegs + rates
    }
}
