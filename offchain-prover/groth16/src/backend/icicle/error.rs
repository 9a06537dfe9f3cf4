//! Errors of this backend.

use crate::backend::BackendError;

/// The backend's name.
pub(super) const NAME: &str = "icicle";

/// An error of this backend.
pub(super) fn error(operation: &'static str, reason: String) -> BackendError {
    BackendError {
        backend: NAME,
        operation,
        reason,
    }
}
