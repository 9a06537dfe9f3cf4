//! 128-bit integers in JSON: decimal strings, since readers of JSON seldom keep more than 53 bits
//! of a number.

use alloc::{format, string::String};
use serde::{Deserialize, Deserializer, Serializer, de::Error as _};

/// Writes the decimal digits.
pub fn serialize<S: Serializer>(value: &u128, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&format!("{value}"))
}

/// Reads decimal digits, without sign or leading zeros.
pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u128, D::Error> {
    let text = String::deserialize(deserializer)?;
    text.parse::<u128>()
        .ok()
        .filter(|value| format!("{value}") == text)
        .ok_or_else(|| {
            D::Error::custom("must be a decimal string below 2^128 without sign or leading zeros")
        })
}
