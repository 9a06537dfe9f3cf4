//! The command line.

mod calculators;
mod circuit_info;
mod crypto;
mod demo;
mod ending;
mod feed;
mod key;
mod keys;
mod operator;
mod period;
mod policy;
mod replay;

use anyhow::Result;
use clap::{Parser, Subcommand};
use clearproof_tools::calculators::{funding, liquidate, margin, price};

/// Operator, prover and tools of a Clearproof venue.
#[derive(Parser)]
#[command(version, about)]
pub struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Measures the promised numbers on real work and prints each beside its target.
    Bench(clearproof_bench::Args),
    /// Prints the size of both circuits.
    CircuitInfo(circuit_info::Args),
    /// Poseidon, EdDSA and keys on the command line: decimal strings, circomlib's encodings.
    #[command(subcommand)]
    Crypto(crypto::Command),
    /// Runs a chain, an operator and traders on this machine: real prices, proofs and money, then
    /// attacks.
    Demo(demo::Args),
    /// Runs a member of the oracle: reads prices and volatilities from several sources and feeds
    /// them to the chain.
    Feed(feed::Args),
    /// Proving and verifying keys.
    #[command(subcommand)]
    Keys(keys::Command),
    /// Runs a venue: takes order sets, runs the auctions, proves batches and settles them on the
    /// chain.
    Operator(operator::Args),
    /// Funding of clearing prices: JSON lines on standard input, see docs/calculators.md.
    Funding,
    /// The part of a portfolio below maintenance margin that is closed: JSON lines as for `margin`.
    Liquidate,
    /// Margin of portfolios: JSON lines on standard input, see docs/calculators.md.
    Margin,
    /// Runs recorded prices or order flow through the engine; the books must balance after each
    /// batch.
    Replay(replay::Args),
    /// The risk policy: shows it and the effect of a change, proposes changes and votes on them.
    #[command(subcommand)]
    Policy(policy::Command),
    /// Values of options: JSON lines on standard input, see docs/calculators.md.
    Price,
}

impl Cli {
    /// Runs the command.
    pub fn run(self) -> Result<()> {
        match self.command {
            Command::Bench(args) => clearproof_bench::run(args),
            Command::CircuitInfo(args) => circuit_info::run(args),
            Command::Crypto(command) => crypto::run(command),
            Command::Demo(args) => demo::run(args),
            Command::Feed(args) => feed::run(args),
            Command::Keys(command) => keys::run(command),
            Command::Operator(args) => operator::run(args),
            Command::Replay(args) => replay::run(args),
            Command::Funding => calculators::run(funding::answer),
            Command::Liquidate => calculators::run(liquidate::answer),
            Command::Margin => calculators::run(margin::answer),
            Command::Policy(command) => policy::run(command),
            Command::Price => calculators::run(price::answer),
        }
    }
}
