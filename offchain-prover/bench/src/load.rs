//! Sends order sets at a steady rate, independent of the operator's answers (an open loop). A slow
//! answer delays no later order set, and its whole wait counts.

use crate::market::{key, order_set};
use anyhow::{Context, Result, ensure};
use clearproof_client::rpc::{number::Named, receipt::Receipt, types::SignedOrderSetJson};
use clearproof_primitives::shape::Shape;
use jsonrpsee::{
    client_transport::ws::WsTransportClientBuilder,
    core::client::{ReceivedMessage, TransportReceiverT, TransportSenderT},
    types::ErrorObjectOwned,
};
use rustix::time::{ClockId, clock_gettime};
use std::{
    net::SocketAddr,
    thread,
    time::{Duration, Instant},
};
use tokio::{
    sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel},
    task::JoinSet,
    time::timeout_at,
};

/// Longest wait for the last receipts.
const PATIENCE: Duration = Duration::from_secs(10);
/// Time from the start of the threads to the first order set.
const LEAD: Duration = Duration::from_millis(200);
/// Number of traders whose orders cross. All others replace resting orders, as most order sets of a
/// market do.
const CROSSING: u32 = 4;

/// The load that is sent.
#[derive(Clone, Copy, clap::Args)]
pub struct Plan {
    /// Order sets per second.
    #[arg(long, default_value_t = 2_000, value_parser = clap::value_parser!(u32).range(1..=20_000))]
    pub rate: u32,
    /// Duration in seconds; the default is long enough for a batch to be closed meanwhile.
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u32).range(1..=60))]
    pub seconds: u32,
    /// Number of WebSocket connections.
    #[arg(long, default_value_t = 8, value_parser = clap::value_parser!(u32).range(1..=64))]
    pub connections: u32,
    /// Number of accounts, which take turns. An order set that overtakes an earlier one of its
    /// account makes the earlier one void.
    #[arg(long, default_value_t = 256, value_parser = clap::value_parser!(u32).range(16..=1_024))]
    pub accounts: u32,
}

/// The answers, and the times of all order sets.
pub struct Outcome {
    /// Time of each order set from its due time to its receipt, shortest first.
    pub latencies: Vec<Duration>,
    /// Time of each order set from its due time to its sending, shortest first.
    pub lateness: Vec<Duration>,
    /// Time from the first order set's due time to the last receipt.
    pub took: Duration,
    /// Processor time of the load generator itself.
    pub cpu: Duration,
    /// Receipts in the order of their arrival, each with the number of its order set.
    pub receipts: Vec<(usize, Receipt)>,
    /// Number of refused order sets, and the reason of one of them.
    pub refused: (usize, Option<String>),
    /// Number of order sets without any answer.
    pub unanswered: usize,
}

/// Returns the processor time of a clock.
pub fn cpu(clock: ClockId) -> Duration {
    let time = clock_gettime(clock);
    Duration::new(time.tv_sec as u64, time.tv_nsec as u32)
}

#[derive(serde::Deserialize)]
struct Answer {
    id: usize,
    result: Option<Receipt>,
    error: Option<ErrorObjectOwned>,
}

impl Plan {
    /// Returns the number of order sets.
    pub fn count(&self) -> u32 {
        self.rate * self.seconds
    }

    /// Signs all order sets, in the order in which they are due.
    pub fn sign(&self, shape: &Shape) -> Vec<clearproof_primitives::order::SignedOrderSet> {
        let keys: Vec<_> = (0..self.accounts).map(key).collect();
        let signed = |i: u32| {
            let (trader, sequence) = (i % self.accounts, i / self.accounts + 1);
            let key = &keys[trader as usize];
            order_set(shape, key, trader, sequence.into(), trader < CROSSING)
        };
        (0..self.count()).map(signed).collect()
    }

    fn due(&self, start: Instant, i: usize) -> Instant {
        start + Duration::from_secs_f64(i as f64 / f64::from(self.rate))
    }

    /// Returns the connection of an order set. All order sets of an account use the same one.
    fn connection(&self, i: usize) -> usize {
        i % self.accounts as usize % self.connections as usize
    }
}

/// Returns the text of each request.
pub fn requests(sets: &[clearproof_primitives::order::SignedOrderSet]) -> Result<Vec<String>> {
    let request = |(id, set)| {
        let params = [Named(SignedOrderSetJson::from(set))];
        let method = "venue_submitOrderSet";
        let request =
            serde_json::json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params });
        Ok(serde_json::to_string(&request)?)
    };
    sets.iter().enumerate().map(request).collect()
}

