//! Deposits and withdrawals.

use crate::common::scene::{Scene, withdrawal_of};
use clearproof_primitives::{
    account::OrderSlot,
    field::Fr,
    order::{OrderSetError, Request, WithdrawalRequest},
    step::{DepositStep, StepError, StepError::Signature},
};

const DEPOSIT: &str = "step/deposit";
const WITHDRAWAL: &str = "step/withdrawal";

/// Deposits open accounts 1 and 2.
fn deposits() -> Scene {
    Scene::busy(0)
}

/// Account 1 fills its first set in step 0, installs its second in step 1 and withdraws 500.
fn withdraws() -> Scene {
    Scene::busy(1)
}

fn deposit(scene: &mut Scene, step: usize) -> &mut DepositStep {
    scene.step(step).deposit.as_mut().unwrap()
}

#[test]
fn a_deposit_to_another_key() {
    let mut scene = deposits();
    deposit(&mut scene, 0).account_key += Fr::from(1u64);
    scene.replay();
    scene.refused(0, StepError::DepositKey, DEPOSIT);
}

/// A thief opens the leaf with an owner key of their own.
#[test]
fn a_deposit_that_opens_an_account_of_another_owner() {
    let mut scene = deposits();
    let thief = scene.chunk.steps[1].before.owner;
    scene.chunk.steps[0].before.owner = thief;
    scene.replay();
    scene.refused(0, StepError::DepositKey, DEPOSIT);
}

/// One coordinate alone does not identify an owner: (−x, y) is on the curve as well.
#[test]
fn a_deposit_that_opens_an_account_of_the_negative_key() {
    let mut scene = deposits();
    let owner = &mut scene.chunk.steps[0].before.owner;
    owner.0 = -owner.0;
    scene.replay();
    scene.refused(0, StepError::DepositKey, DEPOSIT);
}

/// A deposit into account 2, which exists, in the last step.
fn second_deposit() -> Scene {
    let mut scene = Scene::last(2, 0);
    let account_key = scene.chunk.steps[1].before.key();
    let step = scene.step(1);
    step.set = None;
    step.fills.clear();
    step.deposit = Some(DepositStep {
        transferred: false,
        asset: 0,
        amount: 77,
        account_key,
    });
    scene.replay();
    scene.accepted();
    scene
}

#[test]
fn a_deposit_that_changes_the_viewing_key_of_an_account() {
    let mut scene = second_deposit();
    scene.replay_forged(|i, after, _| after.viewing_key += Fr::from(i as u64));
    scene.refused_in("");

    let mut scene = second_deposit();
    scene.chunk.steps[1].before.viewing_key += Fr::from(1u64);
    scene.replay();
    assert!(scene.native(1).is_ok(), "native steps do not see the tree");
    scene.refused_in("step/leaf");
}

/// The same, by opening the account a second time at its own leaf.
#[test]
fn a_deposit_that_opens_an_account_again() {
    let mut scene = second_deposit();
    let witness = &mut scene.chunk.steps[1];
    witness.exists = false;
    witness.before.sequence = 0;
    witness.before.balances.fill(0);
    witness.before.slots.fill(OrderSlot::default());
    witness.before.positions.clear();
    scene.replay();
    assert!(scene.native(1).is_ok(), "native steps do not see the tree");
    scene.refused_in("step/leaf");
}

/// The second trader receives the first one's deposit.
#[test]
fn a_deposit_into_another_account() {
    let mut scene = deposits();
    let (first, second) = (
        deposit(&mut scene, 0).account_key,
        deposit(&mut scene, 1).account_key,
    );
    deposit(&mut scene, 0).account_key = second;
    deposit(&mut scene, 1).account_key = first;
    scene.replay();
    scene.refused(0, StepError::DepositKey, DEPOSIT);
}

/// Another amount gives another queue, which is not the chain's.
#[test]
fn a_deposit_of_another_amount_or_asset() {
    let changes: [fn(&mut DepositStep); 2] = [|d| d.amount += 1, |d| d.asset = 1];
    for change in changes {
        let mut scene = deposits();
        let queue = scene.chunk.after.deposits;
        change(deposit(&mut scene, 0));
        scene.replay();
        scene.accepted();
        assert_ne!(scene.chunk.after.deposits, queue);
        scene.chunk.after.deposits = queue;
        scene.refused_in("");
    }
}

