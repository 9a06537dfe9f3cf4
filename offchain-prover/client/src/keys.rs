//! Keys of an account, and what is signed with them.

use crate::{
    Identity,
    clock::now_ms,
    rpc::{auth::Access, number::KeyHex},
};
use clearproof_primitives::{
    account::{HANDED_OVER, account_key},
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
    /// The key of the account's heir, which may take the account over, and no more.
    Heir,
}

/// Signs for one account: with its owner's key, its trading key, or the key of its heir.
///
/// An owner's key has up to 32,768 accounts of its own at a venue, numbered from 0. A deposit on
/// the chain arrives in account 0; the others are opened by the first transfer to them. Numbers
/// from 32,768 on are those of accounts that other owners have handed over.
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

    /// Signs that this key takes over account 0 of `owner`, who has named it as heir: see
    /// [`OrderSetBuilder::heir`](crate::OrderSetBuilder::heir) and
    /// [`OrderSetBuilder::inherit`](crate::OrderSetBuilder::inherit).
    pub fn heir_of(owner: PublicKey, key: SecretKey) -> Self {
        Self {
            owner,
            number: 0,
            key,
            role: Role::Heir,
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

    /// Returns the key that signs, if it is not the owner's.
    pub fn trading_key(&self) -> Option<PublicKey> {
        match self.role {
            Role::Owner => None,
            Role::Trading | Role::Heir => Some(self.key.public_key()),
        }
    }

    /// True if the account's trading key signs.
    pub fn is_trading_key(&self) -> bool {
        self.role == Role::Trading
    }

    /// True if the account's heir signs.
    pub fn is_heir(&self) -> bool {
        self.role == Role::Heir
    }

    /// Returns a viewing key for the account, derived from the seed of the owner's key; `rotation`
    /// counts them from 0. An heir gets the one for the account as it will be its own. None for a
    /// trading key, which cannot set one.
    ///
    /// A viewing key opens what the chain publishes about the account. It follows from the seed, so
    /// the seed alone finds it again. Use the next rotation to shut out a holder of the last key.
    pub fn viewing_key(&self, venue: &Identity, rotation: u32) -> Option<Fr> {
        let number = match self.role {
            Role::Owner => self.number,
            Role::Heir => self.number | HANDED_OVER,
            Role::Trading => return None,
        };
        let genesis = genesis_field(&venue.genesis);
        Some(self.key.viewing_key(genesis, venue.venue, number, rotation))
    }

    /// Returns the account's key in the venue's books, as transfers name it.
    pub fn account_key(&self) -> Fr {
        let point = self.owner.point();
        account_key((point.x, point.y), self.number)
    }

    /// Signs an order set for a venue.
    ///
    /// The venue refuses a set whose request the key may not sign;
    /// [`OrderSetBuilder::sign`](crate::OrderSetBuilder::sign) does so here.
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
    fn viewing_keys_are_the_owners_and_differ_by_venue_and_account() {
        let owner = Trader::new(SecretKey::new([1; 32]));
        let other = Identity {
            venue: VenueId::new(8),
            ..IDENTITY
        };
        let keys = [
            owner.viewing_key(&IDENTITY, 0),
            owner.viewing_key(&IDENTITY, 1),
            owner.viewing_key(&other, 0),
            owner.for_account(1).viewing_key(&IDENTITY, 0),
        ];
        for (i, key) in keys.iter().enumerate() {
            assert!(key.is_some() && !keys[..i].contains(key));
        }
        let public = owner.public_key();
        let trading = Trader::with_trading_key(public, SecretKey::new([2; 32]));
        assert_eq!(trading.viewing_key(&IDENTITY, 0), None);
        // An heir sets the key under which it finds the account afterwards.
        let heir = Trader::heir_of(public, SecretKey::new([3; 32])).for_account(2);
        let owns = Trader::new(SecretKey::new([3; 32])).for_account(2 | HANDED_OVER);
        assert_eq!(
            heir.viewing_key(&IDENTITY, 4),
            owns.viewing_key(&IDENTITY, 4)
        );
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
