//! Access to an account: a fresh request that is signed with its owner's key or its trading key.

use super::{
    error::{RefusalName, UNAUTHORISED, named},
    number::{KeyHex, SignatureHex},
};
use clearproof_primitives::{
    account::account_key,
    babyjubjub::{PointError, PublicKey},
    eddsa::{SecretKey, SignatureError},
    field::Fr,
    ids::VenueId,
    order::key_hash,
    receipt::{ACCESS_WINDOW, access_message},
    serde_hex,
    time::Millis,
};
use jsonrpsee::types::ErrorObjectOwned;
use serde::{Deserialize, Serialize};

/// A signed request to see the signer's account.
///
/// Anyone who reads it on its way can repeat it for [`ACCESS_WINDOW`] milliseconds: use it over an
/// encrypted connection.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Access {
    /// The account's key, packed.
    #[serde(with = "serde_hex")]
    pub owner: [u8; 32],
    /// Number of the account among its owner's.
    #[serde(default)]
    pub number: u16,
    /// The time at which it was signed, in milliseconds since the Unix epoch.
    pub time: Millis,
    /// Signature over [`access_message`], by the owner or the account's trading key.
    pub signature: SignatureHex,
    /// The trading key, packed, if it signed.
    #[serde(default)]
    pub trading_key: Option<KeyHex>,
}

/// The account that a request is about, and the key that made the request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Asker {
    /// The account's key.
    pub account: Fr,
    /// Hash of the trading key that signed, which must be the account's; none if the owner signed.
    pub trading_key: Option<Fr>,
}

/// Reasons to refuse a request to see an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AccessError {
    /// The owner's key is not a key.
    #[error("auth.owner: {0}")]
    Owner(#[from] PointError),
    /// Too old, or from the future.
    #[error(
        "auth.time: {time} ms differs from the operator's clock, {now} ms, by more than {ACCESS_WINDOW} ms; sign again, \
         and check your clock"
    )]
    NotFresh {
        /// The time that was signed, milliseconds.
        time: Millis,
        /// The operator's clock, milliseconds.
        now: Millis,
    },
    /// Signed with another key, or for another chain, venue or time.
    #[error("auth.signature: {0}")]
    Signature(#[from] SignatureError),
}

impl AccessError {
    /// Returns the error's name for programs.
    pub fn name(&self) -> RefusalName {
        match self {
            Self::Owner(_) => RefusalName::AccessOwner,
            Self::NotFresh { .. } => RefusalName::AccessNotFresh,
            Self::Signature(_) => RefusalName::AccessSignature,
        }
    }
}

impl From<AccessError> for ErrorObjectOwned {
    fn from(error: AccessError) -> Self {
        named(UNAUTHORISED, error.name(), error)
    }
}

impl Access {
    /// Signs a request for account 0 of an owner's key. `genesis` is the chain's genesis field,
    /// `time` in milliseconds since the Unix epoch. [`Trader::access`](crate::Trader::access) signs
    /// for any account, with either key.
    pub fn sign(key: &SecretKey, genesis: Fr, venue: VenueId, time: Millis) -> Self {
        Self {
            owner: key.public_key().compress(),
            number: 0,
            time,
            signature: SignatureHex(key.sign(access_message(genesis, venue, time))),
            trading_key: None,
        }
    }

    /// Checks a request against the operator's clock, in milliseconds, and returns the account that
    /// it is about. The caller still has to check that a trading key is the account's.
    ///
    /// # Errors
    /// The request is stale, names no key, or is signed for another purpose.
    pub fn check(&self, genesis: Fr, venue: VenueId, now: Millis) -> Result<Asker, AccessError> {
        // The cheapest check first.
        if self.time.abs_diff(now) > ACCESS_WINDOW {
            return Err(AccessError::NotFresh {
                time: self.time,
                now,
            });
        }
        let owner = PublicKey::from_compressed(&self.owner)?;
        let trading_key = self.trading_key.map(|key| key.0);
        let signer = trading_key.as_ref().unwrap_or(&owner);
        signer.verify(access_message(genesis, venue, self.time), &self.signature.0)?;
        let coordinates = |key: &PublicKey| (key.point().x, key.point().y);
        Ok(Asker {
            account: account_key(coordinates(&owner), self.number),
            trading_key: trading_key.map(|key| key_hash(coordinates(&key))),
        })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use clearproof_primitives::babyjubjub::Point;

    const NOW: Millis = Millis::new(1_700_000_000_000);

    #[test]
    fn only_the_key_the_chain_the_venue_and_the_time_that_were_signed_count() {
        let (genesis, key) = (Fr::from(7u64), SecretKey::new([1; 32]));
        let access = Access::sign(&key, genesis, VenueId::new(3), NOW);
        let coordinates = |key: &SecretKey| {
            let point = key.public_key().point();
            (point.x, point.y)
        };
        let owners = Asker {
            account: account_key(coordinates(&key), 0),
            trading_key: None,
        };
        assert_eq!(access.check(genesis, VenueId::new(3), NOW), Ok(owners));
        let trading = SecretKey::new([2; 32]);
        let by_trading_key = Access {
            owner: access.owner,
            number: 7,
            trading_key: Some(KeyHex(trading.public_key())),
            ..Access::sign(&trading, genesis, VenueId::new(3), NOW)
        };
        let asker = by_trading_key.check(genesis, VenueId::new(3), NOW).unwrap();
        assert_eq!(asker.account, account_key(coordinates(&key), 7));
        assert_eq!(asker.trading_key, Some(key_hash(coordinates(&trading))));
        let wrong = Err(AccessError::Signature(SignatureError::Wrong));
        assert_eq!(access.check(Fr::from(8u64), VenueId::new(3), NOW), wrong);
        assert_eq!(access.check(genesis, VenueId::new(4), NOW), wrong);
        let later = Access {
            time: NOW + Millis::new(1),
            ..access
        };
        assert_eq!(later.check(genesis, VenueId::new(3), NOW), wrong);
        let owner = SecretKey::new([2; 32]).public_key().compress();
        let other = Access { owner, ..access };
        assert_eq!(other.check(genesis, VenueId::new(3), NOW), wrong);
    }

    #[test]
    fn thirty_seconds_either_way_are_fresh_and_no_more() {
        let (genesis, key) = (Fr::from(7u64), SecretKey::new([1; 32]));
        for (time, fresh) in [
            (NOW - ACCESS_WINDOW, true),
            (NOW + ACCESS_WINDOW, true),
            (NOW - ACCESS_WINDOW - Millis::new(1), false),
            (NOW + ACCESS_WINDOW + Millis::new(1), false),
            (Millis::MAX, false),
            (Millis::ZERO, false),
        ] {
            let checked = Access::sign(&key, genesis, VenueId::new(3), time).check(
                genesis,
                VenueId::new(3),
                NOW,
            );
            match fresh {
                true => assert!(checked.is_ok(), "{time}"),
                false => assert_eq!(checked, Err(AccessError::NotFresh { time, now: NOW })),
            }
        }
    }

    #[test]
    fn keys_that_are_none_are_refused() {
        let key = SecretKey::new([1; 32]);
        let mut access = Access::sign(&key, Fr::from(7u64), VenueId::new(3), NOW);
        for owner in [[0xff; 32], Point::IDENTITY.compress(), [0; 32]] {
            access.owner = owner;
            let checked = access.check(Fr::from(7u64), VenueId::new(3), NOW);
            assert!(matches!(checked, Err(AccessError::Owner(_))), "{checked:?}");
        }
    }
}
