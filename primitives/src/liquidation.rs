//! Liquidation of an account below its maintenance margin: which part of it, and at what price
//! at worst. The engine makes its orders by this; the proof holds it to less, see
//! [`crate::step::Forced`].

use crate::{
    account::{Account, Position},
    fixed::{FRACTION_BITS, ONE, Price, Rate, Rounding, mul_fraction},
    ids::Slot,
    margin::{Margin, MarginError},
    order::Side,
    shape::MarketShape,
    snapshot::Snapshot,
    wide::cmp_products,
};
use alloc::vec::Vec;

/// A liquidation closes some of this number of parts of each position.
pub const PARTS: u64 = 8;

/// The part of one position that a liquidation closes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Closing {
    /// Instrument slot.
    pub instrument: Slot,
    /// Direction of the order that closes it.
    pub side: Side,
    /// Lots.
    pub lots: u64,
    /// The worst price, 32.32 quote units per lot: the account's zero price, at which closing
    /// everything would leave it nothing.
    pub limit: Price,
}

/// The orders that liquidate an account whose funding has accrued: the fewest eighths of each
/// position but the suspended ones that leave it free, with the benefit of the doubt, when they are
/// closed at the mark and the highest penalty is paid, at its zero price or better. Nothing where
/// the account is not below maintenance margin, or is bankrupt; nor where half of the maintenance
/// margin is left and the account was liquidated in part at this snapshot.
///
/// Zero prices lie as far from the marks as equity is of all that the positions are worth: `mark ·
/// (1 ∓ equity / Σ |q|·mark)`.
///
/// # Errors
/// The margin cannot be computed.
pub fn plan(
    market: &MarketShape,
    snapshot: &Snapshot,
    account: &Account,
) -> Result<Vec<Closing>, MarginError> {
    let margin = Margin::of(market, snapshot, account)?;
    if margin.equity < 0 || !margin.is_liquidatable() {
        return Ok(Vec::new());
    }
    let enough = |parts: &u64| frees(market, snapshot, account, *parts);
    // The proof wants half of each position kept while half of the maintenance margin is left.
    let most = match margin.has_half_of_maintenance() {
        true if account.was_kept_at(snapshot.number) => return Ok(Vec::new()),
        true => PARTS / 2,
        false => PARTS,
    };
    let parts = (1..most).find(enough).unwrap_or(most);
    let slack = slack(snapshot, account, margin.equity.unsigned_abs());
    Ok(closings(snapshot, account, parts, slack))
}

/// The orders with which the insurance fund closes all that it holds but suspended positions, at
/// the mark or better.
pub fn wind_down(snapshot: &Snapshot, fund: &Account) -> Vec<Closing> {
    closings(snapshot, fund, PARTS, 0)
}

/// The price at which the insurance fund's positions in an instrument are closed against others:
/// the mark, moved in the fund's favour by the part of it that `slack` says, rounded down. It is
/// not 0 where the mark is not, as the part is less than the whole.
pub fn deleverage_price(mark: Price, slack: Rate, fund_sells: bool) -> Price {
    let away = mul_fraction(mark, slack.get().into(), Rounding::Down).unwrap_or(0);
    match fund_sells {
        true => mark.saturating_add(away),
        false => mark.saturating_sub(away),
    }
}

/// The orders that close all that the insurance fund holds against others, at the prices that the
/// slack determines.
pub fn deleverage(snapshot: &Snapshot, fund: &Account, slack: Rate) -> Vec<Closing> {
    let mut closings = wind_down(snapshot, fund);
    for closing in &mut closings {
        closing.limit = deleverage_price(closing.limit, slack, closing.side == Side::Sell);
    }
    closings
}

/// Returns true if moving the marks of all positions by the slack yields no more than `lacking`, in
/// 2^-32 quote units: so each lot bears at most its share by value of what the insurance fund
/// lacks, in whatever order the positions are closed.
pub fn fits_slack(snapshot: &Snapshot, fund: &Account, lacking: u128, slack: Rate) -> bool {
    let all = worth(snapshot, fund);
    cmp_products(all, slack.get().into(), lacking, ONE.into()).is_le()
}

