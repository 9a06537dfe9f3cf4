#![allow(clippy::unwrap_used)]

use crate::{mock::*, *};
use clearproof_primitives::{
    field::FieldBytes,
    fixed::{price_from_decimal, ONE},
    policy::{IndexPrice, Policy},
    shape::MarketShape,
};
use codec::{Encode, MaxEncodedLen};
use frame_support::{
    assert_noop, assert_ok,
    dispatch::GetDispatchInfo,
    traits::Hooks,
    weights::Weight,
};
use sp_runtime::DispatchError::BadOrigin;

const EUR: Feed = Feed::Underlying(0);
const BTC: Feed = Feed::Underlying(1);

type MarketError = Error<Test>;

fn root() -> RuntimeOrigin {
    RuntimeOrigin::root()
}

fn listing(slot: u16, underlying: u16) -> Listing {
    Listing {
        slot,
        underlying,
        kind: InstrumentKind::Perpetual,
        symbol: Symbol::truncate_from(b"X".to_vec()),
        units_per_lot: ONE,
    }
}

fn latest() -> u64 {
    LatestNumber::<Test>::get()
}

fn latest_info() -> SnapshotInfo {
    MarketData::snapshot_info(latest()).unwrap()
}

fn mark(slot: usize) -> u64 {
    MarketData::latest_snapshot().unwrap().0.rows[slot].mark
}

fn emitted(event: Event<Test>) -> usize {
    let event = RuntimeEvent::from(event);
    System::events().iter().filter(|record| record.event == event).count()
}

/// Runs `test` after the first snapshot of a development chain, taken in block 2 at the usual prices.
fn with_first_snapshot(test: impl FnOnce()) {
    new_test_ext().execute_with(|| {
        run_to(2, feed_all);
        assert_eq!(latest(), 1);
        test();
        MarketData::check_state().unwrap();
    });
}

#[test]
fn no_snapshot_before_every_listed_underlying_has_a_price() {
    new_test_ext().execute_with(|| {
        run_to(2, || ());
        assert_eq!((latest(), MarketData::latest_snapshot()), (0, None));
        assert_eq!(emitted(Event::SnapshotNotTaken { reason: NotTaken::NoPrice { underlying: 0 } }), 1);
        run_to(4, || (0..3).for_each(|u| feed(Feed::Underlying(u), dollars(1))));
        assert_eq!(MarketData::why_no_snapshot(), Some(NotTaken::NoPrice { underlying: 3 }));
        assert_eq!(latest(), 0);
        run_to(6, || feed(Feed::Underlying(3), dollars(1)));
        assert_eq!((latest(), MarketData::why_no_snapshot()), (1, None));
        MarketData::check_state().unwrap();
    });
}

#[test]
fn no_snapshot_without_a_policy() {
    new_test_ext().execute_with(|| {
        pallet_clearproof_risk_policy::CurrentPolicy::<Test>::kill();
        run_to(2, feed_all);
        assert_eq!((latest(), MarketData::why_no_snapshot()), (0, Some(NotTaken::NoPolicy)));
    });
}

#[test]
fn a_snapshot_is_what_prices_and_policy_say() {
    with_first_snapshot(|| {
        let (snapshot, hash) = MarketData::latest_snapshot().unwrap();
        let policy = Policy::development(&MarketShape::REFERENCE);
        assert_eq!((snapshot.number, snapshot.taken_at), (1, START + 2 * BLOCK));
        assert_eq!(hash, FieldBytes::from(snapshot.hash()));
        assert_eq!(snapshot.fee_rate, policy.fee_rate);
        assert_eq!(snapshot.rows[0], policy.perpetual_row(0, price_from_decimal("1000000").unwrap()).unwrap());
        // A thousandth of a bitcoin is 60 dollars, less the rounding of a thousandth to 32 bits.
        let thousandth = (dollars(60_000) * (ONE / 1000) as u128) >> 32;
        assert_eq!(snapshot.rows[8].mark as u128, thousandth);
        assert!(mark(8) < 60_000_000 * ONE && mark(8) > 59_999_990 * ONE);
        assert!(snapshot.rows[1].mark == 0 && snapshot.rows[1].deltas == [0; 16]);
        // Bitcoin: 60,000 dollars less the haircut over 10^8 smallest units; ether and euro have no price.
        let weight = policy.collateral_weight(1, dollars(60_000), 8).unwrap();
        assert_eq!(snapshot.weights, [ONE, weight, 0, 0]);
        assert!(weight.abs_diff(540 * ONE) < ONE, "600 quote units less 10 %");
        assert_eq!(emitted(Event::SnapshotTaken { number: 1, hash, policy_version: 1 }), 1);

        let info = latest_info();
        assert_eq!((info.hash, info.taken_at, info.next_taken_at), (hash, START + 2 * BLOCK, None));
        assert_eq!(info.price_band, policy.price_band);
        assert_eq!(info.marks, snapshot.rows.iter().map(|r| r.mark).collect::<Vec<_>>());
    });
}

