//! Keys and transfers: the signatures that each action needs, and the receivers of money that
//! leaves an account.

use crate::common::{GENESIS, Trader, scene::Scene};
use clearproof_primitives::{
    account::account_key,
    batch::{genesis_field, transfer_hash},
    eddsa::SecretKey,
    field::Fr,
    ids::AccountIndex,
    order::{KeyRequest, OrderSetError, Request, TransferRequest, WithdrawalRequest, key_hash},
    step::{DepositStep, StepError},
};

const SIGNATURE: &str = "step/order_set/signature";

pub fn trading() -> SecretKey {
    SecretKey::new([77; 32])
}

pub fn hash_of(key: &SecretKey) -> Fr {
    let point = key.public_key().point();
    key_hash((point.x, point.y))
}

/// Account 2 sells 20 lots in the chunk's first step; its leaf names the trading key, which signs.
fn by_trading_key(change: impl FnOnce(&mut Scene)) -> Scene {
    let mut scene = Scene::busy(2);
    scene.reload(0, |account| account.trading_key = hash_of(&trading()));
    change(&mut scene);
    sign(&mut scene, 0, &trading());
    scene.replay();
    scene
}

/// The set of a step is signed with this key, which is not the owner's.
pub fn sign(scene: &mut Scene, step: usize, key: &SecretKey) {
    let shape = scene.shape;
    let signed = scene.step(step).set.as_mut().unwrap();
    signed.trading_key = Some(key.public_key());
    signed.signature = key.sign(signed.set.message(&shape, genesis_field(&GENESIS)));
}

/// Account 2 makes a request in the chunk's first step, and its owner signs.
fn requests(request: Request, withdraw: bool) -> Scene {
    let mut scene = Scene::busy(2);
    scene.resign(0, |set| {
        set.orders.clear();
        set.request = Some(request);
        set.sequence = 9;
    });
    let step = scene.step(0);
    step.fills.clear();
    step.withdraw = withdraw;
    scene.replay();
    scene
}

#[test]
fn what_the_attacks_start_from_is_accepted() {
    by_trading_key(|_| ()).accepted();
    let key = trading().public_key();
    let scene = requests(Request::Key(KeyRequest::Trading(Some(key.into()))), false);
    scene.accepted();
    assert_eq!(scene.chunk.steps[0].after.trading_key, hash_of(&trading()));
    let mut scene = requests(Request::Key(KeyRequest::Owner(key.into())), false);
    scene.reload(0, |account| account.trading_key = Fr::from(5u64));
    scene.replay();
    scene.accepted();
    let after = &scene.chunk.steps[0].after;
    assert_eq!(after.owner, (key.point().x, key.point().y));
    assert_eq!(after.trading_key, Fr::from(0u64));
}

#[test]
fn a_trading_key_that_is_not_the_accounts() {
    let mut scene = by_trading_key(|_| ());
    sign(&mut scene, 0, &SecretKey::new([78; 32]));
    scene.replay();
    scene.refused(0, StepError::TradingKey, SIGNATURE);

    let mut scene = by_trading_key(|_| ());
    scene.reload(0, |account| account.trading_key = Fr::from(0u64));
    scene.replay();
    scene.refused(0, StepError::TradingKey, SIGNATURE);
}

#[test]
fn a_trading_key_that_withdraws_or_sends() {
    let withdrawal = WithdrawalRequest {
        asset: 0,
        amount: 5,
        recipient: [9; 32],
    };
    let transfer = TransferRequest {
        asset: 0,
        amount: 5,
        to: Fr::from(3u64).into(),
    };
    for request in [Request::Withdrawal(withdrawal), Request::Transfer(transfer)] {
        let scene = by_trading_key(|scene| {
            scene.step(0).set.as_mut().unwrap().set.request = Some(request);
            scene.step(0).withdraw = true;
        });
        scene.refused(0, StepError::NeedsOwner, "step/withdrawal");
        let scene = by_trading_key(|scene| {
            scene.step(0).set.as_mut().unwrap().set.request = Some(request);
        });
        scene.refused(0, StepError::NotCarriedOut, "step/withdrawal");
    }
}

#[test]
fn a_trading_key_that_changes_keys() {
    let named = SecretKey::new([79; 32]).public_key().into();
    for request in [KeyRequest::Trading(Some(named)), KeyRequest::Owner(named)] {
        let scene = by_trading_key(|scene| {
            let step = scene.step(0);
            step.fills.clear();
            let set = &mut step.set.as_mut().unwrap().set;
            set.orders.clear();
            set.request = Some(Request::Key(request));
        });
        scene.refused(0, StepError::NeedsOwner, "step/order_set/keys");
    }
}

