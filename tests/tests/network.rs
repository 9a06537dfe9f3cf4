//! The node and the operator as processes: trading, settling, sudden ends and restarts.
#![allow(clippy::unwrap_used)]

use anyhow::{Result, ensure};
use clearproof_client::chain::Chain;
use clearproof_primitives::{
    ids::BatchNumber,
    order::{Side, WithdrawalRequest},
};
use clearproof_testing::process::RunFolder;
use clearproof_tests::network::{FRESH_IDENTITY, Network, Node, until};
use jsonrpsee::{core::client::ClientT, rpc_params};
use serde_json::Value;
use subxt_signer::sr25519::dev;

const DEPOSIT: u64 = 50_000_000;

#[tokio::test(flavor = "multi_thread")]
async fn trades_settle_although_the_operator_is_killed_and_both_nodes_are_lost() -> Result<()> {
    let mut network = Network::start().await?;
    let [mut buyer, mut seller] = network.two_depositors(DEPOSIT).await?;

    // The operator is killed right after it sent its receipts: the accepted orders are on its disk.
    let client = network.client().await?;
    buyer.order(&client, 1, Side::Buy, 100).await?;
    seller.order(&client, 1, Side::Sell, 100).await?;
    network.kill_operator();
    network.start_operator()?;
    let client = network.client().await?;
    buyer.holds(&client, 100).await?;
    let (first, _) = network.at_rest(&client).await?;
    ensure!(first >= BatchNumber::new(1), "nothing was settled");
    ensure!(
        network.on_chain().await?.queue.consumed.count == 2,
        "deposits were not consumed once"
    );

    // Without its node the operator still accepts orders; it trades them when the node is back.
    network.node.kill();
    network
        .status(&client, "the loss of the node to be noticed", |s| {
            !s.connected
        })
        .await?;
    buyer.order(&client, 2, Side::Buy, 25).await?;
    seller.order(&client, 2, Side::Sell, 25).await?;
    network.start_node()?;
    network
        .status(&client, "the node to be found again", |s| s.connected)
        .await?;
    buyer.holds(&client, 125).await?;
    let (second, _) = network.at_rest(&client).await?;
    ensure!(second > first, "batch {second} after batch {first}");

    // A batch waits while no validator makes blocks, and settles exactly once when one does again.
    buyer.order(&client, 3, Side::Buy, 5).await?;
    seller.order(&client, 3, Side::Sell, 5).await?;
    buyer.holds(&client, 130).await?;
    network.validator.kill();
    network
        .status(&client, "the batch to be proven", |s| !s.pending.is_empty())
        .await?;
    network.start_validator()?;
    let (third, _) = network.at_rest(&client).await?;
    ensure!(third > second, "batch {third} after batch {second}");

    // A withdrawal is paid; one beyond the margin is refused by name.
    let pay = |amount| WithdrawalRequest {
        asset: 0,
        amount,
        recipient: dev::one().public_key().0,
    };
    until("a batch to withdraw in", || async {
        Ok(client.status().await?.open.map(|_| ()))
    })
    .await?;
    let error = buyer
        .send(&client, Vec::new(), Some(pay(DEPOSIT)))
        .await
        .unwrap_err();
    ensure!(format!("{error:#}").contains("margin"), "{error:#}");
    let held =
        |venue: clearproof_primitives::chain::VenueView<[u8; 32]>| venue.totals[0].1.consumed;
    let before = held(network.on_chain().await?);
    buyer
        .send(&client, Vec::new(), Some(pay(1_000_000)))
        .await?;
    until("the withdrawal", || async {
        let now = held(network.on_chain().await?);
        Ok((now + 1_000_000 == before).then_some(()))
    })
    .await?;
    network.at_rest(&client).await?;
    network.stop_operator().await
}

