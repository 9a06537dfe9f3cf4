//! Accounts that get another owner: by the old owner's and the new owner's consent, and under a
//! number that no money for somebody else's key arrives at.

use crate::{
    common::{Trader, scene::Scene},
    keys::{hash_of, sign, trading},
};
use clearproof_primitives::{
    account::{Account, HANDED_OVER, account_key},
    batch::transfer_hash,
    eddsa::SecretKey,
    field::Fr,
    ids::{AccountIndex, Slot},
    order::{
        Delegate, InheritRequest, KeysRequest, Order, OrderSetError, Request, Side,
        WithdrawalRequest,
    },
    step::{DepositStep, StepError},
};

const SIGNATURE: &str = "step/order_set/signature";
const KEYS: &str = "step/order_set/keys";

fn heir() -> SecretKey {
    SecretKey::new([55; 32])
}

fn coordinates(key: &SecretKey) -> (Fr, Fr) {
    let point = key.public_key().point();
    (point.x, point.y)
}

fn heirs_mark() -> Fr {
    Delegate::Heir(heir().public_key().into()).mark()
}

fn inherit() -> Request {
    Request::Inherit(InheritRequest {
        trading_key: None,
        viewing_key: Fr::from(31u64).into(),
    })
}

/// Account 2 names the heir. The chunk's first step uses a set of the account with a request and no
/// orders, signed by `signer`.
fn signed_by(signer: &SecretKey, request: Option<Request>) -> Scene {
    let mut scene = Scene::busy(2);
    scene.reload(0, |account| {
        account.trading_key = heirs_mark();
        account.viewing_key = Fr::from(30u64);
        account.sequence = 4;
    });
    scene.resign(0, |set| {
        set.orders.clear();
        set.request = request;
        set.sequence = 9;
    });
    scene.step(0).fills.clear();
    sign(&mut scene, 0, signer);
    scene.replay();
    scene
}

/// The heir takes account 2 over in the chunk's first step.
fn inherits() -> Scene {
    signed_by(&heir(), Some(inherit()))
}

#[test]
fn what_the_attacks_start_from_is_accepted() {
    let scene = inherits();
    scene.accepted();
    let after = &scene.chunk.steps[0].after;
    assert_eq!(
        (after.owner, after.number),
        (coordinates(&heir()), HANDED_OVER)
    );
    assert_eq!(
        (after.trading_key, after.viewing_key),
        (Fr::from(0u64), Fr::from(31u64))
    );
    assert_eq!(
        after.balances, scene.chunk.steps[0].before.balances,
        "what it holds goes with it"
    );

    // With a trading key of its own, in the open, and for the second time.
    let mut scene = signed_by(
        &heir(),
        Some(Request::Inherit(InheritRequest {
            trading_key: Some(trading().public_key().into()),
            viewing_key: Fr::from(0u64).into(),
        })),
    );
    scene.reload(0, |account| account.number = HANDED_OVER | 3);
    scene.replay();
    scene.accepted();
    let after = &scene.chunk.steps[0].after;
    assert_eq!(after.number, HANDED_OVER | 3);
    assert_eq!(
        (after.trading_key, after.viewing_key),
        (hash_of(&trading()), Fr::from(0u64))
    );
}

/// The owner alone, as for every other request.
#[test]
fn an_owner_that_hands_over_without_the_heirs_signature() {
    let mut scene = inherits();
    scene.resign(0, |_| ());
    scene.step(0).set.as_mut().unwrap().trading_key = None;
    scene.replay();
    scene.refused(0, StepError::NeedsHeir, KEYS);
}

/// Someone else than the key that the account names for it; a trading key as well, which is named
/// in the same place.
#[test]
fn an_heir_that_the_owner_did_not_name() {
    signed_by(&trading(), Some(inherit())).refused(0, StepError::TradingKey, SIGNATURE);
    for mark in [
        Fr::from(0u64),
        hash_of(&heir()),
        heirs_mark() + Fr::from(1u64),
    ] {
        let mut scene = inherits();
        scene.reload(0, |account| account.trading_key = mark);
        scene.replay();
        scene.refused(0, StepError::TradingKey, SIGNATURE);
    }
}

#[test]
fn an_heir_that_signs_anything_else() {
    let withdrawal = Request::Withdrawal(WithdrawalRequest {
        asset: 0,
        amount: 5,
        recipient: [9; 32],
    });
    let keys = Request::Keys(KeysRequest {
        delegate: None,
        viewing_key: Some(Fr::from(31u64).into()),
    });
    for request in [None, Some(keys)] {
        let scene = signed_by(&heir(), request);
        assert_eq!(scene.native(0), Err(StepError::TradingKey));
        scene.refused_first_in(SIGNATURE);
    }
    let mut scene = signed_by(&heir(), Some(withdrawal));
    scene.step(0).withdraw = true;
    scene.replay();
    assert_eq!(scene.native(0), Err(StepError::TradingKey));
    scene.refused_first_in(SIGNATURE);
}

fn order() -> Option<Order> {
    Some(Order {
        id: 21,
        instrument: Slot::new(0),
        side: Side::Sell,
        quantity: 20,
        limit: 1,
        ..Order::default()
    })
}

