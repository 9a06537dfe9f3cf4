//! Any sequence of prices.

use super::*;
use proptest::prelude::*;

/// What one interval of blocks brings to each underlying: nothing, or a price.
fn prices() -> impl Strategy<Value = [Option<IndexPrice>; 2]> {
    let near = (800_000u128..1_200_000).prop_map(|p| p << 32);
    let price =
        prop_oneof![6 => near.prop_map(Some), 1 => any::<u128>().prop_map(Some), 2 => Just(None)];
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
                        let (price, at) = fed(Feed::Underlying(u as u16)).unwrap();
                        prop_assert!(info.taken_at - at <= 5 * BLOCK);
                        prop_assert_eq!(mark(slot) as u128, (price * lot as u128) >> 32);
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
