//! Fills: limit, validity, remaining quantity, instrument, price entry, order set, fee, rounding.

use crate::common::scene::Scene;
use clearproof_primitives::{
    batch::PriceEntry,
    fixed::{ONE, Rate},
    ids::Slot,
    order::{Order, Side},
    step::{Fill, StepError},
    time::Millis,
};

const PART: &str = "step/fills";

/// Account 1 buys 20 of 30 lots in the chunk's first step.
fn buy() -> Scene {
    Scene::busy(1)
}

/// Account 2 sells 20 of 20 lots in the chunk's first step.
fn sell() -> Scene {
    Scene::busy(2)
}

#[test]
fn what_the_attacks_start_from_is_accepted() {
    for index in 0..3 {
        let mut scene = Scene::busy(index);
        let honest = scene.chunk.clone();
        scene.replay();
        assert_eq!(
            scene.chunk, honest,
            "replaying an honest chunk changes nothing"
        );
        scene.accepted();
    }
}

#[test]
fn a_buy_above_its_limit() {
    let mut scene = buy();
    let price = scene.chunk.entries[0].price;
    scene.resign(0, |set| set.orders[0].as_mut().unwrap().limit = price);
    scene.replay();
    scene.accepted();
    scene.resign(0, |set| set.orders[0].as_mut().unwrap().limit = price - 1);
    scene.replay();
    scene.refused(0, StepError::FillLimit(0), PART);
}

#[test]
fn a_sell_below_its_limit() {
    let mut scene = sell();
    let price = scene.chunk.entries[0].price;
    scene.resign(0, |set| set.orders[0].as_mut().unwrap().limit = price);
    scene.replay();
    scene.accepted();
    scene.resign(0, |set| set.orders[0].as_mut().unwrap().limit = price + 1);
    scene.replay();
    scene.refused(0, StepError::FillLimit(0), PART);
}

#[test]
fn a_fill_outside_the_validity() {
    let mut scene = buy();
    let time = scene.chunk.entries[0].time;
    for (from, until, fine) in [
        (time, time, true),
        (time + Millis::new(1), time + Millis::new(50), false),
        (time - Millis::new(50), time - Millis::new(1), false),
    ] {
        scene.resign(0, |set| (set.valid_from, set.valid_until) = (from, until));
        scene.replay();
        match fine {
            true => scene.accepted(),
            false => scene.refused(0, StepError::FillTime(0), PART),
        }
    }
}

#[test]
fn more_than_the_order_has_left() {
    let mut scene = buy();
    scene.step(0).fills[0].quantity = 30;
    scene.replay();
    scene.accepted();
    scene.step(0).fills[0].quantity = 31;
    scene.replay();
    scene.refused(0, StepError::FillQuantity(0), PART);
}

#[test]
fn more_than_the_order_has_left_in_two_fills() {
    let mut scene = buy();
    scene.step(0).fills.push(Fill {
        slot: 0,
        entry: 0,
        quantity: 11,
    });
    scene.replay();
    scene.refused(0, StepError::FillQuantity(1), PART);
    scene.step(0).fills[1].quantity = 10;
    scene.replay();
    scene.accepted();
}

/// A slot that keeps its order id keeps its filled quantity under a new sequence; a new id starts
/// at zero.
#[test]
fn more_than_an_earlier_set_left() {
    let mut scene = buy();
    for (id, fine) in [(11, false), (10, true)] {
        scene.reload(0, |account| {
            (account.slots[0].id, account.slots[0].filled) = (id, 15);
        });
        scene.replay();
        match fine {
            true => scene.accepted(),
            false => scene.refused(0, StepError::FillQuantity(0), PART),
        }
    }
}

#[test]
fn a_fill_of_nothing() {
    let mut scene = buy();
    scene.step(0).fills[0].quantity = 0;
    scene.replay();
    scene.refused(0, StepError::FillQuantity(0), PART);
}

#[test]
fn a_fill_of_an_empty_slot() {
    let mut scene = buy();
    scene.step(0).fills[0].slot = 1;
    scene.replay();
    scene.refused(0, StepError::FillTarget(0), PART);
}

#[test]
fn a_fill_of_another_instrument() {
    let mut scene = buy();
    scene.resign(0, |set| {
        set.orders[0].as_mut().unwrap().instrument = Slot::new(2);
    });
    scene.replay();
    scene.refused(0, StepError::FillInstrument(0), PART);
}

/// The list is padded with zeros, which would sell for nothing.
#[test]
fn a_fill_at_the_padding() {
    let mut scene = buy();
    scene.chunk.entries.push(PriceEntry {
        instrument: Slot::new(0),
        time: Millis::ZERO,
        price: 0,
        deleverages: false,
        fund_sells: false,
    });
    scene.step(0).fills[0].entry = 1;
    scene.replay();
    scene.refused(0, StepError::FillTarget(0), PART);
}

#[test]
fn a_fill_without_order_set() {
    let mut scene = buy();
    scene.step(0).set = None;
    scene.replay();
    scene.refused(0, StepError::NoOrderSet, "step/fills/*");
}

#[test]
fn a_fee_above_what_the_set_accepts() {
    let mut scene = buy();
    let rate = scene.snapshot.rows[0].fee_rate;
    scene.resign(0, |set| set.max_fee = rate);
    scene.replay();
    scene.accepted();
    scene.resign(0, |set| set.max_fee = Rate::new(rate.get() - 1));
    scene.replay();
    scene.refused(0, StepError::FeeAboveMaximum, "step/fills/fee");
}

/// The circuit computes quote and fee itself; other sums have no proof.
#[test]
fn quote_created_by_rounding_and_fees_withheld() {
    for (chunk, quote, fee) in [(1, 1, 0), (2, 1, 0), (1, 0, 1), (2, 0, 1)] {
        let mut scene = Scene::last(chunk, 0);
        scene.replay_forged(|i, after, effects| {
            if i == 1 {
                effects.quote += quote;
                effects.fees -= fee;
                after.balances[0] += quote as i64 + fee as i64;
            }
        });
        scene.refused_in("");
    }
}

#[test]
fn filled_quantity_forgotten() {
    let mut scene = Scene::last(2, 0);
    scene.replay_forged(|i, after, _| {
        if i == 1 {
            after.slots[0].filled = 0;
        }
    });
    scene.refused_in("");
}

#[test]
fn a_buy_passed_off_as_a_sell() {
    let mut scene = buy();
    let order = Order {
        id: 11,
        instrument: Slot::new(0),
        side: Side::Sell,
        quantity: 30,
        limit: 101 * ONE,
        ..Order::default()
    };
    *scene.order(0, 0) = order;
    scene.replay();
    scene.native(0).unwrap_err();
    assert!(!scene.satisfied());
}
