//! Order sets: signature, target, sequence, ids, validity.

use crate::common::{Trader, scene::Scene};
use clearproof_primitives::{
    field::Fr,
    fixed::Rate,
    ids::AccountIndex,
    order::OrderSet,
    step::StepError::{self, Signature},
    time::Millis,
};

const PART: &str = "step/order_set";
const SIGNATURE: &str = "step/order_set/signature/*";

/// Account 1 fills its first set in step 0 and installs its second in step 1.
fn scene() -> Scene {
    Scene::busy(1)
}

#[test]
fn a_set_changed_after_it_was_signed() {
    type Change = fn(&mut OrderSet);
    let changes: [Change; 8] = [
        |set| set.max_fee = Rate::new(set.max_fee.get() + 1),
        |set| set.valid_until -= Millis::new(1),
        |set| set.valid_from += Millis::new(1),
        |set| set.sequence += 1,
        |set| set.orders[0].as_mut().unwrap().quantity += 1,
        |set| set.orders[0].as_mut().unwrap().limit += 1,
        |set| set.orders[0].as_mut().unwrap().id += 1,
        |set| set.orders.push(set.orders[0]),
    ];
    for change in changes {
        let mut scene = scene();
        // Step 1 installs a sequence of its own, higher than any of these.
        scene.resign(1, |set| set.sequence = 9);
        change(&mut scene.step(0).set.as_mut().unwrap().set);
        scene.replay();
        assert!(
            matches!(scene.native(0), Err(Signature(_))),
            "{:?}",
            scene.native(0)
        );
        scene.refused_in(SIGNATURE);
    }
}

#[test]
fn a_signature_by_somebody_else() {
    let mut scene = scene();
    let set = scene.step(0).set.as_ref().unwrap().set.clone();
    let signed = Trader::new(2).sign(&scene.shape, set);
    scene.step(0).set = Some(signed);
    scene.replay();
    assert!(matches!(scene.native(0), Err(Signature(_))));
    scene.refused_in(SIGNATURE);
}

#[test]
fn a_set_for_another_account_or_venue() {
    let mut scene = scene();
    scene.resign(0, |set| set.account = AccountIndex::new(2));
    scene.replay();
    scene.refused(0, StepError::WrongTarget, SIGNATURE);

    let mut scene = self::scene();
    scene.resign(0, |set| set.venue = set.venue.next());
    scene.replay();
    scene.refused(0, StepError::WrongTarget, SIGNATURE);
}

#[test]
fn a_set_for_another_chain() {
    let mut scene = scene();
    scene.resign_for(0, Fr::from(5u64), |_| ());
    scene.replay();
    assert!(matches!(scene.native(0), Err(Signature(_))));
    scene.refused_in(SIGNATURE);
}

#[test]
fn an_old_sequence() {
    let mut scene = scene();
    scene.reload(0, |account| account.sequence = 5);
    scene.replay();
    scene.refused(
        0,
        StepError::OldSequence {
            given: 1,
            current: 5,
        },
        PART,
    );
}

#[test]
fn the_same_sequence_with_other_ids() {
    let mut scene = scene();
    scene.reload(0, |account| {
        (account.sequence, account.slots[0].id) = (1, 11);
    });
    scene.replay();
    scene.accepted();
    for (slot, id) in [(0, 10), (1, 7)] {
        let mut scene = scene.clone();
        scene.reload(0, |account| account.slots[slot].id = id);
        scene.replay();
        scene.refused(0, StepError::SameSequenceOtherOrders, PART);
    }
}

#[test]
fn a_set_outside_its_validity() {
    let mut scene = scene();
    scene.step(0).fills.clear();
    let (from, to) = (scene.header.time_from, scene.header.time_to);
    for (first, last, fine) in [
        (Millis::ZERO, from, true),
        (to, to, true),
        (Millis::ZERO, from - Millis::new(1), false),
        (to + Millis::new(1), to + Millis::new(9), false),
    ] {
        scene.resign(0, |set| (set.valid_from, set.valid_until) = (first, last));
        scene.replay();
        match fine {
            true => scene.accepted(),
            false => scene.refused(0, StepError::NotValid, PART),
        }
    }
}
