//! Numbers and byte strings in JSON: strict, so that each value has exactly one text.

use clearproof_primitives::{
    babyjubjub::PublicKey,
    eddsa::{Signature, SignatureBytes},
    serde_hex,
};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};
use std::{fmt, str::FromStr};

/// An integer that may not fit a JavaScript number: a decimal string without plus sign or leading
/// zeros.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Decimal<T>(pub T);

/// Integers that [`Decimal`] carries.
pub trait Integer: Copy + fmt::Display + FromStr {
    /// Lowest and highest value, for error messages.
    const RANGE: (Self, Self);
}

macro_rules! integers {
    ($($integer:ty),*) => { $(impl Integer for $integer { const RANGE: (Self, Self) = (Self::MIN, Self::MAX); })* };
}
integers!(u64, i64, u128, i128);

impl<T: Integer> Serialize for Decimal<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}

impl<'de, T: Integer> Deserialize<'de> for Decimal<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let value = text.parse::<T>().ok();
        // Only the canonical text of a number is written back as it was read.
        let value = value.filter(|value| value.to_string() == text);
        let (low, high) = T::RANGE;
        value.map(Self).ok_or_else(|| {
            D::Error::custom(format!(
                "must be a decimal string from {low} to {high} without plus sign or leading zeros"
            ))
        })
    }
}

/// 64 bytes: `0x` and 128 hexadecimal digits.
fn write_64<S: Serializer>(bytes: &[u8; 64], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(&format_args!("0x{}", hex::encode(bytes)))
}

fn read_64<'de, D: Deserializer<'de>>(deserializer: D) -> Result<[u8; 64], D::Error> {
    let text = String::deserialize(deserializer)?;
    let mut bytes = [0; 64];
    let digits = text.strip_prefix("0x").unwrap_or(&text);
    hex::decode_to_slice(digits, &mut bytes)
        .map_err(|_| D::Error::custom("must be 64 bytes in hexadecimal"))?;
    Ok(bytes)
}

/// A trader's signature in hexadecimal: R8 packed and then S little-endian, as circomlibjs packs
/// it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SignatureHex(pub Signature);

impl Serialize for SignatureHex {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        write_64(&self.0.to_bytes().0, serializer)
    }
}

impl<'de> Deserialize<'de> for SignatureHex {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Signature::try_from(&SignatureBytes(read_64(deserializer)?))
            .map(Self)
            .map_err(D::Error::custom)
    }
}

/// A trader's public key in hexadecimal, packed as circomlibjs packs it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeyHex(pub PublicKey);

impl Serialize for KeyHex {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serde_hex::serialize(&self.0.compress(), serializer)
    }
}

impl<'de> Deserialize<'de> for KeyHex {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let packed: [u8; 32] = serde_hex::deserialize(deserializer)?;
        PublicKey::from_compressed(&packed)
            .map(Self)
            .map_err(D::Error::custom)
    }
}

/// An operator's signature over a receipt: Ed25519 (RFC 8032), in hexadecimal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReceiptSignature(pub ed25519_dalek::Signature);

impl Serialize for ReceiptSignature {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        write_64(&self.0.to_bytes(), serializer)
    }
}

impl<'de> Deserialize<'de> for ReceiptSignature {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Self(ed25519_dalek::Signature::from_bytes(&read_64(
            deserializer,
        )?)))
    }
}

/// Reads a request's object so that an error names the field that it is about, as in
/// `set.orders[0].limit: must be …`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Named<T>(pub T);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Named<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        serde_path_to_error::deserialize(deserializer)
            .map(Self)
            .map_err(|error| {
                let path = error.path().to_string();
                let inner = error.into_inner();
                match path.as_str() {
                    "." => inner,
                    _ => D::Error::custom(format!("{path}: {inner}")),
                }
            })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use clearproof_primitives::{eddsa::SecretKey, field::Fr};
    use proptest::prelude::*;

    #[test]
    fn only_canonical_decimals_are_read() {
        for bad in [
            "1",
            "1.0",
            "null",
            "\"\"",
            "\"01\"",
            "\"+1\"",
            "\"-1\"",
            "\"1e3\"",
            "\" 1\"",
            "\"18446744073709551616\"",
            "\"-0\"",
        ] {
            assert!(serde_json::from_str::<Decimal<u64>>(bad).is_err(), "{bad}");
        }
        let error = serde_json::from_str::<Decimal<u64>>("\"01\"").unwrap_err();
        assert!(error.to_string().contains("from 0 to 18446744073709551615"));
    }

    #[test]
    fn signatures_are_read_back_and_no_other_text_is() {
        let signature = SignatureHex(SecretKey::new([1; 32]).sign(Fr::from(5u64)));
        let text = serde_json::to_string(&signature).unwrap();
        let back: SignatureHex = serde_json::from_str(&text).unwrap();
        assert_eq!(back, signature);
        let bad = [
            text.replace("0x", "0x00"),
            "\"0x\"".into(),
            // S of all ones is above the order of the subgroup.
            format!("{}{}\"", &text[..text.len() - 65], "f".repeat(64)),
        ];
        for bad in bad {
            assert!(serde_json::from_str::<SignatureHex>(&bad).is_err(), "{bad}");
        }
    }

    proptest! {
        #[test]
        fn integers_round_trip(a: u64, b: i64, c: u128, d: i128) {
            let value = (Decimal(a), Decimal(b), Decimal(c), Decimal(d));
            let text = serde_json::to_string(&value).unwrap();
            prop_assert_eq!(serde_json::from_str::<(Decimal<u64>, Decimal<i64>, Decimal<u128>, Decimal<i128>)>(&text).unwrap(), value);
        }
    }
}