/// Sends the requests to the operator at this address, from threads of their own.
pub fn offer(plan: &Plan, address: SocketAddr, requests: Vec<String>) -> Result<Outcome> {
    let plan = *plan;
    let generator = thread::Builder::new().name("load".into());
    let generator = generator.spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        runtime.block_on(generate(&plan, address, requests))
    })?;
    let joined = generator.join();
    joined.unwrap_or_else(|_| anyhow::bail!("the load generator's thread panicked: see above"))
}

async fn generate(plan: &Plan, address: SocketAddr, requests: Vec<String>) -> Result<Outcome> {
    let total = requests.len();
    let (answers, mut answered) = unbounded_channel();
    let (sent, mut was_sent) = unbounded_channel();
    let mut lines = Vec::new();
    let mut tasks = JoinSet::new();
    for _ in 0..plan.connections {
        let url = format!("ws://{address}").parse()?;
        let transport = WsTransportClientBuilder::default();
        let (sender, receiver) = transport.build(url).await.context("connecting")?;
        let (line, due) = unbounded_channel();
        lines.push(line);
        tasks.spawn(send(sender, due, sent.clone()));
        tasks.spawn(receive(receiver, answers.clone()));
    }
    let before = cpu(ClockId::ThreadCPUTime);
    let start = Instant::now() + LEAD;
    let pacer = pace(*plan, start, requests, lines)?;
    let end = plan.due(start, total) + PATIENCE;
    let mut texts = Vec::with_capacity(total);
    while texts.len() < total {
        match timeout_at(end.into(), answered.recv()).await {
            Ok(Some(answer)) => texts.push(answer),
            Ok(None) | Err(_) => break,
        }
    }
    let mut used = cpu(ClockId::ThreadCPUTime).saturating_sub(before);
    tasks.shutdown().await;
    used += pacer
        .join()
        .map_err(|_| anyhow::anyhow!("the pacer's thread panicked: see above"))?;
    let mut lateness = Vec::with_capacity(total);
    while let Ok((i, at)) = was_sent.try_recv() {
        lateness.push(Instant::saturating_duration_since(&at, plan.due(start, i)));
    }
    lateness.sort_unstable();
    evaluate(plan, start, &texts, lateness, used)
}

/// Passes on each request when it is due. Returns the processor time that this takes.
fn pace(
    plan: Plan,
    start: Instant,
    requests: Vec<String>,
    lines: Vec<UnboundedSender<(usize, String)>>,
) -> Result<thread::JoinHandle<Duration>> {
    let pacer = thread::Builder::new().name("pacer".into());
    // A thread's sleep is finer than the async runtime's timer, which counts whole milliseconds.
    Ok(pacer.spawn(move || {
        for (i, request) in requests.into_iter().enumerate() {
            thread::sleep(plan.due(start, i).saturating_duration_since(Instant::now()));
            if lines[plan.connection(i)].send((i, request)).is_err() {
                break;
            }
        }
        cpu(ClockId::ThreadCPUTime)
    })?)
}

async fn send(
    mut sender: impl TransportSenderT,
    mut due: UnboundedReceiver<(usize, String)>,
    sent: UnboundedSender<(usize, Instant)>,
) {
    while let Some((i, request)) = due.recv().await {
        if let Err(error) = sender.send(request).await {
            tracing::error!(%error, "a connection of the load generator broke");
            return;
        }
        // An error only means that the run is over.
        let _ = sent.send((i, Instant::now()));
    }
}

async fn receive(
    mut receiver: impl TransportReceiverT,
    answers: UnboundedSender<(Instant, String)>,
) {
    while let Ok(message) = receiver.receive().await {
        if let ReceivedMessage::Text(text) = message {
            // An error only means that the run is over.
            let _ = answers.send((Instant::now(), text));
        }
    }
}

fn evaluate(
    plan: &Plan,
    start: Instant,
    texts: &[(Instant, String)],
    lateness: Vec<Duration>,
    cpu: Duration,
) -> Result<Outcome> {
    let total = plan.count() as usize;
    let mut outcome = Outcome {
        latencies: Vec::with_capacity(total),
        lateness,
        took: Duration::ZERO,
        cpu,
        receipts: Vec::with_capacity(total),
        refused: (0, None),
        unanswered: total - texts.len(),
    };
    for (at, text) in texts {
        let answer: Answer = serde_json::from_str(text).context("the operator's answer")?;
        ensure!(answer.id < total, "an answer to request {}", answer.id);
        match (answer.result, answer.error) {
            (Some(receipt), _) => {
                let due = plan.due(start, answer.id);
                outcome.latencies.push(at.saturating_duration_since(due));
                outcome.took = outcome.took.max(at.saturating_duration_since(start));
                outcome.receipts.push((answer.id, receipt));
            }
            (None, error) => {
                outcome.refused.0 += 1;
                outcome.refused.1 = error.map(|error| error.message().into());
            }
        }
    }
    outcome.latencies.sort_unstable();
    Ok(outcome)
}
