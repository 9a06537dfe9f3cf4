//! `operator`: runs a venue.

use crate::commands::{ending::asked_to_end, key::Key};
use anyhow::{Context, Result};
use clearproof_bench::bars::Bars;
use clearproof_groth16::BackendKind;
use clearproof_operator::{self, Config, Timing};
use clearproof_primitives::{ids::VenueId, time::Millis};
use clearproof_proving::default_key_folder;
use std::{net::SocketAddr, path::PathBuf, sync::Arc};

/// Options of `operator`.
#[derive(clap::Args)]
pub struct Args {
    /// URL of the node's JSON-RPC.
    #[arg(long, default_value = "ws://127.0.0.1:9944")]
    node: String,
    /// Number of the venue on the chain.
    #[arg(long)]
    venue: VenueId,
    #[command(flatten)]
    key: Key,
    /// Folder of the database; one per venue. It must stay private: a reader sees all accounts and
    /// can forge receipts.
    #[arg(long)]
    data: PathBuf,
    /// Address that traders connect to.
    #[arg(long, default_value = "127.0.0.1:9955")]
    listen: SocketAddr,
    /// Address at which Prometheus finds metrics; without it, no metrics are served.
    #[arg(long)]
    metrics: Option<SocketAddr>,
    /// Folder of the proving keys [default: `CLEARPROOF_KEYS`, else `~/.cache/clearproof/keys`]
    #[arg(long)]
    keys: Option<PathBuf>,
    /// Proving backend: ark, cpu, cuda or icicle; auto for the fastest available.
    #[arg(long, env = "CLEARPROOF_BACKEND", default_value_t)]
    backend: BackendKind,
    /// Milliseconds from one auction to the next, 100 to 1,000.
    #[arg(long, default_value_t = Timing::default().auction_interval_ms)]
    auction_interval_ms: Millis,
    /// A batch is closed this many milliseconds after its first account step.
    #[arg(long, default_value_t = Timing::default().batch_ms)]
    batch_ms: Millis,
    /// A batch is closed at this many account steps.
    #[arg(long, default_value_t = Timing::default().batch_steps)]
    batch_steps: usize,
    /// Number of closed batches that may wait for proof and finality before trading pauses.
    #[arg(long, default_value_t = Timing::default().max_pending)]
    max_pending: usize,
}

pub fn run(args: Args) -> Result<()> {
    let config = Config {
        node: args.node,
        venue: args.venue,
        signer: args.key.load()?,
        data: args.data,
        listen: args.listen,
        metrics: args.metrics,
        keys: args.keys.unwrap_or_else(default_key_folder),
        backend: args.backend,
        progress: Arc::new(Bars::new("proving keys")),
        timing: Timing {
            auction_interval_ms: args.auction_interval_ms,
            batch_ms: args.batch_ms,
            batch_steps: args.batch_steps,
            max_pending: args.max_pending,
        },
    };
    let runtime = tokio::runtime::Runtime::new().context("starting the async runtime")?;
    let result = runtime.block_on(async {
        let ending = asked_to_end()?;
        Ok::<_, anyhow::Error>(clearproof_operator::run(config, ending).await?)
    });
    runtime.shutdown_background();
    result
}
