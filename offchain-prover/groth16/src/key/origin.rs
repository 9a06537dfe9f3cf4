//! The origin of a key.

use std::fmt;

/// The origin of a key, which determines who knows its secrets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Origin {
    /// The secrets are public: they follow from the circuit's hash. **Insecure on purpose**; for
    /// development and tests, where all machines must have the same key. Only development chains
    /// accept it.
    Development,
    /// The secrets were drawn by one process from the operating system's generator and then
    /// dropped. Good only for those who trust that process and its machine.
    SingleParty,
}

impl Origin {
    /// True if anybody can forge proofs under keys of this origin.
    pub fn is_development(self) -> bool {
        self == Self::Development
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Development => "development",
            Self::SingleParty => "single-party",
        })
    }
}
