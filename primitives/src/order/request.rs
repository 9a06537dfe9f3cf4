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
        (element(self.x), element(self.y))
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

/// The one key besides the owner's that an account names.
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
pub enum Delegate {
    /// A trading key: it signs order sets without requests.
    Trader(NamedKey),
    /// The heir's key: it signs one [`InheritRequest`], and nothing else.
    Heir(NamedKey),
}

impl Delegate {
    /// The key that is named.
    pub const fn key(&self) -> NamedKey {
        match self {
            Self::Trader(key) | Self::Heir(key) => *key,
        }
    }

    /// The element by which a leaf names it: [`key_hash`] of a trading key, `key_hash + 1` of an
    /// heir's key. So neither can sign as the other.
    pub fn mark(&self) -> Fr {
        let hash = key_hash(self.key().coordinates());
        match self {
            Self::Trader(_) => hash,
            Self::Heir(_) => hash + Fr::from(1u64),
        }
    }
}

/// Other keys for the account; they take effect with the step that installs the set.
#[derive(
    Clone,
    Copy,
    Debug,
    Default,
    PartialEq,
    Eq,
    Encode,
    Decode,
    MaxEncodedLen,
    Serialize,
    Deserialize
)]
#[serde(deny_unknown_fields)]
pub struct KeysRequest {
    /// The key that may sign besides the owner's, in the place of the one before. None removes it,
    /// so a request that only changes the viewing key has to name it again.
    pub delegate: Option<Delegate>,
    /// Another viewing key, not 0; the account keeps its own for none.
    pub viewing_key: Option<FieldBytes>,
}

/// The account for its heir, who signs: the heir's key becomes the owner's. The account is then one
/// of the new owner's, under its number with bit 15 set
/// ([`HANDED_OVER`](crate::account::HANDED_OVER)).
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
pub struct InheritRequest {
    /// The new owner's trading key, if it has one.
    pub trading_key: Option<NamedKey>,
    /// The new owner's viewing key. The old owner's never stays: the new owner could not read its
    /// account, and the old one could.
    pub viewing_key: FieldBytes,
}

/// The one thing that an order set may ask for besides its orders. Only the owner's signature will
/// do for it, and only the heir's for [`Request::Inherit`].
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
    /// Other keys.
    Keys(KeysRequest),
    /// Another owner: the signer.
    Inherit(InheritRequest),
}

/// A request as it is signed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RequestParts {
    /// 0 none or a withdrawal, 1 transfer, 2 other keys, 3 another owner.
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
                payload: (element(transfer.to), Fr::default()),
            },
            Some(Request::Keys(keys)) => Self {
                kind: 2,
                payload: (
                    keys.delegate.map(|key| key.mark()).unwrap_or_default(),
                    keys.viewing_key.map(element).unwrap_or_default(),
                ),
                ..none
            },
            Some(Request::Inherit(new)) => Self {
                kind: 3,
                payload: (
                    new.trading_key
                        .map(|key| Delegate::Trader(key).mark())
                        .unwrap_or_default(),
                    element(new.viewing_key),
                ),
                ..none
            },
        }
    }
}

/// An element of what [`OrderSet::check`](super::OrderSet::check) has let through.
fn element(bytes: FieldBytes) -> Fr {
    bytes.to_fr().unwrap_or_default()
}

/// The hash of a key: `Poseidon(x, y)`. A leaf names its trading key by it.
pub fn key_hash(key: (Fr, Fr)) -> Fr {
    hash::<2>(&[key.0, key.1])
}
