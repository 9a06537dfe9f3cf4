#![allow(clippy::unwrap_used)]

use super::*;
use crate::{
    fixed::{Factor, ONE, Rate},
    options::{DAY_MS, scenario::Shock},
    policy::{ONE_FACTOR, Peg, development_scenarios},
    time::Millis,
};

const MARKETS: [MarketShape; 2] = [MarketShape::REFERENCE, MarketShape::TINY];

#[test]
fn the_development_policy_is_within_its_bounds() {
    for market in MARKETS {
        Policy::development(&market).check(&market).unwrap();
    }
    let scenarios = development_scenarios(16);
    let distinct = |i: usize| scenarios.iter().position(|s| *s == scenarios[i]) == Some(i);
    assert!((0..16).all(distinct));
    assert_eq!(scenarios.iter().map(|s| s.price_shock).sum::<Shock>(), 0);
    assert_eq!(development_scenarios(20).len(), 20);
}

#[test]
fn each_bound_is_refused_by_name() {
    use PolicyError::*;
    let market = MarketShape::REFERENCE;
    let refused = |change: &dyn Fn(&mut Policy)| {
        let mut policy = Policy::development(&market);
        change(&mut policy);
        policy.check(&market).unwrap_err()
    };
    assert_eq!(
        refused(&|p| p.underlyings.truncate(3)),
        Length(PolicyField::Underlyings)
    );
    assert_eq!(
        refused(&|p| p.haircuts.truncate(3)),
        Length(PolicyField::Haircuts)
    );
    assert_eq!(
        refused(&|p| p.underlyings[3].scenarios.truncate(15)),
        Length(PolicyField::Scenarios)
    );
    assert_eq!(
        refused(&|p| p.haircuts[0] = Rate::new(1)),
        Bounds(PolicyField::Haircuts)
    );
    assert_eq!(
        refused(&|p| p.underlyings[1].option_terms.fee_rate = Rate::new((ONE / 100) as u32 + 1)),
        Bounds(PolicyField::FeeRate)
    );
    assert_eq!(
        refused(&|p| p.underlyings[0].perpetual_terms.position_limit = 1 << 48),
        Bounds(PolicyField::PositionLimit)
    );
    assert_eq!(
        refused(&|p| p.underlyings[0].perpetual_terms.open_interest_cap = 0),
        Bounds(PolicyField::OpenInterestCap)
    );
    assert_eq!(
        refused(&|p| p.underlyings[0].jump_limit = Rate::MAX),
        Bounds(PolicyField::JumpLimit)
    );
    assert_eq!(
        refused(&|p| p.protocol_share = Rate::new((1 << 31) + 1)),
        Bounds(PolicyField::ProtocolShare)
    );
    assert_eq!(refused(&|p| p.pegs.truncate(1)), Length(PolicyField::Pegs));
    let peg = |price, slope| Some(Peg { price, slope });
    assert_eq!(
        refused(&|p| p.pegs[0] = peg(1, Factor::new(0))),
        Bounds(PolicyField::Pegs)
    );
    assert_eq!(
        refused(&|p| p.pegs[1] = peg(0, Factor::new(0))),
        Bounds(PolicyField::Pegs)
    );
    assert_eq!(
        refused(&|p| p.price_band = Rate::new((ONE / 1000) as u32 - 1)),
        Bounds(PolicyField::PriceBand)
    );
    assert_eq!(
        refused(&|p| p.price_band = Rate::new((ONE / 2) as u32 + 1)),
        Bounds(PolicyField::PriceBand)
    );
    for shock in [i32::MIN, i32::MAX, 58_983, -58_983] {
        assert_eq!(
            refused(&|p| p.underlyings[1].scenarios[2].price_shock = shock),
            Bounds(PolicyField::Scenarios),
            "{shock}"
        );
    }
    assert_eq!(
        refused(&|p| p.underlyings[0]
            .scenarios
            .iter_mut()
            .for_each(|s| s.price_shock = -1)),
        Bounds(PolicyField::Scenarios)
    );
    assert_eq!(
        refused(&|p| p.underlyings[0].scenarios[1].weight = Factor::new(0)),
        Bounds(PolicyField::Scenarios)
    );
    assert_eq!(
        refused(&|p| p.underlyings[0].scaling.floor_ms = Millis::ZERO),
        Bounds(PolicyField::Scaling)
    );
    assert_eq!(
        refused(&|p| p.option_band = Rate::new((ONE / 2) as u32 + 1)),
        Bounds(PolicyField::OptionBand)
    );
    assert_eq!(
        refused(&|p| p.funding_cap = Rate::new((ONE / 10) as u32 + 1)),
        Bounds(PolicyField::FundingCap)
    );
    assert_eq!(
        refused(&|p| p.liquidation_rate = Rate::new((ONE / 10) as u32 + 1)),
        Bounds(PolicyField::LiquidationRate)
    );
    for interval in [DAY_MS / 24 - Millis::new(1), DAY_MS * 7 + Millis::new(1)] {
        assert_eq!(
            refused(&|p| p.funding_interval = interval),
            Bounds(PolicyField::FundingInterval)
        );
    }
    assert_eq!(
        refused(&|p| p.underlyings[1].option_charges.initial_short = Rate::new(0)),
        InitialBelowMaintenance
    );
    assert_eq!(
        refused(&|p| p.underlyings[0].maintenance_factor = Factor::new(ONE_FACTOR - 1)),
        Bounds(PolicyField::Factors)
    );
    assert_eq!(
        refused(&|p| p.underlyings[0].initial_factor = Factor::new(15 * ONE_FACTOR + 1)),
        Bounds(PolicyField::Factors)
    );
    assert_eq!(
        refused(&|p| p.underlyings[2].charges.initial_long = Rate::MAX),
        Bounds(PolicyField::Charges)
    );
    assert_eq!(
        refused(&|p| p.underlyings[2].charges.initial_short = Rate::new(0)),
        InitialBelowMaintenance
    );
    assert_eq!(
        refused(&|p| p.underlyings[2].maintenance_factor = Factor::new(2 * ONE_FACTOR)),
        InitialBelowMaintenance
    );
}
