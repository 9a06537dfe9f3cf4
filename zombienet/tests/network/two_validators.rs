//! The smallest network: both validators are needed, and both may come back.

use anyhow::Result;
use clearproof_network::{definition::Definition, scene::scene};

#[tokio::test(flavor = "multi_thread")]
async fn two_validators_finalise_together_and_not_alone() -> Result<()> {
    scene(Definition::Two, async |stage| {
        let nodes = &stage.nodes;
        nodes.finalised("alice", 3).await?;
        nodes.finalised("bob", 3).await?;

        nodes.stop("bob").await?;
        let stuck = nodes.standstill("alice").await?;

        nodes.start_again("bob").await?;
        nodes.finalised("alice", stuck + 3).await?;
        nodes.finalised("bob", stuck + 3).await?;
        Ok(())
    })
    .await
}
