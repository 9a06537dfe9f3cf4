//! Assembles the node: database, client, transaction pool, network, consensus, offchain workers and
//! JSON-RPC.

mod authoring;
mod finality;
mod import;
mod network;

use crate::{
    client::{FullBackend, FullClient},
    metrics::{Metrics, follow},
    rpc::{BabeDeps, FullDeps, GrandpaDeps, create_full},
};
use clearproof_runtime::{
    apis::RuntimeApi,
    opaque::{Block, Hash},
};
use futures::FutureExt;
use import::Import;
use jsonrpsee::RpcModule;
use sc_client_api::Backend;
use sc_consensus::{DefaultImportQueue, LongestChain};
use sc_consensus_babe::{BabeLink, BabeWorkerHandle};
use sc_consensus_grandpa::{
    FinalityProofProvider, GrandpaPruningFilter, LinkHalf, SharedVoterState,
};
use sc_network::{
    Litep2pNetworkBackend, NetworkBackend, NetworkWorker, config::NetworkBackendType,
    service::traits::NetworkService,
};
use sc_rpc::SubscriptionTaskExecutor;
use sc_service::{
    Configuration, PartialComponents, Role, SpawnEssentialTaskHandle, SpawnTaskHandle,
    SpawnTasksParams, TaskManager, error::Error as ServiceError,
};
use sc_telemetry::{Telemetry, TelemetryHandle, TelemetryWorker};
use sc_transaction_pool::TransactionPoolHandle;
use sc_transaction_pool_api::OffchainTransactionPoolFactory;
use sp_keystore::KeystorePtr;
use std::sync::Arc;
use substrate_prometheus_endpoint::Registry;

type SelectChain = LongestChain<FullBackend, Block>;
type Pool = TransactionPoolHandle<Block, FullClient>;
type GrandpaLink = LinkHalf<Block, FullClient, SelectChain>;

/// Number of messages that may wait for the telemetry servers.
const TELEMETRY_BUFFER: usize = 16;

/// The parts of consensus that [`new_partial`] makes beyond the standard components.
pub struct Consensus {
    /// The entrance for blocks.
    pub import: Import,
    /// The state that BABE's parts share.
    pub babe_link: BabeLink<Block>,
    babe_worker: BabeWorkerHandle<Block>,
    grandpa_link: GrandpaLink,
    telemetry: Option<Telemetry>,
}

/// The parts of a node that commands need too.
pub type Partial = PartialComponents<
    FullClient,
    FullBackend,
    SelectChain,
    DefaultImportQueue<Block>,
    Pool,
    Consensus,
>;

/// The parts that all subsystems of a node share.
struct Shared {
    client: Arc<FullClient>,
    backend: Arc<FullBackend>,
    keystore: KeystorePtr,
    select_chain: SelectChain,
    pool: Arc<Pool>,
    role: Role,
    registry: Option<Registry>,
    telemetry: Option<TelemetryHandle>,
    tasks: SpawnTaskHandle,
    essential_tasks: SpawnEssentialTaskHandle,
}

impl Shared {
    fn of(config: &Configuration, parts: &Partial) -> Self {
        Self {
            client: parts.client.clone(),
            backend: parts.backend.clone(),
            keystore: parts.keystore_container.keystore(),
            select_chain: parts.select_chain.clone(),
            pool: parts.transaction_pool.clone(),
            role: config.role,
            registry: config.prometheus_registry().cloned(),
            telemetry: parts.other.telemetry.as_ref().map(Telemetry::handle),
            tasks: parts.task_manager.spawn_handle(),
            essential_tasks: parts.task_manager.spawn_essential_handle(),
        }
    }

    /// The pool, as runtime calls outside of blocks reach it.
    fn offchain_pool(&self) -> OffchainTransactionPoolFactory<Block> {
        OffchainTransactionPoolFactory::new(self.pool.clone())
    }
}