/// The largest slack, up to `most`, that fits what the insurance fund lacks; none where it lacks
/// nothing, with the benefit of the doubt.
///
/// # Errors
/// The margin cannot be computed.
pub fn largest_slack(
    market: &MarketShape,
    snapshot: &Snapshot,
    fund: &Account,
    most: Rate,
) -> Result<Option<Rate>, MarginError> {
    let margin = Margin::of(market, snapshot, fund)?;
    let lacking = margin.favourable_equity().unsigned_abs();
    if !margin.is_bankrupt() {
        return Ok(None);
    }
    let fits = |slack| fits_slack(snapshot, fund, lacking, slack);
    if fits(most) {
        return Ok(Some(most));
    }
    let with_bit = |slack: Rate, bit: u32| {
        let tried = Rate::new(slack.get() | 1 << bit);
        if tried <= most && fits(tried) {
            tried
        } else {
            slack
        }
    };
    Ok(Some((0..u32::BITS).rev().fold(Rate::new(0), with_bit)))
}

fn closings(snapshot: &Snapshot, account: &Account, parts: u64, slack: Price) -> Vec<Closing> {
    let closing = |position: &Position| {
        let mark = mark(snapshot, position.instrument);
        let away = mul_fraction(mark, slack, Rounding::Down).unwrap_or(0);
        let (side, limit) = if position.quantity > 0 {
            (Side::Sell, mark.saturating_sub(away).max(1))
        } else {
            (Side::Buy, mark.saturating_add(away))
        };
        Closing {
            instrument: position.instrument,
            side,
            lots: part(position.quantity.unsigned_abs(), parts),
            limit,
        }
    };
    let positions = account.positions.iter();
    let closable = positions.filter(|position| !is_suspended(snapshot, position));
    closable.map(closing).collect()
}

fn is_suspended(snapshot: &Snapshot, position: &Position) -> bool {
    let row = snapshot.rows.get(position.instrument.place());
    row.is_some_and(|row| row.suspended)
}

fn mark(snapshot: &Snapshot, slot: Slot) -> Price {
    snapshot.rows.get(slot.place()).map_or(0, |row| row.mark)
}

/// `parts` parts of a quantity, rounded up.
fn part(lots: u64, parts: u64) -> u64 {
    (lots as u128 * parts as u128).div_ceil(PARTS as u128) as u64
}

/// All positions at their marks, long and short alike, in 2^-32 quote units: below 2^116.
fn worth(snapshot: &Snapshot, account: &Account) -> u128 {
    let worth = |position: &Position| {
        position.quantity.unsigned_abs() as u128 * mark(snapshot, position.instrument) as u128
    };
    account.positions.iter().map(worth).sum()
}

/// The distance of the zero price from the mark, at most all of it, as a fraction of 2^32.
fn slack(snapshot: &Snapshot, account: &Account, equity: u128) -> Price {
    match equity.checked_div(worth(snapshot, account) >> FRACTION_BITS) {
        Some(fraction) => u64::try_from(fraction).unwrap_or(u64::MAX).min(ONE),
        None => ONE,
    }
}

