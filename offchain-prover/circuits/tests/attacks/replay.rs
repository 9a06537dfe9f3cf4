//! Accounts, deposits and sequences used twice or in another order; and values at the ends of
//! ranges.

use crate::common::scene::Scene;
use clearproof_primitives::{
    account::{OrderSlot, Position},
    fixed::ONE,
    ids::Slot,
    order::OrderSetError,
    step::StepError,
    tree::root_of_path,
};

/// Account 1 buys in step 0; step 1 withdraws from the account as it was before, and so undoes the
/// purchase.
#[test]
fn an_account_as_it_was_before_the_last_step() {
    let mut scene = Scene::busy(1);
    let old = scene.chunk.steps[0].before.clone();
    let witness = &mut scene.chunk.steps[1];
    witness.before = old.clone();
    witness.after = old;
    witness.after.sequence = 2;
    witness.after.slots[0] = OrderSlot { id: 11, filled: 0 };
    witness.after.balances[0] -= 500;
    let leaf = witness.after.leaf(&scene.shape);
    scene.chunk.after.accounts_root = root_of_path(1, leaf, &witness.path);
    assert!(scene.native(1).is_ok(), "native steps do not see the tree");
    scene.refused_in("step/leaf");
}

/// The queue is a hash chain: consuming its deposits in another order, or without one of them,
/// leads to another end.
#[test]
fn deposits_out_of_order_or_left_out() {
    let queue = Scene::busy(0).chunk.after.deposits;
    let mut swapped = Scene::busy(0);
    swapped.chunk.steps.swap(0, 1);
    let mut left_out = Scene::busy(0);
    left_out.chunk.steps[0] = Scene::busy(2).chunk.steps[1].clone();
    for mut scene in [swapped, left_out] {
        scene.replay();
        scene.accepted();
        assert_ne!(scene.chunk.after.deposits, queue);
        scene.chunk.after.deposits = queue;
        scene.refused_in("");
    }
}

/// Account 2, at sequence `current` with 20 of its order filled, sells `lots` under a set with
/// sequence `next` and an order of 25.
fn sells_again(current: u64, next: u64, lots: u64) -> Scene {
    let mut scene = Scene::busy(2);
    scene.reload(0, |account| {
        account.sequence = current;
        account.slots[0] = OrderSlot { id: 21, filled: 20 };
    });
    scene.resign(0, |set| {
        set.sequence = next;
        set.orders[0].as_mut().unwrap().quantity = 25;
    });
    scene.step(0).fills[0].quantity = lots;
    scene.replay();
    scene
}

/// If an owner signs two sets with one sequence, both can be used, but an order's filled quantity
/// counts for both.
#[test]
fn two_sets_of_one_sequence_share_what_is_filled() {
    sells_again(4, 4, 5).accepted();
    sells_again(4, 4, 6).refused(0, StepError::FillQuantity(0), "step/fills");
}

/// Nothing follows the last sequence, and no sequence is below itself by wrapping.
#[test]
fn the_last_sequence_is_the_last() {
    sells_again(u64::MAX - 1, u64::MAX, 5).accepted();
    sells_again(u64::MAX, u64::MAX, 5).accepted();
    for given in [1, u64::MAX - 1] {
        let reason = StepError::OldSequence {
            given,
            current: u64::MAX,
        };
        sells_again(u64::MAX, given, 5).refused(0, reason, "step/order_set");
    }
}

/// A fresh account is at sequence 0: a set with that sequence would be installed already, and its
/// withdrawal could be carried out again and again.
#[test]
fn a_withdrawal_at_sequence_zero() {
    let mut scene = Scene::busy(1);
    scene.chunk.steps[0] = Scene::busy(2).chunk.steps[1].clone();
    scene.reload(1, |account| account.sequence = 0);
    scene.replay();
    scene.accepted();
    scene.resign(1, |set| set.sequence = 0);
    scene.replay();
    let reason = StepError::OrderSet(OrderSetError::Sequence);
    scene.refused(1, reason, "step/withdrawal");
}

/// Account 2 is short `lots` and sells one more.
fn short(lots: i64) -> Scene {
    let mut scene = Scene::busy(2);
    scene.reload(0, |account| {
        account.balances[0] = 1 << 56;
        account.positions = vec![Position {
            instrument: Slot::new(0),
            quantity: -lots,
        }];
    });
    scene.resign(0, |set| set.orders[0].as_mut().unwrap().limit = ONE);
    scene.step(0).fills[0].quantity = 1;
    scene.remarket(|snapshot, _| snapshot.rows[0].position_limit = (1 << 48) - 1);
    scene.replay();
    scene
}

/// The circuit's signed range has one value more than the native one, but the largest position
/// limit keeps all accounts from it.
#[test]
fn the_end_of_a_position_s_range() {
    short((1 << 48) - 2).accepted();
    let most = short((1 << 48) - 1);
    assert_eq!(most.native(0), Err(StepError::Range("position")));
    assert!(!most.satisfied());
    assert!(short(1 << 48).native(0).is_err());
    assert!(!short(1 << 48).satisfied());
}
