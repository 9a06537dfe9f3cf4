//! The trader's side: signs order sets, speaks to a venue's operator, checks its receipts.

use crate::{
    Identity,
    clock::now_ms,
    rpc::{
        VenueApiClient,
        auth::Access,
        error::ErrorData,
        number::Named,
        receipt::{Receipt, ReceiptError},
        types::{
            AccountJson, AccountUpdateJson, AuctionJson, BatchJson, BookJson, InstrumentJson,
            SignedOrderSetJson, StatusJson,
        },
    },
};
use clearproof_primitives::{
    account::account_key,
    babyjubjub::PublicKey,
    batch::genesis_field,
    eddsa::SecretKey,
    field::Fr,
    ids::VenueId,
    order::{OrderSet, SignedOrderSet},
};
use ed25519_dalek::VerifyingKey;
use jsonrpsee::{
    core::{ClientError, client::Subscription},
    types::ErrorObjectOwned,
    ws_client::{WsClient, WsClientBuilder},
};
use std::time::Duration;

/// How long to wait for a connection or an answer.
const TIMEOUT: Duration = Duration::from_secs(30);

/// Who trades: holds the key of an account.
#[derive(Clone, Debug)]
pub struct Trader {
    key: SecretKey,
}

impl Trader {
    /// A trader with this key.
    pub fn new(key: SecretKey) -> Self {
        Self { key }
    }

    /// The account's public key.
    pub fn public_key(&self) -> PublicKey {
        self.key.public_key()
    }

    /// The packed public key, which deposits on the chain name.
    pub fn owner(&self) -> [u8; 32] {
        self.public_key().compress()
    }

    /// The account's key in the venue's books.
    pub fn account_key(&self) -> Fr {
        let point = self.public_key().point();
        account_key((point.x, point.y), 0)
    }

    /// Signs an order set for a venue.
    pub fn sign(&self, venue: &Identity, set: OrderSet) -> SignedOrderSet {
        let message = set.message(&venue.shape, genesis_field(&venue.genesis));
        let signature = self.key.sign(message);
        SignedOrderSet {
            set,
            signature,
            trading_key: None,
        }
    }

    /// Signs a request to see the account, as of this machine's clock.
    pub fn access(&self, venue: &Identity) -> Access {
        let genesis = genesis_field(&venue.genesis);
        Access::sign(&self.key, genesis, venue.venue, now_ms())
    }
}

/// What can go wrong between a trader and a venue.
#[derive(Debug, thiserror::Error)]
pub enum VenueError {
    /// The operator refused the request.
    #[error("{}", describe(.0))]
    Refused(ErrorObjectOwned),
    /// No answer, or none that is understood.
    #[error("the operator cannot be reached: {0}")]
    Connection(ClientError),
    /// The operator serves something else.
    #[error("the operator serves {field} {given}, not {expected}: check its address")]
    OtherVenue {
        /// `venue` or `genesis`.
        field: &'static str,
        /// What it says.
        given: String,
        /// What was asked for.
        expected: String,
    },
    /// The operator's receipt key is not a key.
    #[error("status.receiptKey: is not an Ed25519 key")]
    ReceiptKey,
    /// The receipt does not hold: the operator may deny that it accepted the order set.
    #[error("{0}: the operator may deny that it accepted the order set")]
    Receipt(#[from] ReceiptError),
}

/// The message, or for malformed parameters what is wrong with them.
fn describe(error: &ErrorObjectOwned) -> String {
    let reason = error
        .data()
        .and_then(|data| serde_json::from_str::<String>(data.get()).ok());
    match reason {
        Some(reason) => format!("{}: {reason}", error.message()),
        None => error.message().into(),
    }
}

impl From<ClientError> for VenueError {
    fn from(error: ClientError) -> Self {
        match error {
            ClientError::Call(refusal) => Self::Refused(refusal),
            other => Self::Connection(other),
        }
    }
}

impl VenueError {
    /// The refusal's name for programs, such as `OldSequence`, if the operator gave one.
    pub fn name(&self) -> Option<String> {
        let Self::Refused(error) = self else {
            return None;
        };
        let data = serde_json::from_str::<ErrorData>(error.data()?.get());
        data.ok().map(|data| data.name)
    }
}

/// A connection to a venue's operator. It does not reconnect: make another where [`Self::is_connected`] is false.
#[derive(Debug)]
pub struct VenueClient {
    rpc: WsClient,
    identity: Identity,
    receipt_key: VerifyingKey,
}

impl VenueClient {
    /// Connects to the operator at `url` (`ws://…`), and checks that it serves this venue of the chain with this genesis
    /// hash. The caller knows the hash from the chain itself; what is signed for another chain could be used there.
    pub async fn connect(url: &str, genesis: [u8; 32], venue: VenueId) -> Result<Self, VenueError> {
        let builder = WsClientBuilder::new()
            .connection_timeout(TIMEOUT)
            .request_timeout(TIMEOUT)
            .set_tcp_no_delay(true);
        let rpc = builder.build(url).await?;
        let status = VenueApiClient::status(&rpc).await?;
        let other = |field, given, expected| VenueError::OtherVenue {
            field,
            given,
            expected,
        };
        if status.genesis != genesis {
            let (given, expected) = (hex::encode(status.genesis), hex::encode(genesis));
            return Err(other("genesis", given, expected));
        }
        if status.venue != venue {
            let (given, expected) = (status.venue.to_string(), venue.to_string());
            return Err(other("venue", given, expected));
        }
        Ok(Self {
            rpc,
            identity: Identity {
                venue,
                genesis,
                shape: status.shape,
            },
            receipt_key: VerifyingKey::from_bytes(&status.receipt_key)
                .map_err(|_| VenueError::ReceiptKey)?,
        })
    }

