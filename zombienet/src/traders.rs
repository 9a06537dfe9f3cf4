//! Two traders who trade with each other.

use anyhow::{Result, ensure};
use clearproof_client::VenueClient;
use clearproof_primitives::order::{Side, WithdrawalRequest};
use clearproof_testing::venue::{Person, Venue, crossing_order};
use subxt_signer::sr25519::dev;

/// Deposit of each trader, smallest units of the quote.
pub const DEPOSIT: u64 = 50_000_000;

/// A buyer and a seller.
pub struct Pair {
    buyer: Person,
    seller: Person,
    bought: i64,
    orders: u32,
}

impl Pair {
    /// Returns two traders with well-known wallets after they have deposited, once the deposits are
    /// in a settled batch.
    ///
    /// # Errors
    /// The chain or the operator refuses.
    pub async fn at(venue: &Venue, client: &VenueClient) -> Result<Self> {
        let [buyer, seller] = venue.two_depositors(DEPOSIT).await?;
        let pair = Self {
            buyer,
            seller,
            bought: 0,
            orders: 0,
        };
        tokio::try_join!(pair.buyer.account(client), pair.seller.account(client))?;
        venue.at_rest(client).await?;
        let consumed = venue.on_chain().await?.queue.consumed.count;
        ensure!(consumed == 2, "{consumed} deposits were consumed, not 2");
        Ok(pair)
    }

    /// Sends an order of the seller, and one of the buyer with a withdrawal, if any, in the same
    /// set. Waits until both are filled.
    ///
    /// # Errors
    /// The operator refuses, or does not fill them in time.
    pub async fn trade(
        &mut self,
        client: &VenueClient,
        quantity: u32,
        withdrawn: Option<u64>,
    ) -> Result<()> {
        self.orders += 1;
        let order = |side| vec![Some(crossing_order(self.orders, side, u64::from(quantity)))];
        let (bid, ask) = (order(Side::Buy), order(Side::Sell));
        let withdrawal = withdrawn.map(|amount| WithdrawalRequest {
            asset: 0,
            amount,
            recipient: dev::one().public_key().0,
        });
        self.seller.send(client, ask, None).await?;
        self.buyer.send(client, bid, withdrawal).await?;
        self.bought += i64::from(quantity);
        self.buyer.holds(client, self.bought).await
    }
}
