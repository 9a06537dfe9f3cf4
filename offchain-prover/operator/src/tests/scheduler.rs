use super::*;
use clearproof_primitives::{fixed::Rate, ids::BatchNumber};

#[test]
fn a_newer_snapshot_ends_a_batch_with_steps_and_replaces_an_empty_one() {
    let folder = tempfile::tempdir().unwrap();
    let mut scheduler = scheduler(folder.path(), &new_venue());
    scheduler.on_snapshot(snapshot(1, START));
    scheduler.advance(START + Millis::new(500), true).unwrap();
    assert_eq!(scheduler.core.venue.now(), START + Millis::new(500));
    scheduler.on_snapshot(snapshot(2, START + Millis::new(30_000)));
    scheduler
        .advance(START + Millis::new(36_000), true)
        .unwrap();
    // Nothing happened at the first snapshot, so its batch was discarded.
    assert_eq!(scheduler.core.closed.len(), 0);
    assert_eq!(
        scheduler.core.open.as_ref().unwrap().snapshot.number.get(),
        2
    );

    scheduler.on_deposits(vec![queued(0, 0)]);
    scheduler
        .advance(START + Millis::new(37_000), true)
        .unwrap();
    scheduler.on_snapshot(snapshot(3, START + Millis::new(60_000)));
    scheduler
        .advance(START + Millis::new(66_000), true)
        .unwrap();
    assert_eq!(scheduler.core.closed.len(), 1);
    scheduler.core.build().unwrap();
    let header = scheduler.core.closed[0].header().unwrap();
    assert_eq!(
        (header.snapshot_number.get(), header.time_to),
        (2, START + Millis::new(37_000))
    );
    assert_eq!(
        scheduler.core.open.as_ref().unwrap().snapshot.number.get(),
        3
    );
}

#[test]
fn a_venue_without_trades_keeps_a_short_journal() {
    let folder = tempfile::tempdir().unwrap();
    let mut scheduler = scheduler(folder.path(), &new_venue());
    for number in 1..=20 {
        let taken_at = START + Millis::new(number * 30_000);
        scheduler.on_snapshot(snapshot(number, taken_at));
        for auction in 0..20 {
            scheduler
                .advance(taken_at + Millis::new(6_000 + auction * 500), true)
                .unwrap();
            scheduler.core.commit().unwrap();
        }
    }
    let (root, now) = (
        scheduler.core.venue.state_root(),
        scheduler.core.venue.now(),
    );
    drop(scheduler);
    let store = Store::open(folder.path(), &IDENTITY).unwrap();
    assert_eq!(store.load().unwrap().journal.len(), 21);
    let core = Core::restore(IDENTITY, [2; 32], store, &new_venue()).unwrap();
    assert_eq!((core.venue.state_root(), core.venue.now()), (root, now));
}

#[test]
fn auctions_end_where_the_snapshots_grace_may_end() {
    let folder = tempfile::tempdir().unwrap();
    let mut scheduler = trading(folder.path());
    let last = START + SNAPSHOTS.usable_ms();
    scheduler.advance(last, true).unwrap();
    // The batch was closed in time; the next one runs auctions up to the last millisecond.
    assert_eq!(
        (scheduler.core.closed.len(), scheduler.core.venue.now()),
        (1, last)
    );
    scheduler.advance(last + Millis::new(500), true).unwrap();
    assert_eq!(scheduler.core.venue.now(), last);
    // Orders are accepted nevertheless, and trade at the next snapshot.
    for (trader, side) in [(0, Side::Buy), (1, Side::Sell)] {
        let set = signed(trader, 1, side, None);
        scheduler
            .submit(set, last + Millis::new(600))
            .unwrap()
            .unwrap();
    }
    scheduler.take_auctions();
    scheduler.on_snapshot(snapshot(2, START + Millis::new(30_000)));
    scheduler.advance(last + Millis::new(1_000), true).unwrap();
    assert_eq!(scheduler.take_auctions()[0].trades.len(), 2);
}

#[test]
fn batches_end_by_time_and_by_steps_and_wait_for_the_prover() {
    let folder = tempfile::tempdir().unwrap();
    let chain = new_venue();
    let core = restore(folder.path(), &chain).unwrap();
    let timing = Timing {
        batch_steps: 2,
        max_pending: 2,
        ..Timing::default()
    };
    let mut scheduler = Scheduler::new(core, timing, SNAPSHOTS, chain.time_to);
    scheduler.on_snapshot(snapshot(1, START));
    scheduler.on_deposits((0..5).map(|i| queued(i, i as u8)).collect());
    scheduler.advance(START + Millis::new(1_000), true).unwrap();
    // Two batches of two steps; the third has to wait.
    assert_eq!(
        (
            scheduler.core.closed.len(),
            scheduler.core.venue.deposits_consumed()
        ),
        (2, 4)
    );
    assert!(scheduler.core.open.is_none());
    scheduler.core.build().unwrap();
    let headers = scheduler.core.closed.iter().filter_map(Closed::header);
    let spans: Vec<_> = headers.map(|h| (h.time_from, h.time_to)).collect();
    assert!(spans[0].1 < spans[1].0, "{spans:?}");
    scheduler.core.settle(BatchNumber::new(1), None).unwrap();
    scheduler.on_settled();
    scheduler.advance(START + Millis::new(2_000), true).unwrap();
    assert_eq!(
        (
            scheduler.core.closed.len(),
            scheduler.core.venue.open_steps()
        ),
        (1, 1)
    );
    scheduler
        .advance(START + Millis::new(2_000) + timing.batch_ms, true)
        .unwrap();
    assert_eq!(scheduler.core.closed.len(), 2);
}

#[test]
fn a_snapshot_with_another_hash_is_not_used() {
    let folder = tempfile::tempdir().unwrap();
    let mut scheduler = scheduler(folder.path(), &new_venue());
    let mut view = snapshot(1, START);
    let rate = view.snapshot.liquidation_rate.get();
    view.snapshot.liquidation_rate = Rate::new(rate + 1);
    scheduler.on_snapshot(view);
    scheduler.advance(START + Millis::new(1_000), true).unwrap();
    assert!(scheduler.core.open.is_none());
}

#[test]
fn settings_out_of_range_are_named() {
    assert!(Timing::default().check().is_ok());
    let timing = Timing {
        auction_interval_ms: Millis::new(20),
        ..Timing::default()
    };
    let error = timing.check().unwrap_err().to_string();
    assert_eq!(error, "auction-interval-ms: 20, but must be 100 to 1,000");
}
