//! Field elements of BN254's scalar field: canonical encodings and conversions.

pub use ark_bn254::Fr;

use alloc::{format, string::String};
use ark_ff::{BigInt, PrimeField, Zero};
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use core::{fmt, str::FromStr};
use scale_info::TypeInfo;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

/// Longest decimal text of a field element.
pub const MAX_DECIMAL_DIGITS: usize = 77;

/// A field element on the chain and on the wire: 32 bytes, little-endian, not yet checked to be
/// below r.
///
/// In JSON it is a decimal string.
#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[derive(Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo)]
pub struct FieldBytes(pub [u8; 32]);

/// The reason that bytes or text are not a field element.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FieldError {
    /// The value is r or more.
    #[error("field element is not canonical: it must be below the scalar field's modulus")]
    NotCanonical,
    /// The text is not a canonical decimal number.
    #[error(
        "field element must be a decimal number of at most 77 digits, without sign or leading zeros"
    )]
    NotDecimal,
}

impl FieldBytes {
    /// The element, if canonical.
    pub fn to_fr(&self) -> Result<Fr, FieldError> {
        let mut limbs = [0u64; 4];
        for (limb, chunk) in limbs.iter_mut().zip(self.0.chunks_exact(8)) {
            *limb = chunk
                .iter()
                .rev()
                .fold(0, |value, byte| value << 8 | *byte as u64);
        }
        Fr::from_bigint(BigInt::new(limbs)).ok_or(FieldError::NotCanonical)
    }
}

impl From<Fr> for FieldBytes {
    fn from(value: Fr) -> Self {
        let mut bytes = [0; 32];
        for (chunk, limb) in bytes.chunks_exact_mut(8).zip(value.into_bigint().0) {
            chunk.copy_from_slice(&limb.to_le_bytes());
        }
        Self(bytes)
    }
}

impl TryFrom<FieldBytes> for Fr {
    type Error = FieldError;
    fn try_from(bytes: FieldBytes) -> Result<Self, FieldError> {
        bytes.to_fr()
    }
}

impl From<u64> for FieldBytes {
    fn from(value: u64) -> Self {
        let mut bytes = [0; 32];
        bytes[..8].copy_from_slice(&value.to_le_bytes());
        Self(bytes)
    }
}

/// A negative value −v is r − v, without a detour over the Montgomery form.
impl From<i64> for FieldBytes {
    fn from(value: i64) -> Self {
        if value >= 0 {
            return Self::from(value as u64);
        }
        let mut limbs = Fr::MODULUS.0;
        let (low, borrows) = limbs[0].overflowing_sub(value.unsigned_abs());
        limbs[0] = low;
        let mut borrows = borrows;
        for limb in &mut limbs[1..] {
            (*limb, borrows) = limb.overflowing_sub(borrows.into());
        }
        let mut bytes = [0; 32];
        for (chunk, limb) in bytes.chunks_exact_mut(8).zip(limbs) {
            chunk.copy_from_slice(&limb.to_le_bytes());
        }
        Self(bytes)
    }
}

impl fmt::Display for FieldBytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.to_fr() {
            Ok(value) => write!(f, "{}", to_decimal(&value)),
            Err(_) => f.write_str("(not canonical)"),
        }
    }
}

impl fmt::Debug for FieldBytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for FieldBytes {
    type Err = FieldError;
    fn from_str(text: &str) -> Result<Self, FieldError> {
        from_decimal(text).map(Self::from)
    }
}

impl Serialize for FieldBytes {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&format!("{self}"))
    }
}

impl<'de> Deserialize<'de> for FieldBytes {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?
            .parse()
            .map_err(D::Error::custom)
    }
}

/// The element as a decimal number.
pub fn to_decimal(value: &Fr) -> String {
    format!("{}", value.into_bigint())
}

/// A field element from canonical decimal text.
pub fn from_decimal(text: &str) -> Result<Fr, FieldError> {
    let canonical = !text.is_empty() && (text == "0" || !text.starts_with('0'));
    if !canonical || text.len() > MAX_DECIMAL_DIGITS || !text.bytes().all(|b| b.is_ascii_digit()) {
        return Err(FieldError::NotDecimal);
    }
    let value = text.bytes().fold(Fr::zero(), |value, b| {
        value * Fr::from(10u64) + Fr::from((b - b'0') as u64)
    });
    // The text is canonical, so it differs from the element's own text exactly if it was r or more.
    if to_decimal(&value) == text {
        Ok(value)
    } else {
        Err(FieldError::NotCanonical)
    }
}

/// A signed integer as a field element: a negative `v` is `r − |v|`.
pub fn fr_from_i128(value: i128) -> Fr {
    let magnitude = Fr::from(value.unsigned_abs());
    if value < 0 { -magnitude } else { magnitude }
}

