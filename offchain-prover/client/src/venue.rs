//! A client of a venue's operator.

mod connection;
mod error;
#[cfg(test)]
mod tests;
mod updates;

pub use connection::Settings;
pub use error::{Outcome, VenueError};
pub use updates::{Update, Updates};

use crate::{
    Identity, OrderSetBuilder, Trader,
    rpc::{
        VenueApiClient,
        error::RefusalName,
        number::Named,
        receipt::Receipt,
        types::{
            AccountJson, AccountUpdateJson, AuctionJson, BatchJson, BookJson, InstrumentJson,
            OrderJson, SignedOrderSetJson, StatusJson,
        },
    },
};
use clearproof_primitives::{
    batch::genesis_field,
    field::FieldBytes,
    ids::{Slot, VenueId},
    order::{OrderSet, SignedOrderSet},
    time::Millis,
};
use connection::Connection;
use ed25519_dalek::VerifyingKey;
use jsonrpsee::core::ClientError;
use std::sync::Arc;

/// A client of a venue's operator. Cheap to clone; all clones share a connection.
///
/// A connection that is lost is opened again by the next request. Each new connection is checked to
/// lead to the same venue, chain, shape and receipt key as the first. Requests that change nothing
/// are repeated, with growing pauses, as often as the [`Settings`] say; order sets are not.
///
/// # Errors
/// Every request can fail with
///
/// - [`VenueError::Refused`] if the operator refuses it,
/// - [`VenueError::Connection`] if the operator does not answer in time,
/// - [`VenueError::OtherVenue`] if another operator is at the address now.
#[derive(Clone, Debug)]
pub struct VenueClient {
    connection: Arc<Connection>,
}

impl VenueClient {
    /// Connects to the operator at `url` (`ws://` or `wss://`), and checks that it serves this
    /// venue of the chain with this genesis hash.
    ///
    /// Take the hash from the chain itself, not from the operator: what is signed for another chain
    /// could be used there.
    ///
    /// # Errors
    /// As all requests. One attempt is made.
    pub async fn connect(url: &str, genesis: [u8; 32], venue: VenueId) -> Result<Self, VenueError> {
        Self::connect_with(url, genesis, venue, Settings::default()).await
    }

    /// As [`connect`](Self::connect), with other timeouts and retries.
    ///
    /// # Errors
    /// As all requests. One attempt is made.
    pub async fn connect_with(
        url: &str,
        genesis: [u8; 32],
        venue: VenueId,
        settings: Settings,
    ) -> Result<Self, VenueError> {
        let connection = Connection::first(url, genesis, venue, settings).await?;
        Ok(Self {
            connection: Arc::new(connection),
        })
    }

    /// Returns what never changes about the venue.
    pub fn identity(&self) -> &Identity {
        &self.connection.operator.identity
    }

    /// Returns the key that the operator signs receipts with.
    pub fn receipt_key(&self) -> &VerifyingKey {
        &self.connection.operator.receipt_key
    }

    /// Returns true while a connection stands.
    pub fn is_connected(&self) -> bool {
        self.connection.is_open()
    }

    /// Returns the venue's state.
    ///
    /// # Errors
    /// As all requests.
    pub async fn status(&self) -> Result<StatusJson, VenueError> {
        let ask = self
            .connection
            .ask(|link| async move { link.status().await });
        ask.await
    }

    /// Returns the listed instruments with their marks.
    ///
    /// # Errors
    /// As all requests.
    pub async fn instruments(&self) -> Result<Vec<InstrumentJson>, VenueError> {
        let ask = self
            .connection
            .ask(|link| async move { link.instruments().await });
        ask.await
    }

    /// Returns what is left of all live orders of an instrument.
    ///
    /// # Errors
    /// As all requests.
    pub async fn book(&self, instrument: Slot) -> Result<BookJson, VenueError> {
        let ask = self
            .connection
            .ask(|link| async move { link.book(instrument).await });
        ask.await
    }

