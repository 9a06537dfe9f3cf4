//! `feed`: runs a member of the oracle.

use crate::commands::{ending::asked_to_end, key::Key};
use anyhow::{Context, Result, ensure};
use clearproof_oracle_member::{self, Settings, Target};
use std::path::PathBuf;

/// Options of `feed`.
#[derive(clap::Args)]
pub struct Args {
    /// TOML file that says what is fed and where it is read, see docs/feeds.md.
    #[arg(long)]
    config: PathBuf,
    /// The node's JSON-RPC.
    #[arg(long, default_value = "ws://127.0.0.1:9944")]
    node: String,
    #[command(flatten)]
    key: Key,
    /// Feeds one round and ends, with an error if a feed was left out of it.
    #[arg(long)]
    once: bool,
    /// Prints what would be fed, as JSON lines, and speaks to no node; needs no key.
    #[arg(long)]
    dry_run: bool,
}

pub fn run(args: Args) -> Result<()> {
    let named = || format!("--config {}", args.config.display());
    let settings = Settings::read(&args.config).with_context(named)?;
    let target = if args.dry_run {
        Target::Print
    } else {
        ensure!(
            args.key.given(),
            "no key: give --key-file, or --suri, or set CLEARPROOF_SURI; or --dry-run"
        );
        Target::Chain {
            node: args.node,
            member: Box::new(args.key.load()?),
        }
    };
    let runtime = tokio::runtime::Runtime::new().context("starting the async runtime")?;
    let result = runtime.block_on(async {
        let ending = asked_to_end()?;
        Ok(clearproof_oracle_member::run(settings, target, args.once, ending).await?)
    });
    // A file that does not answer must not keep the program.
    runtime.shutdown_background();
    result
}
