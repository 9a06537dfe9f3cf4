//! Quotes both sides of an instrument around its mark. A dead man's switch cancels the quotes if
//! this program dies.
//!
//! `cargo run --release -p clearproof-client --example make_market -- --venue 0 --key 0x… --lots 10
//! --spread-bp 20`

mod common;

use anyhow::{Context, Result};
use clap::Parser;
use clearproof_client::{
    Trader, Update, VenueClient, VenueError,
    chain::Chain,
    primitives::{
        eddsa::SecretKey,
        ids::{Slot, VenueId},
        time::Millis,
    },
};
use common::set_viewing_key;
use std::time::{Duration, Instant};

/// The quotes are cancelled this long after the last sign of life, milliseconds.
const CANCEL_AFTER_MS: Millis = Millis::new(10_000);
/// A sign of life is due after this time without one.
const SIGN_OF_LIFE: Duration = Duration::from_secs(3);

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
    /// Slot of the instrument.
    #[arg(long, default_value_t = Slot::new(0))]
    instrument: Slot,
    /// Lots on each side.
    #[arg(long)]
    lots: u64,
    /// Distance between bid and ask, hundredths of a per cent of the mark.
    #[arg(long, default_value_t = 20)]
    spread_bp: u64,
    /// Quotes to make before it cancels them and ends; none to go on for ever.
    #[arg(long)]
    quotes: Option<u64>,
}

#[tokio::main]
async fn main() -> Result<()> {
    let args = Args::parse();
    let mut seed = [0; 32];
    hex::decode_to_slice(args.key.trim_start_matches("0x"), &mut seed).context("--key")?;
    let trader = Trader::new(SecretKey::new(seed));
    let chain = Chain::connect_once(&args.node).await?;
    let client = VenueClient::connect(&args.operator, chain.genesis(), args.venue).await?;
    // Before the first order set.
    set_viewing_key(&client, &trader).await?;
    client
        .cancel_all_after(&trader, Some(CANCEL_AFTER_MS))
        .await?;

    let mut auctions = client.subscribe_auctions().await?;
    let mut last_sign = Instant::now();
    let mut quoted = None;
    let mut made = 0;
    while args.quotes.is_none_or(|most| made < most) {
        // Every auction is a reason to look again; the stream goes on over a lost connection.
        match auctions.next().await.context("the subscription ended")?? {
            Update::Item(auction) => {
                let own = auction
                    .clearings
                    .iter()
                    .find(|c| c.instrument == args.instrument);
                if let Some(clearing) = own {
                    println!("traded: {} lots in the market", clearing.volume.0);
                    // A filled quote is made anew.
                    quoted = None;
                }
            }
            Update::Missed { .. } => quoted = None,
        }
        let mark = mark(&client, args.instrument).await?;
        if mark == 0 || quoted == Some(mark) {
            // An accepted set is a sign of life; without one the switch is set again in time.
            if last_sign.elapsed() > SIGN_OF_LIFE {
                client
                    .cancel_all_after(&trader, Some(CANCEL_AFTER_MS))
                    .await?;
                last_sign = Instant::now();
            }
            continue;
        }
        if quote(&client, &trader, &args, mark).await? {
            (quoted, last_sign) = (Some(mark), Instant::now());
            made += 1;
        }
    }

    // An empty set takes the quotes away; then the switch is not needed any more.
    let empty = client
        .next_order_set(&trader)
        .await?
        .context("the account is gone")?;
    client.submit(&trader, empty.build()?).await?;
    client.cancel_all_after(&trader, None).await?;
    println!("done: {made} quotes made, all cancelled");
    Ok(())
}

/// Returns the instrument's mark, 32.32 quote units per lot; 0 while it does not trade.
async fn mark(client: &VenueClient, instrument: Slot) -> Result<u64> {
    let instruments = client.instruments().await?;
    let found = instruments.iter().find(|listed| listed.slot == instrument);
    Ok(found.context("--instrument: not listed")?.mark.0)
}

/// Replaces the quotes. Returns false if they were not accepted, so that the next auction is the
/// time to try again.
async fn quote(client: &VenueClient, trader: &Trader, args: &Args, mark: u64) -> Result<bool> {
    let half = mark / 20_000 * args.spread_bp;
    let (bid, ask) = (mark - half, mark + half);
    let next = client.next_order_set(trader).await?;
    let next = next.context("the key has no account yet: deposit first")?;
    let set = next
        .buy(args.instrument, args.lots, bid)
        .sell(args.instrument, args.lots, ask)
        .build()?;
    match client.submit(trader, set).await {
        Ok(receipt) => {
            println!(
                "quote {}: bid {} ask {}",
                receipt.sequence.0,
                bid >> 32,
                ask >> 32
            );
            Ok(true)
        }
        // The next set replaces whatever became of this one.
        Err(error @ VenueError::AnswerLost { .. }) => {
            println!("{error}");
            Ok(false)
        }
        Err(error) if error.is_passing() => {
            println!("{error}");
            Ok(false)
        }
        Err(error) => Err(error.into()),
    }
}