#[tokio::test(flavor = "multi_thread")]
async fn the_nodes_own_rpc_answers_and_refuses_by_name() -> Result<()> {
    let folder = RunFolder::new(None)?;
    let mut node = Node::start(&folder, "node", &["--dev"])?;
    node.connect().await?;
    let rpc = node.rpc().await?;
    let instruments: Value = rpc.request("clearproof_instruments", rpc_params![]).await?;
    ensure!(
        instruments.as_array().is_some_and(|list| !list.is_empty()),
        "{instruments}"
    );
    let venue: Value = rpc
        .request("clearproof_venue", rpc_params![4_000_000u32])
        .await?;
    ensure!(venue.is_null(), "{venue}");
    let refused = |params| {
        let rpc = &rpc;
        async move {
            let answer: Result<Value, _> = rpc.request("clearproof_verifyProof", params).await;
            answer.map(|a| a.to_string()).map_err(|e| format!("{e:?}"))
        }
    };
    let proof = format!("0x{}", "00".repeat(256));
    let unknown = refused(rpc_params![999u32, "chunk", &proof, "1"]).await;
    ensure!(
        format!("{unknown:?}").contains("nknownCircuit"),
        "{unknown:?}"
    );
    let zeros = refused(rpc_params![2u32, "chunk", &proof, "1"]).await;
    ensure!(
        !zeros.clone().is_ok_and(|a| a.contains("true")),
        "{zeros:?}"
    );
    let modulus =
        clearproof_primitives::field::Fr::from(0u64) - clearproof_primitives::field::Fr::from(1u64);
    let beyond = format!("{}0", clearproof_primitives::field::to_decimal(&modulus));
    ensure!(
        refused(rpc_params![2u32, "chunk", &proof, &beyond])
            .await
            .is_err()
    );
    ensure!(
        refused(rpc_params![2u32, "chunk", "0x00zz", "1"])
            .await
            .is_err()
    );
    ensure!(
        refused(rpc_params![2u32, "chunk", "00".repeat(10_000), "1"])
            .await
            .is_err()
    );
    ensure!(
        refused(rpc_params![2u32, "neither", &proof, "1"])
            .await
            .is_err()
    );
    node.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn three_of_four_validators_finalise_and_go_on_after_one_was_away() -> Result<()> {
    let folder = RunFolder::new(None)?;
    // The fourth validator, Dave, is never started.
    let first = ["--chain", "local", "--alice", FRESH_IDENTITY];
    let mut alice = Node::start(&folder, "alice", &first)?;
    let one = alice.connect().await?;
    let address = alice.address().await?;
    let follow = |name: &'static str, flag| {
        let identity = [
            "--chain",
            "local",
            flag,
            FRESH_IDENTITY,
            "--bootnodes",
            &address,
        ];
        Node::start(&folder, name, &identity)
    };
    let mut bob = follow("bob", "--bob")?;
    let mut charlie = follow("charlie", "--charlie")?;
    let (two, three) = (bob.connect().await?, charlie.connect().await?);
    ensure!(
        one.genesis() == two.genesis() && one.genesis() == three.genesis(),
        "not one chain"
    );
    // The next request reopens a connection that the node's end has closed.
    let reached = |chain: &Chain, wanted: u32| {
        let chain = chain.clone();
        async move {
            until("finality", || async {
                Ok(chain.finalized().await.ok().filter(|n| *n >= wanted))
            })
            .await
        }
    };
    let before = reached(&one, 3).await?;
    reached(&two, before).await?;
    reached(&three, before).await?;

    bob.kill();
    tokio::time::sleep(std::time::Duration::from_secs(8)).await;
    let stuck = one.finalized().await?;
    tokio::time::sleep(std::time::Duration::from_secs(8)).await;
    ensure!(
        one.finalized().await? == stuck,
        "two of four validators finalised"
    );
    bob.start_again(&folder)?;
    let after = reached(&one, stuck + 3).await?;
    reached(&two, after).await?;
    reached(&three, after).await?;
    Ok(())
}
