//! Requests that an order set may make besides its orders.

use crate::{
    babyjubjub::{Point, PublicKey},
    field::{FieldBytes, Fr, bytes32_to_fields},
    poseidon::hash,
};
use codec::{Decode, Encode, MaxEncodedLen};
use serde::{Deserialize, Serialize};

/// A withdrawal that is part of a signed order set. It is carried out in the step that installs the
/// set; without it the set is not installed.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    Encode,
    Decode,
    MaxEncodedLen,
    Serialize,
    Deserialize
)]
#[serde(deny_unknown_fields)]
pub struct WithdrawalRequest {
    /// Asset index, below K.
    pub asset: u8,
    /// Smallest units, 1 to 2^63 - 1.
    pub amount: u64,
    /// Account on the chain that is paid.
    pub recipient: [u8; 32],
}

/// Money for another account of the venue. It is sent in the step that installs the set; without it
/// the set is not installed.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    Encode,
    Decode,
    MaxEncodedLen,
    Serialize,
    Deserialize
)]
#[serde(deny_unknown_fields)]
pub struct TransferRequest {
    /// Asset index, below K.
    pub asset: u8,
    /// Smallest units, 1 to 2^63 - 1.
    pub amount: u64,
    /// The receiver: [`account_key`](crate::account::account_key) of the account, which is opened
    /// if it does not exist.
    pub to: FieldBytes,
}

/// A public key by its coordinates; [`OrderSet::check`](super::OrderSet::check) refuses what is
/// none.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    Encode,
    Decode,
    MaxEncodedLen,
    Serialize,
    Deserialize
)]
#[serde(deny_unknown_fields)]
pub struct NamedKey {
    /// Coordinate x.
    pub x: FieldBytes,
    /// Coordinate y.
    pub y: FieldBytes,
}

impl NamedKey {
    /// The key, if it is one.
    pub fn key(&self) -> Option<PublicKey> {
        let (x, y) = (self.x.to_fr().ok()?, self.y.to_fr().ok()?);
        PublicKey::new(Point { x, y }).ok()
    }

    /// The coordinates; of what [`OrderSet::check`](super::OrderSet::check) has let through.
    pub fn coordinates(&self) -> (Fr, Fr) {
        let element = |bytes: &FieldBytes| bytes.to_fr().unwrap_or_default();
        (element(&self.x), element(&self.y))
    }
}

impl From<PublicKey> for NamedKey {
    fn from(key: PublicKey) -> Self {
        let Point { x, y } = key.point();
        Self {
            x: x.into(),
            y: y.into(),
        }
    }
}

/// Another key for the account; takes effect with the step that installs the set.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    Encode,
    Decode,
    MaxEncodedLen,
    Serialize,
    Deserialize
)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum KeyRequest {
    /// A key that signs order sets without requests, in the place of the one before; none any more
    /// if `None`.
    Trading(Option<NamedKey>),
    /// Another owner. The trading key goes with the old one.
    Owner(NamedKey),
}

impl KeyRequest {
    /// The key that is named, if one is.
    pub const fn named(&self) -> Option<NamedKey> {
        match self {
            Self::Trading(key) => *key,
            Self::Owner(key) => Some(*key),
        }
    }
}

/// The one thing that an order set may ask for besides its orders. Only the owner's signature will
/// do for it.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    Encode,
    Decode,
    MaxEncodedLen,
    Serialize,
    Deserialize
)]
#[serde(rename_all = "kebab-case")]
pub enum Request {
    /// Money to send to the chain.
    Withdrawal(WithdrawalRequest),
    /// Money to send to another account.
    Transfer(TransferRequest),
    /// Another key.
    Key(KeyRequest),
}

/// A request as it is signed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RequestParts {
    /// 0 none or a withdrawal, 1 transfer, 2 trading key, 3 owner.
    pub kind: u64,
    /// Asset that moves.
    pub asset: u8,
    /// The amount of it; 0 for nothing.
    pub amount: u64,
    /// Two field elements, see [`OrderSet::fields`](super::OrderSet::fields).
    pub payload: (Fr, Fr),
}

impl RequestParts {
    /// A request as it is signed.
    pub(super) fn of(request: Option<Request>) -> Self {
        let none = Self::default();
        match request {
            None => none,
            Some(Request::Withdrawal(withdrawal)) => Self {
                asset: withdrawal.asset,
                amount: withdrawal.amount,
                payload: bytes32_to_fields(&withdrawal.recipient),
                ..none
            },
            Some(Request::Transfer(transfer)) => Self {
                kind: 1,
                asset: transfer.asset,
                amount: transfer.amount,
                payload: (transfer.to.to_fr().unwrap_or_default(), Fr::default()),
            },
            Some(Request::Key(KeyRequest::Trading(key))) => Self {
                kind: 2,
                payload: (
                    key.map_or_else(Fr::default, |k| key_hash(k.coordinates())),
                    Fr::default(),
                ),
                ..none
            },
            Some(Request::Key(KeyRequest::Owner(key))) => Self {
                kind: 3,
                payload: key.coordinates(),
                ..none
            },
        }
    }
}

/// The hash by which a leaf names a trading key: `Poseidon(x, y)`; 0 for none.
pub fn key_hash(key: (Fr, Fr)) -> Fr {
    hash::<2>(&[key.0, key.1])
}