/// With orders the heir's key would be a trading key: at the sequence of a set that is installed
/// already it could trade, and not take over.
#[test]
fn an_heir_that_trades() {
    for sequence in [4, 9] {
        let mut scene = inherits();
        scene.reload(0, |account| account.slots[0].id = 21);
        scene.resign(0, |set| {
            set.orders = vec![order()];
            set.sequence = sequence;
        });
        let sale = Scene::busy(2).chunk;
        scene.chunk.entries = sale.entries;
        scene.step(0).fills.clone_from(&sale.steps[0].step.fills);
        sign(&mut scene, 0, &heir());
        scene.replay();
        let reason = OrderSetError::InheritWithOrders;
        scene.refused(0, StepError::OrderSet(reason), KEYS);
    }
    // The same without ids, which the circuit reads as empty slots.
    let mut scene = inherits();
    scene.resign(0, |set| set.sequence = 4);
    sign(&mut scene, 0, &heir());
    scene.replay();
    scene.refused(0, StepError::InheritedBefore, KEYS);
}

/// The account would stay the old owner's in part: under its number, or readable by it.
#[test]
fn a_change_of_owner_carried_out_in_part() {
    let parts: [fn(&mut Account, &Account); 5] = [
        |account, before| account.owner = before.owner,
        |account, before| account.number = before.number,
        |account, before| account.viewing_key = before.viewing_key,
        |account, before| account.trading_key = before.trading_key,
        |account, before| account.owner.1 = before.owner.1,
    ];
    for part in parts {
        let mut scene = inherits();
        scene.chunk.steps.swap(0, 1);
        scene.replay();
        scene.accepted();
        let before = scene.chunk.steps[1].before.clone();
        scene.replay_forged(|step, account, _| {
            if step == 1 {
                part(account, &before);
            }
        });
        scene.refused_in("");
    }
}

/// Every key of the old owner's, in the step after.
#[test]
fn the_old_keys_after_the_change() {
    let again = |signer: &SecretKey, as_owner: bool| {
        let mut scene = inherits();
        scene.chunk.steps[1] = scene.chunk.steps[0].clone();
        scene.resign(1, |set| {
            set.request = None;
            set.sequence = 10;
        });
        sign(&mut scene, 1, signer);
        if as_owner {
            scene.step(1).set.as_mut().unwrap().trading_key = None;
        }
        scene.replay();
        scene
    };
    again(&heir(), true).accepted();
    let old = Trader::new(2).key;
    let by_owner = again(&old, true);
    assert!(matches!(by_owner.native(1), Err(StepError::Signature(_))));
    by_owner.refused_in("step/order_set/signature/*");
    for key in [old, heir()] {
        again(&key, false).refused(1, StepError::TradingKey, SIGNATURE);
    }
}

/// The old owner could hand over an account in which nothing can be installed any more: here by
/// the heir's own set, which keeps the epoch as every set but the owner's.
#[test]
fn an_heir_that_is_given_the_last_sequence() {
    for (given, reason) in [
        (
            1 << 48,
            StepError::Epoch {
                given: 1,
                current: 0,
            },
        ),
        (
            u64::MAX,
            StepError::SequenceTooHigh {
                given: u64::MAX,
                current: 4,
            },
        ),
    ] {
        let mut scene = inherits();
        scene.resign(0, |set| set.sequence = given);
        sign(&mut scene, 0, &heir());
        scene.replay();
        scene.refused(0, reason, "step/order_set");
    }
}

/// Account 2, number `number` of its owner, is handed over to a victim in the chunk's first step;
/// in the second, money arrives that somebody sends to account `named` of the victim.
fn captures(number: u16, named: u16, transferred: bool) -> Scene {
    let mut scene = inherits();
    scene.reload(0, |account| {
        account.number = number;
        // The thief's debt, which the victim's money is to pay.
        account.balances[0] = -500;
    });
    let account_key = account_key(coordinates(&heir()), named);
    let step = scene.step(1);
    step.account = AccountIndex::new(2);
    step.deposit = Some(DepositStep {
        transferred,
        asset: 0,
        amount: 1_000,
        account_key,
    });
    if transferred {
        scene.chunk.before.transfer = transfer_hash(account_key, 0, 1_000);
    }
    scene.replay();
    scene
}

#[test]
fn money_for_another_account_of_the_new_owner() {
    for transferred in [false, true] {
        for number in [0, 1, 63] {
            let scene = captures(number, number, transferred);
            scene.refused(1, StepError::DepositKey, "step/deposit");
            // Under its own name it gets what is sent to it.
            captures(number, HANDED_OVER | number, transferred).accepted();
        }
    }
}

/// An account that opens under the number of one that was handed over, or with a key that its owner
/// did not set.
#[test]
fn opening_an_account_as_if_it_had_been_handed_over() {
    let changes: [fn(&mut Account); 3] = [
        |account| account.number = HANDED_OVER,
        |account| account.viewing_key = Fr::from(1u64),
        |account| account.trading_key = heirs_mark(),
    ];
    for change in changes {
        let mut scene = Scene::busy(0);
        change(&mut scene.chunk.steps[0].before);
        let account_key = scene.chunk.steps[0].before.key();
        scene.step(0).deposit.as_mut().unwrap().account_key = account_key;
        scene.replay();
        scene.refused(0, StepError::NotNew, "step");
    }
}