/// Returns true if closing `parts` parts of each position but the suspended ones at the mark leaves
/// the account free, with the benefit of the doubt and the highest penalty paid.
fn frees(market: &MarketShape, snapshot: &Snapshot, account: &Account, parts: u64) -> bool {
    let mut left = account.clone();
    let mut quote = 0i128;
    let positions = left.positions.iter_mut();
    for position in positions.filter(|position| !is_suspended(snapshot, position)) {
        let lots = part(position.quantity.unsigned_abs(), parts);
        let value = (lots as u128 * mark(snapshot, position.instrument) as u128) >> FRACTION_BITS;
        let penalty =
            ((value * snapshot.liquidation_rate.get() as u128) >> FRACTION_BITS) as i128 + 1;
        let side = position.quantity.signum();
        quote += side as i128 * value as i128 - penalty;
        position.quantity -= lots as i64 * side;
    }
    left.positions.retain(|position| position.quantity != 0);
    let balance = i64::try_from(left.balances[0] as i128 + quote);
    left.balances[0] = balance.unwrap_or(i64::MIN + 1);
    Margin::of(market, snapshot, &left).is_ok_and(|margin| margin.is_favourably_free())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::ids::SnapshotNumber;
    use crate::time::Millis;
    use crate::{
        policy::Policy, rows::halted_row, shape::Shape, snapshot::InstrumentRow,
        snapshot::UnderlyingFactors,
    };
    use alloc::vec;

    const SHAPE: Shape = Shape::TINY;

    fn snapshot(mark: Price) -> Snapshot {
        let policy = Policy::development(&SHAPE.market);
        let mut rows = vec![InstrumentRow::empty(&SHAPE.market); 4];
        rows[0] = policy.perpetual_row(0, mark).unwrap();
        let factors = policy.underlyings.iter().map(|u| UnderlyingFactors {
            initial: u.initial_factor,
            maintenance: u.maintenance_factor,
        });
        Snapshot {
            number: SnapshotNumber::new(1),
            taken_at: Millis::new(1),
            weights: vec![ONE; 2],
            factors: factors.collect(),
            protocol_share: policy.protocol_share,
            liquidation_rate: policy.liquidation_rate,
            rows,
        }
    }

    fn account(quote: i64, lots: i64) -> Account {
        let mut account = Account::insurance_fund(&SHAPE);
        account.balances[0] = quote;
        account.positions = vec![Position {
            instrument: Slot::new(0),
            quantity: lots,
        }];
        account
    }

    fn planned(account: &Account) -> Vec<Closing> {
        plan(&SHAPE.market, &snapshot(880 * ONE), account).unwrap()
    }

    #[test]
    fn the_fewest_parts_are_closed_at_the_zero_price_or_better() {
        // 300 lots at 880 and 64,000 of equity: 24.24 % to the zero price.
        let closing = planned(&account(-200_000, 300));
        let [
            Closing {
                side, lots, limit, ..
            },
        ] = closing[..]
        else {
            panic!("{closing:?}");
        };
        assert_eq!((side, lots), (Side::Sell, 75));
        assert_eq!(limit.div_ceil(ONE), 667);
        let short = planned(&account(328_000, -300));
        assert_eq!((short[0].side, short[0].limit / ONE), (Side::Buy, 1_093));
    }

    #[test]
    fn sound_and_bankrupt_accounts_are_left_alone() {
        assert_eq!(planned(&account(0, 300)), []);
        assert_eq!(planned(&account(-264_001, 300)), []);
        assert_eq!(planned(&account(-263_999, 300))[0].lots, 300);
    }

    #[test]
    fn half_of_each_position_is_kept_while_half_of_the_margin_is_left() {
        let market = SHAPE.market;
        // 300 lots of 880: a scan loss of about a quarter: five eighths free it where less than
        // half of it is left.
        let account = |quote| account(quote, 300);
        let margin = |quote| Margin::of(&market, &snapshot(880 * ONE), &account(quote)).unwrap();
        let maintenance = (margin(0).maintenance >> 48) as i64;
        let lots = |equity: i64| planned(&account(equity - 264_000))[0].lots;
        assert!(lots(maintenance / 2 - 2) > 150);
        assert_eq!(lots(maintenance / 2 + 2), 150);
        assert!(lots(maintenance - 2) < 150);
    }

    fn largest(fund: &Account, most: Rate) -> Option<Rate> {
        largest_slack(&SHAPE.market, &snapshot(880 * ONE), fund, most).unwrap()
    }

    #[test]
    fn half_of_a_position_is_closed_once_at_a_snapshot() {
        let at = |equity: i64, stamp: u32| {
            let account = Account {
                stamp,
                kept: true,
                ..account(equity - 264_000, 300)
            };
            planned(&account)
        };
        let partial = planned(&account(50_000 - 264_000, 300));
        assert_eq!(partial[0].lots, 150);
        assert_eq!(at(50_000, 1), []);
        assert_eq!(at(50_000, 2), partial, "it was another snapshot");
        assert_eq!(at(10_000, 1).len(), 1, "less than half is left");
    }

    /// 300 lots of a perpetual at 880 and some of another, whose feed is halted.
    fn beside_a_halted_one(quote: i64, halted: i64) -> (Snapshot, Account) {
        let mut snapshot = snapshot(880 * ONE);
        let row = Policy::development(&SHAPE.market)
            .perpetual_row(1, 880 * ONE)
            .unwrap();
        snapshot.rows[2] = halted_row(row, 880 * ONE);
        let mut account = account(quote, 300);
        account.positions.push(Position {
            instrument: Slot::new(2),
            quantity: halted,
        });
        (snapshot, account)
    }

    #[test]
    fn a_halted_lot_protects_by_its_own_worth_and_is_not_sold() {
        let market = SHAPE.market;
        let planned = |quote, halted| {
            let (snapshot, account) = beside_a_halted_one(quote, halted);
            plan(&market, &snapshot, &account).unwrap()
        };
        let [closing] = planned(-234_000 - 10 * 880, 10)[..] else {
            panic!("one of two");
        };
        assert_eq!(
            (closing.instrument, closing.side),
            (Slot::new(0), Side::Sell)
        );
        assert_eq!(planned(-200_000 - 100 * 880, 100), [], "100 lots of doubt");
        // It looks bankrupt, and is not: 1,760 of doubt a lot.
        let owes = |quote| {
            let (snapshot, account) = beside_a_halted_one(quote, 10);
            Margin::of(&market, &snapshot, &account).unwrap()
        };
        let none_left = -264_000 - 10 * 880 - 10 * 1_760;
        assert!(!owes(none_left).is_bankrupt() && owes(none_left).equity < 0);
        assert!(owes(none_left - 1).is_bankrupt());
        let (snapshot, fund) = beside_a_halted_one(none_left, 10);
        assert_eq!(
            largest_slack(&market, &snapshot, &fund, Rate::MAX),
            Ok(None)
        );
        assert_eq!(wind_down(&snapshot, &fund).len(), 1);
    }

    #[test]
    fn what_the_fund_lacks_is_spread_over_all_that_it_holds() {
        let snapshot = snapshot(880 * ONE);
        let closed = |fund: &Account| {
            let slack = largest(fund, Rate::MAX).unwrap();
            deleverage(&snapshot, fund, slack)[0]
        };
        let closing = closed(&account(-264_000 - 26_400, 300));
        assert_eq!((closing.side, closing.lots), (Side::Sell, 300));
        assert_eq!(closing.limit.div_ceil(ONE), 968, "a tenth above the mark");
        let closing = closed(&account(264_000 - 26_400, -300));
        assert_eq!(
            (closing.side, closing.limit.div_ceil(ONE)),
            (Side::Buy, 793)
        );
    }

    /// The netted positions of a fund count both.
    #[test]
    fn both_legs_of_a_hedge_bear_their_share() {
        let mut fund = account(-26_400 - 880, 16);
        fund.positions.push(Position {
            instrument: Slot::new(2),
            quantity: -15,
        });
        let mut snapshot = snapshot(880 * ONE);
        snapshot.rows[2] = snapshot.rows[0].clone();
        let slack = largest_slack(&SHAPE.market, &snapshot, &fund, Rate::MAX).unwrap();
        // 31 lots are worth 27,280, and 26,400 is lacking.
        let share = slack.unwrap().get() as f64 / ONE as f64;
        assert!((0.9677..0.9678).contains(&share), "{share}");
    }

    #[test]
    fn the_largest_slack_fits_and_the_next_does_not() {
        let snapshot = snapshot(880 * ONE + 7);
        for lacking in [1, 1_000, 263_999, 264_001, 1 << 50] {
            let fund = account(-264_000 - lacking, 300);
            let equity = Margin::of(&SHAPE.market, &snapshot, &fund).unwrap().equity;
            let fits = |slack| fits_slack(&snapshot, &fund, equity.unsigned_abs(), slack);
            for most in [0, 1, 77, 1 << 20, u32::MAX].map(Rate::new) {
                let found = largest_slack(&SHAPE.market, &snapshot, &fund, most);
                let found = found.unwrap().unwrap();
                assert!(found <= most && fits(found));
                let next = Rate::new(found.get().saturating_add(1));
                assert!(found == most || !fits(next), "{lacking} {most}");
            }
        }
        assert_eq!(largest(&account(-264_000, 300), Rate::MAX), None);
    }

    #[test]
    fn a_price_of_deleveraging_is_never_zero_and_never_twice_the_mark() {
        let half = Rate::new(1 << 31);
        assert_eq!(deleverage_price(3, half, true), 4, "rounded to the mark");
        assert_eq!(deleverage_price(3, half, false), 2);
        for mark in [1, 2, ONE, (1 << 62) - 1] {
            for slack in [0, 1, u32::MAX].map(Rate::new) {
                let (sells, buys) = (
                    deleverage_price(mark, slack, true),
                    deleverage_price(mark, slack, false),
                );
                assert_eq!(sells - mark, mark - buys);
                assert!(buys >= 1 && sells < 2 * mark, "{mark} {slack}");
            }
        }
    }

    #[test]
    fn the_fund_asks_for_the_mark() {
        let snapshot = snapshot(880 * ONE);
        let [closing] = wind_down(&snapshot, &account(-1_000_000, 7))[..] else {
            panic!("one position");
        };
        assert_eq!((closing.lots, closing.limit), (7, 880 * ONE));
    }
}
