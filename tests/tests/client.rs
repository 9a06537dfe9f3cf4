//! The client's examples as processes, against a real node and a real operator: what they print,
//! and what they change. All share one chain.
#![allow(clippy::unwrap_used)]

use anyhow::{Context, Result, ensure};
use clearproof_client::chain::referenda::Referendum;
use clearproof_primitives::{fixed::Rate, ids::Slot, policy::PolicyChange};
use clearproof_testing::venue::LIMIT;
use clearproof_tests::network::{Network, program, until};
use std::{path::PathBuf, process::Stdio};
use subxt_signer::sr25519::dev;
use tokio::{
    process::{Child, Command},
    time::timeout,
};

const DEPOSIT: u64 = 50_000_000;
const WITHDRAWN: u64 = 1_000_000;
/// Limits of orders around the price that is fed, 1,080,000 quote units a lot.
const ABOVE: &str = "1081000";
const BELOW: &str = "1079000";
/// The chain's share of the fees: a quarter.
const CHANGE: PolicyChange = PolicyChange::ProtocolShare {
    value: Rate::new(1 << 30),
};

/// Starts an example with its standard arguments and these.
fn start(network: &Network, name: &str, arguments: &[&str]) -> Result<Child> {
    let prover = program("CLEARPROOF_PROVER")?;
    let folder = prover.parent().context("the prover's folder")?;
    let example: PathBuf = folder.join("examples").join(name);
    ensure!(
        example.is_file(),
        "{}: cargo builds it with --examples",
        example.display()
    );
    let mut command = Command::new(example);
    command.args(["--node", &network.node.url]);
    if name != "vote" {
        let venue = network.id.to_string();
        command.args(["--operator", &network.url(), "--venue", &venue]);
    }
    command
        .args(arguments)
        .env("RUST_BACKTRACE", "0")
        .env_remove("CLEARPROOF_KEY")
        .env_remove("CLEARPROOF_SURI")
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true);
    Ok(command.spawn()?)
}

/// Waits for an example: returns whether it succeeded, and everything that it printed.
async fn end(example: Child) -> Result<(bool, String)> {
    let output = timeout(LIMIT, example.wait_with_output()).await??;
    let text = [output.stdout, output.stderr].concat();
    Ok((output.status.success(), String::from_utf8(text)?))
}

/// Waits for an example that must succeed and print these words.
async fn prints(example: Child, words: &[&str]) -> Result<String> {
    let (success, text) = end(example).await?;
    ensure!(success, "{text}");
    for word in words {
        ensure!(text.contains(word), "no `{word}` in {text}");
    }
    Ok(text)
}

/// The key of a depositor: see `Person::two`.
fn key(seed: u8) -> String {
    hex::encode([seed; 32])
}

#[tokio::test(flavor = "multi_thread")]
async fn the_examples_trade_make_a_market_withdraw_watch_and_vote() -> Result<()> {
    let mut network = Network::start().await?;
    let [buyer, seller] = network.two_depositors(DEPOSIT).await?;
    let client = network.client().await?;
    buyer.account(&client).await?;
    seller.account(&client).await?;
    let (one, two) = (key(1), key(2));

    trade(&network, &one, &two).await?;
    buyer.holds(&client, 10).await?;
    seller.holds(&client, -10).await?;

    make_market(&network, &one, &two).await?;
    buyer.holds(&client, 7).await?;
    seller.holds(&client, -7).await?;
    // The market maker's quotes are gone.
    let account = buyer.account(&client).await?;
    ensure!(
        account.live_orders.iter().all(Option::is_none),
        "{account:?}"
    );

    network.at_rest(&client).await?;
    withdraw(&network, &one).await?;
    watch(&network).await?;
    vote(&network).await?;
    network.at_rest(&client).await?;
    network.stop_operator().await
}

