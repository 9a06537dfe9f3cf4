use super::*;
use crate::{
    fixed::{Factor, Rate},
    policy::ONE_FACTOR,
    shape::MarketShape,
};

fn development() -> Policy {
    Policy::development(&MarketShape::REFERENCE)
}

/// The kind that a change of every underlying halts.
fn halted(change: impl Fn(&mut UnderlyingPolicy)) -> Option<ProductKind> {
    let (before, mut after) = (development(), development());
    after.underlyings.iter_mut().for_each(change);
    before.halted_by(&after)
}

#[test]
fn a_cap_below_the_first_trade_closes_a_kind() {
    use ProductKind::{Option, Perpetual};
    assert_eq!(
        halted(|u| u.perpetual_terms.open_interest_cap = 1),
        Some(Perpetual)
    );
    assert_eq!(
        halted(|u| u.option_terms.open_interest_cap = 1),
        Some(Option)
    );
    assert_eq!(halted(|u| u.perpetual_terms.open_interest_cap = 2), None);
}

#[test]
fn initial_margin_of_all_that_a_lot_is_worth_closes_perpetuals() {
    let perpetual = Some(ProductKind::Perpetual);
    // The worst scenario counts 72 % · 35 % of the mark, rounded to sixteen bits each.
    let moved = ONE_FACTOR * 72 / 100 * (ONE_FACTOR * 35 / 100);
    let all = |moves: u32| (1u64 << 48).div_ceil(moves.into()) as u32;
    let with_factor = |factor| {
        halted(|u| {
            u.charges = Default::default();
            u.initial_factor = Factor::new(factor);
        })
    };
    assert_eq!(with_factor(all(moved)), perpetual);
    assert_eq!(with_factor(all(moved) - 1), None);
    // With a charge of half the mark on one side, it takes half the move.
    let with_charge = |long, short, factor| {
        halted(|u| {
            (u.charges.initial_long, u.charges.initial_short) = (long, short);
            u.initial_factor = Factor::new(factor);
        })
    };
    let (half, factor): (Rate, _) = (Rate::new(1 << 31), all(moved).div_ceil(2));
    assert_eq!(with_charge(half, Rate::new(0), factor), perpetual);
    assert_eq!(with_charge(Rate::new(0), half, factor), perpetual);
    assert_eq!(with_charge(half, half, factor - 1), None);
}

#[test]
fn one_underlying_that_trades_is_enough_and_what_was_halted_is_not_halted_again() {
    let (before, mut after) = (development(), development());
    for underlying in &mut after.underlyings[1..] {
        underlying.perpetual_terms.open_interest_cap = 1;
    }
    assert_eq!(before.halted_by(&after), None);
    after.underlyings[0].perpetual_terms.open_interest_cap = 1;
    assert_eq!(before.halted_by(&after), Some(ProductKind::Perpetual));
    let mut later = after.clone();
    later.protocol_share = Rate::new(later.protocol_share.get() + 1);
    assert_eq!(after.halted_by(&later), None);
}
