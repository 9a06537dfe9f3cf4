//! Conditions of an order: reduce-only, time in force, one-cancels-other, trigger; and those of an
//! instrument: its fee, its position limit, suspension.

use crate::common::scene::Scene;
use clearproof_primitives::{
    account::{OrderSlot, Position},
    fixed::{ONE, Rate},
    ids::Slot,
    order::{Order, TimeInForce, Trigger, TriggerSide},
    step::{Fill, StepError},
};

const MARK: u64 = 100 * ONE + ONE / 3;

/// Account 2 sells 20 lots in the chunk's first step, by an order that is changed; it holds `lots`,
/// and its slot has `filled`.
fn sell(lots: i64, filled: u64, change: impl FnOnce(&mut Order)) -> Scene {
    let mut scene = Scene::busy(2);
    scene.reload(0, |account| {
        account.sequence = 1;
        account.slots[0] = OrderSlot { id: 21, filled };
        account.positions = vec![Position {
            instrument: Slot::new(0),
            quantity: lots,
        }];
        account.positions.retain(|p| p.quantity != 0);
        account.balances[0] = 100_000;
    });
    scene.resign(0, |set| {
        let order = set.orders[0].as_mut().unwrap();
        order.quantity = 40;
        change(order);
    });
    scene.replay();
    scene
}

#[test]
fn what_the_attacks_start_from_is_accepted() {
    sell(0, 20, |_| ()).accepted();
    sell(20, 0, |order| order.reduce_only = true).accepted();
}

#[test]
fn a_reduce_only_order_that_opens_grows_or_flips() {
    let reduce_only = |lots| sell(lots, 0, |order| order.reduce_only = true);
    reduce_only(21).accepted();
    for lots in [19, 0, -5] {
        reduce_only(lots).refused(0, StepError::FillGrows(0), "step/limits");
    }
}

/// The rule applies to the step: another order's fills cannot hide behind those of a reduce-only
/// one.
#[test]
fn a_reduce_only_order_beside_one_that_grows() {
    let mut scene = sell(20, 0, |order| order.reduce_only = true);
    scene.resign(0, |set| {
        let other = set.orders[0].map(|order| Order {
            id: 22,
            reduce_only: false,
            ..order
        });
        set.orders.push(other);
        set.sequence = 2;
    });
    scene.step(0).fills.push(Fill {
        slot: 1,
        entry: 0,
        quantity: 1,
    });
    scene.replay();
    scene.refused(0, StepError::FillGrows(0), "step/limits");
}

#[test]
fn an_immediate_order_filled_twice() {
    let immediate = |filled| {
        sell(0, filled, |order| {
            order.time_in_force = TimeInForce::ImmediateOrCancel;
        })
    };
    immediate(0).accepted();
    immediate(1).refused(0, StepError::FilledBefore(0), "step/fills");
}

#[test]
fn a_fill_or_kill_order_filled_in_part() {
    let whole = |filled| {
        sell(0, filled, |order| {
            order.time_in_force = TimeInForce::FillOrKill;
        })
    };
    whole(20).accepted();
    whole(0).refused(0, StepError::FilledInPart(0), "step/fills");
}

#[test]
fn an_order_whose_other_has_been_filled() {
    let paired = |filled| {
        let mut scene = sell(0, 0, |order| order.one_cancels_other = true);
        scene.reload(0, |account| {
            account.slots[1] = OrderSlot { id: 22, filled };
        });
        scene.resign(0, |set| {
            let other = set.orders[0].map(|order| Order { id: 22, ..order });
            set.orders.push(other);
        });
        scene.replay();
        scene
    };
    paired(0).accepted();
    paired(1).refused(0, StepError::PairFilled(0), "step/fills");
    // Both in one step.
    let mut both = paired(0);
    both.step(0).fills.push(Fill {
        slot: 1,
        entry: 0,
        quantity: 1,
    });
    both.replay();
    both.refused(0, StepError::PairFilled(0), "step/fills");
}

#[test]
fn an_order_whose_trigger_the_mark_does_not_meet() {
    let triggered = |mark, price| sell(0, 0, |order| order.trigger = Some(Trigger { mark, price }));
    use TriggerSide::{AtOrAbove, AtOrBelow};
    triggered(AtOrAbove, MARK).accepted();
    triggered(AtOrBelow, MARK).accepted();
    for (side, price) in [(AtOrAbove, MARK + 1), (AtOrBelow, MARK - 1)] {
        let reason = StepError::FillTrigger(0);
        triggered(side, price).refused(0, reason, "step/fills/trigger");
    }
}

#[test]
fn a_condition_changed_after_it_was_signed() {
    // It is met at the mark from either side.
    let met = Trigger {
        mark: TriggerSide::AtOrBelow,
        price: MARK,
    };
    let changes: [fn(&mut Order); 8] = [
        |order| order.reduce_only = false,
        |order| order.quantity += 1,
        |order| order.limit -= 1,
        |order| order.one_cancels_other = true,
        |order| order.time_in_force = TimeInForce::ImmediateOrCancel,
        |order| order.trigger = None,
        |order| order.trigger.as_mut().unwrap().price += 1,
        |order| order.trigger.as_mut().unwrap().mark = TriggerSide::AtOrAbove,
    ];
    for change in changes {
        let mut scene = sell(20, 0, |order| {
            order.reduce_only = true;
            order.trigger = Some(met);
        });
        scene.accepted();
        change(scene.order(0, 0));
        scene.replay();
        scene.refused_in("step/order_set/signature");
    }
}

#[test]
fn another_instruments_fee() {
    let mut scene = sell(0, 0, |_| ());
    scene.remarket(|snapshot, _| snapshot.rows[0].fee_rate = Rate::new(1 << 24));
    scene.replay();
    scene.accepted();
    // Charged the fee of instrument 2.
    scene.replay_forged(|step, account, effects| {
        if step == 0 {
            account.balances[0] += 7;
            effects.fees -= 7;
        }
    });
    assert!(!scene.satisfied());
}

#[test]
fn a_position_beyond_its_limit() {
    let limited = |lots, limit| {
        let mut scene = sell(lots, 0, |_| ());
        scene.remarket(|snapshot, _| snapshot.rows[0].position_limit = limit);
        scene.replay();
        scene
    };
    limited(0, 20).accepted();
    let beyond = |lots, limit| StepError::PositionLimit {
        instrument: Slot::new(0),
        lots,
        limit,
    };
    limited(0, 19).refused(0, beyond(20, 19), "step/limits");
    limited(-5, 24).refused(0, beyond(25, 24), "step/limits");
    // An account beyond it may go back, but not over to the other side.
    limited(50, 10).accepted();
    limited(9, 10).refused(0, beyond(11, 10), "step/limits");
}

#[test]
fn a_suspended_instrument_that_is_traded_but_to_reduce() {
    let suspended = |lots| {
        let mut scene = sell(lots, 0, |_| ());
        scene.remarket(|snapshot, _| {
            let row = &mut snapshot.rows[0];
            (row.suspended, row.position_limit) = (true, 0);
        });
        scene.replay();
        scene
    };
    suspended(20).accepted();
    let reason = StepError::PositionLimit {
        instrument: Slot::new(0),
        lots: 1,
        limit: 0,
    };
    suspended(19).refused(0, reason, "step/limits");
}
