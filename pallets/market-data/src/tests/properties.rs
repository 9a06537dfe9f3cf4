//! Arbitrary sequences of prices.

use super::*;
use proptest::prelude::*;

/// The change of each underlying in one interval of blocks: none, or a price.
fn prices() -> impl Strategy<Value = [Option<IndexPrice>; 2]> {
    let near = (800_000u128..1_200_000).prop_map(|p| p << 32);
    let price =
        prop_oneof![6 => near.prop_map(Some), 1 => any::<u128>().prop_map(Some), 2 => Just(None)];
    [price.clone(), price]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// After every snapshot: a mark that trades is the fresh oracle price, within the bound of the
    /// mark before; a mark that does not trade is the mark before; and the storage invariants hold.
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
                prop_assert_eq!(latest().get(), step as u64 + 2);
                for (u, slot) in [0usize, 8].into_iter().enumerate() {
                    let lot = Instruments::<Test>::get()[&Slot::new(slot as u16)].listing.units_per_lot;
                    if info.marks[slot] == 0 {
                        prop_assert_eq!(mark(slot), before[u]);
                        prop_assert!(MarketData::feed(Feed::Underlying(u as u16)).halt.is_some());
                    } else {
                        let (price, at) = fed(Feed::Underlying(u as u16)).unwrap();
                        prop_assert!(info.taken_at - at <= BLOCK * 5);
                        prop_assert_eq!(mark(slot) as u128, (price * lot as u128) >> 32);
                        prop_assert_eq!(mark(slot), info.marks[slot]);
                        let moved = mark(slot).abs_diff(before[u]) as u128;
                        let most = before[u] as u128 * DEVIATION as u128;
                        prop_assert!(moved << 32 <= most + (2 << 32));
                    }
                }
                prop_assert_eq!(MarketData::check_state(), Ok(()));
            }
            Ok(())
        })?;
    }

    /// With any prices that the admin accepts, a snapshot is taken. Its mark is within the jump
    /// limit of the last, and the row is suspended exactly while the mark is held back.
    #[test]
    fn marks_jump_by_the_limit_at_most(
        sequence in proptest::collection::vec(1u128..1 << 62, 1..8),
    ) {
        new_test_ext().execute_with(|| {
            run_to(2, feed_all);
            let limit = Policy::development(&MarketShape::REFERENCE).underlyings[0].jump_limit;
            for (step, price) in sequence.into_iter().enumerate() {
                let before = mark(0);
                assert_ok!(MarketData::accept_range(root(), EUR, price, price));
                run_to(4 + 2 * step as u64, || {
                    feed_all();
                    feed(EUR, price);
                });
                prop_assert_eq!(latest().get(), step as u64 + 2);
                let row = MarketData::latest_snapshot().unwrap().0.rows.swap_remove(0);
                let furthest = ((before as u128 * limit.get() as u128) >> 32) as u64;
                prop_assert!(row.mark.abs_diff(before) <= furthest);
                prop_assert_eq!(row.suspended, row.mark as u128 != price);
                prop_assert_eq!(latest_info().marks[0], row.mark);
                prop_assert_eq!(MarketData::check_state(), Ok(()));
            }
            Ok(())
        })?;
    }
}
