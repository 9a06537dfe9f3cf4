//! Options: listing, rows, halts and settlement prices.

use super::*;
use clearproof_primitives::{
    ids::{Slot, SnapshotNumber},
    options::{OptionKind, SviCurve, SviError, YEAR_MS, svi::SVI_ONE},
    rows::{OptionMarket, Smile, halted_row},
    snapshot::InstrumentRow,
    time::Millis,
};

/// Ether. Its perpetual is in slot 16.
const ETH: u16 = 2;
const EXPIRY: Expiry = Expiry {
    underlying: ETH,
    time: Millis::new(START.get() + 40 * BLOCK.get()),
};
const FORWARD: Feed = Feed::Forward(EXPIRY);
const SMILE: Feed = Feed::Volatility(EXPIRY);

/// A smile of 80 % a year with this time left, in milliseconds.
fn curve(left: Millis) -> SviCurve {
    let variance =
        (SVI_ONE as u128 * 64 / 100 * u128::from(left.get()) / u128::from(YEAR_MS.get())) as i64;
    SviCurve {
        a: variance,
        b: 0,
        rho: 0,
        m: 0,
        sigma: SVI_ONE as u64 / 10,
    }
}

fn option(slot: u16, kind: OptionKind, strike: u128) -> Listing {
    Listing {
        kind: InstrumentKind::Option(OptionTerms {
            kind,
            strike: dollars(strike),
            expiry: EXPIRY.time,
        }),
        units_per_lot: ONE / 128,
        ..listing(slot, ETH)
    }
}

fn feed_options() {
    feed_all();
    let now = now();
    if now < EXPIRY.time {
        feed(FORWARD, dollars(3_000));
        feed_value(SMILE, FeedValue::Curve(curve(EXPIRY.time - now)));
    }
}

/// Runs `test` with a call at 2,900 in slot 17 and a put at 3,100 in slot 18, after a snapshot that
/// has them.
fn with_options(test: impl FnOnce()) {
    new_test_ext().execute_with(|| {
        run_to(2, feed_options);
        assert_ok!(MarketData::list_instrument(
            root(),
            option(17, OptionKind::Call, 2_900)
        ));
        assert_ok!(MarketData::list_instrument(
            root(),
            option(18, OptionKind::Put, 3_100)
        ));
        run_to(4, feed_options);
        test();
        MarketData::check_state().unwrap();
    });
}

#[test]
fn an_option_is_listed_only_with_a_forward_and_a_smile() {
    new_test_ext().execute_with(|| {
        run_to(2, feed_all);
        let list = || MarketData::list_instrument(root(), option(17, OptionKind::Call, 2_900));
        assert_noop!(list(), MarketError::NoIndexPrice);
        feed(FORWARD, dollars(3_000));
        assert_noop!(list(), MarketError::NoIndexPrice);
        feed_value(SMILE, FeedValue::Curve(curve(Millis::new(1_000_000))));
        assert_ok!(list());
    });
}

#[test]
fn terms_out_of_bounds_are_refused_by_name() {
    new_test_ext().execute_with(|| {
        run_to(2, feed_options);
        let refused = |change: &dyn Fn(&mut OptionTerms), error: MarketError| {
            let mut listing = option(17, OptionKind::Call, 2_900);
            let InstrumentKind::Option(terms) = &mut listing.kind else {
                unreachable!()
            };
            change(terms);
            assert_noop!(MarketData::list_instrument(root(), listing), error);
        };
        let now = now();
        refused(&|t| t.strike = 0, MarketError::StrikeOutOfBounds);
        refused(&|t| t.strike = 1 << 95, MarketError::StrikeOutOfBounds);
        refused(&|t| t.strike = 1 << 90, MarketError::StrikeOutOfBounds);
        let expiry = MarketError::ExpiryOutOfBounds;
        refused(&|t| t.expiry = Millis::ZERO, expiry);
        let expiry = MarketError::ExpiryOutOfBounds;
        refused(&|t| t.expiry = now + BLOCK * 2 - Millis::new(1), expiry);
        let expiry = MarketError::ExpiryOutOfBounds;
        refused(&|t| t.expiry = now + YEAR_MS * 5 + Millis::new(1), expiry);
    });
}

