//! `demo`: the whole product in one run.

use anyhow::{Context, Result};
use clap::{Args as ClapArgs, ValueEnum};
use clearproof_bench::bars::Bars;
use clearproof_demo::{self, DemoConfig};
use clearproof_groth16::BackendKind;
use clearproof_primitives::{ids::CircuitId, shape::Shape, time::Millis};
use clearproof_proving::default_key_folder;
use std::{path::PathBuf, sync::Arc};

/// Circuits that the development chain registers at genesis.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Circuit {
    /// The protocol's reference shape.
    Reference,
    /// Few and small steps, proven in a second: for a quick look.
    Small,
}

/// Options of `demo`.
#[derive(ClapArgs)]
pub struct Args {
    /// Number of traders: makers and takers in turn; the last one uses as much leverage as margin
    /// allows.
    #[arg(long, default_value_t = 16, value_parser = clap::value_parser!(u16).range(3..=250))]
    traders: u16,
    /// Number of batches to settle after those that only take deposits.
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u64).range(1..=60))]
    batches: u64,
    /// CSV file of prices with the columns `timestamp` and `close` [default: 5,000 hours of
    /// EUR/USD]
    #[arg(long)]
    prices: Option<PathBuf>,
    /// Instrument of the development chain whose prices are replayed.
    #[arg(long, default_value = "EUR/USD")]
    instrument: String,
    /// Seed of the traders' decisions.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// The node's program.
    #[arg(long, env = "CLEARPROOF_NODE")]
    node_binary: PathBuf,
    /// Folder of the proving keys [default: `CLEARPROOF_KEYS`, else `~/.cache/clearproof/keys`]
    #[arg(long)]
    keys: Option<PathBuf>,
    /// Proving backend: ark, cpu, cuda or icicle; auto for the fastest available.
    #[arg(long, env = "CLEARPROOF_BACKEND", default_value_t)]
    backend: BackendKind,
    /// New or empty folder for databases and logs, kept after the run.
    #[arg(long)]
    keep: Option<PathBuf>,
    /// Shape of the circuits.
    #[arg(long, value_enum, default_value = "reference")]
    shape: Circuit,
}

pub fn run(args: Args) -> Result<()> {
    // These numbers are the runtime's circuit numbers in development.
    let (circuit, shape, batch_ms) = match args.shape {
        Circuit::Reference => (1, Shape::REFERENCE, 20_000),
        Circuit::Small => (2, Shape::SMALL, 10_000),
    };
    let config = DemoConfig {
        traders: args.traders,
        batches: args.batches,
        prices: args.prices,
        instrument: args.instrument,
        seed: args.seed,
        node: args.node_binary,
        prover: std::env::current_exe().context("this program's own path")?,
        keys: args.keys.unwrap_or_else(default_key_folder),
        backend: args.backend,
        progress: Arc::new(Bars::new("proving keys")),
        keep: args.keep,
        circuit: CircuitId::new(circuit),
        shape,
        batch_ms: Millis::new(batch_ms),
    };
    let runtime = tokio::runtime::Runtime::new().context("starting the runtime")?;
    let report = runtime.block_on(clearproof_demo::run(config));
    // After an interruption keys may still be loading. This returns without waiting for them.
    runtime.shutdown_background();
    let report = report?;
    println!("{}", report.render());
    clearproof_demo::verdict(&report)
}
