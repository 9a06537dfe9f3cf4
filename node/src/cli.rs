//! The command line.

use sc_cli::RunCmd;
use std::path::PathBuf;

/// Arguments of the program: a subcommand, or those of a running node.
#[derive(Debug, clap::Parser)]
pub struct Cli {
    /// The subcommand. Without one, the program runs a node.
    #[command(subcommand)]
    pub subcommand: Option<Subcommand>,

    /// The settings of a running node.
    #[clap(flatten)]
    pub run: RunCmd,
}

/// An upgrade to rehearse.
#[derive(Debug, clap::Args)]
pub struct TryUpgrade {
    /// File with the chain's state, as written by `export-state`; or dev or local, for their
    /// genesis.
    #[arg(long)]
    pub chain: String,

    /// The new runtime: compact, compressed wasm, built with the feature `try-runtime`.
    #[arg(long)]
    pub runtime: PathBuf,
}

/// The destination of the template.
#[derive(Debug, clap::Args)]
pub struct ChainSpecTemplateCmd {
    /// File to write; standard output if left out.
    #[arg(long)]
    pub output: Option<PathBuf>,
}

/// The subcommands.
#[derive(Debug, clap::Subcommand)]
pub enum Subcommand {
    /// Make and inspect keys.
    #[command(subcommand)]
    Key(sc_cli::KeySubcommand),

    /// Write a chain specification (`--chain dev`, `local` or a file) to standard output or a file.
    ExportChainSpec(sc_cli::ExportChainSpecCmd),

    /// Write the template of a public chain's specification, to be filled in.
    ChainSpecTemplate(ChainSpecTemplateCmd),

    /// Check a block.
    CheckBlock(sc_cli::CheckBlockCmd),

    /// Write blocks to a file.
    ExportBlocks(sc_cli::ExportBlocksCmd),

    /// Write the state at a block as a chain specification.
    ExportState(sc_cli::ExportStateCmd),

    /// Read blocks from a file.
    ImportBlocks(sc_cli::ImportBlocksCmd),

    /// Rehearse an upgrade: show the effect of a new runtime on a chain's state, as written by
    /// `export-state`.
    TryUpgrade(TryUpgrade),

    /// Delete the chain's database.
    PurgeChain(sc_cli::PurgeChainCmd),

    /// Take the chain back by a number of blocks that are not final.
    Revert(sc_cli::RevertCmd),

    /// Show what the database holds of the chain.
    ChainInfo(sc_cli::ChainInfoCmd),

    /// Measure the weights of pallets and of the machine.
    #[cfg(feature = "runtime-benchmarks")]
    #[command(subcommand)]
    Benchmark(Box<frame_benchmarking_cli::BenchmarkCmd>),
}
