//! The command line.

mod bench;
mod circuit_info;
mod crypto;
mod keys;

use anyhow::Result;
use clap::{Parser, Subcommand, ValueEnum};
use clearproof_primitives::shape::Shape;

/// Operator, prover and tools of a Clearproof venue.
#[derive(Parser)]
#[command(version, about)]
pub struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// The promised numbers, each beside its target, from real work.
    Bench(bench::Args),
    /// Size of both circuits.
    CircuitInfo(circuit_info::Args),
    /// Poseidon, EdDSA and keys on the command line: decimal strings, circomlib's encodings.
    #[command(subcommand)]
    Crypto(crypto::Command),
    /// Proving and verifying keys.
    #[command(subcommand)]
    Keys(keys::Command),
}

/// Shapes that have a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ShapeName {
    /// The protocol's reference shape.
    Reference,
    /// Few and small steps on the reference market.
    Small,
    /// The smallest, for tests without a chain.
    Tiny,
}

impl ShapeName {
    /// The shape.
    pub fn shape(self) -> Shape {
        match self {
            Self::Reference => Shape::REFERENCE,
            Self::Small => Shape::SMALL,
            Self::Tiny => Shape::TINY,
        }
    }
}

impl Cli {
    /// Runs the command.
    pub fn run(self) -> Result<()> {
        match self.command {
            Command::Bench(args) => bench::run(args),
            Command::CircuitInfo(args) => circuit_info::run(args),
            Command::Crypto(command) => crypto::run(command),
            Command::Keys(command) => keys::run(command),
        }
    }
}