#[test]
fn snapshots_follow_the_interval_and_only_the_latest_are_kept() {
    with_first_snapshot(|| {
        run_to(3, feed_all);
        assert_eq!(latest(), 1);
        run_to(12, feed_all);
        assert_eq!(latest(), 6);
        for number in [0, 1, 2, 7, u64::MAX] {
            assert!(MarketData::snapshot(number).is_none() && MarketData::snapshot_info(number).is_none(), "{number}");
        }
        let infos: Vec<_> = (3..=6).map(|n| MarketData::snapshot_info(n).unwrap()).collect();
        for pair in infos.windows(2) {
            assert_eq!(pair[0].next_taken_at, Some(pair[1].taken_at));
            assert_ne!(pair[0].hash, pair[1].hash);
        }
        assert_eq!(infos[3].next_taken_at, None);
    });
}

#[test]
fn a_stale_price_halts_its_underlying_alone_and_a_fresh_one_resumes_it() {
    with_first_snapshot(|| {
        let others = || (1..4).for_each(|u| feed(Feed::Underlying(u), Oracle::latest(&Feed::Underlying(u)).unwrap().value));
        run_to(6, others);
        assert_ne!(latest_info().marks[0], 0, "not older than five blocks");
        run_to(8, others);
        let info = latest_info();
        assert_eq!(info.marks[0], 0);
        assert!(info.marks[8] > 0 && info.marks[16] > 0 && info.marks[24] > 0);
        assert_eq!(mark(0), 1_000_000 * ONE, "margin still exists");
        assert_eq!(MarketData::feed(EUR).halt, Some(HaltReason::Stale));
        run_to(10, others);
        assert_eq!(emitted(Event::MarketHalted { feed: EUR, reason: HaltReason::Stale }), 1, "once");
        run_to(12, feed_all);
        assert_eq!(emitted(Event::MarketResumed { feed: EUR }), 1);
        assert_eq!(latest_info().marks[0], 1_000_000 * ONE);
    });
}

#[test]
fn a_stale_collateral_price_keeps_its_weight_and_halts_no_instrument() {
    with_first_snapshot(|| {
        let weight = MarketData::latest_snapshot().unwrap().0.weights[1];
        run_to(10, || (0..4).for_each(|u| feed(Feed::Underlying(u), Oracle::latest(&Feed::Underlying(u)).unwrap().value)));
        assert_eq!(MarketData::feed(Feed::Asset(1)).halt, Some(HaltReason::Stale));
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
            assert_eq!(state.accepted.unwrap().value == value, accepted, "block {block}");
            assert_eq!(state.halt, (!accepted).then_some(HaltReason::Deviation), "block {block}");
            assert_eq!(latest_info().marks[0] > 0, accepted, "block {block}");
        }
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
        assert_noop!(MarketData::accept_range(RuntimeOrigin::signed(1), BTC, 1, 2), BadOrigin);
        for (low, high) in [(0, 1), (2, 1), (1, 1 << 95)] {
            assert_noop!(MarketData::accept_range(root(), BTC, low, high), MarketError::InvalidRange);
        }
        assert_noop!(MarketData::accept_range(root(), Feed::Underlying(4), 1, 2), MarketError::NoSuchFeed);
        assert_ok!(MarketData::accept_range(root(), BTC, dollars(80_000), dollars(90_000)));
        run_to(4, jump(dollars(90_000) + 1));
        assert_eq!(MarketData::feed(BTC).halt, Some(HaltReason::Deviation));
        run_to(6, jump(dollars(90_000)));
        let state = MarketData::feed(BTC);
        assert_eq!((state.accepted.unwrap().value, state.halt, state.expected), (dollars(90_000), None, None));
        run_to(8, jump(dollars(80_000)));
        assert_eq!(MarketData::feed(BTC).halt, Some(HaltReason::Deviation), "the range is used up");
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
            assert_eq!(MarketData::feed(EUR).halt, Some(HaltReason::OutOfRange), "{value}");
            assert_eq!((mark(0), latest_info().marks[0]), (before, 0), "{value}");
        }
        assert_eq!(latest(), 1 + extremes.len() as u64);
    });
}

