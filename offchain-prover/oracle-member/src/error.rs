//! Errors that end a member's program.

use super::source::http::HttpError;
use clearproof_client::chain::ChainError;
use thiserror::Error;

/// The reason that the program ends.
#[derive(Debug, Error)]
pub enum FeedError {
    /// The web client cannot be set up.
    #[error(transparent)]
    Http(#[from] HttpError),
    /// The chain refuses for good, or the node is one of another chain.
    #[error(transparent)]
    Chain(#[from] ChainError),
    /// The key's account is not a member.
    #[error(
        "account 0x{0} is not a member of the oracle: have it added by governance, or use the member's key"
    )]
    NotMember(String),
    /// Only one round was to run, and feeds were left out of it.
    #[error("left out: {0}")]
    Incomplete(String),
    /// Only one round was to run, and the node does not answer.
    #[error("the node does not answer within {0} s")]
    NoNode(u64),
    /// Only one round was to run, and the program was stopped before its end.
    #[error("ended before the round was fed")]
    Interrupted,
    /// Values could not be written to standard output.
    #[error("standard output: {0}")]
    Output(std::io::Error),
}
