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

#[tokio::test(flavor = "multi_thread")]
async fn measure_tmp() {
    let folder = tempfile::tempdir_in("/root").unwrap();
    let core = restore(folder.path(), &new_venue()).unwrap();
    let desk = Desk::new(core, Timing::default(), new_venue().time_to);
    let (handle, commands) = VenueHandle::new();
    let (notices, heard) = mpsc::channel(8);
    let (prover, _jobs) = std::sync::mpsc::channel();
    let (settler, _submissions) = mpsc::unbounded_channel();
    let (stop, stopped) = watch::channel(false);
    let task = VenueTask {
        desk,
        handle: handle.clone(),
        commands,
        notices: heard,
        outlets: Outlets { prover, settler, epoch: Arc::new(AtomicU64::new(0)) },
        connected: Box::new(|| true),
        tick: Duration::from_millis(500),
        stop: stopped,
    };
    let running = tokio::spawn(task.run());
    let market = Box::new(snapshot(1, now_ms() - 1_000));
    notices.send(Notice::Market(market, Vec::new())).await.unwrap();
    let deposits = vec![queued(0, 0), queued(1, 1)];
    notices.send(Notice::Deposits(deposits)).await.unwrap();
    while handle.status().await.unwrap().accounts < 3 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let sets: Vec<_> = (0..2000u64).map(|i| {
        let mut set = signed(0, i + 2, Side::Buy, None);
        set.set.valid_until = now_ms() + 1_000_000;
        let message = set.set.message(&SHAPE, genesis_field(&IDENTITY.genesis));
        set.signature = key(0).sign(message);
        set
    }).collect();
    for rate in [100u64, 500, 1000] {
        let mut joins = Vec::new();
        let n = (rate * 2).min(600);
        let from = match rate { 100 => 0, 500 => 200, _ => 1000 };
        for (i, set) in sets[from as usize..(from + n) as usize].iter().cloned().enumerate() {
            let handle = handle.clone();
            if i > 0 { tokio::time::sleep(Duration::from_micros(1_000_000 / rate)).await; }
            let start = std::time::Instant::now();
            joins.push(tokio::spawn(async move { handle.submit(set).await.unwrap(); start.elapsed() }));
        }
        let mut t = Vec::new();
        for j in joins { t.push(j.await.unwrap()); }
        t.sort();
        println!("rate {rate}: n {} p50 {:?} p99 {:?} max {:?}", t.len(), t[t.len()/2], t[t.len()*99/100], t[t.len()-1]);
    }
    stop.send_replace(true);
    running.await.unwrap().unwrap();
}
