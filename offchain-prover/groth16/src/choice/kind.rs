//! Kinds of backends, as users request them.

use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};
use thiserror::Error;

/// The backend that a user requests.
#[derive(
    Clone,
    Copy,
    Debug,
    Default,
    PartialEq,
    Eq,
    Hash,
    Serialize,
    Deserialize
)]
#[serde(rename_all = "lowercase")]
pub enum BackendKind {
    /// The fastest one available.
    #[default]
    Auto,
    /// The reference: arkworks.
    Ark,
    /// The tuned CPU backend.
    Cpu,
    /// A device, through our own library for CUDA.
    Cuda,
    /// A device, through ICICLE.
    Icicle,
}

impl BackendKind {
    /// The names of all kinds.
    pub const NAMES: [&'static str; 5] = ["auto", "ark", "cpu", "cuda", "icicle"];

    /// The kind's name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Ark => "ark",
            Self::Cpu => "cpu",
            Self::Cuda => "cuda",
            Self::Icicle => "icicle",
        }
    }
}

impl fmt::Display for BackendKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// There is no such kind.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[error("backend {0:?}: use auto, ark, cpu, cuda or icicle")]
pub struct UnknownBackend(String);

impl FromStr for BackendKind {
    type Err = UnknownBackend;

    fn from_str(text: &str) -> Result<Self, UnknownBackend> {
        [Self::Auto, Self::Ark, Self::Cpu, Self::Cuda, Self::Icicle]
            .into_iter()
            .find(|kind| kind.name() == text)
            .ok_or_else(|| UnknownBackend(text.to_owned()))
    }
}
