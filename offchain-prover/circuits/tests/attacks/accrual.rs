//! Funding and expired instruments: the credit of an account when it is touched.

use crate::common::scene::Scene;
use clearproof_primitives::{
    account::Position, fixed::ONE, funding::funding_basis, ids::Slot, snapshot::InstrumentRow,
    step::Step,
};

const MARK: u64 = 3 * ONE + ONE / 4;

/// Account 1 holds 5 lots of instrument 0 and sold 4 of instrument 2, which has expired by now; it
/// was last touched at other indices. The step buys 20 lots of instrument 0, and nothing else in
/// the chunk depends on its result.
fn scene() -> Scene {
    let mut scene = Scene::last(1, 0);
    scene.remarket(|snapshot, funding| {
        snapshot.rows[2] = InstrumentRow {
            mark: MARK,
            expired: true,
            ..InstrumentRow::empty(&clearproof_primitives::shape::MarketShape::TINY)
        };
        (funding[0], funding[2]) = (7 * ONE as i64 + 3, -2);
    });
    scene.reload(1, |account| {
        account.positions = [(0, 5), (2, -4)]
            .map(|(instrument, quantity)| Position {
                instrument: Slot::new(instrument),
                quantity,
            })
            .to_vec();
        account.funding_basis = funding_basis(account, &[4 * ONE as i64, 0, -2, 0]);
    });
    scene.replay();
    scene
}

/// The same without deposit, order set and fills: the account is only touched.
fn touched() -> Scene {
    let mut scene = scene();
    let account = scene.step(1).account;
    *scene.step(1) = Step {
        account,
        ..Step::default()
    };
    scene.replay();
    scene
}

#[test]
fn what_the_attacks_start_from_is_accepted() {
    for scene in [scene(), touched()] {
        scene.accepted();
        let witness = &scene.chunk.steps[1];
        let left: Vec<_> = witness
            .after
            .positions
            .iter()
            .map(|p| p.instrument)
            .collect();
        assert_eq!(left, [Slot::new(0)]);
        // 5 lots paid 3 and 3/2^32 each; 4 lots short at 3 1/4 cost 13: −28 and a bit, rounded
        // down.
        if witness.step.set.is_none() {
            assert_eq!(witness.after.balances[0] - witness.before.balances[0], -29);
            let rounded = scene.chunk.after.remainder - scene.chunk.before.remainder;
            assert_eq!(rounded, u128::from(ONE) - 15);
        }
    }
}

#[test]
fn more_or_less_credit_than_due() {
    for scene in [scene(), touched()] {
        for extra in [1, -1, 29] {
            let mut scene = scene.clone();
            scene.replay_forged(|i, after, _| {
                if i == 1 {
                    after.balances[0] += extra;
                }
            });
            scene.refused_in("");
        }
    }
}

#[test]
fn rounded_off_money_that_is_not_counted() {
    for change in [-1i64, 1, ONE as i64] {
        let mut scene = touched();
        let sum = &mut scene.chunk.after.remainder;
        *sum = (*sum as i128 + change as i128) as u128;
        scene.refused_in("");
    }
}

#[test]
fn another_basis_than_the_positions_have() {
    for change in [1, -1, 1 << 60] {
        let mut scene = scene();
        scene.replay_forged(|i, after, _| {
            if i == 1 {
                after.funding_basis += change;
            }
        });
        scene.refused_in("");
    }
}

/// An expired position kept by the account, or a live one turned into quote.
#[test]
fn positions_that_are_not_what_is_left() {
    let mut kept = touched();
    let funding = kept.chunk.funding.clone();
    kept.replay_forged(|i, after, _| {
        if i == 1 {
            after.positions.push(Position {
                instrument: Slot::new(2),
                quantity: -4,
            });
            after.funding_basis = funding_basis(after, &funding);
        }
    });
    kept.refused_in("step/positions");
    let mut lost = touched();
    lost.replay_forged(|i, after, _| {
        if i == 1 {
            after.positions.clear();
            after.funding_basis = 0;
        }
    });
    lost.refused_in("step/positions");
}

#[test]
fn open_interest_that_does_not_follow_the_positions() {
    for (instrument, change) in [(0, 1), (2, 4), (2, -8)] {
        let mut scene = touched();
        scene.chunk.after.open_interest[instrument] += change;
        scene.refused_in("");
    }
}
