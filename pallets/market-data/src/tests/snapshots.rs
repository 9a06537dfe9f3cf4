//! Taking, keeping and reading snapshots.

use super::*;
use clearproof_primitives::{
    fixed::{Factor, Rate},
    ids::{Slot, SnapshotNumber},
    policy::{Peg, TradingTerms},
};

#[test]
fn no_snapshot_before_every_listed_underlying_has_a_price() {
    new_test_ext().execute_with(|| {
        run_to(2, || ());
        assert_eq!((latest().get(), MarketData::latest_snapshot()), (0, None));
        assert_eq!(
            emitted(Event::SnapshotNotTaken {
                reason: NotTaken::NoPrice { underlying: 0 }
            }),
            1
        );
        run_to(4, || {
            (0..3).for_each(|u| feed(Feed::Underlying(u), dollars(1)));
        });
        assert_eq!(
            MarketData::why_no_snapshot(),
            Some(NotTaken::NoPrice { underlying: 3 })
        );
        assert_eq!(latest(), SnapshotNumber::new(0));
        run_to(6, || feed(Feed::Underlying(3), dollars(1)));
        assert_eq!((latest().get(), MarketData::why_no_snapshot()), (1, None));
        MarketData::check_state().unwrap();
    });
}

#[test]
fn no_snapshot_without_a_policy() {
    new_test_ext().execute_with(|| {
        InForce::set(None);
        run_to(2, feed_all);
        assert_eq!(
            (latest().get(), MarketData::why_no_snapshot()),
            (0, Some(NotTaken::NoPolicy))
        );
    });
}

#[test]
fn a_snapshot_is_what_prices_and_policy_say() {
    with_first_snapshot(|| {
        let (snapshot, hash) = MarketData::latest_snapshot().unwrap();
        let policy = Policy::development(&MarketShape::REFERENCE);
        assert_eq!(
            (snapshot.number.get(), snapshot.taken_at),
            (1, START + BLOCK * 2)
        );
        assert_eq!(hash, FieldBytes::from(snapshot.hash()));
        assert_eq!(snapshot.protocol_share, policy.protocol_share);
        assert_eq!(snapshot.factors, policy.factors());
        assert_eq!(
            snapshot.rows[0],
            policy
                .perpetual_row(0, price_from_decimal("1000000").unwrap())
                .unwrap()
        );
        // A thousandth of a bitcoin is 60 dollars, less the rounding of a thousandth to 32 bits.
        let thousandth = (dollars(60_000) * (ONE / 1000) as u128) >> 32;
        assert_eq!(snapshot.rows[8].mark as u128, thousandth);
        assert!(mark(8) < 60_000_000 * ONE && mark(8) > 59_999_990 * ONE);
        assert!(snapshot.rows[1].mark == 0 && snapshot.rows[1].scenario_values == [0; 16]);
        // Bitcoin: 60,000 dollars less the haircut over 10^8 smallest units. Ether and euro have no
        // price.
        let weight = policy.collateral_weight(1, dollars(60_000), 8).unwrap();
        assert_eq!(snapshot.weights, [ONE, weight, 0, 0]);
        assert!(
            weight.abs_diff(540 * ONE) < ONE,
            "600 quote units less 10 %"
        );
        assert_eq!(
            emitted(Event::SnapshotTaken {
                number: SnapshotNumber::new(1),
                hash,
                policy_version: 1
            }),
            1
        );

        let info = latest_info();
        assert_eq!(
            (info.hash, info.taken_at, info.next_taken_at),
            (hash, START + BLOCK * 2, None)
        );
        assert_eq!(info.bands[0], policy.perpetual_band(info.marks[0]));
        assert_eq!(info.bands[1], 0);
        assert_eq!(
            info.marks,
            snapshot.rows.iter().map(|r| r.mark).collect::<Vec<_>>()
        );
        assert_eq!(info.protocol_share, policy.protocol_share);
        let cap = policy.underlyings[0].perpetual_terms.open_interest_cap;
        assert_eq!(info.open_interest_caps[..2], [cap, 0]);
    });
}

#[test]
fn a_stablecoin_below_its_peg_weighs_less_by_rule() {
    with_first_snapshot(|| {
        // The euro, with six decimals, is meant to be worth a dollar. The amount that it is below
        // that counts five times more.
        let mut policy = Policy::development(&MarketShape::REFERENCE);
        policy.pegs[3] = Some(Peg {
            price: dollars(1),
            slope: Factor::new(5 << 16),
        });
        let kept = (1u128 << 32) - u128::from(policy.haircuts[3].get());
        set_policy(policy);
        let cents = |cents: u128| dollars(1) * cents / 100;
        for (block, price, counted) in [
            (4, cents(100), cents(100)),
            (6, cents(105), cents(100)),
            (8, cents(95), cents(95) - 5 * cents(5)),
            (10, cents(86), cents(86) - 5 * cents(14)),
            // The penalty takes more than is left.
            (12, cents(80), 0),
        ] {
            run_to(block, || {
                feed_all();
                feed(Feed::Asset(3), price);
            });
            assert_eq!(MarketData::feed(Feed::Asset(3)).halt, None);
            let weight = MarketData::latest_snapshot().unwrap().0.weights[3];
            let expected = ((counted * kept / 1_000_000) >> 32) as u64;
            assert_eq!(weight, expected, "block {block}");
        }
        // Without the peg it counts at its own price.
        let policy = Policy::development(&MarketShape::REFERENCE);
        set_policy(policy);
        run_to(14, || {
            feed_all();
            feed(Feed::Asset(3), cents(80));
        });
        let weight = MarketData::latest_snapshot().unwrap().0.weights[3];
        assert_eq!(weight, ((cents(80) * kept / 1_000_000) >> 32) as u64);
    });
}

