//! Arguments of the methods. They are read one by one, so that an error names the argument and the
//! values that it may have.

use clearproof_primitives::{chain::ProofKind, field::FieldBytes};
use clearproof_runtime::Hash;
use jsonrpsee::{
    core::RpcResult,
    types::{ErrorObject, ErrorObjectOwned, error::INVALID_PARAMS_CODE},
};
use serde::Deserialize;
use serde_json::{Value, json};

/// A type of argument.
pub trait Argument: Sized {
    /// The values that the argument may have, for people.
    const MUST_BE: &'static str;

    /// Returns the argument's value, if it has this type.
    fn read(value: &Value) -> Option<Self>;

    /// Returns the value of a required argument.
    ///
    /// # Errors
    ///
    /// If the argument is missing or malformed.
    fn required(name: &str, value: Option<Value>) -> RpcResult<Self> {
        argument(name, value)?.ok_or_else(|| refused(name, Self::MUST_BE))
    }
}

/// Returns the value of an argument that may be missing or null.
///
/// # Errors
///
/// If the argument is malformed.
pub fn argument<T: Argument>(name: &str, value: Option<Value>) -> RpcResult<Option<T>> {
    match value {
        None | Some(Value::Null) => Ok(None),
        Some(value) => match T::read(&value) {
            Some(read) => Ok(Some(read)),
            None => Err(refused(name, T::MUST_BE)),
        },
    }
}

/// Returns the bytes of a hexadecimal text, at most `limit` of them. Longer text is refused before
/// anything is decoded.
///
/// # Errors
///
/// If the argument is missing, too long or not hexadecimal.
pub fn at_most(name: &str, limit: usize, value: Option<Value>) -> RpcResult<Vec<u8>> {
    let must_be = || {
        refused(
            name,
            &format!("0x and hexadecimal digits of {limit} bytes at most"),
        )
    };
    let digits = value
        .as_ref()
        .and_then(Value::as_str)
        .and_then(|text| text.strip_prefix("0x"))
        .filter(|digits| digits.len() <= limit.saturating_mul(2))
        .ok_or_else(must_be)?;
    hex::decode(digits).map_err(|_| must_be())
}

fn refused(name: &str, must_be: &str) -> ErrorObjectOwned {
    ErrorObject::owned(
        INVALID_PARAMS_CODE,
        format!("{name}: must be {must_be}"),
        Some(json!({ "field": name, "limit": must_be })),
    )
}

impl Argument for u32 {
    const MUST_BE: &'static str = "an integer from 0 to 4294967295";

    fn read(value: &Value) -> Option<Self> {
        value.as_u64()?.try_into().ok()
    }
}

impl Argument for u64 {
    // A string is accepted too, because JavaScript's numbers end at 2^53.
    const MUST_BE: &'static str =
        "an integer from 0 to 18446744073709551615, as a number or a decimal string";

    fn read(value: &Value) -> Option<Self> {
        match value {
            Value::String(text) => text.parse().ok(),
            value => value.as_u64(),
        }
    }
}

impl Argument for Hash {
    const MUST_BE: &'static str = "a block hash: 0x and 64 hexadecimal digits";

    fn read(value: &Value) -> Option<Self> {
        let digits = value.as_str()?.strip_prefix("0x")?;
        let mut bytes = [0; 32];
        hex::decode_to_slice(digits, &mut bytes).ok()?;
        Some(Self(bytes))
    }
}

impl Argument for ProofKind {
    const MUST_BE: &'static str = "\"chunk\" or \"closing\"";

    fn read(value: &Value) -> Option<Self> {
        Self::deserialize(value).ok()
    }
}

impl Argument for FieldBytes {
    const MUST_BE: &'static str =
        "a decimal string of 77 digits at most, below the modulus of BN254's scalar field";

    fn read(value: &Value) -> Option<Self> {
        value.as_str()?.parse().ok()
    }
}
