//! Follows a venue: its auctions as they happen, and its batches as the chain settles them.
//!
//! `cargo run --release -p clearproof-client --example watch -- --venue 0`

use anyhow::{Context, Result};
use clap::Parser;
use clearproof_client::{Update, VenueClient, chain::Chain, primitives::ids::VenueId};

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
    /// Auctions to follow; none to go on for ever.
    #[arg(long)]
    auctions: Option<u64>,
}

#[tokio::main]
async fn main() -> Result<()> {
    let args = Args::parse();
    let chain = Chain::connect_once(&args.node).await?;
    let client = VenueClient::connect(&args.operator, chain.genesis(), args.venue).await?;

    let venue = chain
        .venue(args.venue)
        .await?
        .context("--venue: there is none")?;
    println!(
        "venue {}: circuit {}, {} batches settled",
        args.venue, venue.circuit, venue.batches
    );
    for instrument in client.instruments().await? {
        let book = client.book(instrument.slot).await?;
        println!(
            "instrument {} {}: mark {}, {} bids, {} asks",
            instrument.slot,
            instrument.symbol,
            instrument.mark.0 >> 32,
            book.bids.len(),
            book.asks.len()
        );
    }

    let mut settled = venue.batches;
    let mut auctions = client.subscribe_auctions().await?;
    let mut seen = 0;
    while args.auctions.is_none_or(|most| seen < most) {
        match auctions.next().await.context("the subscription ended")?? {
            Update::Item(auction) => {
                seen += 1;
                println!(
                    "auction at {}: {} instruments traded",
                    auction.time,
                    auction.clearings.len()
                );
                for clearing in auction.clearings {
                    let price = clearing.price.0 >> 32;
                    println!(
                        "  {}: {} lots at {price}",
                        clearing.instrument, clearing.volume.0
                    );
                }
            }
            Update::Missed { count: Some(count) } => println!("{count} auctions were missed"),
            Update::Missed { count: None } => println!("auctions were missed"),
        }
        // The chain, not the operator, says what is settled.
        let venue = chain
            .venue(args.venue)
            .await?
            .context("the venue is gone")?;
        for number in settled.next().through(venue.batches) {
            if let Some(batch) = chain.batch(args.venue, number).await? {
                println!(
                    "batch {number} settled: state root {}",
                    hex::encode(batch.state_root.0)
                );
            }
        }
        settled = venue.batches;
    }
    Ok(())
}
