//! Refusals on the wire. Malformed parameters are JSON-RPC's `-32602`, with the field and its limit
//! as `data`. All other refusals have a code of their own and `data.name`, a name for programs.

use crate::commands::Refusal;
use clearproof_client::rpc::error::{
    BUSY, NOT_FOUND, REFUSED, RefusalName as Name, UNAVAILABLE, named,
};
use clearproof_engine::EngineError;
use clearproof_primitives::step::StepError;
use jsonrpsee::types::{ErrorObjectOwned, error::INVALID_PARAMS_CODE};

/// Returns the refusal of malformed parameters. `reason` names the field and its limit.
pub(super) fn invalid(reason: impl ToString) -> ErrorObjectOwned {
    ErrorObjectOwned::owned(
        INVALID_PARAMS_CODE,
        "Invalid params",
        Some(reason.to_string()),
    )
}

pub(super) fn no_account() -> ErrorObjectOwned {
    let message = "account: this key has none yet; it is opened once the venue has taken a first \
                   deposit to it";
    named(NOT_FOUND, Name::NoAccount, message)
}

impl From<Refusal> for ErrorObjectOwned {
    fn from(refusal: Refusal) -> Self {
        match &refusal {
            Refusal::Engine(EngineError::OrderSet(error)) => invalid(format!("set.{error}")),
            // A later batch has room again.
            Refusal::Engine(error @ EngineError::BatchFull { .. }) => {
                named(BUSY, Name::BatchFull, error)
            }
            Refusal::Engine(error) => named(REFUSED, engine_name(error), error),
            Refusal::Busy => named(BUSY, Name::Busy, refusal),
            Refusal::Stopping => named(UNAVAILABLE, Name::Stopping, refusal),
            Refusal::Storage(reason) => {
                // Callers must not see paths of the operator's machine.
                tracing::error!(%reason, "the database failed");
                let message = "the operator's database fails: nothing was changed; try again later";
                named(UNAVAILABLE, Name::Storage, message)
            }
        }
    }
}

fn engine_name(error: &EngineError) -> Name {
    match error {
        EngineError::NoOpenBatch => Name::NoOpenBatch,
        EngineError::NoAccount(_) => Name::NoAccount,
        EngineError::OldSequence(_) => Name::OldSequence,
        EngineError::OtherVenue(_) => Name::OtherVenue,
        EngineError::Expired(_) => Name::Expired,
        EngineError::Signature(_) => Name::Signature,
        EngineError::Step(error) => step_name(error),
        EngineError::Range(_) => Name::Range,
        EngineError::Overdraw { .. } => Name::Overdraw,
        EngineError::SwitchTimeout(_) => Name::Timeout,
        EngineError::UnknownReceiver => Name::UnknownReceiver,
        EngineError::OwnerHasAccount => Name::OwnerHasAccount,
        EngineError::Full(_) => Name::Full,
        // The other errors cannot follow from a trader's request.
        _ => Name::Engine,
    }
}

/// Names of the rules that an order set's request can break.
fn step_name(error: &StepError) -> Name {
    match error {
        StepError::OldSequence { .. } => Name::OldSequence,
        StepError::SequenceTooHigh { .. } => Name::SequenceTooHigh,
        StepError::Epoch { .. } => Name::Epoch,
        StepError::NotValid => Name::NotValid,
        StepError::TradingKey => Name::TradingKey,
        StepError::NeedsOwner => Name::NeedsOwner,
        StepError::NeedsHeir => Name::NeedsHeir,
        StepError::FeeAboveMaximum => Name::FeeAboveMaximum,
        StepError::NegativeBalance(_) => Name::NegativeBalance,
        StepError::Range(_) => Name::Range,
        StepError::MarginRefused(_) | StepError::Margin(_) => Name::Margin,
        _ => Name::Step,
    }
}
