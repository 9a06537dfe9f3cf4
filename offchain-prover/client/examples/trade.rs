//! Places one order and follows it until it is filled.
//!
//! `cargo run --release -p clearproof-client --example trade -- --venue 0 --key 0x… --side buy
//! --lots 10 --limit 1080500`

mod common;

use anyhow::{Context, Result};
use clap::{Parser, ValueEnum};
use clearproof_client::{
    Trader, VenueClient,
    chain::Chain,
    primitives::{
        eddsa::SecretKey,
        fixed::price_from_decimal,
        ids::{Slot, VenueId},
    },
};
use common::set_viewing_key;
use std::time::Duration;

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
    #[arg(long)]
    side: Side,
    /// Slot of the instrument.
    #[arg(long, default_value_t = Slot::new(0))]
    instrument: Slot,
    /// Lots to trade.
    #[arg(long)]
    lots: u64,
    /// Worst acceptable price, quote units per lot.
    #[arg(long)]
    limit: String,
    /// Longest wait for the fills, seconds.
    #[arg(long, default_value_t = 60)]
    wait: u64,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Side {
    Buy,
    Sell,
}

#[tokio::main]
async fn main() -> Result<()> {
    let args = Args::parse();
    let mut seed = [0; 32];
    hex::decode_to_slice(args.key.trim_start_matches("0x"), &mut seed).context("--key")?;
    let trader = Trader::new(SecretKey::new(seed));
    let limit = price_from_decimal(&args.limit).context("--limit: must be a price")?;

    // The genesis hash comes from the chain, so that nothing is signed for another one.
    let chain = Chain::connect_once(&args.node).await?;
    let client = VenueClient::connect(&args.operator, chain.genesis(), args.venue).await?;
    // Before the first order set.
    set_viewing_key(&client, &trader).await?;

    // Subscribed before the order is sent, so that no fill is missed.
    let mut updates = client.subscribe_account(&trader).await?;

    // Account, sequence and validity are filled in.
    let next = client.next_order_set(&trader).await?;
    let next = next.context("the key has no account yet: deposit first")?;
    let set = match args.side {
        Side::Buy => next.buy(args.instrument, args.lots, limit),
        Side::Sell => next.sell(args.instrument, args.lots, limit),
    };
    let receipt = client.submit(&trader, set.build()?).await?;
    println!(
        "accepted: sequence {}, arrival {}",
        receipt.sequence.0, receipt.arrival.0
    );

    let mut open = args.lots;
    let filled = async {
        while open > 0 {
            let update = updates
                .next_item()
                .await
                .context("the subscription ended")??;
            let Some(auction) = update.auction else {
                continue;
            };
            if let Some(rule) = auction.left_out {
                println!("left out of the auction at {}: {rule}", auction.time);
            }
            for fill in auction.fills {
                println!("filled: {} lots at {}", fill.lots, quote(fill.price.0));
                open = open.saturating_sub(fill.lots.unsigned_abs());
            }
        }
        Ok::<_, anyhow::Error>(())
    };
    match tokio::time::timeout(Duration::from_secs(args.wait), filled).await {
        Ok(done) => done?,
        Err(_) => println!("{open} lots are not filled yet; the order stays live for ten minutes"),
    }
    let account = client
        .account(&trader)
        .await?
        .context("the account is gone")?;
    for position in account.positions {
        println!(
            "position: {} lots of instrument {}",
            position.quantity, position.instrument
        );
    }
    Ok(())
}

/// Returns a price in quote units, to six digits: prices are fixed point with 32 fraction bits.
fn quote(price: u64) -> String {
    let micro = (u128::from(price) * 1_000_000) >> 32;
    format!("{}.{:06}", micro / 1_000_000, micro % 1_000_000)
}
