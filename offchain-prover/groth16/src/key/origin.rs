//! Where a key came from.

use std::fmt;

/// Who knows, or knew, the secrets behind a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Origin {
    /// Everybody: the secrets follow from the circuit's hash. **Insecure on purpose**; for development and tests,
    /// where all machines shall have the same key. Refused by chains other than development chains.
    Development,
    /// Whoever ran the set-up: one process drew the secrets from the operating system's generator and forgot
    /// them. Good only for those who trust that process and its machine.
    SingleParty,
}

impl Origin {
    /// Whether anybody can forge proofs under keys of this origin.
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
