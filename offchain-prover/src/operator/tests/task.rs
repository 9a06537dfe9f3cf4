use super::*;
use crate::operator::{
    handle::{Refusal, VenueHandle},
    venue_task::{now_ms, Notice, Outlets, VenueTask},
};
use std::{
    sync::{atomic::AtomicU64, Arc},
    time::Duration,
};
use tokio::sync::{mpsc, oneshot, watch};

/// The task with its ends: an order set goes in, a tick and a batch to prove come out, and a stop leaves all on disk.
#[tokio::test(flavor = "multi_thread")]
async fn what_the_task_answers_survives_its_end() {
    let folder = tempfile::tempdir().unwrap();
    let core = restore(folder.path(), &new_venue()).unwrap();
    let timing = Timing {
        batch_steps: 4,
        ..Timing::default()
    };
    let desk = Desk::new(core, timing, new_venue().time_to);
    let (handle, commands) = VenueHandle::new();
    let (notices, heard) = mpsc::channel(8);
    let (prover, jobs) = std::sync::mpsc::channel();
    let (settler, _submissions) = mpsc::unbounded_channel();
    let (stop, stopped) = watch::channel(false);
    let task = VenueTask {
        desk,
        handle: handle.clone(),
        commands,
        notices: heard,
        outlets: Outlets {
            prover,
            settler,
            epoch: Arc::new(AtomicU64::new(0)),
        },
        connected: Box::new(|| true),
        tick: Duration::from_millis(100),
        stop: stopped,
    };
    let running = tokio::spawn(task.run());
    let mut ticks = handle.subscribe();

    let market = Box::new(snapshot(1, now_ms() - 1_000));
    notices
        .send(Notice::Market(market, Vec::new()))
        .await
        .unwrap();
    let deposits = vec![queued(0, 0), queued(1, 1)];
    notices.send(Notice::Deposits(deposits)).await.unwrap();
    while handle.status().await.unwrap().accounts < 3 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let long = now_ms() + 1_000_000;
    for (trader, side) in [(0, Side::Buy), (1, Side::Sell)] {
        let mut set = signed(trader, 1, side, None);
        set.set.valid_until = long;
        let message = set.set.message(&SHAPE, genesis_field(&IDENTITY.genesis));
        set.signature = key(trader).sign(message);
        handle.submit(set).await.unwrap();
    }
    let old = handle
        .submit(signed(0, 1, Side::Buy, None))
        .await
        .unwrap_err();
    assert!(matches!(old, Refusal::Engine(_)), "{old}");
    let traded = loop {
        let report = ticks.recv().await.unwrap();
        if !report.trades.is_empty() {
            break report;
        }
    };
    // What is told is on disk and seen by everybody.
    let status = handle.status().await.unwrap();
    assert!(status.last_tick >= traded.time && status.connected);
    let owner = key(0).public_key().point();
    let account = handle
        .account(account_key((owner.x, owner.y)))
        .await
        .unwrap()
        .unwrap();
    assert_eq!(
        (account.account.quantity(0), account.live_sequence),
        (10, 1)
    );
    assert!(account.margin.is_some());
    // Four steps make the batch full; the prover gets it.
    let job = tokio::task::spawn_blocking(move || jobs.recv_timeout(Duration::from_secs(10)));
    let job = job.await.unwrap().unwrap();
    assert_eq!(
        (job.figures.number, job.figures.steps, job.figures.fills),
        (1, 4, 2)
    );

    // A batch that the chain refused: back to the last final books, and the work in flight is void.
    let (done, wait) = oneshot::channel();
    let refused = Notice::Refused(1, "Settlement.SnapshotTooOld".into(), done);
    notices.send(refused).await.unwrap();
    wait.await.unwrap();
    while handle.status().await.unwrap().accounts < 3 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    stop.send_replace(true);
    running.await.unwrap().unwrap();
    let stopped = handle.status().await.unwrap_err();
    assert!(matches!(stopped, Refusal::Stopping), "{stopped}");
    let core = restore(folder.path(), &new_venue()).unwrap();
    assert_eq!(core.venue.account_count(), 3);
    assert_eq!(core.venue.live_sets().len() + core.waiting.len(), 2);
}
