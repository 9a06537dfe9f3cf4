#![allow(clippy::unwrap_used)]

mod feeds;
mod jumps;
mod listings;
mod options;
mod properties;
mod snapshots;

use crate::{mock::*, *};
use clearproof_primitives::{
    field::FieldBytes,
    fixed::{IndexPrice, ONE, price_from_decimal},
    ids::{Slot, SnapshotNumber},
    policy::Policy,
    shape::MarketShape,
};
use codec::{Encode, MaxEncodedLen};
use frame_support::{
    assert_noop, assert_ok, dispatch::GetDispatchInfo, traits::Hooks, weights::Weight,
};
use sp_runtime::DispatchError::BadOrigin;

const EUR: Feed = Feed::Underlying(0);
const BTC: Feed = Feed::Underlying(1);

type MarketError = Error<Test>;

fn root() -> RuntimeOrigin {
    RuntimeOrigin::root()
}

/// Changes the state of a feed.
fn change(feed: Feed, how: impl FnOnce(&mut FeedState)) {
    Feeds::<Test>::mutate(|feeds| feeds.get_mut(&feed).map(how)).unwrap();
}

fn listing(slot: u16, underlying: u16) -> Listing {
    Listing {
        slot: Slot::new(slot),
        underlying,
        kind: InstrumentKind::Perpetual,
        symbol: Symbol::truncate_from(b"X".to_vec()),
        units_per_lot: ONE,
    }
}

fn latest() -> SnapshotNumber {
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
    System::events()
        .iter()
        .filter(|record| record.event == event)
        .count()
}

/// Runs `test` after the first snapshot of a development chain, taken in block 2 at the usual
/// prices.
fn with_first_snapshot(test: impl FnOnce()) {
    new_test_ext().execute_with(|| {
        run_to(2, feed_all);
        assert_eq!(latest(), SnapshotNumber::new(1));
        test();
        MarketData::check_state().unwrap();
    });
}