/// Two traders meet; then a key without an account, and an order beyond a limit.
async fn trade(network: &Network, one: &str, two: &str) -> Result<()> {
    let side = |key, side, lots, limit| {
        let arguments = [
            "--key", key, "--side", side, "--lots", lots, "--limit", limit,
        ];
        start(network, "trade", &arguments)
    };
    let buying = side(one, "buy", "10", ABOVE)?;
    let selling = side(two, "sell", "10", BELOW)?;
    // The set before it names the viewing key.
    let accepted = "accepted: sequence 2, arrival";
    let bought = [
        "filled: 10 lots at 10",
        "position: 10 lots of instrument 0",
        accepted,
    ];
    prints(buying, &bought).await?;
    prints(
        selling,
        &["filled: -10 lots", "position: -10 lots", accepted],
    )
    .await?;

    let stranger = key(9);
    let (success, text) = end(side(&stranger, "buy", "10", ABOVE)?).await?;
    ensure!(!success && text.contains("this key has none yet"), "{text}");
    let (success, text) = end(side(one, "buy", "0", ABOVE)?).await?;
    ensure!(
        !success && text.contains("orders[0].quantity: must be 1"),
        "{text}"
    );
    Ok(())
}

/// The buyer quotes both sides; the seller buys back three lots of the first quote.
async fn make_market(network: &Network, one: &str, two: &str) -> Result<()> {
    let quoting = [
        "--key",
        one,
        "--lots",
        "3",
        "--spread-bp",
        "4",
        "--quotes",
        "2",
    ];
    let quoting = start(network, "make_market", &quoting)?;
    let client = network.client().await?;
    until("the quotes", || async {
        let book = client.book(Slot::new(0)).await?;
        Ok((!book.bids.is_empty() && !book.asks.is_empty()).then_some(()))
    })
    .await?;
    let buying = [
        "--key", two, "--side", "buy", "--lots", "3", "--limit", ABOVE,
    ];
    let buying = start(network, "trade", &buying)?;
    prints(buying, &["filled: 3 lots at 108", "position: -7 lots"]).await?;
    let words = [
        "quote 3: bid 10",
        "traded: 3 lots",
        "quote 4: bid",
        "done: 2 quotes made",
    ];
    prints(quoting, &words).await?;
    Ok(())
}

/// The buyer withdraws; the chain pays it, and refuses what the margin does not leave free.
async fn withdraw(network: &Network, one: &str) -> Result<()> {
    let amount = |amount: u64| {
        let (amount, to) = (amount.to_string(), hex::encode(dev::one().public_key().0));
        let arguments = ["--key", one, "--amount", &amount, "--to", &to];
        start(network, "withdraw", &arguments)
    };
    let held = network.on_chain().await?.totals[0].1.consumed;
    let paid = format!("paid: {WITHDRAWN} units of asset 0");
    prints(
        amount(WITHDRAWN)?,
        &["accepted: sequence", "waiting for batch", &paid],
    )
    .await?;
    let now = network.on_chain().await?.totals[0].1.consumed;
    ensure!(now + WITHDRAWN == held, "{held} before, {now} after");
    let (success, text) = end(amount(DEPOSIT)?).await?;
    ensure!(!success && text.contains("margin"), "{text}");
    Ok(())
}

/// A monitor sees the venue, its market and its auctions.
async fn watch(network: &Network) -> Result<()> {
    let watching = start(network, "watch", &["--auctions", "5"])?;
    let venue = format!("venue {}: circuit", network.id);
    let text = prints(
        watching,
        &[&venue, "instrument 0 EUR/USD: mark 10", "auction at"],
    )
    .await?;
    ensure!(text.matches("auction at").count() == 5, "{text}");
    Ok(())
}

/// A voter sees a referendum and votes on it.
async fn vote(network: &Network) -> Result<()> {
    let index = network
        .chain
        .propose_changes(&dev::two(), &[CHANGE])
        .await?;
    let listed = prints(
        start(network, "vote", &[])?,
        &["0 CLR aye", "ProtocolShare"],
    )
    .await?;
    let named = format!("referendum {index}:");
    ensure!(listed.contains(&named), "{listed}");
    let number = index.to_string();
    let arguments = [
        "--suri",
        "//One",
        "--referendum",
        &number,
        "--aye",
        "--amount",
        "1000",
    ];
    let voted = format!("voted aye on referendum {index} with 1000 CLR");
    prints(start(network, "vote", &arguments)?, &[&voted]).await?;
    let referendum = network.chain.referendum(index).await?;
    let Some(Referendum::Ongoing(referendum)) = referendum else {
        anyhow::bail!("{referendum:?}");
    };
    // Without conviction a vote counts a tenth.
    let token = network.chain.token().await?;
    let expected = token.units("100").map_err(anyhow::Error::msg)?;
    ensure!(referendum.tally.ayes == expected, "{:?}", referendum.tally);
    Ok(())
}
