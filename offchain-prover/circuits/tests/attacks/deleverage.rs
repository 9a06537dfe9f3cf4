//! Deleveraging. Account 2 is long 40 lots at a mark of 100 ⅓ in step 0 of chunk 2 and sells 20 of
//! them to the insurance fund, which is short and buys below the mark in step 1.

use crate::common::scene::Scene;
use clearproof_primitives::{
    account::Position,
    fixed::{Factor, ONE, Rate},
    ids::{AccountIndex, Slot},
    order::{Order, Side},
    step::{Fill, Forced, Step, StepError},
};

const FORCED: &str = "step/margin/forced";

/// The account has `quote` beside its lots; the fund's equity is −100, and the price is 5 below the
/// mark: so it recovers all of it.
fn deleveraged(quote: i64, price: u64) -> Scene {
    let mut scene = Scene::busy(2);
    scene.chunk.entries[0].price = price;
    scene.chunk.entries[0].deleverages = true;
    scene.reload(0, |account| {
        account.balances[0] = quote;
        account.positions = vec![Position {
            instrument: Slot::new(0),
            quantity: 40,
        }];
    });
    let order = Order {
        id: 1,
        instrument: Slot::new(0),
        side: Side::Sell,
        quantity: 20,
        limit: 1,
        ..Order::default()
    };
    let fills = vec![Fill {
        slot: 0,
        entry: 0,
        quantity: 20,
    }];
    let step = scene.step(0);
    let signed = step.set.as_mut().unwrap();
    (signed.set.orders, signed.set.max_fee) = (vec![Some(order)], Rate::MAX);
    step.fills.clone_from(&fills);
    step.forced = Some(Forced::Deleverage);
    let mut set = signed.clone();
    set.set.account = AccountIndex::INSURANCE_FUND;
    set.set.orders = vec![Some(Order {
        side: Side::Buy,
        limit: u64::MAX,
        ..order
    })];
    scene.reload(1, |fund| {
        // 20 lots are worth 2,006 ⅔.
        fund.balances[0] = 2_006 - 100;
        fund.positions = vec![Position {
            instrument: Slot::new(0),
            quantity: -20,
        }];
    });
    let step = scene.step(1);
    step.account = AccountIndex::INSURANCE_FUND;
    (step.set, step.fills) = (Some(set), fills);
    step.forced = Some(Forced::Deleverage);
    scene.replay();
    scene
}

const PRICE: u64 = 95 * ONE + ONE / 3;

#[test]
fn what_the_attacks_start_from_is_accepted() {
    let scene = deleveraged(0, PRICE);
    scene.accepted();
    let [account, fund] = [0, 1].map(|i| scene.chunk.steps[i].after.clone());
    assert_eq!(
        (account.quantity(Slot::new(0)), fund.quantity(Slot::new(0))),
        (20, 0)
    );
    assert!((-1..=0).contains(&fund.balances[0]), "{:?}", fund.balances);
    assert_eq!(
        scene.chunk.after.deleveraged,
        scene.chunk.before.deleveraged
    );
    assert_eq!(scene.chunk.after.penalties, 0);
}

#[test]
fn a_fund_that_owes_nothing() {
    let mut scene = deleveraged(0, PRICE);
    scene.reload(1, |fund| fund.balances[0] = 2_007);
    scene.replay();
    scene.refused(1, StepError::FundSolvent, FORCED);
}

#[test]
fn a_price_that_leaves_the_fund_something() {
    let scene = deleveraged(0, PRICE - ONE);
    scene.refused(1, StepError::DeleveragePrice, FORCED);
}

#[test]
fn a_price_that_favours_the_account() {
    let mut scene = deleveraged(0, 101 * ONE);
    assert_eq!(scene.native(0), Err(StepError::DeleveragePrice));
    // And the fund, were it to sell at such a price, would lose by it.
    *scene.step(1) = Step::default();
    scene.replay();
    scene.refused_in(FORCED);
}

#[test]
fn a_price_beyond_the_accounts_own_zero_price() {
    // Its equity is 50: 2 ½ on each of 20 lots.
    let scene = deleveraged(-3_963, PRICE);
    assert_eq!(scene.native(0), Err(StepError::ForcedFills));
    scene.refused_in("step/margin");
}

#[test]
fn an_account_of_a_lower_rank() {
    let ranked = |rank| {
        let mut scene = deleveraged(0, PRICE);
        scene.header.deleverage_rank = Factor::new(rank);
        scene.replay();
        scene
    };
    // A maintenance margin of about a tenth of an equity of 4,013.
    let (mut fine, mut refused) = (0, 1 << 16);
    while refused - fine > 1 {
        let middle = (fine + refused) / 2;
        match ranked(middle).native(0) {
            Ok(_) => fine = middle,
            Err(_) => refused = middle,
        }
    }
    assert!((6_000..8_000).contains(&fine), "{fine}");
    ranked(fine).accepted();
    ranked(refused).refused(0, StepError::NotRanked, FORCED);
}

#[test]
fn a_price_of_an_auction_or_an_auctions_fill_at_its_price() {
    let mut scene = deleveraged(0, PRICE);
    scene.chunk.entries[0].deleverages = false;
    scene.replay();
    scene.refused(0, StepError::FillTarget(0), "step/fills");

    let mut scene = Scene::busy(2);
    scene.chunk.entries[0].deleverages = true;
    scene.replay();
    scene.refused(0, StepError::FillTarget(0), "step/fills");
}

#[test]
fn a_penalty_a_growing_position_or_a_suspended_instrument() {
    let mut scene = deleveraged(0, PRICE);
    scene.step(0).fills[0].quantity = 41;
    scene.order(0, 0).quantity = 41;
    scene.replay();
    assert_eq!(scene.native(0), Err(StepError::ForcedFills));
    scene.refused_in("step/margin");

    let mut scene = deleveraged(0, PRICE);
    scene.remarket(|snapshot, _| {
        let row = &mut snapshot.rows[0];
        (row.suspended, row.position_limit) = (true, 0);
    });
    scene.replay();
    scene.refused(0, StepError::Suspended, FORCED);

    let mut scene = deleveraged(0, PRICE);
    scene.replay_forged(|step, account, effects| {
        if step == 0 {
            account.balances[0] -= 3;
            effects.penalties = 3;
        }
    });
    assert!(!scene.satisfied());
}
