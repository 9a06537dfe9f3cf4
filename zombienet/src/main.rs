//! Starts a network with an operator and prices, says where everything is, and leaves it running
//! until it is asked to end.

use anyhow::{Context, Result, bail};
use clearproof_network::{definition::Definition, nodes::Nodes, scene::Stage};
use clearproof_testing::{process::RunFolder, venue::Venue};
use std::time::Duration;
use tokio::signal::unix::{SignalKind, signal};

/// From one price of the replayed series to the next.
const INTERVAL: Duration = Duration::from_secs(9);

#[tokio::main]
async fn main() -> Result<()> {
    // The runner says much, and each node has a log of its own; what ends a run is its error.
    let filter = tracing_subscriber::EnvFilter::try_from_default_env();
    let filter = filter.unwrap_or_else(|_| "error".into());
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .init();
    let name = std::env::args().nth(1);
    let definition = match name.as_deref() {
        None | Some("four") => Definition::Four,
        Some("two") => Definition::Two,
        Some(other) => {
            bail!("no network is called {other}: use four, which is the default, or two")
        }
    };
    let folder = RunFolder::new(None)?;
    run(definition, &folder).await.map_err(|error| {
        let folder = folder.keep();
        error.context(format!("logs are kept in {}", folder.display()))
    })
}

/// Runs until it is asked to end, or until something fails.
async fn run(definition: Definition, folder: &RunFolder) -> Result<()> {
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    let ending = async {
        tokio::select! {
            _ = interrupt.recv() => (),
            _ = terminate.recv() => (),
        }
    };
    tokio::pin!(ending);
    let (stage, mut venue) = tokio::select! {
        started = start(definition, folder) => started?,
        () = &mut ending => return Ok(()),
    };
    print(&stage.nodes, definition, &venue)?;
    let replay = Venue::replay(venue.price.clone(), INTERVAL);
    tokio::select! {
        // The request may have reached the operator too, so it comes first.
        biased;
        () = ending => (),
        error = venue.ended() => return Err(error),
        never = replay => match never? {},
    }
    println!("Ending.");
    venue.stop_operator().await?;
    stage.nodes.end().await
}

async fn start(definition: Definition, folder: &RunFolder) -> Result<(Stage, Venue)> {
    println!("Starting the nodes; this takes a minute.");
    let stage = Stage::start(definition, folder.join("")).await?;
    println!("Founding a venue; proving keys that are missing are made first, which takes longer.");
    let venue = stage.venue().await?;
    venue.client().await?;
    Ok((stage, venue))
}

/// Says where everything is, and what can be done with it.
fn print(nodes: &Nodes, definition: Definition, venue: &Venue) -> Result<()> {
    let places = nodes.places()?;
    println!();
    for place in &places {
        println!("{:<9}{}   {}", place.name, place.rpc, place.metrics);
        println!("         {}", place.log.display());
    }
    println!(
        "operator {}   venue {}, through {}",
        venue.url(),
        venue.id,
        definition.gateway()
    );
    println!("         {}", venue.log().display());
    let gateway = places.iter().find(|p| p.name == definition.gateway());
    let gateway = &gateway.context("the network has no gateway")?.rpc;
    println!(
        "
The chain in a browser:  https://polkadot.js.org/apps/?rpc={gateway}#/explorer
Deposits:                custody.deposit({}, 0, AMOUNT, OWNER), signed by Eve or another well-known account
Order sets:              venue_submitOrderSet at {}, see docs/operator.md
Prices:                  EUR/USD is replayed, the others stand still; oracle members are Alice, Bob and Charlie

Ctrl-C ends everything and deletes this run's folder.",
        venue.id,
        venue.url()
    );
    Ok(())
}