#[test]
fn the_largest_mark_below_2_to_62_is_accepted() {
    with_first_snapshot(|| {
        assert_ok!(MarketData::accept_range(root(), EUR, 1, 1 << 62));
        run_to(4, || {
            feed_all();
            feed(EUR, (1 << 62) - 1);
        });
        assert_eq!(latest_info().marks[0], (1 << 62) - 1);
    });
}

#[test]
fn a_new_policy_takes_effect_with_the_next_snapshot_only() {
    with_first_snapshot(|| {
        let before = (MarketData::latest_snapshot(), MarketData::snapshot_info(1));
        let mut policy = Policy::development(&MarketShape::REFERENCE);
        (policy.fee_rate, policy.price_band) = (7, 1 << 31);
        policy.underlyings[0].shocks[0] = -1;
        assert_ok!(RiskPolicy::set_policy(root(), Box::new(policy.clone())));
        run_to(3, feed_all);
        assert_eq!((MarketData::latest_snapshot(), MarketData::snapshot_info(1)), before);
        run_to(4, feed_all);
        let (snapshot, hash) = MarketData::latest_snapshot().unwrap();
        assert_eq!((snapshot.number, snapshot.fee_rate, latest_info().price_band), (2, 7, 1 << 31));
        assert_eq!(snapshot.rows[0], policy.perpetual_row(0, snapshot.rows[0].mark).unwrap());
        assert_eq!(emitted(Event::SnapshotTaken { number: 2, hash, policy_version: 2 }), 1);
        assert_eq!(MarketData::snapshot(1).unwrap(), before.0.unwrap().0);
    });
}

#[test]
fn listings_are_refused_where_they_do_not_belong() {
    with_first_snapshot(|| {
        let refused = |listing: Listing, error: MarketError| {
            assert_noop!(MarketData::list_instrument(root(), listing), error);
        };
        refused(listing(32, 4), MarketError::NoSuchSlot);
        refused(listing(u16::MAX, 0), MarketError::NoSuchSlot);
        refused(listing(8, 0), MarketError::SlotOfOtherUnderlying);
        refused(listing(7, 1), MarketError::SlotOfOtherUnderlying);
        refused(listing(0, 0), MarketError::SlotTaken);
        refused(Listing { units_per_lot: 0, ..listing(1, 0) }, MarketError::MarkOutOfRange);
        refused(Listing { units_per_lot: u64::MAX, ..listing(9, 1) }, MarketError::MarkOutOfRange);
        refused(Listing { symbol: Symbol::default(), ..listing(1, 0) }, MarketError::InvalidSymbol);
        refused(Listing { symbol: Symbol::truncate_from(vec![0xff]), ..listing(1, 0) }, MarketError::InvalidSymbol);
        let collateral = |asset, decimals| MarketData::list_collateral(root(), Collateral { asset, decimals });
        assert_noop!(collateral(0, 6), MarketError::NoSuchAsset);
        assert_noop!(collateral(4, 6), MarketError::NoSuchAsset);
        assert_noop!(collateral(1, 6), MarketError::AssetTaken);
        assert_ok!(MarketData::delist_collateral(root(), 1));
        assert_noop!(collateral(1, 19), MarketError::DecimalsOutOfBounds);
        assert_noop!(MarketData::delist_collateral(root(), 1), MarketError::AssetNotListed);
        assert_ok!(collateral(1, 18));
    });
}

