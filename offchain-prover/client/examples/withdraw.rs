//! Withdraws to an account on the chain, and waits until the chain has settled the batch that the
//! withdrawal is in.
//!
//! `cargo run --release -p clearproof-client --example withdraw -- --venue 0 --key 0x… --amount
//! 1000000 --to 0x…`

mod common;

use anyhow::{Context, Result};
use clap::Parser;
use clearproof_client::{
    Trader, VenueClient,
    chain::Chain,
    primitives::{eddsa::SecretKey, ids::VenueId},
};
use common::{RETRY, set_viewing_key};
use tokio::time::sleep;

#[derive(Parser)]
struct Args {
    /// A node of the chain.
    #[arg(long, default_value = "ws://127.0.0.1:9944")]
    node: String,
    /// The venue's operator.
    #[arg(long, default_value = "ws://127.0.0.1:9955")]
    operator: String,
    /// Number of the venue.
    #[arg(long)]
    venue: VenueId,
    /// Secret key of the account's owner: 32 bytes in hexadecimal.
    #[arg(long, env = "CLEARPROOF_KEY", hide_env_values = true)]
    key: String,
    /// Index of the asset.
    #[arg(long, default_value_t = 0)]
    asset: u8,
    /// Smallest units of the asset.
    #[arg(long)]
    amount: u64,
    /// Account on the chain that is paid: 32 bytes in hexadecimal.
    #[arg(long)]
    to: String,
}

#[tokio::main]
async fn main() -> Result<()> {
    let args = Args::parse();
    let (mut seed, mut to) = ([0; 32], [0; 32]);
    hex::decode_to_slice(args.key.trim_start_matches("0x"), &mut seed).context("--key")?;
    hex::decode_to_slice(args.to.trim_start_matches("0x"), &mut to).context("--to")?;
    let trader = Trader::new(SecretKey::new(seed));
    let chain = Chain::connect_once(&args.node).await?;
    let client = VenueClient::connect(&args.operator, chain.genesis(), args.venue).await?;
    // Before the first order set.
    set_viewing_key(&client, &trader).await?;

    // Only the owner's key signs a withdrawal. A withdrawal needs an open batch: while there is
    // none, the operator refuses by a name that asks for another attempt.
    let receipt = loop {
        let next = client.next_order_set(&trader).await?;
        let next = next.context("the key has no account yet: deposit first")?;
        let set = next.withdraw(args.asset, args.amount, to).build()?;
        match client.submit(&trader, set).await {
            Ok(receipt) => break receipt,
            Err(error) if error.is_passing() => sleep(RETRY).await,
            Err(error) => return Err(error.into()),
        }
    };
    println!("accepted: sequence {}", receipt.sequence.0);

    // The withdrawal is in the open batch, or in one that closed a moment ago.
    let status = client.status().await?;
    let closed = status.pending.last().copied();
    let closed = closed.unwrap_or(status.settled.batch);
    let batch = match status.open {
        Some(_) => closed.next(),
        None => closed,
    };
    println!("waiting for batch {batch} to settle");
    loop {
        let venue = chain
            .venue(args.venue)
            .await?
            .context("the venue is gone")?;
        if venue.batches >= batch {
            break;
        }
        sleep(RETRY).await;
    }

    // What the chain could not pay, for instance to an account that does not exist, waits for the
    // recipient: `calls::claim`.
    match chain.claimable(args.venue, to, args.asset).await? {
        0 => println!("paid: {} units of asset {}", args.amount, args.asset),
        kept => println!("kept for a claim: {kept} units of asset {}", args.asset),
    }
    Ok(())
}
