//! Why a member does not feed.

use super::source::http::HttpError;
use clearproof_client::chain::ChainError;
use thiserror::Error;

/// Why the program ends.
#[derive(Debug, Error)]
pub enum FeedError {
    /// The web client cannot be set up.
    #[error(transparent)]
    Http(#[from] HttpError),
    /// The chain refuses for good, or is another one.
    #[error(transparent)]
    Chain(#[from] ChainError),
    /// The key is not a member's.
    #[error(
        "account 0x{0} is not a member of the oracle: have it added by governance, or use the member's key"
    )]
    NotMember(String),
    /// One round was asked for, and feeds were left out of it.
    #[error("left out: {0}")]
    Incomplete(String),
    /// One round was asked for, and the node does not answer.
    #[error("the node does not answer within {0} s")]
    NoNode(u64),
    /// One round was asked for, and then its end.
    #[error("ended before the round was fed")]
    Interrupted,
    /// Values could not be written to standard output.
    #[error("standard output: {0}")]
    Output(std::io::Error),
}