#[test]
fn only_the_admin_lists_and_halts() {
    with_first_snapshot(|| {
        let signed = || RuntimeOrigin::signed(1);
        assert_noop!(MarketData::list_instrument(signed(), listing(1, 0)), BadOrigin);
        assert_noop!(MarketData::delist_instrument(signed(), 0), BadOrigin);
        assert_noop!(MarketData::set_halted(signed(), 0, true), BadOrigin);
        assert_noop!(MarketData::list_collateral(signed(), Collateral { asset: 1, decimals: 1 }), BadOrigin);
        assert_noop!(MarketData::delist_collateral(signed(), 1), BadOrigin);
    });
}

#[test]
fn an_instrument_is_listed_halted_and_delisted_from_snapshot_to_snapshot() {
    with_first_snapshot(|| {
        assert_ok!(MarketData::list_instrument(root(), Listing { units_per_lot: ONE / 2, ..listing(3, 0) }));
        run_to(4, feed_all);
        assert_eq!(latest_info().marks[3], 500_000 * ONE);
        assert_noop!(MarketData::delist_instrument(root(), 3), MarketError::NotHalted);
        assert_noop!(MarketData::set_halted(root(), 4, true), MarketError::SlotEmpty);
        assert_ok!(MarketData::set_halted(root(), 3, true));
        run_to(6, feed_all);
        assert_eq!((mark(3), latest_info().marks[3]), (500_000 * ONE, 0));
        assert!(latest_info().marks[0] > 0, "the underlying's other instrument trades on");
        assert_ok!(MarketData::set_halted(root(), 3, false));
        run_to(8, feed_all);
        assert_eq!(latest_info().marks[3], 500_000 * ONE);
        assert_ok!(MarketData::set_halted(root(), 3, true));
        assert_ok!(MarketData::delist_instrument(root(), 3));
        run_to(10, feed_all);
        assert_eq!(mark(3), 0);
        assert_noop!(MarketData::delist_instrument(root(), 3), MarketError::SlotEmpty);
    });
}

#[test]
fn a_listing_without_a_price_cannot_stop_the_snapshots() {
    with_first_snapshot(|| {
        assert_ok!(MarketData::set_halted(root(), 0, true));
        assert_ok!(MarketData::delist_instrument(root(), 0));
        assert_eq!(MarketData::feed(EUR), FeedState::default(), "the price is forgotten with the last instrument");
        run_to(20, || (1..4).for_each(|u| feed(Feed::Underlying(u), Oracle::latest(&Feed::Underlying(u)).unwrap().value)));
        assert_eq!(latest(), 10);
        assert_noop!(MarketData::list_instrument(root(), listing(0, 0)), MarketError::NoIndexPrice);
        feed(EUR, 1 << 90);
        assert_noop!(MarketData::list_instrument(root(), listing(0, 0)), MarketError::MarkOutOfRange);
        feed(EUR, dollars(5));
        assert_ok!(MarketData::list_instrument(root(), listing(0, 0)));
        run_to(22, || ());
        assert_eq!((latest(), latest_info().marks[0]), (11, 5_000_000 * ONE));
    });
}

#[test]
fn weights_are_wired_and_the_snapshot_is_paid_for_in_its_block() {
    new_test_ext().execute_with(|| {
        type W = <Test as Config>::WeightInfo;
        let weight = |call: Call<Test>| call.get_dispatch_info().call_weight;
        assert_eq!(weight(Call::list_instrument { listing: listing(1, 0) }), W::list_instrument());
        assert_eq!(weight(Call::delist_instrument { slot: 0 }), W::delist_instrument());
        assert_eq!(weight(Call::set_halted { slot: 0, halted: true }), W::set_halted());
        let collateral = Collateral { asset: 1, decimals: 1 };
        assert_eq!(weight(Call::list_collateral { collateral }), W::list_collateral());
        assert_eq!(weight(Call::delist_collateral { asset: 1 }), W::delist_collateral());
        assert_eq!(weight(Call::accept_range { feed: EUR, low: 1, high: 2 }), W::accept_range());
        assert_eq!(MarketData::on_initialize(1), Weight::zero());
        assert_eq!(MarketData::on_initialize(2), W::take_snapshot());
        assert!(W::take_snapshot().all_gt(W::list_instrument()));
    });
}