/// Opens the database and builds client, pool and import queue. Starts nothing but their tasks.
///
/// # Errors
///
/// If the database or the runtime cannot be opened, or if the stored state of consensus is
/// malformed.
pub fn new_partial(config: &Configuration) -> Result<Partial, ServiceError> {
    let telemetry = open_telemetry(config)?;
    let (client, backend, keystore_container, task_manager) =
        sc_service::new_full_parts::<Block, RuntimeApi, _>(
            config,
            telemetry.as_ref().map(|(_, telemetry)| telemetry.handle()),
            sc_service::new_wasm_executor(&config.executor),
            // Peers that warp-sync need the blocks that change the authorities, whatever is pruned.
            vec![Arc::new(GrandpaPruningFilter)],
        )?;
    let client = Arc::new(client);
    let telemetry = telemetry.map(|(worker, telemetry)| {
        task_manager
            .spawn_handle()
            .spawn("telemetry", None, worker.run());
        telemetry
    });
    let select_chain = LongestChain::new(backend.clone());
    let pool = open_pool(config, &client, &task_manager);
    let shared = Shared {
        client,
        backend,
        keystore: keystore_container.keystore(),
        select_chain,
        pool,
        role: config.role,
        registry: config.prometheus_registry().cloned(),
        telemetry: telemetry.as_ref().map(Telemetry::handle),
        tasks: task_manager.spawn_handle(),
        essential_tasks: task_manager.spawn_essential_handle(),
    };
    let import::Pipeline {
        import,
        queue: import_queue,
        babe_link,
        babe_worker,
        grandpa_link,
    } = import::build(&shared)?;
    Ok(PartialComponents {
        client: shared.client,
        backend: shared.backend,
        task_manager,
        keystore_container,
        select_chain: shared.select_chain,
        import_queue,
        transaction_pool: shared.pool,
        other: Consensus {
            import,
            babe_link,
            babe_worker,
            grandpa_link,
            telemetry,
        },
    })
}

/// Makes the telemetry worker if servers are configured. It does not run yet.
fn open_telemetry(
    config: &Configuration,
) -> Result<Option<(TelemetryWorker, Telemetry)>, sc_telemetry::Error> {
    config
        .telemetry_endpoints
        .clone()
        .filter(|endpoints| !endpoints.is_empty())
        .map(|endpoints| {
            let worker = TelemetryWorker::new(TELEMETRY_BUFFER)?;
            let telemetry = worker.handle().new_telemetry(endpoints);
            Ok((worker, telemetry))
        })
        .transpose()
}

fn open_pool(
    config: &Configuration,
    client: &Arc<FullClient>,
    task_manager: &TaskManager,
) -> Arc<Pool> {
    let pool = sc_transaction_pool::Builder::new(
        task_manager.spawn_essential_handle(),
        client.clone(),
        config.role.is_authority().into(),
    )
    .with_options(config.transaction_pool.clone())
    .with_prometheus(config.prometheus_registry());
    Arc::new(pool.build())
}

/// Runs a node on the network backend that the command line names.
///
/// # Errors
///
/// If [`new_partial`] fails, or if the network or a server does not start.
pub fn new_full(config: Configuration) -> Result<TaskManager, ServiceError> {
    match config.network.network_backend {
        NetworkBackendType::Libp2p => start::<NetworkWorker<Block, Hash>>(config),
        NetworkBackendType::Litep2p => start::<Litep2pNetworkBackend>(config),
    }
}

