//! Errors of the set-up.

use thiserror::Error;

/// The reason why no key could be made.
#[derive(Debug, Error)]
pub enum SetupError {
    /// The operating system returned no random bytes.
    #[error("the operating system's random number generator: {0}")]
    Randomness(#[from] rand::Error),
    /// There is no domain for the circuit.
    #[error("no evaluation domain for {size} rows; the limit is 2^28")]
    Domain {
        /// Rows plus instance columns.
        size: usize,
    },
}
