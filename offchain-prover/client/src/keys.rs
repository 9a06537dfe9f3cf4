//! Keys of an account, and what is signed with them.

use crate::{
    Identity,
    clock::now_ms,
    rpc::{auth::Access, number::KeyHex},
};
use clearproof_primitives::{
    account::account_key,
    babyjubjub::PublicKey,
    batch::genesis_field,
    eddsa::SecretKey,
    field::Fr,
    order::{OrderSet, SignedOrderSet},
};

/// Which key of an account signs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Role {
    /// The owner's key, which may do everything.
    Owner,
    /// The account's trading key, which may place orders and see the account, and no more.
    Trading,
}

/// Signs for one account: with its owner's key, or with its trading key.
///
/// An owner's key has up to 65,536 accounts at a venue, numbered from 0. A deposit on the chain
/// arrives in account 0; the others are opened by the first transfer to them.
#[derive(Clone, Debug)]
pub struct Trader {
    owner: PublicKey,
    number: u16,
    key: SecretKey,
    role: Role,
}

impl Trader {
    /// Signs for account 0 of this owner's key. A new key is made of 32 random bytes:
    /// `SecretKey::new(bytes)`.
    pub fn new(key: SecretKey) -> Self {
        Self {
            owner: key.public_key(),
            number: 0,
            key,
            role: Role::Owner,
        }
    }

    /// Signs for account 0 of `owner` with the account's trading key.
    ///
    /// The owner names the trading key in an order set first: see
    /// [`OrderSetBuilder::trading_key`](crate::OrderSetBuilder::trading_key).
    pub fn with_trading_key(owner: PublicKey, key: SecretKey) -> Self {
        Self {
            owner,
            number: 0,
            key,
            role: Role::Trading,
        }
    }

    /// Signs for another of the owner's accounts with the same key.
    #[must_use]
    pub fn for_account(&self, number: u16) -> Self {
        Self {
            number,
            ..self.clone()
        }
    }

    /// Returns the owner's public key.
    pub fn public_key(&self) -> PublicKey {
        self.owner
    }

    /// Returns the owner's public key, packed, as deposits on the chain name it.
    pub fn owner(&self) -> [u8; 32] {
        self.owner.compress()
    }

    /// Returns the number of the account among its owner's.
    pub fn number(&self) -> u16 {
        self.number
    }

    /// Returns the trading key, if it is the one that signs.
    pub fn trading_key(&self) -> Option<PublicKey> {
        match self.role {
            Role::Owner => None,
            Role::Trading => Some(self.key.public_key()),
        }
    }

    /// Returns the account's key in the venue's books, as transfers name it.
    pub fn account_key(&self) -> Fr {
        let point = self.owner.point();
        account_key((point.x, point.y), self.number)
    }

    /// Signs an order set for a venue.
    ///
    /// The venue refuses a set with a request (a withdrawal, a transfer, a change of keys) that a
    /// trading key signed; [`OrderSetBuilder::sign`](crate::OrderSetBuilder::sign) does so here.
    pub fn sign(&self, venue: &Identity, set: OrderSet) -> SignedOrderSet {
        let message = set.message(&venue.shape, genesis_field(&venue.genesis));
        SignedOrderSet {
            set,
            signature: self.key.sign(message),
            trading_key: self.trading_key(),
        }
    }

    /// Signs a request to see the account, as of this machine's clock. It holds for 30 seconds.
    pub fn access(&self, venue: &Identity) -> Access {
        let genesis = genesis_field(&venue.genesis);
        Access {
            owner: self.owner(),
            number: self.number,
            trading_key: self.trading_key().map(KeyHex),
            ..Access::sign(&self.key, genesis, venue.venue, now_ms())
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use clearproof_primitives::{
        fixed::Rate,
        ids::{AccountIndex, VenueId},
        order::key_hash,
        shape::Shape,
        time::Millis,
    };

    const IDENTITY: Identity = Identity {
        genesis: [3; 32],
        venue: VenueId::new(7),
        shape: Shape::TINY,
    };

    fn set() -> OrderSet {
        OrderSet {
            venue: VenueId::new(7),
            account: AccountIndex::new(2),
            sequence: 1,
            valid_from: Millis::ZERO,
            valid_until: Millis::new(10),
            max_fee: Rate::new(0),
            orders: vec![None],
            request: None,
        }
    }

    #[test]
    fn an_owner_signs_for_any_of_its_accounts() {
        let owner = Trader::new(SecretKey::new([1; 32]));
        let genesis = genesis_field(&IDENTITY.genesis);
        for number in [0, 1, u16::MAX] {
            let trader = owner.for_account(number);
            let signed = trader.sign(&IDENTITY, set());
            assert_eq!(signed.trading_key, None);
            let message = signed.set.message(&IDENTITY.shape, genesis);
            assert!(
                owner
                    .public_key()
                    .verify(message, &signed.signature)
                    .is_ok()
            );
            let asker = trader
                .access(&IDENTITY)
                .check(genesis, IDENTITY.venue, now_ms())
                .unwrap();
            assert_eq!(asker.account, trader.account_key());
            assert_eq!(asker.trading_key, None);
        }
        assert_ne!(owner.account_key(), owner.for_account(1).account_key());
    }

    #[test]
    fn a_trading_key_is_named_in_what_it_signs() {
        let owner = Trader::new(SecretKey::new([1; 32])).for_account(9);
        let key = SecretKey::new([2; 32]);
        let public = key.public_key();
        let trader = Trader::with_trading_key(owner.public_key(), key).for_account(9);
        assert_eq!(trader.account_key(), owner.account_key());
        assert_eq!(trader.owner(), owner.owner());

        let genesis = genesis_field(&IDENTITY.genesis);
        let signed = trader.sign(&IDENTITY, set());
        assert_eq!(signed.trading_key, Some(public));
        let message = signed.set.message(&IDENTITY.shape, genesis);
        assert!(public.verify(message, &signed.signature).is_ok());

        let asker = trader
            .access(&IDENTITY)
            .check(genesis, IDENTITY.venue, now_ms())
            .unwrap();
        assert_eq!(asker.account, owner.account_key());
        let point = public.point();
        assert_eq!(asker.trading_key, Some(key_hash((point.x, point.y))));
    }
}
