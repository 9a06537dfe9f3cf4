//! The errors that prevent an operator from starting, or stop it.

use clearproof_client::chain::ChainError;
use clearproof_primitives::{
    batch::PROTOCOL_VERSION,
    ids::{BatchNumber, CircuitId, VenueId},
};
use std::path::PathBuf;

/// The reason that an operator stops. It waits instead for every problem that passes by itself.
#[derive(Debug, thiserror::Error)]
pub enum OperatorError {
    /// A setting is out of its range.
    #[error("{name}: {given}, but must be {limit}")]
    Setting {
        /// The setting.
        name: &'static str,
        /// The value that was given.
        given: u64,
        /// The range that is allowed.
        limit: &'static str,
    },
    /// The metrics cannot be served.
    #[error("metrics: {0}")]
    Metrics(String),
    /// The chain does not know the venue.
    #[error("venue {0} does not exist on this chain: create it, or check --venue and --node")]
    UnknownVenue(VenueId),
    /// The account may not submit for the venue.
    #[error(
        "account 0x{account} is no operator of venue {venue}: its owner must appoint it, or give \
         another --suri"
    )]
    NotOperator {
        /// The venue.
        venue: VenueId,
        /// The account's public key.
        account: String,
    },
    /// The database cannot be used.
    #[error("database {path}: {problem}")]
    Database {
        /// Its file.
        path: PathBuf,
        /// The problem.
        problem: String,
    },
    /// The database belongs to another venue, chain or format.
    #[error(
        "database: {what} is {stored}, but {expected} is asked for: give the right --data folder"
    )]
    OtherVenue {
        /// The property that differs.
        what: &'static str,
        /// Its value in the database.
        stored: String,
        /// Its value on the chain or the command line.
        expected: String,
    },
    /// The books do not follow the chain.
    #[error("the books in the database are not those of the chain: {0}")]
    Diverged(String),
    /// Written data cannot be used.
    #[error("database: {what}: {problem}: restore the folder from a backup")]
    Corrupt {
        /// The data.
        what: String,
        /// The problem.
        problem: String,
    },
    /// The engine refuses an input that it must accept.
    #[error("{0}")]
    Engine(#[from] super::journal::InputError),
    /// The chain.
    #[error("chain: {0}")]
    Chain(#[from] ChainError),
    /// The circuit of a batch is of another version of the protocol.
    #[error(
        "batch {batch} is proven with circuit {circuit}, which is of protocol version {version}: \
         use the operator of that version, this one proves version {PROTOCOL_VERSION}"
    )]
    Version {
        /// The batch.
        batch: BatchNumber,
        /// The registered circuit.
        circuit: CircuitId,
        /// Its version.
        version: u16,
    },
    /// The folder's keys are not those with which the chain checks a batch.
    #[error(
        "batch {batch} is checked with the keys of circuit {circuit}, and those in {} and {} are \
         others: put the files there that belong to the registered verifying keys, or use the \
         version of this program whose circuits they are of",
        chunk.display(), closing.display()
    )]
    Keys {
        /// The batch.
        batch: BatchNumber,
        /// The registered circuit.
        circuit: CircuitId,
        /// The chunk circuit's proving key.
        chunk: PathBuf,
        /// The closing circuit's proving key.
        closing: PathBuf,
    },
    /// Proofs cannot be made.
    #[error("prover: {0}")]
    Prover(String),
    /// Several batches in a row were refused.
    #[error(
        "{count} batches in a row were refused, last batch {number}: {reason}; the books are back \
         at the last final batch: remove the cause, then start the operator again"
    )]
    Refused {
        /// Number of refusals since a batch was settled.
        count: u32,
        /// The last refused batch.
        number: BatchNumber,
        /// The chain's reason.
        reason: String,
    },
    /// The server for traders cannot be started.
    #[error("{0}")]
    Listen(#[from] super::rpc::ServeError),
    /// A thread or task ended too early.
    #[error("{0} ended unexpectedly: see the log")]
    Ended(&'static str),
}