#[test]
fn a_row_is_what_the_policy_makes_of_forward_and_smile() {
    with_options(|| {
        let (snapshot, _) = MarketData::latest_snapshot().unwrap();
        let InstrumentKind::Option(terms) = option(17, OptionKind::Call, 2_900).kind else {
            unreachable!()
        };
        let now = START + BLOCK * 4;
        let smile = Smile {
            curve: curve(EXPIRY.time - now),
            fed_at: now,
        };
        let market = OptionMarket {
            terms: &terms,
            units_per_lot: ONE / 128,
            forward: dollars(3_000),
            smile: &smile,
            now,
        };
        let policy = Policy::development(&MarketShape::REFERENCE);
        let (row, value) = policy.option_row(2, &market).unwrap();
        assert_eq!(snapshot.rows[17], row);
        let info = latest_info();
        assert_eq!(info.marks[17], row.mark);
        assert_eq!(info.bands[17], policy.option_band(row.mark, value));
        let view = MarketData::expiries();
        assert_eq!(view.len(), 1);
        assert_eq!(view[0].forward, Some(dollars(3_000)));
        assert_eq!((view[0].halted, view[0].settlement), (false, None));
    });
}

#[test]
fn a_curve_that_allows_arbitrage_halts_the_expiry_alone_and_says_why() {
    with_options(|| {
        let bad = SviCurve {
            a: -SVI_ONE / 10,
            ..curve(Millis::new(1_000_000))
        };
        run_to(6, || {
            feed_options();
            feed_value(SMILE, FeedValue::Curve(bad));
        });
        let halt = MarketData::feed(SMILE).halt;
        assert!(
            matches!(
                halt,
                Some(HaltReason::Curve(
                    SviError::Variance | SviError::Butterfly(_)
                ))
            ),
            "{halt:?}"
        );
        let info = latest_info();
        assert_eq!((info.marks[17], info.marks[18]), (0, 0));
        assert_ne!(info.marks[16], 0, "the perpetual goes on");
        assert_ne!(mark(17), 0, "margin still exists");
        run_to(8, feed_options);
        assert_ne!(latest_info().marks[17], 0);
    });
}

#[test]
fn a_smile_that_jumps_or_a_price_in_its_place_is_not_accepted() {
    with_options(|| {
        let left = EXPIRY.time - now();
        // Four times the variance is twice the volatility: more than the half that is allowed.
        run_to(6, || {
            feed_options();
            feed_value(SMILE, FeedValue::Curve(curve(left * 4)));
        });
        assert_eq!(MarketData::feed(SMILE).halt, Some(HaltReason::Deviation));
        run_to(8, || {
            feed_options();
            feed(SMILE, dollars(1));
        });
        assert_eq!(MarketData::feed(SMILE).halt, Some(HaltReason::WrongKind));
        run_to(10, || {
            feed_options();
            feed_value(EUR, FeedValue::Curve(curve(left)));
        });
        assert_eq!(MarketData::feed(EUR).halt, Some(HaltReason::WrongKind));
    });
}

#[test]
fn trading_ends_before_the_expiry_and_the_average_settles_it() {
    with_options(|| {
        run_to(37, feed_options);
        assert_ne!(latest_info().marks[17], 0);
        run_to(39, feed_options);
        assert_eq!(
            latest_info().marks[17],
            0,
            "within two blocks of the expiry"
        );
        assert_ne!(latest_info().marks[16], 0);
        // 3,000 for the window, except for its last fifth.
        run_to(40, || {
            feed_options();
            feed(Feed::Underlying(ETH), dollars(3_200));
        });
        let price = dollars(3_000 + 200 * 2 / 10);
        assert_eq!(MarketData::settlement(EXPIRY).price, Some(price));
        assert_eq!(
            emitted(Event::ExpirySettled {
                expiry: EXPIRY,
                price
            }),
            1
        );
        let (snapshot, _) = MarketData::latest_snapshot().unwrap();
        let lot = |units: u128| (dollars(units) / 128) as u64;
        assert_eq!(snapshot.rows[17].mark, lot(140));
        assert_eq!(snapshot.rows[18].mark, lot(60));
        assert!(
            snapshot.rows[17]
                .scenario_values
                .iter()
                .all(|delta| *delta == 0)
        );
        assert_eq!(snapshot.rows[18].initial_short, 0);
        assert!(snapshot.rows[17].expired && !snapshot.rows[16].expired);
        // Nothing moves it any more.
        HELD.with_borrow_mut(|held| held.extend([17, 18].map(Slot::new)));
        run_to(50, || {
            feed_options();
            feed(Feed::Underlying(ETH), dollars(3_300));
        });
        assert_eq!(mark(17), lot(140));
        assert_eq!(latest_info().marks[17], 0);
        assert_eq!(MarketData::expiries()[0].settlement, Some(price));
    });
}

