//! The venue's own actions. Account 2 is liquidated or taken over in step 0 of chunk 2; the mark is
//! 100 ⅓, maintenance margin about 10 per lot, the highest penalty 1/128.

use crate::common::scene::Scene;
use clearproof_primitives::{
    account::{Account, Position},
    batch::PriceEntry,
    fixed::{ONE, Rate},
    ids::{AccountIndex, Slot},
    order::{Order, Request, Side, WithdrawalRequest},
    shape::Shape,
    snapshot::InstrumentRow,
    step::{DepositStep, Fill, Forced, Step, StepError},
    time::Millis,
};

pub const MARK: u64 = 100 * ONE + ONE / 3;
/// Of 20 lots sold at the mark: 2,006 / 128, rounded up.
const LIMIT: u64 = 16;

/// Account 2 holds `lots` of instrument 0 and `quote`, and the venue sells some for it.
pub fn liquidated(lots: i64, quote: i64, sold: u64, price: u64, penalty: u64) -> Scene {
    let mut scene = Scene::busy(2);
    scene.reload(0, |account| {
        account.balances[0] = quote;
        account.positions = vec![Position {
            instrument: Slot::new(0),
            quantity: lots,
        }];
    });
    let order = scene.order(0, 0);
    (order.limit, order.quantity) = (1, (1 << 48) - 1);
    scene.chunk.entries[0].price = price;
    let step = scene.step(0);
    step.set.as_mut().unwrap().set.max_fee = Rate::new(u32::MAX);
    step.fills[0].quantity = sold;
    step.forced = Some(Forced::Liquidation { penalty });
    scene.replay();
    scene
}

/// Account 2 holds 40 lots and is at risk: its equity is 50.
pub fn at_risk(penalty: u64) -> Scene {
    liquidated(40, -3_963, 20, MARK, penalty)
}

pub fn taken_over(quote: i64) -> Scene {
    let mut scene = at_risk(0);
    scene.reload(0, |account| {
        account.balances = vec![quote, 0];
    });
    *scene.step(0) = Step {
        account: AccountIndex::new(2),
        forced: Some(Forced::Takeover),
        ..Step::default()
    };
    scene.replay();
    scene
}

/// The venue sells more than it may and buys the rest back, at the two edges of a band of 5 around
/// the mark. The account keeps half of its lots and half of its equity, in proportion; at the worst
/// price for those 20 lots alone it would keep 150 of 250.
#[test]
fn lots_that_are_sold_and_bought_back_in_one_step() {
    let traded = |bought: u64| {
        let mut scene = liquidated(40, -3_763, 20 + bought, MARK - 5 * ONE, 0);
        let entry = scene.chunk.entries[0];
        scene.chunk.entries.push(PriceEntry {
            time: entry.time + Millis::new(1),
            price: MARK + 5 * ONE,
            ..entry
        });
        let step = scene.step(0);
        let set = &mut step.set.as_mut().unwrap().set;
        let sell = set.orders[0].unwrap();
        set.orders.truncate(1);
        set.orders.push(Some(Order {
            id: 2,
            side: Side::Buy,
            limit: u64::MAX,
            ..sell
        }));
        if bought > 0 {
            step.fills.push(Fill {
                slot: 1,
                entry: 1,
                quantity: bought,
            });
        }
        scene.replay();
        scene
    };
    traded(0).accepted();
    traded(2).refused(0, StepError::Netted, "step/margin/forced");
}

#[test]
fn what_the_attacks_start_from_is_accepted() {
    for penalty in [0, LIMIT] {
        let scene = at_risk(penalty);
        scene.accepted();
        let witness = &scene.chunk.steps[0];
        let (before, after) = (&witness.before, &witness.after);
        let paid = before.balances[0] + 2_006 - after.balances[0];
        assert_eq!(paid as u64, penalty, "no fee besides");
        assert_eq!(
            (after.sequence, &after.slots),
            (before.sequence, &before.slots)
        );
        assert_eq!(scene.chunk.after.penalties, penalty.into());
        assert_eq!(scene.chunk.after.fees, scene.chunk.before.fees);
    }
    let scene = taken_over(-5_000);
    scene.accepted();
    let last = &scene.chunk.after;
    assert_eq!((last.taken[0], last.taken_balances[0]), (40, -5_000));
    let witness = &scene.chunk.steps[0];
    assert!(witness.after.positions.is_empty() && witness.after.balances == [0, 0]);
}

