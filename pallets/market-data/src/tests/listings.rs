//! Listing, halting, delisting, and the origins that may.

use super::*;
use clearproof_primitives::ids::{Slot, SnapshotNumber};

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
        refused(
            Listing {
                units_per_lot: 0,
                ..listing(1, 0)
            },
            MarketError::MarkOutOfRange,
        );
        refused(
            Listing {
                units_per_lot: u64::MAX,
                ..listing(9, 1)
            },
            MarketError::MarkOutOfRange,
        );
        refused(
            Listing {
                symbol: Symbol::default(),
                ..listing(1, 0)
            },
            MarketError::InvalidSymbol,
        );
        refused(
            Listing {
                symbol: Symbol::truncate_from(vec![0xff]),
                ..listing(1, 0)
            },
            MarketError::InvalidSymbol,
        );
        let collateral =
            |asset, decimals| MarketData::list_collateral(root(), Collateral { asset, decimals });
        assert_noop!(collateral(0, 6), MarketError::NoSuchAsset);
        assert_noop!(collateral(4, 6), MarketError::NoSuchAsset);
        assert_noop!(collateral(1, 6), MarketError::AssetTaken);
        assert_ok!(MarketData::delist_collateral(root(), 1));
        assert_noop!(collateral(1, 19), MarketError::DecimalsOutOfBounds);
        assert_noop!(
            MarketData::delist_collateral(root(), 1),
            MarketError::AssetNotListed
        );
        assert_ok!(collateral(1, 18));
    });
}

#[test]
fn only_the_admin_lists_and_halts() {
    with_first_snapshot(|| {
        let signed = || RuntimeOrigin::signed(1);
        assert_noop!(
            MarketData::list_instrument(signed(), listing(1, 0)),
            BadOrigin
        );
        assert_noop!(
            MarketData::delist_instrument(signed(), Slot::new(0)),
            BadOrigin
        );
        assert_noop!(
            MarketData::set_halted(signed(), Slot::new(0), true),
            BadOrigin
        );
        assert_noop!(
            MarketData::list_collateral(
                signed(),
                Collateral {
                    asset: 1,
                    decimals: 1
                }
            ),
            BadOrigin
        );
        assert_noop!(MarketData::delist_collateral(signed(), 1), BadOrigin);
    });
}

#[test]
fn an_instrument_is_listed_halted_and_delisted_from_snapshot_to_snapshot() {
    with_first_snapshot(|| {
        assert_ok!(MarketData::list_instrument(
            root(),
            Listing {
                units_per_lot: ONE / 2,
                ..listing(3, 0)
            }
        ));
        run_to(4, feed_all);
        assert_eq!(latest_info().marks[3], 500_000 * ONE);
        assert_noop!(
            MarketData::delist_instrument(root(), Slot::new(3)),
            MarketError::NotHalted
        );
        assert_noop!(
            MarketData::set_halted(root(), Slot::new(4), true),
            MarketError::SlotEmpty
        );
        let limits = || {
            let snapshot = MarketData::latest_snapshot().unwrap().0;
            (
                snapshot.rows[3].position_limit,
                snapshot.rows[0].position_limit,
            )
        };
        let (usual, _) = limits();
        assert_ok!(MarketData::set_halted(root(), Slot::new(3), true));
        run_to(6, feed_all);
        assert_eq!(
            (mark(3), latest_info().marks[3]),
            (500_000 * ONE, 500_000 * ONE)
        );
        assert_eq!(limits(), (0, usual), "positions in it only become fewer");
        assert_eq!(latest_info().premium_caps[3], 0);
        assert_ok!(MarketData::set_halted(root(), Slot::new(3), false));
        run_to(8, feed_all);
        assert_eq!(limits(), (usual, usual));
        // The committee halts, but lets nothing trade again.
        let committee = || RuntimeOrigin::signed(Committee::get());
        assert_ok!(MarketData::set_halted(committee(), Slot::new(3), true));
        run_to(9, feed_all);
        assert_noop!(
            MarketData::set_halted(committee(), Slot::new(3), false),
            BadOrigin
        );
        assert_ok!(MarketData::set_halted(root(), Slot::new(3), false));
        run_to(10, feed_all);
        assert_ok!(MarketData::set_halted(root(), Slot::new(3), true));
        assert_ok!(MarketData::delist_instrument(root(), Slot::new(3)));
        run_to(12, feed_all);
        assert_eq!(mark(3), 0);
        assert_noop!(
            MarketData::delist_instrument(root(), Slot::new(3)),
            MarketError::SlotEmpty
        );
    });
}

#[test]
fn a_listing_without_a_price_cannot_stop_the_snapshots() {
    with_first_snapshot(|| {
        assert_ok!(MarketData::set_halted(root(), Slot::new(0), true));
        assert_ok!(MarketData::delist_instrument(root(), Slot::new(0)));
        assert_eq!(
            MarketData::feed(EUR),
            FeedState::default(),
            "the price is forgotten with the last instrument"
        );
        run_to(20, || {
            (1..4).for_each(|u| feed(Feed::Underlying(u), fed(Feed::Underlying(u)).unwrap().0));
        });
        assert_eq!(latest(), SnapshotNumber::new(10));
        assert_noop!(
            MarketData::list_instrument(root(), listing(0, 0)),
            MarketError::NoIndexPrice
        );
        feed(EUR, 1 << 90);
        assert_noop!(
            MarketData::list_instrument(root(), listing(0, 0)),
            MarketError::MarkOutOfRange
        );
        feed(EUR, dollars(5));
        assert_ok!(MarketData::list_instrument(root(), listing(0, 0)));
        run_to(22, || ());
        assert_eq!(
            (latest().get(), latest_info().marks[0]),
            (11, 5_000_000 * ONE)
        );
    });
}

#[test]
#[should_panic(expected = "SlotTaken")]
fn genesis_refuses_a_slot_taken_twice() {
    use frame_support::traits::BuildGenesisConfig;
    let instruments = vec![listing(1, 0), listing(1, 0)];
    let genesis = GenesisConfig::<Test> {
        instruments,
        ..Default::default()
    };
    sp_io::TestExternalities::default().execute_with(|| genesis.build());
}
