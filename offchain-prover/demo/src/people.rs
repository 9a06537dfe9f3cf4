//! The traders of the demonstration. Each has an account on the chain and a key at the venue.

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
/// Deposit of most traders, smallest units of the quote: 4,000 dollars.
pub const DEPOSIT: u64 = 4_000_000_000;
/// Amount of the native currency that each trader gets for fees: one CLR.
const FEES: u128 = 1_000_000_000_000;
/// Traders funded by one transaction.
const PER_TRANSACTION: usize = 50;

/// One trader.
pub struct Person {
    /// The trader's account on the chain.
    pub wallet: Keypair,
    /// The trader's key at the venue.
    pub trader: Trader,
    /// The trader's role.
    pub role: Role,
    /// Index of the account at the venue, once it is open.
    pub account: AccountIndex,
    /// The trader's last accepted order set.
    pub last: Option<SignedOrderSet>,
}

/// Returns a fresh account on the chain.
///
/// # Errors
/// None for random bytes.
pub fn fresh_wallet() -> Result<Keypair> {
    Keypair::from_secret_key(rand::random()).context("a fresh key")
}

impl Person {
    /// Returns the deposit in smallest units of the quote. The bold trader deposits a tenth of the
    /// others' amount, so that together they can take the other side.
    pub fn deposit(&self) -> u64 {
        match self.role {
            Role::Bold => DEPOSIT / 10,
            _ => DEPOSIT,
        }
    }
}

/// Returns makers and takers in turn, and a bold trader as the last one, all with fresh keys.
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

/// Sends money to all traders, from a well-known account.
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

/// Deposits all that each trader has, in one transaction per trader.
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
