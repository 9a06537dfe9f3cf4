//! Refusals on the wire. Malformed parameters are JSON-RPC's `-32602`, with the field and its limit as
//! `data`; every other refusal has a code of its own, and a name for programs in `data.name`.

use super::auth::AccessError;
use jsonrpsee::types::ErrorObjectOwned;
use serde::{Deserialize, Serialize};

/// The venue's rules refuse the order set.
pub const REFUSED: i32 = 1_000;
/// Not the owner, or not freshly signed.
pub const UNAUTHORISED: i32 = 1_001;
/// The account does not exist.
pub const NOT_FOUND: i32 = 1_002;
/// Too much at once: requests of this connection or of all, or withdrawals in the open batch.
pub const BUSY: i32 = 1_003;
/// The operator cannot answer: it stops, or its disk fails.
pub const UNAVAILABLE: i32 = 1_004;

/// What `data` of an error other than `-32602` holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ErrorData {
    /// The refusal's name.
    pub name: String,
}

/// Returns a refusal with this code, a name for programs, and a message for people.
pub fn named(code: i32, name: &str, message: impl ToString) -> ErrorObjectOwned {
    let data = ErrorData { name: name.into() };
    ErrorObjectOwned::owned(code, message.to_string(), Some(data))
}

impl From<AccessError> for ErrorObjectOwned {
    fn from(error: AccessError) -> Self {
        named(UNAUTHORISED, error.name(), error)
    }
}
