//! The traders of the demonstration: an account on the chain, a key at the venue.

use super::role::Role;
use anyhow::{Context, Result};
use clearproof_client::{
    Trader,
    chain::{Chain, calls},
};
use clearproof_primitives::{
    eddsa::SecretKey,
    ids::{AccountIndex, VenueId},
    order::SignedOrderSet,
};
use futures::future::try_join_all;
use subxt_signer::sr25519::{Keypair, dev};

/// Token that is the quote of the development chain's venues, asset 0.
pub const QUOTE_TOKEN: u32 = 1;
/// What most traders deposit, smallest units of the quote: 4,000 dollars.
pub const DEPOSIT: u64 = 4_000_000_000;
/// What each trader gets of the native currency, for fees: one CLR.
const FEES: u128 = 1_000_000_000_000;
/// Traders funded by one transaction.
const PER_TRANSACTION: usize = 50;

/// One trader.
pub struct Person {
    /// Account on the chain.
    pub wallet: Keypair,
    /// Key at the venue.
    pub trader: Trader,
    /// What they do.
    pub role: Role,
    /// Index of their account at the venue, once it is open.
    pub account: AccountIndex,
    /// Their last accepted order set.
    pub last: Option<SignedOrderSet>,
}

/// A fresh account on the chain.
///
/// # Errors
/// None for random bytes.
pub fn fresh_wallet() -> Result<Keypair> {
    Keypair::from_secret_key(rand::random()).context("a fresh key")
}

impl Person {
    /// What they deposit, smallest units of the quote: the bold one has a tenth of what the others
    /// have, so that they can all take the other side.
    pub fn deposit(&self) -> u64 {
        match self.role {
            Role::Bold => DEPOSIT / 10,
            _ => DEPOSIT,
        }
    }
}

/// Makers and takers in turn, the last one being bold, all with fresh keys.
///
/// # Errors
/// See [`fresh_wallet`].
pub fn gather(count: u16) -> Result<Vec<Person>> {
    let person = |i: u16| {
        Ok(Person {
            wallet: fresh_wallet()?,
            trader: Trader::new(SecretKey::new(rand::random())),
            role: match i {
                _ if i + 1 == count => Role::Bold,
                _ if i.is_multiple_of(2) => Role::Maker,
                _ => Role::Taker,
            },
            account: AccountIndex::default(),
            last: None,
        })
    };
    (0..count).map(person).collect()
}

/// Gives everybody money, from a well-known account.
///
/// # Errors
/// The chain refuses.
pub async fn fund(chain: &Chain, people: &[Person]) -> Result<()> {
    for some in people.chunks(PER_TRANSACTION) {
        let transfers = some.iter().flat_map(|person| {
            let to = person.wallet.public_key().0;
            let quote = calls::transfer_token(QUOTE_TOKEN, to, person.deposit().into());
            [calls::transfer(to, FEES), quote]
        });
        let all = calls::Call::All(transfers.collect());
        chain
            .submit(&dev::ferdie(), &all)
            .await
            .context("funding the traders")?;
    }
    Ok(())
}

/// Everybody deposits all they have, each by a transaction of their own.
///
/// # Errors
/// The chain refuses.
pub async fn deposit(chain: &Chain, people: &[Person], venue: VenueId) -> Result<()> {
    let each = people.iter().map(|person| async move {
        let call = calls::deposit(venue, 0, person.deposit(), person.trader.owner());
        chain
            .submit(&person.wallet, &call)
            .await
            .context("a trader's deposit")
    });
    try_join_all(each).await?;
    Ok(())
}
