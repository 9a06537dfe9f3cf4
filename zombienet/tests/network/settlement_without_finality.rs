//! A batch that is submitted while nothing becomes final.

use anyhow::{Result, ensure};
use clearproof_network::{
    definition::Definition,
    rpc,
    scene::{scene, submitted},
    traders::Pair,
};
use clearproof_primitives::ids::SnapshotNumber;
use clearproof_testing::venue::until;

const PAUSED: [&str; 2] = ["charlie", "dave"];
const WITHDRAWN: u64 = 1_000_000;

#[tokio::test(flavor = "multi_thread")]
async fn a_batch_submitted_while_finality_stands_still_settles_exactly_once() -> Result<()> {
    scene(Definition::Four, async |stage| {
        let mut venue = stage.venue().await?;
        let client = venue.client().await?;
        let mut pair = Pair::at(&venue, &client).await?;
        pair.trade(&client, 100, None).await?;
        let (before, _) = venue.at_rest(&client).await?;
        let held = venue.on_chain().await?;
        // The operator trades at the last final snapshot as long as it is fresh, so one that has
        // just come is waited for.
        let old = client.status().await?.open;
        let old = old.map_or(SnapshotNumber::default(), |open| open.snapshot);
        venue
            .status(&client, "a new snapshot", |s| {
                s.open.is_some_and(|open| open.snapshot > old)
            })
            .await?;

        let nodes = &stage.nodes;
        for validator in PAUSED {
            nodes.pause(validator).await?;
        }
        pair.trade(&client, 25, Some(WITHDRAWN)).await?;

        // The batch is in a block, and stays there without becoming final.
        let gateway = nodes.url("full")?;
        until("the batch in a block", || async {
            let node = rpc::Node::connect(&gateway).await?;
            let best = node.block(None).await?;
            let batches = node.venue(venue.id, &best).await?.batches;
            Ok((batches > before).then_some(()))
        })
        .await?;
        nodes.standstill("full").await?;
        let (settled, status) = (venue.on_chain().await?, client.status().await?);
        ensure!(
            settled.batches == before,
            "final: batch {}",
            settled.batches
        );
        ensure!(
            status.pending == [before.next()],
            "pending: {:?}",
            status.pending
        );

        // The operator dies meanwhile. It finds its batch again, and must not settle it twice.
        venue.kill_operator();
        venue.start_operator()?;
        for validator in PAUSED {
            nodes.resume(validator).await?;
        }
        let client = venue.client().await?;
        venue
            .status(&client, "the batch to settle", |s| s.settled.batch > before)
            .await?;
        let (after, _) = venue.at_rest(&client).await?;
        ensure!(after == before.next(), "batch {after} after batch {before}");

        // What was in it counts once: the trade, of which there are two sides, the withdrawal, and
        // the chain's share of fees.
        let now = venue.on_chain().await?;
        ensure!(
            now.batches == after,
            "the chain has {} batches",
            now.batches
        );
        ensure!(
            now.open_interest[0] == 2 * 125,
            "open_interest {}",
            now.open_interest[0]
        );
        let paid = held.totals[0].1.consumed - now.totals[0].1.consumed;
        let fee = submitted(&venue, after).await?.header.protocol_fee;
        ensure!(paid == WITHDRAWN + fee, "paid {paid}, with a fee of {fee}");
        venue.stop_operator().await
    })
    .await
}
