//! The operator's life: connects to the node, opens the books, starts threads and tasks, serves
//! traders, and stops.

use super::{
    building::Builder,
    channels::{Channels, VenueEnds, WorkerEnds},
    config::{Config, SnapshotTiming},
    core::Core,
    error::OperatorError,
    keys::{Keys, LoadedKeys},
    messages::{Notice, ProofJob},
    metrics::{self, Metrics},
    proving::Worker,
    rpc::{self, RpcServer},
    scheduler::Scheduler,
    settling::Settler,
    store::Store,
    venue_task::VenueTask,
    watching::Watcher,
};
use clearproof_client::{
    Identity,
    chain::{Chain, ChainError},
};
use clearproof_groth16::KeyStore;
use clearproof_primitives::chain::VenueView;
use ed25519_dalek::SigningKey;
use std::{
    future::Future,
    pin::{Pin, pin},
    time::Duration,
};
use substrate_prometheus_endpoint::Registry;
use tokio::{
    runtime::Handle,
    sync::{mpsc, oneshot, watch},
    task::JoinSet,
    time::{sleep, timeout},
};

/// Time for open requests of traders to end when the operator stops.
const SHUTDOWN_GRACE: Duration = Duration::from_secs(3);
/// Wait before the first query of the chain is repeated.
const RETRY_WAIT: Duration = Duration::from_secs(2);

/// The chain at the start of the process.
struct Connected {
    chain: Chain,
    /// The venue on the chain.
    view: VenueView<[u8; 32]>,
    /// The times of the chain's snapshots.
    snapshots: SnapshotTiming,
}

/// A venue at the start of the process.
struct Started {
    chain: Chain,
    /// The venue on the chain.
    view: VenueView<[u8; 32]>,
    /// The times of the chain's snapshots.
    snapshots: SnapshotTiming,
    identity: Identity,
    /// Signs receipts.
    receipt_key: SigningKey,
    /// The venue's books.
    core: Core,
}

/// An operator at work.
struct Running {
    /// The result of the venue's thread.
    ended: oneshot::Receiver<Result<(), OperatorError>>,
    /// Stops the venue's thread.
    stop: watch::Sender<bool>,
    /// The tasks around it.
    tasks: JoinSet<()>,
}

/// A boxed future. The code behind it is compiled in this crate; the body of an `async fn` would be
/// compiled in every program that awaits it, at each build.
pub type Boxed<T> = Pin<Box<dyn Future<Output = T>>>;

/// Runs an operator until `shutdown` is ready or it cannot go on. Waits for the node, at the start
/// and later.
pub fn run(config: Config, shutdown: Boxed<()>) -> Boxed<Result<(), OperatorError>> {
    Box::pin(run_until(config, shutdown))
}

async fn run_until(config: Config, shutdown: Boxed<()>) -> Result<(), OperatorError> {
    config.timing.check()?;
    let mut shutdown = pin!(shutdown);
    let connected = tokio::select! {
        connected = connect(&config) => connected?,
        () = &mut shutdown => return Ok(()),
    };
    let started = open(&config, connected)?;
    let (identity, receipt_key) = (started.identity, started.receipt_key.clone());
    let channels = Channels::new();
    let handle = channels.handle.clone();
    let mut running = start(&config, started, channels)?;
    let limits = rpc::Limits::default();
    let server = match rpc::serve(config.listen, handle, identity, receipt_key, limits).await {
        Ok(server) => server,
        Err(error) => {
            // The venue's thread must end first, so that the database is closed.
            let _ = running.stop().await;
            return Err(error.into());
        }
    };
    tracing::info!(venue = %config.venue, listen = %server.address(), "operator is up");
    let result = tokio::select! {
        result = &mut running.ended => result,
        () = shutdown => {
            tracing::info!("stopping");
            running.stop().await
        }
        Some(Err(_)) = running.tasks.join_next() => {
            let _ = running.stop().await;
            Ok(Err(OperatorError::Ended("the task that watches or settles")))
        }
    };
    end(running.tasks, server).await;
    result.unwrap_or(Err(OperatorError::Ended("the venue's thread")))
}

/// Connects to the node, and reads the venue and the runtime's constants.
async fn connect(config: &Config) -> Result<Connected, OperatorError> {
    let chain = Chain::connect(&config.node).await?;
    let view = venue_on_chain(&chain, config).await?;
    let constants = until_connected(|| chain.constants()).await?;
    Ok(Connected {
        chain,
        view,
        snapshots: SnapshotTiming::from(&constants),
    })
}

/// Repeats a query until the node responds.
async fn until_connected<T, F>(query: impl Fn() -> F) -> Result<T, ChainError>
where
    F: Future<Output = Result<T, ChainError>>,
{
    loop {
        match query().await {
            Err(ChainError::Node(error)) => {
                tracing::warn!(error, "waiting for the node");
                sleep(RETRY_WAIT).await;
            }
            result => return result,
        }
    }
}

