//! Marks that are held back from prices that jump.

use super::*;
use clearproof_primitives::{
    options::{OptionKind, SviCurve, svi::SVI_ONE},
    rows::halted_row,
    snapshot::InstrumentRow,
    time::Millis,
};

/// Euro. Its perpetual is in slot 0, and a lot is one euro.
const EXPIRY: Expiry = Expiry {
    underlying: 0,
    time: Millis::new(START.get() + 100 * BLOCK.get()),
};
const FORWARD: Feed = Feed::Forward(EXPIRY);
const SMILE: Feed = Feed::Volatility(EXPIRY);

fn policy() -> Policy {
    Policy::development(&MarketShape::REFERENCE)
}

fn row(slot: usize) -> InstrumentRow {
    MarketData::latest_snapshot().unwrap().0.rows[slot].clone()
}

/// Cents as an index price.
fn cents(cents: u128) -> IndexPrice {
    dollars(cents) / 100
}

fn lot(price: IndexPrice) -> u64 {
    u64::try_from(price).unwrap()
}

/// Moves of a fifth at most, as the development policy allows.
fn furthest(last: IndexPrice) -> IndexPrice {
    (last * u128::from(policy().underlyings[0].jump_limit.get())) >> 32
}

/// Runs two blocks, to the next snapshot, with the euro at a price that is accepted however far it
/// jumped.
fn jump(price: IndexPrice) {
    assert_ok!(MarketData::accept_range(root(), EUR, price, price));
    let block = System::block_number() + 2;
    run_to(block, || {
        feed_all();
        feed(EUR, price);
        feed_option(FORWARD, cents(100));
    });
}

/// Feeds a forward and a flat smile.
fn feed_option(forward: Feed, price: IndexPrice) {
    feed(forward, price);
    let flat = SviCurve {
        a: SVI_ONE / 100,
        b: 0,
        rho: 0,
        m: 0,
        sigma: SVI_ONE as u64 / 10,
    };
    feed_value(SMILE, FeedValue::Curve(flat));
}

/// Lists a call on the euro in slot 1.
fn list_option() {
    feed_option(FORWARD, cents(100));
    let terms = OptionTerms {
        kind: OptionKind::Call,
        strike: dollars(1),
        expiry: EXPIRY.time,
    };
    assert_ok!(MarketData::list_instrument(
        root(),
        Listing {
            kind: InstrumentKind::Option(terms),
            ..listing(1, 0)
        }
    ));
}

fn held_back(feed: Feed, price: IndexPrice, accepted: IndexPrice) -> usize {
    emitted(Event::MarkHeldBack {
        feed,
        price,
        accepted,
    })
}

#[test]
fn a_mark_jumps_by_the_limit_at_most_and_only_reduction_is_left_meanwhile() {
    with_first_snapshot(|| {
        let (last, target) = (cents(100), cents(200));
        jump(target);
        let first = last + furthest(last);
        assert_eq!(mark(0), lot(first));
        assert_eq!(held_back(EUR, first, target), 1);
        let suspended = halted_row(policy().perpetual_row(0, lot(first)).unwrap(), lot(first));
        assert_eq!(row(0), suspended);
        assert_eq!((suspended.suspended, suspended.position_limit), (true, 0));
        // It trades, inside the band around the mark that is held back, so that positions can be
        // reduced.
        let info = latest_info();
        assert_eq!(info.marks[0], lot(first));
        assert_eq!(info.bands[0], policy().perpetual_band(lot(first)));
        assert_eq!(info.premium_caps[0], 0);
        assert!(
            !row(8).suspended && info.premium_caps[8] > 0,
            "others go on"
        );
        assert_eq!(MarketData::feed(EUR).halt, None);
        assert_eq!(MarketData::feed(EUR).marked, Some(first));

        // It follows within as many snapshots as necessary: 1.2, 1.44, 1.728, then the price
        // itself.
        let mut expected = first;
        for _ in 0..2 {
            jump(target);
            expected += furthest(expected);
            assert_eq!(mark(0), lot(expected));
            assert!(row(0).suspended);
            assert_eq!(held_back(EUR, expected, target), 1);
        }
        jump(target);
        assert_eq!(mark(0), lot(target));
        assert!(!row(0).suspended && latest_info().premium_caps[0] > 0);
        assert_eq!(row(0), policy().perpetual_row(0, lot(target)).unwrap());
        assert_eq!(held_back(EUR, target, target), 0);
    });
}