#[test]
fn an_account_that_is_not_at_risk() {
    let part = "step/margin/forced";
    // The largest balance that is too small, on both sides.
    let (mut risk, mut sound) = (-3_963, 0);
    while sound - risk > 1 {
        let middle = (risk + sound) / 2;
        match liquidated(40, middle, 20, MARK, 0).native(0) {
            Ok(_) => risk = middle,
            Err(_) => sound = middle,
        }
    }
    liquidated(40, risk, 20, MARK, 0).accepted();
    liquidated(40, sound, 20, MARK, 0).refused(0, StepError::NotLiquidatable, part);
    liquidated(40, 1_000, 20, MARK, 0).refused(0, StepError::NotLiquidatable, part);

    // 40 lots are worth 4,013 ⅓.
    taken_over(-4_014).accepted();
    taken_over(-4_013).refused(0, StepError::NotBankrupt, part);
    taken_over(10).refused(0, StepError::NotBankrupt, part);
}

#[test]
fn a_penalty_above_the_limit() {
    let (given, limit) = (LIMIT + 1, LIMIT.into());
    at_risk(given).refused(0, StepError::Penalty { given, limit }, "step/forced");
}

#[test]
fn fills_that_do_not_reduce_risk() {
    let refused = |scene: Scene| scene.refused(0, StepError::ForcedFills, "step/margin/*");
    // At a price worse than the zero price, 1 ¼ from the mark; and just there, but with a penalty.
    refused(liquidated(40, -3_963, 20, 99 * ONE, 0));
    liquidated(40, -3_963, 20, 99 * ONE + ONE / 8, 0).accepted();
    refused(liquidated(40, -3_963, 20, 99 * ONE + ONE / 8, 5));
    // Growth and flips, whatever they pay.
    refused(liquidated(-40, 4_063, 20, 200 * ONE, 0));
    refused(liquidated(10, -960, 20, 140 * ONE, 0));
}

/// Equity of half of the maintenance margin, about 400, or more: half of each position stays.
#[test]
fn more_than_half_of_a_position_while_half_of_the_margin_is_left() {
    let partly = |sold| liquidated(40, -3_763, sold, MARK, 0);
    partly(20).accepted();
    partly(21).refused(0, StepError::NotPartial, "step/margin/forced");
    partly(40).refused(0, StepError::NotPartial, "step/margin/forced");
    liquidated(41, -3_863, 21, MARK, 0).accepted();
    liquidated(41, -3_863, 22, MARK, 0).refused(0, StepError::NotPartial, "step/margin/forced");
    // If less is left, all of it may go.
    liquidated(40, -3_963, 40, MARK, 0).accepted();
    // One lot has no half.
    liquidated(1, -94, 1, MARK, 0).accepted();
}

#[test]
fn an_expired_instrument() {
    for takeover in [false, true] {
        let start = || match takeover {
            true => taken_over(-5_000),
            false => at_risk(0),
        };
        let mut expired = start();
        expired.reload(0, |account| {
            account.positions.push(Position {
                instrument: Slot::new(2),
                quantity: 1,
            });
        });
        expired.remarket(|snapshot, _| {
            snapshot.rows[2] = InstrumentRow {
                mark: ONE,
                expired: true,
                ..InstrumentRow::empty(&Shape::TINY.market)
            };
        });
        expired.replay_forged(|_, account, _| {
            account.positions.retain(|p| p.instrument == Slot::new(0));
        });
        assert_eq!(expired.native(0), Err(StepError::Unsettled));
        expired.refused_first_in("step/margin/forced");
    }
}

/// A liquidation that leaves the account free must reduce as well.
#[test]
fn a_flip_that_leaves_the_account_free() {
    let free = liquidated(10, -960, 11, 190 * ONE, 0);
    free.refused(0, StepError::ForcedFills, "step/margin/*");
}