/// Returns the venue as the chain knows it, as soon as the node responds.
async fn venue_on_chain(
    chain: &Chain,
    config: &Config,
) -> Result<VenueView<[u8; 32]>, OperatorError> {
    let view = until_connected(|| chain.venue(config.venue)).await?;
    let view = view.ok_or(OperatorError::UnknownVenue(config.venue))?;
    let account = config.signer.public_key().0;
    if !view.operators.contains(&account) {
        return Err(OperatorError::NotOperator {
            venue: config.venue,
            account: hex::encode(account),
        });
    }
    Ok(view)
}

/// Opens the database and restores the books.
fn open(config: &Config, connected: Connected) -> Result<Started, OperatorError> {
    let Connected {
        chain,
        view,
        snapshots,
    } = connected;
    let identity = Identity {
        genesis: chain.genesis(),
        venue: config.venue,
        shape: view.shape,
    };
    let store = Store::open(&config.data, &identity)?;
    let receipt_key = SigningKey::from_bytes(&store.receipt_key()?);
    let core = Core::restore(identity, config.signer.public_key().0, store, &view)?;
    Ok(Started {
        chain,
        view,
        snapshots,
        identity,
        receipt_key,
        core,
    })
}

/// Starts all threads and tasks except the server.
fn start(config: &Config, started: Started, channels: Channels) -> Result<Running, OperatorError> {
    let registry = Registry::new();
    let metrics =
        Metrics::register(&registry).map_err(|error| OperatorError::Metrics(error.to_string()))?;
    let builder = Builder {
        ends: channels.builder,
    };
    builder
        .spawn()
        .map_err(|_| OperatorError::Ended("the builder's thread"))?;
    prover(config, &started, channels.prover, &metrics)
        .spawn()
        .map_err(|e| OperatorError::Prover(e.to_string()))?;
    let notices = channels.notices;
    let mut tasks = JoinSet::new();
    let watcher = Watcher {
        chain: started.chain.clone(),
        venue: config.venue,
        next_deposit: started.view.queue.consumed.count,
        notices: notices.clone(),
    };
    tasks.spawn(report(watcher.run(), notices.clone()));
    let settler = Settler {
        chain: started.chain.clone(),
        signer: config.signer.clone(),
        ends: channels.settler,
    };
    tasks.spawn(report(settler.run(), notices.clone()));
    if let Some(address) = config.metrics {
        tracing::info!(%address, "metrics");
        tasks.spawn(report(metrics::serve(address, registry), notices));
    }
    Ok(Running {
        ended: venue(config, started, channels.venue, metrics).spawn()?,
        stop: channels.stop,
        tasks,
    })
}

fn prover(
    config: &Config,
    started: &Started,
    ends: WorkerEnds<std::sync::mpsc::Receiver<ProofJob>>,
    metrics: &Metrics,
) -> Worker {
    Worker {
        keys: Keys {
            chain: started.chain.clone(),
            venue: config.venue,
            runtime: Handle::current(),
            shape: started.identity.shape,
            store: KeyStore::new(&config.keys),
            backend: config.backend,
            progress: config.progress.clone(),
            metrics: metrics.clone(),
            loaded: LoadedKeys::default(),
        },
        next: started.view.batches.next(),
        ends,
        metrics: metrics.clone(),
    }
}

fn venue(config: &Config, started: Started, ends: VenueEnds, metrics: Metrics) -> VenueTask {
    let chain = started.chain;
    VenueTask {
        scheduler: Scheduler::new(
            started.core,
            config.timing,
            started.snapshots,
            started.view.time_to,
        ),
        ends,
        connected: Box::new(move || chain.connected()),
        metrics,
        auction_interval: config.timing.auction_interval(),
    }
}

/// Runs a task; its error stops the operator.
async fn report(
    task: impl Future<Output = Result<(), OperatorError>>,
    notices: mpsc::Sender<Notice>,
) {
    if let Err(error) = task.await {
        // It is lost if the operator is stopping already.
        let _ = notices.send(Notice::Failed(error)).await;
    }
}

impl Running {
    /// Stops the venue's thread and returns its result.
    async fn stop(&mut self) -> Result<Result<(), OperatorError>, oneshot::error::RecvError> {
        self.stop.send_replace(true);
        (&mut self.ended).await
    }
}

/// Ends the tasks and the server. Requests in progress get their response; a client that does not
/// end is cut off with the process.
async fn end(mut tasks: JoinSet<()>, server: RpcServer) {
    tasks.abort_all();
    let _ = timeout(SHUTDOWN_GRACE, server.stop()).await;
    tracing::info!("stopped; everything acknowledged is on disk");
}
