//! Lists the referenda on risk parameters with what they would change, and votes on one.
//!
//! `cargo run --release -p clearproof-client --example vote -- --suri //Alice --referendum 0 --aye
//! --amount 1000`

use anyhow::{Context, Result, anyhow};
use clap::Parser;
use clearproof_client::chain::{Chain, Keypair, SecretUri, calls};
use std::str::FromStr;

#[derive(Parser)]
struct Args {
    /// A node of the chain.
    #[arg(long, default_value = "ws://127.0.0.1:9944")]
    node: String,
    /// Referendum to vote on; without it they are listed only.
    #[arg(long, requires_all = ["suri", "amount"])]
    referendum: Option<u32>,
    /// Votes for it; against it without this.
    #[arg(long)]
    aye: bool,
    /// Tokens to vote with, such as 1000 or 0.5.
    #[arg(long)]
    amount: Option<String>,
    /// 0 counts a tenth and locks nothing; 1 to 6 count as often, and lock the tokens.
    #[arg(long, default_value_t = 0, value_parser = clap::value_parser!(u8).range(0..=6))]
    conviction: u8,
    /// Secret URI of the voter's account.
    #[arg(long, env = "CLEARPROOF_SURI", hide_env_values = true)]
    suri: Option<String>,
}

#[tokio::main]
async fn main() -> Result<()> {
    let args = Args::parse();
    let chain = Chain::connect_once(&args.node).await?;
    let token = chain.token().await?;
    for (index, referendum) in chain.risk_referenda().await? {
        println!(
            "referendum {index}: {} aye, {} nay",
            token.show(referendum.tally.ayes),
            token.show(referendum.tally.nays)
        );
        match chain.proposed_changes(&referendum.proposal).await? {
            Some(changes) => changes.iter().for_each(|change| println!("  {change:?}")),
            None => println!("  it proposes something else than changes of the risk policy"),
        }
    }

    let Some(index) = args.referendum else {
        return Ok(());
    };
    let suri = SecretUri::from_str(&args.suri.context("--suri")?).context("--suri")?;
    let voter = Keypair::from_uri(&suri).context("--suri")?;
    let amount = args.amount.context("--amount")?;
    let units = token
        .units(&amount)
        .map_err(|error| anyhow!("--amount {amount}: {error}"))?;
    let vote = calls::vote(index, args.aye, args.conviction, units);
    // Returns once the vote is final.
    let included = chain.submit(&voter, &vote).await?;
    println!(
        "voted {} on referendum {index} with {}, in block {}",
        if args.aye { "aye" } else { "nay" },
        token.show(units),
        included.block
    );
    Ok(())
}
