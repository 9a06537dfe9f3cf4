//! The server: carries calls out through a [`VenueHandle`].

use super::{
    convert,
    error::{invalid, no_account},
    limits::{Limits, Paced},
};
use crate::{
    commands::{CancelAllAfter, Confirmation},
    handle::{EVENT_QUEUE, VenueHandle},
};
use clearproof_client::{
    Identity,
    clock::now_ms,
    rpc::{
        VenueApiServer,
        auth::{Access, Asker},
        number::Named,
        receipt::Receipt,
        types::*,
    },
};
use clearproof_engine::AuctionReport;
use clearproof_primitives::{
    account::Account,
    batch::genesis_field,
    field::Fr,
    ids::{AccountIndex, Slot},
    order::SignedOrderSet,
    time::Millis,
};
use ed25519_dalek::SigningKey;
use jsonrpsee::{
    core::{RpcResult, SubscriptionResult, async_trait},
    server::{
        BatchRequestConfig, PendingSubscriptionSink, PingConfig, Server, ServerHandle,
        SubscriptionMessage, SubscriptionSink, middleware::rpc::RpcServiceBuilder,
    },
    types::ErrorObjectOwned,
};
use std::{net::SocketAddr, sync::Arc};
use tokio::sync::broadcast::{self, error::RecvError};

/// The reason that the server does not start.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// The address cannot be listened at.
    #[error(
        "cannot listen at {address}: {source}; choose another with the operator's listen option"
    )]
    Listen {
        /// The address.
        address: SocketAddr,
        /// The system's error.
        source: std::io::Error,
    },
}

/// A running server. It stops when this is dropped.
#[derive(Debug)]
pub struct RpcServer {
    handle: ServerHandle,
    address: SocketAddr,
}

impl RpcServer {
    /// The address that it listens at.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Accepts no more requests, ends subscriptions, and waits until requests in progress are
    /// complete.
    pub async fn stop(self) {
        // An error only means that it has stopped already.
        let _ = self.handle.stop();
        self.handle.stopped().await;
    }
}

/// Serves a venue at `listen`; port 0 chooses a free port. `receipt_key` signs receipts and must
/// have no other purpose.
pub async fn serve(
    listen: SocketAddr,
    venue: VenueHandle,
    identity: Identity,
    receipt_key: SigningKey,
    limits: Limits,
) -> Result<RpcServer, ServeError> {
    let failed = |source| ServeError::Listen {
        address: listen,
        source,
    };
    let paced = RpcServiceBuilder::new().layer_fn(move |service| Paced::new(service, limits));
    let server = Server::builder()
        .max_request_body_size(limits.request_bytes)
        .max_response_body_size(limits.response_bytes)
        .max_connections(limits.connections)
        .max_subscriptions_per_connection(limits.subscriptions)
        .set_batch_request_config(BatchRequestConfig::Limit(limits.batch))
        .set_message_buffer_capacity(limits.buffered_messages)
        .enable_ws_ping(PingConfig::new())
        .set_tcp_no_delay(true)
        .set_rpc_middleware(paced)
        .build(listen)
        .await
        .map_err(failed)?;
    let address = server.local_addr().map_err(failed)?;
    let (accepted, _) = broadcast::channel(EVENT_QUEUE);
    let rpc = VenueRpc {
        venue,
        genesis: genesis_field(&identity.genesis),
        receipt_public: receipt_key.verifying_key().to_bytes(),
        identity,
        receipt_key,
        accepted,
    };
    let handle = server.start(rpc.into_rpc());
    Ok(RpcServer { handle, address })
}

struct VenueRpc {
    venue: VenueHandle,
    identity: Identity,
    genesis: Fr,
    receipt_key: SigningKey,
    receipt_public: [u8; 32],
    /// Accounts whose order sets were accepted.
    accepted: broadcast::Sender<AccountIndex>,
}

/// A change that an account's subscriber is sent.
enum Change {
    Auction(AccountAuctionJson),
    Other,
}

impl VenueRpc {
    /// Returns the account that a request may see.
    fn authorise(&self, access: &Access) -> RpcResult<Asker> {
        Ok(access.check(self.genesis, self.identity.venue, now_ms())?)
    }

    async fn account_of(&self, asker: Asker) -> RpcResult<AccountJson> {
        let status = self.venue.account(asker.account).await?;
        let may_see = |account: &Account| {
            let key = asker.trading_key;
            key.is_none_or(|key| key == account.trading_key)
        };
        let status = status.filter(|status| may_see(&status.account));
        status.map(AccountJson::from).ok_or_else(no_account)
    }

