#![allow(clippy::unwrap_used)]

mod changes;

use crate::{BoundedPolicy, CurrentPolicy, Error, Event, WeightInfo, mock::*};
use clearproof_primitives::{
    fixed::{Factor, Rate},
    policy::{Peg, Policy},
    shape::MarketShape,
    time::Millis,
};
use codec::{Encode, MaxEncodedLen};
use frame_support::{assert_noop, assert_ok, dispatch::GetDispatchInfo};
use sp_runtime::DispatchError::BadOrigin;

fn development() -> Policy {
    Policy::development(&MarketShape::REFERENCE)
}

#[test]
fn genesis_sets_version_one() {
    new_test_ext().execute_with(|| {
        assert_eq!(RiskPolicy::policy(), Some(development()));
        assert_eq!(RiskPolicy::version(), 1);
    });
    ext_with(None).execute_with(|| {
        assert_eq!((RiskPolicy::policy(), RiskPolicy::version()), (None, 0));
    });
}

#[test]
#[should_panic(expected = "FeeRate")]
fn genesis_refuses_a_policy_out_of_bounds() {
    let mut policy = development();
    policy.underlyings[0].perpetual_terms.fee_rate = Rate::MAX;
    ext_with(Some(policy));
}

#[test]
fn only_the_admin_replaces_the_policy() {
    new_test_ext().execute_with(|| {
        let policy = Policy {
            protocol_share: Rate::new(7),
            ..development()
        };
        for origin in [RuntimeOrigin::signed(1), RuntimeOrigin::none()] {
            assert_noop!(
                RiskPolicy::set_policy(origin, Box::new(policy.clone())),
                BadOrigin
            );
        }
        assert_ok!(RiskPolicy::set_policy(
            RuntimeOrigin::root(),
            Box::new(policy.clone())
        ));
        assert_eq!(RiskPolicy::policy(), Some(policy));
        assert_eq!(RiskPolicy::version(), 2);
        System::assert_last_event(Event::PolicySet { version: 2 }.into());
    });
}

#[test]
fn a_refused_policy_names_its_field_and_changes_nothing() {
    type E = Error<Test>;
    type Change<'a> = &'a dyn Fn(&mut Policy);
    let peg = |price, slope| Some(Peg { price, slope });
    let cases: [(Change, E); 28] = [
        (&|p| p.underlyings.truncate(1), E::UnderlyingsLength),
        (
            &|p| p.underlyings[0].scenarios.truncate(15),
            E::ScenariosLength,
        ),
        (&|p| p.haircuts.clear(), E::HaircutsLength),
        (&|p| p.pegs.clear(), E::PegsLength),
        (
            &|p| p.underlyings[3].scenarios[15].price_shock = i32::MIN,
            E::ScenariosBounds,
        ),
        (
            &|p| p.underlyings[1].scaling.floor_ms = Millis::ZERO,
            E::ScalingBounds,
        ),
        (
            &|p| p.underlyings[3].maintenance_factor = Factor::new(0),
            E::FactorsBounds,
        ),
        (
            &|p| p.underlyings[3].initial_factor = Factor::new(u32::MAX),
            E::FactorsBounds,
        ),
        (
            &|p| p.underlyings[3].charges.maintenance_short = Rate::MAX,
            E::ChargesBounds,
        ),
        (&|p| p.haircuts[0] = Rate::new(1), E::HaircutsBounds),
        (&|p| p.pegs[0] = peg(1, Factor::new(0)), E::PegsBounds),
        (&|p| p.pegs[1] = peg(0, Factor::new(0)), E::PegsBounds),
        (&|p| p.pegs[1] = peg(1 << 95, Factor::new(0)), E::PegsBounds),
        (
            &|p| p.pegs[3] = peg(1, Factor::new((16 << 16) + 1)),
            E::PegsBounds,
        ),
        (
            &|p| p.underlyings[0].perpetual_terms.fee_rate = Rate::MAX,
            E::FeeRateBounds,
        ),
        (
            &|p| p.underlyings[3].option_terms.fee_rate = Rate::MAX,
            E::FeeRateBounds,
        ),
        (
            &|p| p.underlyings[1].perpetual_terms.position_limit = 0,
            E::PositionLimitBounds,
        ),
        (
            &|p| p.underlyings[1].option_terms.position_limit = 1 << 48,
            E::PositionLimitBounds,
        ),
        (
            &|p| p.underlyings[2].perpetual_terms.open_interest_cap = 0,
            E::OpenInterestCapBounds,
        ),
        (
            &|p| p.underlyings[2].option_terms.open_interest_cap = (1 << 59) + 1,
            E::OpenInterestCapBounds,
        ),
        (
            &|p| p.underlyings[3].jump_limit = Rate::new(0),
            E::JumpLimitBounds,
        ),
        (
            &|p| p.protocol_share = Rate::new((1 << 31) + 1),
            E::ProtocolShareBounds,
        ),
        (&|p| p.price_band = Rate::new(0), E::PriceBandBounds),
        (&|p| p.option_band = Rate::new(0), E::OptionBandBounds),
        (&|p| p.funding_cap = Rate::MAX, E::FundingCapBounds),
        (
            &|p| p.funding_interval = Millis::ZERO,
            E::FundingIntervalBounds,
        ),
        (
            &|p| p.liquidation_rate = Rate::MAX,
            E::LiquidationRateBounds,
        ),
        (
            &|p| {
                let charge = &mut p.underlyings[2].charges.maintenance_long;
                *charge = Rate::new(charge.get() * 3);
            },
            E::InitialBelowMaintenance,
        ),
    ];
    new_test_ext().execute_with(|| {
        for (change, error) in cases {
            let mut policy = development();
            change(&mut policy);
            assert_noop!(
                RiskPolicy::set_policy(RuntimeOrigin::root(), Box::new(policy)),
                error
            );
        }
    });
}

#[test]
fn the_stored_policy_fits_its_bound_and_encodes_as_a_policy() {
    let mut policy = development();
    let peg = Peg {
        price: 1,
        slope: Factor::new(0),
    };
    policy.pegs[1..].fill(Some(peg));
    let bounded = BoundedPolicy::<Market>::try_from(policy.clone()).unwrap();
    assert_eq!(bounded.encode(), policy.encode());
    let bound = BoundedPolicy::<Market>::max_encoded_len();
    // The bound reserves five bytes for each of seven list lengths, which need one or two, and 20
    // for a peg of the quote, which has none.
    assert!(
        (bound - 7 * 5 - 20..=bound).contains(&policy.encoded_size()),
        "{bound} {}",
        policy.encoded_size()
    );
    new_test_ext().execute_with(|| {
        let stored = BoundedPolicy::try_from(development()).unwrap();
        assert_eq!(CurrentPolicy::<Test>::get(), Some(stored));
    });
}

#[test]
fn the_call_has_its_own_weight() {
    let call = crate::Call::<Test>::set_policy {
        policy: Box::new(development()),
    };
    assert_eq!(
        call.get_dispatch_info().call_weight,
        <Test as crate::Config>::WeightInfo::set_policy()
    );
    assert!(
        call.get_dispatch_info()
            .call_weight
            .all_gt(frame_support::weights::Weight::zero())
    );
}
