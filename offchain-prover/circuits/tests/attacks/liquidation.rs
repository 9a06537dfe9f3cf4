//! An account is liquidated in part once at each snapshot. Account 2 holds 40 lots at a mark of
//! 100 ⅓; its equity is 250, more than half of its maintenance margin of about 430.

use crate::{
    common::scene::Scene,
    forced::{MARK, liquidated},
};
use clearproof_primitives::{
    account::Account,
    fixed::ONE,
    ids::{AccountIndex, Slot},
    step::{Forced, Step, StepError},
};

const QUOTE: i64 = -3_763;
/// The account's zero price: selling at it leaves equity and maintenance margin in proportion.
const ZERO_PRICE: u64 = 94 * ONE + ONE / 8;
const PART: &str = "step/forced";

/// The venue sells half of the lots, at the zero price.
fn half() -> Scene {
    liquidated(40, QUOTE, 20, ZERO_PRICE, 0)
}

/// The account was liquidated in part at a snapshot, or just visited, and now the venue sells half
/// of what is left at snapshot 1.
fn visited_at(stamp: u32, kept: bool) -> Scene {
    let mut scene = half();
    scene.reload(0, |account| (account.stamp, account.kept) = (stamp, kept));
    scene.replay();
    scene
}

/// A second liquidation follows, of half of the rest.
fn then_half_of_the_rest(mut scene: Scene) -> Scene {
    scene.chunk.steps[1] = scene.chunk.steps[0].clone();
    scene.step(1).fills[0].quantity = 10;
    scene.replay();
    scene
}

#[test]
fn a_first_part_is_closed_and_the_account_marked() {
    let scene = half();
    scene.accepted();
    let after = &scene.chunk.steps[0].after;
    assert_eq!((after.stamp, after.kept), (1, true));
    assert_eq!(after.quantity(Slot::new(0)), 20);
    liquidated(40, QUOTE, 20, MARK, 3).accepted();
}

#[test]
fn half_of_the_rest_in_the_same_batch() {
    let scene = then_half_of_the_rest(half());
    let witness = &scene.chunk.steps[1];
    assert_eq!(
        witness.before.quantity(Slot::new(0)),
        20,
        "the first step has closed 20"
    );
    scene.refused(1, StepError::PartialAgain, PART);
}

#[test]
fn half_of_the_rest_in_another_batch_of_the_snapshot() {
    visited_at(1, false).accepted();
    visited_at(0, true).accepted();
    visited_at(1, true).refused(0, StepError::PartialAgain, PART);
    let mut next = visited_at(1, true);
    next.at_snapshot(2);
    next.replay();
    next.accepted();
    let after = &next.chunk.steps[0].after;
    assert_eq!((after.stamp, after.kept), (2, true));
}

/// Nor does a step in between that only accrues forget that there was a first part.
#[test]
fn half_of_the_rest_after_a_visit() {
    let mut scene = visited_at(1, true);
    scene.chunk.steps[1] = scene.chunk.steps[0].clone();
    *scene.step(0) = Step {
        account: AccountIndex::new(2),
        ..Step::default()
    };
    scene.replay();
    assert!(scene.chunk.steps[0].after.kept);
    scene.refused(1, StepError::PartialAgain, PART);
}

/// Less than half of the margin is left: all of it may go, in as many steps as it takes.
#[test]
fn a_deep_account_is_liquidated_on() {
    let mut scene = liquidated(40, -3_963, 20, MARK, 0);
    scene.reload(0, |account| (account.stamp, account.kept) = (1, true));
    scene.replay();
    let scene = then_half_of_the_rest(scene);
    scene.accepted();
    assert!(scene.chunk.steps[1].after.kept);
}

/// A liquidation without fills takes nothing, and counts all the same.
#[test]
fn a_part_of_nothing() {
    let mut scene = half();
    scene.step(0).fills.clear();
    scene.replay();
    scene.accepted();
    assert!(scene.chunk.steps[0].after.kept);
    let mut scene = visited_at(1, true);
    scene.step(0).fills.clear();
    scene.replay();
    scene.refused(0, StepError::PartialAgain, PART);
}

#[test]
fn an_account_that_is_not_marked() {
    let changes: [fn(&mut Account); 4] = [
        |account| account.kept = false,
        |account| account.stamp = 0,
        |account| account.stamp = 2,
        |account| (account.stamp, account.kept) = (0, false),
    ];
    for change in changes {
        let mut scene = half();
        scene.replay_forged(|i, after, _| {
            if i == 0 {
                change(after);
            }
        });
        scene.refused_in("step/leaf");
    }
}

/// The account was liquidated in part at this snapshot, and is loaded as if it had not been.
#[test]
fn a_mark_that_is_not_loaded() {
    let changes: [fn(&mut Account); 2] =
        [|account| account.kept = false, |account| account.stamp = 0];
    for change in changes {
        let mut scene = visited_at(1, true);
        change(&mut scene.chunk.steps[0].before);
        scene.replay();
        scene.refused_in("step/leaf");
    }
}

/// The insurance fund is never liquidated in part, and its leaf has no stamp.
#[test]
fn the_fund_is_not_stamped() {
    let mut scene = Scene::busy(2);
    assert_eq!(scene.chunk.steps[1].after.stamp, 0);
    scene.replay_forged(|i, after, _| {
        if i == 1 {
            after.stamp = 1;
        }
    });
    assert!(!scene.satisfied());
    let mut scene = half();
    scene.chunk.steps.swap(0, 1);
    scene.step(0).forced = Some(Forced::Liquidation { penalty: 0 });
    scene.step(0).set = scene.chunk.steps[1].step.set.clone();
    scene.replay();
    scene.accepted();
    let fund = &scene.chunk.steps[0].after;
    assert_eq!((fund.stamp, fund.kept), (0, false));
}
