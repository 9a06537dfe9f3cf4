//! A circuit with its key and assignment, for measuring and exporting.

use crate::{ShapeName, bars::Bars, sample};
use anyhow::Result;
use ark_bn254::Fr;
use ark_ff::{One, Zero};
use clap::ValueEnum;
use clearproof_groth16::{Circuit, KeyStore, Origin, ProvingKey, synthetic};
use clearproof_proving::{circuits, default_key_folder};
use std::{
    fmt,
    path::{Path, PathBuf},
    str::FromStr,
    sync::Arc,
};
use tempfile::TempDir;

/// A circuit by its name on the command line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WorkName {
    /// The chunk circuit of a shape.
    Chunk(ShapeName),
    /// The closing circuit of a shape.
    Closing(ShapeName),
    /// A synthetic circuit of about two to this power constraints.
    Synthetic(u32),
}

/// Smallest and largest logarithm of a synthetic circuit's size.
const SYNTHETIC: std::ops::RangeInclusive<u32> = 4..=24;

impl FromStr for WorkName {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (kind, detail) = text.split_once(':').unwrap_or((text, ""));
        let shape = || match detail {
            "" => Ok(ShapeName::Reference),
            name => ShapeName::from_str(name, false)
                .map_err(|_| format!("no shape is called {name:?}: reference, small or tiny")),
        };
        match kind {
            "chunk" => Ok(Self::Chunk(shape()?)),
            "closing" => Ok(Self::Closing(shape()?)),
            "synthetic" => match detail.parse() {
                Ok(log) if SYNTHETIC.contains(&log) => Ok(Self::Synthetic(log)),
                _ => Err(format!(
                    "synthetic:{detail}: the number, a logarithm of the size, must be from {} to {}",
                    SYNTHETIC.start(),
                    SYNTHETIC.end()
                )),
            },
            _ => Err("use chunk, closing, chunk:small, synthetic:19 and the like".into()),
        }
    }
}

impl fmt::Display for WorkName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Chunk(shape) => write!(f, "chunk:{}", shape.name()),
            Self::Closing(shape) => write!(f, "closing:{}", shape.name()),
            Self::Synthetic(log) => write!(f, "synthetic:{log}"),
        }
    }
}

/// The folder that holds the keys.
pub enum Keys {
    /// A lasting folder, with all other keys.
    Kept(PathBuf),
    /// A temporary folder for this run.
    Temporary(TempDir),
}

impl Keys {
    /// Keeps keys of real circuits; those of synthetic circuits have no later use.
    pub fn of(name: &WorkName) -> Result<Self> {
        Ok(match name {
            WorkName::Synthetic(_) => Self::Temporary(tempfile::tempdir()?),
            _ => Self::given(),
        })
    }

    /// Returns the folder that the environment names, or the default one.
    pub fn given() -> Self {
        Self::Kept(default_key_folder())
    }

    /// Returns the folder.
    pub fn folder(&self) -> &Path {
        match self {
            Self::Kept(folder) => folder,
            Self::Temporary(folder) => folder.path(),
        }
    }
}

/// A circuit with its key and assignment.
pub struct Work {
    /// The circuit.
    pub circuit: Arc<Circuit>,
    /// Its development key.
    pub key: ProvingKey,
    /// Values of all columns, which satisfy the circuit.
    pub assignment: Vec<Fr>,
}

impl Work {
    /// Builds the circuit, computes the assignment, and loads or makes the key.
    pub fn load(name: &WorkName, keys: &Keys) -> Result<Self> {
        let (circuit, assignment) = match name {
            // With its instance columns, the circuit fills the domain.
            WorkName::Synthetic(log) => synthetic::circuit((1 << log) - 2)?,
            WorkName::Chunk(shape) => {
                let shape = shape.shape();
                (
                    circuits(&shape)?.chunk.circuit,
                    sample::chunk_assignment(&shape)?,
                )
            }
            WorkName::Closing(shape) => {
                let shape = shape.shape();
                (
                    circuits(&shape)?.closing.circuit,
                    sample::closing_assignment(&shape)?,
                )
            }
        };
        let store = KeyStore::new(keys.folder());
        let key = store.load_or_generate(&circuit, Origin::Development, &Bars::new("keys"))?;
        Ok(Self {
            circuit: Arc::new(circuit),
            key,
            assignment,
        })
    }

    /// Returns the share of the columns whose value is zero or one.
    pub fn boolean_share(&self) -> f64 {
        let boolean = |value: &&Fr| value.is_zero() || value.is_one();
        let count = self.assignment.iter().filter(boolean).count();
        count as f64 / self.assignment.len() as f64
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn names_come_back_and_wrong_ones_are_refused() {
        for (text, name) in [
            ("chunk", WorkName::Chunk(ShapeName::Reference)),
            ("chunk:small", WorkName::Chunk(ShapeName::Small)),
            ("closing:tiny", WorkName::Closing(ShapeName::Tiny)),
            ("synthetic:4", WorkName::Synthetic(4)),
            ("synthetic:24", WorkName::Synthetic(24)),
        ] {
            assert_eq!(text.parse(), Ok(name));
            assert_eq!(name.to_string().parse(), Ok(name));
        }
        for text in [
            "",
            "chunks",
            "chunk:huge",
            "synthetic",
            "synthetic:3",
            "synthetic:25",
        ] {
            assert!(text.parse::<WorkName>().is_err(), "{text:?}");
        }
    }
}
