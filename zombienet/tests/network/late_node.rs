//! A node that joins late, with nothing but the chain's specification.

use anyhow::{Result, ensure};
use clearproof_network::{definition::Definition, rpc, scene::scene, traders::Pair};

#[tokio::test(flavor = "multi_thread")]
async fn a_node_started_from_nothing_syncs_and_agrees_on_the_state() -> Result<()> {
    scene(Definition::Four, async |stage| {
        let mut venue = stage.venue().await?;
        let client = venue.client().await?;
        let mut pair = Pair::at(&venue, &client).await?;
        pair.trade(&client, 100, None).await?;
        let (batch, root) = venue.at_rest(&client).await?;
        venue.stop_operator().await?;
        let height = stage.nodes.finalised("alice", 0).await?;

        stage.nodes.add("late").await?;
        let height = stage.nodes.finalised("late", height).await?;
        stage.nodes.finalised("alice", height).await?;
        let mut seen = Vec::new();
        for name in ["alice", "late"] {
            let node = rpc::Node::connect(&stage.nodes.url(name)?).await?;
            let block = node.block(Some(height)).await?;
            let venue = node.venue(venue.id, &block).await?;
            seen.push((block, venue));
        }
        ensure!(seen[0] == seen[1], "block {height}: {seen:?}");
        let (_, settled) = &seen[1];
        let settled = (settled.batches, settled.state_root);
        ensure!(settled == (batch, root), "the late node has {settled:?}");
        Ok(())
    })
    .await
}