#[test]
fn snapshots_follow_the_interval_and_only_the_latest_are_kept() {
    with_first_snapshot(|| {
        run_to(3, feed_all);
        assert_eq!(latest(), SnapshotNumber::new(1));
        run_to(12, feed_all);
        assert_eq!(latest(), SnapshotNumber::new(6));
        for number in [0, 1, 2, 7, u64::MAX].map(SnapshotNumber::new) {
            assert!(
                MarketData::snapshot(number).is_none()
                    && MarketData::snapshot_info(number).is_none(),
                "{number}"
            );
        }
        let infos: Vec<_> = (3..=6)
            .map(|n| MarketData::snapshot_info(SnapshotNumber::new(n)).unwrap())
            .collect();
        for pair in infos.windows(2) {
            assert_eq!(pair[0].next_taken_at, Some(pair[1].taken_at));
            assert_ne!(pair[0].hash, pair[1].hash);
        }
        assert_eq!(infos[3].next_taken_at, None);
    });
}

#[test]
fn a_new_policy_takes_effect_with_the_next_snapshot_only() {
    with_first_snapshot(|| {
        let before = (
            MarketData::latest_snapshot(),
            MarketData::snapshot_info(SnapshotNumber::new(1)),
        );
        let mut policy = Policy::development(&MarketShape::REFERENCE);
        (policy.protocol_share, policy.price_band) = (Rate::new(7), Rate::new(1 << 31));
        policy.underlyings[0].perpetual_terms = TradingTerms {
            fee_rate: Rate::new(3),
            position_limit: 4,
            open_interest_cap: 5,
        };
        policy.underlyings[0].scenarios[0].price_shock = -1;
        set_policy(policy.clone());
        run_to(3, feed_all);
        assert_eq!(
            (
                MarketData::latest_snapshot(),
                MarketData::snapshot_info(SnapshotNumber::new(1))
            ),
            before
        );
        run_to(4, feed_all);
        let (snapshot, hash) = MarketData::latest_snapshot().unwrap();
        assert_eq!(
            (
                snapshot.number.get(),
                snapshot.protocol_share.get(),
                latest_info().bands[0]
            ),
            (2, 7, snapshot.rows[0].mark / 2)
        );
        let row = &snapshot.rows[0];
        assert_eq!((row.fee_rate.get(), row.position_limit), (3, 4));
        let info = latest_info();
        assert_eq!(
            (info.protocol_share.get(), info.open_interest_caps[0]),
            (7, 5)
        );
        assert_eq!(
            snapshot.rows[0],
            policy.perpetual_row(0, snapshot.rows[0].mark).unwrap()
        );
        assert_eq!(
            emitted(Event::SnapshotTaken {
                number: SnapshotNumber::new(2),
                hash,
                policy_version: 2
            }),
            1
        );
        assert_eq!(
            MarketData::snapshot(SnapshotNumber::new(1)).unwrap(),
            before.0.unwrap().0
        );
    });
}

#[test]
fn weights_are_wired_and_the_snapshot_is_paid_for_in_its_block() {
    new_test_ext().execute_with(|| {
        type W = <Test as Config>::WeightInfo;
        let weight = |call: Call<Test>| call.get_dispatch_info().call_weight;
        assert_eq!(
            weight(Call::list_instrument {
                listing: listing(1, 0)
            }),
            W::list_instrument()
        );
        assert_eq!(
            weight(Call::delist_instrument { slot: Slot::new(0) }),
            W::delist_instrument()
        );
        assert_eq!(
            weight(Call::set_halted {
                slot: Slot::new(0),
                halted: true
            }),
            W::set_halted()
        );
        let collateral = Collateral {
            asset: 1,
            decimals: 1,
        };
        assert_eq!(
            weight(Call::list_collateral { collateral }),
            W::list_collateral()
        );
        assert_eq!(
            weight(Call::delist_collateral { asset: 1 }),
            W::delist_collateral()
        );
        assert_eq!(
            weight(Call::accept_range {
                feed: EUR,
                low: 1,
                high: 2
            }),
            W::accept_range()
        );
        assert_eq!(MarketData::on_initialize(1), Weight::zero());
        assert_eq!(MarketData::on_initialize(2), W::take_snapshot());
        assert!(W::take_snapshot().all_gt(W::list_instrument()));
    });
}

#[test]
fn what_is_stored_fits_its_bound() {
    with_first_snapshot(|| {
        let (snapshot, record) = (
            MarketData::snapshot(SnapshotNumber::new(1)).unwrap(),
            Records::<Test>::get(SnapshotNumber::new(1)).unwrap(),
        );
        let bound = BoundedSnapshot::<Market>::max_encoded_len();
        // The bound reserves five bytes for each of 35 list lengths, which need one or two.
        assert!(
            (bound - 35 * 5..=bound).contains(&snapshot.encoded_size()),
            "{bound} {}",
            snapshot.encoded_size()
        );
        assert!(record.encoded_size() <= SnapshotRecord::<Market>::max_encoded_len());
        assert_eq!(
            BoundedSnapshot::<Market>::try_from(snapshot.clone())
                .unwrap()
                .encode(),
            snapshot.encode()
        );
        let mut wrong = snapshot;
        wrong.rows.pop();
        assert!(BoundedSnapshot::<Market>::try_from(wrong).is_err());
    });
}
