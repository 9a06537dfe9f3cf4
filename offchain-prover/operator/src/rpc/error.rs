//! Refusals on the wire. Malformed parameters are JSON-RPC's `-32602`, with the field and its limit
//! as `data`. All other refusals have a code of their own and `data.name`, a name for programs.

use crate::commands::Refusal;
use clearproof_client::rpc::error::{BUSY, NOT_FOUND, REFUSED, UNAVAILABLE, named};
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
    named(NOT_FOUND, "NoAccount", message)
}

impl From<Refusal> for ErrorObjectOwned {
    fn from(refusal: Refusal) -> Self {
        match &refusal {
            Refusal::Engine(EngineError::OrderSet(error)) => invalid(format!("set.{error}")),
            // A later batch has room again.
            Refusal::Engine(error @ EngineError::BatchFull { .. }) => {
                named(BUSY, "BatchFull", error)
            }
            Refusal::Engine(error) => named(REFUSED, engine_name(error), error),
            Refusal::Busy => named(BUSY, "Busy", refusal),
            Refusal::Stopping => named(UNAVAILABLE, "Stopping", refusal),
            Refusal::Storage(reason) => {
                // Callers must not see paths of the operator's machine.
                tracing::error!(%reason, "the database failed");
                let message = "the operator's database fails: nothing was changed; try again later";
                named(UNAVAILABLE, "Storage", message)
            }
        }
    }
}

fn engine_name(error: &EngineError) -> &'static str {
    match error {
        EngineError::NoOpenBatch => "NoOpenBatch",
        EngineError::NoAccount(_) => "NoAccount",
        EngineError::OldSequence(_) => "OldSequence",
        EngineError::OtherVenue(_) => "OtherVenue",
        EngineError::Expired(_) => "Expired",
        EngineError::Signature(_) => "Signature",
        EngineError::Step(error) => step_name(error),
        EngineError::Range(_) => "Range",
        EngineError::Overdraw { .. } => "Overdraw",
        EngineError::SwitchTimeout(_) => "Silence",
        EngineError::UnknownReceiver => "UnknownReceiver",
        EngineError::OwnerHasAccount => "OwnerHasAccount",
        EngineError::Full(_) => "Full",
        // The other errors cannot follow from a trader's request.
        _ => "Engine",
    }
}

/// Names of the rules that an order set's request can break.
fn step_name(error: &StepError) -> &'static str {
    match error {
        StepError::OldSequence { .. } => "OldSequence",
        StepError::NotValid => "NotValid",
        StepError::TradingKey => "TradingKey",
        StepError::NeedsOwner => "NeedsOwner",
        StepError::FeeAboveMaximum => "FeeAboveMaximum",
        StepError::NegativeBalance(_) => "NegativeBalance",
        StepError::Range(_) => "Range",
        StepError::MarginRefused(_) | StepError::Margin(_) => "Margin",
        _ => "Step",
    }
}