#[test]
fn a_deposit_credited_with_more() {
    let mut scene = deposits();
    scene.replay_forged(|i, after, _| after.balances[0] += i as i64);
    scene.refused_in("");
}

#[test]
fn a_withdrawal_without_installing_the_set() {
    let mut scene = withdraws();
    scene.resign(0, |set| set.sequence = 2);
    scene.replay();
    scene.refused(1, StepError::NoWithdrawal, WITHDRAWAL);
}

#[test]
fn a_withdrawal_twice() {
    let mut scene = withdraws();
    scene.chunk.steps[0].step = scene.chunk.steps[1].step.clone();
    scene.replay();
    scene.refused(1, StepError::NoWithdrawal, WITHDRAWAL);
}

/// The operator takes the set's orders and leaves its withdrawal out; whatever its reason, margin
/// included.
#[test]
fn a_set_installed_without_its_withdrawal() {
    for amount in [1, 500, 1 << 60] {
        let mut scene = withdraws();
        scene.resign(1, |set| withdrawal_of(set).amount = amount);
        scene.step(1).withdraw = false;
        scene.replay();
        scene.refused(1, StepError::NotCarriedOut, WITHDRAWAL);
    }
}

/// The set's orders are filled first, and the withdrawal is to follow in another step.
#[test]
fn a_withdrawal_later_than_its_set_is_installed() {
    let mut scene = withdraws();
    let step = scene.chunk.steps[1].step.clone();
    scene.step(0).set = step.set;
    scene.replay();
    assert_eq!(scene.native(1), Err(StepError::NoWithdrawal));
    scene.refused(0, StepError::NotCarriedOut, WITHDRAWAL);
}

#[test]
fn a_withdrawal_that_the_set_does_not_have() {
    let mut scene = withdraws();
    scene.resign(1, |set| set.request = None);
    scene.replay();
    scene.refused(1, StepError::NoWithdrawal, WITHDRAWAL);
}

#[test]
fn a_withdrawal_of_an_asset_beyond_the_market() {
    let mut scene = withdraws();
    scene.reload(0, |account| account.balances[1] = 1_000);
    scene.resign(1, |set| withdrawal_of(set).asset = 5);
    scene.replay();
    scene.refused(1, StepError::OrderSet(OrderSetError::Asset), WITHDRAWAL);
}

#[test]
fn a_withdrawal_changed_after_it_was_signed() {
    let changes: [fn(&mut WithdrawalRequest); 3] =
        [|w| w.amount += 1, |w| w.asset = 1, |w| w.recipient[31] ^= 1];
    for change in changes {
        let mut scene = withdraws();
        scene.reload(0, |account| account.balances[1] = 1_000);
        let set = scene.step(1).set.as_mut().unwrap();
        change(withdrawal_of(&mut set.set));
        scene.replay();
        assert!(matches!(scene.native(1), Err(Signature(_))));
        scene.refused_in("step/order_set/signature/*");
    }
}

#[test]
fn a_withdrawal_paid_differently_or_not_debited() {
    let forge = |change: fn(&mut clearproof_primitives::batch::Withdrawal)| {
        let mut scene = withdraws();
        scene.replay_forged(|_, _, effects| effects.withdrawal.iter_mut().for_each(change));
        scene.refused_in("");
    };
    forge(|w| w.amount += 1);
    forge(|w| w.asset = 1);
    forge(|w| w.recipient[0] ^= 1);

    let mut scene = withdraws();
    scene.replay_forged(|i, after, _| after.balances[0] += if i == 1 { 500 } else { 0 });
    scene.refused_in("");
}

#[test]
fn other_assets_below_zero() {
    let mut scene = withdraws();
    let request = WithdrawalRequest {
        asset: 1,
        amount: 10,
        recipient: [8; 32],
    };
    scene.resign(1, |set| set.request = Some(Request::Withdrawal(request)));
    scene.reload(0, |account| account.balances[1] = 10);
    scene.replay();
    scene.accepted();
    scene.reload(0, |account| account.balances[1] = 9);
    scene.replay();
    scene.refused(1, StepError::NegativeBalance(1), "step");
}
