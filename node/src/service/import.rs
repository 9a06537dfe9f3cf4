//! The way of a block into the node.
//!
//! A block is compared with others of its slot, passes BABE's import, then GRANDPA's, and then
//! reaches the client.

use super::{GrandpaLink, SelectChain, Shared, finality::JUSTIFICATION_PERIOD};
use crate::{
    client::{FullBackend, FullClient},
    equivocations::{Dropped, Equivocations},
};
use clearproof_runtime::opaque::Block;
use sc_consensus::DefaultImportQueue;
use sc_consensus_babe::{BabeBlockImport, BabeLink, BabeWorkerHandle};
use sc_consensus_grandpa::GrandpaBlockImport;
use sc_service::error::Error as ServiceError;
use sc_transaction_pool_api::OffchainTransactionPoolFactory;
use sp_consensus_babe::inherents::{
    BabeCreateInherentDataProviders, InherentDataProvider as SlotProvider,
};
use std::sync::Arc;

type GrandpaImport = GrandpaBlockImport<FullBackend, Block, FullClient, SelectChain>;

/// Imports blocks.
pub type Import = Equivocations<
    BabeBlockImport<
        Block,
        FullClient,
        GrandpaImport,
        BabeCreateInherentDataProviders<Block>,
        SelectChain,
    >,
>;

/// The import of blocks, and the ends by which other subsystems hold it.
pub struct Pipeline {
    pub import: Import,
    pub queue: DefaultImportQueue<Block>,
    pub babe_link: BabeLink<Block>,
    pub babe_worker: BabeWorkerHandle<Block>,
    pub grandpa_link: GrandpaLink,
}

/// Builds the pipeline from its end to its beginning.
pub fn build(node: &Shared) -> Result<Pipeline, ServiceError> {
    let (grandpa_import, grandpa_link) = sc_consensus_grandpa::block_import(
        node.client.clone(),
        JUSTIFICATION_PERIOD,
        &node.client,
        node.select_chain.clone(),
        node.telemetry.clone(),
    )?;
    let babe_config = sc_consensus_babe::configuration(&*node.client)?;
    let slot_duration = babe_config.slot_duration();
    let (import, babe_link) = sc_consensus_babe::block_import(
        babe_config,
        grandpa_import.clone(),
        node.client.clone(),
        inherent_data_providers(slot_duration),
        node.select_chain.clone(),
        OffchainTransactionPoolFactory::new(Dropped),
    )?;
    let import = Equivocations::new(
        import,
        node.client.clone(),
        babe_link.clone(),
        node.keystore.clone(),
        node.role.is_authority().then(|| node.offchain_pool()),
    );
    let (queue, babe_worker) =
        sc_consensus_babe::import_queue(sc_consensus_babe::ImportQueueParams {
            link: babe_link.clone(),
            block_import: import.clone(),
            justification_import: Some(Box::new(grandpa_import)),
            client: node.client.clone(),
            slot_duration,
            spawner: &node.essential_tasks,
            registry: node.registry.as_ref(),
            telemetry: node.telemetry.clone(),
        })?;
    Ok(Pipeline {
        import,
        queue,
        babe_link,
        babe_worker,
        grandpa_link,
    })
}

/// Returns the statements that every block makes about itself: its time, and the slot that follows
/// from it.
pub fn inherent_data_providers(
    slot_duration: sp_consensus_babe::SlotDuration,
) -> BabeCreateInherentDataProviders<Block> {
    Arc::new(move |_, ()| async move {
        let timestamp = sp_timestamp::InherentDataProvider::from_system_time();
        let slot = SlotProvider::from_timestamp_and_slot_duration(*timestamp, slot_duration);
        Ok((slot, timestamp))
    })
}
