//! The operator of a venue: takes order sets, runs the auctions, proves batches and settles them on the chain.
//!
//! One thread owns the venue ([`venue_task`]). Around it: a task that follows the chain ([`watching`]), threads that build
//! ([`building`]) and prove ([`proving`]) closed batches, a task that submits them ([`settling`]), and the server for traders
//! ([`rpc`]). What the venue acknowledged is in its database ([`store`], [`journal`]), so that it goes on where it was,
//! whenever the process ends.

pub mod answers;
pub mod building;
pub mod config;
pub mod core;
pub mod desk;
pub mod error;
pub mod figures;
pub mod handle;
pub mod journal;
pub mod keys;
pub mod metrics;
pub mod proving;
pub mod rpc;
pub mod settling;
pub mod store;
#[cfg(test)]
mod tests;
mod thread;
pub mod venue_task;
pub mod watching;

pub use config::{Config, Timing};
pub use error::OperatorError;

use self::{
    building::Builder,
    core::Core,
    desk::Desk,
    handle::VenueHandle,
    keys::{Keys, LoadedKeys},
    metrics::Metrics,
    proving::Worker,
    settling::Settler,
    store::Store,
    venue_task::{Notice, Outlets, VenueTask},
    watching::Watcher,
};
use clearproof_client::Identity;
use clearproof_client::chain::{Chain, ChainError};
use clearproof_groth16::KeyStore;
use clearproof_primitives::chain::VenueView;
use ed25519_dalek::SigningKey;
use std::{
    future::Future,
    pin::pin,
    sync::{Arc, atomic::AtomicU64},
    time::Duration,
};
use substrate_prometheus_endpoint::Registry;
use tokio::{
    runtime::Handle,
    sync::{mpsc, watch},
    task::JoinSet,
    time::{sleep, timeout},
};

/// Notices that wait for the venue.
const NOTICE_QUEUE: usize = 64;
/// How long open requests of traders may take to end when the operator stops.
const GOODBYE: Duration = Duration::from_secs(3);
/// Wait before the first look at the chain is repeated.
const PAUSE: Duration = Duration::from_secs(2);

/// Runs an operator until `shutdown` is ready or it cannot go on. Waits for the node, at the start as later.
pub async fn run(config: Config, shutdown: impl Future<Output = ()>) -> Result<(), OperatorError> {
    config.timing.check()?;
    let mut shutdown = pin!(shutdown);
    let start = async {
        let chain = Chain::connect(&config.node).await?;
        let view = first_look(&chain, &config).await?;
        Ok::<_, OperatorError>((chain, view))
    };
    let (chain, view) = tokio::select! {
        started = start => started?,
        () = &mut shutdown => return Ok(()),
    };
    let identity = Identity {
        genesis: chain.genesis(),
        venue: config.venue,
        shape: view.shape,
    };
    let store = Store::open(&config.data, &identity)?;
    let receipt_key = SigningKey::from_bytes(&store.receipt_key()?);
    let core = Core::restore(identity, config.signer.public_key().0, store, &view)?;
    let desk = Desk::new(core, config.timing, view.time_to);

    let (handle, commands) = VenueHandle::new();
    let (notices, heard) = mpsc::channel(NOTICE_QUEUE);
    let (builder, sealed) = std::sync::mpsc::channel();
    let (prover, jobs) = std::sync::mpsc::channel();
    let (settler, submissions) = mpsc::unbounded_channel();
    let (stop, stopped) = watch::channel(false);
    let epoch = Arc::new(AtomicU64::new(0));

    let registry = Registry::new();
    let metrics =
        Metrics::register(&registry).map_err(|error| OperatorError::Metrics(error.to_string()))?;
    let building = Builder {
        jobs: sealed,
        notices: notices.clone(),
        epoch: Arc::clone(&epoch),
    };
    building
        .spawn()
        .map_err(|_| OperatorError::Ended("the builder's thread"))?;
    let worker = Worker {
        keys: Keys {
            chain: chain.clone(),
            venue: config.venue,
            runtime: Handle::current(),
            shape: identity.shape,
            store: KeyStore::new(&config.keys),
            backend: config.backend,
            progress: config.progress.clone(),
            metrics: metrics.clone(),
            loaded: LoadedKeys::default(),
        },
        next: view.batches + 1,
        jobs,
        notices: notices.clone(),
        epoch: Arc::clone(&epoch),
        metrics: metrics.clone(),
    };
    worker
        .spawn()
        .map_err(|e| OperatorError::Prover(e.to_string()))?;
    let mut tasks = JoinSet::new();
    let watcher = Watcher {
        chain: chain.clone(),
        venue: config.venue,
        next_deposit: view.queue.consumed.count,
        notices: notices.clone(),
    };
    tasks.spawn(report(watcher.run(), notices.clone()));
    let settling = Settler {
        chain: chain.clone(),
        signer: config.signer.clone(),
        submissions,
        notices: notices.clone(),
        epoch: Arc::clone(&epoch),
    };
    tasks.spawn(report(settling.run(), notices.clone()));
    if let Some(address) = config.metrics {
        tracing::info!(%address, "metrics");
        tasks.spawn(report(metrics::serve(address, registry), notices));
    }

    let venue = VenueTask {
        desk,
        handle: handle.clone(),
        commands,
        notices: heard,
        outlets: Outlets {
            builder,
            prover,
            settler,
            epoch,
        },
        connected: Box::new(move || chain.connected()),
        metrics,
        auction: config.timing.auction_interval(),
        stop: stopped,
    };
    let mut ended = venue.spawn()?;
    let server = rpc::serve(
        config.listen,
        handle,
        identity,
        receipt_key,
        rpc::Limits::default(),
    );
    let server = match server.await {
        Ok(server) => server,
        Err(error) => {
            // The venue's thread must end before the error is told, so that the database is closed.
            stop.send_replace(true);
            let _ = ended.await;
            return Err(error.into());
        }
    };
    tracing::info!(venue = config.venue, listen = %server.address(), "operator is up");

    let result = tokio::select! {
        result = &mut ended => result,
        () = shutdown => {
            tracing::info!("stopping");
            stop.send_replace(true);
            ended.await
        }
        Some(Err(_)) = tasks.join_next() => {
            stop.send_replace(true);
            let _ = ended.await;
            Ok(Err(OperatorError::Ended("the task that watches or settles")))
        }
    };
    tasks.abort_all();
    // Requests under way get their answer; a client that does not end is cut off with the process.
    let _ = timeout(GOODBYE, server.stop()).await;
    tracing::info!("stopped; everything acknowledged is on disk");
    result.unwrap_or(Err(OperatorError::Ended("the venue's thread")))
}

/// The venue as the chain knows it, as soon as the node tells.
async fn first_look(chain: &Chain, config: &Config) -> Result<VenueView<[u8; 32]>, OperatorError> {
    let view = loop {
        match chain.venue(config.venue).await {
            Ok(view) => break view,
            Err(ChainError::Node(error)) => {
                tracing::warn!(error, "waiting for the node");
                sleep(PAUSE).await;
            }
            Err(error) => return Err(error.into()),
        }
    };
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

/// Runs a task; its error stops the operator.
async fn report(
    task: impl Future<Output = Result<(), OperatorError>>,
    notices: mpsc::Sender<Notice>,
) {
    if let Err(error) = task.await {
        // Nobody hears it if the operator is stopping already.
        let _ = notices.send(Notice::Failed(error)).await;
    }
}
