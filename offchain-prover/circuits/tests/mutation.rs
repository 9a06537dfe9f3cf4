//! Changes every witness of both circuits at the tiny shape, one at a time, and requires that the
//! system becomes unsatisfied, except for hints that need not be bound.
#![allow(clippy::unwrap_used)]

mod common;

use ark_bn254::Fr;
use ark_ff::UniformRand;
use clearproof_circuits::r1cs::{Cs, mutations};
use clearproof_primitives::{
    account::{OrderSlot, Position, account_key},
    batch::{PriceEntry, genesis_field},
    eddsa::SecretKey,
    fixed::{ONE, Rate},
    ids::{AccountIndex, Slot},
    order::{
        Delegate, InheritRequest, KeysRequest, Order, Request, Side, TransferRequest,
        WithdrawalRequest,
    },
    step::{DepositStep, Fill, Forced},
    time::Millis,
};
use common::{
    GENESIS, Trader,
    scene::{ClosingScene, Scene},
};
use rand::{SeedableRng, rngs::StdRng};
use std::collections::BTreeMap;

/// Witnesses that can be changed unnoticed and are not declared free, counted by the part whose
/// rows they are first used in.
fn survivors(build: impl Fn(&mut Cs)) -> BTreeMap<String, usize> {
    let mut cs = Cs::recording();
    build(&mut cs);
    let all = cs.finish().unwrap();
    let matrices = all.matrices.unwrap();
    let mut rng = StdRng::seed_from_u64(11);
    let found = mutations(&matrices, &all.instance, &all.witness, || {
        Fr::rand(&mut rng)
    })
    .unwrap();
    println!(
        "{} constraints, {} witnesses, {} declared free, {} can change",
        all.num_constraints,
        all.witness.len(),
        all.free_hints.len(),
        found.len()
    );
    assert!(
        all.free_hints.iter().all(|free| found.contains(free)),
        "declared free but bound"
    );
    let mut by_part = BTreeMap::new();
    for index in found.iter().filter(|index| !all.free_hints.contains(index)) {
        let column = matrices.num_instance + index;
        let uses = |row: usize| {
            [&matrices.a, &matrices.b, &matrices.c]
                .iter()
                .any(|m| m[row].iter().any(|(_, c)| *c == column))
        };
        let part = (0..matrices.num_constraints())
            .find(|row| uses(*row))
            .map(|row| matrices.part_of(row));
        *by_part
            .entry(part.unwrap_or("no constraint").to_owned())
            .or_default() += 1;
    }
    by_part
}

/// Both steps deposit, install a set of two orders with a withdrawal, fill both, and hold two
/// positions throughout.
fn busy_chunk() -> Scene {
    let mut scene = Scene::busy(1);
    let seller = Scene::busy(2);
    scene.chunk.steps[1] = seller.chunk.steps[0].clone();
    let price = scene.chunk.entries[0].price;
    let time = scene.chunk.entries[0].time;
    scene.chunk.entries = [(0, time), (2, time), (2, time + Millis::new(50))]
        .map(|(instrument, time)| PriceEntry {
            instrument: Slot::new(instrument),
            time,
            price,
            deleverages: false,
            fund_sells: false,
        })
        .to_vec();
    for (i, side) in [Side::Buy, Side::Sell].into_iter().enumerate() {
        let id = 10 * (i as u32 + 1);
        scene.reload(i, |account| {
            let lots = if side == Side::Buy { 7 } else { -7 };
            account.sequence = 3;
            account.balances[1] = 900;
            account.slots = [id, id + 1].map(|id| OrderSlot { id, filled: 2 }).to_vec();
            account.positions = [(0, lots), (2, -3 * lots)]
                .map(|(instrument, quantity)| Position {
                    instrument: Slot::new(instrument),
                    quantity,
                })
                .to_vec();
        });
        let limit = if side == Side::Buy {
            101 * ONE
        } else {
            99 * ONE
        };
        scene.resign(i, |set| {
            set.sequence = 4;
            set.orders = [(id, 0), (id + 1, 2)]
                .map(|(id, instrument)| {
                    Some(Order {
                        id,
                        instrument: Slot::new(instrument),
                        side,
                        quantity: 30,
                        limit,
                        ..Order::default()
                    })
                })
                .to_vec();
            set.request = Some(Request::Withdrawal(WithdrawalRequest {
                asset: 1,
                amount: 250,
                recipient: [77; 32],
            }));
        });
        let account_key = scene.chunk.steps[i].before.key();
        let step = scene.step(i);
        step.deposit = Some(DepositStep {
            transferred: false,
            asset: 0,
            amount: 1_234,
            account_key,
        });
        step.fills = [(0, 0, 20), (1, 2 - i, 5)]
            .map(|(slot, entry, quantity)| Fill {
                slot,
                entry,
                quantity,
            })
            .to_vec();
        step.withdraw = true;
    }
    scene.replay();
    scene.accepted();
    scene
}

#[test]
fn no_witness_of_a_chunk_can_change_unnoticed() {
    let scene = busy_chunk();
    assert_eq!(survivors(|cs| scene.build(cs)), BTreeMap::new());
}

