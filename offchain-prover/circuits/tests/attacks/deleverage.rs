//! Deleveraging. At first account 2 is long 40 lots at a mark of 100 ⅓ in step 0 of chunk 2 and
//! sells 20 of them to the insurance fund, which is short and buys below the mark in step 1.

use crate::common::{policy, scene::Scene};
use clearproof_primitives::{
    account::{Account, Position},
    batch::PriceEntry,
    fixed::{Factor, ONE, Rate},
    ids::{AccountIndex, Slot},
    liquidation::{deleverage_price, largest_slack},
    order::{Order, Side},
    shape::Shape,
    snapshot::InstrumentRow,
    step::{Fill, Forced, StepError},
};

const FORCED: &str = "step/margin/forced";
const MARK: u64 = 100 * ONE + ONE / 3;
/// 5 of a mark of 100 ⅓.
const SLACK: u32 = ((15u64 << 32) / 301) as u32;

/// Lots by instrument, negative where they are short or sold.
type Lots<'a> = &'a [(u16, i64)];

/// An account in a step of deleveraging.
#[derive(Clone, Copy)]
struct Party<'a> {
    account: u32,
    quote: i64,
    holds: Lots<'a>,
    trades: Lots<'a>,
}

/// 20 lots are worth 2,006 ⅔: its equity is −100 ⅔.
const FUND: Party<'_> = Party {
    account: 0,
    quote: 2_006 - 100,
    holds: &[(0, -20)],
    trades: &[(0, 20)],
};

const LONG: Party<'_> = Party {
    account: 2,
    quote: 0,
    holds: &[(0, 40)],
    trades: &[(0, -20)],
};

/// The insurance fund buys instrument 0.
const BUYS: [(u16, bool); 1] = [(0, false)];
/// It sells it.
const SELLS: [(u16, bool); 1] = [(0, true)];

impl Party<'_> {
    fn load(&self, account: &mut Account) {
        account.balances[0] = self.quote;
        let position = |(instrument, quantity): &(u16, i64)| Position {
            instrument: Slot::new(*instrument),
            quantity: *quantity,
        };
        account.positions = self.holds.iter().map(position).collect();
    }

    fn orders(&self) -> Vec<Option<Order>> {
        let order = |(id, (instrument, lots)): (u32, &(u16, i64))| {
            let (side, limit) = match *lots < 0 {
                true => (Side::Sell, 1),
                false => (Side::Buy, u64::MAX),
            };
            Some(Order {
                id,
                instrument: Slot::new(*instrument),
                side,
                quantity: lots.unsigned_abs(),
                limit,
                ..Order::default()
            })
        };
        (1u32..).zip(self.trades).map(order).collect()
    }

    /// The fills of its orders, each at the entry of its instrument.
    fn fills(&self, sides: &[(u16, bool)]) -> Vec<Fill> {
        let fill = |(slot, (instrument, lots)): (usize, &(u16, i64))| Fill {
            slot,
            entry: sides.iter().position(|(of, _)| of == instrument).unwrap(),
            quantity: lots.unsigned_abs(),
        };
        self.trades.iter().enumerate().map(fill).collect()
    }
}