#[test]
fn an_expired_options_slot_is_freed_once_nobody_holds_it() {
    with_options(|| {
        HELD.with_borrow_mut(|held| held.push(Slot::new(18)));
        run_to(42, feed_options);
        let listed = |slot| Instruments::<Test>::get().contains_key(&Slot::new(slot));
        assert!(listed(17), "the last trades may not have settled yet");
        run_to(44, feed_options);
        assert!(!listed(17) && listed(18), "four blocks after the expiry");
        assert_eq!(
            emitted(Event::InstrumentDelisted {
                slot: Slot::new(17)
            }),
            1
        );
        assert!(MarketData::settlement(EXPIRY).price.is_some());
        assert_eq!(mark(17), 0);
        HELD.with_borrow_mut(Vec::clear);
        run_to(46, feed_options);
        assert!(!listed(18));
        assert_eq!(MarketData::settlement(EXPIRY).price, None, "forgotten");
    });
}

#[test]
fn delisting_the_last_option_of_an_expiry_forgets_it() {
    with_options(|| {
        for slot in [17, 18].map(Slot::new) {
            assert_ok!(MarketData::set_halted(root(), slot, true));
            assert!(MarketData::smile(EXPIRY).is_some());
            assert_ok!(MarketData::delist_instrument(root(), slot));
        }
        assert_eq!(MarketData::smile(EXPIRY), None);
        assert_eq!(MarketData::feed(FORWARD), FeedState::default());
        run_to(6, feed_all);
        assert_eq!(MarketData::latest_snapshot().unwrap().0.rows[17].mark, 0);
    });
}

#[test]
fn an_option_that_cannot_be_valued_keeps_its_row_and_stops_no_snapshot() {
    with_options(|| {
        let before = MarketData::latest_snapshot().unwrap().0.rows[17].clone();
        // The forward is so far away that the smile has no volatility at the strike, and there is
        // no mark to hold it back from.
        assert_ok!(MarketData::accept_range(root(), FORWARD, 1, dollars(1)));
        change(FORWARD, |state| state.marked = None);
        run_to(6, || {
            feed_options();
            feed(FORWARD, 1 << 34);
        });
        assert_eq!(latest(), SnapshotNumber::new(3));
        let row = MarketData::latest_snapshot().unwrap().0.rows[17].clone();
        assert!(row.suspended && !before.suspended);
        assert_eq!(row, halted_row(before, (1 << 34) / 128));
        let info = latest_info();
        assert_eq!((info.marks[17], info.marks[18]), (0, 0));
        assert_ne!(info.marks[16], 0);
        assert_ne!(info.open_interest_caps[17], 0);
        assert_eq!(
            emitted(Event::OptionNotValued {
                slot: Slot::new(17)
            }),
            1
        );
    });
}

#[test]
fn what_was_in_an_options_slot_before_is_no_row_of_it() {
    with_options(|| {
        // An expired option's row, as if its slot had been freed and listed again. It carries no
        // charges, and none may be added.
        let mut snapshot = MarketData::snapshot(SnapshotNumber::new(2)).unwrap();
        let row = &mut snapshot.rows[17];
        let empty = InstrumentRow::empty(&MarketShape::REFERENCE);
        *row = InstrumentRow {
            mark: row.mark,
            expired: true,
            ..empty.clone()
        };
        Snapshots::<Test>::insert(
            SnapshotNumber::new(2),
            BoundedSnapshot::try_from(snapshot).unwrap(),
        );
        assert_ok!(MarketData::accept_range(root(), FORWARD, 1, dollars(1)));
        change(FORWARD, |state| state.marked = None);
        run_to(6, || {
            feed_options();
            feed(FORWARD, 1 << 34);
        });
        assert_eq!((latest().get(), mark(17)), (3, 0));
        assert_eq!(MarketData::latest_snapshot().unwrap().0.rows[17], empty);
        assert_eq!(latest_info().open_interest_caps[17], 0);
    });
}