#[test]
fn nothing_else_goes_with_it() {
    let mut scene = at_risk(0);
    let account_key = scene.chunk.steps[0].before.key();
    let deposit = Some(DepositStep {
        transferred: false,
        asset: 0,
        amount: 1,
        account_key,
    });
    scene.step(0).deposit = deposit.clone();
    scene.replay();
    scene.refused(0, StepError::ForcedWith, "step/forced");

    let mut scene = taken_over(-5_000);
    scene.step(0).deposit = deposit;
    scene.replay_forged(|i, after, effects| {
        if i == 0 {
            after.balances[0] = 1;
            effects.taken.as_mut().unwrap().balances[0] = -5_000;
        }
    });
    scene.refused(0, StepError::ForcedWith, "step/forced");

    let mut scene = at_risk(0);
    let step = scene.step(0);
    step.withdraw = true;
    step.set.as_mut().unwrap().set.request = Some(Request::Withdrawal(WithdrawalRequest {
        asset: 0,
        amount: 1,
        recipient: [9; 32],
    }));
    scene.replay();
    assert_eq!(scene.native(0), Err(StepError::ForcedWith));
    // Also, an account that is liquidated is never free, as one that withdraws must be.
    scene.refused_first_in("step/withdrawal");

    let mut scene = taken_over(-5_000);
    scene.step(0).set = Scene::busy(2).chunk.steps[0].step.set.clone();
    scene.replay();
    assert_eq!(scene.native(0), Err(StepError::ForcedWith));
    scene.refused_first_in("step/forced");
}

#[test]
fn a_liquidation_that_installs_its_orders() {
    let changes: [fn(&mut Account); 3] = [
        |account| account.sequence += 1,
        |account| account.slots[0].filled += 20,
        |account| account.slots[1].id = 5,
    ];
    for change in changes {
        let mut scene = at_risk(0);
        scene.replay_forged(|i, after, _| {
            if i == 0 {
                change(after);
            }
        });
        scene.refused_in("step/leaf");
    }
}

#[test]
fn a_takeover_that_leaves_something() {
    let mut scene = taken_over(-5_000);
    scene.replay_forged(|i, after, _| {
        if i == 0 {
            after.balances[1] = 1;
        }
    });
    scene.refused_in("step/leaf");
    let mut scene = taken_over(-5_000);
    scene.replay_forged(|i, after, _| {
        if i == 0 {
            after.positions = vec![Position {
                instrument: Slot::new(0),
                quantity: 1,
            }];
        }
    });
    scene.refused_in("step/positions");
}

/// The padding of chunk 2, on account 0, with positions to be closed.
pub fn fund(forced: Forced) -> Scene {
    let mut scene = at_risk(0);
    let set = scene.chunk.steps[0].step.set.clone();
    let fills = scene.chunk.steps[0].step.fills.clone();
    scene.chunk.steps.remove(0);
    scene.chunk.steps.insert(0, scene.chunk.steps[0].clone());
    scene.reload(1, |fund| {
        fund.balances[0] = -4_100;
        fund.positions = vec![Position {
            instrument: Slot::new(0),
            quantity: 41,
        }];
    });
    scene.reload(0, |fund| {
        fund.balances[0] = -4_100;
        fund.positions = vec![Position {
            instrument: Slot::new(0),
            quantity: 41,
        }];
    });
    *scene.step(1) = Step {
        account: AccountIndex::INSURANCE_FUND,
        set: set.filter(|_| forced != Forced::Takeover),
        fills: if forced == Forced::Takeover {
            Vec::new()
        } else {
            fills
        },
        forced: Some(forced),
        ..Step::default()
    };
    scene.replay();
    scene
}

#[test]
fn the_insurance_fund_closes_positions_but_is_not_taken_over() {
    let with = |balance: i64, price: u64, penalty: u64| {
        let mut scene = fund(Forced::Liquidation { penalty });
        for i in [0, 1] {
            scene.reload(i, |fund| fund.balances[0] = balance);
        }
        scene.chunk.entries[0].price = price;
        scene.replay();
        scene
    };
    // Solvent or not: at the mark, one unit being lost by rounding, or better.
    for balance in [-4_100, -5_000, 1_000] {
        with(balance, MARK, 0).accepted();
        with(balance, MARK + ONE, 15).accepted();
        for worse in [with(balance, MARK - ONE / 20, 0), with(balance, MARK, 1)] {
            worse.refused(1, StepError::ForcedFills, "step/margin/forced");
        }
    }
    // Its position may not change sides either.
    let mut flipped = with(-4_100, MARK, 0);
    flipped.step(1).fills[0].quantity = 42;
    flipped.replay();
    flipped.refused(1, StepError::ForcedFills, "step/margin/*");

    let mut taken = fund(Forced::Takeover);
    taken.reload(0, |fund| fund.balances[0] = -5_000);
    taken.reload(1, |fund| fund.balances[0] = -5_000);
    taken.replay();
    taken.refused(1, StepError::InsuranceFund, "step/forced");

    // Neither signed nor a liquidation.
    let mut own = fund(Forced::Liquidation { penalty: 0 });
    own.step(1).forced = None;
    assert_eq!(own.native(1), Err(StepError::InsuranceFund));
    assert!(!own.satisfied());
}
