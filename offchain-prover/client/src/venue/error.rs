//! Errors between a client and a venue's operator.

use crate::{
    BuildError,
    rpc::{
        error::{ErrorData, RefusalName},
        receipt::ReceiptError,
    },
};
use jsonrpsee::{
    core::ClientError,
    types::{ErrorObjectOwned, error::INVALID_PARAMS_CODE},
};

/// The fate of an order set whose answer was lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The operator accepted it: it is the account's live set, or was used last. There is no
    /// receipt for it.
    Accepted,
    /// The operator does not hold it. A request that is still on its way may yet arrive: send the
    /// same set again, which the operator accepts at most once, or one with a higher sequence.
    NotAccepted,
    /// Unknown: the operator cannot be reached, or holds another set with the same sequence or a
    /// higher one.
    Unknown,
}

/// An error between a client and a venue's operator.
#[derive(Debug, thiserror::Error)]
pub enum VenueError {
    /// The operator refused the request. Nothing changed.
    #[error("{}", describe(.0))]
    Refused(ErrorObjectOwned),
    /// The operator did not answer, or the answer makes no sense. The request changed nothing.
    #[error("the operator cannot be reached: {0}")]
    Connection(ClientError),
    /// The answer to an order set was lost.
    #[error("the operator's answer to the order set was lost ({cause}): {}", tell(.outcome))]
    AnswerLost {
        /// The fate of the order set.
        outcome: Outcome,
        /// The error with which the answer was lost.
        cause: ClientError,
    },
    /// The operator serves another venue or chain, or is another operator than at first.
    #[error("the operator serves {field} {given}, not {expected}: check its address")]
    OtherVenue {
        /// `genesis`, `venue`, `shape` or `receiptKey`.
        field: &'static str,
        /// The operator's value.
        given: String,
        /// The value that was expected.
        expected: String,
    },
    /// The operator's receipt key is not a key.
    #[error("status.receiptKey: is not an Ed25519 key")]
    ReceiptKey,
    /// The receipt is not valid: the operator may deny that it accepted the order set.
    #[error("{0}: the operator may deny that it accepted the order set")]
    Receipt(#[from] ReceiptError),
    /// The order set cannot be signed. Nothing was sent.
    #[error(transparent)]
    Build(#[from] BuildError),
}

/// Returns the message, or for malformed parameters what is wrong with them.
fn describe(error: &ErrorObjectOwned) -> String {
    let reason = error
        .data()
        .and_then(|data| serde_json::from_str::<String>(data.get()).ok());
    match reason {
        Some(reason) => format!("{}: {reason}", error.message()),
        None => error.message().into(),
    }
}

fn tell(outcome: &Outcome) -> &'static str {
    match outcome {
        Outcome::Accepted => "it was accepted, but there is no receipt",
        Outcome::NotAccepted => "it was not accepted",
        Outcome::Unknown => "whether it was accepted is unknown",
    }
}

impl From<ClientError> for VenueError {
    fn from(error: ClientError) -> Self {
        match error {
            ClientError::Call(refusal) => Self::Refused(refusal),
            other => Self::Connection(other),
        }
    }
}

impl VenueError {
    /// Returns the name of the operator's refusal, if it refused.
    pub fn refusal(&self) -> Option<RefusalName> {
        let Self::Refused(error) = self else {
            return None;
        };
        if error.code() == INVALID_PARAMS_CODE {
            return Some(RefusalName::InvalidParams);
        }
        let data = error.data().map(|data| data.get());
        let data = data.and_then(|data| serde_json::from_str::<ErrorData>(data).ok());
        Some(data.map_or(RefusalName::Other, |data| RefusalName::of(&data.name)))
    }

    /// Returns a name for programs: the refusal's, such as `OldSequence`, or else the error's, such
    /// as `Connection`. Names never change.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Refused(_) => self.refusal().unwrap_or(RefusalName::Other).as_str(),
            Self::Connection(_) => "Connection",
            Self::AnswerLost { .. } => "AnswerLost",
            Self::OtherVenue { .. } => "WrongOperator",
            Self::ReceiptKey => "ReceiptKey",
            Self::Receipt(_) => "Receipt",
            Self::Build(_) => "Build",
        }
    }

    /// Returns true if the same request may succeed in a moment.
    pub fn is_passing(&self) -> bool {
        match self {
            Self::Connection(_) => true,
            _ => self.refusal().is_some_and(RefusalName::is_passing),
        }
    }
}
