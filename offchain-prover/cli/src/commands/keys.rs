//! `keys`: makes proving keys, exports the development chain's verifying keys, and exports work for
//! other provers.

mod export;

use anyhow::{Context, Result};
use clearproof_bench::{ShapeName, bars::Bars};
use clearproof_groth16::{BackendKind, KeyStore, Origin};
use clearproof_proving::{BatchProver, VerifyingKeys, circuits, default_key_folder};
use std::{
    fs,
    path::{Path, PathBuf},
};

/// Subcommands of `keys`.
#[derive(clap::Subcommand)]
pub enum Command {
    /// Makes the development keys of a shape, or loads existing ones, and prints their place.
    Development {
        /// Shape of the circuits.
        #[arg(long, value_enum, default_value = "reference")]
        shape: ShapeName,
    },
    /// Makes keys of your own, forgets their secret randomness, and writes the verifying keys to
    /// register on a chain. The maker could have kept the randomness and could then forge proofs,
    /// so everybody else has to trust the maker. Existing keys are kept.
    SingleParty {
        /// Shape of the circuits.
        #[arg(long, value_enum, default_value = "reference")]
        shape: ShapeName,
        /// Folder for the verifying keys.
        #[arg(long)]
        out: PathBuf,
    },
    /// Checks the keys of a shape: digests, coordinates, and whether every point lies on its curve
    /// and in its subgroup.
    Check {
        /// Shape of the circuits.
        #[arg(long, value_enum, default_value = "reference")]
        shape: ShapeName,
        /// Checks the keys made with `single-party` instead of the development keys.
        #[arg(long)]
        single_party: bool,
    },
    /// Writes the development verifying keys that the chain's presets hold.
    ExportDev {
        /// Folder to write to.
        #[arg(long, default_value = "runtime/dev-keys")]
        out: PathBuf,
    },
    /// Writes a circuit, the assignment of a real batch, the development key and a proof in the
    /// formats of circom's tools: `.r1cs`, `.wtns`, `.zkey` and snarkjs' JSON. Other provers can
    /// then be given the same work.
    Export(export::Args),
}

/// Shapes whose development keys the chain's presets register.
const EXPORTED: [ShapeName; 2] = [ShapeName::Reference, ShapeName::Small];

/// Makes or loads both keys of a shape and writes the verifying keys to `out`.
fn write_verifying_keys(
    store: &KeyStore,
    shape: ShapeName,
    origin: Origin,
    name: &'static str,
    out: &Path,
) -> Result<()> {
    fs::create_dir_all(out).with_context(|| out.display().to_string())?;
    let prover = BatchProver::load(
        &shape.shape(),
        store,
        origin,
        BackendKind::Cpu,
        &Bars::new(name),
    )?;
    let VerifyingKeys { chunk, closing } = prover.verifying_keys();
    for (circuit, bytes) in [("chunk", chunk), ("closing", closing)] {
        let path = out.join(format!("{name}-{circuit}.vk"));
        fs::write(&path, bytes).with_context(|| path.display().to_string())?;
        println!("{}", path.display());
    }
    Ok(())
}

pub fn run(command: Command) -> Result<()> {
    let store = KeyStore::new(default_key_folder());
    match command {
        Command::Development { shape } => {
            BatchProver::load(
                &shape.shape(),
                &store,
                Origin::Development,
                BackendKind::Cpu,
                &Bars::new("development keys"),
            )?;
            println!("{}", default_key_folder().display());
            Ok(())
        }
        Command::SingleParty { shape, out } => {
            write_verifying_keys(&store, shape, Origin::SingleParty, shape.name(), &out)
        }
        Command::Check {
            shape,
            single_party,
        } => {
            let origin = if single_party {
                Origin::SingleParty
            } else {
                Origin::Development
            };
            let pair = circuits(&shape.shape())?;
            for circuit in [pair.chunk.circuit, pair.closing.circuit] {
                let path = store.check(&circuit, origin, &Bars::new(circuit.id().name()))?;
                println!("{}: sound", path.display());
            }
            Ok(())
        }
        Command::ExportDev { out } => EXPORTED.into_iter().try_for_each(|shape| {
            write_verifying_keys(&store, shape, Origin::Development, shape.name(), &out)
        }),
        Command::Export(args) => export::run(args),
    }
}