fn start<N: NetworkBackend<Block, Hash>>(
    config: Configuration,
) -> Result<TaskManager, ServiceError> {
    let parts = new_partial(&config)?;
    let node = Shared::of(&config, &parts);
    let mut task_manager = parts.task_manager;
    let mut consensus = parts.other;

    let (params, protocol) =
        network::configure::<N>(&config, &node, parts.import_queue, &consensus.grandpa_link)?;
    let (network, system_rpc_tx, tx_handler_controller, sync_service, _bitswap) =
        sc_service::build_network(params)?;
    if config.offchain_worker.enabled {
        start_offchain_workers(&node, network.clone())?;
    }
    start_metrics(&node)?;

    let authoring = authoring::Options::of(&config);
    let finality = finality::Options::of(&config);
    let voter_state = SharedVoterState::empty();
    sc_service::spawn_tasks(SpawnTasksParams {
        config,
        client: node.client.clone(),
        backend: node.backend.clone(),
        task_manager: &mut task_manager,
        keystore: node.keystore.clone(),
        transaction_pool: node.pool.clone(),
        rpc_builder: rpc_builder(
            &node,
            consensus.babe_worker,
            &consensus.grandpa_link,
            &voter_state,
        ),
        network: network.clone(),
        system_rpc_tx,
        tx_handler_controller,
        sync_service: sync_service.clone(),
        telemetry: consensus.telemetry.as_mut(),
        tracing_execute_block: None,
    })?;
    authoring::start(
        &node,
        authoring,
        consensus.import,
        consensus.babe_link,
        &sync_service,
    )?;
    let voter = finality::Voter {
        link: consensus.grandpa_link,
        protocol,
        network,
        sync: sync_service,
        state: voter_state,
    };
    finality::start(&node, finality, voter)?;
    Ok(task_manager)
}

/// Returns the function that makes the JSON-RPC methods for each server.
fn rpc_builder(
    node: &Shared,
    worker: BabeWorkerHandle<Block>,
    link: &GrandpaLink,
    voter_state: &SharedVoterState,
) -> Box<dyn Fn(SubscriptionTaskExecutor) -> Result<RpcModule<()>, ServiceError>> {
    let (client, pool) = (node.client.clone(), node.pool.clone());
    let (select_chain, keystore) = (node.select_chain.clone(), node.keystore.clone());
    let voter_state = voter_state.clone();
    let authority_set = link.shared_authority_set().clone();
    let justifications = link.justification_stream();
    let finality =
        FinalityProofProvider::new_for_service(node.backend.clone(), Some(authority_set.clone()));
    Box::new(move |subscriptions| {
        create_full(FullDeps {
            client: client.clone(),
            pool: pool.clone(),
            select_chain: select_chain.clone(),
            babe: BabeDeps {
                worker: worker.clone(),
                keystore: keystore.clone(),
            },
            grandpa: GrandpaDeps {
                voter_state: voter_state.clone(),
                authority_set: authority_set.clone(),
                justifications: justifications.clone(),
                subscriptions,
                finality: finality.clone(),
            },
        })
        .map_err(Into::into)
    })
}

/// Keeps the node's own metrics, if metrics are served.
fn start_metrics(node: &Shared) -> Result<(), ServiceError> {
    if let Some(registry) = &node.registry {
        let metrics = Metrics::register(registry)?;
        // Runtime calls block.
        node.tasks.spawn_blocking(
            "clearproof-metrics",
            None,
            follow(node.client.clone(), metrics),
        );
    }
    Ok(())
}

fn start_offchain_workers(
    node: &Shared,
    network: Arc<dyn NetworkService>,
) -> Result<(), ServiceError> {
    let workers = sc_offchain::OffchainWorkers::new(sc_offchain::OffchainWorkerOptions {
        runtime_api_provider: node.client.clone(),
        keystore: Some(node.keystore.clone()),
        offchain_db: node.backend.offchain_storage(),
        transaction_pool: Some(node.offchain_pool()),
        network_provider: Arc::new(network),
        is_validator: node.role.is_authority(),
        enable_http_requests: false,
        custom_extensions: |_| Vec::new(),
    })?;
    node.tasks.spawn(
        "offchain-workers-runner",
        "offchain-worker",
        workers.run(node.client.clone(), node.tasks.clone()).boxed(),
    );
    Ok(())
}
