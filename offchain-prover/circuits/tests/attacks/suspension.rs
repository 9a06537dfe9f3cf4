//! Positions in suspended rows, where the venue acts without consent. The mark is 100 ⅓ and held
//! back; a suspended lot's benefit of the doubt is twice that, 200 ⅔.

use crate::{
    common::scene::Scene,
    forced::{MARK, at_risk, fund, liquidated, taken_over},
};
use clearproof_primitives::{
    account::Position,
    batch::PriceEntry,
    fixed::{Factor, ONE},
    ids::Slot,
    order::{Order, Side},
    rows::halted_row,
    shape::Shape,
    snapshot::InstrumentRow,
    step::{Fill, Forced, StepError},
    time::Millis,
};

const PART: &str = "step/margin/forced";
const NO_PENALTY: Forced = Forced::Liquidation { penalty: 0 };

/// The feed of instrument `slot` is halted.
fn halted(mut scene: Scene, slot: usize) -> Scene {
    scene.remarket(|snapshot, _| {
        snapshot.rows[slot] = halted_row(snapshot.rows[slot].clone(), MARK);
    });
    scene.replay();
    scene
}

/// The account of step 0 holds `lots` of instrument 2 as well, whose feed is halted.
fn beside_halted(mut scene: Scene, lots: i64) -> Scene {
    scene.reload(0, |account| {
        account.positions.push(Position {
            instrument: Slot::new(2),
            quantity: lots,
        });
    });
    halted(scene, 2)
}

/// The least quote below which a step is not refused, and the scene there.
fn boundary(scene: impl Fn(i64) -> Scene) -> i64 {
    let (mut fine, mut refused) = (-10_000, 10_000);
    while refused - fine > 1 {
        let middle = (fine + refused) / 2;
        match scene(middle).native(0) {
            Err(StepError::NotLiquidatable | StepError::NotBankrupt) => refused = middle,
            _ => fine = middle,
        }
    }
    refused
}

/// The mark is held back at less than half of a jump, and the operator buys from the fund at it.
#[test]
fn the_fund_sells_what_is_suspended() {
    for price in [MARK, MARK + ONE] {
        let mut scene = fund(NO_PENALTY);
        scene.chunk.entries[0].price = price;
        scene.replay();
        scene.accepted();
        halted(scene, 0).refused(1, StepError::Suspended, PART);
    }
}

#[test]
fn an_account_is_sold_what_is_suspended() {
    // Less than half of the maintenance margin is left, with the doubt too.
    let sold = |slot: u16, lots| {
        let mut scene = liquidated(40, -4_095, lots, MARK, 0);
        scene.order(0, 0).instrument = Slot::new(slot);
        scene.chunk.entries[0].instrument = Slot::new(slot);
        scene.replay();
        beside_halted(scene, 1)
    };
    sold(0, 40).accepted();
    sold(2, 1).refused(0, StepError::Suspended, PART);
}

/// An account is as safe as its suspended lots are worth, and no safer.
#[test]
fn one_suspended_lot_does_not_save_all_others() {
    // 41 lots are worth 4,113 ⅔.
    let bankrupt = |quote| beside_halted(taken_over(quote), 1);
    assert_eq!(boundary(bankrupt), -4_314);
    let scene = bankrupt(-4_315);
    scene.accepted();
    assert_eq!(
        scene.chunk.after.taken[2], 1,
        "and the fund gets that as well"
    );
    bankrupt(-4_314).refused(0, StepError::NotBankrupt, PART);

    let risky = |quote| beside_halted(liquidated(40, quote, 20, MARK, 0), 1);
    let sound = boundary(risky);
    assert!((-3_900..-3_800).contains(&sound), "{sound}");
    risky(sound - 1).accepted();
    risky(sound).refused(0, StepError::NotLiquidatable, PART);
}

/// Half of the maintenance margin is counted with the benefit of the doubt as well.
#[test]
fn more_than_half_of_another_position() {
    // Equity of 100 and 200 of doubt, of a maintenance margin of 443.
    let sold = |lots| beside_halted(liquidated(40, -4_013, lots, MARK, 0), 1);
    sold(20).accepted();
    sold(21).refused(0, StepError::NotPartial, PART);
}