/// The two steps of a chunk. The sides say of each instrument that the fund sells it; instruments 0
/// and 1 have the same row.
fn scene(slack: u32, sides: &[(u16, bool)], parties: [&Party<'_>; 2]) -> Scene {
    let mut scene = Scene::busy(2);
    scene.header.slack = Rate::new(slack);
    scene.remarket(|snapshot, _| snapshot.rows[1] = snapshot.rows[0].clone());
    let time = scene.chunk.entries[0].time;
    let entry = |(instrument, fund_sells): &(u16, bool)| PriceEntry {
        instrument: Slot::new(*instrument),
        time,
        deleverages: true,
        fund_sells: *fund_sells,
        price: deleverage_price(MARK, Rate::new(slack), *fund_sells),
    };
    scene.chunk.entries = sides.iter().map(entry).collect();
    let of_account = scene.chunk.steps[0].clone();
    let of_fund = scene.chunk.steps[1].clone();
    for (i, party) in parties.into_iter().enumerate() {
        let template = match party.account {
            0 => &of_fund,
            _ => &of_account,
        };
        scene.chunk.steps[i] = template.clone();
        let step = scene.step(i);
        step.account = AccountIndex::new(party.account);
        let mut signed = of_account.step.set.clone().unwrap();
        let set = &mut signed.set;
        set.account = step.account;
        (set.orders, set.max_fee, set.request) = (party.orders(), Rate::MAX, None);
        (step.set, step.fills) = (Some(signed), party.fills(sides));
        step.forced = Some(Forced::Deleverage);
        scene.reload(i, |account| party.load(account));
    }
    scene.replay();
    scene
}

/// The account has `quote` beside its lots.
fn deleveraged(quote: i64) -> Scene {
    scene(SLACK, &BUYS, [&Party { quote, ..LONG }, &FUND])
}

/// The largest slack that the fund's first step allows, and the scene at it. One more is refused.
fn at_largest_slack(sides: &[(u16, bool)], parties: [&Party<'_>; 2], fund: usize) -> (u32, Scene) {
    let start = scene(0, sides, parties);
    let slack = largest_slack(
        &start.shape.market,
        &start.snapshot,
        &start.chunk.steps[fund].before,
        Rate::MAX,
    );
    let slack = slack.unwrap().unwrap().get();
    let fine = scene(slack, sides, parties);
    fine.accepted();
    let more = scene(slack + 1, sides, parties);
    more.refused(fund, StepError::Slack, "step/margin");
    (slack, fine)
}

#[test]
fn what_the_attacks_start_from_is_accepted() {
    let scene = deleveraged(0);
    scene.accepted();
    let [account, fund] = [0, 1].map(|i| scene.chunk.steps[i].after.clone());
    assert_eq!(
        (account.quantity(Slot::new(0)), fund.quantity(Slot::new(0))),
        (20, 0)
    );
    assert!((-2..=0).contains(&fund.balances[0]), "{:?}", fund.balances);
    assert_eq!(
        scene.chunk.after.deleveraged,
        scene.chunk.before.deleveraged
    );
    assert_eq!(scene.chunk.after.penalties, 0);
}

#[test]
fn a_fund_that_owes_nothing() {
    let fund = |quote| Party { quote, ..FUND };
    for (slack, quote) in [(0, 2_007), (SLACK, 2_007), (0, 90_000)] {
        let solvent = scene(slack, &BUYS, [&LONG, &fund(quote)]);
        assert_eq!(solvent.native(1), Err(StepError::FundSolvent));
        solvent.refused_first_in(FORCED);
    }
    let mark = 100 * ONE;
    for (quote, owes) in [(1_999, true), (2_000, false)] {
        let mut scene = scene(0, &BUYS, [&LONG, &fund(quote)]);
        scene.remarket(|snapshot, _| snapshot.rows[0].mark = mark);
        scene.chunk.entries[0].price = mark;
        scene.replay();
        match owes {
            true => scene.accepted(),
            false => scene.refused(1, StepError::FundSolvent, FORCED),
        }
    }
}

/// Two accounts, long and short, are closed against each other. Nothing of it is the fund's.
#[test]
fn accounts_that_are_closed_against_each_other() {
    let short = Party {
        account: 1,
        quote: 9_000,
        holds: &[(0, -20)],
        trades: &[(0, 20)],
    };
    for (sides, wrong) in [(BUYS, 1), (SELLS, 0)] {
        let one_side = scene(0, &sides, [&LONG, &short]);
        one_side.refused(wrong, StepError::FillSide(0), "step/fills");
    }
    // With both sides in its lists, which a chunk does not refuse, the chain refuses the batch.
    let mut both = scene(0, &BUYS, [&LONG, &short]);
    let other = PriceEntry {
        fund_sells: true,
        ..both.chunk.entries[0]
    };
    both.chunk.entries.push(other);
    both.step(1).fills[0].entry = 1;
    both.replay();
    both.accepted();
}

#[test]
fn a_side_that_is_not_the_funds() {
    // The fund's short position is closed where it sells, or its long one where it buys.
    let wrong = scene(0, &SELLS, [&LONG, &FUND]);
    assert_eq!(wrong.native(0), Err(StepError::FillSide(0)));
    wrong.refused(1, StepError::FillSide(0), "step/fills");
    // The account trades as the fund does.
    let beside = Party {
        holds: &[(0, -40)],
        quote: 9_000,
        trades: &[(0, 20)],
        ..LONG
    };
    scene(0, &BUYS, [&beside, &FUND]).refused(0, StepError::FillSide(0), "step/fills");
}

#[test]
fn an_auctions_entry_with_a_side() {
    let mut scene = Scene::busy(2);
    scene.chunk.entries[0].fund_sells = true;
    scene.replay();
    scene.refused(0, StepError::FillTarget(0), "step/fills");
}

#[test]
fn two_instruments_on_both_sides() {
    let fund = Party {
        account: 0,
        quote: -100,
        holds: &[(0, 20), (1, -20)],
        trades: &[(0, -20), (1, 20)],
    };
    let account = Party {
        account: 2,
        quote: 4_000,
        holds: &[(0, -20), (1, 20)],
        trades: &[(0, 20), (1, -20)],
    };
    let sides = [(0, true), (1, false)];
    at_largest_slack(&sides, [&account, &fund], 1);
    for sides in [
        [(0, false), (1, false)],
        [(0, true), (1, true)],
        [(0, false), (1, true)],
    ] {
        let wrong = scene(0, &sides, [&account, &fund]);
        let place = usize::from(sides[0].1);
        assert_eq!(wrong.native(0), Err(StepError::FillSide(place)));
        wrong.refused(1, StepError::FillSide(place), "step/fills");
    }
}

/// Of the 900 that the fund lacks, who is short one of its 20 lots bears a twentieth.
#[test]
fn a_lot_that_pays_for_all_others() {
    let fund = Party {
        account: 0,
        quote: -2_006 - 900,
        holds: &[(0, 20)],
        trades: &[(0, -1)],
    };
    let rich = Party {
        account: 2,
        quote: 1_000_000,
        holds: &[(0, -1)],
        trades: &[(0, 1)],
    };
    let (_, fine) = at_largest_slack(&SELLS, [&rich, &fund], 1);
    let paid = 1_000_000 - fine.chunk.steps[0].after.balances[0] - 101;
    assert_eq!(paid, 900 / 20, "above the mark");
    scene(u32::MAX, &SELLS, [&rich, &fund]).refused(1, StepError::Slack, "step/margin");
}

/// Its positions have the margin of one lot; each lot pays by its value all the same.
#[test]
fn a_fund_whose_positions_net() {
    let fund = Party {
        account: 0,
        quote: -200,
        holds: &[(0, 20), (1, -19)],
        trades: &[(0, -1)],
    };
    let short = Party {
        account: 2,
        quote: 9_000,
        holds: &[(0, -1)],
        trades: &[(0, 1)],
    };
    let (slack, _) = at_largest_slack(&SELLS, [&short, &fund], 1);
    // It lacks 99 ⅔ of 39 lots' 3,913.
    let share = f64::from(slack) / ONE as f64;
    assert!((0.025_46..0.025_48).contains(&share), "{share}");
    // A fund that is hedged may close one leg.
    let hedged = Party {
        quote: -100,
        holds: &[(0, 20), (1, -20)],
        ..fund
    };
    at_largest_slack(&SELLS, [&short, &hedged], 1);
}

/// All positions may be closed at one slack, in whatever order.
#[test]
fn the_same_slack_in_a_second_step_of_the_fund() {
    let fund = Party {
        trades: &[(0, 10)],
        ..FUND
    };
    let (_, fine) = at_largest_slack(&BUYS, [&fund, &fund], 0);
    assert!(fine.chunk.steps[1].after.positions.is_empty());
}

/// A lack beyond what the slack can bear stays with the fund.
#[test]
fn positions_of_almost_no_value() {
    let mut scene = scene(u32::MAX, &BUYS, [&LONG, &FUND]);
    let row = policy(&Shape::TINY.market).perpetual_row(0, 3).unwrap();
    scene.remarket(|snapshot, _| snapshot.rows[0] = row);
    scene.chunk.entries[0].price = deleverage_price(3, Rate::MAX, false);
    scene.reload(1, |fund| fund.balances[0] = -100);
    scene.reload(0, |account| account.balances[0] = 100);
    scene.replay();
    scene.accepted();
    assert_eq!(scene.chunk.steps[1].after.balances[0], -101, "one rounded");
}

#[test]
fn no_slack_closes_at_the_mark() {
    scene(0, &BUYS, [&LONG, &FUND]).accepted();
}

/// Suspended positions bear their share, and keep it; with expired ones the fund is not deleveraged
/// before they are turned into quote.
#[test]
fn positions_that_are_suspended_or_expired_in_the_funds_worth() {
    let fund = Party {
        holds: &[(0, -20), (1, 20)],
        quote: -100,
        ..FUND
    };
    let with = |slack: u32, change: fn(&mut InstrumentRow)| {
        let mut scene = scene(slack, &BUYS, [&LONG, &fund]);
        scene.remarket(|snapshot, _| change(&mut snapshot.rows[1]));
        scene.replay();
        scene
    };
    let suspended = |slack| with(slack, |row| (row.suspended, row.position_limit) = (true, 0));
    let (mut fine, mut refused) = (0, u32::MAX);
    while refused - fine > 1 {
        let middle = fine + (refused - fine) / 2;
        match suspended(middle).native(1) {
            Ok(_) => fine = middle,
            Err(_) => refused = middle,
        }
    }
    // 100 less the doubt of 20 lots: both charges, each 1/64 of the mark.
    let lacking = 100.0 - 20.0 * 2.0 * 100.333_333 / 64.0;
    let (found, share) = (f64::from(fine) / ONE as f64, lacking / 4_013.333);
    assert!((found - share).abs() < 1e-5, "{found} {share}");
    suspended(fine).accepted();
    suspended(refused).refused(1, StepError::Slack, "step/margin");

    let expired = with(0, |row| {
        *row = InstrumentRow {
            mark: 95 * ONE,
            expired: true,
            ..InstrumentRow::empty(&Shape::TINY.market)
        };
    });
    assert_eq!(expired.native(1), Err(StepError::Unsettled));
    expired.refused_first_in(FORCED);
}

#[test]
fn a_price_that_favours_the_account() {
    let mut scene = deleveraged(0);
    scene.chunk.entries[0].price = 101 * ONE;
    scene.replay();
    // Nor may the fund lose by it.
    assert_eq!(scene.native(1), Err(StepError::ForcedFills));
    scene.refused(0, StepError::DeleveragePrice, FORCED);
}

#[test]
fn a_price_beyond_the_accounts_own_zero_price() {
    // Its equity is 50: 2 ½ on each of 20 lots.
    let scene = deleveraged(-3_963);
    scene.refused(0, StepError::ForcedFills, "step/margin");
}

#[test]
fn an_account_of_a_lower_rank() {
    let ranked = |rank| {
        let mut scene = deleveraged(0);
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
    for fund_sells in [false, true] {
        let mut scene = deleveraged(0);
        let entry = &mut scene.chunk.entries[0];
        (entry.deleverages, entry.fund_sells) = (false, fund_sells);
        scene.replay();
        scene.refused(0, StepError::FillTarget(0), "step/fills");

        let mut scene = Scene::busy(2);
        let entry = &mut scene.chunk.entries[0];
        (entry.deleverages, entry.fund_sells) = (true, fund_sells);
        scene.replay();
        scene.refused(0, StepError::FillTarget(0), "step/fills");
    }
}

#[test]
fn a_penalty_a_growing_position_or_a_suspended_instrument() {
    let mut scene = deleveraged(0);
    scene.step(0).fills[0].quantity = 41;
    scene.order(0, 0).quantity = 41;
    scene.replay();
    assert_eq!(scene.native(0), Err(StepError::ForcedFills));
    scene.refused_in("step/margin/*");

    let mut scene = deleveraged(0);
    scene.remarket(|snapshot, _| {
        let row = &mut snapshot.rows[0];
        (row.suspended, row.position_limit) = (true, 0);
    });
    // With the doubt of its lots the fund lacks less, and a slack of 5 would be too much.
    scene.header.slack = Rate::new(0);
    scene.replay();
    scene.refused(0, StepError::Suspended, FORCED);

    let mut scene = deleveraged(0);
    scene.replay_forged(|step, account, effects| {
        if step == 0 {
            account.balances[0] -= 3;
            effects.penalties = 3;
        }
    });
    assert!(!scene.satisfied());
}
