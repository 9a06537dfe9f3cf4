//! Keys and transfers: the signatures that each action needs, and the receivers of money that
//! leaves an account. Other owners are in `heirs`.

use crate::common::{GENESIS, Trader, scene::Scene};
use clearproof_circuits::r1cs::Cs;
use clearproof_primitives::{
    account::{Account, account_key},
    batch::{genesis_field, transfer_hash},
    eddsa::SecretKey,
    field::Fr,
    ids::AccountIndex,
    order::{Delegate, KeysRequest, Request, TransferRequest, WithdrawalRequest, key_hash},
    poseidon::{Domain, hash_list},
    step::{DepositStep, StepError},
    wide::power_of_two,
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

fn keys(delegate: Option<Delegate>, viewing_key: Option<u64>) -> Request {
    Request::Keys(KeysRequest {
        delegate,
        viewing_key: viewing_key.map(|key| Fr::from(key).into()),
    })
}

fn trader() -> Option<Delegate> {
    Some(Delegate::Trader(trading().public_key().into()))
}

#[test]
fn what_the_attacks_start_from_is_accepted() {
    by_trading_key(|_| ()).accepted();
    let heir = Delegate::Heir(trading().public_key().into());
    let changes = [
        (trader(), None, hash_of(&trading()), 8),
        (trader(), Some(5), hash_of(&trading()), 5),
        (Some(heir), None, hash_of(&trading()) + Fr::from(1u64), 8),
        // What is not named again is gone, the viewing key excepted.
        (None, Some(6), Fr::from(0u64), 6),
        (None, None, Fr::from(0u64), 8),
    ];
    for (delegate, viewing_key, mark, expected) in changes {
        let mut scene = requests(keys(delegate, viewing_key), false);
        scene.reload(0, |account| {
            (account.trading_key, account.viewing_key) = (Fr::from(7u64), Fr::from(8u64));
        });
        scene.replay();
        scene.accepted();
        let after = &scene.chunk.steps[0].after;
        let keys = (after.trading_key, after.viewing_key);
        assert_eq!(keys, (mark, Fr::from(expected)));
    }
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
    let transfer = TransferRequest {
        asset: 0,
        amount: 5,
        to: Fr::from(3u64).into(),
    };
    for request in [withdrawal(5), Request::Transfer(transfer)] {
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
    let (trader, heir) = (Delegate::Trader(named), Delegate::Heir(named));
    for request in [
        keys(Some(trader), None),
        keys(Some(heir), None),
        keys(None, Some(5)),
    ] {
        let scene = by_trading_key(|scene| {
            scene.step(0).set.as_mut().unwrap().set.request = Some(request);
        });
        scene.refused(0, StepError::NeedsOwner, "step/order_set/keys");
    }
}

fn withdrawal(amount: u64) -> Request {
    Request::Withdrawal(WithdrawalRequest {
        asset: 0,
        amount,
        recipient: [9; 32],
    })
}

/// A set of kind 2 with an amount, which no native set has: the amount's witness is forged, and
/// the owner signs for it.
#[test]
fn a_request_for_other_keys_that_moves_money() {
    let witness = |scene: &Scene| {
        let mut cs = Cs::recording();
        scene.build(&mut cs);
        cs.finish_unchecked().witness
    };
    // Sets that differ in the amount alone: it is the first witness that differs.
    let [five, six] = [5, 6].map(|amount| witness(&requests(withdrawal(amount), false)));
    let amount = five.iter().zip(&six).position(|(a, b)| a != b).unwrap();
    assert_eq!(five[amount], Fr::from(5u64));
    for withdraw in [false, true] {
        let mut scene = requests(keys(trader(), None), withdraw);
        let shape = scene.shape;
        let signed = scene.step(0).set.as_mut().unwrap();
        let mut fields = signed.set.fields(&shape, genesis_field(&GENESIS));
        fields[2] += power_of_two(48 + 48 + 8);
        let message = hash_list(Domain::OrderSet, &fields);
        signed.signature = Trader::new(2).key.sign(message);
        let mut cs = Cs::witness_only().forging([(amount, Fr::from(1u64))]);
        scene.build(&mut cs);
        // The first row that breaks: the signature holds.
        assert_eq!(cs.finish().map(drop).unwrap_err().part, "step/withdrawal");
    }
}

/// The operator installs a set and leaves the keys as they were, or puts others in their place.
#[test]
fn a_change_of_keys_left_out_or_made_up() {
    let changes: [fn(&mut Account, &Account); 4] = [
        |account, before| account.trading_key = before.trading_key,
        |account, before| account.viewing_key = before.viewing_key,
        |account, _| account.viewing_key += Fr::from(1u64),
        |account, _| account.trading_key += Fr::from(1u64),
    ];
    for (i, change) in changes.into_iter().enumerate() {
        let asked = requests(keys(trader(), Some(5)), false);
        let mut kept = requests(keys(trader(), None), false);
        kept.resign(0, |set| set.request = None);
        // Where nothing is asked for, only what is made up is a lie.
        for mut scene in [Some(asked), (i >= 2).then_some(kept)]
            .into_iter()
            .flatten()
        {
            scene.chunk.steps.swap(0, 1);
            scene.replay();
            scene.accepted();
            let before = scene.chunk.steps[1].before.clone();
            scene.replay_forged(|step, account, _| {
                if step == 1 {
                    change(account, &before);
                }
            });
            scene.refused_in("");
        }
    }
}

#[test]
fn a_viewing_key_changed_while_a_trading_key_trades() {
    let mut scene = by_trading_key(|_| ());
    scene.chunk.steps.swap(0, 1);
    scene.replay_forged(|step, account, _| account.viewing_key += Fr::from(step as u64));
    scene.refused_in("");
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