/// Long 20 of what trades and short 20 of what is held back: the hedge looks as if it had lost.
#[test]
fn a_hedge_of_which_one_leg_is_held_back() {
    let hedged = |quote| beside_halted(liquidated(20, quote, 10, MARK, 0), -20);
    for quote in [50, 300] {
        hedged(quote).refused(0, StepError::NotLiquidatable, PART);
    }
    let bankrupt = |quote| {
        let mut scene = taken_over(quote);
        scene.reload(0, |account| account.positions[0].quantity = 20);
        beside_halted(scene, -20)
    };
    bankrupt(-500).refused(0, StepError::NotBankrupt, PART);
    assert_eq!(boundary(bankrupt), -4_013);
    bankrupt(-4_014).accepted();
}

/// Bought and sold again in one step: the position is what it was.
#[test]
fn lots_of_a_suspended_instrument_that_net_to_zero() {
    let both = |sold: u64, bought: u64| {
        let mut scene = fund(NO_PENALTY);
        let entry = scene.chunk.entries[0];
        let later = entry.time + Millis::new(1);
        scene.chunk.entries = [(entry.time, sold), (later, bought)]
            .map(|(time, price)| PriceEntry {
                time,
                price,
                ..entry
            })
            .to_vec();
        let step = scene.step(1);
        let set = &mut step.set.as_mut().unwrap().set;
        let sell = set.orders[0].unwrap();
        let buy = Order {
            id: 2,
            side: Side::Buy,
            limit: u64::MAX,
            ..sell
        };
        set.orders = vec![Some(sell), Some(buy)];
        step.fills = [0, 1]
            .map(|i| Fill {
                slot: i,
                entry: i,
                quantity: 5,
            })
            .to_vec();
        scene.replay();
        halted(scene, 0)
    };
    for (sold, bought) in [(MARK, MARK), (MARK + ONE, MARK)] {
        both(sold, bought).refused(1, StepError::Netted, PART);
    }
    assert_eq!(
        both(MARK, MARK + ONE).native(1),
        Err(StepError::ForcedFills)
    );
}

#[test]
fn deleveraging_a_fund_that_may_owe_nothing() {
    let mut scene = fund(Forced::Deleverage);
    let entry = &mut scene.chunk.entries[0];
    (entry.deleverages, entry.fund_sells) = (true, true);
    // 41 lots are worth 4,113 ⅔, and one more is halted.
    for i in [0, 1] {
        scene.reload(i, |fund| {
            fund.balances[0] = -4_314;
            fund.positions.push(Position {
                instrument: Slot::new(2),
                quantity: 1,
            });
        });
    }
    let scene = halted(scene, 2);
    assert_eq!(scene.native(1), Err(StepError::FundSolvent));
    assert!(!scene.satisfied());
}

#[test]
fn a_rank_without_the_benefit_of_the_doubt() {
    let ranked = |rank: u32| {
        let mut scene = at_risk(0);
        scene.chunk.entries[0].deleverages = true;
        scene.step(0).forced = Some(Forced::Deleverage);
        scene.header.deleverage_rank = Factor::new(rank);
        beside_halted(scene, 1)
    };
    // A maintenance margin of 443 over an equity of 150, or 350 with the doubt.
    let rank = 2 << 16;
    assert_eq!(ranked(rank).native(0), Err(StepError::NotRanked));
    assert!(!ranked(rank).satisfied());
    assert_ne!(ranked(1 << 16).native(0), Err(StepError::NotRanked));
}

/// No rank and no margin is asked for, but nothing forced goes with what is not settled.
#[test]
fn an_expired_position_that_is_not_settled() {
    let expire = |mut scene: Scene| {
        scene.remarket(|snapshot, _| {
            snapshot.rows[2] = InstrumentRow {
                mark: ONE,
                expired: true,
                ..InstrumentRow::empty(&Shape::TINY.market)
            };
        });
        scene.replay();
        scene
    };
    let expired = Position {
        instrument: Slot::new(2),
        quantity: 1,
    };
    let mut of_fund = fund(NO_PENALTY);
    for i in [0, 1] {
        of_fund.reload(i, |fund| fund.positions.push(expired));
    }
    // Padding settles the fund first.
    let settled = expire(of_fund.clone());
    settled.accepted();
    of_fund.chunk.steps.swap(0, 1);
    let at_once = expire(of_fund);
    assert_eq!(at_once.native(0), Err(StepError::Unsettled));
    at_once.refused_first_in(PART);

    let mut of_account = at_risk(0);
    of_account.chunk.entries[0].deleverages = true;
    of_account.step(0).forced = Some(Forced::Deleverage);
    of_account.reload(0, |account| account.positions.push(expired));
    let of_account = expire(of_account);
    assert_eq!(of_account.native(0), Err(StepError::Unsettled));
    assert!(!of_account.satisfied());
}