    /// Returns figures of the last `last` settled batches (1 to 256), oldest first.
    ///
    /// # Errors
    /// As all requests.
    pub async fn batches(&self, last: u32) -> Result<Vec<BatchJson>, VenueError> {
        let ask = self
            .connection
            .ask(|link| async move { link.batches(last).await });
        ask.await
    }

    /// Returns the trader's account; none before the venue has consumed a first deposit to it.
    ///
    /// # Errors
    /// As all requests.
    pub async fn account(&self, trader: &Trader) -> Result<Option<AccountJson>, VenueError> {
        let account = self.connection.ask(|link| {
            let access = Named(trader.access(self.identity()));
            async move { link.account(access).await }
        });
        match account.await {
            Ok(account) => Ok(Some(account)),
            Err(error) if error.refusal() == Some(RefusalName::NoAccount) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Sets the account's dead man's switch: all its orders are cancelled in the first auction more
    /// than `timeout_ms` milliseconds (1,000 to 86,400,000) after its last sign of life, which is
    /// this call or an accepted order set. None lifts it.
    ///
    /// # Errors
    /// As all requests.
    pub async fn cancel_all_after(
        &self,
        trader: &Trader,
        timeout_ms: Option<Millis>,
    ) -> Result<(), VenueError> {
        let set = self.connection.ask(|link| {
            let access = Named(trader.access(self.identity()));
            async move { link.cancel_all_after(access, timeout_ms).await }
        });
        set.await
    }

    /// Begins the next order set of the trader's account: the account's index and the sequence come
    /// from the operator. None before the account exists.
    ///
    /// # Errors
    /// As all requests.
    pub async fn next_order_set(
        &self,
        trader: &Trader,
    ) -> Result<Option<OrderSetBuilder>, VenueError> {
        let account = self.account(trader).await?;
        Ok(account.map(|account| {
            let last = account.sequence.0.max(account.live_sequence.0);
            OrderSetBuilder::new(self.identity(), account.index, last.saturating_add(1))
        }))
    }

    /// Sets the account's viewing key if its owner has set none yet: the first that is derived from
    /// the owner's seed. The live orders stay. Do this before the first order set: whatever the
    /// chain publishes about an account without a viewing key is readable by everybody.
    ///
    /// None if there is nothing to do, no account yet, or a trader that is not the owner; and for
    /// an account that names a trading key or an heir, which the caller has to name again: see
    /// [`OrderSetBuilder::keys`].
    ///
    /// # Errors
    /// As [`submit`](Self::submit). While no batch is open, the operator refuses by a name that
    /// asks for another attempt ([`VenueError::is_passing`]).
    pub async fn ensure_viewing_key(&self, trader: &Trader) -> Result<Option<Receipt>, VenueError> {
        let Some(account) = self.account(trader).await? else {
            return Ok(None);
        };
        let unnamed = account.trading_key == FieldBytes::default();
        let key = trader.viewing_key(self.identity(), 0);
        let Some(key) = key.filter(|_| unnamed && !account.has_viewing_key && !trader.is_heir())
        else {
            return Ok(None);
        };
        let last = account.sequence.0.max(account.live_sequence.0);
        let mut next = OrderSetBuilder::new(self.identity(), account.index, last.saturating_add(1));
        for (slot, order) in account.live_orders.into_iter().enumerate() {
            if let Some(order) = order {
                next = next.order_at(slot, order.into());
            }
        }
        let set = next.keys(None, Some(key)).build()?;
        self.submit(trader, set).await.map(Some)
    }

    /// Signs an order set, sends it once, and checks the receipt.
    ///
    /// # Errors
    /// As all requests; [`VenueError::Receipt`] if the receipt does not hold; and
    /// [`VenueError::AnswerLost`] if the set was sent and no answer came. The client has then asked
    /// for the account, and the error reports what became of the set.
    pub async fn submit(&self, trader: &Trader, set: OrderSet) -> Result<Receipt, VenueError> {
        let signed = trader.sign(self.identity(), set);
        match self.submit_signed(&signed).await {
            Err(VenueError::AnswerLost { cause, .. }) => Err(VenueError::AnswerLost {
                outcome: self.outcome(trader, &signed.set).await,
                cause,
            }),
            done => done,
        }
    }

    /// Sends a signed order set once, and checks the receipt.
    ///
    /// # Errors
    /// As [`submit`](Self::submit), but the outcome of a lost answer is [`Outcome::Unknown`]: only
    /// the account's key can ask for it, with [`outcome`](Self::outcome).
    pub async fn submit_signed(&self, signed: &SignedOrderSet) -> Result<Receipt, VenueError> {
        let link = self.connection.link_in_time().await?;
        let wire = Named(SignedOrderSetJson::from(signed));
        let receipt = match link.submit_order_set(wire).await {
            Ok(receipt) => receipt,
            Err(ClientError::Call(refusal)) => return Err(VenueError::Refused(refusal)),
            Err(cause) => {
                self.connection.give_up(&link).await;
                let outcome = Outcome::Unknown;
                return Err(VenueError::AnswerLost { outcome, cause });
            }
        };
        let Identity { shape, genesis, .. } = self.identity();
        let genesis = genesis_field(genesis);
        receipt.verify(self.receipt_key(), &signed.set, shape, genesis)?;
        Ok(receipt)
    }

    /// Asks the operator what became of an order set of the trader's account whose answer was lost.
    pub async fn outcome(&self, trader: &Trader, set: &OrderSet) -> Outcome {
        let Ok(Some(account)) = self.account(trader).await else {
            return Outcome::Unknown;
        };
        let (live, used) = (account.live_sequence.0, account.sequence.0);
        if live == set.sequence {
            let orders = set
                .orders
                .iter()
                .map(|order| order.as_ref().map(OrderJson::from));
            match filled(&account.live_orders) == filled(&orders.collect::<Vec<_>>()) {
                true => Outcome::Accepted,
                // Signed by another holder of the account's keys.
                false => Outcome::Unknown,
            }
        } else if live < set.sequence && used < set.sequence {
            Outcome::NotAccepted
        } else if used == set.sequence {
            Outcome::Accepted
        } else {
            Outcome::Unknown
        }
    }

    /// Subscribes to the clearing prices of each auction from now on.
    ///
    /// # Errors
    /// As all requests. The subscription itself yields an error only where no other attempt can
    /// help: see [`Updates`].
    pub async fn subscribe_auctions(&self) -> Result<Updates<AuctionJson>, VenueError> {
        let subscribe = Box::new(|link: Arc<jsonrpsee::ws_client::WsClient>| {
            Box::pin(async move { link.subscribe_auctions().await }) as _
        });
        updates::follow(Arc::clone(&self.connection), subscribe).await
    }

    /// Subscribes to the trader's account: now, after each of its order sets that is accepted, and
    /// after each auction that fills it, leaves its orders out or cancels them.
    ///
    /// # Errors
    /// As [`subscribe_auctions`](Self::subscribe_auctions).
    pub async fn subscribe_account(
        &self,
        trader: &Trader,
    ) -> Result<Updates<AccountUpdateJson>, VenueError> {
        let (trader, venue) = (trader.clone(), *self.identity());
        let subscribe = Box::new(move |link: Arc<jsonrpsee::ws_client::WsClient>| {
            // Signed anew each time: a request is fresh for half a minute only.
            let access = Named(trader.access(&venue));
            Box::pin(async move { link.subscribe_account(access).await }) as _
        });
        updates::follow(Arc::clone(&self.connection), subscribe).await
    }
}

/// Returns orders without the empty slots behind the last one.
fn filled(orders: &[Option<OrderJson>]) -> &[Option<OrderJson>] {
    let used = orders.iter().rposition(Option::is_some);
    orders
        .get(..used.map_or(0, |last| last + 1))
        .unwrap_or(orders)
}
