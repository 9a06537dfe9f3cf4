//! Validators that are lost and come back.

use anyhow::Result;
use clearproof_network::{definition::Definition, scene::scene};

const ALL: [&str; 5] = ["alice", "bob", "charlie", "dave", "full"];

#[tokio::test(flavor = "multi_thread")]
async fn finality_survives_one_lost_validator_and_resumes_when_two_return() -> Result<()> {
    scene(Definition::Four, async |stage| {
        let nodes = &stage.nodes;
        nodes.finalised("full", 3).await?;

        // One validator is stopped; three are enough. It catches up after it is started again.
        nodes.stop("dave").await?;
        let then = nodes.finalised("full", 0).await?;
        // A few blocks later: beyond those that it may still have voted for.
        let without = nodes.finalised("full", then + 5).await?;
        nodes.start_again("dave").await?;
        nodes.finalised("dave", without + 3).await?;

        // Two are paused, and the other two are not enough. One of the paused ones is the bootnode,
        // so no other node depends on it.
        nodes.pause("alice").await?;
        nodes.pause("charlie").await?;
        let stuck = nodes.standstill("full").await?;
        nodes.resume("alice").await?;
        nodes.resume("charlie").await?;
        for node in ALL {
            nodes.finalised(node, stuck + 3).await?;
        }
        Ok(())
    })
    .await
}
