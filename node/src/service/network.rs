//! The network: which protocols the node speaks.

use super::{GrandpaLink, Pool, Shared, finality::Protocol};
use crate::client::FullClient;
use clearproof_runtime::opaque::{Block, Hash};
use sc_consensus::DefaultImportQueue;
use sc_consensus_grandpa::warp_proof::NetworkProvider;
use sc_network::{NetworkBackend, config::FullNetworkConfiguration};
use sc_service::{BuildNetworkParams, Configuration, WarpSyncConfig, error::Error as ServiceError};
use std::sync::Arc;

/// The parameters of a node's network.
type Params<'a, N> = BuildNetworkParams<'a, Block, N, Pool, DefaultImportQueue<Block>, FullClient>;

/// Configures the network, GRANDPA's protocol included.
pub fn configure<'a, N: NetworkBackend<Block, Hash>>(
    config: &'a Configuration,
    node: &Shared,
    import_queue: DefaultImportQueue<Block>,
    grandpa_link: &GrandpaLink,
) -> Result<(Params<'a, N>, Protocol), ServiceError> {
    let metrics = N::register_notification_metrics(node.registry.as_ref());
    let mut net_config =
        FullNetworkConfiguration::<Block, Hash, N>::new(&config.network, node.registry.clone());
    let protocol = Protocol::add_to(&mut net_config, config, &node.client, metrics.clone())?;
    let warp_sync = Arc::new(NetworkProvider::new(
        node.backend.clone(),
        grandpa_link.shared_authority_set().clone(),
        Vec::new(),
    ));
    let params = BuildNetworkParams {
        config,
        net_config,
        client: node.client.clone(),
        transaction_pool: node.pool.clone(),
        spawn_handle: node.tasks.clone(),
        spawn_essential_handle: node.essential_tasks.clone(),
        import_queue,
        block_announce_validator_builder: None,
        warp_sync_config: Some(WarpSyncConfig::WithProvider(warp_sync)),
        block_relay: None,
        metrics,
        gap_sync_body_policy: None,
    };
    Ok((params, protocol))
}
