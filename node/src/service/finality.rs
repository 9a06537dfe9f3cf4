//! Finality: GRANDPA's protocol and its voter.

use super::{GrandpaLink, Shared};
use crate::client::FullClient;
use clearproof_runtime::opaque::{Block, Hash};
use sc_client_api::BlockBackend;
use sc_consensus_grandpa::{Config, GrandpaParams, SharedVoterState, VotingRulesBuilder};
use sc_network::{
    NetworkBackend, NotificationMetrics, NotificationService, ProtocolName,
    config::FullNetworkConfiguration, service::traits::NetworkService,
};
use sc_network_sync::SyncingService;
use sc_service::{Configuration, error::Error as ServiceError};
use std::{sync::Arc, time::Duration};

/// Largest number of blocks from one kept justification to the next. Peers that sync later need
/// them.
pub const JUSTIFICATION_PERIOD: u32 = 512;
/// Expected time for a GRANDPA message to reach the peers.
const GOSSIP_DURATION: Duration = Duration::from_millis(333);

/// GRANDPA's protocol among peers.
pub struct Protocol {
    name: ProtocolName,
    notifications: Box<dyn NotificationService>,
}

impl Protocol {
    /// Adds the protocol to a network's configuration.
    pub fn add_to<N: NetworkBackend<Block, Hash>>(
        network: &mut FullNetworkConfiguration<Block, Hash, N>,
        config: &Configuration,
        client: &FullClient,
        metrics: NotificationMetrics,
    ) -> Result<Self, ServiceError> {
        let genesis_hash = client
            .block_hash(0)?
            .ok_or_else(|| ServiceError::Other("the database holds no genesis block".into()))?;
        let name = sc_consensus_grandpa::protocol_standard_name(&genesis_hash, &config.chain_spec);
        let (peers, notifications) = sc_consensus_grandpa::grandpa_peers_set_config::<_, N>(
            name.clone(),
            metrics,
            network.peer_store_handle(),
        );
        network.add_notification_protocol(peers);
        Ok(Self {
            name,
            notifications,
        })
    }
}

/// The settings of the voter.
pub struct Options {
    enabled: bool,
    /// The node's name, for its log.
    node_name: String,
}

impl Options {
    /// The settings that a configuration has.
    pub fn of(config: &Configuration) -> Self {
        Self {
            enabled: !config.disable_grandpa,
            node_name: config.network.node_name.clone(),
        }
    }
}

/// The connections of the voter.
pub struct Voter {
    pub link: GrandpaLink,
    pub protocol: Protocol,
    pub network: Arc<dyn NetworkService>,
    pub sync: Arc<SyncingService<Block>>,
    pub state: SharedVoterState,
}

/// Starts the voter unless it is disabled. A node that is no authority follows the votes.
pub fn start(node: &Shared, options: Options, voter: Voter) -> Result<(), ServiceError> {
    if !options.enabled {
        return Ok(());
    }
    let voter = sc_consensus_grandpa::run_grandpa_voter(GrandpaParams {
        config: Config {
            gossip_duration: GOSSIP_DURATION,
            justification_generation_period: JUSTIFICATION_PERIOD,
            observer_enabled: false,
            local_role: node.role,
            name: Some(options.node_name),
            // Only an authority votes, so only an authority needs its keys here.
            keystore: node.role.is_authority().then(|| node.keystore.clone()),
            telemetry: node.telemetry.clone(),
            protocol_name: voter.protocol.name,
        },
        link: voter.link,
        network: voter.network,
        sync: Arc::new(voter.sync),
        notification_service: voter.protocol.notifications,
        voting_rule: VotingRulesBuilder::default().build(),
        prometheus_registry: node.registry.clone(),
        shared_voter_state: voter.state,
        telemetry: node.telemetry.clone(),
        offchain_tx_pool_factory: node.offchain_pool(),
    })?;
    node.essential_tasks
        .spawn_blocking("grandpa-voter", None, voter);
    Ok(())
}
