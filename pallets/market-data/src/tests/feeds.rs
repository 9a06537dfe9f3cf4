//! Acceptance of prices, halts and recovery.

use super::*;

#[test]
fn a_stale_price_halts_its_underlying_alone_and_a_fresh_one_resumes_it() {
    with_first_snapshot(|| {
        let others =
            || (1..4).for_each(|u| feed(Feed::Underlying(u), fed(Feed::Underlying(u)).unwrap().0));
        run_to(6, others);
        assert_ne!(latest_info().marks[0], 0, "not older than five blocks");
        run_to(8, others);
        let info = latest_info();
        assert_eq!(info.marks[0], 0);
        assert!(info.marks[8] > 0 && info.marks[16] > 0 && info.marks[24] > 0);
        assert_eq!(mark(0), 1_000_000 * ONE, "margin still exists");
        let row = &MarketData::latest_snapshot().unwrap().0.rows[0];
        assert_eq!(
            row.initial_long, row.mark,
            "nobody withdraws against a mark that may be wrong by now"
        );
        assert_eq!(MarketData::feed(EUR).halt, Some(HaltReason::Stale));
        run_to(10, others);
        assert_eq!(
            emitted(Event::MarketHalted {
                feed: EUR,
                reason: HaltReason::Stale
            }),
            1,
            "once"
        );
        run_to(12, feed_all);
        assert_eq!(emitted(Event::MarketResumed { feed: EUR }), 1);
        assert_eq!(latest_info().marks[0], 1_000_000 * ONE);
    });
}

#[test]
fn a_stale_collateral_price_keeps_its_weight_and_halts_no_instrument() {
    with_first_snapshot(|| {
        let weight = MarketData::latest_snapshot().unwrap().0.weights[1];
        run_to(10, || {
            (0..4).for_each(|u| feed(Feed::Underlying(u), fed(Feed::Underlying(u)).unwrap().0));
        });
        assert_eq!(
            MarketData::feed(Feed::Asset(1)).halt,
            Some(HaltReason::Stale)
        );
        assert_eq!(MarketData::latest_snapshot().unwrap().0.weights[1], weight);
        assert!(latest_info().marks[0] > 0);
    });
}

#[test]
fn the_deviation_bound_is_exact_and_moves_with_each_accepted_price() {
    with_first_snapshot(|| {
        let bound = dollars(1) * DEVIATION as u128 / (1 << 32);
        for (block, value, accepted) in [
            (4, dollars(1) + bound + 1, false),
            (6, dollars(1) - bound - 1, false),
            (8, dollars(1) + bound, true),
            (10, dollars(1) + bound + bound, true),
            (12, dollars(1), false),
        ] {
            run_to(block, || {
                feed_all();
                feed(EUR, value);
            });
            let state = MarketData::feed(EUR);
            assert_eq!(
                state.accepted.unwrap().value == value,
                accepted,
                "block {block}"
            );
            assert_eq!(
                state.halt,
                (!accepted).then_some(HaltReason::Deviation),
                "block {block}"
            );
            assert_eq!(latest_info().marks[0] > 0, accepted, "block {block}");
        }
    });
}

#[test]
fn a_price_that_is_led_away_step_by_step_is_stopped_at_its_average() {
    with_first_snapshot(|| {
        // Ten percent at each snapshot. Each step is near the last price, but the fourth is too far
        // from the price that held for long.
        let mut price = dollars(1);
        let mut reached = 0;
        for step in 1..=4 {
            price += price / 10;
            run_to(2 + 2 * step, || {
                feed_all();
                feed(EUR, price);
            });
            let state = MarketData::feed(EUR);
            match state.halt {
                None => reached = step,
                Some(reason) => assert_eq!(reason, HaltReason::FarFromAverage, "step {step}"),
            }
        }
        assert_eq!(reached, 3);
        assert_eq!(latest_info().marks[0], 0, "visibly");
        // It is accepted once it has held, so that traders would see it too.
        let target = price;
        run_to(40, || {
            feed_all();
            feed(EUR, target);
        });
        assert_eq!(MarketData::feed(EUR).halt, None);
        assert_eq!(MarketData::feed(EUR).accepted.unwrap().value, target);
    });
}

#[test]
fn the_admin_can_expect_a_jump_within_a_range_once() {
    with_first_snapshot(|| {
        let jump = |value| {
            move || {
                feed_all();
                feed(BTC, value);
            }
        };
        assert_noop!(
            MarketData::accept_range(RuntimeOrigin::signed(1), BTC, 1, 2),
            BadOrigin
        );
        for (low, high) in [(0, 1), (2, 1), (1, 1 << 95)] {
            assert_noop!(
                MarketData::accept_range(root(), BTC, low, high),
                MarketError::InvalidRange
            );
        }
        assert_noop!(
            MarketData::accept_range(root(), Feed::Underlying(4), 1, 2),
            MarketError::NoSuchFeed
        );
        assert_ok!(MarketData::accept_range(
            root(),
            BTC,
            dollars(80_000),
            dollars(90_000)
        ));
        run_to(4, jump(dollars(90_000) + 1));
        assert_eq!(MarketData::feed(BTC).halt, Some(HaltReason::Deviation));
        run_to(6, jump(dollars(90_000)));
        let state = MarketData::feed(BTC);
        assert_eq!(
            (state.accepted.unwrap().value, state.halt, state.expected),
            (dollars(90_000), None, None)
        );
        run_to(8, jump(dollars(80_000)));
        assert_eq!(
            MarketData::feed(BTC).halt,
            Some(HaltReason::Deviation),
            "the range is used up"
        );
    });
}

#[test]
fn extreme_prices_halt_and_never_panic() {
    with_first_snapshot(|| {
        let before = mark(0);
        let extremes = [0, 1 << 62, 1 << 95, (1 << 95) - 1, u128::MAX];
        for (index, value) in extremes.into_iter().enumerate() {
            if (1..1 << 95).contains(&value) {
                assert_ok!(MarketData::accept_range(root(), EUR, 1, (1 << 95) - 1));
            }
            run_to(4 + 2 * index as u64, || {
                feed_all();
                feed(EUR, value);
                feed(Feed::Asset(2), value);
            });
            assert_eq!(
                MarketData::feed(EUR).halt,
                Some(HaltReason::OutOfRange),
                "{value}"
            );
            assert_eq!((mark(0), latest_info().marks[0]), (before, 0), "{value}");
        }
        assert_eq!(latest().get(), 1 + extremes.len() as u64);
    });
}

#[test]
fn the_largest_mark_below_2_to_62_is_accepted() {
    with_first_snapshot(|| {
        assert_ok!(MarketData::accept_range(root(), EUR, 1, 1 << 62));
        // There is no mark to hold it back from.
        change(EUR, |state| state.marked = None);
        run_to(4, || {
            feed_all();
            feed(EUR, (1 << 62) - 1);
        });
        assert_eq!(latest_info().marks[0], (1 << 62) - 1);
    });
}
