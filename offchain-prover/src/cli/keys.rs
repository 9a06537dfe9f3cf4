//! `keys`: makes proving keys and exports the development chain's verifying keys.

use super::ShapeName;
use anyhow::{Context, Result};
use clearproof_groth16::{Bars, KeyStore, Origin};
use clearproof_prover::proving::{default_key_folder, BatchProver};
use std::{fs, path::PathBuf};

/// Subcommands of `keys`.
#[derive(clap::Subcommand)]
pub enum Command {
    /// Makes the development keys of a shape, or loads them if they are there, and says where they are.
    Development {
        /// Which shape.
        #[arg(long, value_enum, default_value = "reference")]
        shape: ShapeName,
    },
    /// Writes the development verifying keys that the chain's presets hold.
    ExportDev {
        /// Folder to write to.
        #[arg(long, default_value = "runtime/dev-keys")]
        out: PathBuf,
    },
}

/// Shapes whose development keys the chain's presets register.
const EXPORTED: [(ShapeName, &str); 2] = [
    (ShapeName::Reference, "reference"),
    (ShapeName::Small, "small"),
];

pub fn run(command: Command) -> Result<()> {
    let store = KeyStore::new(default_key_folder());
    match command {
        Command::Development { shape } => {
            BatchProver::load(
                &shape.shape(),
                &store,
                Origin::Development,
                &Bars::new("development keys"),
            )?;
            println!("{}", default_key_folder().display());
        }
        Command::ExportDev { out } => {
            fs::create_dir_all(&out).with_context(|| out.display().to_string())?;
            for (shape, name) in EXPORTED {
                let prover = BatchProver::load(
                    &shape.shape(),
                    &store,
                    Origin::Development,
                    &Bars::new(name),
                )?;
                let (chunk, closing) = prover.verifying_keys();
                for (circuit, bytes) in [("chunk", chunk), ("closing", closing)] {
                    let path = out.join(format!("{name}-{circuit}.vk"));
                    fs::write(&path, bytes).with_context(|| path.display().to_string())?;
                    println!("{}", path.display());
                }
            }
        }
    }
    Ok(())
}