#[test]
fn what_is_stored_fits_its_bound() {
    with_first_snapshot(|| {
        let (snapshot, record) = (MarketData::snapshot(1).unwrap(), Records::<Test>::get(1).unwrap());
        let bound = BoundedSnapshot::<Market>::max_encoded_len();
        // The bound takes five bytes for each of 35 list lengths, which need one or two.
        assert!((bound - 35 * 5..=bound).contains(&snapshot.encoded_size()), "{bound} {}", snapshot.encoded_size());
        assert!(record.encoded_size() <= SnapshotRecord::<Market>::max_encoded_len());
        assert_eq!(BoundedSnapshot::<Market>::try_from(snapshot.clone()).unwrap().encode(), snapshot.encode());
        let mut wrong = snapshot;
        wrong.rows.pop();
        assert!(BoundedSnapshot::<Market>::try_from(wrong).is_err());
    });
}

#[test]
#[should_panic(expected = "SlotTaken")]
fn genesis_refuses_a_slot_taken_twice() {
    use frame_support::traits::BuildGenesisConfig;
    let instruments = vec![listing(1, 0), listing(1, 0)];
    let genesis = GenesisConfig::<Test> { instruments, ..Default::default() };
    sp_io::TestExternalities::default().execute_with(|| genesis.build());
}

mod any_prices {
    use super::*;
    use proptest::prelude::*;

    /// What one interval of blocks brings to each underlying: nothing, or a price.
    fn prices() -> impl Strategy<Value = [Option<IndexPrice>; 2]> {
        let near = (800_000u128..1_200_000).prop_map(|p| p << 32);
        let price = prop_oneof![6 => near.prop_map(Some), 1 => any::<u128>().prop_map(Some), 2 => Just(None)];
        [price.clone(), price]
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]

        /// After every snapshot: a mark that trades is the fresh oracle price, within the bound of the mark before;
        /// a mark that does not trade is the mark before; and the storage invariants hold.
        #[test]
        fn marks_move_only_within_bounds(sequence in proptest::collection::vec(prices(), 1..12)) {
            new_test_ext().execute_with(|| {
                run_to(2, || {
                    feed_all();
                    feed(BTC, dollars(1));
                });
                for (step, prices) in sequence.into_iter().enumerate() {
                    let before = [mark(0), mark(8)];
                    run_to(3 + 2 * step as u64, || ());
                    run_to(4 + 2 * step as u64, || {
                        for (underlying, price) in prices.iter().enumerate() {
                            if let Some(price) = price {
                                feed(Feed::Underlying(underlying as u16), *price);
                            }
                        }
                    });
                    let info = latest_info();
                    prop_assert_eq!(latest(), step as u64 + 2);
                    for (u, slot) in [0usize, 8].into_iter().enumerate() {
                        let lot = Instruments::<Test>::get()[&(slot as u16)].listing.units_per_lot;
                        if info.marks[slot] == 0 {
                            prop_assert_eq!(mark(slot), before[u]);
                            prop_assert!(MarketData::feed(Feed::Underlying(u as u16)).halt.is_some());
                        } else {
                            let price = Oracle::latest(&Feed::Underlying(u as u16)).unwrap();
                            prop_assert!(info.taken_at - price.timestamp <= 5 * BLOCK);
                            prop_assert_eq!(mark(slot) as u128, (price.value * lot as u128) >> 32);
                            prop_assert_eq!(mark(slot), info.marks[slot]);
                            let moved = mark(slot).abs_diff(before[u]) as u128;
                            prop_assert!(moved << 32 <= before[u] as u128 * DEVIATION as u128 + (2 << 32));
                        }
                    }
                    prop_assert_eq!(MarketData::check_state(), Ok(()));
                }
                Ok(())
            })?;
        }
    }
}
