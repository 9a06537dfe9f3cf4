//! Batches are settled through a node that is not the operator's own, and all validators agree on
//! them.

use anyhow::{Result, ensure};
use clearproof_network::{
    definition::Definition,
    scene::{scene, submitted},
    traders::Pair,
};
use clearproof_primitives::ids::BatchNumber;
use clearproof_testing::venue::until;

#[tokio::test(flavor = "multi_thread")]
async fn four_validators_finalise_what_an_operator_settles_through_a_node_that_is_not_its_own()
-> Result<()> {
    scene(Definition::Four, async |stage| {
        for validator in ["alice", "bob", "charlie", "dave"] {
            stage.nodes.finalised(validator, 2).await?;
        }
        let mut venue = stage.venue().await?;
        let client = venue.client().await?;
        let mut pair = Pair::at(&venue, &client).await?;
        let (first, _) = venue.at_rest(&client).await?;
        pair.trade(&client, 100, None).await?;
        let (second, root) = venue.at_rest(&client).await?;
        ensure!(
            first >= BatchNumber::new(1),
            "the deposits were not settled"
        );
        ensure!(second > first, "batch {second} after batch {first}");

        // What the chain has is a batch with proofs, and the chain has taken it.
        let batch = submitted(&venue, second).await?;
        ensure!(!batch.chunks.is_empty(), "a batch without steps");
        ensure!(batch.header.new_root == root, "another batch");

        // Every node has it, and has it final.
        for place in stage.nodes.places()? {
            let chain = stage.nodes.chain(&place.name).await?;
            let what = format!("batch {second} at {}", place.name);
            let seen = until(&what, || async {
                let seen = chain.venue(venue.id).await?;
                Ok(seen.filter(|seen| seen.batches >= second))
            })
            .await?;
            let seen = (seen.batches, seen.state_root);
            ensure!(seen == (second, root), "{}: {seen:?}", place.name);
        }
        venue.stop_operator().await
    })
    .await
}