/// These bits may change, as nothing depends on them:
/// - `step/limits`: the bit that a position reduces, in a place without one, with no reduce-only
///   fill and no rule that requires it; a bit that is clear never makes a rule easier to keep;
/// - `step/margin`: the bit that the account is free, in a step that neither trades nor withdraws;
/// - `step/margin/before`: the bit that an underlying has a loss, if all of its losses are zero,
///   and so are the scan losses that both values select.
#[test]
fn what_may_change_in_a_chunk_of_little_use() {
    for (index, untouched, without_losses, empty) in [(0, 2, 4, 0), (1, 0, 3, 1), (2, 1, 4, 1)] {
        let scene = Scene::busy(index);
        let parts = [
            ("step/limits", empty),
            ("step/margin", untouched),
            ("step/margin/before", without_losses),
        ];
        let expected = parts
            .into_iter()
            .filter(|(_, n)| *n > 0)
            .map(|(part, n)| (part.to_owned(), n))
            .collect();
        assert_eq!(survivors(|cs| scene.build(cs)), expected, "chunk {index}");
    }
}

#[test]
fn no_witness_of_a_closing_can_change_unnoticed() {
    let scene = ClosingScene::busy();
    assert_eq!(survivors(|cs| scene.build(cs)), BTreeMap::new());
}

/// Account 2 sends 30 units to account 1, which receives them in the second step.
fn transfer_chunk() -> Scene {
    let owner = Trader::new(1).key.public_key().point();
    let to = account_key((owner.x, owner.y), 0);
    let mut scene = Scene::busy(2);
    scene.resign(0, |set| {
        set.request = Some(Request::Transfer(TransferRequest {
            asset: 0,
            amount: 30,
            to: to.into(),
        }));
        set.sequence = 9;
    });
    scene.step(0).withdraw = true;
    let receiver = Scene::busy(1).chunk.steps[0].before.clone();
    scene.chunk.steps[1].step.account = AccountIndex::new(1);
    scene.reload(1, |account| *account = receiver);
    scene.step(1).deposit = Some(DepositStep {
        transferred: true,
        asset: 0,
        amount: 30,
        account_key: to,
    });
    scene.replay();
    scene.accepted();
    scene
}

/// Account 2 gets other keys in one chunk; its heir takes it over in another; its trading key signs
/// in a third.
fn keys_chunks() -> [Scene; 3] {
    let other = SecretKey::new([77; 32]);
    let delegates = [Delegate::Trader, Delegate::Heir].map(|kind| kind(other.public_key().into()));
    let sign = |scene: &mut Scene| {
        let shape = scene.shape;
        let signed = scene.step(0).set.as_mut().unwrap();
        signed.trading_key = Some(other.public_key());
        signed.signature = other.sign(signed.set.message(&shape, genesis_field(&GENESIS)));
    };
    let requests = |request| {
        let mut scene = Scene::busy(2);
        scene.resign(0, |set| {
            set.orders.clear();
            set.request = Some(request);
            set.sequence = 9;
        });
        scene.step(0).fills.clear();
        scene
    };
    let keys = requests(Request::Keys(KeysRequest {
        delegate: Some(delegates[0]),
        viewing_key: Some(Fr::from(9u64).into()),
    }));
    let mut heir = requests(Request::Inherit(InheritRequest {
        trading_key: None,
        viewing_key: Fr::from(9u64).into(),
    }));
    heir.reload(0, |account| account.trading_key = delegates[1].mark());
    sign(&mut heir);
    let mut trading = Scene::busy(2);
    trading.reload(0, |account| account.trading_key = delegates[0].mark());
    sign(&mut trading);
    let mut scenes = [keys, heir, trading];
    for scene in &mut scenes {
        scene.replay();
        scene.accepted();
    }
    scenes
}

/// Account 2, long of 40 lots, is deleveraged of 20 against the insurance fund.
fn deleverage_chunk() -> Scene {
    let mut scene = Scene::busy(2);
    scene.header.slack = Rate::new(1 << 27);
    let entry = &mut scene.chunk.entries[0];
    (entry.price, entry.deleverages) = (95 * ONE + ONE / 3, true);
    let holds = |quantity| {
        vec![Position {
            instrument: Slot::new(0),
            quantity,
        }]
    };
    scene.reload(0, |account| {
        account.balances[0] = 0;
        account.positions = holds(40);
    });
    let order = |side, limit| {
        vec![Some(Order {
            id: 1,
            side,
            quantity: 20,
            limit,
            ..Order::default()
        })]
    };
    let step = scene.step(0);
    let signed = step.set.as_mut().unwrap();
    signed.set.orders = order(Side::Sell, 1);
    signed.set.max_fee = Rate::new(u32::MAX);
    step.forced = Some(Forced::Deleverage);
    let (mut set, fills) = (signed.clone(), step.fills.clone());
    (set.set.account, set.set.orders) = (AccountIndex::INSURANCE_FUND, order(Side::Buy, u64::MAX));
    scene.reload(1, |fund| {
        fund.balances[0] = 2_006 - 100;
        fund.positions = holds(-20);
    });
    let step = scene.step(1);
    (step.account, step.set, step.fills) = (AccountIndex::INSURANCE_FUND, Some(set), fills);
    step.forced = Some(Forced::Deleverage);
    scene.replay();
    scene.accepted();
    scene
}

/// The same bits may change as above.
#[test]
fn no_witness_of_transfers_keys_and_deleveraging_can_change_unnoticed() {
    let [keys, heir, trading] = keys_chunks();
    for (name, scene) in [
        ("transfer", transfer_chunk()),
        ("keys", keys),
        ("heir", heir),
        ("trading key", trading),
        ("deleverage", deleverage_chunk()),
    ] {
        let found = survivors(|cs| scene.build(cs));
        let harmless = ["step/limits", "step/margin", "step/margin/before"];
        let bound = found.keys().all(|part| harmless.contains(&part.as_str()));
        assert!(bound, "{name}: {found:?}");
        assert!(found.values().sum::<usize>() <= 8, "{name}: {found:?}");
    }
}