    /// Sends an account's changes to a subscriber until either side ends the subscription.
    async fn follow(
        &self,
        sink: &SubscriptionSink,
        asker: Asker,
        first: AccountJson,
        mut auctions: broadcast::Receiver<Arc<AuctionReport>>,
        mut accepted: broadcast::Receiver<AccountIndex>,
    ) -> SubscriptionResult {
        let index = first.index;
        let update = AccountUpdateJson {
            account: first,
            auction: None,
        };
        sink.send(SubscriptionMessage::from_json(&update)?).await?;
        loop {
            let change = tokio::select! {
                () = sink.closed() => return Ok(()),
                auction = auctions.recv() => match auction {
                    Ok(report) => convert::account_auction(&report, index).map(Change::Auction),
                    Err(RecvError::Lagged(_)) => Some(Change::Other),
                    Err(RecvError::Closed) => return Ok(()),
                },
                account = accepted.recv() => match account {
                    Ok(account) => (account == index).then_some(Change::Other),
                    Err(RecvError::Lagged(_)) => Some(Change::Other),
                    Err(RecvError::Closed) => return Ok(()),
                },
            };
            let Some(change) = change else { continue };
            let update = AccountUpdateJson {
                account: self.account_of(asker).await.map_err(|e| e.to_string())?,
                auction: match change {
                    Change::Auction(auction) => Some(auction),
                    Change::Other => None,
                },
            };
            sink.send(SubscriptionMessage::from_json(&update)?).await?;
        }
    }
}

#[async_trait]
impl VenueApiServer for VenueRpc {
    async fn status(&self) -> RpcResult<StatusJson> {
        let status = self.venue.status().await?;
        Ok(convert::status(status, self.receipt_public, now_ms()))
    }

    async fn instruments(&self) -> RpcResult<Vec<InstrumentJson>> {
        let instruments = self.venue.instruments().await?;
        Ok(instruments.into_iter().map(InstrumentJson::from).collect())
    }

    async fn book(&self, instrument: Slot) -> RpcResult<BookJson> {
        let slots = self.identity.shape.market.instruments;
        if instrument.get() >= slots {
            return Err(invalid(format!("instrument: must be below {slots}")));
        }
        Ok(convert::book(&self.venue.book(instrument).await?))
    }

    async fn batches(&self, last: u32) -> RpcResult<Vec<BatchJson>> {
        if !(1..=MAX_BATCHES).contains(&last) {
            return Err(invalid(format!("last: must be 1 to {MAX_BATCHES}")));
        }
        let batches = self.venue.batches(last as usize).await?;
        Ok(batches.into_iter().map(BatchJson::from).collect())
    }

    async fn submit_order_set(&self, set: Named<SignedOrderSetJson>) -> RpcResult<Receipt> {
        let signed = SignedOrderSet::from(set.0);
        let (account, sequence) = (signed.set.account, signed.set.sequence);
        let Confirmation { accepted, time } = self.venue.submit(signed).await?;
        // An error only means that there are no subscribers.
        let _ = self.accepted.send(account);
        let (message, arrival) = (accepted.message, accepted.arrival);
        let about = (account, sequence);
        Ok(Receipt::issue(
            &self.receipt_key,
            message,
            about,
            arrival,
            time,
        ))
    }

    async fn account(&self, auth: Named<Access>) -> RpcResult<AccountJson> {
        self.account_of(self.authorise(&auth.0)?).await
    }

    async fn cancel_all_after(
        &self,
        auth: Named<Access>,
        timeout: Option<Millis>,
    ) -> RpcResult<()> {
        let Asker {
            account,
            trading_key,
        } = self.authorise(&auth.0)?;
        let request = CancelAllAfter {
            account_key: account,
            trading_key,
            timeout_ms: timeout,
        };
        Ok(self.venue.cancel_all_after(request).await?)
    }

    async fn subscribe_auctions(&self, pending: PendingSubscriptionSink) -> SubscriptionResult {
        let mut auctions = self.venue.subscribe();
        let sink = pending.accept().await?;
        let mut missed = 0;
        loop {
            let auction = tokio::select! {
                () = sink.closed() => return Ok(()),
                auction = auctions.recv() => auction,
            };
            match auction {
                Ok(report) => {
                    let auction = convert::auction(&report, missed);
                    sink.send(SubscriptionMessage::from_json(&auction)?).await?;
                    missed = 0;
                }
                Err(RecvError::Lagged(count)) => missed += count,
                Err(RecvError::Closed) => return Ok(()),
            }
        }
    }

    async fn subscribe_account(
        &self,
        pending: PendingSubscriptionSink,
        auth: Named<Access>,
    ) -> SubscriptionResult {
        // Subscribes before it reads the account, so that no change is missed.
        let (auctions, accepted) = (self.venue.subscribe(), self.accepted.subscribe());
        let found: Result<_, ErrorObjectOwned> = async {
            let asker = self.authorise(&auth.0)?;
            Ok((asker, self.account_of(asker).await?))
        }
        .await;
        match found {
            Ok((asker, first)) => {
                let sink = pending.accept().await?;
                self.follow(&sink, asker, first, auctions, accepted).await
            }
            Err(error) => {
                pending.reject(error).await;
                Ok(())
            }
        }
    }
}
