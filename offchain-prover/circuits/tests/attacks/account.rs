//! Accounts: opening, the insurance fund, positions, tree.

use crate::common::scene::Scene;
use clearproof_primitives::{
    account::{Account, OrderSlot, Position},
    field::Fr,
    ids::{AccountIndex, Slot},
    step::StepError,
};

fn position(instrument: u16, quantity: i64) -> Position {
    Position {
        instrument: Slot::new(instrument),
        quantity,
    }
}

/// Step 1 opens its account where step 0 just opened one.
#[test]
fn opening_an_account_on_a_leaf_in_use() {
    let mut scene = Scene::busy(0);
    scene.step(1).account = AccountIndex::new(1);
    scene.replay();
    assert!(scene.native(1).is_ok(), "native steps do not see the tree");
    scene.refused_in("step/leaf");
}

#[test]
fn opening_an_account_that_is_not_empty() {
    let changes: [fn(&mut Account); 6] = [
        |account| account.sequence = 1,
        |account| account.slots[1].id = 4,
        |account| account.slots[0].filled = 3,
        |account| account.balances[0] = 1,
        |account| account.balances[1] = 1,
        |account| account.positions.push(position(2, 1)),
    ];
    for change in changes {
        let mut scene = Scene::busy(0);
        change(&mut scene.chunk.steps[0].before);
        scene.replay();
        scene.refused(0, StepError::NotNew, "step");
    }
}

#[test]
fn opening_an_account_without_deposit() {
    let mut scene = Scene::busy(0);
    scene.step(0).deposit = None;
    scene.replay();
    scene.refused(0, StepError::NoAccount, "step");
}

#[test]
fn touching_the_insurance_fund() {
    let mut scene = Scene::busy(0);
    scene.step(0).account = AccountIndex::INSURANCE_FUND;
    scene.chunk.steps[0].exists = true;
    scene.reload(0, |_| ());
    scene.replay();
    scene.refused(0, StepError::InsuranceFund, "step/forced");

    let mut scene = Scene::busy(2);
    scene.step(0).account = AccountIndex::INSURANCE_FUND;
    scene.resign(0, |set| set.account = AccountIndex::INSURANCE_FUND);
    scene.reload(0, |_| ());
    scene.replay();
    scene.refused(0, StepError::InsuranceFund, "step/forced");
}

#[test]
fn an_account_beyond_the_tree() {
    let mut scene = Scene::busy(0);
    let path = scene.chunk.steps[0].path.clone();
    scene.step(0).account = AccountIndex::new(1 << (2 * scene.shape.depth));
    scene.replay();
    scene.chunk.steps[0].path = path;
    assert!(!scene.satisfied());
}

/// A list that is not canonical could hold an instrument twice and hide one of them from margin.
#[test]
fn positions_that_were_not_canonical() {
    let lists = [
        vec![position(2, 5), position(0, 5)],
        vec![position(0, 5), position(0, 5)],
    ];
    let load = |list: &[Position]| {
        let mut scene = Scene::busy(2);
        scene.reload(0, |account| account.positions = list.to_vec());
        scene.replay();
        scene
    };
    for list in &lists {
        load(list).refused_in("step/account");
    }
    // An empty position that comes first, or has an instrument: no leaf has that form.
    load(&[position(0, 0), position(2, 5)]).refused_in("step/*");
    load(&[position(0, 5), position(2, 0)]).refused_in("step/*");
}

#[test]
fn positions_that_do_not_follow_from_the_fills() {
    let changes: [fn(&mut Account); 6] = [
        |account| account.positions.reverse(),
        |account| account.positions[0].quantity += 1,
        |account| account.positions[1].quantity = -5,
        |account| account.positions[1].instrument = Slot::new(3),
        |account| account.positions = vec![position(0, -10), position(0, -10)],
        |account| account.positions.clear(),
    ];
    for change in changes {
        let mut scene = Scene::busy(2);
        scene.reload(0, |account| account.positions = vec![position(2, 5)]);
        scene.replay();
        scene.accepted();
        scene.replay_forged(|i, after, _| {
            if i == 0 {
                change(after);
            }
        });
        scene.refused_in("step/positions");
    }
}

#[test]
fn another_account_than_the_tree_has() {
    let changes: [fn(&mut Account); 4] = [
        |account| account.balances[0] += 1,
        |account| account.slots[0] = OrderSlot { id: 21, filled: 0 },
        |account| account.viewing_key += Fr::from(1u64),
        |account| account.positions.push(position(2, 5)),
    ];
    for change in changes {
        let mut scene = Scene::busy(2);
        change(&mut scene.chunk.steps[0].before);
        scene.replay();
        scene.refused_in("step/leaf");
    }
}

#[test]
fn another_path_or_root() {
    let mut scene = Scene::busy(1);
    scene.chunk.steps[0].path[1][3] += Fr::from(1u64);
    scene.refused_in("step/leaf");

    let mut scene = Scene::busy(1);
    scene.chunk.before.accounts_root += Fr::from(1u64);
    scene.refused_in("step/leaf");
}
