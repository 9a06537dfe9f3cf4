//! Errors between a client and the chain.

use subxt::error::{
    BackendError, BlockError, EventsError, ExtrinsicDecodeErrorAt, ExtrinsicError,
    OnlineClientAtBlockError, RuntimeApiError, StorageError, TransactionEventsError,
    TransactionProgressError,
};

/// The reason that a call to the chain failed.
#[derive(Debug, thiserror::Error)]
pub enum ChainError {
    /// The node did not answer, or the answer makes no sense. Another attempt may succeed.
    #[error("node: {0}")]
    Node(String),
    /// The address is not one of a node.
    #[error("node URL {0}: must begin with ws:// or wss://")]
    Url(String),
    /// The node at the address belongs to another chain now.
    #[error("the node is of another chain now, genesis 0x{0}: check its address and chain")]
    OtherChain(String),
    /// The call was executed and refused. Nothing changed but the fee that was paid.
    #[error("{pallet}: {error}: {text}")]
    Refused {
        /// Pallet, such as `Settlement`.
        pallet: String,
        /// Name of the error, such as `StaleRoot`.
        error: String,
        /// The pallet's description of it.
        text: String,
    },
    /// The pool refuses the transaction.
    #[error("transaction not accepted: {0}")]
    Invalid(String),
    /// The transaction left the pool without getting into a block, or was not final in time.
    #[error("transaction dropped: {0}")]
    Dropped(String),
    /// The runtime speaks another version of the protocol.
    #[error(
        "{what}: the runtime's answer does not decode ({error}): use a prover of the runtime's version"
    )]
    Decode {
        /// The answer.
        what: String,
        /// The place at which it does not fit.
        error: codec::Error,
    },
    /// The node runs another runtime.
    #[error(
        "the node runs the runtime {runtime}, this client speaks to {client}: check the node's \
         address"
    )]
    OtherRuntime {
        /// Name of the node's runtime.
        runtime: String,
        /// Name of the runtime that this client speaks to.
        client: &'static str,
    },
    /// The runtime speaks another version of one of its interfaces than this client.
    #[error(
        "the runtime speaks {} of {interface}, this client version {client}: use a client of the \
         runtime's version", version_or_none(*.runtime)
    )]
    OtherVersion {
        /// The interface, such as `ClearproofApi`.
        interface: &'static str,
        /// The runtime's version of it; none if it has no such interface.
        runtime: Option<u32>,
        /// The version that this client speaks.
        client: u32,
    },
    /// The runtime lacks what was requested.
    #[error("{0}: use a prover of the runtime's version")]
    Missing(String),
}

impl ChainError {
    /// Returns a name for programs: the pallet's name of a refusal, such as `StaleRoot`, or else
    /// the error's, such as `Node`. Names of errors never change.
    pub fn name(&self) -> &str {
        match self {
            Self::Node(_) => "Node",
            Self::Url(_) => "Url",
            Self::OtherChain(_) => "OtherChain",
            Self::Refused { error, .. } => error,
            Self::Invalid(_) => "Invalid",
            Self::Dropped(_) => "Dropped",
            Self::Decode { .. } => "Decode",
            Self::OtherRuntime { .. } => "OtherRuntime",
            Self::OtherVersion { .. } => "OtherVersion",
            Self::Missing(_) => "Missing",
        }
    }
}

fn version_or_none(version: Option<u32>) -> String {
    version.map_or("no version".into(), |version| format!("version {version}"))
}

macro_rules! node_errors {
    ($($error:ty),*) => {
        $(impl From<$error> for ChainError {
            fn from(error: $error) -> Self {
                Self::Node(error.to_string())
            }
        })*
    };
}

node_errors!(
    BackendError,
    BlockError,
    EventsError,
    ExtrinsicDecodeErrorAt,
    OnlineClientAtBlockError,
    RuntimeApiError,
    TransactionEventsError,
    TransactionProgressError
);

impl From<subxt::rpcs::Error> for ChainError {
    fn from(error: subxt::rpcs::Error) -> Self {
        Self::Node(error.to_string())
    }
}

impl From<StorageError> for ChainError {
    fn from(error: StorageError) -> Self {
        match error {
            StorageError::CannotFetchValue(_) => Self::Node(error.to_string()),
            _ => Self::Missing(error.to_string()),
        }
    }
}

impl From<ExtrinsicError> for ChainError {
    fn from(error: ExtrinsicError) -> Self {
        use subxt::{error::RpcError, rpcs::Error as Rpcs};
        match &error {
            // The node answered, and refused the transaction.
            ExtrinsicError::ErrorSubmittingTransaction(BackendError::Rpc(
                RpcError::ClientError(Rpcs::User(user)),
            )) => Self::Invalid(user.to_string()),
            ExtrinsicError::TransactionStatusError(status) => Self::Invalid(status.to_string()),
            _ => Self::Node(error.to_string()),
        }
    }
}
