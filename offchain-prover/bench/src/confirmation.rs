//! Soft confirmation under load: the operator as it runs in production, with the venue's task, a
//! database on disk and a server.

use crate::{
    load::{Outcome, Plan, cpu, offer, requests},
    market::{GENESIS, PRICE_BAND, VENUE, deposit, funded, key, snapshot},
    report::Report,
};
use anyhow::{Context, Result, ensure};
use clearproof_client::{Identity, clock::now_ms};
use clearproof_operator::{
    OperatorError, SnapshotTiming, Timing,
    building::Builder,
    channels::{Channels, WorkerEnds},
    core::Core,
    messages::{Notice, ProofJob, Submission},
    metrics::Metrics,
    rpc::{Limits, RpcServer, serve},
    scheduler::Scheduler,
    store::Store,
    venue_task::VenueTask,
};
use clearproof_primitives::{
    batch::genesis_field,
    chain::{Pauses, Queue, QueuedDeposit, SnapshotInfo, SnapshotView, VenueView},
    field::FieldBytes,
    ids::{BatchNumber, CircuitId},
    ledger::genesis_state_root,
    order::SignedOrderSet,
    rows::even_bands,
    shape::Shape,
    time::Millis,
};
use ed25519_dalek::{SigningKey, VerifyingKey};
use rustix::time::ClockId;
use std::{
    fs::File,
    io::{Seek, Write},
    net::{Ipv4Addr, SocketAddr},
    path::Path,
    time::{Duration, Instant},
};
use substrate_prometheus_endpoint::Registry;
use tempfile::TempDir;
use tokio::sync::{mpsc, oneshot, watch};

const P99: Duration = Duration::from_millis(5);
/// Longest time for all accounts to open.
const OPENING: Duration = Duration::from_secs(30);
/// The account that would submit batches; nothing is submitted here.
const SUBMITTER: [u8; 32] = [2; 32];

/// There is no chain here. The batch stays open as on a chain that takes a snapshot every half
/// minute.
const SNAPSHOTS: SnapshotTiming = SnapshotTiming {
    interval_ms: Millis::new(30_000),
    grace_ms: Millis::new(15_000),
};

/// Measures order sets: first in the engine alone, then from the connection to the receipt.
pub fn measure(shape: &Shape, plan: &Plan, report: &mut Report) -> Result<()> {
    let sets = plan.sign(shape);
    let engine = engine_alone(shape, plan, &sets)?;
    let requests = requests(&sets)?;
    let runtime = tokio::runtime::Runtime::new().context("starting the async runtime")?;
    let operator = runtime.block_on(Operator::start(shape, plan))?;
    let flush = flush_time(operator.folder.path())?;
    eprintln!(
        "confirmation: {} order sets at {} per second, {} accounts, {} connections",
        plan.count(),
        plan.rate,
        plan.accounts,
        plan.connections
    );
    let before = cpu(ClockId::ProcessCPUTime);
    let outcome = offer(plan, operator.server.address(), requests)?;
    let used = cpu(ClockId::ProcessCPUTime).saturating_sub(before);
    let receipt_key = operator.receipt_key;
    runtime.block_on(operator.stop())?;
    check(shape, &receipt_key, &sets, &outcome)?;
    tell(plan, &outcome, report);
    let operator = used.saturating_sub(outcome.cpu);
    let each = |total: Duration| total / plan.count();
    report.detail(
        "  processor time of the operator, each",
        in_us(each(operator)),
    );
    report.detail("  of it checking in the engine, each", in_us(engine));
    report.detail(
        "  processor time of the load generator, each",
        in_us(each(outcome.cpu)),
    );
    report.detail("  writing 4 KiB to this disk", in_us(flush));
    Ok(())
}

fn in_us(time: Duration) -> String {
    format!("{} µs", time.as_micros())
}

fn in_ms(time: Duration) -> String {
    format!("{:.2} ms", time.as_secs_f64() * 1e3)
}

/// Returns the smallest of the sorted values that this share of them does not exceed.
fn quantile(sorted: &[Duration], share: f64) -> Duration {
    let place = (sorted.len() as f64 * share).ceil() as usize;
    sorted
        .get(place.max(1) - 1)
        .copied()
        .unwrap_or(Duration::MAX)
}

fn tell(plan: &Plan, outcome: &Outcome, report: &mut Report) {
    let confirmed = outcome.latencies.len() as f64 / outcome.took.as_secs_f64().max(f64::EPSILON);
    let p99 = quantile(&outcome.latencies, 0.99);
    let all = outcome.latencies.len() == plan.count() as usize;
    report.row(
        &format!("soft confirmation, p99, {} order sets/s offered", plan.rate),
        in_ms(p99),
        "< 5 ms at 2,000/s",
        all && p99 < P99 && plan.rate >= 2_000,
    );
    report.detail("  confirmed", format!("{confirmed:.0}/s"));
    report.detail("  p50", in_ms(quantile(&outcome.latencies, 0.5)));
    report.detail("  longest", in_ms(quantile(&outcome.latencies, 1.0)));
    let behind = in_ms(quantile(&outcome.lateness, 0.99));
    report.detail(
        "  of it the load generator behind its schedule, p99",
        behind,
    );
    if !all {
        let (refused, reason) = &outcome.refused;
        let reason = reason.as_deref().unwrap_or("none");
        let lost = format!("{refused} ({reason}), {}", outcome.unanswered);
        report.detail("  refused (a reason), unanswered", lost);
    }
}

