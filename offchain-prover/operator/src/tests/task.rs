use super::*;
use crate::{
    building::Builder,
    channels::{Channels, WorkerEnds},
    commands::Refusal,
    handle::VenueHandle,
    messages::{BuildJob, Notice, ProofJob, Submission},
    metrics::Metrics,
    venue_task::VenueTask,
};
use clearproof_client::clock::now_ms;
use clearproof_engine::AuctionReport;
use clearproof_primitives::ids::{BatchNumber, Slot};
use std::{sync::mpsc::Receiver, time::Duration};
use substrate_prometheus_endpoint::Registry;
use tokio::{
    sync::{broadcast, mpsc, oneshot, watch},
    task::{JoinHandle, spawn_blocking},
};

/// A running task with its ends. Four steps make a batch full.
struct Running {
    handle: VenueHandle,
    auctions: broadcast::Receiver<Arc<AuctionReport>>,
    notices: mpsc::Sender<Notice>,
    builder: WorkerEnds<Receiver<BuildJob>>,
    prover: Receiver<ProofJob>,
    _settler: mpsc::UnboundedReceiver<Submission>,
    registry: Registry,
    stop: watch::Sender<bool>,
    task: JoinHandle<Result<(), OperatorError>>,
}

impl Running {
    /// Starts the task. Two traders have deposited.
    async fn start(folder: &Path) -> Self {
        let core = restore(folder, &new_venue()).unwrap();
        let timing = Timing {
            batch_steps: 4,
            ..Timing::default()
        };
        let channels = Channels::new();
        let registry = Registry::new();
        let task = VenueTask {
            scheduler: Scheduler::new(core, timing, SNAPSHOTS, new_venue().time_to),
            ends: channels.venue,
            connected: Box::new(|| true),
            metrics: Metrics::register(&registry).unwrap(),
            auction_interval: Duration::from_millis(100),
        };
        let running = Self {
            auctions: channels.handle.subscribe(),
            handle: channels.handle,
            notices: channels.notices,
            builder: channels.builder,
            prover: channels.prover.jobs,
            _settler: channels.settler.jobs,
            registry,
            stop: channels.stop,
            task: tokio::spawn(task.run()),
        };
        let market = Notice::Market {
            snapshot: Box::new(snapshot(1, now_ms() - Millis::new(1_000))),
            instruments: Vec::new(),
        };
        running.send(market).await;
        let deposits = vec![queued(0, 0), queued(1, 1)];
        running.send(Notice::Deposits(deposits)).await;
        running.opened().await;
        running
    }

    async fn send(&self, notice: Notice) {
        self.notices.send(notice).await.unwrap();
    }