/// The element as an unsigned integer, if below 2^128.
pub fn fr_low_u128(value: &Fr) -> Option<u128> {
    let limbs = value.into_bigint().0;
    (limbs[2] == 0 && limbs[3] == 0).then_some((limbs[1] as u128) << 64 | limbs[0] as u128)
}

/// The element as a signed integer, if its centred value fits.
pub fn fr_to_signed_i128(value: &Fr) -> Option<i128> {
    if let Some(positive) = fr_low_u128(value) {
        return i128::try_from(positive).ok();
    }
    let magnitude = fr_low_u128(&-*value)?;
    (magnitude <= i128::MIN.unsigned_abs()).then(|| (magnitude as i128).wrapping_neg())
}

/// 32 bytes as two 128-bit field elements `(low, high)`: bytes 0..16 and 16..32, each
/// little-endian.
pub fn bytes32_to_fields(bytes: &[u8; 32]) -> (Fr, Fr) {
    let half = |b: &[u8]| {
        Fr::from(
            b.iter()
                .rev()
                .fold(0u128, |value, byte| value << 8 | *byte as u128),
        )
    };
    (half(&bytes[..16]), half(&bytes[16..]))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use proptest::prelude::*;

    const MODULUS: &str =
        "21888242871839275222246405745257275088548364400416034343698204186575808495617";

    #[test]
    fn integers_are_encoded_as_their_elements_are() {
        for value in [0, 1, -1, 77, -77, i64::MAX, i64::MIN, i64::MIN + 1] {
            let element = FieldBytes::from(fr_from_i128(value.into()));
            assert_eq!(FieldBytes::from(value), element, "{value}");
        }
        let largest = FieldBytes::from(Fr::from(u64::MAX));
        assert_eq!(FieldBytes::from(u64::MAX), largest);
    }

    #[test]
    fn r_and_above_are_refused_in_bytes_and_text() {
        let mut bytes = FieldBytes::from(-Fr::from(1u64));
        assert!(bytes.to_fr().is_ok());
        bytes.0[0] += 1;
        assert_eq!(bytes.to_fr(), Err(FieldError::NotCanonical));
        assert_eq!(
            FieldBytes([0xff; 32]).to_fr(),
            Err(FieldError::NotCanonical)
        );
        assert_eq!(from_decimal(MODULUS), Err(FieldError::NotCanonical));
        for bad in ["", "-1", "+1", "01", "0x1", "1 ", &"9".repeat(78)] {
            assert_eq!(from_decimal(bad), Err(FieldError::NotDecimal), "{bad}");
        }
    }

    #[test]
    fn the_ends_of_the_signed_range() {
        for value in [i128::MIN, i128::MIN + 1, -1, 0, 1, i128::MAX] {
            assert_eq!(fr_to_signed_i128(&fr_from_i128(value)), Some(value));
        }
        assert_eq!(
            fr_to_signed_i128(&(fr_from_i128(i128::MAX) + Fr::from(1u64))),
            None
        );
        assert_eq!(
            fr_to_signed_i128(&(fr_from_i128(i128::MIN) - Fr::from(1u64))),
            None
        );
        assert_eq!(fr_low_u128(&(Fr::from(u128::MAX) + Fr::from(1u64))), None);
    }

    #[test]
    fn json_is_decimal_text() {
        let bytes = FieldBytes::from(Fr::from(1234u64));
        assert_eq!(serde_json::to_string(&bytes).unwrap(), "\"1234\"");
        assert_eq!(
            serde_json::from_str::<FieldBytes>("\"1234\"").unwrap(),
            bytes
        );
        for bad in [
            "1234",
            "\"01234\"",
            "\"0x12\"",
            "\"\"",
            &format!("\"{MODULUS}\""),
        ] {
            assert!(serde_json::from_str::<FieldBytes>(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn halves_of_32_bytes_are_little_endian() {
        let mut bytes = [0; 32];
        (bytes[0], bytes[1], bytes[16], bytes[31]) = (1, 2, 3, 4);
        let high = Fr::from(3u128 + (4u128 << 120));
        assert_eq!(bytes32_to_fields(&bytes), (Fr::from(0x201u64), high));
    }

    proptest! {
        #[test]
        fn encodings_round_trip(raw in any::<[u8; 32]>()) {
            if let Ok(value) = FieldBytes(raw).to_fr() {
                prop_assert_eq!(FieldBytes::from(value), FieldBytes(raw));
                prop_assert_eq!(from_decimal(&to_decimal(&value)).unwrap(), value);
            }
        }

        #[test]
        fn signed_values_round_trip(value in any::<i128>()) {
            prop_assert_eq!(fr_to_signed_i128(&fr_from_i128(value)), Some(value));
        }
    }
}