/// Checks every receipt: a confirmation is the operator's signed promise.
fn check(
    shape: &Shape,
    receipt_key: &VerifyingKey,
    sets: &[SignedOrderSet],
    outcome: &Outcome,
) -> Result<()> {
    let genesis = genesis_field(&GENESIS);
    for (i, receipt) in &outcome.receipts {
        receipt.verify(receipt_key, &sets[*i].set, shape, genesis)?;
    }
    Ok(())
}

/// Returns the engine's mean time for an order set, its signature check included, on one core.
fn engine_alone(shape: &Shape, plan: &Plan, sets: &[SignedOrderSet]) -> Result<Duration> {
    let (mut venue, _) = funded(shape, plan.accounts, now_ms())?;
    let sets = sets.to_vec();
    let count = plan.count();
    let started = cpu(ClockId::ThreadCPUTime);
    for set in sets {
        venue.submit(set)?;
    }
    Ok((cpu(ClockId::ThreadCPUTime) - started) / count)
}

/// Returns the median time to write a page to the disk of this folder durably.
fn flush_time(folder: &Path) -> Result<Duration> {
    let mut file = File::create(folder.join("flush"))?;
    let mut times = Vec::new();
    for _ in 0..21 {
        let began = Instant::now();
        file.rewind()?;
        file.write_all(&[1; 4096])?;
        file.sync_data()?;
        times.push(began.elapsed());
    }
    times.sort_unstable();
    Ok(quantile(&times, 0.5))
}

/// Returns a venue that has settled nothing.
fn new_venue(shape: &Shape, time: Millis) -> VenueView<[u8; 32]> {
    VenueView {
        owner: SUBMITTER,
        operators: vec![SUBMITTER],
        circuit: CircuitId::new(1),
        next_circuit: None,
        retires_at: None,
        shape: *shape,
        development: true,
        state_root: genesis_state_root(shape).into(),
        batches: BatchNumber::new(0),
        time_to: time,
        pauses: Pauses::default(),
        custody_account: [0; 32],
        queue: Queue::default(),
        totals: Vec::new(),
        funding: Vec::new(),
        open_interest: Vec::new(),
    }
}

fn market(shape: &Shape, time: Millis) -> Result<SnapshotView> {
    let snapshot = snapshot(shape, time)?;
    let info = SnapshotInfo {
        hash: snapshot.hash().into(),
        taken_at: time,
        next_taken_at: None,
        marks: snapshot.rows.iter().map(|row| row.mark).collect(),
        bands: even_bands(&snapshot.rows, PRICE_BAND),
        premium_caps: Vec::new(),
        funding_interval: Millis::ZERO,
        open_interest_caps: vec![u64::MAX; snapshot.rows.len()],
        protocol_share: snapshot.protocol_share,
    };
    Ok(SnapshotView { snapshot, info })
}

fn queued(trader: u32) -> (u64, QueuedDeposit) {
    let key = key(trader);
    let queued = QueuedDeposit {
        owner: key.public_key().compress(),
        deposit: deposit(&key),
        // The chain computes this for the closing proof; no batch is proven here.
        accumulator: FieldBytes::default(),
    };
    (trader.into(), queued)
}

/// The operator without a chain: it receives the chain's notices once, at the start, and closed
/// batches wait for a proof that never comes.
struct Operator {
    folder: TempDir,
    server: RpcServer,
    receipt_key: VerifyingKey,
    stop: watch::Sender<bool>,
    ended: oneshot::Receiver<Result<(), OperatorError>>,
    /// Kept open so that the venue's task can still send to them.
    _ends: (
        WorkerEnds<std::sync::mpsc::Receiver<ProofJob>>,
        WorkerEnds<mpsc::UnboundedReceiver<Submission>>,
        mpsc::Sender<Notice>,
    ),
}

impl Operator {
    async fn start(shape: &Shape, plan: &Plan) -> Result<Self> {
        let folder = tempfile::tempdir().context("a folder for the database")?;
        let identity = Identity {
            genesis: GENESIS,
            venue: VENUE,
            shape: *shape,
        };
        let time = now_ms() - Millis::new(1_000);
        let store = Store::open(folder.path(), &identity)?;
        let receipt_key = SigningKey::from_bytes(&store.receipt_key()?);
        let view = new_venue(shape, time);
        let core = Core::restore(identity, SUBMITTER, store, &view)?;
        let timing = Timing::default();
        let Channels {
            handle,
            notices,
            stop,
            venue,
            builder,
            prover,
            settler,
        } = Channels::new();
        let builder = Builder { ends: builder };
        builder.spawn().context("starting the builder")?;
        let task = VenueTask {
            scheduler: Scheduler::new(core, timing, SNAPSHOTS, view.time_to),
            ends: venue,
            connected: Box::new(|| true),
            metrics: Metrics::register(&Registry::new())?,
            auction_interval: timing.auction_interval_ms.as_duration(),
        };
        let ended = task.spawn()?;
        let deposits = (0..plan.accounts).map(queued).collect();
        notices.send(Notice::Deposits(deposits)).await?;
        let market = Notice::Market {
            snapshot: Box::new(market(shape, time)?),
            instruments: Vec::new(),
        };
        notices.send(market).await?;
        let began = Instant::now();
        while handle.status().await?.accounts <= plan.accounts as usize {
            ensure!(
                began.elapsed() < OPENING,
                "the accounts do not open: see the log"
            );
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        let listen = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        let public = receipt_key.verifying_key();
        Ok(Self {
            server: serve(listen, handle, identity, receipt_key, Limits::default()).await?,
            receipt_key: public,
            folder,
            stop,
            ended,
            _ends: (prover, settler, notices),
        })
    }

    async fn stop(self) -> Result<()> {
        self.stop.send_replace(true);
        self.ended
            .await
            .context("the venue's thread ended early")??;
        self.server.stop().await;
        Ok(())
    }
}
