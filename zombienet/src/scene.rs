//! The frame of a test: it starts a network, acts on it, and ends all of it. After a failure
//! databases and logs are kept, and the error names their folder.

use crate::{definition::Definition, nodes::Nodes, rpc};
use anyhow::{Context, Result};
use clearproof_primitives::{
    ids::{BatchNumber, CircuitId},
    submission::Batch,
};
use clearproof_testing::{
    process::RunFolder,
    venue::{Venue, until},
};
use std::path::PathBuf;

/// The circuit of the small shape, as the development chains register it.
const SMALL: CircuitId = CircuitId::new(2);

/// The network of a test.
pub struct Stage {
    /// The nodes.
    pub nodes: Nodes,
    definition: Definition,
    folder: PathBuf,
}

impl Stage {
    /// Starts the nodes, and waits until each is connected to all others.
    ///
    /// # Errors
    /// The nodes are not connected in time.
    pub async fn start(definition: Definition, folder: PathBuf) -> Result<Self> {
        let nodes = Nodes::start(definition, &folder).await?;
        let places = nodes.places()?;
        for place in &places {
            // Without all connections, the loss of one node might cut off others.
            until(&format!("the peers of {}", place.name), || async {
                let peers = rpc::Node::connect(&place.rpc).await?.peers().await?;
                Ok((peers + 1 >= places.len()).then_some(()))
            })
            .await?;
        }
        Ok(Self {
            nodes,
            definition,
            folder,
        })
    }

    /// Founds a venue of the small shape, whose operator connects to the network's gateway.
    ///
    /// # Errors
    /// The chain refuses, or a program is missing.
    pub async fn venue(&self) -> Result<Venue> {
        let gateway = self.definition.gateway();
        let (chain, url) = (self.nodes.chain(gateway).await?, self.nodes.url(gateway)?);
        Venue::found(chain, &url, SMALL, &self.folder).await
    }
}

/// Returns a settled batch as it was submitted.
///
/// # Errors
/// The chain does not know it.
pub async fn submitted(venue: &Venue, number: BatchNumber) -> Result<Batch> {
    let missing = || format!("batch {number}: the chain does not know it");
    let settled = venue.chain.batch(venue.id, number).await?;
    let block = settled.with_context(missing)?.block;
    let batch = venue.chain.submitted_batch(block, venue.id).await?;
    batch.with_context(missing)
}

/// Runs a test on a network of its own.
///
/// # Errors
/// The test's error, with the folder that is kept.
pub async fn scene(
    definition: Definition,
    act: impl AsyncFnOnce(&mut Stage) -> Result<()>,
) -> Result<()> {
    let folder = RunFolder::new(None)?;
    let done = async {
        let mut stage = Stage::start(definition, folder.join("")).await?;
        act(&mut stage).await?;
        stage.nodes.end().await
    }
    .await;
    done.map_err(|error| {
        let folder = folder.keep();
        error.context(format!("logs are kept in {}", folder.display()))
    })
}