#[test]
fn the_limit_is_exact_on_both_sides() {
    let last = cents(100);
    for (price, held) in [
        (last + furthest(last), false),
        (last + furthest(last) + 1, true),
        (last - furthest(last), false),
        (last - furthest(last) - 1, true),
        (1 << 32, true),
    ] {
        with_first_snapshot(|| {
            jump(price);
            assert_eq!(row(0).suspended, held, "{price}");
            let allowed = price.clamp(last - furthest(last), last + furthest(last));
            assert_eq!(mark(0), lot(allowed), "{price}");
        });
    }
}

#[test]
fn options_are_suspended_with_their_underlying_and_their_own_forward_holds_them_back_too() {
    with_first_snapshot(|| {
        list_option();
        jump(cents(100));
        assert!(!row(1).suspended);
        let before = mark(1);
        jump(cents(130));
        // The forward did not move, and neither did the option's mark.
        assert!(row(0).suspended && row(1).suspended);
        assert!(mark(1).abs_diff(before) < before / 100);
        assert_eq!(row(1).position_limit, 0);
        assert_eq!(row(1).initial_long, lot(cents(100)));
        let info = latest_info();
        assert_eq!(info.marks[1], mark(1), "it can be reduced");
        assert!(info.bands[1] > 0);

        // Now the forward jumps alone.
        jump(cents(130));
        assert!(!row(0).suspended && !row(1).suspended);
        let target = cents(300);
        assert_ok!(MarketData::accept_range(root(), FORWARD, target, target));
        let block = System::block_number() + 2;
        run_to(block, || {
            feed_all();
            feed(EUR, cents(130));
            feed_option(FORWARD, target);
        });
        let held = cents(100) + furthest(cents(100));
        assert_eq!(held_back(FORWARD, held, target), 1);
        assert!(row(1).suspended && !row(0).suspended);
        assert_eq!(row(1).initial_long, lot(held));
        assert_eq!(MarketData::feed(FORWARD).marked, Some(held));
        // A smile has no mark of its own.
        assert_eq!(MarketData::feed(SMILE).marked, None);
    });
}

#[test]
fn a_halted_feed_does_not_move_the_mark_further() {
    with_first_snapshot(|| {
        let target = cents(200);
        jump(target);
        // No new value of the euro is fed: its price is good for two more snapshots, and stale
        // then.
        let others = || {
            (1..4).for_each(|u| feed(Feed::Underlying(u), fed(Feed::Underlying(u)).unwrap().0));
        };
        let start = System::block_number();
        run_to(start + 4, others);
        let (held, row_then) = (mark(0), row(0));
        assert!(held < lot(target) && row_then.suspended);
        assert_eq!(latest_info().marks[0], held);
        run_to(start + 10, others);
        assert_eq!(MarketData::feed(EUR).halt, Some(HaltReason::Stale));
        assert_eq!(row(0), row_then);
        assert_eq!(latest_info().marks[0], 0, "a halted feed stops all trading");
        assert_eq!(MarketData::feed(EUR).marked.map(lot), Some(held));
        // Once the oracle has a value again, the mark moves on from there.
        jump(target);
        assert_eq!((mark(0), row(0).suspended), (lot(target), false));
    });
}

#[test]
fn the_first_mark_is_held_back_from_nothing() {
    with_first_snapshot(|| {
        assert_eq!(MarketData::feed(EUR).marked, Some(cents(100)));
        jump(cents(200));
        assert!(row(0).suspended);
        // Without instruments the underlying has no mark any more.
        assert_ok!(MarketData::set_halted(root(), Slot::new(0), true));
        assert_ok!(MarketData::delist_instrument(root(), Slot::new(0)));
        assert_eq!(MarketData::feed(EUR).marked, None);
        let price = cents(900);
        let block = System::block_number() + 1;
        run_to(block, || {
            feed_all();
            feed(EUR, price);
        });
        assert_ok!(MarketData::list_instrument(root(), listing(0, 0)));
        run_to(block + 1, || {
            feed_all();
            feed(EUR, price);
        });
        assert_eq!((mark(0), row(0).suspended), (lot(price), false));
    });
}

#[test]
fn a_lot_must_have_a_mark_at_the_price_that_is_held_back_too() {
    with_first_snapshot(|| {
        // From a dollar to one unit, while the marks have only gone a fifth of the way.
        jump(1 << 32);
        assert!(row(0).suspended);
        let large = |units_per_lot| Listing {
            units_per_lot,
            ..listing(2, 0)
        };
        // Such a lot has a mark at the accepted price, but too large a mark at that of the
        // snapshots, which it would stop.
        assert_noop!(
            MarketData::list_instrument(root(), large(1 << 45)),
            MarketError::MarkOutOfRange
        );
        assert_ok!(MarketData::list_instrument(root(), large(1 << 40)));
        let number = latest();
        jump(1 << 32);
        assert_eq!(latest(), number.next());
    });
}