/// The operator installs a set and leaves the key as it was, or puts another in its place.
#[test]
fn a_change_of_keys_left_out_or_made_up() {
    let key = trading().public_key();
    for request in [
        KeyRequest::Trading(Some(key.into())),
        KeyRequest::Owner(key.into()),
    ] {
        let mut scene = requests(Request::Key(request), false);
        let before = scene.chunk.steps[0].before.clone();
        scene.replay_forged(|step, account, _| {
            if step == 0 {
                (account.owner, account.trading_key) = (before.owner, before.trading_key);
            }
        });
        assert!(!scene.satisfied());
    }
    let mut scene = Scene::busy(2);
    scene.replay_forged(|step, account, _| {
        if step == 0 {
            account.trading_key = hash_of(&trading());
        }
    });
    assert!(!scene.satisfied());
}

/// After the change an order set needs the new owner's signature; the old owner's is refused.
#[test]
fn the_old_owners_signature_after_the_change() {
    let key = trading().public_key();
    let mut scene = requests(Request::Key(KeyRequest::Owner(key.into())), false);
    let again = scene.chunk.steps[0].clone();
    scene.chunk.steps[1] = again;
    scene.replay();
    assert!(scene.native(0).is_ok() && scene.native(1).is_err());
    scene.refused_in(SIGNATURE);
}

#[test]
fn orders_with_the_owners_key_are_malformed() {
    let key = trading().public_key();
    let mut scene = requests(Request::Key(KeyRequest::Owner(key.into())), false);
    let order = Scene::busy(2).order(0, 0).to_owned();
    scene.resign(0, |set| set.orders = vec![Some(order)]);
    scene.replay();
    let error = StepError::OrderSet(OrderSetError::OwnerWithOrders);
    assert_eq!(scene.native(0), Err(error));
}

/// Account 2 sends 30 units to account 1 in the chunk's first step, which receives them in the
/// second.
fn transfer(change: impl FnOnce(&mut DepositStep)) -> Scene {
    let owner = Trader::new(1).key.public_key().point();
    let to = account_key((owner.x, owner.y), 0);
    let request = TransferRequest {
        asset: 0,
        amount: 30,
        to: to.into(),
    };
    let mut scene = requests(Request::Transfer(request), true);
    let receiver = Scene::busy(1).chunk.steps[0].before.clone();
    scene.chunk.steps[1].step.account = AccountIndex::new(1);
    scene.reload(1, |account| *account = receiver);
    let mut received = DepositStep {
        transferred: true,
        asset: 0,
        amount: 30,
        account_key: to,
    };
    change(&mut received);
    scene.step(1).deposit = Some(received);
    scene.replay();
    scene
}

#[test]
fn a_transfer_is_received_as_it_was_sent() {
    let scene = transfer(|_| ());
    scene.accepted();
    let [sent, received] = [0, 1].map(|i| &scene.chunk.steps[i]);
    assert_eq!(sent.before.balances[0] - sent.after.balances[0], 30);
    assert_eq!(received.after.balances[0] - received.before.balances[0], 30);
    assert_eq!(scene.chunk.after.deposited, scene.chunk.before.deposited);
    assert_eq!(scene.chunk.after.transfer, Fr::from(0u64));
}

#[test]
fn a_transfer_that_arrives_as_something_else() {
    let changes: [fn(&mut DepositStep); 2] = [|d| d.amount = 31, |d| d.asset = 1];
    for change in changes {
        transfer(change).refused(1, StepError::NoTransfer, "step/transfer");
    }
    let scene = transfer(|d| d.account_key += Fr::from(1u64));
    assert_eq!(scene.native(1), Err(StepError::DepositKey));
    assert!(!scene.satisfied());
}

#[test]
fn a_transfer_that_nobody_sent_or_that_arrives_twice() {
    let mut scene = transfer(|_| ());
    scene.step(0).withdraw = false;
    scene.resign(0, |set| set.request = None);
    scene.replay();
    scene.refused(1, StepError::NoTransfer, "step/transfer");

    let mut scene = transfer(|_| ());
    scene.chunk.steps[0] = scene.chunk.steps[1].clone();
    scene.replay();
    assert!(scene.native(0).is_err() && !scene.satisfied());
}

#[test]
fn a_set_installed_without_its_transfer() {
    let mut scene = transfer(|_| ());
    scene.chunk.steps[1] = Scene::busy(2).chunk.steps[1].clone();
    scene.step(0).withdraw = false;
    scene.replay();
    scene.refused(0, StepError::NotCarriedOut, "step/withdrawal");
}

#[test]
fn two_transfers_on_their_way_at_once() {
    let mut scene = transfer(|_| ());
    scene.chunk.before.transfer = transfer_hash(Fr::from(3u64), 0, 7);
    scene.replay();
    scene.refused_first_in("step/transfer");
}

#[test]
fn a_transfer_as_a_withdrawal() {
    let mut scene = transfer(|_| ());
    scene.replay_forged(|step, _, effects| {
        if step == 0 {
            effects.transfer = None;
            effects.withdrawal = Some(clearproof_primitives::batch::Withdrawal {
                recipient: [6; 32],
                asset: 0,
                amount: 30,
            });
        }
    });
    assert!(!scene.satisfied());
}
