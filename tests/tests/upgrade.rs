//! The runtime of a running chain is upgraded by referendum.
#![allow(clippy::unwrap_used)]

use anyhow::{Context, Result, ensure};
use clearproof_client::chain::{Call, Chain, calls};
use clearproof_primitives::{ids::BatchNumber, order::Side};
use clearproof_runtime::{OriginCaller, RuntimeCall, VERSION, constants::money::CLR};
use clearproof_tests::network::{Network, Node, until};
use codec::{Compact, Encode};
use frame_support::traits::{Bounded, schedule::DispatchTime};
use frame_system::RawOrigin;
use jsonrpsee::{core::client::ClientT, rpc_params};
use pallet_conviction_voting::{AccountVote, Conviction, Vote};
use serde_json::Value;
use sp_io::hashing::{blake2_256, twox_128};
use sp_runtime::traits::BlakeTwo256;
use subxt_signer::sr25519::dev;

const DEPOSIT: u64 = 50_000_000;

fn call(pallet: &'static str, name: &'static str, arguments: Vec<u8>) -> Call {
    Call::One {
        pallet,
        name,
        arguments,
    }
}

/// Anybody submits the authorisation of a runtime as a referendum of the root track, and six
/// accounts vote for it.
async fn propose(chain: &Chain, code_hash: [u8; 32]) -> Result<()> {
    let authorize = RuntimeCall::System(frame_system::Call::authorize_upgrade {
        code_hash: code_hash.into(),
    });
    let proposal =
        Bounded::<RuntimeCall, BlakeTwo256>::Inline(authorize.encode().try_into().unwrap());
    let root = OriginCaller::system(RawOrigin::Root);
    let arguments = (root, proposal, DispatchTime::After(0u32)).encode();
    let proposer = dev::dave();
    let submitted = chain
        .submit(&proposer, &call("Referenda", "submit", arguments))
        .await?;
    let index = submitted
        .submitted_referendum()
        .context("no referendum in the events")?;
    chain
        .submit(&proposer, &calls::place_decision_deposit(index))
        .await?;
    let vote = AccountVote::Standard {
        vote: Vote {
            aye: true,
            conviction: Conviction::Locked1x,
        },
        balance: 900_000 * CLR,
    };
    let vote = call("ConvictionVoting", "vote", (Compact(index), vote).encode());
    let voters = [
        dev::alice(),
        dev::bob(),
        dev::charlie(),
        dev::dave(),
        dev::eve(),
        dev::ferdie(),
    ];
    let votes = voters.iter().map(|voter| chain.submit(voter, &vote));
    futures::future::try_join_all(votes).await?;
    Ok(())
}

async fn spec_version(node: &Node) -> Result<u64> {
    let version: Value = node
        .rpc()
        .await?
        .request("state_getRuntimeVersion", rpc_params![])
        .await?;
    version["specVersion"].as_u64().context("no specVersion")
}

/// A value of the system pallet at the best block, encoded.
async fn system_value(node: &Node, item: &str) -> Result<Option<String>> {
    let key = [twox_128(b"System"), twox_128(item.as_bytes())].concat();
    let key = format!("0x{}", hex::encode(key));
    Ok(node
        .rpc()
        .await?
        .request("state_getStorage", rpc_params![key])
        .await?)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_running_chain_takes_a_new_runtime_between_two_batches() -> Result<()> {
    let mut network = Network::start().await?;
    let [mut buyer, mut seller] = network.two_depositors(DEPOSIT).await?;
    let client = network.client().await?;
    buyer.order(&client, 1, Side::Buy, 100).await?;
    seller.order(&client, 1, Side::Sell, 100).await?;
    buyer.holds(&client, 100).await?;
    let (before, _) = network.at_rest(&client).await?;
    ensure!(before >= BatchNumber::new(1), "nothing was settled");

    let code = clearproof_runtime_next::WASM_BINARY.context("built without the next runtime")?;
    propose(&network.chain, blake2_256(code)).await?;
    until("the referendum's enactment", || async {
        system_value(&network.validator, "AuthorizedUpgrade").await
    })
    .await?;

    // Anybody may bring the code, but no other.
    let apply = |code: &[u8]| call("System", "apply_authorized_upgrade", code.encode());
    let other = clearproof_runtime::WASM_BINARY.context("built without the runtime")?;
    let refused = network.chain.submit(&dev::eve(), &apply(other)).await;
    ensure!(
        format!("{refused:?}").contains("Unauthorized"),
        "{refused:?}"
    );
    network.chain.submit(&dev::eve(), &apply(code)).await?;
    let next = u64::from(VERSION.spec_version) + 1;
    for node in [&network.validator, &network.node] {
        until("the new runtime", || async {
            Ok((spec_version(node).await? == next).then_some(()))
        })
        .await?;
    }
    // Its hooks have run: the version that they ran for is noted in the block after.
    let noted = format!(
        "0x{}",
        hex::encode((Compact(next as u32), "clearproof").encode())
    );
    until("the upgrade's hooks", || async {
        let last = system_value(&network.validator, "LastRuntimeUpgrade").await?;
        Ok((last.as_deref() == Some(noted.as_str())).then_some(()))
    })
    .await?;

    // Neither nodes nor operator were started again, and the next batch settles.
    buyer.order(&client, 2, Side::Buy, 25).await?;
    seller.order(&client, 2, Side::Sell, 25).await?;
    buyer.holds(&client, 125).await?;
    let (after, _) = network.at_rest(&client).await?;
    ensure!(after > before, "batch {after} after batch {before}");
    network.stop_operator().await
}