    /// Waits until both accounts are open.
    async fn opened(&self) {
        while self.handle.status().await.unwrap().accounts < 3 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    /// Lets a buyer and a seller trade in an auction.
    async fn trade(&mut self, sequence: u64) -> Arc<AuctionReport> {
        for (trader, side) in [(0, Side::Buy), (1, Side::Sell)] {
            let mut set = signed(trader, sequence, side, None);
            set.set.valid_until = now_ms() + Millis::new(1_000_000);
            let message = set.set.message(&SHAPE, genesis_field(&IDENTITY.genesis));
            set.signature = key(trader).sign(message);
            self.handle.submit(set).await.unwrap();
        }
        loop {
            let report = self.auctions.recv().await.unwrap();
            if !report.trades.is_empty() {
                return report;
            }
        }
    }

    /// Waits until a metric with this label, or without one, has the wanted value. The venue sets
    /// the metrics with each auction.
    async fn shows(&self, name: &str, label: &str, wanted: impl Fn(f64) -> bool) {
        let value = || {
            let families = self.registry.gather();
            let metrics = families.iter().find(|family| family.get_name() == name);
            let metrics = metrics.expect("it is registered").get_metric();
            let metric = metrics.iter().find(|metric| {
                metric
                    .get_label()
                    .iter()
                    .all(|pair| pair.get_value() == label)
            });
            metric.map_or(f64::NAN, |metric| {
                metric.get_gauge().get_value()
                    + metric.get_counter().get_value()
                    + metric.get_histogram().get_sample_count() as f64
            })
        };
        for _ in 0..2_000 {
            if wanted(value()) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        panic!("{name} {label}: {}", value());
    }

    /// Reports that the chain refused a batch.
    async fn refuse(&self, number: BatchNumber) {
        let (done, wait) = oneshot::channel();
        let reason = "Settlement.SnapshotTooOld".into();
        let refused = Notice::Refused {
            number,
            reason,
            done,
        };
        self.send(refused).await;
        wait.await.unwrap();
    }

    async fn stop(self) {
        self.stop.send_replace(true);
        self.task.await.unwrap().unwrap();
        let stopped = self.handle.status().await.unwrap_err();
        assert!(matches!(stopped, Refusal::Stopping), "{stopped}");
    }
}

/// Returns the next job of one of the task's ends, and the end.
async fn next<T: Send + 'static>(end: Receiver<T>) -> (T, Receiver<T>) {
    let wait = move || (end.recv_timeout(Duration::from_secs(10)).unwrap(), end);
    spawn_blocking(wait).await.unwrap()
}

/// Two order sets lead to an auction and to a batch to prove, and all of it is on disk after a
/// stop.
#[tokio::test(flavor = "multi_thread")]
async fn acknowledged_order_sets_survive_the_tasks_end() {
    let folder = tempfile::tempdir().unwrap();
    let mut running = Running::start(folder.path()).await;
    let unused = Channels::new().builder;
    let ends = std::mem::replace(&mut running.builder, unused);
    Builder { ends }.spawn().unwrap();
    let traded = running.trade(1).await;
    let old = signed(0, 1, Side::Buy, None);
    let old = running.handle.submit(old).await.unwrap_err();
    assert!(matches!(old, Refusal::Engine(_)), "{old}");
    // A reported result is on disk, and every caller sees it.
    let status = running.handle.status().await.unwrap();
    assert!(status.last_auction >= traded.time && status.connected);
    let owner = key(0).public_key().point();
    let account = account_key((owner.x, owner.y), 0);
    let account = running.handle.account(account).await.unwrap().unwrap();
    assert_eq!(
        (
            account.account.quantity(Slot::new(0)),
            account.live_sequence
        ),
        (10, 1)
    );
    assert!(account.margin.is_some());
    // Four steps make the batch full; the prover gets it.
    let (job, prover) = next(running.prover).await;
    running.prover = prover;
    assert_eq!(
        (
            job.figures.number.get(),
            job.figures.steps,
            job.figures.fills
        ),
        (1, 4, 2)
    );

    // The chain refuses the batch: the venue goes back to the last final books, and work in
    // progress is void.
    running.refuse(BatchNumber::new(1)).await;
    running.opened().await;
    running.stop().await;
    let core = restore(folder.path(), &new_venue()).unwrap();
    assert_eq!(core.venue.account_count(), 3);
    assert_eq!(core.venue.live_sets().len() + core.waiting.len(), 2);
}

/// The builder may be slow: here it does nothing before the test lets it.
#[tokio::test(flavor = "multi_thread")]
async fn the_venue_responds_and_trades_while_batches_are_built() {
    let folder = tempfile::tempdir().unwrap();
    let mut running = Running::start(folder.path()).await;
    running.trade(1).await;
    let (first, jobs) = next(running.builder.jobs).await;
    running.builder.jobs = jobs;
    running.trade(2).await;
    running.trade(3).await;
    while running.handle.status().await.unwrap().pending != [1, 2].map(BatchNumber::new) {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    running.trade(4).await;
    let pending = "clearproof_operator_pending_batches";
    running.shows(pending, "sealed", |count| count == 2.0).await;
    let age = "clearproof_operator_pending_batch_age_seconds";
    running.shows(age, "", |age| age > 0.0 && age < 60.0).await;
    running
        .shows("clearproof_operator_order_sets_total", "", |count| {
            count == 8.0
        })
        .await;
    // Batches are built one after the other, and the prover gets none that is not built.
    assert!(running.builder.jobs.try_recv().is_err());
    assert!(running.prover.try_recv().is_err());

    let built = Box::new(first.run().unwrap());
    running.send(Notice::Built { epoch: 0, built }).await;
    let (second, jobs) = next(running.builder.jobs).await;
    let (job, prover) = next(running.prover).await;
    (running.builder.jobs, running.prover) = (jobs, prover);
    assert_eq!(
        (first.before.number().get(), second.before.number().get()),
        (0, 1)
    );
    assert_eq!((job.figures.number.get(), job.figures.chunks), (1, 2));
    let numbers = [&first, &second].map(|job| job.sealed.batch.number());
    assert_eq!(numbers, [1, 2].map(BatchNumber::new));

    running.shows(pending, "built", |count| count == 1.0).await;

    // The chain refuses the first; the build of the second is then void.
    running.refuse(BatchNumber::new(1)).await;
    let late = Box::new(second.run().unwrap());
    let late = Notice::Built {
        epoch: 0,
        built: late,
    };
    running.send(late).await;
    running.opened().await;
    running.shows(age, "", |age| age == 0.0).await;
    running
        .shows("clearproof_operator_batches_total", "refused", |count| {
            count == 1.0
        })
        .await;
    for name in ["connected", "accounts", "last_auction_seconds"] {
        let name = format!("clearproof_operator_{name}");
        running.shows(&name, "", |value| value >= 1.0).await;
    }
    running.trade(5).await;
    let (again, jobs) = next(running.builder.jobs).await;
    running.builder.jobs = jobs;
    assert_eq!((again.epoch, again.before.number().get()), (1, 0));
    assert_eq!(again.sealed.batch.number().get(), 1);
    running.stop().await;
    // The builder had not built it when the operator stopped.
    let core = restore(folder.path(), &new_venue()).unwrap();
    let header = core.closed[0].header().unwrap();
    let built = again.run().unwrap();
    assert_eq!(*header, built.batch.batch.witness.header);
}