    /// What never changes about the venue.
    pub fn identity(&self) -> &Identity {
        &self.identity
    }

    /// The key that the operator signs receipts with.
    pub fn receipt_key(&self) -> &VerifyingKey {
        &self.receipt_key
    }

    /// Whether the connection stands.
    pub fn is_connected(&self) -> bool {
        self.rpc.is_connected()
    }

    /// The venue's state.
    pub async fn status(&self) -> Result<StatusJson, VenueError> {
        Ok(self.rpc.status().await?)
    }

    /// Listed instruments with their marks.
    pub async fn instruments(&self) -> Result<Vec<InstrumentJson>, VenueError> {
        Ok(self.rpc.instruments().await?)
    }

    /// What is left of all live orders of an instrument.
    pub async fn book(&self, instrument: u16) -> Result<BookJson, VenueError> {
        Ok(self.rpc.book(instrument).await?)
    }

    /// Figures of the last settled batches, at most so many, oldest first.
    pub async fn batches(&self, last: u32) -> Result<Vec<BatchJson>, VenueError> {
        Ok(self.rpc.batches(last).await?)
    }

    /// The trader's account; `None` before the venue has taken a first deposit to it.
    pub async fn account(&self, trader: &Trader) -> Result<Option<AccountJson>, VenueError> {
        let access = Named(trader.access(&self.identity));
        match self.rpc.account(access).await.map_err(VenueError::from) {
            Ok(account) => Ok(Some(account)),
            Err(error) if error.name().as_deref() == Some("NoAccount") => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Has all of the trader's orders cancelled after so many milliseconds of silence, or not any more: see the interface.
    pub async fn cancel_after_silence(
        &self,
        trader: &Trader,
        silence: Option<u64>,
    ) -> Result<(), VenueError> {
        let access = Named(trader.access(&self.identity));
        Ok(self.rpc.cancel_after_silence(access, silence).await?)
    }

    /// Signs an order set, sends it, and checks the receipt.
    pub async fn submit(&self, trader: &Trader, set: OrderSet) -> Result<Receipt, VenueError> {
        self.submit_signed(&trader.sign(&self.identity, set)).await
    }

    /// Sends a signed order set and checks the receipt.
    pub async fn submit_signed(&self, signed: &SignedOrderSet) -> Result<Receipt, VenueError> {
        let wire = Named(SignedOrderSetJson::from(signed));
        let receipt = self.rpc.submit_order_set(wire).await?;
        let genesis = genesis_field(&self.identity.genesis);
        receipt.verify(
            &self.receipt_key,
            &signed.set,
            &self.identity.shape,
            genesis,
        )?;
        Ok(receipt)
    }

    /// Clearing prices of each auction from now on.
    pub async fn subscribe_auctions(&self) -> Result<Subscription<AuctionJson>, VenueError> {
        Ok(self.rpc.subscribe_auctions().await?)
    }

    /// The trader's account now and after each change: see the interface.
    pub async fn subscribe_account(
        &self,
        trader: &Trader,
    ) -> Result<Subscription<AccountUpdateJson>, VenueError> {
        let access = Named(trader.access(&self.identity));
        Ok(self.rpc.subscribe_account(access).await?)
    }
}
