//! The smallest network: finality needs both validators.

use anyhow::Result;
use clearproof_network::{definition::Definition, scene::scene};

#[tokio::test(flavor = "multi_thread")]
async fn two_validators_finalise_and_do_so_again_after_one_was_away() -> Result<()> {
    scene(Definition::Two, async |stage| {
        let nodes = &stage.nodes;
        nodes.finalised("alice", 3).await?;
        nodes.finalised("bob", 3).await?;

        // The other authors nothing while it has no peer.
        nodes.stop("bob").await?;
        let stuck = nodes.finalised("alice", 0).await?;
        nodes.start_again("bob").await?;
        nodes.finalised("alice", stuck + 3).await?;
        nodes.finalised("bob", stuck + 3).await?;
        Ok(())
    })
    .await
}
