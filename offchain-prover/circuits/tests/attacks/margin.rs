//! The margin rule. Account 2 sells in step 0; the mark is 100 ⅓, initial margin about 12.5 and
//! maintenance about 10 per lot.

use crate::common::scene::{Scene, withdrawal_of};
use clearproof_primitives::{
    account::Position,
    fixed::{Factor, ONE},
    ids::Slot,
    margin::MarginRefusal,
    step::{
        DepositStep,
        StepError::{Margin, MarginRefused},
    },
};

const PART: &str = "step/margin";

/// Account 2 holds `lots` and `quote` and sells `sold` lots at `price`.
fn sell(lots: i64, quote: i64, sold: u64, price: u64) -> Scene {
    let mut scene = Scene::busy(2);
    scene.reload(0, |account| {
        account.balances[0] = quote;
        account.positions = vec![Position {
            instrument: Slot::new(0),
            quantity: lots,
        }];
        account.positions.retain(|p| p.quantity != 0);
    });
    scene.resign(0, |set| set.orders[0].as_mut().unwrap().limit = 1);
    scene.chunk.entries[0].price = price;
    scene.step(0).fills[0].quantity = sold;
    scene.replay();
    scene
}

const MARK: u64 = 100 * ONE + ONE / 3;

fn refused(scene: &Scene) {
    scene.refused(0, MarginRefused(MarginRefusal::BelowInitial), PART);
}

#[test]
fn a_trade_below_initial_margin() {
    let (mut enough, mut short) = (1_000, 0);
    sell(0, enough, 20, MARK).accepted();
    refused(&sell(0, short, 20, MARK));
    // The smallest balance that will do, on both sides.
    while enough - short > 1 {
        let middle = (enough + short) / 2;
        match sell(0, middle, 20, MARK).native(0) {
            Ok(_) => enough = middle,
            Err(_) => short = middle,
        }
    }
    assert!(enough > 200, "20 lots need margin");
    sell(0, enough, 20, MARK).accepted();
    refused(&sell(0, short, 20, MARK));
}

/// Equity and its ratio to margin improve, but a position grows.
#[test]
fn growth_below_initial_margin() {
    refused(&sell(-100, 10_033 + 100, 1, 200 * ONE));
}

#[test]
fn a_flip_below_initial_margin() {
    refused(&sell(10, -1_003 + 5, 20, 100 * ONE + ONE / 2));
}

#[test]
fn reducing_risk_below_initial_margin_is_allowed() {
    let scene = sell(40, -3_963, 20, MARK);
    scene.accepted();
    sell(20, -1_984, 20, MARK).accepted();
}

#[test]
fn reducing_at_a_price_that_worsens_the_ratio() {
    refused(&sell(40, -3_963, 20, 99 * ONE));
}

#[test]
fn reducing_into_bankruptcy_or_within_it() {
    refused(&sell(40, -3_963, 20, 90 * ONE));
    refused(&sell(40, -4_100, 20, MARK));
}

/// If the old position needed no maintenance margin there is no ratio to keep: equity must not
/// fall.
#[test]
fn losing_equity_on_positions_without_maintenance_margin() {
    let scene = |price| {
        let mut scene = sell(40, -3_963, 20, price);
        for factors in &mut scene.snapshot.factors {
            factors.maintenance = Factor::new(0);
        }
        for row in &mut scene.snapshot.rows {
            (row.maintenance_long, row.maintenance_short) = (0, 0);
        }
        scene.header.snapshot_hash = scene.snapshot.hash().into();
        scene
    };
    scene(MARK + ONE / 10).accepted();
    refused(&scene(100 * ONE));
}

#[test]
fn a_withdrawal_below_initial_margin() {
    let withdraw = |amount| {
        let mut scene = Scene::busy(1);
        scene.resign(1, |set| withdrawal_of(set).amount = amount);
        scene.replay();
        scene
    };
    withdraw(99_000).accepted();
    withdraw(99_898).refused(
        1,
        MarginRefused(MarginRefusal::WithdrawalBelowInitial),
        PART,
    );
}

/// An account holds so much that its margin cannot be computed: it may not trade, but its deposits
/// must not hold up the queue.
#[test]
fn a_deposit_to_an_account_beyond_what_margin_can_compute() {
    let mut scene = Scene::last(2, 0);
    let most = Position {
        instrument: Slot::new(0),
        quantity: (1 << 48) - 1,
    };
    scene.reload(1, |account| account.positions = vec![most]);
    scene.snapshot.rows[0].mark = 1 << 61;
    scene.snapshot.rows[0].scenario_values.fill(1 << 61);
    scene.snapshot.rows[0].scenario_values[0] = -(1 << 61);
    scene.header.snapshot_hash = scene.snapshot.hash().into();
    let mut deposit = scene.clone();
    let account_key = scene.chunk.steps[1].before.key();
    let step = deposit.step(1);
    (step.set, step.fills) = (None, Vec::new());
    step.deposit = Some(DepositStep {
        transferred: false,
        asset: 0,
        amount: 77,
        account_key,
    });
    deposit.replay();
    deposit.accepted();

    scene.replay();
    assert!(matches!(scene.native(1), Err(Margin(_))));
    assert!(!scene.satisfied());
}
