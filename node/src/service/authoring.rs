//! Authoring: an authority makes blocks in its slots.

use super::{
    Shared,
    import::{Import, inherent_data_providers},
};
use clearproof_runtime::{BlockNumber, opaque::Block};
use sc_consensus_babe::{BabeLink, SlotProportion};
use sc_consensus_slots::BackoffAuthoringOnFinalizedHeadLagging;
use sc_network_sync::SyncingService;
use sc_service::{Configuration, error::Error as ServiceError};
use std::sync::Arc;

/// The settings of authoring.
pub struct Options {
    /// Authors without peers too.
    force: bool,
}

impl Options {
    /// The settings that a configuration has.
    pub fn of(config: &Configuration) -> Self {
        Self {
            force: config.force_authoring,
        }
    }
}

/// Starts authoring if the node is an authority.
pub fn start(
    node: &Shared,
    options: Options,
    block_import: Import,
    babe_link: BabeLink<Block>,
    sync: &Arc<SyncingService<Block>>,
) -> Result<(), ServiceError> {
    if !node.role.is_authority() {
        return Ok(());
    }
    let slot_duration = babe_link.config().slot_duration();
    let proposer = sc_basic_authorship::ProposerFactory::new(
        node.tasks.clone(),
        node.client.clone(),
        node.pool.clone(),
        node.registry.as_ref(),
        node.telemetry.clone(),
    );
    let babe = sc_consensus_babe::start_babe(sc_consensus_babe::BabeParams {
        keystore: node.keystore.clone(),
        client: node.client.clone(),
        select_chain: node.select_chain.clone(),
        env: proposer,
        block_import,
        sync_oracle: sync.clone(),
        justification_sync_link: sync.clone(),
        create_inherent_data_providers: inherent_data_providers(slot_duration),
        force_authoring: options.force,
        // When finality lags, slow down rather than grow a chain that may be thrown away.
        backoff_authoring_blocks: Some(
            BackoffAuthoringOnFinalizedHeadLagging::<BlockNumber>::default(),
        ),
        babe_link,
        // Two of the three seconds, as much as a block may compute; the rest is for its way to the
        // peers.
        block_proposal_slot_portion: SlotProportion::new(2f32 / 3f32),
        max_block_proposal_slot_portion: None,
        telemetry: node.telemetry.clone(),
    })?;
    node.essential_tasks
        .spawn_blocking("babe-authoring", Some("block-authoring"), babe);
    Ok(())
}
