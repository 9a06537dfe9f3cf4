//! 32 bytes in JSON: hexadecimal with `0x`, as Substrate's tools write them.

use alloc::{format, string::String};
use serde::{Deserialize, Deserializer, Serializer, de::Error as _};

/// Writes `0x` and 64 digits.
pub fn serialize<S: Serializer>(bytes: &[u8; 32], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&format!("0x{}", hex::encode(bytes)))
}

/// Reads 64 hexadecimal digits, with or without `0x`.
pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<[u8; 32], D::Error> {
    let text = String::deserialize(deserializer)?;
    let mut bytes = [0; 32];
    let digits = text.strip_prefix("0x").unwrap_or(&text);
    hex::decode_to_slice(digits, &mut bytes)
        .map_err(|_| D::Error::custom("must be 32 bytes in hexadecimal"))?;
    Ok(bytes)
}
